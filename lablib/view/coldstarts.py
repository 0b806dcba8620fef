"""Cold starts: how long they take by runtime and memory, as published, and how often they come, by traffic."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from lablib.models.coldstart import MEMORIES_MB, Measurement, chances, published
from lablib.view import chart
from lablib.view.picture import Choice, Picture, State, Steps
from lablib.view.theme import Palette

RUNTIMES: Final = ("dotnet10", "java25", "ruby3.4", "nodejs24.x", "python3.14", "go (prov.al2023)", "rust (prov.al2023)")
"""The newest of each language that was measured, as it is published; from the slowest down."""

_KINDS: Final = (
    ("zip, x86_64", ("zip", "x86_64")), ("zip, arm64", ("zip", "arm64")),
    ("container image, x86_64", ("image", "x86_64")), ("container image, arm64", ("image", "arm64")),
)  # fmt: skip

_PER_DAY: Final = 86_400
_TRAFFIC: Final = (
    ("1 a day", 1 / _PER_DAY), ("10 a day", 10 / _PER_DAY), ("1 an hour", 1 / 3_600), ("5 an hour", 5 / 3_600),
    ("20 an hour", 20 / 3_600), ("1 a minute", 1 / 60), ("10 a minute", 10 / 60), ("1 a second", 1.0), ("10 a second", 10.0),
    ("100 a second", 100.0),
)  # fmt: skip
_KEPT: Final = tuple((f"{minutes} minutes", minutes * 60) for minutes in (5, 10, 15, 30, 60))

_TAKES_S: Final = 0.1
"""Seconds of a request, in the curve: of a short one."""

_RATES: Final = np.logspace(np.log10(0.5 / _PER_DAY), np.log10(200), 160)
_LEAST: Final = 5e-4
"""Per cent: where the curve's axis begins."""
_MARKS: Final = (
    (1 / _PER_DAY, "1 a\nday"), (1 / 3_600, "1 an\nhour"), (1 / 60, "1 a\nminute"), (1.0, "1 a\nsecond"),
    (100.0, "100 a\nsecond"),
)  # fmt: skip
"""Requests per second, where the curve's axis is marked."""


def cold_starts() -> Picture:
    """Bars of published cold starts beside the curve of the chance of one; each list and slider moves the sentence."""
    return Picture(
        title="Cold starts: how long they take, and how often they come",
        size=(8.8, 4.1),
        build=_Scene,
        tell=tell,
        controls=(
            Choice("runtime", "Runtime", tuple((name, name) for name in reversed(RUNTIMES)), "python3.14"),
            Choice("kind", "Package", _KINDS, _KINDS[0][1]),
            Steps("memory", "Memory", tuple((f"{mb:,} MB", mb) for mb in MEMORIES_MB), MEMORIES_MB[0]),
            Steps("rate", "Requests", _TRAFFIC, _TRAFFIC[2][1]),
            Steps("kept", "Kept when idle for", _KEPT, 600),
        ),
        still=(
            "Picture: published cold starts of seven runtimes, 2026, and the chance that a request meets one, by traffic."
        ),
    )


def tell(state: State) -> str:
    """The sentence under the picture."""
    found = _measured(state["runtime"], state)
    share = _share(state)
    kind = next(label for label, value in _KINDS if value == state["kind"])
    number, unit = next(label for label, value in _TRAFFIC if value == state["rate"]).split(" ", 1)
    return (
        f"{state['runtime']} ({kind}, {state['memory']:,} MB): half of the INITs took up to {found.p50:,.0f} ms and one in a "
        f"hundred more than {found.p99:,.0f} ms; the first invocation then took {_short(found.first_invoke_ms)} ms. "
        f"With {number} {'request' if number == '1' else 'requests'} {unit}, by chance, and environments kept for "
        f"{state['kept'] // 60} idle minutes, {_percent(share)} of them meet a cold start: {_often(share * state['rate'])}."
    )


def _short(ms: float) -> str:
    return f"{ms:,.0f}" if ms >= 10 else f"{ms:.1f}"


