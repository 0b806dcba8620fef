"""One mapping of a stream at work: its lanes, each by itself, on the event loop and on the cloud's clock.

A lane that has nothing to do costs nothing: the stream's arrivals wake it, and what falls due later is a timer of the clock.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from lablib.cloud.api.errors import LambdaError
from lablib.cloud.asynchronous.deliveries import NotDelivered
from lablib.cloud.asynchronous.neighbours import Services
from lablib.cloud.asynchronous.targets import Target
from lablib.cloud.clock import Timer
from lablib.cloud.functions import NoSuchFunction
from lablib.cloud.moto_seam import journals
from lablib.cloud.moto_seam.journals import Entry
from lablib.cloud.sources import patterns
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.mappings.mapping import Mapping
from lablib.cloud.sources.mappings.metrics import Counts
from lablib.cloud.sources.mappings.streams import failures
from lablib.cloud.sources.mappings.streams.batches import (
    Again, Batch, Drop, End, Idle, Item, Response, Run, Sleep, Step,
)  # fmt: skip
from lablib.cloud.sources.mappings.streams.events import Origin, seen_by_filters
from lablib.cloud.sources.mappings.streams.lane import Lane
from lablib.cloud.sources.mappings.streams.shards import Shards

log = logging.getLogger("lablib.cloud")

OK = "OK"
FAILED = "PROBLEM: Function call failed"  # seen with every error of the function's (third parties, 2017 to 2025)
# These two say what is the matter; AWS's own words could not be confirmed.
NO_STREAM = "PROBLEM: The event source was not found."
NOT_ALLOWED = "PROBLEM: Access denied. Check the permissions of the function's execution role."


class StreamPoller:
    """Polls for one mapping.

    Parameters
    ----------
    services
        Where what is given up goes.
    """

    def __init__(self, mapping: Mapping, context: SourceContext, services: Services) -> None:
        self._mapping, self._context, self._services = mapping, context, services
        self._origin = Origin("kinesis" if ":kinesis:" in mapping.source_arn else "dynamodb", mapping.source_arn)
        self._shards = Shards(context.clock.now(), self._pick)
        self._counts = Counts(mapping, context.metrics)
        self._filters = _compiled(mapping)
        self._working: dict[Lane, asyncio.Task[None]] = {}
        self._timers: dict[Lane, Timer] = {}
        self._unlisten: Callable[[], None] | None = None

    # --- the mapping's life ---------------------------------------------------------

    def start(self) -> None:
        """Begin to read, or go on."""
        if self._unlisten is None:
            stream_arn = self._mapping.source_arn.partition("/consumer/")[0]
            self._unlisten = self._context.arrivals.listen(stream_arn, self._wake)
        self._wake()

    async def stop(self) -> None:
        """Read nothing from now on; what runs comes to its end, and is remembered."""
        self._rest()
        while self._working:
            await asyncio.wait(list(self._working.values()))

    def changed(self) -> None:
        """The mapping's settings or its function are others."""
        self._filters = _compiled(self._mapping)
        self._shards.changed(self._mapping.settings)
        if self._running:
            self._wake()

    def abandon(self) -> None:
        """Drop everything."""
        self._rest()
        for task in self._working.values():
            task.cancel()

    @property
    def _running(self) -> bool:
        return self._unlisten is not None

    def _rest(self) -> None:
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    # --- lanes ----------------------------------------------------------------------

    def _wake(self) -> None:
        """Look what every lane has to do that does nothing."""
        if not self._running:
            return
        stream = journals.of(self._mapping.source_arn)
        if stream is None:
            self._mapping.last_result = NO_STREAM
            self._shards.gone()
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            return
        for lane in self._shards.lanes(stream, self._mapping.settings):
            self._look(lane)

    def _look(self, lane: Lane) -> None:
        if lane in self._working or not self._running or lane not in self._shards:
            return
        if (timer := self._timers.pop(lane, None)) is not None:
            timer.cancel()
        step = self._next(lane)
        if isinstance(step, Sleep):
            what = f"the event source mapping {self._mapping.uuid} of {self._mapping.name}"
            self._timers[lane] = self._context.clock.at(step.until, lambda: self._look(lane), what)
        elif isinstance(step, (Run, Drop, Again, End)):
            self._working[lane] = self._task(self._work(lane, step))

    def _next(self, lane: Lane) -> Step:
        try:
            return lane.next(self._context.clock.now())
        except Exception:  # one lane's, which must not keep the others from looking
            log.exception("the event source mapping %s cannot read %s", self._mapping.uuid, lane.shard.id)
            return Idle()

    @staticmethod
    def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.ensure_future(work)

    async def _work(self, lane: Lane, step: Step) -> None:
        """Do what there is to do in a lane, until it has to wait."""
        ended = False
        try:
            with self._context.clock.busy(f"the event source mapping {self._mapping.uuid} of {self._mapping.name}"):
                while isinstance(step, (Run, Drop, Again)):
                    await self._do(lane, step)
                    if not self._running or lane not in self._shards:
                        return
                    step = self._next(lane)
                ended = isinstance(step, End)
        finally:
            self._working.pop(lane, None)
            if ended and lane in self._shards:
                self._shards.ended(lane, self._mapping.settings)
                self._wake()
            elif self._running:
                self._look(lane)

    async def _do(self, lane: Lane, step: Run | Drop | Again) -> None:
        try:
            if isinstance(step, Run):
                await self._run(lane, step)
            elif isinstance(step, Drop):
                await self._drop(lane, step)
            else:
                await asyncio.sleep(0)
        except Exception:
            log.exception("the event source mapping %s met a mistake of this cloud's", self._mapping.uuid)
            if isinstance(step, Run):
                lane.refused(self._context.clock.now(), Response(str(uuid.uuid4()), 500))

    def _pick(self, entry: Entry, shard: str) -> Item | None:
        """The record as the function gets it, if a filter lets it through."""
        self._counts.add("PolledEventCount", 1)
        record = self._origin.record(entry, shard, self._role() or "")
        if self._filters:
            seen = seen_by_filters(record)
            if not any(pattern.matches(seen) for pattern in self._filters):
                self._counts.add("FilteredOutEventCount", 1)
                return None
        return Item(entry, json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode())

    def _role(self) -> str | None:
        target = self._mapping.function_arn.split(":")
        try:
            return self._context.functions.get(target[6], target[7] if len(target) > 7 else None).role
        except NoSuchFunction:
            return None

    # --- invocations ----------------------------------------------------------------

    async def _run(self, lane: Lane, run: Run) -> None:
        mapping, clock = self._mapping, self._context.clock
        request_id, batch = str(uuid.uuid4()), run.batch
        if not await self._may_read():
            mapping.last_result = NOT_ALLOWED
            lane.refused(clock.now(), Response(request_id, 403))
            return
        self._tell_age(batch)
        try:
            event = run.event(lane.shard.id, mapping.source_arn)
            result = await self._context.caller.invoke(
                mapping.function_arn, event, None, request_id=request_id, synchronous=False
            )
        except LambdaError as error:
            mapping.last_result = FAILED
            self._counts.add("FailedInvokeEventCount", len(batch.items))
            lane.refused(clock.now(), Response(request_id, _status(error)))
            return
        outcome = result.outcome
        response = Response(request_id, 200, result.executed_version, outcome.function_error, result.trace_id)
        mapping.last_result = OK if outcome.function_error is None else FAILED
        self._counts.add("InvokedEventCount", len(batch.items))
        lane.ran(clock.now(), outcome.payload, response)

    async def _may_read(self) -> bool:
        role = self._role()
        if role is None:
            return True  # the call says better what is the matter
        action = f"{self._origin.kind}:GetRecords"
        return await self._context.role_allows(role, action, self._mapping.source_arn.partition("/consumer/")[0])

    def _tell_age(self, batch: Batch) -> None:
        """``IteratorAge``: how old the last record of a batch is when it is sent. DG monitoring-metrics-types, 2026."""
        if not batch.items:
            return
        now, target = self._context.clock.now(), self._mapping.function_arn.split(":")
        age_ms = max(0.0, now - batch.items[-1].entry.arrived) * 1000
        self._context.metrics.record(
            "IteratorAge", self._mapping.name, age_ms, qualifier=target[7] if len(target) > 7 else None, unit="Milliseconds"
        )

    # --- what is given up -----------------------------------------------------------

    async def _drop(self, lane: Lane, drop: Drop) -> None:
        self._counts.add("DroppedEventCount", len(drop.batch.items))
        destination = self._mapping.settings.on_failure
        if destination is None:
            return
        try:
            await self._deliver(lane, drop, Target.of(destination))
        except NotDelivered as error:
            log.warning("the event source mapping %s could not send to %s: %s", self._mapping.uuid, destination, error)
            self._context.metrics.record("DestinationDeliveryFailures", self._mapping.name)
        else:
            self._counts.add("OnFailureDestinationDeliveredEventCount", len(drop.batch.items))

    async def _deliver(self, lane: Lane, drop: Drop, target: Target) -> None:
        mapping, batch, shard = self._mapping, drop.batch, lane.shard.id
        role, now = self._role(), self._context.clock.now()
        for action, resource in permissions(target, mapping.uuid):
            if role is not None and not await self._services.role_allows(role, action, resource):
                raise NotDelivered(f"the role {role} may not {action} on {resource}")
        record = failures.failure_record(
            batch, drop.condition, origin=self._origin, shard=shard, function_arn=mapping.function_arn, now=now
        )
        trace = batch.response.trace if batch.response is not None else None
        if target.service == "s3":
            whole = failures.with_payload(record, Run(batch).event(shard, mapping.source_arn))
            key = failures.object_key(mapping.uuid, shard, now)
            await self._services.put_object(target, key, failures.dumped(whole), trace)
        else:
            await self._services.send(target, failures.dumped(record), {}, trace)


def permissions(target: Target, mapping: str) -> list[tuple[str, str]]:
    """Each (action, resource) that a function's role must be allowed for a mapping's destination."""
    if target.service == "s3":
        return [("s3:PutObject", f"{target.arn}/{failures.folder(mapping)}*"), ("s3:ListBucket", target.arn)]
    return [(f"{target.service}:{target.action}", target.arn)]


def _compiled(mapping: Mapping) -> tuple[patterns.Pattern, ...]:
    return tuple(patterns.compile(text) for text in mapping.settings.filters)


def _status(error: LambdaError) -> int:
    known = {"TooManyRequestsException": 429, "ResourceNotFoundException": 404, "AccessDeniedException": 403}
    return known.get(error.code, 500)
