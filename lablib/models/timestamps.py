"""Times as AWS writes them: ISO 8601 in UTC, to the millisecond or the second."""

from __future__ import annotations

from datetime import datetime, timezone


def timestamp(at: float, zone: str = "Z") -> str:
    """``2024-05-20T16:29:44.833Z``, of seconds since 1970; the API's ``LastModified`` has ``+0000`` for its zone."""
    moment = datetime.fromtimestamp(int(at * 1000) / 1000, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{zone}"


def whole_seconds(at: float) -> str:
    """``2024-05-20T16:29:44Z``, of seconds since 1970; fractions of a second are dropped."""
    return f"{datetime.fromtimestamp(int(at), timezone.utc):%Y-%m-%dT%H:%M:%SZ}"
