"""What an event source mapping tells CloudWatch, if its ``MetricsConfig`` asks for it.

Names and the dimension: DG monitoring-metrics-types, "Event source mapping metrics", 2026.
"""

from __future__ import annotations

from lablib.cloud.sources.mappings.mapping import Mapping
from lablib.cloud.telemetry.metrics import Metrics


class Counts:
    """The counts of one mapping."""

    def __init__(self, mapping: Mapping, metrics: Metrics) -> None:
        self._mapping, self._metrics = mapping, metrics

    def add(self, metric: str, events: int) -> None:
        """Count so many events."""
        if events and "EventCount" in self._mapping.settings.metrics:
            self._metrics.add(metric, (("EventSourceMappingUUID", self._mapping.uuid),), float(events))
