"""The exact engine where a refused request is lost: a tight loop over blocks of arrivals.

The environment that was used last serves next, as in the local cloud (AWS does not document its choice), so idle environments
are a stack: from its bottom to its top they have been idle since later and later, and if the top one has been idle for too long,
all have. That, and a heap of ends, is all the loop needs. A test holds it against `fleet`, which follows every environment.
"""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush, heapreplace

import numpy as np

from lablib.models.scaling.draws import Draws
from lablib.models.scaling.numbers import Floats
from lablib.models.scaling.recorder import Recorder
from lablib.models.scaling.rules import Function, Limits, TokenBucket


class Loss:
    """A fleet on demand, whose callers never try again."""

    def __init__(self, function: Function, limits: Limits, draws: Draws, recorder: Recorder) -> None:
        self.idle_s, self.limits, self.draws, self.recorder = function.idle_s, limits, draws, recorder
        self.busy: list[float] = [math.inf]  # ends; the last of them never comes
        self.idle: list[float] = []  # since when
        self.growth = TokenBucket(limits.scaling, limits.scaling_per_second)
        self.owed, self.last = 0.0, 0.0

    def run(self) -> bool:
        """Serve all. False: requests come so fast that some may be refused for their rate, which is `fleet`'s to tell."""
        for times, durations in self.draws.blocks():
            if not self._fits_rate(times):
                return False
            self._serve(times, durations)
        self._leave(self.idle + self.busy[1:] if self.busy[0] == math.inf else self.idle + sorted(self.busy)[:-1])
        return True

    def _fits_rate(self, times: Floats) -> bool:
        """Whether no request of a block can meet the limit of requests per second."""
        rate = self.limits.requests_per_second
        if rate == math.inf or not times.size:
            return True
        # By how many requests the bucket is below full after each, if all are let in: what came since it was last full,
        # less what flowed in meanwhile.
        ahead = np.arange(1, times.size + 1) - rate * (times - self.last)
        owed = ahead - np.minimum.accumulate(np.minimum(ahead - 1, -self.owed))
        self.owed, self.last = float(owed[-1]), float(times[-1])
        return bool(owed.max() <= rate)

    def _serve(self, times: Floats, durations: Floats) -> None:
        """Requests that come at `times` and take `durations` where they are warm."""
        busy, idle, idle_s, room = self.busy, self.idle, self.idle_s, self.limits.concurrency
        cold: list[int] = []
        took: list[float] = []
        lost: list[int] = []
        for place, time, lasts in zip(range(times.size), times.tolist(), durations.tolist()):
            if busy[0] <= time:
                since = heapreplace(busy, time + lasts)
                while busy[0] <= time:
                    idle.append(since)
                    since = heappop(busy)
                if since + idle_s > time:
                    continue
                idle.append(since)
                busy.remove(time + lasts)
                heapify(busy)
            elif idle and idle[-1] + idle_s > time:
                idle.pop()
                heappush(busy, time + lasts)
                continue
            if idle:
                self._leave(idle)
                idle.clear()
            if len(busy) > room or not self.growth.take(time):
                lost.append(place)
                continue
            takes, _ = self.draws.cold(lasts)
            cold.append(place)
            took.append(takes)
            heappush(busy, time + takes)
            if len(busy) - 1 > self.recorder.most_environments:
                self.recorder.most_environments = self.recorder.most_busy = len(busy) - 1
        self._record(times, durations, (cold, took), lost)

    def _record(self, times: Floats, durations: Floats, cold: tuple[list[int], list[float]], lost: list[int]) -> None:
        self.recorder.came(times)
        latency = durations
        if cold[0]:
            latency = durations.copy()
            latency[cold[0]] = cold[1]
            self.recorder.started(times[cold[0]])
        if lost:
            self.recorder.refused(times[lost], self.limits.refusal)
            self.recorder.given_up += len(lost)
            times, latency = np.delete(times, lost), np.delete(latency, lost)
        self.recorder.ran(times, times + latency)
        self.recorder.answered(latency)

    def _leave(self, since: list[float]) -> None:
        self.recorder.expired(np.array(since) + self.idle_s)
