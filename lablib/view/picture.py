"""A picture that moves: one kept matplotlib figure, a sentence that says the same, and labelled controls."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import matplotlib
from matplotlib.figure import Figure, FigureBase

from lablib.view.theme import Palette, stylesheet, with_variables

if TYPE_CHECKING:
    import ipywidgets

State = Mapping[str, Any]

_STYLE: dict[str, Any] = {"svg.hashsalt": "lambda-lab", "svg.fonttype": "path", "font.family": "DejaVu Sans"}

_LETTER = 0.55
"""em: a letter's mean width, for a label that must hold the longest of several."""

_CAPTION = 0.36
"""Inches: the fixed line under a PNG."""


class Scene(Protocol):
    """What is drawn: artists made once on a figure, then moved."""

    def show(self, state: State) -> None:
        """Move the artists to `state` (a control's name to its value)."""


@dataclass(frozen=True)
class Range:
    """A whole number chosen with a slider and, beside it, a number box (the slider alone has no accessible name)."""

    name: str
    label: str
    low: int
    high: int
    start: int


@dataclass(frozen=True)
class Choice:
    """One of several named values, chosen in a drop-down list. `options` are (what is shown, value)."""

    name: str
    label: str
    options: tuple[tuple[str, Any], ...]
    start: Any


class Picture:
    """A figure to move, with its sentence.

    Parameters
    ----------
    title : str
        Names the picture in its text alternative.
    size : (float, float)
        Width and height in inches.
    build : callable (FigureBase, Palette) -> Scene
        Makes the artists, once for each way of drawing.
    tell : callable (State) -> str
        The sentence that says what the picture shows in that state.
    controls : sequence of Range or Choice
    still : str
        One fixed line for a page without a kernel. It holds nothing measured and nothing of the learner's.

    Examples
    --------
    >>> picture = who_manages_what()            # doctest: +SKIP
    >>> picture.set(place="container")          # doctest: +SKIP
    >>> picture.sentence                        # doctest: +SKIP
    """

    def __init__(
        self,
        title: str,
        size: tuple[float, float],
        build: Callable[[FigureBase, Palette], Scene],
        tell: Callable[[State], str],
        controls: Sequence[Range | Choice],
        still: str,
    ) -> None:
        self.title, self.size, self.still = title, size, still
        self._build, self._tell, self._controls = build, tell, tuple(controls)
        self._state: dict[str, Any] = {control.name: control.start for control in controls}
        self._figure = Figure(figsize=size)
        self._scene: Scene | None = None
        self._widget: ipywidgets.VBox | None = None
        self._inputs: dict[str, Any] = {}

    @property
    def state(self) -> dict[str, Any]:
        """A copy of the controls' values."""
        return dict(self._state)

    @property
    def sentence(self) -> str:
        """What the picture shows now, in words."""
        return self._tell(self._state)

    def set(self, **values: Any) -> None:
        """Move the picture, as its controls do. Raises KeyError for a control that it does not have."""
        for name, value in values.items():
            if name not in self._state:
                raise KeyError(f"{self.title!r} has no control {name!r}; it has {', '.join(self._state)}")
            if name in self._inputs:
                self._inputs[name].value = value
            self._state[name] = value

    def svg(self) -> str:
        """The picture as an `<svg>` element whose colours follow the page's theme."""
        with matplotlib.rc_context(_STYLE):
            if self._scene is None:
                self._scene = self._build(self._figure, Palette.marks())
            self._scene.show(self._state)
            out = io.StringIO()
            self._figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, facecolor="none")
        text = out.getvalue()
        return with_variables(text[text.index("<svg") :])

    def png(self) -> bytes:
        """The picture with its fixed line as a PNG: light colours on white, which both themes can carry."""
        with matplotlib.rc_context(_STYLE):
            wide, high = self.size
            figure = Figure(figsize=(wide, high + _CAPTION))
            rows = figure.add_gridspec(2, 1, height_ratios=(high, _CAPTION))
            drawing, caption = figure.add_subfigure(rows[0]), figure.add_subfigure(rows[1])
            palette = Palette.light()
            self._build(drawing, palette).show(self._state)
            caption.text(0.01, 0.5, self.still, va="center", color=palette["text"], size=9.5)
            out = io.BytesIO()
            figure.savefig(out, format="png", dpi=96, facecolor="white")
        return out.getvalue()

    def html(self) -> str:
        """The picture and its sentence, as the widget shows them."""
        alternative = html.escape(f"{self.title}. {self.sentence}", quote=True)
        return (
            f"<style>{stylesheet()}</style><div class='ll'>"
            f'<div role="img" aria-label="{alternative}">{self.svg()}</div>'
            f"<p class='ll-sentence'>{html.escape(self.sentence)}</p></div>"
        )

    def widget(self) -> ipywidgets.VBox:
        """Controls above, picture and sentence below: made once, then kept."""
        if self._widget is None:
            import ipywidgets

            page = ipywidgets.HTML(self.html())

            def move(name: str, value: Any) -> None:
                self._state[name] = value
                page.value = self.html()

            rows = [self._control(control, move) for control in self._controls]
            self._widget = ipywidgets.VBox([*rows, page])
        return self._widget

    def _control(self, control: Range | Choice, move: Callable[[str, Any], None]) -> ipywidgets.Widget:
        import ipywidgets
        import traitlets

        style = {"description_width": "initial"}
        value = self._state[control.name]
        lists = [other.label for other in self._controls if isinstance(other, Choice)]
        if isinstance(control, Choice):
            wide = ipywidgets.Layout(width="auto", max_width="36em")
            main = ipywidgets.Dropdown(
                options=control.options, value=value, description=control.label, layout=wide,
                style={"description_width": f"{max(map(len, lists)) * _LETTER:.1f}em"},  # one width: lists line up
            )
            row: ipywidgets.Widget = main
        else:
            bounds = {"min": control.low, "max": control.high, "value": value}
            main = ipywidgets.IntSlider(**bounds, readout=False, description=control.label, style=style)
            box = ipywidgets.BoundedIntText(
                **bounds, description=f"{control.label} (number)", style=style,
                layout=ipywidgets.Layout(width="11em", margin="2px 2px 2px 1.2em"),  # clear of the handle at the slider's end
            )
            traitlets.link((main, "value"), (box, "value"))
            row = ipywidgets.HBox([main, box])
        main.observe(lambda change: move(control.name, change["new"]), names="value")
        self._inputs[control.name] = main
        return row

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """A widget where a kernel runs; a PNG and one fixed line where none does."""
        live = self.widget()._repr_mimebundle_() or {}
        return {
            "text/plain": self.still,
            "image/png": base64.b64encode(self.png()).decode("ascii"),
            **{kind: data for kind, data in live.items() if kind != "text/plain"},
        }
