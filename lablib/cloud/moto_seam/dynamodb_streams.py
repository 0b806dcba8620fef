"""The API of DynamoDB Streams, over `journals`.

moto's knows the stream that a table has now and no other, and remembers every iterator that it ever gave out.

Touches: `moto.dynamodbstreams.models.DynamoDBStreamsBackend` (`account_id`, `region_name`, `describe_stream`, `list_streams`,
`get_shard_iterator`, `get_records`); `moto.core.exceptions.JsonRESTError`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from lablib.cloud.moto_seam import clockwork, journals
from lablib.cloud.moto_seam.journals import Entry, Shard, Stream

# Of one GetRecords. API reference of GetRecords, 2026.
READ_RECORDS = 1000


def correct_dynamodb_streams() -> None:
    """Have all this done once moto's DynamoDB Streams is loaded."""
    clockwork.when_loaded("moto.dynamodbstreams.models", _correct)


def _correct(models: Any) -> None:
    backend = models.DynamoDBStreamsBackend
    backend.describe_stream, backend.list_streams = _describe, _list
    backend.get_shard_iterator, backend.get_records = _iterator, _records


def _describe(backend: Any, arn: str) -> dict[str, Any]:
    stream = _stream(arn)
    return {
        "StreamArn": arn,
        "StreamStatus": "ENABLED" if stream.disabled is None else "DISABLED",
        "CreationRequestDateTime": datetime.fromtimestamp(stream.created, timezone.utc),
        **stream.facts,
        "Shards": [_shard(shard) for shard in stream.shards.values()],
    }


def _shard(shard: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": str(shard.first)}
    if shard.closed:
        numbers["EndingSequenceNumber"] = str(shard.last)
    return {"ShardId": shard.id, "SequenceNumberRange": numbers}


def _list(backend: Any, table_name: str | None = None) -> list[dict[str, Any]]:
    place = f":dynamodb:{backend.region_name}:{backend.account_id}:table/"
    return [
        {"StreamArn": stream.arn, "TableName": stream.facts["TableName"], "StreamLabel": stream.facts["StreamLabel"]}
        for stream in journals.all()
        if place in stream.arn and table_name in (None, stream.facts["TableName"])
    ]  # fmt: skip


def _stream(arn: str) -> Stream:
    stream = journals.of(arn)
    if stream is None or stream.kind != "dynamodb":
        raise _error("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")
    return stream


def _shard_of(stream: Stream, id: str) -> Shard:
    if id not in stream.shards:
        raise _error("ResourceNotFoundException", f"Requested resource not found: Shard: {id} in Stream: {stream.arn} not found")
    return stream.shards[id]


def _error(code: str, message: str) -> Exception:
    from moto.core.exceptions import JsonRESTError

    error: Exception = JsonRESTError(code, message)
    return error


@dataclass(frozen=True)
class _Iterator:
    """Where a reader stands: after a sequence number of a shard."""

    stream: str
    shard: str
    after: int

    @property
    def arn(self) -> str:
        place = base64.b64encode(f"{self.shard}|{self.after}".encode()).decode()
        return f"{self.stream}|1|{place}"

    @classmethod
    def of(cls, text: str) -> _Iterator:
        try:
            stream, _, place = text.split("|")
            shard, _, after = base64.b64decode(place, validate=True).decode().partition("|")
            return cls(stream, shard, int(after))
        except (ValueError, binascii.Error):
            raise _error("ValidationException", "Invalid ShardIterator") from None


def _iterator(
    backend: Any, arn: str, shard_id: str, shard_iterator_type: str, sequence_number: int | None = None
) -> _Iterator:
    shard = _shard_of(_stream(arn), shard_id)
    if shard_iterator_type in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER") and sequence_number is None:
        raise _error("ValidationException", f"SequenceNumber must be specified for ShardIteratorType {shard_iterator_type}")
    after = {
        "TRIM_HORIZON": shard.first, "LATEST": shard.last,
        "AT_SEQUENCE_NUMBER": (sequence_number or 0) - 1, "AFTER_SEQUENCE_NUMBER": sequence_number or 0,
    }  # fmt: skip
    if shard_iterator_type not in after:
        raise _error("ValidationException", f"Invalid ShardIteratorType: {shard_iterator_type}")
    return _Iterator(arn, shard_id, after[shard_iterator_type])


def _records(backend: Any, iterator_arn: str, limit: int) -> dict[str, Any]:
    iterator = _Iterator.of(iterator_arn)
    stream = _stream(iterator.stream)
    shard = _shard_of(stream, iterator.shard)
    entries = shard.read(iterator.after, min(limit, READ_RECORDS))
    last = entries[-1].sequence if entries else iterator.after
    answer: dict[str, Any] = {"Records": [_record(entry, backend.region_name) for entry in entries]}
    if not shard.ended(last):  # at a closed shard's end there is no next iterator
        answer["NextShardIterator"] = _Iterator(iterator.stream, iterator.shard, last).arn
    return answer


def _record(entry: Entry, region: str) -> dict[str, Any]:
    told = dict(entry.content["dynamodb"])
    for name in ("Keys", "NewImage", "OldImage"):
        if name in told:
            told[name] = {attribute: _with_bytes(value) for attribute, value in told[name].items()}
    told["ApproximateCreationDateTime"] = datetime.fromtimestamp(told["ApproximateCreationDateTime"], timezone.utc)
    record = {
        **entry.content, "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": region, "dynamodb": told,
    }  # fmt: skip
    if "userIdentity" in record:
        record["userIdentity"] = {"Type": "Service", "PrincipalId": record["userIdentity"]["principalId"]}
    return record


def _with_bytes(value: Mapping[str, Any]) -> dict[str, Any]:
    """An attribute whose binary values are bytes: what writes the answer turns those into base64."""
    [(kind, content)] = value.items()
    if kind == "B":
        return {kind: base64.b64decode(content)}
    if kind == "BS":
        return {kind: [base64.b64decode(each) for each in content]}
    if kind == "M":
        return {kind: {name: _with_bytes(each) for name, each in content.items()}}
    if kind == "L":
        return {kind: [_with_bytes(each) for each in content]}
    return {kind: content}
