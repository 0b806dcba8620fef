"""How often a request meets a cold start, by how many come.

The exact answer for requests that come by chance (Poisson) and run for an exponentially distributed time, where the environment
that was used last serves next and an idle one is kept for a fixed time. AWS documents neither its choice of environment nor
how long it keeps them; this is the local cloud's rule, without the limits of concurrency.

A request that finds k others at work is cold when no environment is idle, that is, when level k + 1 was not reached for as long
as one is kept: the time since the last request left that level is the first passage of the birth-death process M/M/inf from k
back to k + 1. Its Laplace transform follows from that of the level below, and requests find k at work with Poisson probability.
The sum over k is inverted once, on Talbot's contour.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lablib.models.coldstart.amounts import positive
from lablib.models.lifecycle import IDLE_S

MOST_AT_WORK: Final = 10_000
"""Requests at work at once, in the mean, up to which `chances` computes: a tenth of a second. More is the simulator's matter."""

_SHORTEST: Final = 1e12
"""A request that runs for less than this part of `kept_s` takes no time."""

_NODES: Final = 32
_ANGLES: Final = -math.pi + (np.arange(_NODES) + 0.5) * 2 * math.pi / _NODES
# The contour that J.A.C. Weideman found best ("Optimizing Talbot's contours", SIAM J. Numer. Anal. 44, 2006).
_CONTOUR: Final = _NODES * (0.5017 * _ANGLES / np.tan(0.6407 * _ANGLES) - 0.6122 + 0.2645j * _ANGLES)
_SLOPE: Final = _NODES * (
    0.5017 / np.tan(0.6407 * _ANGLES) - 0.5017 * 0.6407 * _ANGLES / np.sin(0.6407 * _ANGLES) ** 2 + 0.2645j
)
_WEIGHTS: Final = np.exp(_CONTOUR) * _SLOPE / (1j * _NODES)


def chance(rate_per_s: float, duration_s: float = 0.1, kept_s: float = IDLE_S) -> float:
    """The probability, 0 to 1, that a request meets a cold start.

    Parameters
    ----------
    rate_per_s : float
        Requests per second, in the mean. One an hour is 1 / 3600.
    duration_s : float
        Seconds that a request runs, in the mean.
    kept_s : float
        Seconds after which an idle environment is reclaimed; the local cloud's own (`lablib.models.lifecycle`) without it.

    Raises
    ------
    ValueError
        One of them is no positive number, or more than `MOST_AT_WORK` requests would be at work at once.

    Examples
    --------
    >>> round(chance(1 / 3600), 3)      # one an hour
    0.846
    >>> round(chance(1.0), 6)           # one a second
    0.000464
    """
    return float(chances([rate_per_s], duration_s, kept_s)[0])


def chances(rates_per_s: ArrayLike, duration_s: float = 0.1, kept_s: float = IDLE_S) -> NDArray[np.float64]:
    """`chance` for many rates at once; shape (number of rates,). Raises ValueError as `chance` does."""
    rates = _rates(rates_per_s)
    positive(duration_s=duration_s, kept_s=kept_s)
    at_work = rates * duration_s
    most = float(at_work.max())
    if most > MOST_AT_WORK:
        raise ValueError(
            f"rate_per_s x duration_s: {most:,.0f} requests would be at work at once, and this adds up one by one to "
            f"{MOST_AT_WORK:,}; give less, or ask lablib.models.scaling."
        )
    rate, load = rates[:, None] * kept_s, at_work[:, None]  # time is counted in `kept_s`, so that the contour is one for all
    leaving = min(kept_s / duration_s, _SHORTEST)
    passage = np.zeros((len(rates), _NODES), dtype=complex)
    total = np.zeros_like(passage)
    for level in range(math.ceil(most + 12 * math.sqrt(most) + 12)):
        passage = rate / (_CONTOUR + rate + level * leaving * (1 - passage))
        found = np.exp(level * np.log(load) - load - math.lgamma(level + 1))
        total += found * (1 - passage) / _CONTOUR
    answer: NDArray[np.float64] = np.clip((total @ _WEIGHTS).real, 0.0, 1.0)
    return answer


def _rates(given: ArrayLike) -> NDArray[np.float64]:
    try:
        rates = np.atleast_1d(np.asarray(given, dtype=float))
    except (TypeError, ValueError, OverflowError):
        rates = np.array([-1.0])
    if rates.ndim != 1 or not rates.size or not bool(np.all((rates > 0) & np.isfinite(rates))):
        raise ValueError(f"rate_per_s: give positive requests per second, such as 1 / 3600 for one an hour, not {given!r:.80}.")
    return rates
