"""Cold starts as they were measured on AWS: lambda-perf-2026.json, with its licence and what was changed beside it."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

_DATA: Final = Path(__file__).with_name("lambda-perf-2026.json")

PACKAGES: Final = ("zip", "image")
ARCHITECTURES: Final = ("x86_64", "arm64")
MEMORIES_MB: Final = (128, 256, 512, 1024)
"""What was measured; MB as Lambda counts them."""


@dataclass(frozen=True)
class Source:
    """Where the measurements are from.

    Attributes
    ----------
    url, commit : str
    licence : str
    first, last : str
        The first and the last day, "2026-01-01".
    days : int
        So many days were measured.
    """

    url: str
    commit: str
    licence: str
    first: str
    last: str
    days: int


SOURCE: Final = Source(
    "https://github.com/maxday/lambda-perf", "6070b7947b5ddf788cb69f2ffe6bbde3e22033fb", "Apache-2.0",
    "2026-01-01", "2026-08-22", 198,
)  # fmt: skip


@dataclass(frozen=True)
class Measurement:
    """A hello-world function's cold starts.

    Attributes
    ----------
    runtime : str
        As published: "python3.13", "java21", "rust (prov.al2023)".
    package, architecture : str
        One of `PACKAGES`, one of `ARCHITECTURES`.
    memory_mb : int
        One of `MEMORIES_MB`.
    starts : int
        How many cold starts were measured.
    p10, p50, p90, p99, slowest : float
        Milliseconds of Init Duration: percentiles, and the slowest of all.
    first_invoke_ms : float
        Milliseconds of Duration of the first invocation: the median, over the days, of a day's mean.
    """

    runtime: str
    package: str
    architecture: str
    memory_mb: int
    starts: int
    p10: float
    p50: float
    p90: float
    p99: float
    slowest: float
    first_invoke_ms: float

    @property
    def first_answer_ms(self) -> float:
        """What a client waits for at least: the median INIT, then the first invocation."""
        return self.p50 + self.first_invoke_ms


@cache
def measurements() -> tuple[Measurement, ...]:
    """Everything that was measured: 620 rows, by runtime, package, architecture and memory. Read once."""
    with _DATA.open(encoding="utf-8") as file:
        return tuple(_read(row) for row in json.load(file)["rows"])


def _read(row: dict[str, Any]) -> Measurement:
    return Measurement(
        row["runtime"], row["package"], row["arch"], row["memory_mb"], row["n"],
        row["p10"], row["p50"], row["p90"], row["p99"], row["max"], row["avg_first_invoke_ms_median"],
    )  # fmt: skip


@cache
def _index() -> dict[tuple[str, str, str, int], Measurement]:
    return {(one.runtime, one.package, one.architecture, one.memory_mb): one for one in measurements()}


@cache
def runtimes() -> tuple[str, ...]:
    """The names of the runtimes that were measured, in alphabetical order."""
    return tuple(sorted({one.runtime for one in measurements()}))


def published(runtime: str, *, package: str = "zip", architecture: str = "x86_64", memory_mb: int = 128) -> Measurement:
    """What was measured of one runtime, package, architecture and memory size.

    Raises
    ------
    ValueError
        It was not measured; the text says what was.

    Examples
    --------
    >>> published("python3.13").p50
    100.83
    """
    _choose("package", package, PACKAGES)
    _choose("architecture", architecture, ARCHITECTURES)
    if type(memory_mb) is not int or memory_mb not in MEMORIES_MB:
        raise ValueError(f"memory_mb: {memory_mb!r} MB was not measured; give one of {_listed(MEMORIES_MB)}.")
    if runtime not in runtimes():
        near = difflib.get_close_matches(str(runtime), runtimes(), n=4, cutoff=0.5)
        hint = f"near it are {_listed(near)}" if near else f"some that were: {_listed(('python3.14', 'nodejs24.x', 'java25'))}"
        raise ValueError(f"runtime: {runtime!r} was not measured; {hint}. runtimes() lists all {len(runtimes())}.")
    found = _index().get((runtime, package, architecture, memory_mb))
    if found is None:
        there = sorted({f"{one.package} on {one.architecture}" for one in measurements() if one.runtime == runtime})
        raise ValueError(f"{runtime!r} was not measured as {package} on {architecture}; give {' or '.join(there)}.")
    return found


def _choose(name: str, value: object, among: tuple[str, ...]) -> None:
    if value not in among:
        raise ValueError(f"{name}: {value!r} was not measured; give {' or '.join(map(repr, among))}.")


def _listed(names: Any) -> str:
    return ", ".join(map(repr, names))
