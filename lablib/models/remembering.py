"""What environments remember: a count, kept in different places, while calls arrive one by one, in groups, or after a rest.

The rules are AWS's (Developer Guide, "Lambda runtime environment", read 2026-11-23): an environment answers one call at a
time and is used again when it is idle; its memory and its /tmp are its own and end with it. Which of several idle ones
answers is not documented: here it is the one that started first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CALLS: Final = 9
GROUP: Final = 3
"""Calls that come at once, where they come in groups."""
REST: Final = 5
"""Calls before the hour of quiet, where there is one."""

ARRIVALS: Final = ("single", "group", "rest")
PLACES: Final = ("variable", "tmp", "read-write", "add")
"""Where the count is kept: in a global variable, in /tmp, in a table read and then written, in a table that adds in one step."""


@dataclass(frozen=True)
class Call:
    """One call and what there is after its group was answered.

    Attributes
    ----------
    number : int
        From 1; a counter that counts right answers it.
    environment : int
        From 0: which one answered.
    new : bool
        Whether it had to start.
    answer : int
    remembered : tuple of (int or None)
        What each environment remembers; None when it has ended, or keeps no count.
    alive : tuple of bool
        Whether each environment is still there.
    table : int
        What the table says; 0 when the count is not kept there.
    """

    number: int
    environment: int
    new: bool
    answer: int
    remembered: tuple[int | None, ...]
    alive: tuple[bool, ...]
    table: int


def groups(arrival: str) -> list[list[int]]:
    """The calls' numbers, those that come at once together. Raises ValueError for an unknown arrival."""
    if arrival not in ARRIVALS:
        raise ValueError(f"Calls arrive as one of {', '.join(ARRIVALS)}; you gave {arrival!r}.")
    size = GROUP if arrival == "group" else 1
    return [list(range(first, first + size)) for first in range(1, CALLS + 1, size)]


def calls(arrival: str, place: str) -> tuple[Call, ...]:
    """Every call in order. Raises ValueError for an unknown arrival or place."""
    if place not in PLACES:
        raise ValueError(f"A count is kept in one of {', '.join(PLACES)}; you gave {place!r}.")
    found: list[Call] = []
    counts: list[int | None] = []  # of each environment; None once it has ended
    table = 0
    for group in groups(arrival):
        if arrival == "rest" and group[0] == REST + 1:
            counts = [None] * len(counts)
        started = len(counts)
        idle = [which for which, count in enumerate(counts) if count is not None]
        who = [*idle, *range(started, started + len(group))][: len(group)]
        counts += [0] * sum(which >= started for which in who)
        answers = []
        before = table
        for which in who:
            counts[which] = (counts[which] or 0) + 1
            table = before + 1 if place == "read-write" else table + 1
            answers.append(table if place in ("read-write", "add") else counts[which] or 0)
        inside = place in ("variable", "tmp")
        for number, which, answer in zip(group, who, answers, strict=True):
            found.append(Call(
                number, which, which >= started, answer, tuple(count if inside else None for count in counts),
                tuple(count is not None for count in counts), 0 if inside else table,
            ))  # fmt: skip
    return tuple(found)


def lost(calls: Sequence[Call]) -> int:
    """How many of them were answered with another number than their own."""
    return sum(call.answer != call.number for call in calls)
