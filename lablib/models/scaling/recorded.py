"""A recorded production trace: twenty minutes of Azure Functions, from 2021 (azure_functions_2021.csv, with its source and licence
beside it).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from lablib.models.scaling.arrivals import Recorded

_FILE = Path(__file__).with_name("azure_functions_2021.csv")


@cache
def azure_functions() -> dict[str, Recorded]:
    """Each of the 31 functions of the trace by the first six characters of its name, the busiest first.

    Times are seconds from the beginning of the trace, when each invocation started; its duration was measured too.
    """
    rows: dict[str, list[tuple[float, float]]] = {}
    with _FILE.open(encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            lasts = float(row["duration"])
            rows.setdefault(row["func"][:6], []).append((float(row["end_timestamp"]) - lasts, lasts))
    busiest = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))
    return {name: _recorded(times) for name, times in busiest}


def azure_sample() -> Recorded:
    """All of them together, as the traffic of one function."""
    every = azure_functions().values()
    return _recorded([pair for one in every for pair in zip(one.times, one.durations or ())])


def _recorded(rows: list[tuple[float, float]]) -> Recorded:
    # A start is the difference of two measured figures; a rounding error below 0 is 0.
    return Recorded([max(0.0, start) for start, _ in rows], [lasts for _, lasts in rows])