def _percent(share: float) -> str:
    """Two digits that count: "98 %", "0.046 %"."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 9.95 else f"{float(f'{value:.2g}'):f}".rstrip("0").rstrip(".") + " %"


def _often(per_second: float) -> str:
    per_day = per_second * _PER_DAY
    return f"about {_two(per_day)} a day" if per_day >= 0.95 else f"about one in {_two(1 / per_day)} days"


def _two(value: float) -> str:
    """Two digits that count: "1,300", "1.4"."""
    return f"{float(f'{value:.2g}'):,f}".rstrip("0").rstrip(".")


def _share(state: State) -> float:
    """The chance of a cold start, 0 to 1."""
    return float(chances([state["rate"]], _TAKES_S, state["kept"])[0])


def _measured(runtime: str, state: State) -> Measurement:
    package, architecture = state["kind"]
    return published(runtime, package=package, architecture=architecture, memory_mb=state["memory"])


class _Scene:
    """Bars on the left, the curve with a point on the right; moved, never drawn anew."""

    def __init__(self, figure: FigureBase, palette: Palette) -> None:
        self._palette = palette
        self._draw_bars(figure)
        self._draw_curve(figure)

    def _draw_bars(self, figure: FigureBase) -> None:
        palette = self._palette
        bars = chart.axes(figure, palette, (0.165, 0.16, 0.405, 0.745), x="milliseconds until the first answer")
        places = np.arange(len(RUNTIMES))[::-1]
        bars.set_xlim(0, 1_420)
        bars.set_ylim(-0.6, len(RUNTIMES) - 0.4)
        bars.set_yticks(places, RUNTIMES)
        bars.grid(False, axis="y")
        zero = np.zeros(len(RUNTIMES))
        look: dict[str, Any] = {"height": 0.5, "linewidth": 1}
        self._init = bars.barh(places, zero, color=palette["you"], edgecolor=palette["you-edge"], **look)
        self._first = bars.barh(places, zero, color=palette["aws"], edgecolor=palette["aws-edge"], **look)
        self._slow = [bars.plot([0, 0], [place - 0.37] * 2, color=palette["you-edge"], linewidth=2)[0] for place in places]
        self._says = [bars.text(0, place, "", va="center", size=8.5, color=palette["text"]) for place in places]
        self._names = bars.get_yticklabels()
        key = [
            Patch(facecolor=palette["you"], edgecolor=palette["you-edge"], label="INIT, median"),
            Line2D([], [], color=palette["you-edge"], linewidth=2, label="INIT, slowest in a hundred"),
            Patch(facecolor=palette["aws"], edgecolor=palette["aws-edge"], label="first invocation"),
        ]
        bars.legend(
            handles=key, loc="lower left", bbox_to_anchor=(-0.42, 1.0), ncols=3, fontsize=8.5, labelcolor=palette["text"],
            framealpha=0.0, handlelength=1.2, columnspacing=1.2, borderpad=0.2,
        )  # fmt: skip

    def _draw_curve(self, figure: FigureBase) -> None:
        palette = self._palette
        curve = chart.axes(
            figure, palette, (0.655, 0.16, 0.312, 0.745), x="requests, by chance", y="% of them that meet a cold start", log="xy"
        )
        curve.minorticks_off()
        curve.set_xticks([rate for rate, _ in _MARKS], [label for _, label in _MARKS])
        curve.set_yticks([100, 10, 1, 0.1, 0.01, 0.001])
        curve.set_xlim(_RATES[0], _RATES[-1])
        curve.set_ylim(_LEAST, 200)
        (self._curve,) = curve.plot(_RATES, np.ones_like(_RATES), color=palette["aws-edge"], linewidth=1.8)
        (self._point,) = curve.plot([1], [1], "o", color=palette["focus"], markersize=8)

    def show(self, state: State) -> None:
        for row, name in enumerate(RUNTIMES):
            found = _measured(name, state)
            self._init[row].set_width(found.p50)
            self._first[row].set_x(found.p50)
            self._first[row].set_width(found.first_invoke_ms)
            self._slow[row].set_xdata([0, found.p99])
            self._says[row].set_text(f"{found.first_answer_ms:,.0f} ms")
            self._says[row].set_x(found.first_answer_ms + 18)
            chosen = name == state["runtime"]
            for text in (self._says[row], self._names[row]):
                text.set_color(self._palette["focus" if chosen else "text"])
                text.set_fontweight("bold" if chosen else "normal")
        self._curve.set_ydata(np.maximum(_curve(state["kept"]), _LEAST))
        self._point.set_data([state["rate"]], [max(100 * _share(state), _LEAST)])


@cache
def _curve(kept: int) -> NDArray[np.float64]:
    """Per cent, at `_RATES`."""
    return 100 * chances(_RATES, _TAKES_S, kept)
