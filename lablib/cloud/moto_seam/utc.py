"""moto keeps times as datetimes without a time zone, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(moment: datetime) -> float:
    """Seconds since 1970 of a moment that moto keeps."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
