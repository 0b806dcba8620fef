"""What the functions of this room accept as an amount of time."""

from __future__ import annotations

from typing import Final

_MOST_S: Final = 1e15
"""Thirty million years."""


def positive(**given: float) -> None:
    """Raise ValueError, naming the argument, unless each is a positive number of seconds."""
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST_S:
            raise ValueError(f"{name}: give a positive number of seconds, not {value!r:.80}.")
