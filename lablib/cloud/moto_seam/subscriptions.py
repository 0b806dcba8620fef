"""Who subscribes to log groups: their filters, and what is written there that these let through.

moto's own delivery takes no notice of a filter's pattern, and invokes functions under its lock; here functions are told of by
`on_lines`, and streams, delivery streams and other groups get from moto what the pattern lets through. An event's id is a string
of 56 digits, the same wherever it is seen. FilterLogEvents knows every pattern and, as AWS by now always does, sorts streams into
one another.

Touches: of `moto.logs.models`: `EventMessageFilter`, `LogEvent.event_id`, `.timestamp`, `LogStream._send_log_events`,
`.put_log_events`, `.log_group`, `.log_stream_name`, `LogGroup.subscription_filters`, `.put_subscription_filter`,
`.describe_subscription_filters`, `.filter_log_events`, `.to_describe_dict`, `.streams`, `.name`, `SubscriptionFilter.name`,
`.filter_pattern`, `LogsBackend.put_subscription_filter`, `.filters`, `.groups`, `logs_backends`; of `moto.logs.metric_filters`:
`MetricFilters.add_filter`, `.delete_filter`, `.metric_filters`; `moto.kinesis.models.KinesisBackend.describe_stream`,
`Stream.put_record`.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam import clockwork, engine

log = logging.getLogger("lablib.cloud")


@dataclass(frozen=True)
class Event:
    """A log event; `timestamp` in milliseconds since 1970."""

    id: str
    timestamp: int
    message: str


@dataclass(frozen=True)
class Lines:
    """What a subscription filter whose destination is a function has let through of what came into a log stream at once."""

    region: str
    account: str
    group: str
    stream: str
    filter: str
    destination: str
    events: tuple[Event, ...]


@dataclass(frozen=True)
class MetricFilter:
    """A metric filter: its pattern, and moto's ``metricTransformations``."""

    name: str
    pattern: str
    transformations: Sequence[dict[str, Any]]


# Called under the lock, from whatever thread moto works in: a function is to be told; whether a pattern lets a message through; a
# metric filter is to look at messages.
on_lines: Callable[[Lines], None] = lambda lines: None
matches: Callable[[str, str], bool] = lambda pattern, message: True
on_measuring: Callable[[MetricFilter, Sequence[Event]], None] = lambda found, events: None


def exists(region: str, group: str) -> bool:
    """Whether there is such a log group. The caller need not hold the lock."""
    with engine.lock:
        return group in _backend(region).groups


def patterns(region: str, group: str, but: str) -> list[str]:
    """The patterns of a group's filters of both kinds, but for those of this name. The caller need not hold the lock."""
    with engine.lock:
        backend = _backend(region)
        subscriptions = backend.groups[group].subscription_filters.values() if group in backend.groups else ()
        own = [found.filter_pattern for found in subscriptions if found.name != but]
        return own + [found.pattern for found in _metric_filters(backend, group) if found.name != but]


def metric_filters(region: str, group: str) -> list[str]:
    """The names of a group's metric filters. The caller need not hold the lock."""
    with engine.lock:
        return [found.name for found in _metric_filters(_backend(region), group)]


def _backend(region: str) -> Any:
    from moto.logs.models import logs_backends

    return logs_backends[engine.place.account][region]


def _metric_filters(backend: Any, group: str) -> list[MetricFilter]:
    return [
        MetricFilter(found["filterName"], found["filterPattern"], found["metricTransformations"])
        for found in backend.filters.metric_filters if found["logGroupName"] == group
    ]  # fmt: skip


def _correct(module: Any) -> None:
    module.EventMessageFilter = _Filter
    event, stream, group, backend = module.LogEvent, module.LogStream, module.LogGroup, module.LogsBackend
    event.__init__ = _with_an_id(event.__init__)
    stream._send_log_events = _sent(stream._send_log_events)
    stream.put_log_events = _counted(stream.put_log_events)
    group.put_subscription_filter = _updated(group.put_subscription_filter)
    group.filter_log_events = _interleaved(group.filter_log_events)
    group.describe_subscription_filters = _of_prefix(group.describe_subscription_filters)
    group.to_describe_dict = _with_its_count(group.to_describe_dict)
    backend.put_subscription_filter = _to_functions_too(backend.put_subscription_filter)
    module.MetricFilters.add_filter = _replaced(module.MetricFilters.add_filter)


clockwork.when_loaded("moto.logs.models", _correct)


class _Filter:
    """What moto looks at messages with."""

    def __init__(self, pattern: str | None) -> None:
        self._pattern = pattern or ""

    def matches(self, message: str) -> bool:
        return not self._pattern or matches(self._pattern, message)


def _with_an_id(original: Callable[..., None]) -> Callable[..., None]:
    """AWS's ids are a moment in milliseconds and 144 more bits; moto's are 0, 1, 2 …"""

    def init(event: Any, *args: Any, **more: Any) -> None:
        original(event, *args, **more)
        event.event_id = (int(event.timestamp) << 144) | event.event_id

    return init


