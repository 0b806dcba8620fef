"""Brings an event to a rule's targets: each on its own, again if it is worth it, and in the end to the dead-letter queue."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lablib.cloud.moto_seam import deliveries, engine
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.eventbridge import inputs
from lablib.cloud.sources.eventbridge.inputs import Occasion
from lablib.cloud.sources.eventbridge.targets import SERVICE, NotDelivered, Parcel
from lablib.cloud.sources.lettings import lets_in
from lablib.cloud.sources.underway import UnderWay
from lablib.models import buses

log = logging.getLogger("lablib.cloud")

Event = Mapping[str, Any]


class Sender(Protocol):
    """`Targets`, or a test's stand-in."""

    async def send(self, parcel: Parcel) -> None: ...


class Counter(Protocol):
    """Counts a metric of a rule: its name, the rule's ARN."""

    def __call__(self, metric: str, rule: str) -> None: ...


@dataclass(frozen=True)
class Terms:
    """How long a delivery is tried.

    Attributes
    ----------
    retries, age_s
        At most so many attempts after the first, and none later than so many seconds after the event came.
    letters
        The ARN of the dead-letter queue.
    """

    retries: int
    age_s: float
    letters: str | None

    @classmethod
    def of(cls, target: Mapping[str, Any]) -> Terms:
        """Those of a target."""
        policy = target.get("RetryPolicy") or {}
        retries, age = policy.get("MaximumRetryAttempts"), policy.get("MaximumEventAgeInSeconds")
        return cls(
            buses.DELIVERY_RETRIES if retries is None else int(retries), buses.DELIVERY_AGE_S if age is None else float(age),
            (target.get("DeadLetterConfig") or {}).get("Arn") or None,
        )  # fmt: skip


class Deliveries:
    """Deliveries that are under way, or due again."""

    def __init__(self, context: SourceContext, sender: Sender, count: Counter) -> None:
        self._context, self._sender, self._count = context, sender, count
        self._under_way = UnderWay(context.clock)

    def deliver(
        self, target: Mapping[str, Any], event: Event, occasion: Occasion, trace: str | None, via: frozenset[str]
    ) -> None:  # fmt: skip
        """Bring an event to a target, and return at once."""
        parcel = Parcel(occasion.rule_arn, target, event, "", trace, via)
        self._count("Invocations", occasion.rule_arn)
        try:
            parcel = Parcel(occasion.rule_arn, target, event, inputs.input_of(target, event, occasion), trace, via)
        except inputs.InvalidInput as error:
            self._start(self._end(parcel, NotDelivered("INVALID_JSON", str(error)), 1, None), parcel)
            return
        self._start(self._attempt(parcel, Terms.of(target), 1, self._context.clock.now()), parcel)

    def _start(self, work: Coroutine[None, None, None], parcel: Parcel) -> None:
        self._under_way.start(work, f"the delivery of an event of {parcel.rule} to {parcel.arn}")

    async def _attempt(self, parcel: Parcel, terms: Terms, number: int, accepted: float) -> None:
        try:
            await self._sender.send(parcel)
        except NotDelivered as failed:
            await self._failed(parcel, terms, number, accepted, failed)
        except Exception as error:
            log.exception("an event of %s met a mistake of this cloud's on its way to %s", parcel.rule, parcel.arn)
            mistake = NotDelivered("INTERNAL_ERROR", f"{type(error).__name__}: {error}", again=True)
            await self._failed(parcel, terms, number, accepted, mistake)

    async def _failed(self, parcel: Parcel, terms: Terms, number: int, accepted: float, failed: NotDelivered) -> None:
        due = self._context.clock.now() + buses.delivery_backoff(number)
        if not failed.again:
            await self._end(parcel, failed, number, None)
        elif number > terms.retries:
            await self._end(parcel, failed, number, "MaximumRetryAttempts")
        elif due > accepted + terms.age_s:
            await self._end(parcel, failed, number, "MaximumEventAgeInSeconds")
        else:

            def again() -> None:
                self._count("RetryInvocationAttempts", parcel.rule)
                self._start(self._attempt(parcel, terms, number + 1, accepted), parcel)

            self._under_way.later(due, again, f"the next attempt to bring an event to {parcel.arn}")

    async def _end(self, parcel: Parcel, failed: NotDelivered, attempts: int, condition: str | None) -> None:
        """An event has not got to a target, and never will."""
        self._count("FailedInvocations", parcel.rule)
        log.warning("an event of %s did not get to %s: %s", parcel.rule, parcel.arn, failed.message)
        letters = Terms.of(parcel.target).letters
        if letters is None:
            return
        texts = {
            "RULE_ARN": parcel.rule, "TARGET_ARN": parcel.arn, "ERROR_CODE": failed.code, "ERROR_MESSAGE": failed.message,
            **({"EXHAUSTED_RETRY_CONDITION": condition} if condition else {}),
        }  # fmt: skip
        # Which of them are numbers could not be confirmed.
        attributes = {name: ("String", text) for name, text in texts.items()} | {"RETRY_ATTEMPTS": ("Number", str(attempts - 1))}
        try:
            if not await lets_in(SERVICE, letters, parcel.rule, self._context.account):
                raise deliveries.NotTaken("its policy does not let EventBridge in")
            await engine.call(deliveries.send_message, letters, inputs.compact(parcel.event), attributes, parcel.trace)
            self._count("InvocationsSentToDlq", parcel.rule)
        except deliveries.NotTaken as error:
            log.warning("nor did it get to the dead-letter queue %s: %s", letters, error)
            self._count("InvocationsFailedToBeSentToDlq", parcel.rule)

    async def reset(self) -> None:
        """Forget all of them."""
        await self._under_way.reset()
