"""A function's lines in CloudWatch Logs.

Touches: `moto.logs.models.logs_backends`, `LogsBackend.groups`, `create_log_group`, `create_log_stream`, `put_log_events` and
`LogGroup.streams`.
"""

from __future__ import annotations

from collections.abc import Sequence

from lablib.cloud.moto_seam import engine


def put(group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
    """Add lines to a log stream, and make the group and the stream where there are none, as Lambda does.

    Parameters
    ----------
    events
        (milliseconds since 1970 on the cloud's clock, text) of each line. They are put in order of time, the order among equals kept;
        the time of ingestion is the cloud's time now.
    """
    from moto.logs.models import logs_backends

    ordered = sorted(events, key=lambda event: event[0])
    with engine.lock:
        backend = logs_backends[engine.place.account][engine.place.region]
        if group not in backend.groups:
            backend.create_log_group(group, tags={})
        if stream not in backend.groups[group].streams:
            backend.create_log_stream(group, stream)
        backend.put_log_events(group, stream, [{"timestamp": timestamp, "message": text} for timestamp, text in ordered])
