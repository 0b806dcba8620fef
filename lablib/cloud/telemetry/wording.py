"""How a function's log is worded: as text, or as JSON with its levels.

The data plane says what happened; the words are the function's own setting (``LoggingConfig``).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from lablib.cloud.functions import FunctionVersion
from lablib.environments import LogItem, Outcome
from lablib.models import platform_events, report

# A log stream's first line, of an environment that goes through INIT and of one that is restored.
_FIRST = ("INIT_START Runtime Version: ", "RESTORE_START Runtime Version: ")


@dataclass(frozen=True)
class Ended:
    """An invocation that is over.

    Attributes
    ----------
    trace
        Its tracing header.
    at
        Seconds since 1970 on the cloud's clock.
    """

    request_id: str
    outcome: Outcome
    trace: str
    at: float


class Wording(Protocol):
    """The words of one function's log."""

    def item(self, item: LogItem, at: float, trace: str | None) -> list[str]:
        """An event of an environment as it stands in CloudWatch Logs; nothing when it does not stand there."""
        ...

    def ended(self, ended: Ended) -> list[str]:
        """What is written when an invocation is over."""
        ...

    def tail(self, lines: Sequence[str]) -> str:
        """An invocation's lines, those of INIT before it too, as they stand in LogResult."""
        ...


def wording(version: FunctionVersion, region: str) -> Wording:
    """The words of a version's log."""
    settings = version.settings.get("LoggingConfig", {})
    if settings.get("LogFormat") == "JSON":
        return Json(version, region, settings.get("SystemLogLevel", "INFO"), settings.get("ApplicationLogLevel", "INFO"))
    return Text(version, region)


def _is_traced(version: FunctionVersion) -> bool:
    return bool(version.settings.get("TracingConfig", {}).get("Mode") == "Active")


class Text:
    """Plain text. The platform's lines end in a line feed, the function's as it wrote them."""

    def __init__(self, version: FunctionVersion, region: str) -> None:
        self._version, self._region = version, region

    def item(self, item: LogItem, at: float, trace: str | None) -> list[str]:
        if item.kind == "app":
            return [item.text]
        if item.kind == "init_start":
            return [report.init_start(self._version.runtime, self._region) + "\n"]
        if item.kind == "init_report":
            fields = {name: value for name, value in item.fields.items() if name != "initialization_type"}
            # Of an INIT that went well it is written for provisioned concurrency and SnapStart alone.
            plain = fields["status"] == "success" and item.fields.get("initialization_type", "on-demand") == "on-demand"
            return [] if plain else [report.init_report(**fields) + "\n"]
        if item.kind == "restore_start":
            return [report.restore_start(self._version.runtime, self._region) + "\n"]
        if item.kind == "restore_report":
            return [report.restore_report(**item.fields) + "\n"]
        return [report.start(item.fields["request_id"], self._version.version) + "\n"]

    def ended(self, ended: Ended) -> list[str]:
        line = report.format_report(figures(self._version, ended, digits=2))
        # A tab follows the last field, but not a status (captured logs, 2026). That none stands between a status and XRAY either
        # is unconfirmed.
        line += "\n" if ended.outcome.status != "success" else "\t\n"
        if _is_traced(self._version) and (tracing := platform_events.tracing(ended.trace)) is not None:
            # In the same event, on a line of its own (captured logs, 2019 to 2026). That its segment is the header's parent is
            # unconfirmed.
            root = re.search("Root=([^;]+)", ended.trace)
            line += f"XRAY TraceId: {root[1] if root else ''}\tSegmentId: {tracing['spanId']}\tSampled: true\t\n"
        return [f"{report.end(ended.request_id)}\n", line]

    def tail(self, lines: Sequence[str]) -> str:
        # On AWS too, the tail of a first invocation holds INIT's own lines, but not INIT_START (captured, 2026).
        return "".join(lines[1:] if lines and lines[0].startswith(_FIRST) else lines)


