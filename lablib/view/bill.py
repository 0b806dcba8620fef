"""A month's bill, line by line, beside a server that is always on."""

from __future__ import annotations

from typing import Final

from matplotlib.figure import FigureBase

from lablib.models.pricing import Bill, break_even, estimate
from lablib.models.pricing.servers import ALWAYS_ON_USD_PER_HOUR, HOURS_PER_MONTH
from lablib.view import chart
from lablib.view.picture import Choice, Picture, State, Steps
from lablib.view.theme import Palette

_INIT_MS: Final = 400
"""Milliseconds of INIT that the picture's cold starts have: a Python function with some libraries. Ours, to look at."""

_REQUESTS: Final = tuple((f"{n:,}", n) for n in (
    1_000, 10_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000, 300_000_000, 1_000_000_000,
))  # fmt: skip
_DURATIONS: Final = tuple((f"{ms:,} ms", ms) for ms in (1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 60_000, 900_000))
_MEMORIES: Final = tuple((f"{mb:,} MB", mb) for mb in (128, 256, 512, 1024, 1769, 3538, 10_240))
_COLD: Final = tuple((f"{share} %", share / 100) for share in (0, 1, 5, 20, 50, 100))

_BARS: Final = ("requests", "compute: the handler", "compute: INIT of cold starts", "total", "a server, always on")
_INKS: Final = (("aws", "aws-edge"), ("aws", "aws-edge"), ("you", "you-edge"), ("done", "done-edge"), ("plain", "rule"))


def monthly_bill() -> Picture:
    """Six controls; a bar for each part of the bill, the total, and the server."""
    return Picture(
        title="A month's bill, and a server that is always on",
        size=(8.8, 3.3),
        build=_Bars,
        tell=tell,
        controls=(
            Steps("requests", "Requests a month", _REQUESTS, 10_000_000),
            Steps("duration_ms", "Duration of one", _DURATIONS, 100),
            Steps("memory_mb", "Memory", _MEMORIES, 512),
            Steps("cold", "Cold starts", _COLD, 0.01),
            Choice("architecture", "Architecture", (("x86_64", "x86_64"), ("arm64", "arm64")), "x86_64"),
            Choice("free_tier", "Free tier", (("taken off", True), ("used up elsewhere", False)), True),
        ),
        still="Picture: a month's bill, a bar for requests, compute, INIT and the total, beside a server that is always on.",
    )


def _bill(state: State, cold: float | None = None) -> Bill:
    return estimate(
        requests=state["requests"], duration_ms=state["duration_ms"], memory_mb=state["memory_mb"],
        architecture=state["architecture"], init_ms=_INIT_MS, cold_start_rate=state["cold"] if cold is None else cold,
        free_tier=state["free_tier"],
    )  # fmt: skip


def amounts(state: State) -> tuple[float, ...]:
    """USD of each bar, top to bottom."""
    whole, warm = _bill(state), _bill(state, cold=0)
    handler, compute = warm.amount("compute"), whole.amount("compute")
    server = ALWAYS_ON_USD_PER_HOUR * HOURS_PER_MONTH
    return tuple(float(usd) for usd in (whole.amount("requests"), handler, compute - handler, whole.total, server))


def tell(state: State) -> str:
    """The sentence under the picture."""
    requests, handler, init, total, server = amounts(state)
    free = "after the free tier" if state["free_tier"] else "without the free tier"
    cheaper = "less than" if total < server else "more than"
    even = break_even(
        duration_ms=state["duration_ms"], memory_mb=state["memory_mb"], architecture=state["architecture"],
        init_ms=_INIT_MS, cold_start_rate=state["cold"], free_tier=state["free_tier"],
    )  # fmt: skip
    return (
        f"{state['requests']:,} requests of {state['duration_ms']:,} ms at {state['memory_mb']:,} MB on {state['architecture']}, "
        f"{state['cold'] * 100:.0f} % of them cold with {_INIT_MS} ms of INIT, cost {_short(total)} USD {free}: "
        f"{_short(requests)} for requests, {_short(handler)} for the handler, {_short(init)} for INIT. "
        f"That is {cheaper} the server's {_short(server)} USD; it is cheaper from {even.requests + 1:,} requests on "
        f"({even.requests_per_second:,.2f} a second). On average {_short(_at_once(state))} of these run at once: whether one server "
        "can carry them is another question."
    )


def _at_once(state: State) -> float:
    """Little's law: requests a second times the seconds of one, with its share of INIT."""
    seconds = (state["duration_ms"] + state["cold"] * _INIT_MS) / 1000
    return float(state["requests"] * seconds / (float(HOURS_PER_MONTH) * 3600))


def _short(value: float) -> str:
    """With two decimals; what is more than nothing is never written as nothing."""
    return f"{value:,.2f}" if value >= 0.005 or not value else "less than 0.01"


class _Bars:
    """One bar for each part, with its amount at its end."""

    def __init__(self, figure: FigureBase, palette: Palette) -> None:
        self._axes = chart.axes(figure, palette, (0.23, 0.17, 0.66, 0.8), x="USD a month")
        places = range(len(_BARS))
        self._bars = self._axes.barh(
            places, [0.0] * len(_BARS), height=0.6, color=[palette[fill] for fill, _ in _INKS],
            edgecolor=[palette[edge] for _, edge in _INKS], linewidth=1.2,
        )  # fmt: skip
        self._axes.set_yticks(list(places), _BARS)
        self._axes.tick_params(axis="y", length=0, labelcolor=palette["text"])
        self._axes.grid(False, axis="y")
        self._axes.set_ylim(len(_BARS) - 0.5, -0.5)
        self._words = [self._axes.text(0, place, "", va="center", color=palette["text"], size=9) for place in places]

    def show(self, state: State) -> None:
        found = amounts(state)
        widest = max(found)
        self._axes.set_xlim(0, widest * 1.04)
        for bar, word, usd in zip(self._bars, self._words, found, strict=True):
            bar.set_width(usd)
            word.set_text(_short(usd))
            word.set_x(usd + widest * 0.01)
