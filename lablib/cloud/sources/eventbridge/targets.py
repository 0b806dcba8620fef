"""Targets, each as EventBridge sends to it.

Functions, queues and topics are asked by their policies, everything else is done in the name of the target's role.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lablib.cloud.access.execution import may_be_assumed
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.moto_seam import bus_targets, deliveries, engine
from lablib.cloud.sources.calling import Source
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.eventbridge import paths
from lablib.cloud.sources.lettings import lets_in

SERVICE = "events.amazonaws.com"

Target = Mapping[str, Any]
Event = Mapping[str, Any]


class StateMachines(Protocol):
    """Step Functions, as far as EventBridge needs it. Its errors have the ``code`` of StartExecution's."""

    async def start_execution(self, arn: str, event: Any, *, name: str | None = None, trace: str | None = None) -> str:
        """Start an execution with an input, which may be text that is JSON already, and return its ARN at once."""
        ...


class NotDelivered(Exception):
    """A target did not get what it was sent.

    Attributes
    ----------
    code
        As dead letters have it (ERROR_CODE): "Using dead-letter queues to process undelivered events", EventBridge User Guide,
        2026.
    again
        Whether it is worth trying again. Without permission or without a target it is not.
    """

    def __init__(self, code: str, message: str, again: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.again = code, message, again


@dataclass(frozen=True)
class Parcel:
    """What one target is to get.

    Attributes
    ----------
    rule
        The ARN of the rule.
    text
        What the target gets; JSON, or a string with its quotes.
    via
        The buses that have had the event.
    """

    rule: str
    target: Target
    event: Event
    text: str
    trace: str | None
    via: frozenset[str]

    @property
    def arn(self) -> str:
        """The target's."""
        return str(self.target["Arn"])


# Puts an event on a bus: its ARN, the event, the tracing header, the buses that have had it.
Forward = Callable[[str, Event, str | None, frozenset[str]], Awaitable[None]]

_CODES = {
    "AccessDeniedException": "NO_PERMISSIONS", "ResourceNotFoundException": "NO_RESOURCE",
    "RequestEntityTooLargeException": "INVALID_PARAMETER",
}  # fmt: skip
_MACHINE_CODES = {
    "StateMachineDoesNotExist": "NO_RESOURCE", "InvalidArn": "NO_RESOURCE", "StateMachineDeleting": "NO_RESOURCE",
    "InvalidExecutionInput": "INVALID_JSON", "ValidationException": "INVALID_PARAMETER",
}  # fmt: skip


class Targets:
    """Sends parcels.

    Parameters
    ----------
    forward
        Puts an event on a bus.
    machines
        Step Functions.
    """

    def __init__(self, context: SourceContext, forward: Forward, machines: StateMachines | None) -> None:
        self._context, self._forward, self._machines = context, forward, machines

    async def send(self, parcel: Parcel) -> None:
        """Send a parcel to its target. Raises `NotDelivered`."""
        service = (parcel.arn.split(":") + [""] * 3)[2]
        way = self._ways.get(service)
        if way is None:
            raise NotDelivered("INVALID_PARAMETER", f"this local cloud has no targets like {parcel.arn}")
        try:
            await way(self, parcel)
        except deliveries.NotTaken as error:
            raise NotDelivered("ERROR_FROM_TARGET", str(error)) from error

    async def _function(self, parcel: Parcel) -> None:
        """Lambda does not look for loops through EventBridge. Here they are stopped like any other: they would never end."""
        source = Source(SERVICE, parcel.rule, self._context.account)
        try:
            self._context.caller.send(parcel.arn, parcel.text.encode(), source, trace=parcel.trace)
        except LambdaError as error:
            raise NotDelivered(_CODES.get(error.code, "ERROR_FROM_TARGET"), error.message, error.code not in _CODES) from error

    async def _queue(self, parcel: Parcel) -> None:
        await self._admitted(parcel, "sqs:SendMessage")
        group = (parcel.target.get("SqsParameters") or {}).get("MessageGroupId")
        await engine.call(deliveries.send_message, parcel.arn, parcel.text, {}, parcel.trace, group)

    async def _topic(self, parcel: Parcel) -> None:
        await self._admitted(parcel, "sns:Publish")
        await engine.call(deliveries.publish, parcel.arn, parcel.text, {}, parcel.trace)

    async def _admitted(self, parcel: Parcel, action: str) -> None:
        """Raise `NotDelivered` if a queue or topic is not there or lets neither EventBridge nor the target's role in."""
        await self._there(parcel)
        if parcel.target.get("RoleArn"):
            await self._by_role(parcel, action, parcel.arn)
        elif not await lets_in(SERVICE, parcel.arn, parcel.rule, self._context.account):
            raise NotDelivered("NO_PERMISSIONS", f"The policy of {parcel.arn} does not let {SERVICE} {action}")

    async def _there(self, parcel: Parcel) -> None:
        if not await engine.call(deliveries.exists, parcel.arn):
            raise NotDelivered("NO_RESOURCE", f"{parcel.arn} does not exist")

    async def _by_role(self, parcel: Parcel, action: str, resource: str) -> None:
        role = parcel.target.get("RoleArn")
        if role and not await may_be_assumed(role, SERVICE):
            raise NotDelivered("NO_PERMISSIONS", f"{SERVICE} is not authorized to assume {role}")
        if role and not await self._context.role_allows(role, action, resource):
            raise NotDelivered("NO_PERMISSIONS", f"{role} is not authorized to perform {action} on {resource}")

    async def _bus(self, parcel: Parcel) -> None:
        await self._there(parcel)
        await self._by_role(parcel, "events:PutEvents", parcel.arn)
        if parcel.arn in parcel.via:  # AWS's own protection against such loops could not be confirmed
            raise NotDelivered("INVALID_PARAMETER", f"the event has been on {parcel.arn} already")
        await self._forward(parcel.arn, parcel.event, parcel.trace, parcel.via)

    async def _log_group(self, parcel: Parcel) -> None:
        """A line in a stream of its own. A template's ``timestamp`` and ``message`` are the line's."""
        group = parcel.arn.split(":log-group:")[-1].removesuffix(":*")
        message, at = parcel.text, self._context.clock.now()
        if parcel.target.get("InputTransformer"):
            shaped = json.loads(parcel.text)
            if isinstance(shaped, dict) and "message" in shaped:
                message = shaped["message"] if isinstance(shaped["message"], str) else json.dumps(shaped["message"])
        await self._taken(bus_targets.put_log, group, str(uuid.uuid4()), int(at * 1000), message)

    async def _stream(self, parcel: Parcel) -> None:
        await self._by_role(parcel, "kinesis:PutRecord", parcel.arn)
        path = (parcel.target.get("KinesisParameters") or {}).get("PartitionKeyPath")
        key = parcel.event.get("id")
        if path:
            try:
                key = paths.value_at(parcel.event, path)
            except (paths.Missing, paths.BadPath):
                raise NotDelivered("INVALID_PARAMETER", f"nothing lies at the PartitionKeyPath {path}") from None
        await self._taken(bus_targets.put_record, parcel.arn, str(key), parcel.text.encode())

    async def _delivery_stream(self, parcel: Parcel) -> None:
        await self._by_role(parcel, "firehose:PutRecord", parcel.arn)
        await self._taken(bus_targets.put_to_delivery_stream, parcel.arn, parcel.text.encode())

    async def _taken(self, work: Callable[..., None], *given: Any) -> None:
        try:
            await engine.call(work, *given)
        except bus_targets.NoTarget as error:
            raise NotDelivered("NO_RESOURCE", str(error)) from error

    async def _state_machine(self, parcel: Parcel) -> None:
        await self._by_role(parcel, "states:StartExecution", parcel.arn)
        if self._machines is None:
            raise NotDelivered("NO_RESOURCE", "this local cloud has no Step Functions")
        try:
            await self._machines.start_execution(parcel.arn, parcel.text, trace=parcel.trace)
        except Exception as error:
            code = getattr(error, "code", None)
            if code is None:
                raise
            raise NotDelivered(_MACHINE_CODES.get(code, "ERROR_FROM_TARGET"), str(error), code not in _MACHINE_CODES) from error

    _ways: dict[str, Callable[[Targets, Parcel], Awaitable[None]]] = {
        "lambda": _function, "sqs": _queue, "sns": _topic, "events": _bus, "logs": _log_group, "kinesis": _stream,
        "firehose": _delivery_stream, "states": _state_machine,
    }  # fmt: skip

    @classmethod
    def has(cls, arn: str) -> bool:
        """Whether there is a way to targets like this. API destinations look like buses, and are none."""
        parts = arn.split(":", 5)
        return parts[2] in cls._ways and not parts[5].startswith("api-destination/")
