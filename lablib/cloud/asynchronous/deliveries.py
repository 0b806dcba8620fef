"""Brings an event's end to its destination and to its dead-letter queue, with the permissions of the function's role."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Protocol

from lablib.cloud.asynchronous import record
from lablib.cloud.asynchronous.event import Event
from lablib.cloud.asynchronous.policy import Condition
from lablib.cloud.asynchronous.targets import Target
from lablib.models import limits


class NotDelivered(Exception):
    """A target did not take what was sent; the text says why."""


class Neighbourhood(Protocol):
    """The services that receive: `lablib.cloud.asynchronous.neighbours`, or a stand-in in tests. Each raises `NotDelivered`."""

    async def send(self, target: Target, body: str, attributes: dict[str, tuple[str, str]], trace: str | None) -> None:
        """A message to a queue or a topic."""
        ...

    async def put_event(self, target: Target, detail_type: str, detail: str, resources: list[str], trace: str | None) -> None:
        """An event to an event bus."""
        ...

    async def put_object(self, target: Target, key: str, body: str, trace: str | None) -> None:
        """An object into a bucket."""
        ...

    async def role_allows(self, role: str, action: str, resource: str) -> bool:
        """Whether a role's policies allow an action."""
        ...


Invoke = Callable[[str, str | None, bytes, str, str], None]


class Deliveries:
    """Delivers.

    Parameters
    ----------
    invoke
        ``invoke(name, qualifier, payload, request_id, trace)``: accept an event for another function. Raises `LookupError`.
    now
        The cloud's time.
    """

    def __init__(self, neighbourhood: Neighbourhood, invoke: Invoke, now: Callable[[], float]) -> None:
        self._neighbourhood, self._invoke, self._now = neighbourhood, invoke, now

    async def dead_letter(self, event: Event, condition: Condition, arn: str) -> None:
        """Send the event itself to a dead-letter queue or topic. Raises `NotDelivered`."""
        target = Target.of(arn)
        await self._check(event, target)
        attributes = record.dead_letter_attributes(event, condition)
        await self._neighbourhood.send(target, event.payload.decode(errors="replace"), attributes, event.trace)

    async def destination(self, event: Event, condition: Condition, arn: str) -> None:
        """Send the record of the invocation to a destination. Raises `NotDelivered`."""
        target, now = Target.of(arn), self._now()
        await self._check(event, target)
        document = record.invocation_record(event, condition, now)
        await self._ways[target.service](self, event, condition, target, document)

    async def _check(self, event: Event, target: Target) -> None:
        if not target.supported:
            raise NotDelivered(f"{target.arn} is nothing that Lambda sends to")
        for action, resource in target.permissions(event.name):
            if not await self._neighbourhood.role_allows(event.terms.role, action, resource):
                raise NotDelivered(f"the role {event.terms.role} may not {action} on {resource}")

    async def _send(self, event: Event, condition: Condition, target: Target, document: str) -> None:
        too_large = target.service == "sns" and len(document.encode()) > limits.TOPIC_MESSAGE_BYTES
        if too_large and condition != "Success":
            document = record.invocation_record(event, condition, self._now(), payloads=False)
        await self._neighbourhood.send(target, document, {}, event.trace)

    async def _put_event(self, event: Event, condition: Condition, target: Target, document: str) -> None:
        resources = [target.arn, record.function_arn(event)]
        await self._neighbourhood.put_event(target, record.detail_type(condition), document, resources, event.trace)

    async def _put_object(self, event: Event, condition: Condition, target: Target, document: str) -> None:
        key = record.object_key(event.name, self._now())
        await self._neighbourhood.put_object(target, key, document, event.trace)

    async def _invoke_function(self, event: Event, condition: Condition, target: Target, document: str) -> None:
        _, _, reference = target.resource.partition(":")
        name, _, qualifier = reference.partition(":")
        payload = document.encode()
        if len(payload) > limits.ASYNC_REQUEST_BYTES:
            raise NotDelivered(f"the record has {len(payload)} bytes, more than an asynchronous event may have")
        try:
            self._invoke(name, qualifier or None, payload, str(uuid.uuid4()), event.trace)
        except LookupError as missing:
            raise NotDelivered(str(missing)) from missing

    _ways: dict[str, Callable[[Deliveries, Event, Condition, Target, str], Awaitable[None]]] = {
        "sqs": _send, "sns": _send, "events": _put_event, "s3": _put_object, "lambda": _invoke_function,
    }  # fmt: skip
