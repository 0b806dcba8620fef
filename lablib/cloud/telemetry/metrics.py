"""What Lambda, and what calls it, tell CloudWatch: metrics in namespaces such as ``AWS/Lambda``, one point a minute.

A value is added to its minute on the cloud's clock at once, and given to CloudWatch before CloudWatch is asked for anything
(`flush`). Names, units and dimensions: DG monitoring-metrics-types and monitoring-metrics-view, 2026.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lablib.cloud.clock import Clock
from lablib.models import lifecycle

NAMESPACE = "AWS/Lambda"
MINUTE = 60

Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """One metric with one set of dimensions; ``()`` is the whole account in this region."""

    metric: str
    dimensions: Dimensions
    unit: str
    namespace: str = NAMESPACE


@dataclass(slots=True)
class Statistics:
    """What is kept of a series' values in one minute.

    Attributes
    ----------
    values
        How often each value came; for percentiles. Beyond `lifecycle.METRIC_VALUES` different ones they are kept to
        three digits, as CloudWatch too only keeps them roughly; the other figures stay exact.
    """

    count: float = 0.0
    total: float = 0.0
    lowest: float = math.inf
    highest: float = -math.inf
    values: dict[float, float] = field(default_factory=dict)

    def add(self, value: float, times: float = 1.0) -> None:
        """Count `value`, so many `times`."""
        self.count += times
        self.total += value * times
        if value < self.lowest:
            self.lowest = value
        if value > self.highest:
            self.highest = value
        if value not in self.values and len(self.values) >= lifecycle.METRIC_VALUES:
            value = float(f"{value:.3g}")
        self.values[value] = self.values.get(value, 0.0) + times

    def merge(self, other: Statistics) -> None:
        """Add everything that `other` has counted."""
        self.count += other.count
        self.total += other.total
        self.lowest, self.highest = min(self.lowest, other.lowest), max(self.highest, other.highest)
        for value, times in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + times

    def percentile(self, percent: float) -> float | None:
        """The value that `percent` of all values do not pass; None where the single values are not known."""
        needed, seen = percent / 100 * sum(self.values.values()), 0.0
        for value in sorted(self.values):
            seen += self.values[value]
            if seen >= needed:
                return value
        return None


@dataclass(frozen=True)
class Point:
    """A minute of a series; `minute` is its beginning, in seconds since 1970 on the cloud's clock."""

    series: Series
    minute: int
    statistics: Statistics


Put = Callable[[Sequence[Point]], Awaitable[None]]


class Metrics:
    """The metrics of this cloud, on their way to CloudWatch.

    Parameters
    ----------
    put
        Gives points to CloudWatch. Points of a minute that was given before are added to it.
    """

    def __init__(self, clock: Clock, put: Put) -> None:
        self._clock, self._put = clock, put
        self._points: dict[tuple[int, str, Dimensions, str, str], Statistics] = {}
        self._flushing = asyncio.Lock()

    def record(
        self, metric: str, function_name: str | None, value: float = 1.0, *, qualifier: str | None = None,
        executed_version: str | None = None, unit: str = "Count", at: float | None = None,
    ) -> None:  # fmt: skip
        """Count one value, under every set of dimensions that AWS shows it under.

        Parameters
        ----------
        function_name
            None for a metric that only the account has.
        qualifier
            By which the function was called: an alias, a version, or None.
        executed_version
            The version that an alias led to.
        at
            When, on the cloud's clock: the beginning of an invocation. Now, if None.
        """
        for dimensions in dimensions_of(function_name, qualifier, executed_version):
            self.add(metric, dimensions, value, unit=unit, at=at)

    def add(
        self, metric: str, dimensions: Dimensions, value: float, *, unit: str = "Count", at: float | None = None,
        namespace: str = NAMESPACE,
    ) -> None:  # fmt: skip
        """Count one value under one set of dimensions; `namespace` is the service's, such as ``AWS/Events``."""
        now = self._clock.now() if at is None else at
        key = (int(now) // MINUTE * MINUTE, metric, dimensions, unit, namespace)  # an invocation makes twenty of these
        statistics = self._points.get(key)
        if statistics is None:
            if len(self._points) >= lifecycle.METRIC_POINTS:
                del self._points[next(iter(self._points))]  # the oldest: CloudWatch keeps no more than that either
            statistics = self._points[key] = Statistics()
        statistics.add(value)

    async def flush(self) -> None:
        """Give CloudWatch everything that was counted before this call."""
        async with self._flushing:
            points, self._points = self._points, {}
            if points:
                await self._put([
                    Point(Series(metric, dimensions, unit, namespace), minute, statistics)
                    for (minute, metric, dimensions, unit, namespace), statistics in points.items()
                ])  # fmt: skip

    async def reset(self) -> None:
        """Forget what CloudWatch was not given yet."""
        async with self._flushing:
            self._points = {}


@lru_cache(maxsize=1024)
def dimensions_of(
    function_name: str | None, qualifier: str | None, executed_version: str | None
) -> tuple[Dimensions, ...]:  # fmt: skip
    """Under which sets of dimensions AWS shows a function's metric.

    The whole account; the function; the function and the name it was called by (``Resource``); for an alias the version
    besides. A call without a qualifier has the plain name as its resource (seen in ListMetrics, on no page).
    """
    found: list[Dimensions] = [()]
    if function_name is not None:
        function = (("FunctionName", function_name),)
        resource = (*function, ("Resource", f"{function_name}:{qualifier}" if qualifier else function_name))
        found += [function, resource]
        if executed_version is not None and qualifier is not None and _is_alias(qualifier):
            found.append((*resource, ("ExecutedVersion", executed_version)))
    return tuple(found)


def _is_alias(qualifier: str) -> bool:
    return qualifier != "$LATEST" and not qualifier.isdecimal()
