"""Kinesis as AWS has it where moto's is otherwise.

moto counts 1, 2, 3 in every shard; sends records to a shard that was split or merged, and moves those that it had; takes a
shard's last hash key for nobody's; lets a consumer read a shard's end for ever; goes through a whole shard for each GetRecords;
and would call its own Lambda at every record. Records are kept in `journals`.

Touches: `moto.kinesis.models`: `Stream` (`__init__`, `arn`, `shards`, `retention_period_hours`, `split_shard`, `merge_shards`,
`get_shard_for_key`, `put_record`), `Shard` (`_shard_id`, `is_open`, `starting_hash`, `ending_hash`, `get_records`,
`get_min_sequence_number`, `get_max_sequence_number`, `get_sequence_number_at`, `to_json`), `KinesisBackend` (`describe_stream`,
`get_records`, `put_records`, `delete_stream`, `_send_stream_metrics`); `moto.kinesis.utils.compose_shard_iterator`,
`decompose_shard_iterator`; `moto.kinesis.exceptions.InvalidArgumentError`.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from lablib.cloud.moto_seam import clockwork, journals
from lablib.cloud.moto_seam.journals import Entry

# Records and bytes of one GetRecords. API reference of GetRecords, 2026.
READ_RECORDS = 10_000
READ_BYTES = 10 * 1024 * 1024
KEY_CHARACTERS = 256
HOUR = 3600


# Told of each request that has put records: the stream's name, bytes, records. moto would keep a point of CloudWatch for each.
on_traffic: Callable[[str, int, int], None] = lambda stream, size, records: None  # noqa: E731


def correct_kinesis() -> None:
    """Have all this done once moto's Kinesis is loaded."""
    clockwork.when_loaded("moto.kinesis.models", _correct)


def _correct(models: Any) -> None:
    stream, shard, backend = models.Stream, models.Shard, models.KinesisBackend
    stream.__init__ = _journaled(stream.__init__)
    stream.split_shard, stream.merge_shards = _split, _merge
    stream.get_shard_for_key, stream.put_record = _shard_for, _put
    shard.get_records = _records_of
    shard.get_min_sequence_number = lambda shard: shard.journal.first
    shard.get_max_sequence_number = lambda shard: shard.journal.last
    shard.get_sequence_number_at = lambda shard, moment: shard.journal.before(_seconds(moment))
    shard.to_json = _closed_properly(shard.to_json)
    backend.get_records = _read
    backend.put_records = _together(backend.put_records)
    backend.delete_stream = _forgetting(backend.delete_stream)
    backend._send_stream_metrics = lambda backend, stream_name, incoming_bytes, incoming_records: on_traffic(
        stream_name, incoming_bytes, incoming_records
    )


def _journaled(original: Callable[..., None]) -> Callable[..., None]:
    def __init__(stream: Any, *args: Any, **kwargs: Any) -> None:
        original(stream, *args, **kwargs)
        stream.journal = journals.Stream(
            stream.arn, "kinesis", clockwork.now(), lambda: float(stream.retention_period_hours * HOUR)
        )
        for shard in stream.shards.values():
            _keep(stream, shard)
        journals.add(stream.journal)

    return __init__


def _keep(stream: Any, shard: Any) -> None:
    parents = tuple(parent for parent in (shard.parent, shard.adjacent_parent) if parent)
    shard.journal = stream.journal.add(shard.shard_id, _sequence(shard._shard_id, 0), parents)


def _sequence(shard: int, count: int) -> int:
    """A sequence number of 56 digits, as AWS's have. It grows with time, then with the number of the shard."""
    return int(f"49{round(clockwork.now() * 1000):015d}{shard:012d}{count:027d}")


# --- shards --------------------------------------------------------------------------


def _shard_for(stream: Any, partition_key: str, explicit_hash_key: str | None) -> Any:
    from moto.kinesis.exceptions import InvalidArgumentError

    if not isinstance(partition_key, str) or not 1 <= len(partition_key) <= KEY_CHARACTERS:
        raise InvalidArgumentError("partition_key")
    if explicit_hash_key:
        if not explicit_hash_key.isdecimal() or int(explicit_hash_key) >= 2**128:
            raise InvalidArgumentError("explicit_hash_key")
        hash_key = int(explicit_hash_key)
    else:
        hash_key = int(hashlib.md5(partition_key.encode(), usedforsecurity=False).hexdigest(), 16)
    for shard in stream.shards.values():
        if shard.is_open and shard.starting_hash <= hash_key <= shard.ending_hash:
            return shard
    raise AssertionError(f"no open shard of {stream.arn} has the hash key {hash_key}")


def _split(stream: Any, shard_to_split: str, new_starting_hash_key: str) -> None:
    from moto.kinesis.exceptions import InvalidArgumentError

    parent, middle = stream.shards[shard_to_split], int(new_starting_hash_key)
    _check_open(stream, parent)
    if not parent.starting_hash < middle < parent.ending_hash:
        raise InvalidArgumentError(
            f"NewStartingHashKey {middle} used in SplitShard() on shard {shard_to_split} in stream {stream.stream_name} under "
            f"account {stream.account_id} is not both greater than one plus the shard's StartingHashKey "
            f"{parent.starting_hash} and less than the shard's EndingHashKey {parent.ending_hash - 1}."
        )
    ranges = [(parent.starting_hash, middle - 1), (middle, parent.ending_hash)]
    _replace(stream, [parent], ranges)


