"""Will it fit? From what a piece of work needs to the limits that it breaks, and what to use instead."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from numbers import Real
from typing import Final

from lablib.models.limits.quotas import QUOTAS, Quota

_MAY_BE_NOTHING: Final = frozenset(
    {"layers", "environment_kb", "tmp_mb", "payload_mb", "event_mb", "streamed_mb", "init_s", "open_files", "threads"}
)
"""Needs that may be 0. Work that takes no time, no memory or no code is a mistake."""

_WIDTH: Final = 100
"""Characters a line may have: what JupyterLab shows in half of a common window."""


@dataclass(frozen=True)
class Break:
    """One limit that the work breaks.

    Attributes
    ----------
    quota : Quota
    needed : float
        In the quota's unit.
    derived : str
        How it follows from other needs; empty when it was asked for itself.
    """

    quota: Quota
    needed: float
    derived: str = ""

    @property
    def instead(self) -> tuple[str, ...]:
        """The alternatives that reach as far as is needed, the nearest first."""
        return tuple(other.what for other in self.quota.instead if other.up_to is None or self.needed <= other.up_to)

    def __str__(self) -> str:
        quota, needed = self.quota, amount(self.needed, self.quota.unit)
        return "\n".join([
            f"  {quota.key}: {needed}{self.derived}, and the most is {amount(quota.most, quota.unit)}.",
            *_wrapped("    what happens: ", f"{quota.beyond}."),
            "    use instead:",
            *(line for what in self.instead for line in _wrapped("      - ", what)),
        ])


@dataclass(frozen=True)
class Fit:
    """The answer of `fits`: true when nothing breaks.

    Attributes
    ----------
    asked : tuple of str
        The keys of the limits that were looked at.
    breaks : tuple of Break
    """

    asked: tuple[str, ...]
    breaks: tuple[Break, ...]

    def __bool__(self) -> bool:
        return not self.breaks

    def __repr__(self) -> str:
        many = f"{len(self.asked)} limit{'' if len(self.asked) == 1 else 's'}"
        if not self.breaks:
            return f"It fits: {many} looked at, none broken."
        return "\n".join([f"It does not fit: {many} looked at, {len(self.breaks)} broken.", *map(str, self.breaks)])


def fits(
    *,
    duration_s: float | None = None,
    memory_mb: float | None = None,
    init_s: float | None = None,
    package_mb: float | None = None,
    zipped_mb: float | None = None,
    image_mb: float | None = None,
    layers: float | None = None,
    environment_kb: float | None = None,
    tmp_mb: float | None = None,
    payload_mb: float | None = None,
    event_mb: float | None = None,
    streamed_mb: float | None = None,
    open_files: float | None = None,
    threads: float | None = None,
    concurrency: float | None = None,
    requests_per_s: float | None = None,
) -> Fit:
    """Which of Lambda's limits a piece of work breaks, and what to use instead. Name what it needs.

    Parameters
    ----------
    duration_s, memory_mb, init_s
        One invocation: its running time, its memory, its start-up before the handler.
    package_mb, zipped_mb, image_mb, layers
        Its code: unzipped with its layers; the zip that is sent to Lambda; a container image instead; how many layers.
    environment_kb, tmp_mb, open_files, threads
        Its environment variables together, its files in /tmp, what it has open, its processes and threads.
    payload_mb, event_mb, streamed_mb
        The larger of event and answer when the caller waits; the event when nobody waits; a streamed answer.
    concurrency, requests_per_s
        How many run at once; how many begin each second. With `duration_s` the second gives the first: their product.

    Raises
    ------
    ValueError
        Nothing was named, or a need is no number, or none that makes sense.

    Examples
    --------
    >>> fits(duration_s=60, memory_mb=2048, package_mb=40)
    It fits: 3 limits looked at, none broken.
    >>> [broken.quota.key for broken in fits(duration_s=3600, payload_mb=20).breaks]
    ['duration_s', 'payload_mb']
    >>> bool(fits(requests_per_s=2000, duration_s=0.6))
    False
    """
    needs = {key: _need(key, value) for key, value in locals().items() if value is not None}
    if not needs:
        raise ValueError("Name at least one thing that the work needs, as in fits(duration_s=60, memory_mb=512).")
    how: dict[str, str] = {}
    if "concurrency" not in needs and {"requests_per_s", "duration_s"} <= needs.keys():
        needs["concurrency"] = math.ceil(round(needs["requests_per_s"] * needs["duration_s"], 6))  # Little's law
        how["concurrency"] = " (requests a second × seconds each)"
    broken = [Break(QUOTAS[key], need, how.get(key, "")) for key, need in needs.items() if need > QUOTAS[key].most]
    return Fit(tuple(needs), tuple(broken))


def amount(value: float, unit: str) -> str:
    """A number as people write it, with its unit: "10,240 MB", "0.5 s"."""
    whole = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3f}".rstrip("0")
    return f"{whole} {unit}".rstrip()


def _wrapped(label: str, text: str) -> list[str]:
    """`text` after `label`, in lines that a notebook does not break."""
    return textwrap.wrap(
        text, _WIDTH, initial_indent=label, subsequent_indent=" " * len(label), break_long_words=False, break_on_hyphens=False
    )


def _need(key: str, value: object) -> float:
    """`value` as a number. Raises ValueError, which says what to give."""
    try:
        need = math.nan if isinstance(value, bool) or not isinstance(value, (int, float, Real)) else float(value)
    except OverflowError:  # an int of hundreds of digits
        need = math.inf
    if not math.isfinite(need):
        raise ValueError(f"{key} takes a number, as in {key}={QUOTAS[key].most:g}; it was given {value!r}.")
    if need < 0 or (need == 0 and key not in _MAY_BE_NOTHING):
        least = "0 or more" if key in _MAY_BE_NOTHING else "more than 0"
        raise ValueError(f"{key} must be {least}; it was given {value!r}.")
    return need
