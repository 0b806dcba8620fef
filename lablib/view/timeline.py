"""A timeline of a function's environments: a row for each, and on it what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import FigureBase
from matplotlib.patches import Rectangle

from lablib.models.timeline import Environment, Invocation
from lablib.view.picture import Choice, Picture, Range, State
from lablib.view.theme import Palette

MOST: Final = 120
"""Invocations that are drawn: more would be thinner than a line."""

CUT, ORDER, SCALE = "cut", "order", "scale"
_AXES: Final = (
    ("Time, quiet stretches cut short", CUT), ("One column for each invocation", ORDER), ("Time, to scale", SCALE),
)
_SAID: Final = {
    CUT: "Time runs from left to right; grey bands are quiet stretches cut short.",
    ORDER: "Each invocation has a column of its own.",
    SCALE: "Time runs from left to right, to scale.",
}

_KINDS: Final = {
    "init": ("starts up", "you", "you-edge"),
    "ran": ("handler ran", "aws", "aws-edge"),
    "failed": ("failed or was stopped", "bad", "bad-edge"),
}
"""What a box is: its words in the legend, its fill, its edge."""

# Inches.
_WIDE, _LEFT, _RIGHT, _TOP, _BOTTOM = 8.8, 1.75, 0.35, 0.5, 0.62
_TALLEST, _ROWS = 0.42, 6.0
_THIN = 0.035
"""A bar is never thinner than this: an answer of 1 ms is to be seen."""


@dataclass(frozen=True)
class _Bar:
    """One invocation and the row, from 0, of the environment that answered it."""

    row: int
    invocation: Invocation


def timeline(function: str, environments: Sequence[Environment]) -> Picture:
    """The environments of `function` as a picture to move: walk through the invocations, choose the axis.

    Parameters
    ----------
    function : str
    environments : sequence of Environment
        As `lablib.models.timeline.environments` gives them; at least one.
    """
    every = sorted((_Bar(row, one) for row, env in enumerate(environments) for one in env.invocations),
                   key=lambda bar: bar.invocation.began_ms)  # fmt: skip
    if not every:
        raise ValueError("A timeline needs at least one invocation: invoke the function first.")
    bars = every[:MOST]
    rows = max(bar.row for bar in bars) + 1
    high = min(rows * _TALLEST, _ROWS) + _TOP + _BOTTOM
    one = Range("invocation", "Invocation", 1, len(bars), 1)
    return Picture(
        title=f"Timeline of the environments of {function}",
        size=(_WIDE, high),
        build=lambda figure, palette: _Rows(figure, palette, bars, [env.stream for env in environments[:rows]]),
        tell=lambda state: tell(state, bars, len(environments), len(every)),
        controls=(*((one,) if len(bars) > 1 else ()), Choice("axis", "Axis", _AXES, CUT)),
        still=f"Picture: a timeline of {function}. Each row is an environment, each bar an invocation that it answered.",
    )


def tell(state: State, bars: Sequence[_Bar], environments: int, invocations: int) -> str:
    """The sentence under the picture."""
    number = state.get("invocation", 1)
    bar = bars[number - 1]
    one = bar.invocation
    who = f"Invocation {number} of {invocations} was answered by environment {bar.row + 1} of {environments}"
    mine = [other.invocation for other in bars[: number - 1] if other.row == bar.row]
    if one.init_ms is not None and not mine:
        ahead = f"which had started up {_span(one.began_ms - one.busy[0][1])} ahead, in {_span(one.start_up_ms)}:"
        who += f", a new one: {_span(one.start_up_ms)} to start up, then" if len(one.busy) == 1 else f", {ahead}"
        who += f" {_span(one.report.duration_ms)} in the handler"
    else:
        rested = one.busy_from_ms - mine[-1].ended_ms if mine else 0.0
        before = f", which had answered {len(mine)} before and rested {_span(rested)}" if mine else ", which was warm"
        who += f"{before}: {_span(one.report.duration_ms)} in the handler"
    busy = {bar.row, *(other.row for other in bars if any(start <= one.began_ms < end for start, end in other.invocation.busy))}
    alone = "No other was at work." if len(busy) == 1 else f"{len(busy)} environments were at work just then."
    drawn = f" The first {len(bars)} are drawn." if len(bars) < invocations else ""
    return f"{who}{_ended(one)}. {alone} {_SAID[state['axis']]}{drawn}"


def _ended(one: Invocation) -> str:
    if one.report.status == "timeout":
        return ", where it ran into its timeout"
    return f", where it failed ({one.report.error_type})" if one.report.error_type else ""


def _span(ms: float) -> str:
    """A length of time as a person says it: "3 ms", "1.2 s", "20 min"."""
    if ms < 999.5:
        return f"{max(ms, 0):.0f} ms" if ms >= 9.5 else f"{max(ms, 0):.1f} ms"
    seconds = ms / 1000
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class _Axis:
    """Where times and invocations lie, from 0 to 1."""

    def __init__(self, bars: Sequence[_Bar], kind: str) -> None:
        self._kind, self._count = kind, len(bars)
        self.ticks: list[tuple[float, str]] = []
        self.gaps: list[tuple[float, float, str]] = []
        if kind == ORDER:
            self.ticks = [((index + 0.5) / len(bars), str(index + 1)) for index in range(len(bars))]
            return
        work = _at_work(bars)
        first, last = work[0][0], work[-1][1]
        quiet = [later[0] - earlier[1] for earlier, later in zip(work, work[1:], strict=False)]
        busy = sum(end - start for start, end in work)
        most = busy * min(0.15, 0.6 / len(quiet)) if kind == CUT and quiet else float("inf")
        self._times, places = [], [0.0]
        for (start, end), pause in zip(work, [*quiet, 0.0], strict=True):
            self._times += [start, end]
            places += [places[-1] + end - start, places[-1] + end - start + min(pause, most)]
        self._places = np.array(places[:-1]) / (places[-2] or 1.0)
        if kind == SCALE:
            self.ticks = [(part / 4, _span((last - first) * part / 4) if part else "0") for part in range(5)]
            return
        parts = [start + (end - start) * part / 4 for start, end in work for part in range(5 if end - start > 0.3 * busy else 1)]
        self.ticks = [(self.at(ms), _span(ms - first) if ms > first else "0") for ms in parts]
        self.gaps = [(self.at(earlier[1]), self.at(later[0]), _span(later[0] - earlier[1]))
                     for earlier, later in zip(work, work[1:], strict=False) if later[0] - earlier[1] > most]  # fmt: skip

    def at(self, ms: float) -> float:
        return float(np.interp(ms, self._times, self._places))

    def span(self, index: int, one: Invocation) -> tuple[float, float, float, float]:
        """Where this invocation's start-up begins and ends, and where its handler begins and ends."""
        first, last = one.busy[0], one.busy[-1]
        if self._kind == ORDER:
            begins, wide = index / self._count, 1 / self._count
            parts = (0.1, 0.1, 0.1) if one.init_ms is None else (0.1, 0.4, 0.4) if first == last else (0.1, 0.35, 0.45)
            init, ready, began = (begins + part * wide for part in parts)
            return init, ready, began, begins + 0.9 * wide
        ready_ms = one.began_ms if first == last else first[1]
        return self.at(first[0]), self.at(ready_ms), self.at(one.began_ms), self.at(one.ended_ms)


