"""What the seam relies on in moto's interpreter of state machines."""

from __future__ import annotations

import importlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lablib.cloud.moto_seam import clockwork, engine
from lablib.cloud.moto_seam.stepfunctions import (
    clients, corrections, executions, interpreter, journal, jsonata, machines, mapruns, threads, trials,
)  # fmt: skip
from tests.cloud.moto_seam.conftest import Moto

PLACE = "arn:aws:states:eu-west-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/any"


class Clock:
    """A clock of the cloud's that a test moves. What is asked of it comes from one thread at a time."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.running = 0
        self.changed = threading.Condition()
        self.lines: list[tuple[str, str, int, str]] = []

    def now(self) -> float:
        return self.time

    def at(self, when: float, callback: Callable[[], None], what: str) -> Any:
        with self.changed:
            entry = (when, callback)
            self.due.append(entry)
            self.changed.notify_all()
        return type("Alarm", (), {"cancel": lambda _: self.due.remove(entry) if entry in self.due else None})()

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, by: int) -> None:
        with self.changed:
            self.running += by
            self.changed.notify_all()

    def rest(self) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.running == 0, 30)

    def advance(self, seconds: float) -> None:
        self.rest()
        self.time += seconds
        for entry in [entry for entry in self.due if entry[0] <= self.time]:
            self.due.remove(entry)
            entry[1]()
        self.rest()


@pytest.fixture
def clock(moto: Moto) -> Iterator[Clock]:
    clock = Clock()
    clockwork.follow(clock.now)
    interpreter.connect(
        time=clock, soon=lambda fn: fn(), url="http://127.0.0.1:1", may_be_assumed=lambda role: True, on_end=lambda held: None,
        on_activity_task=lambda arn: None, on_line=lambda *line: clock.lines.append(line),
    )  # fmt: skip
    interpreter._load()
    yield clock
    interpreter.end_all()


def machine(*states: dict[str, Any], **top: Any) -> executions.Machine:
    """A machine of these states, one after another."""
    names = [f"S{number}" for number in range(len(states))]
    follows = [{"Next": name} for name in names[1:]] + [{} if states[-1]["Type"] == "Fail" else {"End": True}]
    named = {name: {**then, **state} for name, then, state in zip(names, follows, states, strict=True)}
    definition = json.dumps({"StartAt": "S0", "States": named, **top})
    return executions.Machine(f"{PLACE}:stateMachine:m", "m", "STANDARD", definition, ROLE)


def run(of: executions.Machine, given: Any = None, name: str = "e") -> executions.Held:
    return executions.start(f"{PLACE}:execution:m:{name}", name, of, json.dumps(given or {}), None)


def finished(held: executions.Held) -> executions.Held:
    assert held.run.finished.wait(30)
    return held


def sources() -> Iterator[tuple[str, str]]:
    """Every module of the interpreter's that is loaded here, and its text."""
    import moto.stepfunctions.parser

    root = Path(next(iter(moto.stepfunctions.parser.__path__)))
    for path in root.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "localstack" not in re.sub(r"#.*|\"[^\"\n]*\"", "", text) and "antlr/runtime" not in path.as_posix():
            yield path.relative_to(root).with_suffix("").as_posix().replace("/", "."), text


def test_every_thread_and_wait_of_the_interpreter_is_ours(clock: Clock) -> None:
    waits = re.compile(r"Thread\(|\bEvent\(\)|time\.sleep\(|\.join\(timeout")
    # Of what we use nothing is in these: mocks of states, and an event that nobody waits for.
    unused = {"mocking.mock_config", "backend.test_state.execution"}
    found = {name for name, text in sources() if waits.search(text)} - unused
    assert found == set(corrections.WAITING)
    for name in corrections.WAITING:
        names = vars(importlib.import_module(f"{corrections.PARSER}.{name}"))
        for theirs, ours in (("Thread", threads.Thread), ("Event", threads.Event)):
            assert names.get(theirs, ours) is ours, name
        if "threading" in names:
            assert names["threading"].Thread is threads.Thread and names["threading"].Event is threads.Event
        if "time" in names:
            assert names["time"].sleep is threads.sleep


