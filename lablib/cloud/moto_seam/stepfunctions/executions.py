"""Executions: moto's interpreter runs them, we keep them, start and stop them, and hand it what comes for their tasks.

Touches, below `moto.stepfunctions`: `parser.backend.execution.Execution` (its constructor, `_get_start_execution_worker`),
`ExecutionWorker._get_evaluation_environment`, `.env`; `Environment.event_manager`, `.event_history_context`, `.program_state`,
`.set_stop`, `.states`, `.callback_pool_manager`; `EventManager.add_event`, `.get_event_history`; the classes of
`parser.asl.eval.program_state`; `CallbackPoolManager.get`, `CallbackEndpoint.notify`, `.notify_heartbeat`, `._notify_event`,
`ActivityCallbackEndpoint.notify_activity_task_start`, `CallbackOutcomeSuccess`, `CallbackOutcomeFailure`;
`AmazonStateLanguageParser.parse`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lablib.cloud.moto_seam import clockwork, engine
from lablib.cloud.moto_seam.stepfunctions import corrections, journal, language, threads

RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED = "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"

_parsing = threading.Lock()  # ANTLR's parsers share what they have learnt, and are not made for threads
_all: dict[str, Held] = {}
_lines: dict[str, deque[ActivityTask]] = {}

# Called, from any thread, when an execution has come to its end, and when a task waits in an activity's line.
on_end: Callable[[Held], None] = lambda held: None
on_activity_task: Callable[[str], None] = lambda arn: None


@dataclass(frozen=True)
class Machine:
    """A state machine as one execution has it, whatever becomes of it meanwhile.

    Attributes
    ----------
    arn
        Without a version.
    version_arn, alias_arn
        By which it was started.
    type
        ``STANDARD`` or ``EXPRESS``.
    """

    arn: str
    name: str
    type: str
    definition: str
    role_arn: str
    version_arn: str | None = None
    alias_arn: str | None = None
    logging: journal.Logging | None = None


@dataclass(frozen=True)
class ActivityTask:
    """A task in the line of an activity: how moto names the members."""

    task_token: str
    task_input: str


class NoSuchTask(Exception):
    """A task token that no task of this cloud has had."""


class TaskOver(Exception):
    """A task token whose task has come to its end."""


class Held:
    """One execution."""

    def __init__(self, arn: str, name: str, machine: Machine, text: str, trace: str | None) -> None:
        self.arn, self.name, self.machine, self.input, self.trace = arn, name, machine, text, trace
        self.started = _now()
        self.stopped: datetime | None = None
        self.status = RUNNING
        self.output: str | None = None
        self.error: str | None = None
        self.cause: str | None = None
        self.over = threads.Event()
        self.run = threads.Run(f"the execution {name} of {machine.name}", machine.definition)
        self._ending = threading.Lock()
        self._worker = self._prepared()
        self.env: Any = self._worker.env

    def _prepared(self) -> Any:
        from moto.stepfunctions.parser.backend.execution import Execution

        region, account = self.arn.split(":")[3:5]
        machine = MotoMachine(self.machine)
        logging = self.machine.logging
        writes = journal.Journal(logging, self.arn, self.machine.name, self.started) if logging is not None else None
        execution = Execution(
            name=self.name, sm_type=self.machine.type, role_arn=self.machine.role_arn, exec_arn=self.arn, account_id=account,
            region_name=region, state_machine=machine, start_date=self.started, cloud_watch_logging_session=writes,
            activity_store=Activities(), input_data=self.input, trace_header=self.trace,
        )  # fmt: skip
        worker = execution._get_start_execution_worker()
        worker.env = worker._get_evaluation_environment()
        of_execution = worker.env.states.context_object.context_object_data["Execution"]
        of_execution |= {"StartTime": language.written(self.started), "RedriveCount": 0}
        return worker

    def begin(self) -> None:
        """Let it run."""
        self.run.start(self._work)

    def _work(self) -> None:
        try:
            self._add("ExecutionStarted", {"executionStartedEventDetails": {
                "input": self.input, "inputDetails": {"truncated": False}, "roleArn": self.machine.role_arn,
            }}, follows=False)  # fmt: skip
            program(self.machine.definition).eval(self.env)
        finally:
            if not self.run.ended:
                self._conclude()

    def _add(self, kind: str, details: dict[str, Any], *, follows: bool = True) -> None:
        from moto.stepfunctions.parser.api import HistoryEventType

        self.env.event_manager.add_event(
            context=self.env.event_history_context, event_type=HistoryEventType(kind), event_details=details,
            update_source_event_id=follows,
        )  # fmt: skip

    def _conclude(self) -> None:
        state = self.env.program_state()
        kind = type(state).__name__
        if kind == "ProgramEnded":
            self._end(SUCCEEDED, output=language.to_json(self.env.states.get_input()))
        elif kind == "ProgramTimedOut":
            if self.history()[-1]["type"] != "ExecutionTimedOut":
                self._add("ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
            self._end(TIMED_OUT, error="States.Timeout" if self.machine.type == "EXPRESS" else None)
        else:
            told = (getattr(state, "error", None) or {}) if kind == "ProgramError" else {}
            full = told.get("cause") == repr(corrections.HistoryFull())
            self._end(FAILED, error=told.get("error"), cause=corrections.HISTORY_FULL if full else told.get("cause"))

    def _end(self, status: str, *, output: str | None = None, error: str | None = None, cause: str | None = None) -> bool:
        with self._ending:
            if self.status != RUNNING:
                return False
            self.stopped, self.output, self.error, self.cause = _now(), output, error, cause
            self.status = status
        self.over.set()
        on_end(self)
        self.run.end()
        return True

    def stop(self, error: str | None, cause: str | None) -> datetime:
        """End it where it is; says when it ended."""
        if self.status == RUNNING:
            self.run.end()
            self.env.set_stop(stop_date=_now(), error=error, cause=cause)
            self.env.event_history_context.source_event_id = 0  # as AWS numbers it
            told = {name: value for name, value in (("error", error), ("cause", cause)) if value is not None}
            self._add("ExecutionAborted", {"executionAbortedEventDetails": told})
            self._end(ABORTED, error=error, cause=cause)
        assert self.stopped is not None
        return self.stopped

    def history(self) -> list[dict[str, Any]]:
        """Its events, as GetExecutionHistory has them."""
        events: list[dict[str, Any]] = self.env.event_manager.get_event_history()
        return [{**event, "timestamp": moment(event["timestamp"])} for event in events]


class MotoMachine:
    """What an `Execution` of moto's asks of its state machine."""

    def __init__(self, machine: Machine) -> None:
        self.arn, self.name, self.definition, self.sm_type = machine.arn, machine.name, machine.definition, machine.type


