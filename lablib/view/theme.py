"""Colours that are readable in the light and in the dark theme.

A picture names its colours by what they mean. In SVG each becomes a CSS variable, so that one drawing follows
JupyterLab's theme while the reader switches it; in a PNG, which cannot follow, it is the light value on white.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PAGE_LIGHT: Final = "#ffffff"
"""JupyterLab Light's `--jp-layout-color0` (JupyterLab 4.6)."""
PAGE_DARK: Final = "#111111"
"""JupyterLab Dark's `--jp-layout-color0` (JupyterLab 4.6)."""


@dataclass(frozen=True)
class Ink:
    """One colour by meaning.

    Attributes
    ----------
    name : str
        What it means; the CSS variable is `--ll-<name>`.
    mark : str
        `#rrggbb` that stands for it inside a drawing until the SVG is written. Unique.
    light, dark : str
        `#rrggbb` in each theme.
    """

    name: str
    mark: str
    light: str
    dark: str


INKS: Final[tuple[Ink, ...]] = (
    Ink("text", "#a10001", "#1b1b1f", "#f2f2f5"),
    Ink("muted", "#a10002", "#55555f", "#b4b4bf"),
    Ink("rule", "#a10003", "#85858f", "#83838f"),
    Ink("plain", "#a10004", "#f3f3f6", "#24242a"),
    Ink("you", "#a10005", "#ffe0b8", "#57320a"),
    Ink("you-edge", "#a10006", "#a85300", "#ffa94d"),
    Ink("aws", "#a10007", "#d3e9ff", "#123a5c"),
    Ink("aws-edge", "#a10008", "#1b68ab", "#6cb6ff"),
    Ink("done", "#a10009", "#d2efd5", "#14421f"),
    Ink("done-edge", "#a1000a", "#1f7a33", "#63d07a"),
    Ink("focus", "#a1000b", "#b5136b", "#ff7ebb"),
    Ink("bad", "#a1000c", "#ffdad6", "#5c1512"),
    Ink("bad-edge", "#a1000d", "#b3261e", "#ff8f84"),
)

TEXT_ON: Final[tuple[tuple[str, str | None], ...]] = (
    ("text", None), ("muted", None), ("text", "plain"), ("muted", "plain"), ("text", "you"), ("text", "aws"),
    ("text", "done"), ("text", "bad"), ("you-edge", None), ("aws-edge", None), ("done-edge", None), ("focus", None),
    ("bad-edge", None),
)
"""Every pair (ink, the ink under it; None is the page) in which text is drawn. A test holds each at 4.5 : 1."""

EDGES_ON_PAGE: Final = ("rule", "you-edge", "aws-edge", "done-edge", "focus", "bad-edge")
"""Lines that carry meaning against the page. A test holds each at 3 : 1."""

_BY_NAME: Final = {ink.name: ink for ink in INKS}


class Palette:
    """Colours for one way of drawing: `Palette.marks()` for SVG, `Palette.light()` for a PNG."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    @classmethod
    def marks(cls) -> Palette:
        return cls({ink.name: ink.mark for ink in INKS})

    @classmethod
    def light(cls) -> Palette:
        return cls({ink.name: ink.light for ink in INKS})

    def __getitem__(self, name: str) -> str:
        return self._values[name]


def with_variables(svg: str) -> str:
    """Replace each ink's mark in `svg` by its CSS variable."""
    for ink in INKS:
        svg = svg.replace(ink.mark, f"var(--ll-{ink.name})")
    return svg


def stylesheet() -> str:
    """CSS that gives every variable its value in JupyterLab's, VS Code's and Colab's themes, and elsewhere by the system's."""
    light = "".join(f"--ll-{ink.name}:{ink.light};" for ink in INKS)
    dark = "".join(f"--ll-{ink.name}:{ink.dark};" for ink in INKS)
    return (
        f".ll{{{light}color:var(--ll-text)}}"
        f"@media(prefers-color-scheme:dark){{body:not([data-jp-theme-light]):not(.vscode-light) .ll{{{dark}}}}}"
        f"body[data-jp-theme-light='false'] .ll,body.vscode-dark .ll,html[theme='dark'] .ll{{{dark}}}"
        ".ll svg{max-width:100%;height:auto;display:block}.ll p{margin:.4em 0;line-height:1.45;max-width:66em}"
        ".ll .ll-listing{max-width:66em;max-height:24em;overflow:auto;margin:.2em 0;padding:.5em .8em;line-height:1.4;"
        "white-space:pre-wrap;overflow-wrap:anywhere;color:var(--ll-text);background:var(--ll-plain);border:1px solid var(--ll-rule)}"
    )


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    bright, dim = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def ink_value(name: str | None, *, dark: bool) -> str:
    """The `#rrggbb` of an ink, or of the page when `name` is None, in one theme."""
    if name is None:
        return PAGE_DARK if dark else PAGE_LIGHT
    ink = _BY_NAME[name]
    return ink.dark if dark else ink.light


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
