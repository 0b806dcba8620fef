"""Runtimes side by side: what was published of AWS, and what this machine took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.figure import FigureBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from lablib.models.coldstart import MEMORIES_MB, SOURCE, Measurement, published
from lablib.models.report import Report
from lablib.view import chart
from lablib.view.picture import Choice, Picture, State, Steps
from lablib.view.theme import Palette

LANGUAGES: Final[dict[str, tuple[str, str, str | None]]] = {
    "python": ("Python", "python3.13", "python3.13"),
    "nodejs": ("Node.js", "nodejs24.x", "nodejs24.x"),
    "ruby": ("Ruby", "ruby3.4", "ruby3.4"),
    "bash": ("bash", "provided.al2023", "shell (prov.al2023)"),
    "java": ("Java", "java21", "java21"),
    "csharp": ("C#", "dotnet10", "dotnet10"),
    "go": ("Go", "provided.al2023", "go (prov.al2023)"),
}
"""A language to its name, to the runtime that it has in lab 03, and to what the published measurements call that."""

INIT, FIRST = "init", "first"
_SHOWN: Final = (("the start-up (INIT)", INIT), ("the first answer, after INIT", FIRST))

_MEMORY: Final = 512
"""MB at which the picture opens: what the labs' functions have."""

_REFUSED: Final = "cannot run on this machine: "
"""What stands before the reason, when Lambda itself was asked for a runtime that is not here."""

# Inches.
_WIDE, _LEFT, _RIGHT, _TOP, _BOTTOM, _ROW = 8.8, 2.1, 1.0, 0.62, 0.55, 0.4
_THICK = 0.5
_SHORTEST, _LONGEST = 0.5, 3000.0
"""Milliseconds: the ends of the scale."""


@dataclass(frozen=True)
class _Row:
    """One language: its published name (None: it has none), what it took here, or why it does not run here."""

    name: str
    identifier: str
    published: str | None
    cold: Report | None = None
    warm_ms: float | None = None
    missing: str = ""

    def on_aws(self, memory_mb: int) -> Measurement | None:
        return published(self.published, memory_mb=memory_mb) if self.published else None

    def here_ms(self, show: str) -> float | None:
        if self.cold is None:
            return None
        return self.cold.init_duration_ms if show == INIT else self.cold.duration_ms


def runtimes(here: Mapping[str, Sequence[Report]] | None = None, missing: Mapping[str, str] | None = None) -> Picture:
    """The languages of lab 03, to choose one, what is shown of it, and the memory of the published functions.

    Parameters
    ----------
    here : mapping, optional
        A language to the reports of its invocations, the cold one first. Languages are the keys of `LANGUAGES`; of others the
        picture has no published figures.
    missing : mapping, optional
        A language that does not run here to the reason, as lablib words it.

    Raises
    ------
    ValueError
        `here` holds something else.
    """
    rows = _rows(here or {}, missing or {})
    names = tuple((row.name, key) for key, row in rows.items())
    first = next((key for key, row in rows.items() if row.missing), "java")
    return Picture(
        title="Runtimes side by side, here and on AWS",
        size=(_WIDE, len(rows) * _ROW + _TOP + _BOTTOM),
        build=lambda figure, palette: _Chart(figure, palette, rows),
        tell=lambda state: tell(state, rows),
        controls=(
            Choice("language", "Language", names, first),
            Choice("show", "Show", _SHOWN, INIT),
            Steps("memory", "Memory on AWS", tuple((f"{mb:,} MB", mb) for mb in MEMORIES_MB), _MEMORY),
        ),
        still="Picture: cold starts by language, here and as published for AWS, where C#, Java and Ruby take longest to start.",
    )


def _rows(here: Mapping[str, Sequence[Report]], missing: Mapping[str, str]) -> dict[str, _Row]:
    rows = {}
    for key in dict.fromkeys([*LANGUAGES, *here, *missing]):
        name, identifier, on_aws = LANGUAGES.get(key, (str(key), "", None))
        cold, warm_ms = _measured(key, here.get(key, ()))
        why_not = str(missing.get(key, "")).split(_REFUSED)[-1]
        rows[key] = _Row(name, identifier, on_aws, cold, warm_ms, why_not)
    return rows


def _measured(key: str, reports: Sequence[Report]) -> tuple[Report | None, float | None]:
    """The cold report, and the fastest warm call; each None when there is none."""
    if not isinstance(reports, Sequence) or not all(isinstance(one, Report) for one in reports):
        raise ValueError(f"here[{key!r}]: give the reports of its invocations, [run.report for run in ...], not {reports!r:.60}.")
    warm = [one.duration_ms for one in reports if not one.cold]
    return next((one for one in reports if one.cold), None), min(warm, default=None)


def tell(state: State, rows: Mapping[str, _Row]) -> str:
    """The sentence under the picture."""
    row = rows[state["language"]]
    return f"{_here(row, state['show'])} {_on_aws(row, state)}"


