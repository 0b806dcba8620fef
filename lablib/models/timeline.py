"""What a log group tells of a function's environments: one log stream is one environment's (AWS Lambda Developer Guide,
"Sending Lambda function logs to CloudWatch Logs", read 2026-11-23).

Nothing says when an idle environment was ended: of each, the logs hold what it did from its INIT to its last answer.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from lablib.models.report import Report, parse_report

PATTERN: Final = '?INIT_START ?RESTORE_START ?"START RequestId" ?"REPORT RequestId" ?"platform."'
"""A filter pattern for the lines that `environments` reads, in either log format."""

_BEGINS: Final = re.compile(r'INIT_START |RESTORE_START |\{.*"type":"platform\.(?:initStart|restoreStart)"')
_START: Final = re.compile(r"START RequestId: (\S+)")


_AHEAD_MS: Final = 1_000
"""An environment that was ready for so long before its first invocation had not started up for it. The figure is ours."""


@dataclass(frozen=True)
class LogEvent:
    """One event of a log group: its stream's name, its time in milliseconds since 1970, its text."""

    stream: str
    at_ms: int
    message: str


@dataclass(frozen=True)
class Invocation:
    """One invocation, from its log lines.

    Attributes
    ----------
    began_ms, ended_ms : float
        When its handler began, and when that ended: milliseconds since 1970.
    report : Report
        What its REPORT line says.
    init_ms : float or None
        When the start-up before it began (INIT, or a restore); None when the environment was warm.
    """

    began_ms: float
    ended_ms: float
    report: Report
    init_ms: float | None = None

    @property
    def start_up_ms(self) -> float:
        """How long the start-up took; 0 when there was none."""
        return self.report.init_duration_ms or self.report.restore_duration_ms or 0.0

    @property
    def busy_from_ms(self) -> float:
        """When its environment began to work: at its start-up, or at once."""
        return self.busy[0][0]

    @property
    def busy(self) -> tuple[tuple[float, float], ...]:
        """From when to when its environment worked: start-up and handler in one, or one long before the other.

        With provisioned concurrency the environment starts up ahead, and the REPORT line of its first invocation says how long
        that took.
        """
        if self.init_ms is None:
            return ((self.began_ms, self.ended_ms),)
        ready = self.init_ms + self.start_up_ms
        if self.began_ms - ready < _AHEAD_MS:
            return ((min(self.init_ms, self.began_ms), self.ended_ms),)
        return (self.init_ms, ready), (self.began_ms, self.ended_ms)


@dataclass(frozen=True)
class Environment:
    """One execution environment: its log stream and what it answered, in order of time."""

    stream: str
    invocations: tuple[Invocation, ...]


def environments(events: Iterable[LogEvent]) -> tuple[Environment, ...]:
    """The environments in the order in which they began to work; an invocation that has no REPORT line yet is left out."""
    streams: dict[str, list[LogEvent]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.at_ms):
        streams[event.stream].append(event)
    found = [Environment(stream, tuple(_invocations(lines))) for stream, lines in streams.items()]
    return tuple(sorted((one for one in found if one.invocations), key=lambda one: one.invocations[0].busy_from_ms))


def _invocations(lines: Iterable[LogEvent]) -> Iterable[Invocation]:
    """Those of one stream, in order of time."""
    begun: dict[str, int] = {}
    init_at: int | None = None
    for line in lines:
        if _BEGINS.match(line.message):
            init_at = line.at_ms
        elif request := _started(line.message):
            begun[request] = line.at_ms
        elif report := parse_report(line.message):
            began = begun.get(report.request_id, line.at_ms - report.duration_ms)
            started_up = report.init_duration_ms if report.init_duration_ms is not None else report.restore_duration_ms
            init = None if started_up is None else began - started_up if init_at is None else init_at
            yield Invocation(began, began + report.duration_ms, report, init)
            init_at = None


def _started(message: str) -> str | None:
    """The request's id when this is the line that an invocation begins with."""
    if match := _START.match(message):
        return match[1]
    if '"platform.start"' not in message:
        return None
    try:
        return str(json.loads(message)["record"]["requestId"])
    except (ValueError, KeyError, TypeError):
        return None  # a line of the function's own that looks like Lambda's