def test_every_client_of_the_interpreter_is_ours(clock: Clock) -> None:
    using = [name for name, text in sources() if "boto_client_for" in text]
    assert len(using) == 14
    for name in using:
        assert importlib.import_module(f"{corrections.PARSER}.{name}").boto_client_for is clients.client_for, name
    assert [name for name, text in sources() if re.search(r"boto3\.(client|resource|Session)\(", text)] == ["asl.utils.boto_client"]


def test_what_tasks_say_is_ours_where_moto_says_it_otherwise(clock: Clock) -> None:
    tasks = f"{corrections.PARSER}.asl.component.state.exec.state_task"
    told = {
        "state_task_lambda": "StateTaskLambda", "service.state_task_service_lambda": "StateTaskServiceLambda",
        "service.state_task_service_aws_sdk": "StateTaskServiceAwsSdk", "service.state_task_service_events": "StateTaskServiceEvents",
        "service.state_task_service_sqs": "StateTaskServiceSqs",
    }  # fmt: skip
    for module, name in told.items():
        assert getattr(importlib.import_module(f"{tasks}.{module}"), name)._from_error.__module__.startswith("lablib.")
    assert clients.operation("stepfunctions", "start_execution") is not None
    assert clients.operation("nothing", "start_execution") is None and clients.operation("sqs", "nothing") is None


def test_the_threads_of_an_execution_are_at_rest_or_counted(clock: Clock) -> None:
    before = threading.active_count()
    held = run(machine({"Type": "Wait", "Seconds": 3600}, {"Type": "Pass", "Result": "für"}))
    clock.rest()
    assert held.status == executions.RUNNING and len(clock.due) == 1
    clock.advance(3600)
    assert finished(held).status == executions.SUCCEEDED and held.output == '"für"'
    events = held.history()
    assert [event["id"] for event in events] == list(range(1, 7)) and events[0]["timestamp"] == held.started
    assert clock.running == 0 and not clock.due and threading.active_count() <= before


def test_executions_end_where_they_wait(clock: Clock) -> None:
    before = threading.active_count()
    branch = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    held = [
        run(machine({"Type": "Parallel", "Branches": [branch] * 3}, TimeoutSeconds=99), name=str(number)) for number in range(5)
    ]
    clock.rest()
    held[0].stop("Mine", "because")
    assert (finished(held[0]).status, held[0].error) == (executions.ABORTED, "Mine")
    assert held[0].history()[-1]["type"] == "ExecutionAborted"
    executions.end_all()
    for one in held:
        finished(one)
    assert clock.running == 0 and threading.active_count() <= before
    assert executions.all_held() == [] and executions.get(held[1].arn) is None


def test_a_token_is_a_tasks_as_long_as_it_waits(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Sqs:
        sent: list[str] = []

        def send_message(self, QueueUrl: str, MessageBody: str) -> dict[str, str]:
            self.sent.append(MessageBody)
            return {"MessageId": "1"}

    module = f"{corrections.PARSER}.asl.component.state.exec.state_task.service.state_task_service_sqs"
    monkeypatch.setattr(importlib.import_module(module), "boto_client_for", lambda **_: Sqs())
    task = {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 60,
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}, "TimeoutSeconds": 600,
    }  # fmt: skip
    held = run(machine(task))
    clock.rest()
    [token] = Sqs.sent
    clock.advance(50)
    executions.beat(token)
    clock.advance(50)
    executions.succeed(token, '{"a": 1}')
    assert finished(held).output == '{"a":1}'
    with pytest.raises(executions.TaskOver):
        executions.fail(token, "E", None)
    with pytest.raises(executions.NoSuchTask):
        executions.beat("nonsense")


def test_an_activitys_line(moto: Moto, clock: Clock) -> None:
    arn = moto.client("stepfunctions").create_activity(name="work")["activityArn"]
    with engine.lock:
        assert machines.has_activity(arn) and not machines.has_activity(arn + "x")
    held = run(machine({"Type": "Task", "Resource": arn}), {"n": 1})
    clock.rest()
    task = executions.take_activity_task(arn, "me")
    assert task is not None and json.loads(task.task_input) == {"n": 1}
    assert executions.take_activity_task(arn, "me") is None
    executions.fail(task.task_token, "Mine", "why")
    assert (finished(held).error, held.cause) == ("Mine", "why")


