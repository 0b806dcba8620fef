"""An execution's events in CloudWatch Logs, where its state machine has a loggingConfiguration.

Touches, below `moto.stepfunctions.parser.asl.eval.event`: what `EventManager` asks of a `CloudWatchLoggingSession`
(`.log_level_filter`, `.publish_history_log`, `.execution_arn`, `.configuration.include_execution_data`),
`logging.is_logging_enabled_for`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lablib.cloud.moto_seam.stepfunctions import language


@dataclass(frozen=True)
class Logging:
    """A state machine's loggingConfiguration: ``ALL``, ``ERROR`` or ``FATAL``, and the name of a log group."""

    level: str
    group: str
    include_execution_data: bool


# Called, from any thread, with a log group, a stream, the line's time in milliseconds, and the line.
on_line: Callable[[str, str, int, str], None] = lambda group, stream, at, text: None


def configured(configuration: dict[str, Any]) -> Logging | None:
    """What a loggingConfiguration says; None where nothing is written."""
    level, destinations = configuration.get("level", "OFF"), configuration.get("destinations") or []
    if level == "OFF" or not destinations:
        return None
    arn = destinations[0]["cloudWatchLogsLogGroup"]["logGroupArn"]
    group = arn.partition(":log-group:")[2].removesuffix(":*")
    return Logging(level, group, bool(configuration.get("includeExecutionData")))


class Journal:
    """What an `EventManager` of moto's writes its events to."""

    def __init__(self, logging: Logging, execution_arn: str, machine: str, started: datetime) -> None:
        self._logging, self.execution_arn, self.configuration = logging, execution_arn, logging
        # As seen on AWS, by the minute of its beginning: states/machine/2026-11-23-14-05/1a2b3c4d.
        self._stream = f"states/{machine}/{started:%Y-%m-%d-%H-%M}/{execution_arn[-8:]}"

    def log_level_filter(self, history_event_type: Any) -> bool:
        """Whether events of this type are written."""
        from moto.stepfunctions.parser.asl.eval.event.logging import LogLevel, is_logging_enabled_for

        return bool(is_logging_enabled_for(LogLevel(self._logging.level), history_event_type))

    def publish_history_log(self, history_log: dict[str, Any]) -> None:
        """Write one event."""
        moment = history_log["event_timestamp"]
        at = int((datetime.fromisoformat(moment) if isinstance(moment, str) else moment).timestamp() * 1000)
        line = {
            "id": history_log["id"], "type": history_log["type"], "details": history_log.get("details", {}),
            "redrive_count": "0", "previous_event_id": history_log["previous_event_id"], "event_timestamp": str(at),
            "execution_arn": self.execution_arn,
        }  # fmt: skip
        on_line(self._logging.group, self._stream, at, language.to_json(line))
