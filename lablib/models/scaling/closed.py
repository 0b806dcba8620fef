"""Closed forms: what arithmetic alone says about a fleet.

Sources: Little 1961; Erlang 1917 (B: calls that find all busy are lost; C: they wait), by the recursions that every textbook has
(Cooper, "Introduction to Queueing Theory", 1981); AWS's rule of concurrency and requests: DG lambda-concurrency, 2026.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lablib.models import lifecycle, limits
from lablib.models.scaling.numbers import number, positive, whole


_MOST = 1e15
"""Requests a second, and seconds: numbers of no cloud."""
_MOST_SERVERS = 10_000_000
"""Of Erlang's formulas, which count them one by one: some seconds."""
_MOST_AT_WORK = 1e10
"""Of `steady`: a second."""


def concurrency(rps: float, duration_s: float) -> float:
    """Little's law, as Lambda's guide has it: requests a second × seconds each = requests at a time.

    >>> concurrency(100, 0.5)
    50.0
    """
    return number("rps", rps, most=_MOST) * number("duration_s", duration_s, most=_MOST)


def concurrency_needed(rps: float, duration_s: float) -> float:
    """The limit that a service needs: ``max(RPS × d, RPS / 10)``, since each unit allows 10 requests a second.

    >>> concurrency_needed(20_000, 0.05)
    2000.0
    """
    return max(concurrency(rps, duration_s), rps / limits.REQUESTS_PER_SECOND_PER_CONCURRENCY)


def erlang_b(servers: int, load: float) -> float:
    """The part of requests that is refused where `servers` run at a time and nobody waits: M/G/c/c.

    `load` is the rate times the duration. It depends on the mean duration alone, not on its distribution.
    """
    if number("load", load) == math.inf:
        return 1.0
    blocked = 1.0
    for busy in range(1, whole("servers", servers, most=_MOST_SERVERS) + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """The part of requests that has to wait where they wait for one of `servers`: M/M/c. 1 from `load` = `servers` on."""
    if number("load", load) >= whole("servers", servers, most=_MOST_SERVERS):
        return 1.0
    blocked = erlang_b(servers, load)
    return blocked / (1 - load / servers * (1 - blocked))


def mean_wait(servers: int, rps: float, duration_s: float) -> float:
    """How long a request waits on average in M/M/c, in seconds; infinite where more comes than can be served."""
    load = concurrency(positive("rps", rps), positive("duration_s", duration_s))
    if load >= whole("servers", servers, most=_MOST_SERVERS):
        return math.inf
    return erlang_c(servers, load) * duration_s / (servers - load)


@dataclass(frozen=True)
class Steady:
    """A fleet under steady Poisson traffic without limits, in the long run.

    Attributes
    ----------
    busy, environments
        Means: that work, and that exist.
    cold_start_probability
        Of a request.
    """

    busy: float
    environments: float
    cold_start_probability: float


def steady(rps: float, duration_s: float, idle_s: float = lifecycle.IDLE_S) -> Steady:
    """What steady traffic comes to, without a simulation.

    The environment that was used last serves next, so there are as many as worked at a time at the most during the last `idle_s`
    seconds. How many work at a time is a Poisson number; from it follows how long it takes on average until more than u work,
    ``sum of F(k)² / (rate × p(k)) for k ≤ u`` (a birth-death process' first passage; F and p are the Poisson distribution's),
    and rare things come after a time without memory. Derived for exponential durations; the simulator agrees within 2 % for
    constant ones too.

    >>> round(steady(rps=0.9, duration_s=1.991).environments, 1)
    7.7
    """
    load = number("rps × duration_s", concurrency(positive("rps", rps), positive("duration_s", duration_s)), most=_MOST_AT_WORK)
    number("idle_s", idle_s)
    spread = 10 * math.sqrt(load)
    lowest = max(0, int(load - spread) - 10)
    levels = np.arange(lowest, int(load + spread) + 30, dtype=np.float64)
    # The Poisson distribution in logarithms, from the ratio of neighbours.
    steps = np.concatenate(([0.0], np.log(load / levels[1:])))
    start = -load + (lowest * math.log(load) - math.lgamma(lowest + 1) if lowest else 0.0)
    chance = np.exp(np.cumsum(steps) + start)
    upto = np.cumsum(chance)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # levels that are never reached
        passage = np.cumsum(np.where(chance > 0, upto**2 / (rps * chance), math.inf))
        hazard = np.where(upto > 0, upto / passage, 0.0)
    unmet = upto * np.exp(-hazard * min(idle_s, 1e300))
    return Steady(load, lowest + float((1 - unmet).sum()), float((hazard * unmet).sum()) / rps)
