"""What moto's interpreter does otherwise than AWS, and what it must do in this cloud: put right as its modules load.

Touches, below `moto.stepfunctions.parser`: the names ``threading``, ``Thread``, ``Event`` and ``time`` in the modules of
`WAITING`, `utils.TMP_THREADS`, `asl.utils.boto_client.boto_client_for`; `Program.eval`; `ErrorEqualsDecl._eval_body`;
``CustomErrorName`` in the modules of `NAMING`; `StateTask._from_error`; `ExecutionState._evaluate_with_timeout`;
`EventManager.add_event`, `._history_event_list`; `InlineIterationComponent._eval_body`, `IterationWorker._eval_pool`,
`._eval_job`, `.stopped`, `._env`, `._job_pool`; `StateTaskServiceSfn._build_sync_resolver`, `._build_sync2_resolver`;
`CallbackPoolManager.add_activity_task`, `._pool`, `._activity_store`, `ActivityTaskStartEndpoint._outcome`,
`CallbackEndpoint.setup_heartbeat_endpoint`, `._notify_event`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lablib.cloud.moto_seam import clockwork
from lablib.cloud.moto_seam.clockwork import StandIn
from lablib.cloud.moto_seam.stepfunctions import clients, jsonata, language, tasks, threads
from lablib.models import states

PARSER = "moto.stepfunctions.parser"

# Whose threads and waits are ours.
WAITING = (
    "asl.component.common.retry.retrier_decl",
    "asl.component.program.program",
    "asl.component.state.exec.execute_state",
    "asl.component.state.exec.state_map.iteration.inline_iteration_component",
    "asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record",
    "asl.component.state.exec.state_map.iteration.job",
    "asl.component.state.exec.state_parallel.branch_worker",
    "asl.component.state.exec.state_parallel.branches_decl",
    "asl.component.state.exec.state_task.service.state_task_service_callback",
    "asl.component.test_state.program.test_state_program",
    "asl.eval.callback.callback",
    "asl.eval.environment",
    "backend.execution_worker",
)

# Where an error that is handed on may be one of the "States." kind, which `CustomErrorName` takes for a mistake.
NAMING = (
    "asl.component.state.exec.state_map.iteration.iteration_worker",
    "asl.component.state.exec.state_parallel.branches_decl",
    "asl.component.state.exec.state_task.service.state_task_service_callback",
    "asl.component.state.exec.state_task.state_task_activitiy",
    "asl.component.state.fail.state_fail",
)

_threading = StandIn(threading, Thread=threads.Thread, Event=threads.Event)


def install() -> None:
    """Have all this done when the interpreter loads, and nothing before. Once is enough."""
    for name in WAITING:
        clockwork.when_loaded(f"{PARSER}.{name}", _on_our_clock)
    for name in NAMING:
        clockwork.when_loaded(f"{PARSER}.{name}", _any_error_name)
    for name, correct in _CORRECTIONS.items():
        clockwork.when_loaded(f"{PARSER}.{name}", correct)
    language.install(PARSER)
    jsonata.install(PARSER)
    tasks.install(PARSER)


def _on_our_clock(module: Any) -> None:
    names = vars(module)
    if "time" in names:
        names["time"] = StandIn(names["time"], sleep=threads.sleep)
    ours = {"threading": _threading, "Thread": threads.Thread, "Event": threads.Event}
    names.update({name: stand_in for name, stand_in in ours.items() if name in names})


class _Forgetful(list[Any]):
    """The interpreter keeps every thread that it has ever started; this keeps none."""

    def append(self, item: Any) -> None:
        """Keep nothing."""


def _keep_no_threads(module: Any) -> None:
    module.TMP_THREADS = _Forgetful()


def _through_our_door(module: Any) -> None:
    module.boto_client_for = clients.client_for


def _any_error_name(module: Any) -> None:
    from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName

    module.CustomErrorName = ErrorName


def _run_in_place(module: Any) -> None:
    """A program without a time limit needs no thread of its own."""
    component = module.EvalComponent

    def evaluate(program: Any, env: Any) -> None:
        env.next_state_name = program.start_at.start_at_name
        limit = program.timeout_seconds.timeout_seconds if program.timeout_seconds else None
        if not env.is_frame() and not env.is_standard_workflow():
            limit = min(limit or states.EXPRESS_SECONDS, states.EXPRESS_SECONDS)
        if limit is None:
            component.eval(program, env)
            return
        worker = threads.Thread(target=component.eval, args=(program, env))
        worker.start()
        worker.join(limit)
        if worker.is_alive():
            env.set_timed_out()

    module.Program.eval = evaluate


def _leave_alone(module: Any) -> None:
    """What a task does after its time is over is no part of the execution any more; moto writes it into the history."""
    original = module.ExecutionState._evaluate_with_timeout

    def evaluate(state: Any, env: Any) -> None:
        try:
            original(state, env)
        except TimeoutError:
            threads.give_up()
            raise

    module.ExecutionState._evaluate_with_timeout = evaluate


def _match_errors(module: Any) -> None:
    """The wildcards match what they match on AWS, and a missed heartbeat is ``States.HeartbeatTimeout`` as well."""

    def evaluate(decl: Any, env: Any) -> None:
        error = env.stack.pop()
        name = error.error_name if error is not None else None
        listed = {listed.error_name for listed in decl.error_names}
        missed = getattr(error, "heartbeat", False) and "States.HeartbeatTimeout" in listed
        env.stack.append(missed or states.matches(listed, name))

    module.ErrorEqualsDecl._eval_body = evaluate


def _tell_heartbeats(module: Any) -> None:
    original = module.StateTask._from_error

    def from_error(task: Any, env: Any, ex: Exception) -> Any:
        failure = original(task, env=env, ex=ex)
        if type(ex).__name__ == "HeartbeatTimeoutError":
            failure.error_name.heartbeat = True
        return failure

    module.StateTask._from_error = from_error


class HistoryFull(Exception):
    """An execution has written as many events as AWS keeps."""


# AWS's sentence, as many have reported it; that its error is States.Runtime is unconfirmed.
HISTORY_FULL = f"The execution reached the maximum number of history events ({states.HISTORY_EVENTS})."


def _limit_history(module: Any) -> None:
    """An execution that would write more events than AWS keeps fails: a loop of states ends one day."""
    original = module.EventManager.add_event

    def add_event(manager: Any, context: Any, event_type: Any, event_details: Any = None, **kwargs: Any) -> Any:
        threads.check()
        if len(manager._history_event_list) >= states.HISTORY_EVENTS - 1:
            if not event_type.startswith("Execution"):
                raise HistoryFull
            if event_type == "ExecutionFailed":
                event_details = {"executionFailedEventDetails": {"error": "States.Runtime", "cause": HISTORY_FULL}}
        return original(manager, context=context, event_type=event_type, event_details=event_details, **kwargs)

    module.EventManager.add_event = add_event


def _forty_at_a_time(module: Any) -> None:
    """An inline Map runs 40 iterations at a time at most; moto starts a thread for each."""
    original = module.InlineIterationComponent._eval_body

    def evaluate(component: Any, env: Any) -> None:
        given = env.stack[-1]
        most = min(given.max_concurrency or states.INLINE_MAP_CONCURRENCY, states.INLINE_MAP_CONCURRENCY)
        given.max_concurrency = max(1, min(most, len(given.input_items)))
        original(component, env)

    module.InlineIterationComponent._eval_body = evaluate


def _one_after_another(module: Any) -> None:
    """The iterations of one worker in a loop: moto calls itself for each, and a thousand are too deep for Python."""

    def run_pool(worker: Any, job: Any, worker_frame: Any) -> None:
        while job is not None:
            frame = worker_frame.open_inner_frame()
            worker._eval_job(env=frame, job=job)
            worker_frame.close_frame(frame)
            failed = isinstance(job.job_output, Exception) or worker.stopped()
            following = None if failed else worker._job_pool.next_job()
            if following is None:
                if not failed:
                    # The event that the state after the Map follows.
                    worker_frame.event_history_context.source_event_id = frame.event_history_context.last_published_event_id
                worker._env.close_frame(worker_frame)
            worker._job_pool.close_job(job)
            if following is None:
                return
            job = following
        worker._env.close_frame(worker_frame)

    module.IterationWorker._eval_pool = run_pool


# What tells that an execution, which a state waits for, has ended, and what stops it. Set by `interpreter`.
ended: Callable[[str], threads.Event | None] = lambda arn: None
stop: Callable[[str], None] = lambda arn: None


def _wait_for_the_end(module: Any) -> None:
    """A state that waits for another execution looks when that has ended; moto asks again and again."""

    def waiting(original: Callable[..., Callable[[], Any]]) -> Callable[..., Callable[[], Any]]:
        def build(task: Any, env: Any, **kwargs: Any) -> Callable[[], Any]:
            arn = env.stack[-1]["ExecutionArn"]
            over = ended(arn)
            resolve = original(task, env=env, **kwargs)

            def wait() -> Any:
                try:
                    if over is not None:
                        over.wait()
                except threads.Ended:  # who waits is stopped: so is what it waits for
                    stop(arn)
                    raise
                return resolve()

            return wait

        return build

    task = module.StateTaskServiceSfn
    task._build_sync_resolver = waiting(task._build_sync_resolver)
    task._build_sync2_resolver = waiting(task._build_sync2_resolver)


def _hear_early_answers(module: Any) -> None:
    """A task may have its answer before anybody waits for its heartbeats; moto then waits for one more, and says it was missed."""
    original = module.CallbackEndpoint.setup_heartbeat_endpoint

    def set_up(endpoint: Any, heartbeat_seconds: int) -> Any:
        heartbeats = original(endpoint, heartbeat_seconds=heartbeat_seconds)
        if endpoint._notify_event.is_set():
            heartbeats.notify()
        return heartbeats

    module.CallbackEndpoint.setup_heartbeat_endpoint = set_up


def _take_activity_tasks(module: Any) -> None:
    """moto fails at an activity that nobody takes in time, and puts a task into its line before it knows the task's token."""
    module.ActivityTaskStartEndpoint._outcome = None

    def add(pool: Any, callback_id: str, activity_arn: str, activity_input: str) -> Any:
        line = pool._activity_store.get(activity_arn)
        if line is None:
            raise module.ActivityDoesNotExist
        endpoint = module.ActivityCallbackEndpoint(callback_id=callback_id, activity_input=activity_input)
        pool._pool[callback_id] = endpoint
        line.add_task(module.ActivityTask(task_token=callback_id, task_input=activity_input))
        return endpoint

    module.CallbackPoolManager.add_activity_task = add


def _wait_for_callbacks(module: Any) -> None:
    _take_activity_tasks(module)
    _hear_early_answers(module)


_CORRECTIONS: dict[str, Callable[[Any], None]] = {
    "utils": _keep_no_threads,
    "asl.utils.boto_client": _through_our_door,
    "asl.component.program.program": _run_in_place,
    "asl.component.state.exec.execute_state": _leave_alone,
    "asl.component.common.error_name.error_equals_decl": _match_errors,
    "asl.eval.callback.callback": _wait_for_callbacks,
    "asl.component.state.exec.state_task.state_task": _tell_heartbeats,
    "asl.eval.event.event_manager": _limit_history,
    "asl.component.state.exec.state_map.iteration.inline_iteration_component": _forty_at_a_time,
    "asl.component.state.exec.state_map.iteration.iteration_worker": _one_after_another,
    "asl.component.state.exec.state_task.service.state_task_service_sfn": _wait_for_the_end,
}
