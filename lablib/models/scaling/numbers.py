"""What may be given to the simulator: every number is looked at once, and refused in words."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHORTEST_S = 1e-6
"""Seconds: no service time is shorter, so that an environment that begins at t ends after t."""


def number(name: str, value: float, *, least: float = 0.0, most: float = math.inf, open_below: bool = False) -> float:
    """`value` as a float, if it is one from `least` to `most`. Raises ValueError that says what to give."""
    bounds = f"{'more than' if open_below else 'at least'} {least:g}" + (f" and at most {most:g}" if most < math.inf else "")
    wanted = f"{name} is a number, {bounds}; it was {value!r:.80}"
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ValueError(wanted)
    if not least <= value <= most or (open_below and value == least):  # not a number is neither more nor less than any
        raise ValueError(wanted)
    try:
        return float(value)
    except OverflowError:  # an int of hundreds of digits
        raise ValueError(wanted) from None


def positive(name: str, value: float) -> float:
    """A finite number above zero."""
    if number(name, value, open_below=True) == math.inf:
        raise ValueError(f"{name} is a finite number; it was {value!r}")
    return float(value)


def whole(name: str, value: int, *, least: int = 0, most: float = math.inf) -> int:
    """A whole number from `least` on, to `most`."""
    if number(name, value, least=least, most=most) == math.inf or value != int(value):
        raise ValueError(f"{name} is a whole number, at least {least}; it was {value!r:.80}")
    return int(value)


def numbers(name: str, values: Iterable[float], *, least: float = 0.0) -> Floats:
    """A list of finite numbers, none below `least`; an empty one is refused."""
    try:
        array = np.asarray(list(values), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name} is a list of numbers") from None
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{name} is a list of at least one number")
    if not np.isfinite(array).all() or array.min() < least:
        raise ValueError(f"{name} are finite numbers, at least {least:g}")
    return array
