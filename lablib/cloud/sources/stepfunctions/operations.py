"""The operations of Step Functions that are ours: executions, and the tasks that wait for somebody. The rest is moto's.

Each takes the request's parameters, as AWS names them, and returns the answer's members.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lablib.cloud.moto_seam import engine
from lablib.cloud.moto_seam.stepfunctions import executions, machines, mapruns
from lablib.cloud.moto_seam.stepfunctions.executions import Held, Machine
from lablib.cloud.sources.stepfunctions.errors import StatesError, emptied
from lablib.cloud.sources.stepfunctions.pages import page
from lablib.models import states

Parameters = dict[str, Any]
Operation = Callable[[Parameters], Awaitable[Mapping[str, Any]]]

_MACHINE_ARN = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^:]+(:[^:]+)?")
_EXECUTION_ARN = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:(execution:[^:]+:[^:]+|express:[^:]+:[^:]+(:[^:]+)?)")
# API Reference, StartExecution, "name".
_NOT_IN_NAMES = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")


class Executions:
    """The operations on executions.

    Parameters
    ----------
    began
        Told of each execution that has been started.

    Attributes
    ----------
    ends
        By the ARN of an execution that somebody waits for: what is told its end.
    """

    def __init__(self, began: Callable[[Held], None]) -> None:
        self._began = began
        self.ends: dict[str, asyncio.Future[Held]] = {}

    def operations(self) -> dict[str, Operation]:
        """By their names."""
        return {
            "StartExecution": self.start, "StartSyncExecution": self.start_sync, "StopExecution": self.stop,
            "DescribeExecution": self.describe, "ListExecutions": self.list, "GetExecutionHistory": self.history,
            "DescribeStateMachineForExecution": self.describe_machine, "SendTaskSuccess": self.succeed, "SendTaskFailure": self.fail,
            "SendTaskHeartbeat": self.beat, "ListMapRuns": self.map_runs, "DescribeMapRun": self.map_run,
            "UpdateMapRun": self.update_map_run,
        }  # fmt: skip

    async def start(self, given: Parameters) -> Mapping[str, Any]:
        """StartExecution: the same name and input as one that runs is that one."""
        machine = await found(given["stateMachineArn"])
        name = _name(given)
        text = _input(given)
        if machine.type == "EXPRESS":
            held = executions.start(_express_arn(machine, name), name, machine, text, given.get("traceHeader"))
            self._began(held)
            return {"executionArn": held.arn, "startDate": held.started}
        arn = machine.arn.replace(":stateMachine:", ":execution:") + f":{name}"
        held_already = executions.get(arn)
        if held_already is not None:
            if held_already.status != executions.RUNNING or json.loads(held_already.input) != json.loads(text):
                raise StatesError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            return {"executionArn": arn, "startDate": held_already.started}
        held = executions.start(arn, name, machine, text, given.get("traceHeader"))
        self._began(held)
        return {"executionArn": arn, "startDate": held.started}

    async def start_sync(self, given: Parameters) -> Mapping[str, Any]:
        """StartSyncExecution: answers when the execution has ended."""
        machine = await found(given["stateMachineArn"])
        if machine.type != "EXPRESS":
            raise not_supported()
        name = _name(given)
        arn = _express_arn(machine, name)
        ended: asyncio.Future[Held] = asyncio.get_running_loop().create_future()
        self.ends[arn] = ended
        try:
            self._began(executions.start(arn, name, machine, _input(given), given.get("traceHeader")))
            held = await ended
        finally:
            del self.ends[arn]
        assert held.stopped is not None
        took_ms = (held.stopped - held.started).total_seconds() * 1000
        billed = max(1, math.ceil(took_ms / states.BILLED_STEP_MS)) * states.BILLED_STEP_MS
        status = held.status if held.status in (executions.SUCCEEDED, executions.TIMED_OUT) else executions.FAILED
        return {
            "executionArn": arn, "stateMachineArn": machine.arn, "name": name, "startDate": held.started, "stopDate": held.stopped,
            "status": status, "error": held.error, "cause": held.cause, "input": held.input, "inputDetails": {"included": True},
            "output": held.output, "outputDetails": {"included": True} if held.output is not None else None,
            "traceHeader": held.trace,
            "billingDetails": {"billedMemoryUsedInMB": states.BILLED_STEP_MB, "billedDurationInMilliseconds": billed},
        }  # fmt: skip

    async def stop(self, given: Parameters) -> Mapping[str, Any]:
        """StopExecution: it is over when this answers."""
        held = _held(given["executionArn"])
        return {"stopDate": held.stop(given.get("error"), given.get("cause"))}

    async def describe(self, given: Parameters) -> Mapping[str, Any]:
        """DescribeExecution."""
        held = _held(given["executionArn"])
        ended = held.status != executions.RUNNING
        failed = held.status in (executions.FAILED, executions.TIMED_OUT, executions.ABORTED)
        reason = None if failed else f"Execution is {held.status} and cannot be redriven"
        return {
            **_item(held), "input": held.input, "inputDetails": {"included": True}, "output": held.output,
            "outputDetails": {"included": True} if held.output is not None else None, "traceHeader": held.trace,
            "error": held.error if ended else None, "cause": held.cause if ended else None,
            "redriveCount": 0, "redriveStatus": "REDRIVABLE" if failed else "NOT_REDRIVABLE", "redriveStatusReason": reason,
        }  # fmt: skip

    async def list(self, given: Parameters) -> Mapping[str, Any]:
        """ListExecutions, the newest first."""
        if "stateMachineArn" not in given:
            raise StatesError("ValidationException", "Must provide a StateMachine ARN or MapRun ARN")
        machine = await found(given["stateMachineArn"])
        if machine.type == "EXPRESS":
            raise not_supported()
        wanted, asked = given.get("statusFilter"), given["stateMachineArn"]
        held = [
            _item(each) for each in executions.of_machine(machine.arn)
            if wanted in (None, each.status) and asked in (each.machine.arn, each.machine.version_arn, each.machine.alias_arn)
        ]  # fmt: skip
        shown, token = page(held, given, 100)
        return {"executions": shown, "nextToken": token}

    async def history(self, given: Parameters) -> Mapping[str, Any]:
        """GetExecutionHistory."""
        events = await asyncio.to_thread(_held(given["executionArn"]).history)
        if given.get("reverseOrder"):
            events.reverse()
        if given.get("includeExecutionData") is False:
            events = [_without_data(event) for event in events]
        shown, token = page(events, given, 100)
        return {"events": shown, "nextToken": token}

    async def describe_machine(self, given: Parameters) -> Mapping[str, Any]:
        """DescribeStateMachineForExecution: as it was when the execution began."""
        held = _held(given["executionArn"])
        return {
            "stateMachineArn": held.machine.arn, "name": held.machine.name, "definition": held.machine.definition,
            "roleArn": held.machine.role_arn, "updateDate": held.started,
            "loggingConfiguration": await engine.call(machines.logging_of, held.machine.arn) or None,
        }  # fmt: skip

    async def map_runs(self, given: Parameters) -> Mapping[str, Any]:
        """ListMapRuns."""
        shown, token = page(mapruns.of(_held(given["executionArn"])), given, 100)
        return {"mapRuns": shown, "nextToken": token}

    async def map_run(self, given: Parameters) -> Mapping[str, Any]:
        """DescribeMapRun."""
        told = mapruns.describe(given["mapRunArn"])
        if told is None:
            raise _no_map_run(given["mapRunArn"])
        return told

    async def update_map_run(self, given: Parameters) -> Mapping[str, Any]:
        """UpdateMapRun."""
        count, percentage = given.get("toleratedFailureCount"), given.get("toleratedFailurePercentage")
        if not mapruns.update(given["mapRunArn"], given.get("maxConcurrency"), count, percentage):
            raise _no_map_run(given["mapRunArn"])
        return {}

    # --- tasks that wait ------------------------------------------------------------

    async def succeed(self, given: Parameters) -> Mapping[str, Any]:
        """SendTaskSuccess."""
        try:
            json.loads(given["output"])
        except ValueError as error:
            raise StatesError("InvalidOutput", f"Invalid Output: '{error}'") from error
        _told(executions.succeed, given["taskToken"], given["output"])
        return {}

    async def fail(self, given: Parameters) -> Mapping[str, Any]:
        """SendTaskFailure."""
        _told(executions.fail, given["taskToken"], given.get("error"), given.get("cause"))
        return {}

    async def beat(self, given: Parameters) -> Mapping[str, Any]:
        """SendTaskHeartbeat."""
        _told(executions.beat, given["taskToken"])
        return {}

    def ended(self, held: Held) -> None:
        """An execution has come to its end. On the event loop."""
        waits = self.ends.get(held.arn)
        if waits is not None and not waits.done():
            waits.set_result(held)
        if held.machine.type == "EXPRESS":
            executions.forget(held)

    def reset(self) -> None:
        """Nobody waits for an end any more."""
        for waits in self.ends.values():
            if not waits.done():
                waits.set_exception(emptied())


def _no_map_run(arn: str) -> StatesError:
    return StatesError("ResourceNotFound", f"Resource not found: '{arn}'")


def _told(tell: Callable[..., None], token: str, *what: Any) -> None:
    try:
        tell(token, *what)
    except executions.NoSuchTask:
        raise StatesError("InvalidToken", "Invalid Token: 'Invalid token'") from None
    except executions.TaskOver:
        raise StatesError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'") from None


async def found(arn: str) -> Machine:
    """The state machine of an ARN, or AWS's refusal."""
    if not _MACHINE_ARN.fullmatch(arn):
        raise StatesError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'" if not arn.startswith("arn:") else _invalid(arn))
    machine = await engine.call(machines.find, arn)
    if machine is None:
        raise StatesError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return machine


