"""What a destination gets of records that were given up.

Members, their order and the object's name: DG kinesis-on-failure-destination and services-dynamodb-errors, 2026, and captured
records (third parties, 2024 and 2025).
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import Any

from lablib.cloud.sources.mappings.streams.batches import Batch, Condition, Response
from lablib.cloud.sources.mappings.streams.events import Origin
from lablib.models.timestamps import timestamp, whole_seconds


def failure_record(
    batch: Batch, condition: Condition, *, origin: Origin, shard: str, function_arn: str, now: float
) -> dict[str, Any]:
    """The JSON document for a queue or a topic, which does not hold the records themselves.

    Parameters
    ----------
    function_arn
        As the mapping names it.
    now
        On the cloud's clock.
    """
    response = batch.response
    return {
        "requestContext": {
            "requestId": response.request_id if response is not None else str(uuid.uuid4()),
            "functionArn": function_arn, "condition": condition, "approximateInvokeCount": batch.attempts,
        },
        **({"responseContext": _context(response)} if response is not None else {}),
        "version": "1.0",
        "timestamp": timestamp(now),
        **_info(batch, origin, shard, now),
    }  # fmt: skip


def with_payload(record: dict[str, Any], event: bytes) -> dict[str, Any]:
    """The document for a bucket: the event that was given up is in it, as text."""
    return {**record, "payload": event.decode()}


def object_key(mapping: str, shard: str, now: float) -> str:
    """The name of a document in a bucket, by the mapping's UUID."""
    moment = datetime.fromtimestamp(now, timezone.utc)
    return f"{folder(mapping)}{shard}/{moment:%Y/%m/%d}/{moment:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def folder(mapping: str) -> str:
    """Where in a bucket the documents of a mapping go."""
    return f"aws/lambda/{mapping}/"


def _context(response: Response) -> dict[str, Any]:
    if response.executed_version is None:
        return {"statusCode": response.status}  # it did not run: what AWS says then could not be confirmed
    return {
        "statusCode": response.status, "executedVersion": response.executed_version,
        "functionError": response.function_error,
    }  # fmt: skip


def _info(batch: Batch, origin: Origin, shard: str, now: float) -> dict[str, Any]:
    entries = [item.entry for item in batch.items]
    # A window's last invocation has no records; what AWS says of it could not be confirmed.
    first, last = (entries[0].arrived, entries[-1].arrived) if entries else (now, now)
    kinesis = origin.kind == "kinesis"
    return {
        "KinesisBatchInfo" if kinesis else "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": str(entries[0].sequence) if entries else None,
            "endSequenceNumber": str(entries[-1].sequence) if entries else None,
            "approximateArrivalOfFirstRecord": timestamp(first) if kinesis else whole_seconds(first),
            "approximateArrivalOfLastRecord": timestamp(last) if kinesis else whole_seconds(last),
            "batchSize": len(entries),
            "streamArn": origin.arn.partition("/consumer/")[0],
        }
    }


def dumped(record: dict[str, Any]) -> str:
    """A document as it is sent."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)
