"""The platform's lines: what is written is read again, as text and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.models import platform_events
from lablib.models.report import Report, billed_ms, format_report, init_start, parse_report, runtime_version

MILLISECONDS = st.integers(0, 90_000_000).map(lambda hundredths: hundredths / 100)
REPORTS = st.builds(
    Report, request_id=st.uuids().map(str), duration_ms=MILLISECONDS, billed_duration_ms=st.integers(0, 1_000_000),
    memory_size_mb=st.integers(128, 10240), max_memory_used_mb=st.integers(0, 10240),
    init_duration_ms=st.none() | MILLISECONDS, status=st.sampled_from([None, "error", "timeout"]),
    error_type=st.none() | st.just("Runtime.ExitError"),
)  # fmt: skip


@given(REPORTS)
def test_a_line_is_read_as_it_was_written(report: Report) -> None:
    line = format_report(report)
    assert parse_report(line) == report
    assert parse_report(line + "\t\nXRAY TraceId: 1-5e34a614-10bd\tSegmentId: 07f5\tSampled: true\t\n") == report
    assert parse_report(line.replace("\t", "  ")) == report  # as people paste it


@given(REPORTS)
def test_json_is_read_as_it_was_written(report: Report) -> None:
    metrics = {
        "durationMs": report.duration_ms, "billedDurationMs": report.billed_duration_ms, "memorySizeMB": report.memory_size_mb,
        "maxMemoryUsedMB": report.max_memory_used_mb,
    } | ({} if report.init_duration_ms is None else {"initDurationMs": report.init_duration_ms})  # fmt: skip
    status = {"status": report.status or "success", "errorType": report.error_type}
    record = {"requestId": report.request_id, **status, "metrics": metrics}
    assert parse_report(platform_events.line("platform.report", 0.0, record)) == report


OTHER_LINES = (
    "", "START RequestId: 1 Version: 1", "REPORT RequestId: 1\t", "REPORT", "{", '{"type":"platform.report"}', "[]",
    '{"message": "\\"platform.report\\""}', '{"type":"platform.report","record":{"requestId":"1","metrics":{}}}',
    '{"type":"platform.report","record":[]}', '{"type":"platform.start","record":{"platform.report":1}}',
)  # fmt: skip


@pytest.mark.parametrize("line", OTHER_LINES)
def test_another_line_is_none(line: str) -> None:
    assert parse_report(line) is None


RUNTIMES = {
    "python3.12": "python:3.12.local", "nodejs22.x": "nodejs:22.local", "java8.al2": "java:8.al2.local",
    "dotnet8": "dotnet:8.local", "provided.al2023": "provided:al2023.local", "ruby3.4": "ruby:3.4.local",
}  # fmt: skip


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_versions_of_runtimes(runtime: str) -> None:
    assert runtime_version(runtime, "eu-west-1") == (RUNTIMES[runtime], "arn:aws:lambda:eu-west-1::runtime:local")
    assert init_start(runtime, "eu-west-1") == (
        f"INIT_START Runtime Version: {RUNTIMES[runtime]}\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:local"
    )


@pytest.mark.parametrize("duration, init, billed", [(133.61, 80.0, 214), (3016.78, 84.0, 3101), (1.0, None, 1), (1.01, None, 2)])
def test_what_is_billed(duration: float, init: float | None, billed: int) -> None:
    """The first two are the guide's own samples."""
    assert billed_ms(duration, init) == billed


# DG monitoring-cloudwatchlogs-log-level, "System log level event mapping", 2026: event, its record, its level.
LEVELS: list[tuple[str, dict[str, Any], str]] = [
    ("initStart", {}, "INFO"),
    ("initRuntimeDone", {"status": "success"}, "DEBUG"),
    ("initRuntimeDone", {"status": "error"}, "WARN"),
    ("initReport", {"status": "success", "initializationType": "on-demand"}, "DEBUG"),
    ("initReport", {"status": "success", "initializationType": "provisioned-concurrency"}, "INFO"),
    ("initReport", {"status": "timeout", "initializationType": "on-demand"}, "WARN"),
    ("restoreStart", {}, "INFO"),
    ("restoreRuntimeDone", {"status": "success"}, "DEBUG"),
    ("restoreRuntimeDone", {"status": "error"}, "WARN"),
    ("restoreReport", {"status": "success"}, "INFO"),
    ("restoreReport", {"status": "timeout"}, "WARN"),
    ("start", {}, "INFO"),
    ("runtimeDone", {"status": "success"}, "DEBUG"),
    ("runtimeDone", {"status": "failure"}, "WARN"),
    ("report", {"status": "success"}, "INFO"),
    ("report", {"status": "error"}, "WARN"),
]


@pytest.mark.parametrize("event, record, level", LEVELS, ids=str)
def test_the_levels_of_events(event: str, record: dict[str, Any], level: str) -> None:
    kind = f"platform.{event}"
    assert platform_events.level(kind, record) == level
    seen = [system for system in platform_events.SYSTEM_LEVELS if platform_events.shown(kind, record, system)]
    assert seen == list(platform_events.SYSTEM_LEVELS[platform_events.SYSTEM_LEVELS.index(level) :])


def test_a_line_of_json() -> None:
    line = platform_events.line("platform.start", 1710356184.0465, {"requestId": "1", "tracing": None})
    assert line == '{"time":"2024-03-13T18:56:24.046Z","type":"platform.start","record":{"requestId":"1"}}'
    assert json.loads(line)["type"] == "platform.start"
    header = "Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled="
    assert platform_events.tracing(header + "0") is None
    sampled = {"spanId": "0efbd19962d95b05", "type": "X-Amzn-Trace-Id", "value": header + "1"}
    assert platform_events.tracing(header + "1") == sampled