class Activities(dict[str, Any]):
    """The interpreter's view of the activities: it asks for one by its ARN, to put a task into its line."""

    def get(self, arn: str, default: Any = None) -> Any:
        region, account = arn.split(":")[3:5]
        with engine.lock:
            from moto.stepfunctions.responses import get_backend

            return _Line(arn) if arn in get_backend(account, region).activities else default


class _Line:
    def __init__(self, arn: str) -> None:
        self.arn = arn

    def add_task(self, task: Any) -> None:
        _lines.setdefault(self.arn, deque()).append(ActivityTask(task.task_token, task.task_input))
        on_activity_task(self.arn)


def moment(written: str) -> datetime:
    """A moment that moto has written."""
    return datetime.fromisoformat(written)


def _now() -> datetime:
    return datetime.fromtimestamp(clockwork.now(), UTC)


@lru_cache(maxsize=256)
def program(definition: str) -> Any:
    """A definition as the interpreter runs it: nothing in it changes when it does.

    Raises
    ------
    Exception
        Whatever moto raises for what it cannot read.
    """
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

    with _parsing:
        return AmazonStateLanguageParser.parse(definition)[0]


def start(arn: str, name: str, machine: Machine, text: str, trace: str | None) -> Held:
    """Start an execution, and return at once. Its ARN is new; its input is JSON; the interpreter is loaded."""
    held = _all[arn] = Held(arn, name, machine, text, trace)
    held.begin()
    return held


def get(arn: str) -> Held | None:
    """The execution of this ARN."""
    return _all.get(arn)


def of_machine(arn: str) -> list[Held]:
    """The executions of a state machine, the newest first."""
    return [held for held in all_held() if held.machine.arn == arn]


def forget(held: Held) -> None:
    """Keep nothing of an execution: AWS has no history of those of express workflows."""
    _all.pop(held.arn, None)


def all_held() -> list[Held]:
    """Every execution that is kept, the newest first."""
    return list(reversed(list(_all.values())))


def end_all() -> None:
    """End every execution, and forget all. The cloud is being emptied, or ends."""
    for held in list(_all.values()):
        held.run.end()
    _all.clear()
    _lines.clear()


def wait_for(arn: str) -> threads.Event | None:
    """What is set when this execution ends; None if there is none."""
    held = _all.get(arn)
    return held.over if held is not None else None


def stop(arn: str) -> None:
    """Stop an execution, if there is one."""
    held = _all.get(arn)
    if held is not None:
        held.stop(None, None)


# --- tasks that wait for somebody -------------------------------------------------------


def _endpoint(token: str) -> Any:
    for held in all_held():
        endpoint = held.env.callback_pool_manager.get(token)
        if endpoint is not None:
            if held.status != RUNNING or endpoint._notify_event.is_set():
                raise TaskOver
            return endpoint
    raise NoSuchTask


def succeed(token: str, output: str) -> None:
    """SendTaskSuccess. Raises `NoSuchTask`, `TaskOver`."""
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeSuccess

    _endpoint(token).notify(outcome=CallbackOutcomeSuccess(callback_id=token, output=output))


def fail(token: str, error: str | None, cause: str | None) -> None:
    """SendTaskFailure. Raises `NoSuchTask`, `TaskOver`."""
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackOutcomeFailure

    _endpoint(token).notify(outcome=CallbackOutcomeFailure(callback_id=token, error=error, cause=cause))


def beat(token: str) -> None:
    """SendTaskHeartbeat. Raises `NoSuchTask`, `TaskOver`."""
    _endpoint(token).notify_heartbeat()


def take_activity_task(arn: str, worker: str | None) -> ActivityTask | None:
    """The next task in an activity's line whose execution still waits for it; from now on it counts as started."""
    line = _lines.get(arn)
    while line:
        task = line.popleft()
        try:
            endpoint = _endpoint(task.task_token)
        except (NoSuchTask, TaskOver):
            continue
        endpoint.notify_activity_task_start(worker_name=worker)
        return task
    return None

