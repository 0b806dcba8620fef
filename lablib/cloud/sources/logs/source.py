"""What comes into a log group goes to the functions that subscribe to it, and is counted where a metric filter says so."""

from __future__ import annotations

import base64
import gzip
import json
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from lablib.cloud.api.errors import LambdaError
from lablib.cloud.moto_seam import subscriptions
from lablib.cloud.moto_seam.subscriptions import Event, Lines
from lablib.cloud.sources.calling import Source
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.logs.desk import Desk
from lablib.cloud.sources.logs.filters import InvalidPattern, compiled
from lablib.cloud.sources.logs.metrics import Datum, measured
from lablib.models import limits

log = logging.getLogger("lablib.cloud")


class LogSubscriptions:
    """CloudWatch Logs' subscription filters."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._desk = Desk(context)
        self.answer = self._desk.answer
        subscriptions.on_lines = lambda lines: context.soon(self._deliver, lines)
        subscriptions.matches = _matches
        subscriptions.on_measuring = lambda found, events: context.soon(self._count, measured(found, events))

    def _count(self, data: Iterable[Datum]) -> None:
        for datum in data:
            self._context.metrics.add(
                datum.metric, datum.dimensions, datum.value, unit=datum.unit, at=datum.at, namespace=datum.namespace
            )  # fmt: skip

    def _deliver(self, lines: Lines) -> None:
        source = Source(f"logs.{lines.region}.amazonaws.com", group_arn(lines.region, lines.account, lines.group), lines.account)
        for event in envelopes(lines, lines.events):
            try:
                self._send(lines.destination, event, source)
            except LambdaError as lost:
                log.warning("log events of %s did not get to %s: %s", lines.group, lines.destination, lost)
                self._told("DeliveryErrors", lines, 1)
                return
            self._told("ForwardedBytes", lines, len(base64.b64decode(event["awslogs"]["data"])), unit="Bytes")
        self._told("ForwardedLogEvents", lines, len(lines.events))

    def _told(self, metric: str, lines: Lines, value: float, *, unit: str = "Count") -> None:
        """Count for CloudWatch, as "Monitoring with CloudWatch metrics", CloudWatch Logs User Guide, 2026, says."""
        dimensions = (("LogGroupName", lines.group), ("DestinationType", "Lambda"), ("FilterName", lines.filter))
        self._context.metrics.add(metric, dimensions, value, unit=unit, namespace="AWS/Logs")

    def _send(self, destination: str, event: dict[str, Any], source: Source) -> None:
        """Either of the service's two names may stand in the function's policy."""
        for who in principals(source):
            try:
                self._context.caller.check(destination, who)
            except LambdaError:
                continue
            self._context.caller.send(destination, event, who)
            return
        raise LambdaError("AccessDeniedException", f"there is no {destination}, or its policy does not let CloudWatch Logs in")


def principals(source: Source) -> tuple[Source, Source]:
    """A source of CloudWatch Logs by its regional name and by its plain one."""
    return source, Source("logs.amazonaws.com", source.arn, source.account)


def group_arn(region: str, account: str, group: str) -> str:
    """A log group's ARN, as ``aws:SourceArn`` has it: with an asterisk for its streams."""
    return f"arn:aws:logs:{region}:{account}:log-group:{group}:*"


def envelopes(lines: Lines, events: Sequence[Event]) -> list[dict[str, Any]]:
    """The events for a function: one, or more where one would be too large for it."""
    content = {
        "messageType": "DATA_MESSAGE", "owner": lines.account, "logGroup": lines.group, "logStream": lines.stream,
        "subscriptionFilters": [lines.filter],
        "logEvents": [{"id": event.id, "timestamp": event.timestamp, "message": event.message} for event in events],
    }  # fmt: skip
    document = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    data = base64.b64encode(gzip.compress(document, mtime=0)).decode()
    if len(data) + len('{"awslogs":{"data":""}}') > limits.ASYNC_REQUEST_BYTES and len(events) > 1:
        half = len(events) // 2
        return [*envelopes(lines, events[:half]), *envelopes(lines, events[half:])]
    return [{"awslogs": {"data": data}}]


def _matches(pattern: str, message: str) -> bool:
    try:
        return compiled(pattern).matches(message)
    except InvalidPattern:  # it came past the desk, in CloudFormation for example
        return False
