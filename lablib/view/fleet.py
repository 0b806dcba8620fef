"""A function's fleet as numbers: which environment worked when, read from log lines or simulated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lablib.models.scaling import Result
from lablib.models.timeline import Environment

Floats = NDArray[np.float64]
Row = tuple[int, float, float, float]


@dataclass(frozen=True, eq=False)
class Fleet:
    """What environments did, one element an invocation, sorted by environment and then by time. Seconds from the first call on.

    Attributes
    ----------
    environment
        0, 1, 2 … in the order in which they began.
    began, ready, ended
        It works from `began` to `ended`; until `ready` it starts up (INIT). Both are the same where it was warm.
    refused : (times, total)
        How many calls were refused until each time. A log group does not tell: empty.
    """

    environment: NDArray[np.int32]
    began: Floats
    ready: Floats
    ended: Floats
    refused: tuple[Floats, Floats]

    @property
    def size(self) -> int:
        """Environments that ever were."""
        return int(self.environment[-1]) + 1 if self.environment.size else 0

    def levels(self, times: Floats) -> tuple[Floats, Floats]:
        """(environments that exist, environments that start or work) at each time.

        None is ended within the time that is shown: that takes minutes.
        """
        first = np.sort(self.began[np.unique(self.environment, return_index=True)[1]])
        existing = np.searchsorted(first, times, side="right")
        begun = np.searchsorted(np.sort(self.began), times, side="right")
        over = np.searchsorted(np.sort(self.ended), times, side="right")
        return existing.astype(np.float64), (begun - over).astype(np.float64)


def live(environments: Sequence[Environment], since_ms: float = 0.0) -> Fleet:
    """What the logs tell of invocations that began from `since_ms` on (milliseconds since 1970)."""
    told = [
        (environment.stream, one.busy_from_ms, one.began_ms, one.ended_ms)
        for environment in environments for one in environment.invocations if one.busy_from_ms >= since_ms
    ]
    told.sort(key=lambda row: row[1])
    zero = told[0][1] if told else 0.0
    numbers = {stream: number for number, stream in enumerate(dict.fromkeys(row[0] for row in told))}
    rows = [(numbers[stream], *((at - zero) / 1000 for at in when)) for stream, *when in told]
    return _fleet(rows, (np.empty(0), np.empty(0)))  # type: ignore[arg-type]


def simulated(result: Result) -> Fleet:
    """A run of the simulator. Raises ValueError when it was not told to keep its invocations."""
    if result.invocations and not result.spans:
        raise ValueError("this run did not keep its invocations; simulate again, with trace=True")
    numbers = {made: number for number, made in enumerate(dict.fromkeys(span.environment for span in result.spans))}
    rows = [(numbers[span.environment], span.start, span.start + span.init_s, span.end) for span in result.spans]
    widths = np.diff(result.series.edges)
    return _fleet(rows, (result.series.edges[1:], np.cumsum(result.series.throttles * widths)))


def _fleet(rows: Iterable[Row], refused: tuple[Floats, Floats]) -> Fleet:
    table = np.array(sorted(rows), dtype=np.float64).reshape(-1, 4)
    environment, began, ready, ended = table.T
    return Fleet(environment.astype(np.int32), began, ready, ended, refused)
