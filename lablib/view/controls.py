"""What moves a picture: sliders and lists, each with a name that is seen and read aloud, each reachable by keyboard.

They are the browser's own (control.js): the slider of ipywidgets has no accessible name, and from its list JupyterLab takes the
arrow keys.
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
    return {control.name: _input(control, state[control.name], f"{widest:.1f}em", move) for control in controls}


def _input(control: Control, value: Any, wide: str, move: Callable[[str, Any], None]) -> Input:
    values, names, low = _values(control)
    made = control_class()(
        label=control.label, low=low, high=low + len(values) - 1, names=names, value=low + values.index(value), wide=wide,
        listed=isinstance(control, Choice),
    )  # fmt: skip
    made.observe(lambda change: move(control.name, values[change["new"] - low]), names="value")
    return Input(made, lambda new: made.set_trait("value", low + values.index(new)))


def _values(control: Control) -> tuple[list[Any], list[str], int]:
    """(what may be chosen, how each is shown, the number of the first); where there are no names, the numbers alone are shown."""
    if isinstance(control, Range):
        values = list(range(control.low, control.high + 1))
        return values, [f"{one:,} {control.unit}" for one in values] if control.unit else [], control.low
    named = control.steps if isinstance(control, Steps) else control.options
    return [value for _, value in named], [name for name, _ in named], 0


@cache
def control_class() -> Any:
    """A control's widget, made when the first is needed: anywidget and IPython take a tenth of a second to load.

    Its traits: `label`; `low`, `high` and `value`, whole numbers; `names`, what is shown for each value (none: its number);
    `listed`, whether it is a list rather than a slider; `wide`, CSS width of the label.
    """
    import anywidget
    import traitlets

    here = Path(__file__).parent

    class Control(anywidget.AnyWidget):
        _esm = (here / "control.js").read_text(encoding="utf-8")
        _css = (here / "control.css").read_text(encoding="utf-8")
        label = traitlets.Unicode().tag(sync=True)
        low = traitlets.Int().tag(sync=True)
        high = traitlets.Int().tag(sync=True)
        value = traitlets.Int().tag(sync=True)
        names = traitlets.List(traitlets.Unicode()).tag(sync=True)
        listed = traitlets.Bool(False).tag(sync=True)
        wide = traitlets.Unicode().tag(sync=True)

        @traitlets.validate("value")
        def _within(self, proposal: Any) -> int:
            return int(min(max(proposal["value"], self.low), self.high))

    return Control
