"""Axes in the house's colours, for pictures that are charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.ticker import FuncFormatter, NullLocator

from lablib.view.theme import Palette

_SIZE = 9
"""Points: the letters of ticks and labels."""


def axes(
    figure: FigureBase,
    palette: Palette,
    rect: tuple[float, float, float, float] = (0.09, 0.17, 0.88, 0.76),
    *,
    x: str = "",
    y: str = "",
    log: str = "",
) -> Axes:
    """Axes with a light grid and plain numbers.

    Parameters
    ----------
    rect : left, bottom, width, height, in fractions of the figure
    x, y : str
        What is measured, with its unit.
    log : str
        "x", "y" or "xy": the axes that grow tenfold from step to step.
    """
    made = figure.add_axes(rect)
    made.patch.set_visible(False)
    for side, spine in made.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(palette["rule"])
    made.tick_params(colors=palette["muted"], labelsize=_SIZE, which="both")
    made.grid(True, color=palette["rule"], alpha=0.3, linewidth=0.6)
    made.set_axisbelow(True)
    made.set_xlabel(x, color=palette["text"], size=_SIZE)
    made.set_ylabel(y, color=palette["text"], size=_SIZE)
    for letter, axis in (("x", made.xaxis), ("y", made.yaxis)):
        if letter in log:
            (made.set_xscale if letter == "x" else made.set_yscale)("log")
            axis.set_minor_locator(NullLocator())  # eight more ticks a decade, which take longer to draw than the rest
        axis.set_major_formatter(FuncFormatter(_number))
    return made


def _number(value: float, _: Any) -> str:
    """1,000,000 rather than 1e6; 0.001 as it is."""
    return f"{value:,.0f}" if abs(value) >= 1 and value == round(value) else f"{value:.6g}"


def legend(made: Axes, palette: Palette, handles: Sequence[Any], where: str = "upper right") -> None:
    """What each line is, in words."""
    box = made.legend(handles=handles, loc=where, fontsize=_SIZE, labelcolor=palette["text"], framealpha=0.0)
    box.set_zorder(5)
