"""How long a handler takes, as a distribution; all in seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lablib.models.scaling.numbers import Floats, number, numbers, positive


class Duration(Protocol):
    """A distribution of seconds."""

    @property
    def mean(self) -> float:
        """Its mean, in seconds."""

    def sample(self, rng: np.random.Generator, count: int) -> Floats:
        """`count` draws, in seconds."""


@dataclass(frozen=True)
class Constant:
    """Always the same. Zero is allowed: no INIT, say."""

    seconds: float

    def __post_init__(self) -> None:
        number("seconds", self.seconds, most=1e9)

    @property
    def mean(self) -> float:
        return float(self.seconds)

    def sample(self, rng: np.random.Generator, count: int) -> Floats:
        return np.full(count, float(self.seconds))


@dataclass(frozen=True)
class Exponential:
    """Mostly short, sometimes long, without memory: what the closed forms of queueing assume."""

    mean: float

    def __post_init__(self) -> None:
        positive("mean", self.mean)

    def sample(self, rng: np.random.Generator, count: int) -> Floats:
        return rng.standard_exponential(count) * self.mean


@dataclass(frozen=True)
class LogNormal:
    """A long tail to the right, as measured durations and cold starts have. By its mean and standard deviation, in seconds."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        if positive("sd", self.sd) / positive("mean", self.mean) > 1e3:
            raise ValueError(f"sd is at most 1,000 times the mean; they were {self.sd!r} and {self.mean!r}")

    def sample(self, rng: np.random.Generator, count: int) -> Floats:
        variance = math.log1p((self.sd / self.mean) ** 2)
        return rng.lognormal(math.log(self.mean) - variance / 2, math.sqrt(variance), count)


@dataclass(frozen=True)
class Uniform:
    """Anything from `low` to `high`, alike."""

    low: float
    high: float

    def __post_init__(self) -> None:
        number("low", self.low)
        if positive("high", self.high) < self.low:
            raise ValueError(f"high is at least low; they were {self.high!r} and {self.low!r}")

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    def sample(self, rng: np.random.Generator, count: int) -> Floats:
        return rng.uniform(self.low, self.high, count)


@dataclass(frozen=True)
class Measured:
    """What was measured, drawn from at random: the durations of REPORT lines, say (in seconds)."""

    seconds: Sequence[float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "seconds", tuple(numbers("seconds", self.seconds).tolist()))

    @property
    def mean(self) -> float:
        return sum(self.seconds) / len(self.seconds)

    def sample(self, rng: np.random.Generator, count: int) -> Floats:
        return np.asarray(self.seconds)[rng.integers(len(self.seconds), size=count)]


def as_duration(name: str, value: Duration | float) -> Duration:
    """A number stands for a constant."""
    if isinstance(value, (int, float, str)) or not hasattr(value, "sample"):
        return Constant(number(name, value, most=1e9))  # type: ignore[arg-type]  # refused in words if it is neither
    return value
