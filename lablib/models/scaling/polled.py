"""The exact engine for an event source mapping: messages wait in a queue, pollers take them in batches."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from lablib.models.scaling.callers import Polled
from lablib.models.scaling.draws import Draws
from lablib.models.scaling.fleet import Began, Fleet, Ledger
from lablib.models.scaling.recorder import Recorder


@dataclass(order=True)
class Batch:
    """Messages that were taken from the queue together; `due` when they are tried again."""

    due: float
    first: int
    messages: list[float]
    lasts: float
    attempt: int = 1


class Poller:
    """One mapping, and the queue that it reads."""

    def __init__(self, fleet: Fleet, caller: Polled, ledger: Ledger, seconds: float) -> None:
        self.fleet, self.caller, self.ledger, self.seconds = fleet, caller, ledger, seconds
        self.queue: deque[float] = deque()
        self.refused: list[Batch] = []
        self.held = 0  # messages in refused batches
        self.backlog_since: float | None = None
        self.taken = 0
        self._durations = fleet.draws.warm()

    def run(self) -> None:
        """Until nothing more comes and, within `seconds`, everything has been tried."""
        arrivals = _times(self.fleet.draws, self.fleet.recorder)
        coming = next(arrivals, math.inf)
        while True:
            due = self.refused[0].due if self.refused else math.inf
            now = min(coming, due, self.fleet.next_end if self.queue else math.inf, self._grows())
            if now == math.inf or (now > self.seconds and coming == math.inf):
                break
            if now == coming:
                self.queue.append(now)
                coming = next(arrivals, math.inf)
            self._look(now)
        for message in (*self.queue, *(message for batch in self.refused for message in batch.messages)):
            self.ledger.waited(message, math.inf)

    def _grows(self) -> float:
        """When one more batch may run, if there is a backlog."""
        if self.backlog_since is None or not self.queue:
            return math.inf
        return self.backlog_since + self.caller.grows_after(len(self.fleet.busy) + len(self.refused))

    def _look(self, now: float) -> None:
        """Run what may run now."""
        self.fleet.settle(now)
        while self.refused and self.refused[0].due <= now:
            batch = heappop(self.refused)
            self.held -= len(batch.messages)
            self._run(now, batch)
        while self.queue:
            backlog_s = 0.0 if self.backlog_since is None else now - self.backlog_since
            if len(self.fleet.busy) + len(self.refused) >= self.caller.at_a_time(backlog_s):
                if self.backlog_since is None:
                    self.backlog_since = now
                break
            messages = [self.queue.popleft() for _ in range(min(self.caller.batch, len(self.queue)))]
            self._run(now, Batch(now, self.taken + 1, messages, next(self._durations)))
            self.taken += len(messages)
        else:
            self.backlog_since = None
        recorder = self.fleet.recorder
        recorder.most_queued = max(recorder.most_queued, len(self.queue) + self.held)

    def _run(self, now: float, batch: Batch) -> None:
        began = self.fleet.begin(now, batch.lasts)
        if isinstance(began, Began):
            self.ledger.ran(batch.first, batch.messages[0], now, began)
            for message in batch.messages:
                self.ledger.answered(began.end - message)
                if now > message:
                    self.ledger.waited(message, now)
            return
        self.ledger.refused(now, began)
        wait = self.caller.wait(batch.attempt, 1.0)
        heappush(self.refused, Batch(now + wait, batch.first, batch.messages, batch.lasts, batch.attempt + 1))
        self.held += len(batch.messages)


def _times(draws: Draws, recorder: Recorder) -> Iterator[float]:
    for times in draws.times():
        recorder.came(times)
        yield from times.tolist()
