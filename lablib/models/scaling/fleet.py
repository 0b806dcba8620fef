"""The exact engine with every rule: provisioned concurrency, the rate of requests, callers that try again, environments by number.

The rules and their order are the local cloud's (lablib.cloud.scaling): room, then requests per second, then growth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from lablib.models.scaling.callers import Asynchronous, Synchronous
from lablib.models.scaling.draws import Draws
from lablib.models.scaling.recorder import Recorder
from lablib.models.scaling.result import Span
from lablib.models.scaling.rules import Function, Limits, TokenBucket

_KEPT = 1 << 15
"""Invocations that are held before they are counted."""


@dataclass(frozen=True)
class Began:
    """An invocation that runs."""

    environment: int
    end: float
    cold: bool
    init_s: float
    provisioned: bool


class Fleet:
    """The environments of one function. Times may not go backward."""

    def __init__(self, function: Function, limits: Limits, draws: Draws, recorder: Recorder, *, synchronous: bool) -> None:
        self.idle_s, self.limits, self.draws, self.recorder, self.synchronous = (
            function.idle_s, limits, draws, recorder, synchronous,
        )  # fmt: skip
        self.busy: list[tuple[float, int]] = []  # end, environment
        self.idle: list[tuple[float, int]] = []  # since, environment
        self.ready = list(range(limits.provisioned))
        self.made = limits.provisioned
        self.working_on_demand = 0
        self._born: list[float] = []
        rate = limits.requests_per_second
        self.rate = TokenBucket(rate, rate)
        ready = limits.provisioned * limits.requests_per_concurrency
        self.ready_rate = TokenBucket(ready, ready)
        self.growth = TokenBucket(limits.scaling, limits.scaling_per_second)
        recorder.environments.add(np.zeros(limits.provisioned), 1)
        recorder.most_environments = limits.provisioned

    def settle(self, now: float) -> None:
        """What ends until `now` is over."""
        while self.busy and self.busy[0][0] <= now:
            end, environment = heappop(self.busy)
            if environment < self.limits.provisioned:
                self.ready.append(environment)
            else:
                self.working_on_demand -= 1
                self.idle.append((end, environment))

    def begin(self, now: float, lasts: float) -> Began | str:
        """Run an invocation that takes `lasts` seconds where it is warm, or the reason of its throttle."""
        self.settle(now)
        provisioned = bool(self.ready) and self.ready_rate.available(now)
        if not provisioned and self.working_on_demand >= self.limits.on_demand:
            return self.limits.refusal
        if self.synchronous and not self.rate.take(now):
            return self.limits.rate_refusal
        if provisioned:
            self.ready_rate.take(now)
            return self._work(Began(self.ready.pop(), now + lasts, False, 0.0, True))
        if self.idle and self.idle[-1][0] + self.idle_s > now:
            return self._work(Began(self.idle.pop()[1], now + lasts, False, 0.0, False))
        self.leave()
        if not self.growth.take(now):
            return self.limits.refusal
        takes, init_s = self.draws.cold(lasts)
        self.made += 1
        self._born.append(now)
        if len(self._born) >= _KEPT:
            self._count_born()
        return self._work(Began(self.made - 1, now + takes, True, init_s, False))

    def leave(self) -> None:
        """Those that idle were idle for too long, or will have been."""
        if not self.idle:
            return
        self.recorder.expired(np.array([since for since, _ in self.idle]) + self.idle_s)
        self.idle.clear()

    def _work(self, began: Began) -> Began:
        heappush(self.busy, (began.end, began.environment))
        self.working_on_demand += not began.provisioned
        recorder = self.recorder
        recorder.most_busy = max(recorder.most_busy, len(self.busy))
        if began.cold:  # then all on demand work
            recorder.most_environments = max(recorder.most_environments, self.limits.provisioned + self.working_on_demand)
        return began

    @property
    def next_end(self) -> float:
        return self.busy[0][0] if self.busy else math.inf

    def end(self) -> None:
        """Nothing more comes: all that works ends, and idles until it goes."""
        self.settle(math.inf)
        self.leave()
        self._count_born()

    def _count_born(self) -> None:
        self.recorder.started(np.array(self._born))
        self._born.clear()


class Ledger:
    """Invocations on their way into the recorder, some thousands at a time."""

    def __init__(self, recorder: Recorder, *, trace: bool) -> None:
        self.recorder, self.trace = recorder, trace
        self.spans: list[Span] = []
        self._rows: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        self._answers: list[float] = []
        self._waits: list[tuple[float, float]] = []
        self._refusals: dict[str, list[float]] = {}

    def ran(self, request: int, arrival: float, start: float, began: Began) -> None:
        rows = self._rows[began.provisioned]
        rows.append((start, began.end))
        if self.trace:
            self.spans.append(
                Span(request, began.environment, arrival, start, began.end, began.cold, began.init_s)
            )  # fmt: skip
        if len(rows) >= _KEPT:
            self.flush()

    def answered(self, latency: float) -> None:
        self._answers.append(latency)

    def waited(self, since: float, until: float) -> None:
        self._waits.append((since, until))

    def refused(self, now: float, reason: str) -> None:
        kept = self._refusals.setdefault(reason, [])
        kept.append(now)
        if len(kept) >= _KEPT:
            self.recorder.refused(np.array(kept), reason)
            kept.clear()

    def flush(self) -> None:
        """Hand everything on."""
        for provisioned, kept in enumerate(self._rows):
            rows = np.array(kept).reshape(-1, 2)
            self.recorder.ran(rows[:, 0], rows[:, 1], provisioned=bool(provisioned))
            kept.clear()
        waits = np.array(self._waits).reshape(-1, 2)
        self.recorder.waited(waits[:, 0], waits[:, 1])
        self.recorder.answered(np.array(self._answers))
        for reason, times in self._refusals.items():
            self.recorder.refused(np.array(times), reason)
        self._waits.clear()
        self._answers.clear()
        self._refusals.clear()


@dataclass(order=True)
class Again:
    """A request that will be tried again."""

    due: float
    request: int
    arrival: float
    refused_at: float
    attempt: int
    lasts: float


def push(fleet: Fleet, caller: Synchronous | Asynchronous, ledger: Ledger, seconds: float) -> None:
    """Requests that call the function, or that Lambda's own queue sends to it, until `seconds`."""
    later: list[Again] = []
    oldest = caller.oldest_s if isinstance(caller, Asynchronous) else math.inf
    recorder, draws = fleet.recorder, fleet.draws
    request = 0

    def attempt(now: float, again: Again) -> None:
        began = fleet.begin(now, again.lasts)
        if isinstance(began, Began):
            ledger.ran(again.request, again.arrival, now, began)
            ledger.answered(began.end - again.arrival)
            if again.attempt > 1:
                ledger.waited(again.arrival, now)
            return
        ledger.refused(now, began)
        wait = caller.wait(again.attempt, draws.random() if isinstance(caller, Synchronous) and caller.jitter else 1.0)
        stopped = fleet.limits.concurrency == 0 and oldest < math.inf
        if wait is None or stopped or now + wait - again.arrival > oldest:
            recorder.given_up += 1
            if again.attempt > 1:
                ledger.waited(again.arrival, now)
            return
        heappush(later, Again(now + wait, again.request, again.arrival, now, again.attempt + 1, again.lasts))
        recorder.most_queued = max(recorder.most_queued, len(later))

    for times, durations in draws.blocks():
        recorder.came(times)
        for time, lasts in zip(times.tolist(), durations.tolist()):
            while later and later[0].due <= time:
                attempt(later[0].due, heappop(later))
            request += 1
            attempt(time, Again(time, request, time, time, 1, lasts))
    while later and later[0].due <= seconds:
        attempt(later[0].due, heappop(later))
    for again in later:
        ledger.waited(again.arrival, math.inf)
