"""The course map: seventeen labs, what each makes, and how far the learner is."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import FigureBase
from matplotlib.patches import FancyBboxPatch

from lablib.view.picture import Picture, Range, State
from lablib.view.theme import Palette

_COLUMNS = 6
_WIDE, _HIGH = 1.5, 1.05
"""Inches: one tile with its gap."""


@dataclass(frozen=True)
class LabTile:
    """What the map says about one lab.

    Attributes
    ----------
    number : str
        "00" to "16".
    title, makes : str
        The lab's title, and what the learner makes in it.
    written : bool
        False for a lab that is planned.
    done, exercises : int
        Exercises done, of how many.
    """

    number: str
    title: str
    makes: str
    written: bool
    done: int
    exercises: int

    @property
    def finished(self) -> bool:
        """Every exercise is done."""
        return self.written and self.exercises > 0 and self.done >= self.exercises

    @property
    def status(self) -> str:
        """In words, never by colour alone."""
        if not self.written:
            return "planned"
        return "✓ done" if self.finished else f"{self.done} of {self.exercises} done"


def course_map(tiles: Sequence[LabTile], start: int = 0) -> Picture:
    """The map as a picture to move: a slider and a number box walk through the labs."""
    labs = tuple(tiles)
    rows = -(-len(labs) // _COLUMNS)
    written = sum(lab.written for lab in labs)

    def tell(state: State) -> str:
        lab = labs[state["lab"]]
        if lab.written:
            where = f"It is open, and you have done {lab.done} of its {lab.exercises} exercises."
        else:
            where = "It is planned, not written yet."
        finished = sum(other.finished for other in labs)
        return (
            f"Lab {lab.number}, {lab.title}: you make {lab.makes}. {where} "
            f"You have finished {finished} of the {written} labs that are open."
        )

    return Picture(
        title="Course map",
        size=(_COLUMNS * _WIDE + 0.1, rows * _HIGH + 0.1),
        build=lambda figure, palette: _Tiles(figure, palette, labs),
        tell=tell,
        controls=(Range("lab", "Lab", 0, len(labs) - 1, start),),
        still=f"Course map: {len(labs)} labs; {written} are open, {len(labs) - written} are planned.",
    )


class _Tiles:
    """One tile per lab in reading order; the chosen one has a thick edge."""

    def __init__(self, figure: FigureBase, palette: Palette, labs: Sequence[LabTile]) -> None:
        self._palette = palette
        rows = -(-len(labs) // _COLUMNS)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(-0.05, _COLUMNS * _WIDE + 0.05)
        axes.set_ylim(rows * _HIGH + 0.05, -0.05)
        self._boxes = []
        for index, lab in enumerate(labs):
            x, y = (index % _COLUMNS) * _WIDE + 0.06, (index // _COLUMNS) * _HIGH + 0.06
            fill, edge = ("done", "done-edge") if lab.finished else ("aws", "aws-edge") if lab.written else ("plain", "rule")
            box = FancyBboxPatch(
                (x, y), _WIDE - 0.12, _HIGH - 0.12, boxstyle="round,pad=0,rounding_size=0.08",
                facecolor=palette[fill], edgecolor=palette[edge], linewidth=1, linestyle="-" if lab.written else (0, (4, 3)),
            )
            axes.add_patch(box)
            ink = palette["text"] if lab.written else palette["muted"]
            axes.text(x + 0.09, y + 0.19, lab.number, ha="left", va="center", color=ink, size=12, weight="bold")
            axes.text(x + _WIDE - 0.21, y + 0.19, lab.status, ha="right", va="center", color=ink, size=7.5)
            words = textwrap.fill(lab.title, 18)
            axes.text(x + 0.09, y + 0.36, words, ha="left", va="top", color=ink, size=8.2, linespacing=1.25)
            self._boxes.append((box, edge))

    def show(self, state: State) -> None:
        for index, (box, edge) in enumerate(self._boxes):
            chosen = index == state["lab"]
            box.set_linewidth(3 if chosen else 1)
            box.set_edgecolor(self._palette["focus" if chosen else edge])
