"""Every random number of a run, from one seed: each kind from a stream of its own, so that two engines draw the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lablib.models.scaling.arrivals import Arrivals, Recorded
from lablib.models.scaling.durations import Duration, Uniform, as_duration
from lablib.models.scaling.numbers import SHORTEST_S, Floats
from lablib.models.scaling.rules import Function

_AHEAD = 256


class Draws:
    """The random numbers of one run.

    Parameters
    ----------
    seconds
        Requests come until then.
    """

    def __init__(self, function: Function, arrivals: Arrivals, seconds: float, seed: int) -> None:
        streams = (np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(5))
        path, self._arrivals_rng, self._warm_rng, cold, jitter = streams
        self.function, self.arrivals = function, arrivals
        self.path = arrivals.path(path, seconds)
        self.seconds = seconds
        self._replaces = function.cold is not None
        self._cold = _one_by_one(as_duration("init", function.init if function.cold is None else function.cold), cold)
        self._jitter = _one_by_one(Uniform(0.0, 1.0), jitter)

    def times(self) -> Iterator[Floats]:
        """Times of requests in seconds, a block at a time."""
        return self.arrivals.blocks(self._arrivals_rng, self.path)

    def blocks(self) -> Iterator[tuple[Floats, Floats]]:
        """Times of requests and, for each, how long it takes where it is warm: both in seconds, a block at a time."""
        recorded = self.arrivals.durations if isinstance(self.arrivals, Recorded) else None
        done = 0
        for times in self.times():
            if recorded is None:
                lasts = self.function.warm.sample(self._warm_rng, times.size)
            else:
                lasts = np.array(recorded[done : done + times.size])
            done += times.size
            yield times, np.maximum(lasts, SHORTEST_S)

    def cold(self, lasts: float) -> tuple[float, float]:
        """Of the next cold start: how long its request takes altogether, and INIT of that (0 where it is not known apart)."""
        drawn = next(self._cold)
        return (max(drawn, SHORTEST_S), 0.0) if self._replaces else (lasts + drawn, drawn)

    def warm(self) -> Iterator[float]:
        """Durations one by one, for what is not a request's own: a batch's."""
        return (max(lasts, SHORTEST_S) for lasts in _one_by_one(self.function.warm, self._warm_rng))

    def random(self) -> float:
        """From 0 to 1."""
        return next(self._jitter)


def _one_by_one(duration: Duration, rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from duration.sample(rng, _AHEAD).tolist()
