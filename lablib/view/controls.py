"""What moves a picture: sliders and lists, each with a name that is seen and read aloud, each reachable by keyboard.

The slider is the browser's own (slider.js): the one of ipywidgets has no accessible name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ipywidgets

_LETTER = 0.55
"""em: a letter's mean width, for a label that must hold the longest of several."""


@dataclass(frozen=True)
class Range:
    """A whole number chosen with a slider; `unit` stands behind it."""

    name: str
    label: str
    low: int
    high: int
    start: int
    unit: str = ""


@dataclass(frozen=True)
class Steps:
    """One of several values in their order, chosen with a slider: for fractions, and for what grows tenfold.

    `steps` are (what is shown, value); `start` is one of the values.
    """

    name: str
    label: str
    steps: tuple[tuple[str, Any], ...]
    start: Any


@dataclass(frozen=True)
class Choice:
    """One of several named values, chosen in a drop-down list. `options` are (what is shown, value)."""

    name: str
    label: str
    options: tuple[tuple[str, Any], ...]
    start: Any


Control = Range | Steps | Choice


@dataclass(frozen=True)
class Input:
    """A control on the page.

    Attributes
    ----------
    widget
        What is shown.
    put : callable (value)
        Moves it.
    """

    widget: ipywidgets.DOMWidget
    put: Callable[[Any], None]


def inputs(controls: Sequence[Control], state: dict[str, Any], move: Callable[[str, Any], None]) -> dict[str, Input]:
    """Every control by its name, as `state` has it; `move` is called with the name and the new value."""
    widest = max((len(control.label) for control in controls), default=0) * _LETTER
    made: dict[str, Input] = {}
    for control in controls:
        make = _list if isinstance(control, Choice) else _slider
        made[control.name] = make(control, state[control.name], f"{widest:.1f}em", move)
    return made


def _list(control: Any, value: Any, wide: str, move: Callable[[str, Any], None]) -> Input:
    import ipywidgets

    box = ipywidgets.Dropdown(
        options=control.options, value=value, description=control.label,
        layout=ipywidgets.Layout(width="auto", max_width="36em"), style={"description_width": wide},  # one width: lists line up
    )
    box.observe(lambda change: move(control.name, change["new"]), names="value")
    return Input(box, lambda new: box.set_trait("value", new))


def _slider(control: Any, value: Any, wide: str, move: Callable[[str, Any], None]) -> Input:
    if isinstance(control, Steps):
        values = [one for _, one in control.steps]
        low, names = 0, [name for name, _ in control.steps]
    else:
        values = list(range(control.low, control.high + 1))
        low, names = control.low, [f"{one:,} {control.unit}" for one in values] if control.unit else []
    slider = slider_class()(
        label=control.label, low=low, high=low + len(values) - 1, names=names, value=low + values.index(value), wide=wide
    )
    slider.observe(lambda change: move(control.name, values[change["new"] - low]), names="value")
    return Input(slider, lambda new: slider.set_trait("value", low + values.index(new)))


@cache
def slider_class() -> Any:
    """The slider, made when the first is needed: anywidget and IPython take a tenth of a second to load.

    Its traits: `label`; `low`, `high` and `value`, whole numbers; `names`, what is shown for each value (none: the number); `wide`,
    CSS width of the label.
    """
    import anywidget
    import traitlets

    here = Path(__file__).parent

    class Slider(anywidget.AnyWidget):
        _esm = (here / "slider.js").read_text(encoding="utf-8")
        _css = (here / "slider.css").read_text(encoding="utf-8")
        label = traitlets.Unicode().tag(sync=True)
        low = traitlets.Int().tag(sync=True)
        high = traitlets.Int().tag(sync=True)
        value = traitlets.Int().tag(sync=True)
        names = traitlets.List(traitlets.Unicode()).tag(sync=True)
        wide = traitlets.Unicode().tag(sync=True)

        @traitlets.validate("value")
        def _within(self, proposal: Any) -> int:
            return int(min(max(proposal["value"], self.low), self.high))

    return Slider