def _here(row: _Row, show: str) -> str:
    if row.missing:
        return f"{row.name} does not run on this machine: {row.missing.rstrip('.')}."
    took = row.here_ms(show)
    if row.cold is None or took is None:
        return f"{row.name} was not tried here: run the cell that tries all languages, then this one again."
    what = "INIT took" if show == INIT else "after INIT, the first answer took"
    warm = "" if row.warm_ms is None else f"; a warm call took {_ms(row.warm_ms)}"
    return f"{row.name}, here, at {row.cold.memory_size_mb:,} MB: {what} {_ms(took)}{warm}."


def _on_aws(row: _Row, state: State) -> str:
    found = row.on_aws(state["memory"])
    if found is None:
        return "There is no published figure to lay beside it."
    where = f"On AWS ({row.identifier}, zip, x86_64, {found.memory_mb:,} MB, {SOURCE.first[:4]})"
    if state["show"] == FIRST:
        return f"{where} the first answer took {_ms(found.first_invoke_ms)} after INIT, in the median of daily means."
    half = f"{where} half of {found.starts:,} cold starts had an INIT of at most {_ms(found.p50)}"
    return f"{half}, nine in ten of at most {_ms(found.p90)}."


def _ms(value: float) -> str:
    return f"{value:,.0f} ms" if value >= 9.95 else f"{value:.1f} ms"


class _Chart:
    """A row for each language: the published bar with its middle, and a ring for what this machine took."""

    def __init__(self, figure: FigureBase, palette: Palette, rows: Mapping[str, _Row]) -> None:
        self._rows, self._palette = rows, palette
        whole = len(rows) * _ROW + _TOP + _BOTTOM
        rect = (_LEFT / _WIDE, _BOTTOM / whole, (_WIDE - _LEFT - _RIGHT) / _WIDE, len(rows) * _ROW / whole)
        self._axes = axes = chart.axes(figure, palette, rect, x="milliseconds, each line ten times the one before", log="x")
        axes.set(xlim=(_SHORTEST, _LONGEST), ylim=(len(rows) - 0.4, -0.6), yticks=[])
        self._names: dict[str, Any] = {}
        self._bars: dict[str, Rectangle] = {}
        self._middles: dict[str, Line2D] = {}
        self._rings: dict[str, Line2D] = {}
        for place, (key, row) in enumerate(rows.items()):
            self._add(place, key, row)
        axes.text(1.02, -0.78, "warm, here", transform=axes.get_yaxis_transform(), size=8.5, color=palette["muted"], va="center")
        self._legend(figure, rows)

    def _add(self, place: int, key: str, row: _Row) -> None:
        axes, palette = self._axes, self._palette
        at: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center"}
        self._names[key] = axes.text(-0.215, place, row.name, size=10.5, ha="right", **at)
        axes.text(-0.015, place, row.identifier, size=8.5, ha="right", color=palette["muted"], **at)
        warm = "not here" if row.missing else "" if row.warm_ms is None else _ms(row.warm_ms)
        axes.text(1.02, place, warm, size=9.5, color=palette["muted" if row.missing else "you-edge"], **at)
        bar = Rectangle((1, place - _THICK / 2), 0, _THICK, facecolor=palette["aws"], edgecolor=palette["aws-edge"], linewidth=1)
        axes.add_patch(bar)
        self._bars[key] = bar
        (self._middles[key],) = axes.plot([], [], color=palette["aws-edge"], linewidth=2.6, solid_capstyle="butt")
        (self._rings[key],) = axes.plot(
            [], [], "o", markersize=9, markerfacecolor="none", markeredgecolor=palette["you-edge"], markeredgewidth=2.2,
            clip_on=False,
        )

    def _legend(self, figure: FigureBase, rows: Mapping[str, _Row]) -> None:
        palette = self._palette
        handles = [
            Patch(facecolor=palette["aws"], edgecolor=palette["aws-edge"], label="AWS, without the fastest and the slowest tenth"),
            Line2D([], [], color=palette["aws-edge"], linewidth=2.6, label="AWS, the middle"),
            Line2D([], [], marker="o", linestyle="", markersize=8, markerfacecolor="none", markeredgecolor=palette["you-edge"],
                   markeredgewidth=2, label="this machine"),
        ]  # fmt: skip
        figure.legend(
            handles=handles, loc="upper left", ncols=3, fontsize=8.5, labelcolor=palette["text"], framealpha=0.0,
            bbox_to_anchor=(0.0, 1.0), handlelength=1.4, columnspacing=1.4,
        )

    def show(self, state: State) -> None:
        for place, (key, row) in enumerate(self._rows.items()):
            chosen = key == state["language"]
            self._names[key].set_color(self._palette["focus" if chosen else "text"])
            self._names[key].set_fontweight("bold" if chosen else "normal")
            self._publish(key, place, row.on_aws(state["memory"]), state["show"])
            took = row.here_ms(state["show"])
            self._rings[key].set_data([] if took is None else [took], [] if took is None else [place])

    def _publish(self, key: str, place: int, found: Measurement | None, show: str) -> None:
        bar, middle = self._bars[key], self._middles[key]
        bar.set_visible(found is not None and show == INIT)
        if found is None:
            return
        bar.set_x(found.p10)
        bar.set_width(found.p90 - found.p10)
        at = found.p50 if show == INIT else found.first_invoke_ms
        middle.set_data([at, at], [place - _THICK / 2, place + _THICK / 2])
