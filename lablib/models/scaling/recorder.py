"""What a run leaves behind: levels over time on a fixed number of steps, and durations as sketches. No request is kept."""

from __future__ import annotations

import numpy as np

from lablib.models.scaling.numbers import Floats
from lablib.models.scaling.sketch import Sketch


class Tally:
    """Moments, counted by step."""

    def __init__(self, seconds: float, steps: int) -> None:
        self.seconds, self.steps = seconds, steps
        self.width = seconds / steps
        self.counts = np.zeros(steps + 1)

    def add(self, times: Floats) -> None:
        self.counts += np.bincount(self.places(times), minlength=self.steps + 1)

    def places(self, times: Floats) -> np.ndarray:
        """The step of each time; what is after the end shares one more."""
        return np.minimum(times * (1 / self.width), self.steps).astype(np.int64)

    @property
    def per_second(self) -> Floats:
        return self.counts[:-1] / self.width


class Level:
    """Something that rises and falls by one: its exact mean in each step."""

    def __init__(self, seconds: float, steps: int) -> None:
        self._tally = Tally(seconds, steps)
        self._change = np.zeros(steps + 1)
        self._moments = np.zeros(steps + 1)

    def add(self, times: Floats, change: int) -> None:
        """It changes by `change` at each of `times`."""
        places, size = self._tally.places(times), self._tally.steps + 1
        self._change += change * np.bincount(places, minlength=size)
        self._moments += change * np.bincount(places, weights=times, minlength=size)

    def at_ends(self) -> Floats:
        """At the end of each step."""
        return np.cumsum(self._change)[:-1]

    def means(self) -> Floats:
        """In each step."""
        width, steps = self._tally.width, self._tally.steps
        ends = np.arange(1, steps + 1) * width
        before = np.concatenate(([0.0], self.at_ends()[:-1]))
        return before + (ends * self._change[:-1] - self._moments[:-1]) / width


class Recorder:
    """Everything that is counted while a fleet runs.

    Parameters
    ----------
    seconds, steps
        How long the run is, and in how many steps its levels are kept.
    """

    def __init__(self, seconds: float, steps: int) -> None:
        self.seconds, self.steps = seconds, steps
        self.arrivals, self.colds, self.refusals = (Tally(seconds, steps) for _ in range(3))
        self.busy, self.environments, self.queue = (Level(seconds, steps) for _ in range(3))
        self.latency, self.waiting = Sketch(), Sketch()
        self.requests = self.served = self.invocations = self.cold = self.on_provisioned = 0
        self.throttles: dict[str, int] = {}
        self.given_up = self.ended = 0
        self.billed_s = self.billed_provisioned_s = 0.0
        self.most_environments = self.most_busy = self.most_queued = 0
        self.oldest_s = 0.0

    def came(self, times: Floats) -> None:
        self.requests += times.size
        self.arrivals.add(times)

    def ran(self, starts: Floats, ends: Floats, *, provisioned: bool = False) -> None:
        """Invocations, from start to end: those that are cold with their INIT, which is billed since 2025-08-01."""
        self.invocations += starts.size
        self.busy.add(starts, 1)
        self.busy.add(ends, -1)
        # In whole milliseconds; a hair above one is a rounding error.
        billed = float(np.ceil((ends - starts) * 1000 - 1e-6).sum()) / 1000
        if provisioned:
            self.on_provisioned += starts.size
            self.billed_provisioned_s += billed
        else:
            self.billed_s += billed

    def answered(self, latency: Floats) -> None:
        """Requests that were served: seconds from the first try, or from the queue, to the answer."""
        self.served += latency.size
        self.latency.add(latency)

    def waited(self, since: Floats, until: Floats) -> None:
        """In a queue, or between retries; `until` is infinite for what waits at the end."""
        self.queue.add(since, 1)
        self.queue.add(until[np.isfinite(until)], -1)
        lasted = np.minimum(until, self.seconds) - since
        self.waiting.add(lasted)
        self.oldest_s = max(self.oldest_s, float(lasted.max(initial=0.0)))

    def started(self, times: Floats) -> None:
        """New environments: cold starts."""
        self.cold += times.size
        self.colds.add(times)
        self.environments.add(times, 1)

    def expired(self, times: Floats) -> None:
        """Environments that idled for too long."""
        within = times[times <= self.seconds]
        self.ended += within.size
        self.environments.add(within, -1)

    def refused(self, times: Floats, reason: str) -> None:
        if times.size:
            self.throttles[reason] = self.throttles.get(reason, 0) + times.size
            self.refusals.add(times)
