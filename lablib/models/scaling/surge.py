"""What a sudden rise of traffic makes of a large fleet: followed in small steps, as new environments are busy with INIT first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lablib.models.scaling.numbers import Floats

_STEPS = 400
"""Small steps in the longest that a cold request usually takes."""
_ROUNDS = 3
"""A surge is followed for so many times that."""
_RUNS = 8
"""Of so many surges, whose requests come at random, the mean is taken."""


@dataclass(frozen=True)
class Surge:
    """After a sudden rise.

    Attributes
    ----------
    environments
        That exist.
    lasted_s
        Until no more are made.
    times, refused
        Seconds since it began, and how many requests were refused until then.
    """

    environments: float
    lasted_s: float
    times: Floats
    refused: Floats


def surge(
    *, before: float, after: float, environments: float, busy: float, warm: Floats, cold: Floats, room: float, tokens: float,
    tokens_per_s: float, most_s: float,
) -> Surge:  # fmt: skip
    """Follow a rise from `before` to `after` requests a second.

    Parameters
    ----------
    environments, busy
        That exist, and that work, when it begins.
    warm, cold
        Samples of how long requests take, in seconds.
    room, tokens, tokens_per_s
        Environments at most; how many may be made at once, and more each second.
    most_s
        It is followed no longer.
    """
    step = float(np.percentile(cold, 99.5)) / _STEPS
    warm_ends, cold_ends = _ends(warm, step), _ends(cold, step)
    count = max(1, min(_STEPS * _ROUNDS, math.ceil(most_s / step)))
    due = np.zeros((count + max(warm_ends.size, cold_ends.size) + 1, _RUNS))
    # What works when it begins ends as what is spread evenly over its time does.
    left = np.cumsum(warm_ends[::-1])[::-1][1:]
    due[: left.size] += (busy * left / left.sum())[:, None] if left.size else busy
    came = np.random.default_rng(0).poisson(after * step, (count, _RUNS)).astype(np.float64)
    idle, refused, lasted = np.full(_RUNS, max(0.0, environments - busy)), np.zeros(count + 1), 0.0
    exist, able = np.full(_RUNS, float(environments)), np.full(_RUNS, float(tokens))
    for place in range(count):
        idle += due[place]
        served = np.minimum(came[place], idle)
        idle -= served
        able += tokens_per_s * step
        made = np.minimum(np.minimum(came[place] - served, able), np.maximum(0.0, room - exist))
        able -= made
        exist += made
        refused[place + 1] = (came[place] - served - made).mean()
        due[place + 1 : place + 1 + warm_ends.size] += warm_ends[:, None] * served
        if made.any():
            due[place + 1 : place + 1 + cold_ends.size] += cold_ends[:, None] * made
            lasted = (place + 1) * step
    return Surge(float(exist.mean()), lasted, np.arange(count + 1, dtype=np.float64) * step, np.cumsum(refused))


def _ends(sample: Floats, step: float) -> Floats:
    """The part of requests that ends in each small step after the one in which they began: between two, in both."""
    steps = np.maximum(sample / step - 1, 0.0)
    whole = steps.astype(np.int64)
    part = steps - whole
    size = int(whole.max()) + 2
    counts = np.bincount(whole, weights=1 - part, minlength=size) + np.bincount(whole + 1, weights=part, minlength=size)
    return np.asarray(counts / sample.size)
