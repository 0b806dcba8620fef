"""A picture that moves: one kept matplotlib figure, a sentence that says the same, and labelled controls."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import matplotlib
from matplotlib.figure import Figure, FigureBase

from lablib.view.controls import Choice, Control, Input, Range, Steps, inputs
from lablib.view.theme import Palette, stylesheet, with_variables

if TYPE_CHECKING:
    import ipywidgets

State = Mapping[str, Any]

_STYLE: dict[str, Any] = {"svg.hashsalt": "lambda-lab", "svg.fonttype": "path", "font.family": "DejaVu Sans"}

_CAPTION = 0.36
"""Inches: the fixed line under a PNG."""


class Scene(Protocol):
    """What is drawn: artists made once on a figure, then moved."""

    def show(self, state: State) -> None:
        """Move the artists to `state` (a control's name to its value)."""


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
    controls : sequence of Range, Steps or Choice
    still : str
        One fixed line for a page without a kernel. It holds nothing measured and nothing of the learner's.
    listing : callable (State) -> (str, str), optional
        A heading and text to read line by line, such as JSON, shown beside the figure. Where there is no kernel it is left out.

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
        controls: Sequence[Control],
        still: str,
        listing: Callable[[State], tuple[str, str]] | None = None,
    ) -> None:
        self.title, self.size, self.still = title, size, still
        self._build, self._tell, self._controls, self._listing = build, tell, tuple(controls), listing
        self._state: dict[str, Any] = {control.name: control.start for control in controls}
        self._figure = Figure(figsize=size)
        self._scene: Scene | None = None
        self._widget: ipywidgets.VBox | None = None
        self._inputs: dict[str, Input] = {}

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
                self._inputs[name].put(value)
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
            f"<p class='ll-sentence'>{html.escape(self.sentence)}</p>{self._listed()}</div>"
        )

    def _listed(self) -> str:
        """The listing, reachable by keyboard, since it scrolls."""
        if self._listing is None:
            return ""
        heading, text = (html.escape(part) for part in self._listing(self._state))
        region = f"class='ll-listing' tabindex='0' role='region' aria-label='{heading}'"
        return f"<p><strong>{heading}</strong></p><pre {region}>{text}</pre>"

    def widget(self) -> ipywidgets.VBox:
        """Controls above, picture and sentence below: made once, then kept."""
        if self._widget is None:
            import ipywidgets

            page = ipywidgets.HTML(self.html())

            def move(name: str, value: Any) -> None:
                self._state[name] = value
                page.value = self.html()

            self._inputs = inputs(self._controls, self._state, move)
            self._widget = ipywidgets.VBox([*(made.widget for made in self._inputs.values()), page])
        return self._widget

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """A widget where a kernel runs; a PNG and one fixed line where none does."""
        live = self.widget()._repr_mimebundle_() or {}
        return {
            "text/plain": self.still,
            "image/png": base64.b64encode(self.png()).decode("ascii"),
            **{kind: data for kind, data in live.items() if kind != "text/plain"},
        }


__all__ = ["Choice", "Picture", "Range", "Scene", "State", "Steps"]
