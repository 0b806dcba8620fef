"""The lines that Lambda itself writes into a function's log, written and read.

Format: DG lambda-runtime-environment and captured logs, 2026 (the newer style, with
``Status`` and ``Error Type``, and without a separate "Task timed out" line). Fields are
separated by tabs.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """One REPORT line.

    Attributes
    ----------
    duration_ms, billed_duration_ms
        Milliseconds. INIT is billed too (since 2025-08-01), so the second includes
        `init_duration_ms`, rounded up to a whole millisecond.
    memory_size_mb, max_memory_used_mb
        What the function was given, and the most it has used.
    init_duration_ms
        Milliseconds of INIT; None when the environment was warm.
    restore_duration_ms, billed_restore_duration_ms
        Milliseconds in which a SnapStart environment was restored, and those of them that are billed (its process
        ran: the after-restore hooks); None without a restore.
    status, error_type
        ``"timeout"`` or ``"error"`` with e.g. ``"Runtime.ExitError"``; None when all
        went well, and also when the function raised an exception of its own.
    """

    request_id: str
    duration_ms: float
    billed_duration_ms: int
    memory_size_mb: int
    max_memory_used_mb: int
    init_duration_ms: float | None = None
    restore_duration_ms: float | None = None
    billed_restore_duration_ms: int | None = None
    status: str | None = None
    error_type: str | None = None

    @property
    def cold(self) -> bool:
        """Whether this invocation had to wait for INIT."""
        return self.init_duration_ms is not None


def billed_ms(duration_ms: float, init_ms: float | None = None, restore_ms: float | None = None) -> int:
    """Whole milliseconds that are billed: INIT and duration together, rounded up; what is billed of a restore by itself.

    Checked against the guide's own samples: 133.61 + 80.00 gives 214; 3,016.78 +
    84.00 gives 3,101; and against a captured SnapStart line (2023): 2,338.66 and 182 give 2,521.
    """
    return math.ceil(round(duration_ms + (init_ms or 0.0), 3)) + math.ceil(restore_ms or 0.0)


def format_report(report: Report) -> str:
    """The REPORT line as CloudWatch Logs has it."""
    fields = [
        f"REPORT RequestId: {report.request_id}",
        f"Duration: {report.duration_ms:.2f} ms",
        f"Billed Duration: {report.billed_duration_ms} ms",
        f"Memory Size: {report.memory_size_mb} MB",
        f"Max Memory Used: {report.max_memory_used_mb} MB",
    ]
    if report.init_duration_ms is not None:
        fields.append(f"Init Duration: {report.init_duration_ms:.2f} ms")
    if report.restore_duration_ms is not None:
        fields.append(f"Restore Duration: {report.restore_duration_ms:.2f} ms")
        fields.append(f"Billed Restore Duration: {report.billed_restore_duration_ms} ms")
    if report.status:
        fields.append(f"Status: {report.status}")
    if report.error_type:
        fields.append(f"Error Type: {report.error_type}")
    return "\t".join(fields)


_FIELD = {
    "duration_ms": r"\tDuration: ([\d.]+) ms",
    "billed_duration_ms": r"\tBilled Duration: (\d+) ms",
    "memory_size_mb": r"\tMemory Size: (\d+) MB",
    "max_memory_used_mb": r"\tMax Memory Used: (\d+) MB",
    "init_duration_ms": r"\tInit Duration: ([\d.]+) ms",
    "restore_duration_ms": r"\tRestore Duration: ([\d.]+) ms",
    "billed_restore_duration_ms": r"\tBilled Restore Duration: (\d+) ms",
    "status": r"\tStatus: (\w+)",
    "error_type": r"\tError Type: ([\w.]+)",
}
_TYPES = {"duration_ms": float, "init_duration_ms": float, "restore_duration_ms": float, "status": str, "error_type": str}


def parse_report(line: str) -> Report | None:
    """The Report that `line` holds, or None when it is another line.

    Lines that were pasted with spaces in place of tabs are read too, and so is ``platform.report``, the line of a
    function whose log format is JSON.
    """
    if line.startswith("{"):
        return _parse_json(line)
    head = re.match(r"REPORT RequestId: (\S+)\s", line)
    if head is None:
        return None
    line = re.sub(r"\s{2,}|\t| (?=(?:Duration|Billed|Memory Size|Max|Init|Restore|Status|Error Type)\b)", "\t", line)
    line = re.sub(r"(Billed|Init|Restore)\t(?=Duration)", r"\1 ", re.sub(r"Billed\tRestore", "Billed Restore", line))
    found: dict[str, str | float | int] = {}
    for name, pattern in _FIELD.items():
        if match := re.search(pattern, line):
            found[name] = _TYPES.get(name, int)(match[1])
    try:
        return Report(request_id=head[1], **found)  # type: ignore[arg-type]
    except TypeError:
        return None  # a REPORT without a duration is none


_METRICS = {
    "durationMs": "duration_ms",
    "billedDurationMs": "billed_duration_ms",
    "memorySizeMB": "memory_size_mb",
    "maxMemoryUsedMB": "max_memory_used_mb",
    "initDurationMs": "init_duration_ms",
    "restoreDurationMs": "restore_duration_ms",
    "billedRestoreDurationMs": "billed_restore_duration_ms",
}


def _parse_json(line: str) -> Report | None:
    if '"platform.report"' not in line:
        return None
    try:
        event = json.loads(line)
        record = event["record"]
        if event["type"] != "platform.report":
            return None
        figures = {_METRICS[name]: value for name, value in record["metrics"].items() if name in _METRICS}
        status = record.get("status", "success")
        return Report(
            request_id=record["requestId"], status=None if status == "success" else status,
            error_type=record.get("errorType"), **figures,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def runtime_version(runtime: str, region: str) -> tuple[str, str]:
    """A runtime's version and its ARN, as an environment's first line names them: ``python:3.12.local`` of ``python3.12``.

    In the place of ``local`` AWS has its release (``nodejs:18.v28``, captured 2024), and a hash of it in the ARN.
    """
    name, version = re.match(r"([a-z]+)(.*)", runtime).groups()  # type: ignore[union-attr]
    release = ".".join([version.strip(".").removesuffix(".x"), "local"]).lstrip(".")
    return f"{name}:{release}", f"arn:aws:lambda:{region}::runtime:local"


def init_start(runtime: str, region: str) -> str:
    """INIT_START, the first line of an environment."""
    version, arn = runtime_version(runtime, region)
    return f"INIT_START Runtime Version: {version}\tRuntime Version ARN: {arn}"


def init_report(ms: float, phase: str, status: str, error_type: str | None = None) -> str:
    """INIT_REPORT, written when INIT failed: `phase` is ``init`` or ``invoke``."""
    line = f"INIT_REPORT Init Duration: {ms:.2f} ms\tPhase: {phase}\tStatus: {status}"
    return f"{line}\tError Type: {error_type}" if error_type else line


def restore_start(runtime: str, region: str) -> str:
    """RESTORE_START, the first line of an environment that is restored from a snapshot."""
    version, arn = runtime_version(runtime, region)
    return f"RESTORE_START Runtime Version: {version}\tRuntime Version ARN: {arn}"


def restore_report(ms: float, status: str, error_type: str | None = None) -> str:
    """RESTORE_REPORT, after the after-restore hooks; the status only when it is no success (DG, captured logs 2023 to 2026)."""
    line = f"RESTORE_REPORT Restore Duration: {ms:.2f} ms"
    line += "" if status == "success" else f"\tStatus: {status}"
    return f"{line}\tError Type: {error_type}" if error_type else line


def start(request_id: str, version: str) -> str:
    return f"START RequestId: {request_id} Version: {version}"


def end(request_id: str) -> str:
    return f"END RequestId: {request_id}"
