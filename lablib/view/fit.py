"""Will it fit? A piece of work against Lambda's limits: what breaks, and what to use instead."""

from __future__ import annotations

import math
from typing import Any, Final

from matplotlib.figure import FigureBase
from matplotlib.patches import Rectangle

from lablib.models.limits import QUOTAS, Fit, fits
from lablib.view.picture import Choice, Picture, State, Steps
from lablib.view.theme import Palette

_HOUR: Final = 3_600
_GB: Final = 1_024

_DURATION: Final = (
    ("1 s", 1), ("10 s", 10), ("1 min", 60), ("5 min", 300), ("15 min", 900), ("20 min", 1_200), ("1 hour", _HOUR),
    ("6 hours", 6 * _HOUR), ("1 day", 24 * _HOUR), ("30 days", 720 * _HOUR),
)
_MEMORY: Final = (
    ("128 MB", 128), ("512 MB", 512), ("1,769 MB", 1_769), ("4 GB", 4 * _GB), ("10 GB", 10 * _GB), ("16 GB", 16 * _GB),
    ("32 GB", 32 * _GB), ("64 GB", 64 * _GB),
)
_PACKAGE: Final = (
    ("1 MB", 1), ("10 MB", 10), ("50 MB", 50), ("250 MB", 250), ("300 MB", 300), ("1 GB", _GB),
    ("10 GB", 10 * _GB), ("20 GB", 20 * _GB),
)
_PAYLOAD: Final = (
    ("1 KB", 1 / 1024), ("100 KB", 100 / 1024), ("1 MB", 1), ("2 MB", 2), ("6 MB", 6), ("20 MB", 20),
    ("200 MB", 200), ("1 GB", _GB),
)
_TMP: Final = (
    ("1 MB", 1), ("100 MB", 100), ("512 MB", 512), ("2 GB", 2 * _GB), ("10 GB", 10 * _GB), ("20 GB", 20 * _GB),
    ("50 GB", 50 * _GB),
)
_AT_ONCE: Final = (
    ("1", 1), ("10", 10), ("100", 100), ("1,000", 1_000), ("2,000", 2_000), ("10,000", 10_000), ("200,000", 200_000),
)

_CALLS: Final = (
    ("a caller waits for the answer", "payload_mb"), ("nobody waits: an asynchronous event", "event_mb"),
    ("the answer is streamed", "streamed_mb"),
)
"""(what is shown, the quota that its payload has)."""

_ROWS: Final = (
    Steps("duration_s", "One invocation runs for", _DURATION, 1_200),
    Steps("memory_mb", "It needs memory of", _MEMORY, 1_769),
    Steps("package_mb", "Code and layers are", _PACKAGE, 10),
    Steps("payload_mb", "Event or answer is", _PAYLOAD, 2),
    Steps("tmp_mb", "Files in /tmp are", _TMP, 100),
    Steps("concurrency", "At the same time run", _AT_ONCE, 100),
)
_NAMES: Final = ("running time", "memory", "code and layers", "event or answer", "files in /tmp", "at the same time")

_LOWEST, _HIGHEST = -4.0, 3.0
"""Powers of ten of the limit that the bars span."""


def will_it_fit() -> Picture:
    """A bar for each need against one line, the limit; sliders change the needs."""
    return Picture(
        title="Will it fit? A piece of work against Lambda's limits",
        size=(8.8, 3.3),
        build=_Bars,
        tell=tell,
        controls=(*_ROWS, Choice("called", "How it is called", _CALLS, "payload_mb")),
        still="Picture: six needs of a job beside Lambda's limits; 20 minutes in one invocation are more than 15.",
    )


def answer(state: State) -> Fit:
    """`fits` for this state: its payload counts as what `called` makes of it."""
    return fits(**{_key(row.name, state): state[row.name] for row in _ROWS})


def tell(state: State) -> str:
    """The sentence under the picture."""
    shown = [_shown(row, state[row.name]) for row in _ROWS]
    called = next(text for text, key in _CALLS if key == state["called"])
    job = (
        f"{shown[0]} in one invocation, {shown[1]} of memory, {shown[2]} of code, {shown[3]} of event or answer ({called}), "
        f"{shown[4]} in /tmp, {shown[5]} at the same time"
    )
    breaks = answer(state).breaks
    if not breaks:
        return f"{job}: it fits."
    told = [f"{broken.quota.name}, at most {_most(broken.quota.key)} (instead: {broken.instead[0]})" for broken in breaks]
    broken = f"{len(breaks)} of {len(_ROWS)} limits break{'s' if len(breaks) == 1 else ''}"
    return f"{job}: it does not fit. {broken}: {'; '.join(told)}."


def _key(name: str, state: State) -> str:
    return str(state["called"]) if name == "payload_mb" else name


def _shown(row: Steps, value: Any) -> str:
    return next(text for text, step in row.steps if step == value)


def _most(key: str) -> str:
    quota = QUOTAS[key]
    if quota.unit == "s":
        return f"{quota.most / 60:g} min"
    return f"{quota.most / _GB:g} GB" if quota.unit == "MB" and quota.most >= _GB else f"{quota.most:,g} {quota.unit}".rstrip()


class _Bars:
    """One row a need: its name, its bar against the limit, and in words whether it fits."""

    def __init__(self, figure: FigureBase, palette: Palette) -> None:
        self._palette = palette
        made = figure.add_axes((0, 0, 1, 1))
        made.set_axis_off()
        made.set_xlim(0, 8.8)
        made.set_ylim(len(_ROWS) * 0.44 + 0.12, -0.54)
        self._left, right = 1.75, 6.0
        self._scale = (right - self._left) / (_HIGHEST - _LOWEST)
        line = self._left - _LOWEST * self._scale
        made.plot([line, line], [-0.1, len(_ROWS) * 0.44], color=palette["text"], linewidth=1.6, zorder=3)
        made.text(line, -0.27, "the limit", ha="center", va="center", color=palette["text"], size=10, weight="bold")
        for power, text in ((-3, "a thousandth"), (2, "a hundredfold")):
            x = self._left + (power - _LOWEST) * self._scale
            made.text(x, -0.27, text, ha="center", va="center", color=palette["muted"], size=8.5)
        self._bars, self._words = [], []
        for row, name in enumerate(_NAMES):
            y = row * 0.44
            made.text(self._left - 0.15, y + 0.17, name, ha="right", va="center", color=palette["text"], size=10)
            bar = Rectangle((self._left, y + 0.03), 1, 0.28, linewidth=1)
            made.add_patch(bar)
            self._bars.append(bar)
            self._words.append(made.text(right + 0.12, y + 0.17, "", ha="left", va="center", color=palette["text"], size=9.5))

    def show(self, state: State) -> None:
        broken = {one.quota.key for one in answer(state).breaks}
        for row, bar, word in zip(_ROWS, self._bars, self._words, strict=True):
            key = _key(row.name, state)
            power = math.log10(state[row.name] / QUOTAS[key].most)
            bar.set_width((min(max(power, _LOWEST + 0.1), _HIGHEST) - _LOWEST) * self._scale)
            kind, verdict = ("you", "✗ breaks") if key in broken else ("done", "✓ fits")
            bar.set_facecolor(self._palette[kind])
            bar.set_edgecolor(self._palette[f"{kind}-edge"])
            word.set_text(f"{verdict}: {_shown(row, state[row.name])} of {_most(key)}")
            word.set_fontweight("bold" if key in broken else "normal")
