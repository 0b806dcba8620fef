"""Environments, read from the lines of a log group."""

from __future__ import annotations

from lablib.models.report import Report, format_report
from lablib.models.timeline import LogEvent, environments

ONE, TWO = "2026/11/23/[$LATEST]aaaa", "2026/11/23/[$LATEST]bbbb"


def report(request: str, ms: float, **other: float | str) -> str:
    return format_report(Report(request, ms, round(ms) + 1, 512, 40, **other))  # type: ignore[arg-type]


LINES = (
    LogEvent(ONE, 1_000, "INIT_START Runtime Version: python:3.13.local\n"),
    LogEvent(ONE, 1_040, "START RequestId: r1 Version: $LATEST\n"),
    LogEvent(ONE, 1_041, "START RequestId: is what the handler printed\n"),
    LogEvent(ONE, 1_143, report("r1", 102.5, init_duration_ms=39.5)),
    LogEvent(TWO, 1_050, "INIT_START Runtime Version: python:3.13.local\n"),
    LogEvent(TWO, 1_100, "START RequestId: r2 Version: $LATEST\n"),
    LogEvent(TWO, 1_130, report("r2", 30, init_duration_ms=45.0)),
    LogEvent(ONE, 1_200, "START RequestId: r3 Version: $LATEST\n"),
    LogEvent(ONE, 2_200, report("r3", 1000, status="timeout")),
    LogEvent(TWO, 2_300, "START RequestId: r4 Version: $LATEST\n"),
)


def test_a_stream_is_an_environment() -> None:
    one, two = environments(reversed(LINES))
    assert (one.stream, two.stream) == (ONE, TWO)
    assert [call.report.request_id for call in one.invocations] == ["r1", "r3"]
    assert [call.report.request_id for call in two.invocations] == ["r2"], "r4 has not ended"


def test_when_it_started_up_ran_and_ended() -> None:
    cold, warm = environments(LINES)[0].invocations
    assert (cold.init_ms, cold.busy, cold.began_ms, cold.ended_ms) == (1_000, ((1_000, 1_142.5),), 1_040, 1_142.5)
    assert (warm.init_ms, warm.busy, warm.began_ms, warm.ended_ms) == (None, ((1_200, 2_200),), 1_200, 2_200)
    assert warm.report.status == "timeout"


def test_a_log_without_start_lines_is_read_from_its_reports() -> None:
    """A group whose first lines have expired, or a function that logs at level WARN: REPORT says how long before it began."""
    (found,) = environments([LogEvent(ONE, 1_143, report("r1", 103, init_duration_ms=40.0))])
    (call,) = found.invocations
    assert (call.init_ms, call.began_ms, call.ended_ms) == (1_000, 1_040, 1_143)


def test_lines_in_json_are_read() -> None:
    (found,) = environments([
        LogEvent(ONE, 10, '{"time":"t","type":"platform.initStart","record":{"phase":"init"}}'),
        LogEvent(ONE, 50, '{"time":"t","type":"platform.start","record":{"requestId":"r1","version":"1"}}'),
        LogEvent(ONE, 51, '{"said":"platform.start"} is the function\'s own, "platform.start" too'),
        LogEvent(ONE, 60, '{"time":"t","type":"platform.report","record":{"requestId":"r1","metrics":{"durationMs":9.5,'
                          '"billedDurationMs":50,"memorySizeMB":512,"maxMemoryUsedMB":40,"initDurationMs":39.0}}}'),
    ])  # fmt: skip
    (call,) = found.invocations
    assert (call.init_ms, call.began_ms, call.ended_ms) == (10, 50, 59.5)


def test_a_restore_is_a_start_up() -> None:
    (found,) = environments([
        LogEvent(ONE, 10, "RESTORE_START Runtime Version: java:21.local\n"),
        LogEvent(ONE, 300, "START RequestId: r1 Version: 1\n"),
        LogEvent(ONE, 310, report("r1", 9.0, restore_duration_ms=280.0, billed_restore_duration_ms=3)),
    ])  # fmt: skip
    assert found.invocations[0].init_ms == 10


def test_an_environment_that_started_up_ahead_was_idle_in_between() -> None:
    """Provisioned concurrency: its first REPORT line has an Init Duration that nobody waited for."""
    (found,) = environments([
        LogEvent(ONE, 10, "INIT_START Runtime Version: python:3.13.local\n"),
        LogEvent(ONE, 60_000, "START RequestId: r1 Version: 1\n"),
        LogEvent(ONE, 60_010, report("r1", 9.0, init_duration_ms=40.0)),
    ])  # fmt: skip
    assert found.invocations[0].busy == ((10, 50), (60_000, 60_009))


def test_no_lines_no_environments() -> None:
    assert environments([]) == ()
