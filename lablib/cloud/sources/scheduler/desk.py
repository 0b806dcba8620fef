"""What EventBridge Scheduler refuses and moto takes, before moto gets the request.

The constraints of the service model are checked from botocore's; the sentences beyond it are AWS's where captured (of
expressions, time zones and roles), else ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lablib.cloud.access import execution, resources
from lablib.cloud.api.errors import LambdaError, not_found, not_implemented
from lablib.cloud.api.validation import validate
from lablib.cloud.api.wire import Wire
from lablib.cloud.authentication.authority import claim_of
from lablib.cloud.authentication.refusals import Style, error
from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam import engine, schedules
from lablib.cloud.sources.scheduler import targets
from lablib.cloud.web import Answer, Request
from lablib.models import buses
from lablib.models.schedules import At, BadExpression, parse, zone_of

_STATUS = {"ValidationException": 400, "ResourceNotFoundException": 404, "ConflictException": 409, "NotImplemented": 501}

# Templated targets whose Input is JSON: botocore's model, Target.Input.
_WITH_JSON = ("arn:aws:lambda:", "arn:aws:states:", "arn:aws:events:")


class Desk:
    """Answers the requests that are wrong; None for those that moto may have."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def answer(self, request: Request) -> Answer | None:
        """An error, or None."""
        wire = resources.wire_of("scheduler")
        assert wire is not None
        try:
            await self._check(wire, request)
        except LambdaError as wrong:
            return error(Style.JSON, _STATUS.get(wrong.code, 400), wrong.code, wrong.message)
        return None

    async def _check(self, wire: Wire, request: Request) -> None:
        try:
            operation, labels = wire.route(request)
        except LambdaError:
            return  # moto's own answer to what is no operation
        parameters = wire.parse(operation, request, labels)
        validate(operation.input, parameters)
        claim = claim_of(request)
        region = claim.region if claim is not None else engine.place.region
        match operation.name:
            case "CreateSchedule" | "UpdateSchedule":
                await self._schedule(parameters, region)
            case "CreateScheduleGroup":
                if await engine.call(schedules.has_group, region, parameters["Name"]):
                    raise LambdaError("ConflictException", f"Schedule group {parameters['Name']} already exists.")
            case "DeleteScheduleGroup":
                if parameters["Name"] == "default":
                    raise _invalid("The default schedule group cannot be deleted.")
                await _group_exists(region, parameters["Name"])

    async def _schedule(self, parameters: Mapping[str, Any], region: str) -> None:
        expression = str(parameters["ScheduleExpression"])
        try:
            parsed = parse(expression)
        except BadExpression:
            raise _invalid(f"Invalid Schedule Expression {expression}.") from None
        try:
            zone_of(parameters.get("ScheduleExpressionTimezone", "UTC"))
        except BadExpression:
            raise _invalid("The ScheduleExpressionTimezone you specify is not valid.") from None
        _window(parameters["FlexibleTimeWindow"])
        if not isinstance(parsed, At):
            self._dates(_seconds(parameters.get("StartDate")), _seconds(parameters.get("EndDate")))
        await self._target(parameters["Target"])
        await _group_exists(region, parameters.get("GroupName", "default"))

    def _dates(self, start: float | None, end: float | None) -> None:
        now = self._clock.now()
        if start is not None and start < now - buses.START_DATE_AGE_S:
            raise _invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
        if end is not None and end < now:
            raise _invalid("The EndDate you specify cannot be in the past.")
        if start is not None and end is not None and end <= start:
            raise _invalid("The StartDate you specify must come before the EndDate you specify.")

    async def _target(self, target: Mapping[str, Any]) -> None:
        arn, text = str(target["Arn"]), target.get("Input")
        if len((text or "").encode()) > buses.SCHEDULE_INPUT_BYTES:
            raise _invalid(f"The Input you specify is larger than {buses.SCHEDULE_INPUT_BYTES} bytes.")
        universal = targets.universal(arn)
        if universal is not None and universal[1].startswith(targets.READS):
            raise _invalid(f"The API action {universal[1]} of {universal[0]} is not supported: it only reads.")
        if text is not None and (universal is not None or arn.startswith(_WITH_JSON)):
            try:
                json.loads(text)
            except ValueError:
                raise _invalid("The Input you specify is not well-formed JSON.") from None
        try:
            wanted = targets.call(target, text if text is not None else "{}")
        except targets.NotHere as wrong:
            raise not_implemented(str(wrong)) from None
        except (targets.NoTarget, ValueError) as wrong:
            raise _invalid(str(wrong)) from None
        if universal is not None:
            model = resources.wire_of(wanted.service)
            if model is None or wanted.operation not in model.operations:
                raise _invalid(f"Provided Arn is not in correct format. Arn: {arn}")
        if wanted.service == "sqs" and universal is None and arn.endswith(".fifo") and "MessageGroupId" not in wanted.parameters:
            raise _invalid("SqsParameters must be specified for a FIFO queue.")
        if not await execution.may_be_assumed(str(target["RoleArn"]), "scheduler.amazonaws.com"):
            raise _invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")


async def _group_exists(region: str, name: str) -> None:
    if not await engine.call(schedules.has_group, region, name):
        raise not_found(f"Schedule group {name} does not exist.")


def _window(window: Mapping[str, Any]) -> None:
    minutes = window.get("MaximumWindowInMinutes")
    if window["Mode"] == "FLEXIBLE" and minutes is None:
        raise _invalid("MaximumWindowInMinutes must be specified when FlexibleTimeWindow Mode is FLEXIBLE.")
    if window["Mode"] == "OFF" and minutes is not None:
        raise _invalid("MaximumWindowInMinutes must not be specified when FlexibleTimeWindow Mode is OFF.")


def _seconds(date: Any) -> float | None:
    """A timestamp as the API's callers send it: seconds since 1970, or ISO 8601 (the AWS CLI sends seconds)."""
    if date is None:
        return None
    try:
        return float(date) if not isinstance(date, str) else datetime.fromisoformat(date).timestamp()
    except ValueError:
        raise _invalid(f"{date!r} is no timestamp.") from None


def _invalid(message: str) -> LambdaError:
    return LambdaError("ValidationException", message)
