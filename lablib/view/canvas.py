"""The canvas of the fleet: a square for each environment, and how many there are over time, drawn in the browser (fleet.js)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import FigureBase
from matplotlib.patches import Rectangle

from lablib.view import chart
from lablib.view.controls import Choice, Input
from lablib.view.fleet import Fleet
from lablib.view.picture import Picture, State
from lablib.view.theme import Palette, stylesheet

if TYPE_CHECKING:
    import ipywidgets

_POINTS = 240
"""Of the lines over time."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What the canvas shows at a time: one fleet, or one laid over another.

    Attributes
    ----------
    title : str
    seconds : float
        How long it plays.
    fleets : mapping of str to Fleet
        By name, as the sentence calls it; one or two. The first is filled, the second a frame.
    """

    title: str
    seconds: float
    fleets: Mapping[str, Fleet]

    @property
    def times(self) -> Any:
        return np.linspace(0.0, self.seconds, _POINTS + 1)

    def sent(self) -> dict[str, Any]:
        """As the browser gets it: numbers as they lie in memory, lines as lists."""
        return {
            "title": self.title, "seconds": self.seconds,
            "fleets": [self._sent(name, fleet) for name, fleet in self.fleets.items()],
        }  # fmt: skip

    def _sent(self, name: str, fleet: Fleet) -> dict[str, Any]:
        existing, busy = fleet.levels(self.times)
        kept = {name: getattr(fleet, name).tobytes() for name in ("environment", "began", "ready", "ended")}
        at, total = (values.tolist() for values in fleet.refused)
        lines = {"times": self.times.tolist(), "existing": existing.tolist(), "busy": busy.tolist()}
        return {"name": name, **kept, **lines, "refused_at": at, "refused": total}


class FleetCanvas(Picture):
    """The canvas, with a list of traffics to choose from.

    Parameters
    ----------
    scenes : mapping of str to callable () -> Scene
        What the list offers; each is made when it is chosen. The first is shown first.
    still : str
        As of every `Picture`.
    """

    def __init__(self, scenes: Mapping[str, Callable[[], Scene]], still: str) -> None:
        self.names = list(scenes)
        self.scene = cache(lambda name: scenes[name]())
        super().__init__(
            title="The fleet of environments", size=(7.9, 4.6), build=lambda figure, palette: _Still(figure, palette, self.scene),
            tell=lambda state: _tell(self.scene(state["traffic"])),
            controls=[Choice("traffic", "Traffic", tuple((name, name) for name in self.names), self.names[0])], still=still,
        )  # fmt: skip

    def widget(self) -> ipywidgets.VBox:
        """The canvas, with the list above it: made once, then kept."""
        if self._widget is None:
            import ipywidgets

            traffic = self._state["traffic"]
            canvas = canvas_class()(traffics=self.names, traffic=traffic, scene=self.scene(traffic).sent())

            def move(change: Any) -> None:
                self._state["traffic"] = change["new"]
                canvas.scene = self.scene(change["new"]).sent()

            canvas.observe(move, names="traffic")
            self._inputs = {"traffic": Input(canvas, lambda name: canvas.set_trait("traffic", name))}
            self._widget = ipywidgets.VBox([canvas])
        return self._widget


@cache
def canvas_class() -> Any:
    """The widget, made when the first is needed: anywidget and IPython take a tenth of a second to load.

    Its traits: `traffics`, what the list offers; `traffic`, what is chosen; `scene`, that as `Scene.sent` has it.
    """
    import anywidget
    import traitlets

    here = Path(__file__).parent

    class Canvas(anywidget.AnyWidget):
        _esm = (here / "fleet.js").read_text(encoding="utf-8")
        _css = stylesheet() + (here / "fleet.css").read_text(encoding="utf-8")
        traffics = traitlets.List(traitlets.Unicode()).tag(sync=True)
        traffic = traitlets.Unicode().tag(sync=True)
        scene = traitlets.Dict().tag(sync=True)

    return Canvas


def _tell(scene: Scene) -> str:
    """How large each fleet becomes, in words."""
    told = []
    for name, fleet in scene.fleets.items():
        _, busy = fleet.levels(scene.times)
        refused = fleet.refused[1][-1] if fleet.refused[1].size else 0
        lost = f", and {refused:,.0f} calls refused" if refused >= 1 else ""
        what = "environment" if fleet.size == 1 else "environments"
        told.append(f"The {name} grows to {fleet.size:,} {what}, with {busy.mean():,.1f} at work on average{lost}.")
    return " ".join(told)


class _Still:
    """The picture without a kernel: the lines, and the squares of the moment in the middle."""

    def __init__(self, figure: FigureBase, palette: Palette, scene: Callable[[str], Scene]) -> None:
        self._scene, self._palette = scene, palette
        self._lines = chart.axes(figure, palette, (0.08, 0.53, 0.9, 0.43), x="seconds", y="environments")
        self._squares = figure.add_axes((0.08, 0.02, 0.9, 0.36))

    def show(self, state: State) -> None:
        scene = self._scene(state["traffic"])
        inks = ("aws-edge", "focus")
        for (name, fleet), ink in zip(scene.fleets.items(), inks):
            existing, busy = fleet.levels(scene.times)
            colour = self._palette[ink]
            (line,) = self._lines.step(scene.times, busy, where="post", color=colour, linewidth=1.5, label=f"{name}, at work")
            self._lines.step(scene.times, existing, where="post", color=colour, linestyle=":", label=f"{name}, all")
            if ink == inks[0]:
                self._lines.fill_between(scene.times, busy, step="post", color=self._palette["aws"])
        chart.legend(self._lines, self._palette, self._lines.get_legend_handles_labels()[0], "lower center")
        self._draw_squares(next(iter(scene.fleets.values())), scene.seconds / 2)

    def _draw_squares(self, fleet: Fleet, at: float) -> None:
        columns = max(20, int((fleet.size * 6) ** 0.5))
        working = set(fleet.environment[(fleet.began <= at) & (fleet.ended > at)].tolist())
        there = sorted(set(fleet.environment[fleet.began <= at].tolist()))
        boxes = [Rectangle((number % columns, number // columns), 0.8, 0.8) for number in there]
        colours = [self._palette["aws-edge" if number in working else "plain"] for number in there]
        edge = self._palette["aws-edge"]
        self._squares.add_collection(PatchCollection(boxes, facecolors=colours, edgecolors=edge, linewidths=0.6))
        self._squares.set_xlim(-0.3, columns)
        self._squares.set_ylim(max(columns / 6, fleet.size / columns) + 0.5, -0.3)
        self._squares.set_axis_off()