class Json:
    """A JSON object for each event of the platform, without a line's end; what the function writes is left as it is."""

    def __init__(self, version: FunctionVersion, region: str, system_level: str, application_level: str) -> None:
        self._version, self._region = version, region
        self._system_level, self._application_level = system_level, application_level

    def item(self, item: LogItem, at: float, trace: str | None) -> list[str]:
        if item.kind == "app":
            return [item.text] if self._passes(item) else []
        return [line for kind, record in self._records(item, trace) if (line := self._line(kind, at, record))]

    def ended(self, ended: Ended) -> list[str]:
        outcome, traced = ended.outcome, self._tracing(ended.trace)
        # That a function's own exception is a success here, as it is in REPORT, is unconfirmed.
        status = {"requestId": ended.request_id, "status": outcome.status, "errorType": outcome.error_type}
        produced = len(outcome.payload) if outcome.status == "success" else 0
        done = {"durationMs": round(outcome.duration_ms, 3), "producedBytes": produced}
        found = figures(self._version, ended, digits=3)
        metrics = {
            "durationMs": found.duration_ms, "billedDurationMs": found.billed_duration_ms,
            "memorySizeMB": found.memory_size_mb, "maxMemoryUsedMB": found.max_memory_used_mb,
        }  # fmt: skip
        if found.init_duration_ms is not None:
            metrics["initDurationMs"] = found.init_duration_ms
        if found.restore_duration_ms is not None and found.billed_restore_duration_ms is not None:
            metrics |= {
                "restoreDurationMs": found.restore_duration_ms, "billedRestoreDurationMs": found.billed_restore_duration_ms,
            }  # fmt: skip
        # The spans of runtimeDone, which are optional, are not measured here.
        written = (
            self._line("platform.runtimeDone", ended.at, {**status, "tracing": traced, "metrics": done}),
            self._line("platform.report", ended.at, {**status, "metrics": metrics, "tracing": traced}),
        )
        return [line for line in written if line]

    def tail(self, lines: Sequence[str]) -> str:
        # With INIT's start, and without a last line feed (a captured LogResult, 2024).
        return "\n".join(line.removesuffix("\n") for line in lines)

    def _records(self, item: LogItem, trace: str | None) -> list[tuple[str, dict[str, Any]]]:
        version, how = self._version, item.fields.get("initialization_type", "on-demand")
        name, arn = report.runtime_version(version.runtime, self._region)
        which = {
            "runtimeVersion": name, "runtimeVersionArn": arn, "functionName": version.name, "functionVersion": version.version,
        }  # fmt: skip
        if item.kind == "init_start":
            return [("platform.initStart", {"initializationType": how, "phase": "init", **which})]
        if item.kind == "init_report":
            fields = item.fields
            record = {"initializationType": how, "phase": fields["phase"], "status": fields["status"],
                      "errorType": fields.get("error_type")}  # fmt: skip
            return [
                ("platform.initRuntimeDone", record),
                ("platform.initReport", {**record, "metrics": {"durationMs": round(fields["ms"], 3)}}),
            ]
        if item.kind == "restore_start":
            return [("platform.restoreStart", which)]
        if item.kind == "restore_report":
            record = {"status": item.fields["status"], "errorType": item.fields.get("error_type")}
            metrics = {"durationMs": round(item.fields["ms"], 3)}
            return [("platform.restoreRuntimeDone", record), ("platform.restoreReport", {**record, "metrics": metrics})]
        start = {"requestId": item.fields["request_id"], "version": version.version, "tracing": self._tracing(trace)}
        return [("platform.start", start)]

    def _line(self, kind: str, at: float, record: dict[str, Any]) -> str | None:
        return platform_events.line(kind, at, record) if platform_events.shown(kind, record, self._system_level) else None

    def _tracing(self, trace: str | None) -> dict[str, str] | None:
        return platform_events.tracing(trace) if trace and _is_traced(self._version) else None

    def _passes(self, item: LogItem) -> bool:
        """Whether a line of the function's is of a level that is wanted.

        AWS's runtime clients hold their own loggers to the level (AWS_LAMBDA_LOG_LEVEL), and a level that the code itself
        sets goes before it: what comes in their frames passes. A line on standard output is what its JSON says it is,
        and INFO without a level or a timestamp (DG monitoring-cloudwatchlogs-log-level, 2026). That plain
        text is taken for INFO too is unconfirmed.
        """
        if item.fields.get("framed"):
            return True
        wanted = platform_events.APPLICATION_LEVELS.index(self._application_level)
        return platform_events.APPLICATION_LEVELS.index(_level_of(item.text)) <= wanted


# How languages call Lambda's levels. "WARNING" and "CRITICAL" are Python's; that AWS takes them as its own is not confirmed.
_LEVELS = {name: name for name in platform_events.APPLICATION_LEVELS} | {"WARNING": "WARN", "CRITICAL": "FATAL"}


def _level_of(text: str) -> str:
    if not text.startswith("{"):
        return "INFO"
    try:
        said = json.loads(text)
        moment = said.get("timestamp") or said.get("time")
        if "T" not in moment.upper() or datetime.fromisoformat(moment).tzinfo is None:
            return "INFO"
        return _LEVELS[said["level"].upper()]
    except (ValueError, KeyError, AttributeError, RecursionError):
        return "INFO"


def figures(version: FunctionVersion, ended: Ended, *, digits: int) -> report.Report:
    """What REPORT says of an invocation. The printed figures add up: INIT and duration are rounded first."""
    outcome = ended.outcome
    duration = round(outcome.duration_ms, digits)
    init = None if outcome.init_ms is None else round(outcome.init_ms, digits)
    billed = report.billed_ms(duration, init, outcome.billed_restore_ms)
    return report.Report(
        request_id=ended.request_id, duration_ms=duration, billed_duration_ms=billed,
        memory_size_mb=version.memory_size, max_memory_used_mb=outcome.max_memory_mb, init_duration_ms=init,
        restore_duration_ms=None if outcome.restore_ms is None else round(outcome.restore_ms, digits),
        billed_restore_duration_ms=None if outcome.billed_restore_ms is None else math.ceil(outcome.billed_restore_ms),
        status=None if outcome.status == "success" else outcome.status, error_type=outcome.error_type,
    )  # fmt: skip
