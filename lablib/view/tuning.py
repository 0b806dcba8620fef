"""Cost and time against memory: the dots are runs, the lines what arithmetic makes of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from lablib.models.limits import MEMORY_MB_PER_VCPU
from lablib.models.pricing.tuning import Tuned, at, cpu_bound_ms, tuned
from lablib.models.report import Report
from lablib.view import chart
from lablib.view.picture import Choice, Picture, State, Steps
from lablib.view.theme import Palette

_EXAMPLE: Final = tuple(at(memory, cpu_bound_ms(MEMORY_MB_PER_VCPU, 120, memory)) for memory in (128, 256, 512, 1024, 1769, 3538))
"""Computed, not measured: 120 ms of CPU on one thread. What is shown when the notebook hands over no runs."""

_DEADLINES: Final = (25, 50, 100, 150, 200, 300, 400, 600, 800, 1_200, 1_600, 2_400, 3_200, 6_400, 30_000)

_CURVE: Final = 40
"""Points of a computed line."""


def power_tuning(reports: Iterable[Report] | None = None) -> Picture:
    """Time and cost at each memory size.

    Parameters
    ----------
    reports : iterable of Report, optional
        REPORT lines of one function at several memory sizes; the warm ones count. Without them, a computed example.

    Raises
    ------
    ValueError
        None of them is of a warm run.
    """
    found = list(reports) if reports is not None else None
    sizes = {kind: _EXAMPLE if found is None else tuned(found, kind) for kind in ("x86_64", "arm64")}
    if found is None:
        sizes["arm64"] = tuple(at(one.memory_mb, one.billed_ms, "arm64") for one in _EXAMPLE)
    first = sizes["x86_64"]
    deadline = min(_DEADLINES[bisect_left(_DEADLINES, min(first[0].billed_ms, _DEADLINES[-1]) / 2) :], default=_DEADLINES[-1])
    return Picture(
        title="Time and cost against memory",
        size=(8.8, 3.6),
        build=lambda figure, palette: _Curves(figure, palette, sizes),
        tell=lambda state: tell(sizes, state),
        controls=(
            Steps("memory", "Memory", tuple((f"{one.memory_mb:,} MB", one.memory_mb) for one in first), first[0].memory_mb),
            Steps("deadline", "Deadline", tuple((f"{ms:,} ms", ms) for ms in _DEADLINES), deadline),
            Choice("architecture", "Price of", (("x86_64", "x86_64"), ("arm64, if it takes as long there", "arm64")), "x86_64"),
        ),
        still="Picture: what a warm call takes and what a million cost, against memory; dots are runs, lines are arithmetic.",
    )


def cheapest(sizes: Sequence[Tuned], deadline_ms: float) -> Tuned | None:
    """The size with the smallest price among those that meet the deadline; None when none does."""
    return min((one for one in sizes if one.billed_ms <= deadline_ms), key=lambda one: one.usd, default=None)


def tell(sizes: dict[str, tuple[Tuned, ...]], state: State) -> str:
    """The sentence under the picture."""
    of_kind = sizes[state["architecture"]]
    chosen = next(one for one in of_kind if one.memory_mb == state["memory"])
    best, deadline = cheapest(of_kind, state["deadline"]), state["deadline"]
    meets = "meets" if chosen.billed_ms <= deadline else "misses"
    if best is None:
        end = "No size meets it."
    else:
        end = f"The cheapest size that meets it is {best.memory_mb:,} MB: {best.billed_ms:,} ms, {best.usd:,.2f} USD."
    return (
        f"At {chosen.memory_mb:,} MB a warm call takes {chosen.billed_ms:,} ms, and a million calls cost "
        f"{chosen.usd:,.2f} USD at the price of {state['architecture']}. That {meets} a deadline of {deadline:,} ms. {end}"
    )


class _Curves:
    """Two charts with one axis of memory: milliseconds, and USD for a million."""

    def __init__(self, figure: FigureBase, palette: Palette, sizes: dict[str, tuple[Tuned, ...]]) -> None:
        self._sizes = sizes
        one = sizes["x86_64"]
        memories = [size.memory_mb for size in one]
        grid = [memories[0] * (memories[-1] / memories[0]) ** (step / (_CURVE - 1)) for step in range(_CURVE)]
        curve = [at(round(memory), cpu_bound_ms(memories[0], one[0].billed_ms, round(memory))) for memory in grid]
        self._left = self._chart(figure, palette, 0.085, "ms of a warm call", memories)
        self._right = self._chart(figure, palette, 0.58, "USD for a million calls", memories)
        self._left.set_yscale("log")
        self._left.yaxis.set_major_locator(FixedLocator([ms for ms in (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000)]))
        self._left.yaxis.set_minor_locator(NullLocator())
        self._left.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        longest, shortest = (pick(size.billed_ms for size in (*one, *curve)) for pick in (max, min))
        self._left.set_ylim(max(0.5, shortest / 2), longest * 1.6)
        self._line, self._dots = _ink(self._left, palette, "aws-edge"), _ink(self._right, palette, "aws-edge")
        self._line[0].set_data(grid, [size.billed_ms for size in curve])
        self._line[1].set_data(memories, [size.billed_ms for size in one])
        self._curves = {"x86_64": curve, "arm64": [at(size.memory_mb, size.billed_ms, "arm64") for size in curve]}
        self._grid, self._memories = grid, memories
        self._right.set_ylim(0, 1.15 * max(float(size.usd) for size in (*one, *curve)))
        self._deadline = self._left.axhline(1, color=palette["focus"], linestyle=(0, (5, 3)), linewidth=1.4)
        self._marks = [_marks(axes, palette) for axes in (self._left, self._right)]
        handles = [self._line[1], self._line[0], *self._marks[0], self._deadline]
        for handle, name in zip(handles, ("runs", "arithmetic", "chosen", "cheapest in time", "deadline"), strict=True):
            handle.set_label(name)
        chart.legend(self._right, palette, handles, "upper left")

    @staticmethod
    def _chart(figure: FigureBase, palette: Palette, left: float, what: str, memories: list[int]) -> Axes:
        made = chart.axes(figure, palette, (left, 0.16, 0.41, 0.8), x="memory in MB", y=what)
        made.set_xscale("log")
        made.xaxis.set_major_locator(FixedLocator(memories))
        made.xaxis.set_minor_locator(NullLocator())
        made.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        made.set_xlim(memories[0] / 1.25, memories[-1] * 1.25)
        made.axvline(MEMORY_MB_PER_VCPU, color=palette["rule"], linewidth=0.9, linestyle=(0, (1, 2)))
        return made

    def show(self, state: State) -> None:
        kind = state["architecture"]
        sizes = self._sizes[kind]
        self._dots[0].set_data(self._grid, [float(size.usd) for size in self._curves[kind]])
        self._dots[1].set_data(self._memories, [float(size.usd) for size in sizes])
        self._deadline.set_ydata([state["deadline"]] * 2)
        chosen = next(size for size in sizes if size.memory_mb == state["memory"])
        best = cheapest(sizes, state["deadline"])
        for (ring, square), field in zip(self._marks, ("billed_ms", "usd"), strict=True):
            ring.set_data([chosen.memory_mb], [float(getattr(chosen, field))])
            square.set_data([best.memory_mb] if best else [], [float(getattr(best, field))] if best else [])


def _ink(axes: Axes, palette: Palette, ink: str) -> tuple[Line2D, Line2D]:
    """A thin line for what is computed, dots for what ran."""
    (line,) = axes.plot([], [], color=palette[ink], linewidth=1.2)
    (dots,) = axes.plot([], [], "o", color=palette[ink], markersize=5)
    return line, dots


def _marks(axes: Axes, palette: Palette) -> tuple[Line2D, Line2D]:
    """The chosen size, and the cheapest that meets the deadline."""
    (ring,) = axes.plot([], [], "o", markersize=12, markeredgecolor=palette["focus"])
    (square,) = axes.plot([], [], "s", markersize=15, markeredgecolor=palette["done-edge"])
    for mark in (ring, square):
        mark.set(markerfacecolor="none", markeredgewidth=2)
    return ring, square
