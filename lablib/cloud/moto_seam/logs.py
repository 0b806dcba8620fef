"""A function's lines in CloudWatch Logs.

Touches: `moto.logs.models.logs_backends`, `LogsBackend.groups`, `create_log_group`, `create_log_stream`, `put_log_events`,
`LogGroup.streams`, `LogStream.events`, `.last_ingestion_time`, and of these classes and `LogEvent` their `instances_tracked`,
where moto keeps every one that ever was, deleted or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lablib.cloud.moto_seam import engine
from lablib.models import lifecycle

DROPPED = "Lambda Lab keeps the newest log lines: older ones of this stream were dropped.\n"


def put(group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
    """Add lines to a log stream, and make the group and the stream where there are none, as Lambda does.

    What is too much (`lifecycle.STREAM_LINES`, `LOG_LINES`, `LOG_CHARACTERS`) goes, the oldest first, and the stream that lost
    lines begins with one that says so.

    Parameters
    ----------
    events
        (milliseconds since 1970 on the cloud's clock, text) of each line. They are put in order of time, the order among equals
        kept; the time of ingestion is the cloud's time now.
    """
    from moto.logs.models import LogEvent, LogGroup, LogStream, logs_backends

    ordered = sorted(events, key=lambda event: event[0])[-lifecycle.STREAM_LINES :]
    with engine.lock:
        backend = logs_backends[engine.place.account][engine.place.region]
        if group not in backend.groups:
            backend.create_log_group(group, tags={})
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        backend.put_log_events(group, stream, [{"timestamp": timestamp, "message": text} for timestamp, text in ordered])
        for model in (LogEvent, LogGroup, LogStream):
            model.instances_tracked.clear()
        written = backend.groups[group].streams[stream]
        if (excess := len(written.events) - lifecycle.STREAM_LINES) > 0:
            _drop(written, excess)
        _make_room(backend, len(ordered), sum(len(text) for _, text in ordered))


def exists(group: str) -> bool:
    """Whether there is such a log group."""
    from moto.logs.models import logs_backends

    with engine.lock:
        return group in logs_backends[engine.place.account][engine.place.region].groups


def _drop(stream: Any, count: int) -> None:
    """Remove a stream's oldest lines; the first that stays is preceded by the notice, which counts as one of them."""
    from moto.logs.models import LogEvent

    last = stream.events[min(count, len(stream.events) - 1)]
    notice = LogEvent(last.ingestion_time, {"timestamp": last.timestamp, "message": DROPPED})
    stream.events[: count + 1] = [notice]


def _make_room(backend: Any, lines: int, characters: int) -> None:
    """Hold all of the account's logs to their cap. They are counted anew only when the cap may have been reached."""
    count = backend.__dict__.setdefault("lab_count", [0, 0])  # goes with everything else when the cloud is emptied
    count[0] += lines
    count[1] += characters
    if count[0] <= lifecycle.LOG_LINES and count[1] <= lifecycle.LOG_CHARACTERS:
        return
    streams = [stream for group in backend.groups.values() for stream in group.streams.values() if stream.events]
    count[0] = sum(len(stream.events) for stream in streams)
    count[1] = sum(len(event.message) for stream in streams for event in stream.events)
    # Somewhat more than needed goes, so that it need not be done again at once; least recently written streams first.
    for stream in sorted(streams, key=lambda stream: stream.last_ingestion_time):
        gone = 0
        while gone < len(stream.events) and (
            count[0] > lifecycle.LOG_LINES * 3 // 4 or count[1] > lifecycle.LOG_CHARACTERS * 3 // 4
        ):
            count[0] -= 1
            count[1] -= len(stream.events[gone].message)
            gone += 1
        if gone:
            _drop(stream, gone)
