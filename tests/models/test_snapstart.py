"""SnapStart's facts, and the lines it writes; the lines are captured ones (2023 to 2026)."""

from __future__ import annotations

import pytest

from lablib.models import report, snapstart

CAPTURED = (
    "REPORT RequestId: 8c360c87-d4b7-4423-b5f3-af02be3c1763\tDuration: 2338.66 ms\tBilled Duration: 2521 ms\t"
    "Memory Size: 3009 MB\tMax Memory Used: 173 MB\tRestore Duration: 398.97 ms\tBilled Restore Duration: 182 ms"
)
READ = report.Report(
    "8c360c87-d4b7-4423-b5f3-af02be3c1763", 2338.66, 2521, 3009, 173, restore_duration_ms=398.97, billed_restore_duration_ms=182
)  # fmt: skip


def test_a_report_with_a_restore_is_read_and_written() -> None:
    assert report.parse_report(CAPTURED) == READ and report.format_report(READ) == CAPTURED
    assert report.parse_report(CAPTURED.replace("\t", " ") + "\t\n") == READ
    assert report.billed_ms(2338.66, restore_ms=182) == 2521
    assert report.billed_ms(13.82, restore_ms=114.6) == 129


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (report.restore_report(511.25, "success"), "RESTORE_REPORT Restore Duration: 511.25 ms"),
        (report.restore_report(1236.04, "timeout"), "RESTORE_REPORT Restore Duration: 1236.04 ms\tStatus: timeout"),
        (report.restore_report(1236.04, "error", "Runtime.ExitError"),
         "RESTORE_REPORT Restore Duration: 1236.04 ms\tStatus: error\tError Type: Runtime.ExitError"),
        (report.restore_start("java11", "us-east-1").replace("local", "v21", 1).partition("\t")[0],
         "RESTORE_START Runtime Version: java:11.v21"),
    ],
)  # fmt: skip
def test_the_platforms_lines(line: str, wanted: str) -> None:
    assert line == wanted


@pytest.mark.parametrize(
    ("runtime", "may"),
    [
        ("python3.11", False), ("python3.12", True), ("python3.14", True), ("java8.al2", False), ("java8.al2023", False),
        ("java11", True), ("java11.al2023", True), ("java25", True), ("dotnet6", False), ("dotnet8", True), ("dotnet10", True),
        ("nodejs24.x", False), ("ruby4.0", False), ("provided.al2023", False), ("", False),
    ],
)  # fmt: skip
def test_who_may_have_it(runtime: str, may: bool) -> None:
    assert snapstart.may_have(runtime) == may
    assert snapstart.is_simulated(runtime) <= runtime.startswith("python")
