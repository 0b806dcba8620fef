"""How many of a large fleet's environments work, and how many exist, as probabilities: what `fluid` computes with.

How many work at a time is a Poisson number, here by its normal approximation, ``P(busy ≤ u) = Φ(2√(u+1) − 2√load)`` (Freeman and
Tukey 1950). How soon more than u work for the first time is `closed.steady`'s first passage, whose sum is then an integral that
depends on nothing but z, and whose unit of time is the mean duration.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from lablib.models.scaling.numbers import Floats

LEVELS = 400
"""Numbers of environments that are told apart: a four-hundredth of the highest."""


@cache
def _tables() -> tuple[Floats, Floats, Floats]:
    """For z from -8 to 9: z, Φ(z), and the logarithm of the rate of first passages."""
    z = np.linspace(-8.0, 9.0, 3401)
    upto = np.array([math.erfc(-x / math.sqrt(2)) / 2 for x in z])
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    passage = np.cumsum(upto**2 / density) * (z[1] - z[0])
    return z, upto, np.log(upto / passage)


def chance_within(levels: Floats, load: Floats) -> Floats:
    """P(at most so many work), for every load (rows) and level (columns)."""
    z, upto, _ = _tables()
    return np.interp(_z(levels, load), z, upto)


def hazard(levels: Floats, load: Floats, duration_s: float) -> Floats:
    """How often in a second more than so many work for the first time, for every load (rows) and level (columns)."""
    z, _, logs = _tables()
    return np.exp(np.interp(_z(levels, load), z, logs)) / duration_s


def _z(levels: Floats, load: Floats) -> Floats:
    return 2 * (np.sqrt(levels + 1)[None, :] - np.sqrt(np.maximum(load, 0.0))[:, None])


class Peaks:
    """The highest number that worked at a time during the last `idle_s` seconds: so many environments exist.

    Parameters
    ----------
    edges
        Where steps begin and end, in seconds.
    load
        In each step: how many would work on average without limits.
    most
        Environments that may exist.
    """

    def __init__(self, edges: Floats, load: Floats, duration_s: float, idle_s: float, most: float) -> None:
        highest = float(load.max())
        top = min(most, highest + 9 * math.sqrt(highest) + 9)
        self.width = top / LEVELS
        self.levels: Floats = (np.arange(LEVELS, dtype=np.float64) + 0.5) * self.width
        self._rates = hazard(self.levels, load, duration_s) * np.diff(edges)[:, None]
        self._passed = np.concatenate((np.zeros((1, LEVELS)), np.cumsum(self._rates, axis=0)))
        self._within = chance_within(self.levels, load)
        back = np.interp(edges[1:] - idle_s, edges, np.arange(edges.size))
        whole = back.astype(np.int64)
        before = self._passed[whole] + (back - whole)[:, None] * (self._passed[whole + 1] - self._passed[whole])
        self._unmet = np.exp(before - self._passed[1:]) * self._within

    def means(self) -> Floats:
        """Environments that exist on average at the end of each step."""
        return np.asarray((1 - self._unmet).sum(axis=1) * self.width)

    def highest(self) -> float:
        """The most that exist at any time, on average."""
        return float((1 - np.exp(-self._passed[-1]) * self._within.min(axis=0)).sum() * self.width)

    def new(self, floor: Floats) -> Floats:
        """Of each step: environments that are made because more work than `floor`, and than did lately."""
        earlier = np.concatenate((np.ones((1, LEVELS)), self._unmet[:-1]))
        made = earlier * -np.expm1(-self._rates) * (self.levels >= floor[:, None])
        return np.asarray(made.sum(axis=1) * self.width)


def blocked(room: float, load: float) -> float:
    """Erlang B of a large fleet: the same sum from its largest term on, as far as it matters."""
    if room <= 0:
        return 1.0
    if load < room - 8 * math.sqrt(room):
        return 0.0
    terms = np.arange(min(int(room), int(12 * math.sqrt(room)) + 60))
    return 1.0 / (1.0 + float(np.cumprod((room - terms) / load).sum()))