def _sent(original: Callable[..., None]) -> Callable[..., None]:
    def send_log_events(
        stream: Any, service: str, destination_arn: str, filter_name: str, log_events: list[dict[str, Any]]
    ) -> None:
        pattern = stream.log_group.subscription_filters[filter_name].filter_pattern or ""
        through = [
            Event(f"{event['id']:056d}", event["timestamp"], event["message"])
            for event in log_events if not pattern or matches(pattern, event["message"])
        ]  # fmt: skip
        if not through:
            return
        if service == "lambda":
            group = stream.log_group
            on_lines(Lines(
                group.region, group.account_id, group.name, stream.log_stream_name, filter_name, destination_arn, tuple(through)
            ))  # fmt: skip
            return
        told = [{"id": event.id, "timestamp": event.timestamp, "message": event.message} for event in through]
        try:
            original(stream, service, destination_arn, filter_name, told)
        except Exception as lost:  # of whatever kind the service's are: a destination that is gone hurts no producer
            log.warning("log events of %s did not get to %s: %s", stream.log_group.name, destination_arn, lost)

    return send_log_events


def _counted(original: Callable[..., str]) -> Callable[..., str]:
    """Metric filters, which moto keeps and does nothing with."""

    def put_log_events(stream: Any, log_events: list[dict[str, Any]]) -> str:
        token, group = original(stream, log_events), stream.log_group
        if not log_events:
            return token
        events = [Event("", event["timestamp"], event["message"]) for event in log_events]
        for found in _metric_filters(_backend(group.region), group.name):
            on_measuring(found, events)
        return token

    return put_log_events


def _updated(original: Callable[..., None]) -> Callable[..., None]:
    """moto refuses to change one of two filters, as if it were a third."""

    def put_subscription_filter(group: Any, filter_name: str, filter_pattern: str, destination_arn: str, role_arn: str) -> None:
        known = group.subscription_filters.get(filter_name)
        if known is None:
            original(group, filter_name, filter_pattern, destination_arn, role_arn)
        else:
            known.update(filter_pattern, destination_arn, role_arn)

    return put_subscription_filter


def _to_functions_too(original: Callable[..., None]) -> Callable[..., None]:
    """moto looks for functions in its own Lambda. Here it has been looked for before."""

    def put_subscription_filter(
        backend: Any, log_group_name: str, filter_name: str, filter_pattern: str, destination_arn: str, role_arn: str
    ) -> None:
        if destination_arn.split(":")[2:3] == ["lambda"] and log_group_name in backend.groups:
            group = backend.groups[log_group_name]
            group.put_subscription_filter(filter_name, filter_pattern, destination_arn, role_arn)
        else:
            original(backend, log_group_name, filter_name, filter_pattern, destination_arn, role_arn)
            if destination_arn.split(":")[2:3] == ["kinesis"]:
                _say_hello(destination_arn)

    return put_subscription_filter


def _say_hello(arn: str) -> None:
    """A stream gets a record that only shows that it can be reached. That functions get none is unconfirmed."""
    from moto.kinesis.models import kinesis_backends

    message = "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
    content = {
        "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "", "subscriptionFilters": [],
        "logEvents": [{"id": "", "timestamp": int(clockwork.now() * 1000), "message": message}],
    }  # fmt: skip
    data = base64.b64encode(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0)).decode()
    stream = kinesis_backends[engine.place.account][arn.split(":")[3]].describe_stream(stream_arn=arn, stream_name=None)
    stream.put_record(partition_key=secrets.token_hex(16), explicit_hash_key="", data=data)


def _interleaved(original: Callable[..., Any]) -> Callable[..., Any]:
    def filter_log_events(group: Any, log_group_name: str, log_stream_names: list[str], *args: Any) -> Any:
        prefix = _asked("logStreamNamePrefix")
        if prefix:  # which moto does not look at; no names at all would mean every stream
            log_stream_names = [name for name in group.streams if name.startswith(prefix)] or [""]
        return original(group, log_group_name, log_stream_names, *args[:-1], True)

    return filter_log_events


def _of_prefix(original: Callable[..., Any]) -> Callable[..., Any]:
    def describe_subscription_filters(group: Any) -> Any:
        prefix = _asked("filterNamePrefix")
        return [found for found in original(group) if found.name.startswith(prefix)]

    return describe_subscription_filters


def _with_its_count(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """moto says of every group that it has no metric filter."""

    def to_describe_dict(group: Any) -> dict[str, Any]:
        return original(group) | {"metricFilterCount": len(_metric_filters(_backend(group.region), group.name))}

    return to_describe_dict


def _asked(name: str) -> str:
    """A parameter of the request that moto is answering; nothing if it has none of this name."""
    try:
        given = json.loads(engine.serving.request.body) if engine.serving is not None else {}
    except ValueError:
        return ""
    value = given.get(name) if isinstance(given, dict) else None
    return value if isinstance(value, str) else ""


def _replaced(original: Callable[..., None]) -> Callable[..., None]:
    """moto adds a filter beside the one of the same name."""

    def add_filter(filters: Any, filter_name: str, filter_pattern: str, log_group_name: str, metric_transformations: Any) -> None:
        filters.delete_filter(filter_name, log_group_name)
        original(filters, filter_name, filter_pattern, log_group_name, metric_transformations)

    return add_filter
