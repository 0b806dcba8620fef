"""Which environment answers, and what it remembers."""

from __future__ import annotations

from typing import Final

from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from lablib.models.remembering import CALLS, GROUP, REST, Call, calls, lost
from lablib.view.picture import Choice, Picture, Range, State
from lablib.view.theme import Palette

_ARRIVALS: Final = (
    ("one after another", "single"), (f"{GROUP} at once", "group"),
    (f"one after another, an hour of rest after {REST}", "rest"),
)  # fmt: skip
_PLACES: Final = (
    ("a global variable", "variable"), ("a file in /tmp", "tmp"), ("a table, read and then written", "read-write"),
    ("a table, added in one step", "add"),
)
_INSIDE: Final = {"variable": "count = {}", "tmp": "/tmp/count: {}"}

# Inches.
_WIDE, _HIGH, _LEFT = 8.8, 3.5, 1.1
_CALL, _ENV = 0.46, 2.35
_ANSWERS, _ENVS, _TABLE = 0.86, 1.45, 2.75
"""How far down these rows are."""


def which_environment() -> Picture:
    """Nine calls, walked through; two lists choose how they arrive and where the count is kept."""
    return Picture(
        title="Which environment answers, and what it remembers",
        size=(_WIDE, _HIGH),
        build=_Stage,
        tell=tell,
        controls=(
            Range("call", "Call", 1, CALLS, 4), Choice("arrival", "Calls come", _ARRIVALS, "single"),
            Choice("place", "The count is in", _PLACES, "variable"),
        ),
        still=f"Picture: {CALLS} calls of a counter, the environments that answer them, and what each of those remembers.",
    )


def tell(state: State) -> str:
    """The sentence under the picture."""
    every = calls(state["arrival"], state["place"])
    call = every[state["call"] - 1]
    how = next(words for words, key in _ARRIVALS if key == state["arrival"])
    where = next(words for words, key in _PLACES if key == state["place"])
    right = "which is right" if call.answer == call.number else f"but {call.number} would be right"
    new = ", a new one," if call.new else ""
    gone = " The hour of rest ended the first one." if False in call.alive else ""
    wrong = lost(every)
    whole = "all answers are right" if not wrong else f"{wrong} of the {len(every)} answers are wrong"
    return (
        f"Calls come {how}, and the count is in {where}. Environment {call.environment + 1}{new} answers call {call.number} "
        f"with {call.answer}, {right}.{gone} {_kept(call)} In the end {whole}."
    )


def _kept(call: Call) -> str:
    if call.table:
        return f"The environments keep no count; afterwards the table says {call.table}."
    known = [f"environment {which + 1} remembers {count}" for which, count in enumerate(call.remembered) if count is not None]
    text = " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)
    return f"Afterwards {text}."