def _at_work(bars: Sequence[_Bar]) -> list[tuple[float, float]]:
    """The stretches of time in which any environment was at work, in order."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(stretch for bar in bars for stretch in bar.invocation.busy):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


class _Rows:
    """A thin line from an environment's first work to its last, boxes for start-up and handler on it."""

    def __init__(self, figure: FigureBase, palette: Palette, bars: Sequence[_Bar], streams: Sequence[str]) -> None:
        self._bars, self._rows = bars, len(streams)
        self._axes_of = {kind: _Axis(bars, kind) for _, kind in _AXES}
        self._wide = _WIDE - _LEFT - _RIGHT
        high = min(self._rows * _TALLEST, _ROWS)
        whole = high + _TOP + _BOTTOM
        self._axes = axes = figure.add_axes((_LEFT / _WIDE, _BOTTOM / whole, self._wide / _WIDE, high / whole))
        axes.set_axis_off()
        axes.set(xlim=(0, self._wide), ylim=(self._rows, 0))
        self._gaps = PolyCollection([], facecolor=palette["plain"], edgecolor="none", zorder=0)
        self._idle = LineCollection([], colors=palette["rule"], linewidths=1.2, zorder=1)
        self._kinds = {
            name: PolyCollection([], facecolor=palette[fill], edgecolor=palette[edge], linewidth=1, zorder=2, clip_on=False)
            for name, (_, fill, edge) in _KINDS.items()
        }
        for collection in (self._gaps, self._idle, *self._kinds.values()):
            axes.add_collection(collection, autolim=False)
        self._frame = Rectangle((0, 0), 0, 0, fill=False, edgecolor=palette["focus"], linewidth=2.4, zorder=3, clip_on=False)
        axes.add_patch(self._frame)
        self._words: list[Any] = []
        self._palette = palette
        self._label_rows(streams)
        self._legend()

    def _label_rows(self, streams: Sequence[str]) -> None:
        step = max(1, round(self._rows * 0.3 / min(self._rows * _TALLEST, _ROWS)))
        for row in range(0, self._rows, step):
            name = f"environment {row + 1}"
            self._axes.text(-0.12, row + 0.5, name, ha="right", va="center", size=9, color=self._palette["text"])
            self._axes.text(-1.32, row + 0.5, streams[row][-4:], ha="right", va="center", size=7.5, color=self._palette["muted"])

    def _legend(self) -> None:
        above = -0.3 * self._rows / min(self._rows * _TALLEST, _ROWS)
        tall = 0.13 * self._rows / min(self._rows * _TALLEST, _ROWS)
        failed = any(bar.invocation.report.status for bar in self._bars)
        x = 0.0
        for words, fill, edge in (kind for name, kind in _KINDS.items() if failed or name != "failed"):
            self._axes.add_patch(Rectangle((x, above - tall / 2), 0.22, tall, clip_on=False, facecolor=self._palette[fill],
                                           edgecolor=self._palette[edge], linewidth=1))  # fmt: skip
            self._axes.text(x + 0.3, above, words, va="center", size=8.5, color=self._palette["text"])
            x += 0.6 + 0.075 * len(words)
        self._axes.plot([x, x + 0.3], [above, above], color=self._palette["rule"], linewidth=1.2, clip_on=False)
        self._axes.text(x + 0.38, above, "frozen until the next", va="center", size=8.5, color=self._palette["text"])

    def show(self, state: State) -> None:
        axis = self._axes_of[state["axis"]]
        boxes: dict[str, list[list[tuple[float, float]]]] = {name: [] for name in self._kinds}
        ends: dict[int, tuple[float, float]] = {}
        for index, bar in enumerate(self._bars):
            init, ready, began, ended = (place * self._wide for place in axis.span(index, bar.invocation))
            ended = max(ended, began + _THIN)
            if ready > init:
                boxes["init"].append(_box(init, ready, bar.row))
            boxes["failed" if bar.invocation.report.status else "ran"].append(_box(began, ended, bar.row))
            ends[bar.row] = (ends.get(bar.row, (init, ended))[0], ended)
            if index == state.get("invocation", 1) - 1:
                left = init if ready == began else began
                self._frame.set_bounds(left - 0.04, bar.row + 0.1, ended - left + 0.08, 0.8)
        for name, collection in self._kinds.items():
            collection.set_verts(boxes[name])
        self._idle.set_segments([[(start, row + 0.5), (end, row + 0.5)] for row, (start, end) in ends.items()])
        self._gaps.set_verts([_box(start * self._wide, end * self._wide, 0, self._rows, 0) for start, end, _ in axis.gaps])
        self._write(axis, state["axis"])

    def _write(self, axis: _Axis, kind: str) -> None:
        """The numbers under the rows, as many as have room, and what they count."""
        for word in self._words:
            word.remove()
        self._words, clear, told = [], -1.0, ""
        row = self._rows / min(self._rows * _TALLEST, _ROWS)
        for place, words in axis.ticks:
            x = place * self._wide
            half = 0.035 * len(words) + 0.06
            if x - half >= clear and words != told:
                self._words.append(self._axes.text(
                    x, self._rows + 0.12 * row, words, ha="center", va="center", size=8.5, color=self._palette["text"]))
                clear, told = x + half, words
        counts = "invocation, in order of time" if kind == ORDER else "time since the first start-up began"
        self._words.append(self._axes.text(
            self._wide / 2, self._rows + 0.42 * row, counts, ha="center", va="center", size=9, color=self._palette["muted"]))


def _box(left: float, right: float, row: int, rows: int = 1, inset: float = 0.2) -> list[tuple[float, float]]:
    top, bottom = row + inset, row + rows - inset
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
