"""The platform's events as JSON lines, as a function with the log format JSON has them in its log.

Fields: DG telemetry-schema-reference; which event is of which level: DG monitoring-cloudwatchlogs-log-level; their order, and
that there is no event for END: captured logs. All 2024 to 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lablib.models.timestamps import timestamp

# Least detail first. What a function's system log level does not name is left out.
SYSTEM_LEVELS = ("WARN", "INFO", "DEBUG")
APPLICATION_LEVELS = ("FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE")

# The level of an event that went well; any other status makes it WARN.
_LEVELS = {
    "platform.initStart": "INFO",
    "platform.initRuntimeDone": "DEBUG",
    "platform.initReport": "DEBUG",
    "platform.restoreStart": "INFO",
    "platform.restoreRuntimeDone": "DEBUG",
    "platform.restoreReport": "INFO",
    "platform.start": "INFO",
    "platform.runtimeDone": "DEBUG",
    "platform.report": "INFO",
}


def level(kind: str, record: Mapping[str, Any]) -> str:
    """An event's level: ``"WARN"``, ``"INFO"`` or ``"DEBUG"``."""
    if record.get("status", "success") != "success":
        return "WARN"
    if kind == "platform.initReport" and record.get("initializationType") != "on-demand":
        return "INFO"
    return _LEVELS[kind]


def shown(kind: str, record: Mapping[str, Any], system_level: str) -> bool:
    """Whether a function with this system log level has the event in its log."""
    return SYSTEM_LEVELS.index(level(kind, record)) <= SYSTEM_LEVELS.index(system_level)


def line(kind: str, at: float, record: Mapping[str, Any]) -> str:
    """The event as it stands in the log, without a line's end.

    Parameters
    ----------
    at
        Seconds since 1970 on the cloud's clock.
    record
        Members that are None are left out.
    """
    known = {name: value for name, value in record.items() if value is not None}
    return json.dumps({"time": timestamp(at), "type": kind, "record": known}, separators=(",", ":"), ensure_ascii=False)


def tracing(header: str) -> dict[str, str] | None:
    """The ``tracing`` of an event whose tracing header is `header`; None when it is not sampled."""
    parts = dict(part.split("=", 1) for part in header.split(";") if "=" in part)
    if parts.get("Sampled") != "1":
        return None
    return {"spanId": parts.get("Parent", ""), "type": "X-Amzn-Trace-Id", "value": header}