class _Stage:
    """A row of calls with their answers, a row of environments, and below what is outside of them."""

    def __init__(self, figure: FigureBase, palette: Palette) -> None:
        self._palette = palette
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, _WIDE), ylim=(_HIGH, 0))
        for y, words in ((0.38, "call"), (_ANSWERS, "answer"), (_ENVS + 0.45, "environments"), (_TABLE + 0.3, "outside")):
            axes.text(_LEFT - 0.12, y, words, ha="right", va="center", size=9.5, color=palette["muted"])
        rest = _columns("rest")
        self._hour = axes.text((rest[REST - 1] + _CALL + rest[REST]) / 2, 0.38, "an hour", ha="center", va="center", size=8.5,
                               color=palette["muted"])  # fmt: skip
        self._lines = [axes.add_line(Line2D([], [], color=palette["focus"], linewidth=1.8, zorder=0)) for _ in range(2)]
        self._calls = [self._box(axes, _CALL, 0.42, 10.5) for _ in range(CALLS)]
        self._answers = [axes.text(0, _ANSWERS, "", ha="center", va="center", size=10.5, weight="bold") for _ in range(CALLS)]
        self._envs = [(*self._box(axes, _ENV - 0.15, 0.9, 10), axes.text(0, _ENVS + 0.63, "", ha="center", va="center", size=11))
                      for _ in range(3)]  # fmt: skip
        self._table = self._box(axes, 3 * _ENV - 0.15, 0.6, 11)
        for which, (box, title, _) in enumerate(self._envs):
            self._put(box, title, _LEFT + which * _ENV, _ENVS, 0.28)
        self._put(*self._table, _LEFT, _TABLE, 0.3)

    def _box(self, axes: object, wide: float, high: float, size: float) -> tuple[FancyBboxPatch, Text]:
        box = FancyBboxPatch((0, 0), wide, high, boxstyle="round,pad=0,rounding_size=0.06", linewidth=1)
        axes.add_patch(box)  # type: ignore[attr-defined]
        return box, axes.text(0, 0, "", ha="center", va="center", size=size, color=self._palette["text"])  # type: ignore[attr-defined]

    def _put(self, box: FancyBboxPatch, words: Text, x: float, y: float, down: float) -> None:
        box.set_x(x)
        box.set_y(y)
        words.set_position((x + box.get_width() / 2, y + down))

    def _paint(self, box: FancyBboxPatch, kind: str, chosen: bool, dashed: bool = False) -> None:
        edge = "focus" if chosen else {"plain": "rule"}.get(kind, f"{kind}-edge")
        box.set(facecolor=self._palette[kind], edgecolor=self._palette[edge], linewidth=2.6 if chosen else 1,
                linestyle=(0, (4, 3)) if dashed else "-")  # fmt: skip

    def show(self, state: State) -> None:
        every = calls(state["arrival"], state["place"])
        now = every[state["call"] - 1]
        places = _columns(state["arrival"])
        for call, x, (box, number), answer in zip(every, places, self._calls, self._answers, strict=True):
            self._put(box, number, x, 0.17, 0.21)
            number.set_text(str(call.number))
            self._paint(box, "plain", call is now)
            right = call.answer == call.number
            answer.set_position((x + _CALL / 2, _ANSWERS))
            answer.set_text(f"{call.answer} {'✓' if right else '✗'}" if call.number <= now.number else "")
            answer.set_color(self._palette["done-edge" if right else "bad-edge"])
        self._hour.set_visible(state["arrival"] == "rest")
        self._show_environments(now, state["place"])
        box, words = self._table
        self._paint(box, "done" if now.table else "plain", False, dashed=not now.table)
        words.set_text(f"table in DynamoDB: visits = {now.table}" if now.table else "nothing is kept here")
        middle = _LEFT + now.environment * _ENV + (_ENV - 0.15) / 2
        self._lines[0].set_data([places[now.number - 1] + _CALL / 2, middle], [_ANSWERS + 0.16, _ENVS])
        self._lines[1].set_data([middle, middle] if now.table else [], [_ENVS + 0.9, _TABLE] if now.table else [])

    def _show_environments(self, now: Call, place: str) -> None:
        for which, (box, title, kept) in enumerate(self._envs):
            there = which < len(now.alive)
            for artist in (box, title, kept):
                artist.set_visible(there)
            if not there:
                continue
            alive, count = now.alive[which], now.remembered[which]
            self._paint(box, "aws" if alive else "plain", which == now.environment, dashed=not alive)
            title.set_text(f"environment {which + 1}" + ("" if alive else " has ended"))
            words = _INSIDE[place].format(count) if count is not None else "keeps no count" if alive else "all is forgotten"
            ink = self._palette["text" if alive else "muted"]
            kept.set(text=words, position=(title.get_position()[0], _ENVS + 0.63), color=ink)


def _columns(arrival: str) -> list[float]:
    """Where each call stands: what comes at once stands close together."""
    if arrival == "group":
        return [_LEFT + (number // GROUP) * _ENV + (number % GROUP) * 0.56 for number in range(CALLS)]
    return [_LEFT + number * 0.74 + (0.5 if arrival == "rest" and number >= REST else 0) for number in range(CALLS)]
