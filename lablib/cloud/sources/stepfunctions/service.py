"""Step Functions at this cloud's front, and the door by which other services start executions."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import botocore.loaders
from botocore.model import ServiceModel

from lablib.cloud.access.execution import may_be_assumed
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.api.validation import validate
from lablib.cloud.authentication.authority import claim_of
from lablib.cloud.authentication.refusals import Style, error
from lablib.cloud.moto_seam import deliveries, engine
from lablib.cloud.moto_seam.stepfunctions import events, executions, interpreter
from lablib.cloud.moto_seam.stepfunctions.executions import Held
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.stepfunctions import machines
from lablib.cloud.sources.stepfunctions.activities import Activities
from lablib.cloud.sources.stepfunctions.errors import StatesError
from lablib.cloud.sources.stepfunctions.journals import Journals
from lablib.cloud.sources.stepfunctions.operations import Executions, Operation
from lablib.cloud.sources.stepfunctions.trials import Trials
from lablib.cloud.sources.underway import UnderWay
from lablib.cloud.web import Answer, Request

log = logging.getLogger("lablib.cloud")

_TARGET = "AWSStepFunctions."

# Metrics of executions, of standard and of express workflows: Step Functions' procedures-cw-metrics, 2026. Those of single tasks
# (LambdaFunctionsFailed and the like) are not here: the function has its own.
NAMESPACE = "AWS/States"
_METRICS = {
    executions.SUCCEEDED: "ExecutionsSucceeded", executions.FAILED: "ExecutionsFailed", executions.TIMED_OUT: "ExecutionsTimedOut",
    executions.ABORTED: "ExecutionsAborted",
}  # fmt: skip


class StepFunctions:
    """The service."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._executions, self._activities = Executions(self._began), Activities(context.clock)
        self._trials, self._journals = Trials(self._soon), Journals(context.clock)
        self._telling = UnderWay(context.clock)
        self._operations: Mapping[str, Operation] = {
            **self._executions.operations(), **machines.OPERATIONS, "TestState": self._trials.test,
        }  # fmt: skip
        interpreter.connect(
            time=context.clock, soon=self._soon, url=context.url, may_be_assumed=self._may_be_assumed,
            on_end=lambda held: self._soon(lambda: self._ended(held)),
            on_activity_task=lambda arn: self._soon(lambda: self._activities.arrived(arn)),
            on_line=lambda *line: self._soon(lambda: self._journals.write(*line)),
        )  # fmt: skip

    async def desk(self, request: Request) -> Answer | None:
        """Answer in moto's place, or leave it to moto, with its interpreter loaded."""
        name = request.headers.get("X-Amz-Target", "").removeprefix(_TARGET)
        if name not in _model().operation_names:
            return None
        try:
            given = _parameters(name, request)
            await interpreter.load()
            check = machines.CHECKS.get(name)
            if check is not None:
                await check(given, self._region(request), self._context.role_allows)
            if name == "GetActivityTask":
                return _answer(await self._activities.task(given, request.gone))
            operation = self._operations.get(name)
            return None if operation is None else _answer(await operation(given))
        except StatesError as refused:
            return error(Style.JSON, 501 if refused.code == "NotImplemented" else 400, refused.code, str(refused))

    def _region(self, request: Request) -> str:
        claim = claim_of(request)
        return claim.region if claim is not None else self._context.region

    async def start_execution(self, arn: str, event: Any, *, name: str | None = None, trace: str | None = None) -> str:
        """Start an execution for another service, and return its ARN at once.

        Parameters
        ----------
        arn
            Of a state machine, or of its version or alias.
        event
            JSON of any kind; text and bytes are JSON already.

        Raises
        ------
        StatesError
            With the code of StartExecution's own errors.
        """
        await interpreter.load()
        text = event.decode() if isinstance(event, bytes) else event if isinstance(event, str) else json.dumps(event)
        given = {"stateMachineArn": arn, "input": text, "name": name, "traceHeader": trace}
        answer = await self._executions.start({key: value for key, value in given.items() if value is not None})
        return str(answer["executionArn"])

    async def reset(self) -> None:
        """End every execution at once, and forget all."""
        interpreter.end_all()
        self._executions.reset()
        self._activities.reset()
        self._trials.reset()
        self._journals.reset()
        await self._telling.reset()

    def _ended(self, held: Held) -> None:
        self._executions.ended(held)
        self._count(held, _METRICS[held.status])
        if held.stopped is not None:
            self._count(held, "ExecutionTime", (held.stopped - held.started).total_seconds() * 1000, "Milliseconds")
        self._tell(held, held.status)

    def _count(self, held: Held, metric: str, value: float = 1.0, unit: str = "Count") -> None:
        dimensions = (("StateMachineArn", held.machine.arn),)
        self._context.metrics.add(metric, dimensions, value, unit=unit, namespace=NAMESPACE)

    def _began(self, held: Held) -> None:
        self._count(held, "ExecutionsStarted")
        self._tell(held, executions.RUNNING)

    def _tell(self, held: Held, status: str) -> None:
        """Let EventBridge hear of a standard workflow's execution."""
        if held.machine.type != "EXPRESS":
            self._telling.start(self._told(held, status), f"the status of {held.name}")

    async def _told(self, held: Held, status: str) -> None:
        try:
            await engine.call(events.tell, held, status)
        except deliveries.NotTaken as why:
            log.warning("EventBridge does not hear of %s: %s", held.arn, why)

    def _soon(self, fn: Callable[[], None]) -> None:
        if not self._context.loop.is_closed():  # a thread may outlive the cloud by a moment
            self._context.soon(fn)

    def _may_be_assumed(self, role_arn: str) -> bool:
        return asyncio.run_coroutine_threadsafe(may_be_assumed(role_arn, machines.PRINCIPAL), self._context.loop).result(60)


@cache
def _model() -> ServiceModel:
    return ServiceModel(botocore.loaders.Loader().load_service_model("stepfunctions", "service-2", "2016-11-23"), "stepfunctions")


def _parameters(name: str, request: Request) -> dict[str, Any]:
    try:
        given = json.loads(request.body or b"{}")
    except ValueError as broken:
        raise StatesError("SerializationException", str(broken)) from broken
    shape = _model().operation_model(name).input_shape
    known = {key: value for key, value in given.items() if shape is not None and key in shape.members and value is not None}
    try:
        validate(shape, known)
    except LambdaError as refused:
        raise StatesError("ValidationException", str(refused)) from refused
    return known


def _answer(result: Mapping[str, Any]) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": str(uuid.uuid4())}
    shown = {name: value for name, value in result.items() if value is not None}
    return Answer(200, headers, json.dumps(shown, default=_written, separators=(",", ":")).encode())


def _written(value: object) -> float:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} has no place in an answer of Step Functions")
