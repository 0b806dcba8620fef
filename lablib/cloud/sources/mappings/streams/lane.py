"""One sequence of records on its way to a function: read, gathered, tried, tried again, given up. Pure: no clock, no waiting.

A shard has as many lanes as its mapping's parallelization factor; each reads the records whose keys fall to it, in order. So
order is kept for every key, and what fails holds up its own lane alone.
"""

from __future__ import annotations

import json
import math
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from lablib.cloud.moto_seam.journals import Entry, Shard
from lablib.cloud.sources.mappings.mapping import Settings
from lablib.cloud.sources.mappings.streams import reports
from lablib.cloud.sources.mappings.streams.batches import (
    Again, Batch, Drop, End, Idle, Item, Response, Run, Sleep, Step,
)  # fmt: skip
from lablib.cloud.sources.mappings.streams.windows import Span
from lablib.models import limits as lambda_limits
from lablib.models import mappings as limits

# Records that are looked at before others may do something, and how many are read at a time at least.
SCAN = 1000
READ = 100


class Lane:
    """A lane.

    Parameters
    ----------
    number, lanes
        Which of its shard's lanes it is, and of how many.
    after
        The sequence number after which it reads.
    pick
        The record as an item, or None if no filter lets it through.
    """

    def __init__(
        self, shard: Shard, number: int, lanes: int, after: int, settings: Settings,
        pick: Callable[[Entry, str], Item | None], retention_s: Callable[[], float],
    ) -> None:  # fmt: skip
        self.shard, self.number, self.lanes, self.settings = shard, number, lanes, settings
        self.read_to = after  # the last record that it has looked at
        self.stop_at: int | None = None  # reads no further than this: others go on from there
        self._pick, self._retention_s = pick, retention_s
        self._batches: deque[Batch] = deque()  # made and not done, in order
        self._gathered: list[Item] = []
        self._size = 0
        self._opened = 0.0
        self._span: Span | None = None
        self._state: Mapping[str, Any] = {}

    # --- what to do -----------------------------------------------------------------

    def next(self, now: float) -> Step:
        """What is to be done now. After `Run`, and once that has ended, `ran` or `refused` is called before this is again."""
        if not self._batches and (step := self._gather(now)) is not None:
            return step
        batch = self._batches[0]
        if batch.over:
            self._batches.popleft()
            self._close(batch)
            return Drop(batch, "RetryAttemptsExhausted")
        if (old := self._old(batch, now)) is not None:
            return Drop(old, "RecordAgeExceeded")
        if batch.due > now:
            return Sleep(min([batch.due, *(self._expiry(item) for item in batch.items[:1])]))
        if batch.span is not None and batch.span != self._span:
            self._span, self._state = batch.span, {}
        return Run(batch, self._state)

    def _old(self, batch: Batch, now: float) -> Batch | None:
        """The first records of a batch, if they are too old: taken out of it."""
        count = 0
        while count < len(batch.items) and self._expiry(batch.items[count]) <= now:
            count += 1
        if not count:
            return None
        old = batch.part(batch.items[:count])
        old.attempts = batch.attempts
        del batch.items[:count]
        if not batch.items:
            self._batches.popleft()
        return old

    def _expiry(self, item: Item) -> float:
        # In whole seconds: what came together is given up together. Ours.
        return math.ceil(item.entry.arrived) + self._age_s()

    def _age_s(self) -> float:
        """After how long a record is given up: at the latest when the stream itself no longer has it."""
        most, kept = self.settings.maximum_record_age_s, self._retention_s()
        return kept if most < 0 else min(most, kept)

    # --- reading --------------------------------------------------------------------

    def _gather(self, now: float) -> Step | None:
        """Read until there is a batch (None), or until there is nothing to read."""
        looked_at = 0
        while entries := self._readable():
            for entry in entries:
                if not self._take(entry, now):
                    return None
            looked_at += len(entries)
            if looked_at >= SCAN and not self._batches:
                return Again()
        return self._rest(now)

    def _readable(self) -> list[Entry]:
        entries = self.shard.read(self.read_to, min(SCAN, max(READ, self.settings.batch_size * self.lanes)))
        if self.stop_at is None:
            return entries
        return [entry for entry in entries if entry.sequence <= self.stop_at]

    def _take(self, entry: Entry, now: float) -> bool:
        """Take the next record. False if there is a batch before it, or with it."""
        item = self._pick(entry, self.shard.id) if self._is_mine(entry) else None
        if item is None:
            self.read_to = entry.sequence
            return True
        if self._must_close(item):
            return False
        if not self._gathered:
            self._opened = now
        self._gathered.append(item)
        self._size += len(item.text) + 1
        self.read_to = entry.sequence
        if len(self._gathered) >= self.settings.batch_size:
            self._make()
            return False
        return True

    def _is_mine(self, entry: Entry) -> bool:
        return self.lanes == 1 or zlib.crc32(entry.key.encode()) % self.lanes == self.number

    def _must_close(self, item: Item) -> bool:
        """Whether something has to be sent before a record: it has no room, or it is of another window."""
        length = self.settings.tumbling_window_s
        span = Span.of(item.entry.arrived, length) if length else None
        if span != self._span and self._span is not None:
            if self._gathered:
                self._make()
            else:
                self._batches.append(Batch([], self._span, final=True))
            return True
        if self._gathered and self._size + len(item.text) > self._room():
            self._make()
            return True
        if span != self._span:
            self._span, self._state = span, {}
        return False

    def _room(self) -> int:
        state = limits.TUMBLING_STATE_BYTES if self.settings.tumbling_window_s else 0
        return lambda_limits.REQUEST_BYTES - limits.ENVELOPE_BYTES - state

    def _make(self) -> None:
        self._batches.append(Batch(self._gathered, self._span))
        self._gathered, self._size = [], 0

    def _rest(self, now: float) -> Step | None:
        """There is nothing to read."""
        ended = self.stop_at is not None or self.shard.ended(self.read_to)
        if self._gathered:
            due = self._opened + self.settings.window_s
            if not ended and now < due:
                return Sleep(due)
            self._make()
            return None
        if self._span is not None:
            if not ended and now < self._span.over:
                return Sleep(self._span.over)
            self._batches.append(Batch([], self._span, final=True))
            return None
        return End() if ended else Idle()

    # --- what came of it ------------------------------------------------------------

    def ran(self, now: float, payload: bytes, response: Response) -> None:
        """The function has run with the first batch, and answered or failed."""
        batch = self._batches[0]
        batch.attempts += 1
        batch.response = response
        if response.function_error is not None:
            self._failed(batch, now)
            return
        sequences = [item.entry.sequence for item in batch.items]
        report = reports.read(payload, sequences, partial=self.settings.partial)
        if report.failed_from == 0:
            self._failed(batch, now)
            return
        self._batches.popleft()
        if report.failed_from is not None:
            # A batch of its own, with all its attempts before it (captured, third party, 2024).
            rest = batch.part(batch.items[report.failed_from :], due=now + backoff(1))
            rest.failures = 1
            self._batches.appendleft(rest)
        if batch.span is not None:
            self._hand_on(batch, report.state)

    def _hand_on(self, batch: Batch, state: Mapping[str, Any]) -> None:
        if batch.final:
            self._close(batch)
            return
        self._state = state
        if len(json.dumps(state, separators=(",", ":")).encode()) > limits.TUMBLING_STATE_BYTES:
            # What state that invocation is given could not be confirmed.
            self._batches.appendleft(Batch([], batch.span, final=True, early=True))

    def _close(self, batch: Batch) -> None:
        """After a window's last invocation it has no state. Records of its time that follow begin it anew."""
        if batch.final:
            self._span, self._state = None, {}

    def refused(self, now: float, response: Response) -> None:
        """The first batch has not reached the function: a throttle, a function or a permission that is not there."""
        batch = self._batches[0]
        batch.response = response
        self._pause(batch, now)

    def _failed(self, batch: Batch, now: float) -> None:
        if self.settings.bisect and len(batch.items) > 1:
            # "Splitting a batch does not count towards the retry quota": API reference of BisectBatchOnFunctionError, 2026.
            self._batches.popleft()
            middle = len(batch.items) // 2
            self._batches.extendleft([batch.part(batch.items[middle:]), batch.part(batch.items[:middle])])
        elif 0 <= self.settings.maximum_retries < batch.attempts:
            batch.over = True
        else:
            self._pause(batch, now)

    def _pause(self, batch: Batch, now: float) -> None:
        batch.failures += 1
        batch.due = now + backoff(batch.failures)


def backoff(failures: int) -> float:
    """Seconds until the next attempt, after so many failures in a row (1 or more)."""
    shortest, longest = limits.STREAM_BACKOFF_S
    return float(min(longest, shortest * 2 ** min(failures - 1, 16)))
