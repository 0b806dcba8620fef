"""What metric filters make of log events. Source: "Creating metric filters", CloudWatch Logs User Guide, 2026."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam.subscriptions import Event, MetricFilter
from lablib.cloud.sources.logs.filters import FilterPattern, InvalidPattern, compiled
from lablib.cloud.sources.logs.filters.comparisons import number_of


@dataclass(frozen=True)
class Datum:
    """A value of a metric; `at` in seconds since 1970."""

    namespace: str
    metric: str
    value: float
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    at: float


def measured(found: MetricFilter, events: Sequence[Event]) -> list[Datum]:
    """The values of a filter's metrics for log events that came at once."""
    try:
        pattern = compiled(found.pattern)
    except InvalidPattern:  # it came past the desk
        return []
    through = [event for event in events if pattern.matches(event.message)]
    return [datum for given in found.transformations for datum in _transformed(given, pattern, through, events)]


def _transformed(
    given: dict[str, Any], pattern: FilterPattern, through: Sequence[Event], events: Sequence[Event]
) -> Iterable[Datum]:  # fmt: skip
    def datum(event: Event, value: float, dimensions: tuple[tuple[str, str], ...] = ()) -> Datum:
        return Datum(
            given["metricNamespace"], given["metricName"], value, given.get("unit") or "None", dimensions, event.timestamp / 1000
        )  # fmt: skip

    for event in through:
        text = str(given["metricValue"])
        value = number_of((pattern.part(event.message, text) or "") if text.startswith("$") else text)
        wanted = (given.get("dimensions") or {}).items()
        dimensions = [(name, found) for name, part in wanted if (found := pattern.part(event.message, part)) is not None]
        if value is not None and len(dimensions) == len(wanted):
            yield datum(event, value, tuple(dimensions))
    if not through and given.get("defaultValue") is not None:
        yield datum(events[-1], float(given["defaultValue"]))  # one for all that came: zero is what it is there for
