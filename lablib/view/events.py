"""The event explorer: a source of events, who calls the function, when it runs again, and the JSON that arrives."""

from __future__ import annotations

import json
from typing import Final

from matplotlib.figure import FigureBase
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from lablib.models.events import SOURCES, Delivery, Outcome, Source, deliver, sample_event, source
from lablib.view.chart import axes
from lablib.view.picture import Choice, Picture, State
from lablib.view.theme import Palette

WITHIN_S: Final = 240
"""Seconds of the axis: four minutes hold all of an asynchronous event's runs."""

_FAILURES: Final[tuple[tuple[str, int | str], ...]] = (
    ("works", 0), ("fails once, then works", 1), ("fails every time", "always"),
)  # fmt: skip

_BETWEEN: Final[dict[Delivery, str]] = {"asynchronous": "Lambda's queue", "polled": "Lambda's poller", "synchronous": ""}
"""What stands between source and function."""

_DOES: Final[dict[Delivery, str]] = {
    "asynchronous": "asynchronous push: {} hands over to Lambda's queue, and goes on",
    "polled": "poll: Lambda's poller reads {}, and calls",
    "synchronous": "synchronous push: {} calls, and waits for the answer",
}
"""Who acts, above the drawing."""

_WAY: Final[dict[Delivery, str]] = {
    "asynchronous": "pushes the event and goes on (asynchronous push)",
    "polled": "calls nobody: Lambda's poller reads it (poll)",
    "synchronous": "pushes the event and waits for the answer (synchronous push)",
}
_MOST_RUNS: Final = 12
"""Runs within the axis that are drawn at most: a stream's ten, with room."""


def event_explorer() -> Picture:
    """Two lists: the source, and how the function takes the event."""
    sources = tuple((one.name, one.key) for one in SOURCES)
    return Picture(
        title="Where an event comes from, who calls the function, and when it runs again",
        size=(8.8, 3.3),
        build=_Road,
        tell=tell,
        controls=(Choice("source", "Event source", sources, "s3"), Choice("function", "The function", _FAILURES, 0)),
        still=(
            f"Picture: {len(SOURCES)} sources of events. A source pushes and goes on, pushes and waits, or is read by Lambda."
        ),
        listing=listing,
    )


def _outcome(state: State) -> tuple[Source, Outcome]:
    one = source(state["source"])
    failures = None if state["function"] == "always" else int(state["function"])
    return one, deliver(one, failures, WITHIN_S)


def tell(state: State) -> str:
    """The sentence under the picture."""
    one, led = _outcome(state)
    said = f"{one.name}: when {one.happens}, the source {_WAY[one.delivery]}, allowed by {one.allowed_by}. {_ran(led, state)}"
    if one.again == "shard" and len(led.runs) > 1:
        said += " How long it pauses AWS does not publish: these are the local cloud's pauses."
    return f"{said} The message is in {one.look_in}." if led.handled else f"{said} {led.fate}. {one.hears}"


def _ran(led: Outcome, state: State) -> str:
    """The runs, in words."""
    times = len(led.runs)
    if led.handled:
        second = f"The first run fails; the second, after {led.runs[-1].at_s:.0f} s, works."
        return "The function runs once." if times == 1 else second
    if state["function"] != "always":
        return "The run fails, and no other follows by itself, though it would work by now."
    how_often = "once" if times == 1 else f"{times} times in four minutes" + (", and goes on" if led.more else "")
    return f"Every run fails: the function runs {how_often}."


def listing(state: State) -> tuple[str, str]:
    """The event as the function gets it."""
    one = source(state["source"])
    return f"What arrives from {one.name}", json.dumps(sample_event(one.key), indent=2, ensure_ascii=False)


class _Road:
    """Above: source, what is in between, function. Below: the runs on a line of four minutes."""

    def __init__(self, figure: FigureBase, palette: Palette) -> None:
        self._palette = palette
        top = figure.add_axes((0, 0.52, 1, 0.48))
        top.set_axis_off()
        top.set_xlim(0, 8.8)
        top.set_ylim(0, 1.6)
        self._boxes = []
        for x, kind in ((0.2, "you"), (3.4, "aws"), (6.6, "done")):
            box = FancyBboxPatch(
                (x, 0.45), 2.0, 0.7, boxstyle="round,pad=0,rounding_size=0.08",
                facecolor=palette[kind], edgecolor=palette[f"{kind}-edge"],
            )
            top.add_patch(box)
            self._boxes.append((box, top.text(x + 1.0, 0.8, "", ha="center", va="center", color=palette["text"], size=10)))
        self._boxes[2][1].set_text("your function")
        self._arrows = [
            FancyArrowPatch(
                (2.3, 0.8), (3.3, 0.8), shrinkA=0, shrinkB=0, mutation_scale=14, color=palette["muted"], linewidth=1.6
            )
            for _ in range(2)
        ]
        for arrow in self._arrows:
            top.add_patch(arrow)
        self._does = top.text(0.2, 1.32, "", color=palette["text"], size=10)
        self._hears = top.text(0.2, 0.16, "", color=palette["muted"], size=9.5)
        line = axes(figure, palette, (0.1, 0.17, 0.86, 0.26), x="minutes after the event")
        line.set_xlim(-0.12, WITHIN_S / 60 + 0.12)
        line.set_ylim(-1, 1)
        line.set_yticks([])
        line.spines["left"].set_visible(False)
        line.text(-0.1, 0.72, "the function runs: × fails, ● works", color=palette["muted"], size=9, va="center")
        self._runs = [line.plot([], [], linestyle="none", markersize=9, markeredgewidth=2.4)[0] for _ in range(_MOST_RUNS)]

    def show(self, state: State) -> None:
        one, led = _outcome(state)
        self._boxes[0][1].set_text(one.name.replace(", ", ",\n"))
        self._boxes[1][1].set_text(_BETWEEN[one.delivery])
        waiting = one.delivery == "synchronous"
        for part in self._boxes[1]:
            part.set_visible(not waiting)
        self._does.set_text(_DOES[one.delivery].format(one.name))
        self._hears.set_text("" if led.handled else f"When it fails: {one.hears}")
        # An arrow points away from who acts: a poller reaches for its source.
        ends = [((2.3, 0.8), (6.5, 0.8))] * 2 if waiting else [((2.3, 0.8), (3.3, 0.8)), ((5.5, 0.8), (6.5, 0.8))]
        if one.delivery == "polled":
            ends[0] = ends[0][::-1]
        for arrow, (start, to) in zip(self._arrows, ends, strict=True):
            arrow.set_positions(start, to)
            arrow.set_arrowstyle("<|-|>" if waiting else "-|>")
        for mark, run in zip(self._runs, [*led.runs, *[None] * _MOST_RUNS], strict=False):
            mark.set_visible(run is not None)
            if run is not None:
                mark.set_data([run.at_s / 60], [0])
                mark.set_marker("o" if run.ok else "x")
                mark.set_color(self._palette["done-edge" if run.ok else "focus"])
