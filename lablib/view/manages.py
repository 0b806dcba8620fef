"""Who manages what: a server, a container, Lambda."""

from __future__ import annotations

from matplotlib.figure import FigureBase
from matplotlib.patches import FancyBboxPatch, Rectangle

from lablib.models.responsibility import DUTIES, PLACES, managed_by_you
from lablib.view.picture import Choice, Picture, State
from lablib.view.theme import Palette

_LEFT, _COLUMN, _GAP = 3.5, 1.75, 0.12
"""Inches: where the columns start, how wide one is, the gap between two."""


def who_manages_what() -> Picture:
    """A grid of layers by place; two lists choose the place to look at and something that happens."""
    places = tuple((f"{name} ({what})", key) for key, name, what in PLACES)
    events = tuple((duty.event, row) for row, duty in enumerate(DUTIES))
    return Picture(
        title="Who manages what, on a server, in a container and on Lambda",
        size=(8.8, 4.5),
        build=_Grid,
        tell=tell,
        controls=(Choice("place", "Your code runs on", places, "server"), Choice("event", "It happens", events, 4)),
        still=(
            f"Picture: of {len(DUTIES)} layers you manage {managed_by_you('server')} on a server, "
            f"{managed_by_you('container')} in a container and {managed_by_you('lambda')} on Lambda; AWS manages the rest."
        ),
    )


def tell(state: State) -> str:
    """The sentence under the picture."""
    place, duty = state["place"], DUTIES[state["event"]]
    where = {"server": "On a server", "container": "In a container", "lambda": "On Lambda"}[place]
    mine, manager = managed_by_you(place), duty.manager(place)
    act = f"This one is yours: {duty.you_act}" if manager == "You" else f"AWS acts: {duty.aws_acts}"
    return f"{where} you manage {mine} of {len(DUTIES)} layers and AWS manages {len(DUTIES) - mine}. {duty.event}. {act}."


class _Grid:
    """One row per layer, one column per place; a frame round the chosen column, a bold cell where they cross."""

    def __init__(self, figure: FigureBase, palette: Palette) -> None:
        self._palette = palette
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, 8.8)
        axes.set_ylim(len(DUTIES) * 0.42 + 0.15, -0.55)
        self._cells = {}
        for column, (key, name, what) in enumerate(PLACES):
            x = _LEFT + column * _COLUMN
            middle = x + (_COLUMN - _GAP) / 2
            axes.text(middle, -0.33, name, ha="center", va="center", color=palette["text"], size=12, weight="bold")
            axes.text(middle, -0.1, what, ha="center", va="center", color=palette["muted"], size=8.5)
            for row, duty in enumerate(DUTIES):
                mine = duty.managers[column] == "You"
                kind = "you" if mine else "aws"
                box = FancyBboxPatch(
                    (x, row * 0.42 + 0.08), _COLUMN - _GAP, 0.34, boxstyle="round,pad=0,rounding_size=0.06",
                    facecolor=palette[kind], edgecolor=palette[f"{kind}-edge"], linewidth=0.8,
                )
                axes.add_patch(box)
                word = axes.text(
                    middle, row * 0.42 + 0.255, duty.managers[column],
                    ha="center", va="center", color=palette["text"], size=10.5,
                )
                self._cells[key, row] = (box, word, kind)
        self._names = [
            axes.text(_LEFT - 0.25, row * 0.42 + 0.255, duty.name, ha="right", va="center", size=10.5)
            for row, duty in enumerate(DUTIES)
        ]
        self._frame = Rectangle(
            (0, 0), _COLUMN - _GAP + 0.12, len(DUTIES) * 0.42 + 0.6, fill=False, edgecolor=palette["focus"], linewidth=2
        )
        axes.add_patch(self._frame)

    def show(self, state: State) -> None:
        column = [key for key, _, _ in PLACES].index(state["place"])
        self._frame.set_xy((_LEFT + column * _COLUMN - 0.06, -0.52))
        for row, name in enumerate(self._names):
            chosen = row == state["event"]
            name.set_fontweight("bold" if chosen else "normal")
            name.set_color(self._palette["focus" if chosen else "text"])
        for (key, row), (box, word, kind) in self._cells.items():
            crossed = key == state["place"] and row == state["event"]
            word.set_fontweight("bold" if crossed else "normal")
            box.set_linewidth(2.6 if crossed else 0.8)
            box.set_edgecolor(self._palette["focus" if crossed else f"{kind}-edge"])
