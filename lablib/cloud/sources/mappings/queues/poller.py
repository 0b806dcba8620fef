"""Receives the messages of one queue for one mapping, calls the function, and deletes what went well.

A look at the queue takes as many batches as may run now and deletes what others have finished, in one hold of moto's lock. There
is a look when a message arrives, when one shows that was hidden or delayed, when a batch has ended, and when one more may run;
between them nothing happens. A batch that fails is not touched: SQS shows its messages again after their visibility timeout.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from lablib.cloud.clock import Timer
from lablib.cloud.functions import NoSuchFunction
from lablib.cloud.moto_seam import engine, receiving
from lablib.cloud.moto_seam.receiving import Found, Message
from lablib.cloud.sources import patterns
from lablib.cloud.sources.calling import Target, payload_of
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.mappings.mapping import Mapping
from lablib.cloud.sources.mappings.metrics import Counts
from lablib.cloud.sources.mappings.queues.batches import Batch, Ended, Item, run
from lablib.cloud.sources.mappings.queues.records import record, wanted
from lablib.cloud.sources.mappings.queues.scaling import Scaling
from lablib.models import limits
from lablib.models import mappings as quotas

log = logging.getLogger("lablib.cloud")

# What the execution role must be allowed. DG with-sqs, 2026.
ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

# How many batches and messages are received in one hold of the lock, so that nobody waits long for it. Ours.
_BATCHES_AT_ONCE, _MESSAGES_AT_ONCE = 10, 200
# For how many seconds a role that was allowed to read the queue is not asked about again. Ours.
_ALLOWED_S = 1.0
# Records leave room for what is around them.
_MOST_BYTES = limits.REQUEST_BYTES - 1024


class QueuePoller:
    """The poller of one mapping."""

    def __init__(self, mapping: Mapping, context: SourceContext) -> None:
        self._mapping, self._context, self._clock = mapping, context, context.clock
        self._counts = Counts(mapping, context.metrics)
        self._started = self._abandoned = False
        self._looking = self._again = False
        self._quiet = asyncio.Event()
        self._running = 0  # batches that the function has
        self._forget: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready: deque[Batch] = deque()  # for a function, as soon as one more may run
        self._gathering: Batch | None = None  # until there are enough, or its window is over
        self._held: dict[Batch, Timer] = {}  # throttled
        self._done: list[str] = []  # handles of what is to be deleted
        self._timers: dict[str, Timer] = {}
        self._scaling = Scaling(mapping.settings)
        self._take_on()

    def _take_on(self) -> None:
        """The mapping's settings, as they are now."""
        self._scaling.changed(self._mapping.settings)
        self._filters = [patterns.compile(text) for text in self._mapping.settings.filters]
        self._allowed_until = 0.0

    # --- what the registry asks of a poller -------------------------------------------

    def start(self) -> None:
        """Receive from now on, first of all what is there."""
        self._started = True
        self._forget()
        self._forget = self._context.arrivals.listen(self._mapping.source_arn, self._look)
        self._look()

    async def stop(self) -> None:
        """Receive nothing more; what waits for its turn is left to show again in the queue."""
        self._drop()
        self._look()  # to delete what is done
        await self._quiet.wait()

    def changed(self) -> None:
        """Other settings, or another function."""
        self._take_on()
        if self._gathering is not None and self._full(self._gathering):
            self._let_go()
        if self._started:
            self._look()

    def abandon(self) -> None:
        """Drop everything."""
        self._drop()
        self._abandoned = True
        self._done.clear()
        self._quiet.set()
        for task in list(self._tasks):
            task.cancel()

    def _drop(self) -> None:
        self._started = False
        self._forget()
        for timer in (*self._timers.values(), *self._held.values()):
            timer.cancel()
        self._timers.clear()
        self._held.clear()
        self._ready.clear()
        self._gathering = None

    # --- looking ----------------------------------------------------------------------

    def _look(self) -> None:
        """Have a look at the queue, now or right after the one that is under way. The cloud is not at rest before."""
        self._quiet.clear()
        if self._looking:
            self._again = True
        elif not self._abandoned:
            self._looking = True
            self._clock.at(self._clock.now(), self._looks, f"a look at {self._mapping.source_arn}")

    async def _looks(self) -> None:
        try:
            self._again = True
            while self._again and not self._abandoned:
                self._again = False
                await self._one_look()
        finally:
            self._looking = False
            self._settle()

    async def _one_look(self) -> None:
        sizes = await self._sizes()
        done, self._done = self._done, []
        if not (sizes or done):
            return
        try:
            found = await engine.call(receiving.exchange, self._mapping.source_arn, done, sizes, _MOST_BYTES)
        except receiving.NoSuchQueue:
            return  # if it comes again, that is an arrival
        except Exception:
            log.exception("a look at %s met a mistake of this cloud's", self._mapping.source_arn)
            self._done[:0] = done
            self._set("another look at", self._clock.now() + quotas.REFUSED_AGAIN_S)
            return
        self._counts.add("DeletedEventCount", len(done))
        if self._abandoned:
            return
        for messages in found.batches:
            self._received(messages, found)
        if not sizes:
            return
        if found.drained:
            self._scaling.drained()
            self._set("the next message of", found.next_due)
        self._again = self._again or not found.drained or bool(self._done)

    async def _sizes(self) -> list[int]:
        """How many messages are wanted for each of the next batches."""
        if not self._started:
            return []
        settings, now = self._mapping.settings, self._clock.now()
        gathering = self._gathering
        used = self._running + len(self._held) + len(self._ready) + (gathering is not None)
        free = min(self._scaling.limit(now) - used, _BATCHES_AT_ONCE)
        if free <= 0 and gathering is None:
            self._set("more room for batches of", self._scaling.backlog(now))
            return []
        if not await self._allowed() or not self._started:
            return []
        begun = [settings.batch_size - len(gathering)] if gathering is not None else []
        return _some([*begun, *[settings.batch_size] * max(free, 0)])

    async def _allowed(self) -> bool:
        """Whether there is a function, and its role may read the queue. What AWS does without a function is unconfirmed."""
        now = self._clock.now()
        if now < self._allowed_until:
            return True
        target = Target.of(self._mapping.function_arn)
        assert target is not None
        try:
            role = self._context.functions.get(target.name, target.qualifier).role
        except NoSuchFunction:
            return False  # if there is one again, the registry tells
        for action in ACTIONS:
            if not await self._context.role_allows(role, action, self._mapping.source_arn):
                self._set("permission to read", now + quotas.REFUSED_AGAIN_S)
                return False
        self._allowed_until = now + _ALLOWED_S
        return True

    def _set(self, what: str, when: float | None) -> None:
        """Look again at a moment of the cloud's clock: one for each reason."""
        before = self._timers.pop(what, None)
        if before is not None:
            before.cancel()
        if when is not None and self._started:
            # moto reckons in milliseconds.
            self._timers[what] = self._clock.at(when + 0.001, self._look, f"{what} {self._mapping.source_arn}")

    # --- batches ----------------------------------------------------------------------

    def _received(self, messages: tuple[Message, ...], found: Found) -> None:
        items = []
        for message in messages:
            shown = record(message, self._mapping.source_arn)
            if wanted(shown, self._filters):
                items.append(Item(message.id, message.handle, payload_of(shown), message.attributes.get("AWSTraceHeader")))
            else:
                self._done.append(message.handle)
        self._counts.add("PolledEventCount", len(messages))
        self._counts.add("FilteredOutEventCount", len(messages) - len(items))
        if items:
            self._gather(Batch(tuple(items), found.hidden_until))

    def _gather(self, batch: Batch) -> None:
        """Add to the batch that is being gathered; it goes when it is full, or when its window is over."""
        if self._gathering is not None and self._gathering.size + batch.size > _MOST_BYTES:
            self._let_go()
        whole = batch if self._gathering is None else self._gathering.with_more(batch)
        begun, self._gathering = self._gathering is not None, whole
        if self._full(whole):
            self._let_go()
        elif not begun:
            what = f"the batching window of {self._mapping.source_arn}"
            self._timers["window"] = self._clock.after(self._mapping.settings.window_s, self._let_go, what)

    def _full(self, batch: Batch) -> bool:
        """Whether a batch need not wait for more."""
        settings = self._mapping.settings
        return len(batch) >= settings.batch_size or not (settings.window_s and self._started)

    def _let_go(self) -> None:
        timer = self._timers.pop("window", None)
        if timer is not None:
            timer.cancel()
        if self._gathering is not None:
            self._ready.append(self._gathering)
            self._gathering = None
        self._begin()

    def _begin(self) -> None:
        while self._ready and self._running + len(self._held) < self._scaling.limit(self._clock.now()):
            self._run(self._ready.popleft())

    def _run(self, batch: Batch, attempt: int = 0) -> None:
        self._held.pop(batch, None)
        self._running += 1
        task = asyncio.ensure_future(self._through(batch, attempt))
        self._tasks.add(task)
        self._quiet.clear()
        task.add_done_callback(self._over)

    async def _through(self, batch: Batch, attempt: int) -> None:
        """One attempt with a batch."""
        count = "1 message" if len(batch) == 1 else f"{len(batch)} messages"
        with self._clock.busy(f"a batch of {count} of {self._mapping.source_arn}"):
            try:
                ended = await run(self._context.caller, self._mapping, batch)
            except Exception:
                log.exception("a batch of %s met a mistake of this cloud's", self._mapping.source_arn)
                ended = Ended((), "failed")
            finally:
                self._running -= 1
            if self._abandoned:
                return
            self._done += [item.handle for item in ended.done]
            if ended.outcome == "well":
                self._scaling.succeeded()
            else:
                self._scaling.failed(self._clock.now())
            if ended.outcome == "passes":
                self._hold(batch, attempt)
            else:
                self._counts.add("InvokedEventCount" if ended.outcome == "well" else "FailedInvokeEventCount", len(batch))
            self._begin()
            self._look()

    def _hold(self, batch: Batch, attempt: int) -> None:
        """Try a throttled batch again while its messages are hidden; then they are the queue's again."""
        first, most = quotas.SQS_THROTTLED_AGAIN_S
        when = self._clock.now() + min(most, first * 2**attempt)
        if self._started and when < batch.hidden_until:
            what = f"the next attempt with a batch of {self._mapping.source_arn}"
            self._held[batch] = self._clock.at(when, lambda: self._run(batch, attempt + 1), what)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._settle()

    def _settle(self) -> None:
        if not (self._looking or self._tasks or self._done or self._ready):
            self._quiet.set()


def _some(sizes: list[int]) -> list[int]:
    """As many of these batches, and as much of the last, as are received at a time."""
    left, found = _MESSAGES_AT_ONCE, []
    for size in sizes:
        if left > 0:
            found.append(min(size, left))
            left -= found[-1]
    return found