def _invalid(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) > 5 and parts[2] == "states" and parts[5] != "stateMachine":
        return f"Invalid Arn: 'Resource type not valid in this context: {parts[5]}'"
    return f"Invalid Arn: '{arn}'"


def not_supported() -> StatesError:
    """Refuses what is for the other type of state machine."""
    return StatesError("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")


def _held(arn: str) -> Held:
    if not _EXECUTION_ARN.fullmatch(arn):
        parts = arn.split(":")
        wrong = f"Resource type not valid in this context: {parts[5]}" if len(parts) > 5 else f"Invalid ARN prefix: {arn}"
        raise StatesError("InvalidArn", f"Invalid Arn: '{wrong}'")
    if ":express:" in arn:
        raise StatesError("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'")
    held = executions.get(arn)
    if held is None:
        raise StatesError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return held


def _name(given: Parameters) -> str:
    name: str = given.get("name") or str(uuid.uuid4())
    if _NOT_IN_NAMES.search(name) or len(name) > states.NAME_CHARACTERS:
        raise StatesError("InvalidName", f"Invalid Name: '{name}'")
    return name


def _input(given: Parameters) -> str:
    text: str = given.get("input", "{}")
    try:
        json.loads(text)
    except ValueError as error:
        raise StatesError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
    if len(text.encode()) > states.DATA_BYTES:
        # That AWS says it in the words of a broken constraint is unconfirmed.
        sentence = f"Member must have length less than or equal to {states.DATA_BYTES}"
        raise StatesError("ValidationException", f"1 validation error detected: Value at 'input' failed to satisfy constraint: {sentence}")
    return text


def _express_arn(machine: Machine, name: str) -> str:
    return machine.arn.replace(":stateMachine:", ":express:") + f":{name}:{uuid.uuid4()}"


def _item(held: Held) -> dict[str, Any]:
    return {
        "executionArn": held.arn, "stateMachineArn": held.machine.arn, "name": held.name, "status": held.status,
        "startDate": held.started, "stopDate": held.stopped, "stateMachineVersionArn": held.machine.version_arn,
        "stateMachineAliasArn": held.machine.alias_arn, "redriveCount": 0,
    }  # fmt: skip


_DATA = {"input", "output", "parameters", "inputDetails", "outputDetails"}


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {key: part for key, part in value.items() if key not in _DATA} if isinstance(value, dict) else value
        for name, value in event.items()
    }
