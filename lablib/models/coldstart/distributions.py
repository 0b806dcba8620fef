"""Cold starts as a study of a large cloud found them, to draw from.

Source: A. Joosen and others, "Serverless Cold Starts and Where to Find Them", EuroSys 2025 (arXiv 2410.06145): 11.9 million cold
starts among 85 billion requests in 31 days, in five Regions of Huawei Cloud, where an idle instance is kept for one minute.
Over all Regions the authors fit a log-normal distribution to how long a cold start takes, and a Weibull distribution to the time
from one cold start of the cloud to the next. Their cold start begins with finding a host: it is longer than Lambda's INIT.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lablib.models.coldstart.amounts import positive

Seconds = NDArray[np.float64]
"""One number of seconds for each cold start; shape (count,)."""

MOST: Final = 50_000_000
"""So many are drawn at once at most: 800 MB."""


def _must_be_near(mean: float, sd: float, least: float = 0) -> None:
    positive(mean=mean, sd=sd)
    if not least <= sd / mean <= 1e3:
        raise ValueError(f"sd: {sd!r} and a mean of {mean!r} are too far apart; give between a thousandth and 1,000 of it.")


@dataclass(frozen=True)
class LogNormal:
    """A log-normal distribution by its own mean and standard deviation, both positive, in seconds.

    Raises
    ------
    ValueError
        One of them is no positive number, or `sd` is more than a thousand times the mean.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        _must_be_near(self.mean, self.sd)

    @cached_property
    def sigma(self) -> float:
        """Standard deviation of the logarithm."""
        return math.sqrt(math.log1p((self.sd / self.mean) ** 2))

    @cached_property
    def median(self) -> float:
        """Seconds: half of all are shorter."""
        return self.mean * math.exp(-self.sigma**2 / 2)

    def quantile(self, share: float) -> float:
        """The seconds that a share of all, between 0 and 1, stays below."""
        return self.median * math.exp(self.sigma * NormalDist().inv_cdf(_share(share)))

    def sample(self, generator: np.random.Generator, count: int) -> Seconds:
        """`count` values; shape (count,)."""
        return generator.lognormal(math.log(self.median), self.sigma, count)


@dataclass(frozen=True)
class Weibull:
    """A Weibull distribution by its own mean and standard deviation, both positive, in seconds.

    Raises
    ------
    ValueError
        One of them is no positive number, or they are further apart than a thousand to one.
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        _must_be_near(self.mean, self.sd, 1e-3)

    @cached_property
    def shape(self) -> float:
        """Below 1, short values crowd together and long ones follow: bursts."""
        wanted = 2 * math.log(math.hypot(1, self.sd / self.mean))  # log(1 + (sd / mean) ** 2)
        low, high = 0.02, 5_000.0
        for _ in range(200):  # what it is compared with falls as the shape grows
            middle = math.sqrt(low * high)
            spread = math.lgamma(1 + 2 / middle) - 2 * math.lgamma(1 + 1 / middle)
            low, high = (middle, high) if spread > wanted else (low, middle)
        return middle

    @cached_property
    def scale(self) -> float:
        """Seconds."""
        return self.mean / math.gamma(1 + 1 / self.shape)

    def quantile(self, share: float) -> float:
        """The seconds that a share of all, between 0 and 1, stays below."""
        return self.scale * float((-math.log1p(-_share(share))) ** (1 / self.shape))

    def sample(self, generator: np.random.Generator, count: int) -> Seconds:
        """`count` values; shape (count,)."""
        return self.scale * generator.weibull(self.shape, count)


COLD_START_S: Final = LogNormal(mean=3.24, sd=7.10)
"""How long a cold start takes: the study's fit over all Regions."""

GAP_S: Final = Weibull(mean=1.25, sd=3.66)
"""From one cold start to the next: the study's fit over all Regions."""


@dataclass(frozen=True)
class Drawn:
    """Cold starts that were drawn.

    Attributes
    ----------
    at_s : array of float, shape (count,)
        When each begins, in seconds from the start, in order.
    took_s : array of float, shape (count,)
        How long each takes, in seconds.
    """

    at_s: Seconds
    took_s: Seconds


def draw(count: int, *, seed: int = 0, took: LogNormal | Weibull = COLD_START_S, gaps: LogNormal | Weibull = GAP_S) -> Drawn:
    """Draw cold starts, the same for the same seed.

    Parameters
    ----------
    count : int
        How many, from 1 on.
    seed : int
        0 or more.
    took, gaps
        How long one takes, and the time from one to the next; the study's without them.

    Raises
    ------
    ValueError
        `count` or `seed` is no such number; `took` or `gaps` is no distribution.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
        raise ValueError(f"count: give a whole number from 1 to {MOST:,}, not {count!r}.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed: give a whole number from 0 on, not {seed!r}.")
    for name, value in (("took", took), ("gaps", gaps)):
        if not isinstance(value, LogNormal | Weibull):
            raise ValueError(f"{name}: give a LogNormal or a Weibull, such as LogNormal(mean=0.3, sd=0.1), not {value!r:.80}.")
    generator = np.random.default_rng(seed)
    return Drawn(np.cumsum(gaps.sample(generator, count)), took.sample(generator, count))


def _share(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise ValueError(f"share: give a number between 0 and 1, such as 0.99, not {value!r}.")
    return float(value)
