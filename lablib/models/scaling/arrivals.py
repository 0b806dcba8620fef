"""When requests come. Each kind gives exact times, and for the fluid engine the number expected between two times."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lablib.models.scaling.numbers import Floats, number, numbers, positive, whole

BLOCK = 1 << 16
"""Requests that are held in memory at a time."""
_BURSTS = 1_000_000
"""Of one run, about."""


class Arrivals(Protocol):
    """A kind of traffic. Times are seconds from 0 on."""

    def path(self, rng: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
        """Times from 0 to `seconds`, and how many requests are expected until each: straight lines join them."""

    def blocks(self, rng: np.random.Generator, path: tuple[Floats, Floats]) -> Iterator[Floats]:
        """The times of requests along a path, in order, at most `BLOCK` in an array."""


class _Random:
    """Poisson traffic along a path: a clock of rate one, bent."""

    def blocks(self, rng: np.random.Generator, path: tuple[Floats, Floats]) -> Iterator[Floats]:
        times, expected = path
        done = 0.0
        while done < expected[-1]:
            ticks = done + np.cumsum(rng.standard_exponential(BLOCK))
            done = float(ticks[-1])
            if done >= expected[-1]:
                ticks = ticks[: np.searchsorted(ticks, expected[-1])]
            yield np.interp(ticks, expected, times)


@dataclass(frozen=True)
class Poisson(_Random):
    """Requests of many callers who know nothing of one another: `rate` a second on average."""

    rate: float

    def __post_init__(self) -> None:
        positive("rate", self.rate)

    def path(self, rng: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
        return np.array([0.0, seconds]), np.array([0.0, self.rate * seconds])


@dataclass(frozen=True)
class Steps(_Random):
    """A rate that changes: ``Steps(((0, 10), (60, 500)))`` is 10 requests a second, from second 60 on 500."""

    rates: Sequence[tuple[float, float]]

    def __post_init__(self) -> None:
        wanted = "steps are (second, requests per second), the first from second 0 on, each later than the one before"
        try:
            pairs = [(start, rate) for start, rate in self.rates]
        except (TypeError, ValueError):
            raise ValueError(wanted) from None
        starts = numbers("the starts of steps", (start for start, _ in pairs))
        numbers("the rates of steps", (rate for _, rate in pairs))
        if starts[0] != 0 or (np.diff(starts) <= 0).any():
            raise ValueError(wanted)

    def path(self, rng: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
        starts, rates = (np.array(column, dtype=np.float64) for column in zip(*self.rates))
        inside = starts < seconds
        return _along(np.append(starts[inside], seconds), rates[inside])


@dataclass(frozen=True)
class Periodic(_Random):
    """Day and night: `rate` a second on average, `swing` (0 to 1) of it more at the peak and less at the trough.

    It begins at its trough; `period_s` is a day unless said otherwise.
    """

    rate: float
    swing: float = 0.8
    period_s: float = 86_400.0

    def __post_init__(self) -> None:
        positive("rate", self.rate)
        number("swing", self.swing, most=1.0)
        positive("period_s", self.period_s)

    def path(self, rng: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
        points = min(1_000_000, max(2, math.ceil(seconds / self.period_s * 512)))
        times = np.linspace(0.0, seconds, points + 1)
        turn = 2 * math.pi / self.period_s
        return times, self.rate * (times - self.swing / turn * np.sin(turn * times))


@dataclass(frozen=True)
class Bursty(_Random):
    """Quiet, then a burst: two rates, between which it changes after times that have no memory.

    Attributes
    ----------
    rate, burst_rate
        Requests a second while it is quiet, and in a burst.
    quiet_s, burst_s
        How long each lasts on average.
    """

    rate: float
    burst_rate: float
    quiet_s: float = 60.0
    burst_s: float = 10.0

    def __post_init__(self) -> None:
        number("rate", self.rate, most=1e12)
        for name in ("burst_rate", "quiet_s", "burst_s"):
            positive(name, getattr(self, name))

    def path(self, rng: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
        if seconds / (self.quiet_s + self.burst_s) > _BURSTS:
            many = f"in {seconds:g} seconds there would be more than {_BURSTS:,} bursts"
            raise ValueError(f"{many}: give longer quiet_s and burst_s")
        starts = [0.0]
        while starts[-1] < seconds:
            starts.append(starts[-1] + rng.exponential(self.burst_s if len(starts) % 2 == 0 else self.quiet_s))
        times = np.array(starts)
        times[-1] = seconds
        rates = np.where(np.arange(times.size - 1) % 2 == 1, self.burst_rate, self.rate)
        return _along(times, rates)


@dataclass(frozen=True)
class Every:
    """A timer: `requests` at once, every `interval_s` seconds, from second 0 on."""

    interval_s: float
    requests: int = 1

    def __post_init__(self) -> None:
        positive("interval_s", self.interval_s)
        whole("requests", self.requests, least=1)

    def path(self, rng: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
        return np.array([0.0, seconds]), np.array([0.0, math.ceil(seconds / self.interval_s) * float(self.requests)])

    def blocks(self, rng: np.random.Generator, path: tuple[Floats, Floats]) -> Iterator[Floats]:
        total = int(path[1][-1])
        for first in range(0, total, BLOCK):
            yield np.arange(first, min(total, first + BLOCK), dtype=np.float64) // self.requests * self.interval_s


@dataclass(frozen=True)
class Recorded:
    """Traffic that really was: when each request came, and how long each took, if that is known (both in seconds)."""

    times: Sequence[float]
    durations: Sequence[float] | None = None

    def __post_init__(self) -> None:
        times = numbers("times", self.times)
        order = np.argsort(times, kind="stable")
        object.__setattr__(self, "times", tuple(times[order].tolist()))
        if self.durations is not None:
            durations = numbers("durations", self.durations)
            if durations.size != times.size:
                raise ValueError(f"there is one duration for each time; there were {durations.size} for {times.size}")
            object.__setattr__(self, "durations", tuple(durations[order].tolist()))

    @property
    def seconds(self) -> float:
        """Until the last request is over."""
        return max(start + lasts for start, lasts in zip(self.times, self.durations or [1.0] * len(self.times)))

    def path(self, rng: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
        within = [time for time in self.times if time < seconds]
        return np.array([0.0, *within, seconds]), np.array([0.0, *range(len(within)), len(within)], dtype=np.float64)

    def blocks(self, rng: np.random.Generator, path: tuple[Floats, Floats]) -> Iterator[Floats]:
        times = np.array(self.times)[: int(path[1][-1])]
        for first in range(0, times.size, BLOCK):
            yield times[first : first + BLOCK]


def _along(times: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """The path of rates that are constant between times."""
    return times, np.concatenate(([0.0], np.cumsum(rates * np.diff(times))))
