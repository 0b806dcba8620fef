"""What the functions of this room accept as an amount of time."""

from __future__ import annotations

import math


def positive(**given: float) -> None:
    """Raise ValueError, naming the argument, unless each is a positive, finite number of seconds."""
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise ValueError(f"{name}: give a positive number of seconds, not {value!r}.")
