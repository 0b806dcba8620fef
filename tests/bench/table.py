"""The benchmark's table: one row a figure, with its goal and whether it was met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """One goal of a row: what was wanted, in words, and whether the figures reach it. `met` None: it could not be judged."""

    words: str
    met: bool | None


@dataclass(frozen=True)
class Row:
    """One figure: at least (floor), here, and elsewhere (ministack); None where it was not measured or means nothing."""

    what: str
    unit: str
    here: float
    floor: float | None = None
    ministack: float | None = None
    goals: Sequence[Goal] = ()

    def cells(self) -> list[str]:
        return [
            f"{self.what} [{self.unit}]",
            _number(self.floor),
            _number(self.here),
            _number(self.ministack),
            "" if not self.floor else f"{self.here / self.floor:.2f}",
            "" if not self.ministack or not self.here else f"{self.ministack / self.here:.2f}",
            "; ".join(goal.words for goal in self.goals),
            "; ".join({True: "met", False: "NOT MET", None: "not judged"}[goal.met] for goal in self.goals),
        ]


HEAD = ["", "floor", "here", "ministack", "here/floor", "ministack/here", "goal", ""]


def at_most(here: float, limit: float, words: str) -> Goal:
    return Goal(words, here <= limit)


def times_faster(here: float, ministack: float | None, times: float) -> Goal:
    """Than ministack, for a figure where less is better."""
    return Goal(f"{times:g} × faster than ministack", None if ministack is None else ministack >= times * here)


def times_the_rate(here: float, ministack: float | None, times: float) -> Goal:
    return Goal(f"{times:g} × ministack's", None if ministack is None else here >= times * ministack)


def render(rows: Sequence[Row]) -> str:
    table = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEAD))]
    lines = ["  ".join(_aligned(cell, width, column) for column, (cell, width) in enumerate(zip(line, widths))) for line in table]
    return "\n".join([lines[0].rstrip(), "-" * len(lines[0]), *(line.rstrip() for line in lines[1:])])


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if 1 <= column <= 5 else cell.ljust(width)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
