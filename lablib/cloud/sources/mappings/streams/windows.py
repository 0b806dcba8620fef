"""Tumbling windows: spans of time one after the other, each with a state that is handed from batch to batch.

DG services-kinesis-windows, 2026: boundaries are by the time at which records came into the stream.
"""

from __future__ import annotations

from dataclasses import dataclass

from lablib.models import mappings as limits
from lablib.models.timestamps import whole_seconds


@dataclass(frozen=True)
class Span:
    """A window, from `start` to before `end`: seconds since 1970."""

    start: int
    end: int

    @classmethod
    def of(cls, moment: float, length: int) -> Span:
        """The window of so many seconds in which a moment lies. They are counted from 1970."""
        start = int(moment) // length * length
        return cls(start, start + length)

    @property
    def over(self) -> float:
        """When it is over at the latest, if no later record says so before."""
        return float(self.end + limits.TUMBLING_GRACE_S)

    def told(self) -> dict[str, str]:
        """The event's ``window``."""
        return {"start": whole_seconds(self.start), "end": whole_seconds(self.end)}
