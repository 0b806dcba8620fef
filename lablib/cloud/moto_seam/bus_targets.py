"""Where EventBridge sends besides functions, queues, topics and buses: log groups, Kinesis and Firehose streams.

Touches: `moto.kinesis.models.kinesis_backends`, `KinesisBackend.streams`, `.put_record`;
`moto.firehose.models.firehose_backends`, `FirehoseBackend.delivery_streams`, `.put_record`; of CloudWatch Logs
what `lablib.cloud.moto_seam.logs` does.
"""

from __future__ import annotations

import base64

from lablib.cloud.moto_seam import engine, logs


class NoTarget(Exception):
    """There is no such thing."""


def put_log(group: str, stream: str, timestamp: int, message: str) -> None:
    """Write a line, in milliseconds since 1970, to a log group that is there. Raises `NoTarget`. The caller holds the lock."""
    if not logs.exists(group):
        raise NoTarget(f"there is no log group {group}")
    logs.put(group, stream, [(timestamp, message)])


def put_record(arn: str, key: str, data: bytes) -> None:
    """Put a record into a Kinesis stream. Raises `NoTarget`. The caller holds the lock."""
    from moto.kinesis.models import kinesis_backends

    name = arn.rpartition("/")[2]
    backend = kinesis_backends[engine.place.account][arn.split(":")[3]]
    if name not in backend.streams:
        raise NoTarget(f"there is no stream {arn}")
    backend.put_record(arn, name, key, "", base64.b64encode(data).decode())


def put_to_delivery_stream(arn: str, data: bytes) -> None:
    """Put a record into a Firehose stream. Raises `NoTarget`. The caller holds the lock."""
    from moto.firehose.models import firehose_backends

    name = arn.rpartition("/")[2]
    backend = firehose_backends[engine.place.account][arn.split(":")[3]]
    if name not in backend.delivery_streams:
        raise NoTarget(f"there is no delivery stream {arn}")
    backend.put_record(name, {"Data": data})
