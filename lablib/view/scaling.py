"""One function's fleet under load: traffic, duration, limit and caller, and what they come to."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

from lablib.models.scaling import (
    Arrivals, Asynchronous, Bursty, Caller, Function, Limits, Periodic, Poisson, Result, Steps as Rises, Synchronous, azure_sample,
    concurrency, simulate,
)  # fmt: skip
from lablib.view import chart
from lablib.view.picture import Choice, Picture, State, Steps
from lablib.view.theme import Palette

SECONDS: Final = 60.0
"""How long the traffic lasts; the recorded trace says so itself."""

_INIT_S: Final = 0.5
_MEMORY_MB: Final = 512
_POINTS: Final = 80
_FLUID_LOAD: Final = 210.0
"""Environments at work from which expected values are shown (`lablib.models.scaling.fluid`)."""

RECORDED: Final = "recorded"
_TRAFFIC: Final = (
    ("steady", "steady"), ("a rise to ten times as much, for 20 s", "rise"), ("up and down, like a day", "day"),
    ("bursts of 4 s on average", "bursts"), ("recorded: 21 minutes of Azure Functions, 2021", RECORDED),
)  # fmt: skip
_RATES: Final = tuple((f"{rate:,} a second", rate) for rate in (1, 5, 20, 100, 500, 2_500, 10_000, 100_000, 1_000_000))
_DURATIONS: Final = tuple((f"{s * 1000:g} ms" if s < 1 else f"{s:g} s", s) for s in (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0))
_LIMITS: Final = (
    ("reserved: 10", (1_000, 10)), ("reserved: 100", (1_000, 100)),
    ("a new account's: 1,000", (1_000, None)), ("raised: 10,000", (10_000, None)), ("raised: 200,000", (200_000, None)),
)  # fmt: skip
_CALLERS: Final = (
    ("clients that give up", Synchronous()), ("clients that try 3 times", Synchronous(attempts=3)),
    ("services that send events: Lambda's queue", Asynchronous()),
)  # fmt: skip


def scaling() -> Picture:
    """Requests, environments and who waits, over time; five controls."""
    return Picture(
        title="How a fleet scales: traffic, duration and limits, and what they come to",
        size=(8.8, 4.9),
        build=_Scene,
        tell=tell,
        controls=(
            Choice("traffic", "Traffic", _TRAFFIC, "steady"),
            Steps("rate", "Requests, at the peak", _RATES, 100),
            Steps("duration", "Each takes", _DURATIONS, 0.5),
            Steps("limit", "Concurrency", _LIMITS, (1_000, None)),
            Choice("caller", "Called by", _CALLERS, Synchronous()),
        ),
        still="Picture: requests, environments and who waits, over time, by traffic, duration, limit and caller; simulated.",
    )


@lru_cache(maxsize=64)
def run(traffic: str, rate: int, duration: float, limit: tuple[int, int | None], caller: Caller) -> Result:
    """The simulation behind the picture. INIT takes half a second, memory is 512 MB."""
    function = Function(duration, init=_INIT_S, memory_mb=_MEMORY_MB)
    limits = Limits(account=limit[0], reserved=limit[1])
    options: dict[str, Any] = {"limits": limits, "caller": caller, "steps": _POINTS, "detail": _POINTS}
    if traffic == RECORDED:
        return simulate(function, azure_sample(), **options)
    arrivals: dict[str, Arrivals] = {
        "steady": Poisson(rate),
        "rise": Rises(((0, rate / 10), (20, rate), (40, rate / 10))),
        "day": Periodic(rate / 1.8, 0.8, SECONDS),
        "bursts": Bursty(rate / 10, rate, quiet_s=8, burst_s=4),
    }
    load, room = rate * duration, _most({"limit": limit})
    fluid = load >= _FLUID_LOAD or (rate >= 100 and load >= 3 * room)
    return simulate(function, arrivals[traffic], SECONDS, engine="fluid" if fluid else "exact", seed=3, **options)


def tell(state: State) -> str:
    """The sentence under the picture."""
    found = run(**state)
    who = next(label for label, value in _CALLERS if value == state["caller"])
    limit = next(label for label, value in _LIMITS if value == state["limit"]).replace(":", ",")
    return (
        f"{_traffic(state, found)}. Concurrency {limit}; called by {who.replace(':', ',')}: "
        f"{_count(found.most_environments, 'environment')} at the most, {_percent(found.cold_start_probability)} of calls cold, "
        f"{_refusals(found, _most(state))}. {_answers(found)} {found.seconds:,.0f} seconds of this cost {found.bill().total:.2g} USD."
    )


def _traffic(state: State, found: Result) -> str:
    if state["traffic"] == RECORDED:
        minutes = f"{found.seconds / 60:.0f} minutes"
        return f"{found.requests:,.0f} requests in {minutes}, as they were recorded, each as long as it was"
    what = next(label for label, value in _TRAFFIC if value == state["traffic"])
    each = next(label for label, value in _DURATIONS if value == state["duration"])
    needed = concurrency(state["rate"], state["duration"])
    at_a_time = f"{needed:,.0f}" if needed >= 10 or needed == round(needed) else f"{needed:.2g}"
    return f"{_count(state['rate'], 'request')} a second at the peak ({what}) × {each} = {at_a_time} at a time"


def _refusals(found: Result, limit: int) -> str:
    if not found.throttled:
        return "nothing throttled"
    rates = sum(count for reason, count in found.throttles.items() if "Rate" in reason)
    why = "for want of room" if found.most_environments >= limit else "as no fleet grows faster"
    if rates > found.throttled / 2:
        why = "most for more than 10 requests a second each"
    return f"{_percent(found.throttle_probability)} of attempts throttled, {why}; {_percent(found.failure_probability)} of requests lost"


def _most(state: State) -> int:
    """The concurrency that the function may have."""
    account, reserved = state["limit"]
    return int(account if reserved is None else reserved)


def _answers(found: Result) -> str:
    if not found.served:
        return "None is answered."
    waits = f"; up to {found.most_queued:,.0f} wait" if found.most_queued >= 1 else ""
    return f"Of those answered, half are within {_time(found.latency.p50)}, 99 % within {_time(found.latency.p99)}{waits}."


def _count(value: float, what: str) -> str:
    return f"{value:,.0f} {what}" + ("" if round(value) == 1 else "s")


def _percent(part: float) -> str:
    if 0.99 < part < 1:  # what is left over counts
        return f"{math.floor(part * 10_000) / 100:g} %"
    return f"{100 * part:.3g} %" if 0 < part < 0.1 else f"{100 * part:.0f} %"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


class _Scene:
    """Three charts with one axis of time: requests, environments, who waits."""

    def __init__(self, figure: FigureBase, palette: Palette) -> None:
        self._palette = palette
        self._requests = self._chart(figure, 0.70, "requests\na second")
        self._fleet = self._chart(figure, 0.33, "environments", high=0.31)
        self._queue = self._chart(figure, 0.105, "waiting", high=0.16)
        self._queue.set_xlabel("seconds", color=palette["text"], size=9)
        self._came = self._line(self._requests, "aws-edge", "come")
        self._refused = self._line(self._requests, "focus", "throttled", dashes=(4, 2))
        self._exist = self._line(self._fleet, "text", "exist")
        self._work = self._line(self._fleet, "you-edge", "work", dashes=(6, 2))
        self._most = self._fleet.axhline(1, color=palette["focus"], linestyle=(0, (1, 2)), linewidth=1.6, label="limit")
        self._wait = self._line(self._queue, "done-edge", "wait")
        for axes, lines in ((self._requests, [self._came, self._refused]), (self._fleet, [self._exist, self._work, self._most])):
            self._name(axes, lines)

    def _chart(self, figure: FigureBase, bottom: float, what: str, high: float = 0.25) -> Axes:
        made = chart.axes(figure, self._palette, (0.125, bottom, 0.74, high), y=what)
        made.locator_params(axis="y", nbins=3)
        if bottom > 0.2:
            made.tick_params(labelbottom=False)
        return made

    def _line(self, axes: Axes, ink: str, label: str, dashes: tuple[int, int] | None = None) -> Any:
        style: Any = (0, dashes) if dashes else "-"
        (line,) = axes.plot([], [], color=self._palette[ink], linewidth=1.7, linestyle=style, drawstyle="steps-post", label=label)
        return line

    def _name(self, axes: Axes, lines: list[Any]) -> None:
        """Beside the chart, where nothing is drawn."""
        axes.legend(
            handles=lines, loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=9, framealpha=0.0,
            labelcolor=self._palette["text"],
        )  # fmt: skip

    def show(self, state: State) -> None:
        found = run(**state)
        series = found.series
        for line, values in (
            (self._came, series.arrivals), (self._refused, series.throttles), (self._exist, series.environments),
            (self._work, series.busy), (self._wait, series.queue),
        ):  # fmt: skip
            line.set_data(series.edges, np.append(values, values[-1]))
        limit = _most(state)
        highest = float(series.environments.max())
        self._most.set_ydata([limit, limit])
        self._most.set_visible(limit <= 3 * highest)
        tops = (max(series.arrivals.max(), series.throttles.max()), max(highest, min(limit, 1.3 * highest)), series.queue.max())
        for axes, top in zip((self._requests, self._fleet, self._queue), tops, strict=True):
            axes.set_xlim(0, found.seconds)
            axes.set_ylim(0, 1.12 * max(float(top), 1.0))