def test_state_machines_as_moto_keeps_them(moto: Moto, clock: Clock) -> None:
    client = moto.client("stepfunctions")
    definition = machine({"Type": "Pass"}).definition
    arn = client.create_state_machine(name="m", definition=definition, roleArn=ROLE, type="EXPRESS")["stateMachineArn"]
    assert machines.find(arn) == executions.Machine(arn, "m", "EXPRESS", definition, ROLE)
    first = machines.publish(arn, "first")
    assert first is not None and machines.publish(arn, None) == first and first.arn == f"{arn}:1"
    client.update_state_machine(stateMachineArn=arn, definition=machine({"Type": "Pass"}, {"Type": "Pass"}).definition)
    second = machines.publish(arn, None)
    assert machines.versions(arn) == [second, first]
    alias = client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": first.arn, "weight": 100}]
    )["stateMachineAliasArn"]
    assert machines.find(alias) == executions.Machine(arn, "m", "EXPRESS", definition, ROLE, first.arn, alias)
    with pytest.raises(machines.InUse):
        machines.delete_version(first.arn)
    assert machines.find(f"{arn}:9") is None and machines.find(f"{PLACE}:stateMachine:none") is None
    assert machines.logging_of(arn) == {"level": "OFF"} and machines.versions(f"{PLACE}:stateMachine:none") is None


def test_a_map_run(clock: Clock) -> None:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **json.loads(machine({"Type": "Pass"}).definition)}
    held = finished(run(machine({"Type": "Map", "ItemProcessor": processor, "ItemsPath": "$.items"}), {"items": [1, 2]}))
    assert held.output == "[1,2]"
    [told] = mapruns.of(held)
    described = mapruns.describe(told["mapRunArn"])
    assert described is not None and described["status"] == "SUCCEEDED" and described["itemCounts"]["total"] == 2
    assert mapruns.update(told["mapRunArn"], 3, None, None) and not mapruns.update("none", 3, None, None)


def test_what_an_execution_writes(clock: Clock) -> None:
    written = journal.configured({
        "level": "ALL", "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:/states:*"}}],
    })  # fmt: skip
    assert written == journal.Logging("ALL", "/states", True) and journal.configured({"level": "OFF"}) is None
    finished(run(replace(machine({"Type": "Pass"}), logging=written), {"n": 1}))
    assert {(group, stream.split("/")[:2] == ["states", "m"]) for group, stream, _, _ in clock.lines} == {("/states", True)}
    lines = [json.loads(line) for _, _, _, line in clock.lines]
    assert [line["type"] for line in lines] == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    assert lines[1]["details"]["input"] == '{"n":1}' and lines[1]["event_timestamp"] == str(int(clock.time * 1000))
    clock.lines.clear()
    fatal = journal.Logging("FATAL", "/states", False)
    finished(run(replace(machine({"Type": "Fail", "Error": "E"}), logging=fatal), {"n": 1}, "f"))
    assert [json.loads(line)["type"] for _, _, _, line in clock.lines] == ["ExecutionFailed"]


def test_a_state_tried_by_itself(clock: Clock) -> None:
    told: list[trials.Trial] = []
    state = json.dumps({"Type": "Pass", "InputPath": "$.a", "Parameters": {"b.$": "$.c"}, "End": True})
    trials.check(state)
    with pytest.raises(ValueError):
        trials.check('{"Type": "Map", "End": true}')
    one = executions.Machine(f"{PLACE}:stateMachine:t", "t", "STANDARD", state, ROLE)
    assert trials.run(one, f"{PLACE}:execution:t:t", '{"a": {"c": 1}}', told.append).finished.wait(30)
    assert told[0].output == '{"b":1}' and {"input", "afterInputPath", "afterParameters"} <= set(told[0].inspected)


def test_jsonata_has_jsons_values() -> None:
    for value in (None, True, 1, 1.5, "a\"b\\", [], [None, 1], {"a": None, "b": [{"c": "für"}]}):
        assert jsonata.evaluate("$v", {"v": value}) == value
    assert jsonata.evaluate("$v.a[0]", {"v": {"a": [1, 2]}}) == 1
    with pytest.raises(jsonata.NotEvaluated, match="specified for the field 'Output' returned nothing"):
        jsonata.evaluate("$v.b", {"v": {"a": 1}}, "Output")
    assert jsonata.syntax_error("1 +") == "Unexpected end of expression" and jsonata.syntax_error("1 + 1") is None