def _merge(stream: Any, shard_to_merge: str, adjacent_shard_to_merge: str) -> None:
    from moto.kinesis.exceptions import InvalidArgumentError

    parents = [stream.shards[shard_to_merge], stream.shards[adjacent_shard_to_merge]]
    for parent in parents:
        _check_open(stream, parent)
    low, high = sorted(parents, key=lambda shard: int(shard.starting_hash))
    if low.ending_hash + 1 != high.starting_hash:
        raise InvalidArgumentError(
            f"Shards {shard_to_merge} and {adjacent_shard_to_merge} in stream {stream.stream_name} under account "
            f"{stream.account_id} are not an adjacent pair of shards eligible for merging"
        )
    _replace(stream, parents, [(low.starting_hash, high.ending_hash)])


def _check_open(stream: Any, shard: Any) -> None:
    from moto.kinesis.exceptions import InvalidArgumentError

    if not shard.is_open:
        raise InvalidArgumentError(
            f"Shard {shard.shard_id} in stream {stream.stream_name} under account {stream.account_id} has already been merged or "
            "split, and thus is not eligible for merging or splitting."
        )


def _replace(stream: Any, parents: list[Any], ranges: list[tuple[int, int]]) -> None:
    """Close shards, which keep their records, and open others in their place."""
    from moto.kinesis.models import Shard

    number = max(shard._shard_id for shard in stream.shards.values())
    for low, high in ranges:
        number += 1
        child = Shard(
            number, low, high, parent=parents[0].shard_id,
            adjacent_parent=parents[1].shard_id if len(parents) > 1 else None,
        )  # fmt: skip
        stream.shards[child.shard_id] = child
        _keep(stream, child)
    for parent in parents:
        parent.is_open = False
        parent.journal.closed = True
    journals.changed(stream.arn)


def _closed_properly(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def to_json(shard: Any) -> dict[str, Any]:
        described = original(shard)
        described["SequenceNumberRange"]["StartingSequenceNumber"] = str(shard.journal.first)
        return described

    return to_json


# --- records -------------------------------------------------------------------------


def _put(stream: Any, partition_key: str, explicit_hash_key: str | None, data: str) -> tuple[str, str]:
    shard = _shard_for(stream, partition_key, explicit_hash_key)
    journal, now = shard.journal, clockwork.now()
    # Also where the real clock was set back, and where two come in one millisecond.
    sequence = max(_sequence(shard._shard_id, 1), journal.last + 1)
    journal.append(Entry(sequence, partition_key, now, data))
    journals.changed(stream.arn)
    return str(sequence), shard.shard_id


def _together(original: Callable[..., Any]) -> Callable[..., Any]:
    def put_records(backend: Any, *args: Any, **kwargs: Any) -> Any:
        with journals.at_once():
            return original(backend, *args, **kwargs)

    return put_records


@dataclass(frozen=True)
class _Read:
    """A record as GetRecords tells it."""

    entry: Entry

    def to_json(self) -> dict[str, Any]:
        return {
            "Data": b64decode(self.entry.content),
            "PartitionKey": self.entry.key,
            "SequenceNumber": str(self.entry.sequence),
            "ApproximateArrivalTimestamp": datetime.fromtimestamp(self.entry.arrived, timezone.utc),
        }


def _records_of(shard: Any, last_sequence_id: str | int, limit: int | None) -> tuple[list[_Read], int, int]:
    after, size = int(last_sequence_id), 0
    found: list[_Read] = []
    for entry in shard.journal.read(after, min(limit or READ_RECORDS, READ_RECORDS)):
        size += len(entry.content) * 3 // 4
        if found and size > READ_BYTES:
            break
        found.append(_Read(entry))
        after = entry.sequence
    more = shard.journal.read(after, 1)
    behind = max(0.0, clockwork.now() - more[0].arrived) if more else 0.0
    return found, after, int(behind * 1000)


def _read(
    backend: Any, stream_arn: str | None, shard_iterator: str, limit: int | None
) -> tuple[str | None, list[_Read], int]:
    from moto.kinesis.exceptions import InvalidArgumentError
    from moto.kinesis.utils import compose_shard_iterator, decompose_shard_iterator

    try:
        stream_name, shard_id, after = decompose_shard_iterator(shard_iterator)
    except (ValueError, AttributeError):  # no base64, not of three parts, no text
        raise InvalidArgumentError("Invalid ShardIterator.") from None
    stream = backend.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
    shard = stream.get_shard(shard_id)
    records, last, behind = _records_of(shard, after, limit)
    # At a closed shard's end there is no next iterator.
    onward = None if shard.journal.ended(last) else compose_shard_iterator(stream_name, shard, last)
    return onward, records, behind


def _seconds(moment: Any) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


def _forgetting(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_stream(backend: Any, *args: Any, **kwargs: Any) -> Any:
        stream = original(backend, *args, **kwargs)
        journals.remove(stream.arn)
        return stream

    return delete_stream
