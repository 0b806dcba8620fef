"""What changes in DynamoDB tables, as their streams tell it.

moto's records fail at a binary attribute, tell a new item of UpdateItem twice and a change that was rolled back too, tell of
writes that changed nothing, count again from where they began, and cannot be switched off and on; they would call moto's own
Lambda. Here a write becomes one record in `journals` once it is certain: an UpdateItem when it has ended, a transaction when it
has ended well.

Touches: `moto.dynamodb.models.table`: `StreamShard` (`__init__`, `add`, `table`), `Table` (`set_stream_specification`,
`stream_specification`, `latest_stream_label`, `stream_shard`, `table_arn`, `name`, `schema`, `hash_key_attr`, `range_key_attr`),
`Item.attrs`, `DynamoType.type`, `.value`; `moto.dynamodb.models.DynamoDBBackend` (`update_item`, `transact_write_items`,
`delete_table`).
"""

from __future__ import annotations

import base64
import copy
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from lablib.cloud.moto_seam import clockwork, journals
from lablib.cloud.moto_seam.journals import Entry
from lablib.models.items import Image, size_of
from lablib.models.mappings import STREAM_RETENTION_S

SHARD = "shardId-00000001541626099285-f35f62ef"


@dataclass(frozen=True)
class _Change:
    """An item as it was and as it is; None where there was or is none."""

    journal: journals.Stream
    keys: Image
    old: Image | None
    new: Image | None


# Of an operation that is under way: what it has changed so far. None: each change is certain at once.
_pending: list[_Change] | None = None

# Who deletes, where it is not a caller. Amazon DynamoDB Developer Guide, "DynamoDB Streams and Time to Live", 2026.
_SERVICE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
_by_service = False


def correct_dynamodb() -> None:
    """Have all this done once moto's DynamoDB is loaded."""
    clockwork.when_loaded("moto.dynamodb.models.table", _correct_tables)
    clockwork.when_loaded("moto.dynamodb.models", _correct_backend)


def _correct_tables(models: Any) -> None:
    shard = models.StreamShard
    shard.__init__, shard.add, shard.__deepcopy__ = _open, _add, _copied
    models.Table.set_stream_specification = _specify


def _correct_backend(models: Any) -> None:
    backend = models.DynamoDBBackend
    backend.update_item = _as_one(backend.update_item, _merged)
    backend.transact_write_items = _as_one(backend.transact_write_items, list)
    backend.delete_table = _closing(backend.delete_table)


# --- streams -------------------------------------------------------------------------


def _specify(table: Any, streams: dict[str, Any] | None) -> None:
    from moto.dynamodb.models.table import StreamShard

    if table.stream_shard is not None:
        _close(table)
    if streams and (streams.get("StreamEnabled") or streams.get("StreamViewType")):
        table.stream_specification = {**streams, "StreamEnabled": True}
        table.latest_stream_label = _label(clockwork.now())
        table.stream_shard = StreamShard(table.account_id, table)
    else:
        # That a table forgets the ARN of the stream that it had could not be confirmed; moto would not let it have another.
        table.stream_specification, table.latest_stream_label, table.stream_shard = {"StreamEnabled": False}, None, None


def _label(now: float) -> str:
    return f"{datetime.fromtimestamp(now, timezone.utc):%Y-%m-%dT%H:%M:%S}.{int(now * 1000) % 1000:03d}"


def _open(shard: Any, account_id: str, table: Any) -> None:
    shard.account_id, shard.table, shard.id, shard.items = account_id, table, SHARD, []
    facts = {
        "StreamLabel": table.latest_stream_label, "TableName": table.name, "KeySchema": table.schema,
        "StreamViewType": table.stream_specification.get("StreamViewType", "KEYS_ONLY"),
    }  # fmt: skip
    arn = f"{table.table_arn}/stream/{table.latest_stream_label}"
    shard.journal = journals.Stream(arn, "dynamodb", clockwork.now(), lambda: STREAM_RETENTION_S, facts)
    shard.journal.add(SHARD, _sequence(0))
    journals.add(shard.journal)


def _sequence(count: int) -> int:
    """A sequence number of the length that AWS's have. It grows with time."""
    return int(f"{round(clockwork.now() * 1000)}{count:014d}")


def _copied(shard: Any, memo: dict[int, Any]) -> Any:
    """A table is copied, to be put back if a transaction fails: its stream is the same."""
    twin = object.__new__(type(shard))
    memo[id(shard)] = twin
    vars(twin).update(vars(shard))
    twin.table = copy.deepcopy(shard.table, memo)
    return twin


def _closing(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_table(backend: Any, *args: Any, **kwargs: Any) -> Any:
        table = original(backend, *args, **kwargs)
        if table.stream_shard is not None:
            _close(table)
        return table

    return delete_table


def _close(table: Any) -> None:
    journal: journals.Stream = table.stream_shard.journal
    journal.disabled = clockwork.now()
    for shard in journal.shards.values():
        shard.closed = True
    journals.changed(journal.arn)


@contextmanager
def by_time_to_live() -> Iterator[None]:
    """What is deleted meanwhile DynamoDB itself deletes. The caller holds the lock."""
    global _by_service
    _by_service = True
    try:
        yield
    finally:
        _by_service = False


# --- changes -------------------------------------------------------------------------


def _add(shard: Any, old: Any, new: Any) -> None:
    table, item = shard.table, new if new is not None else old
    attributes = [table.hash_key_attr, *([table.range_key_attr] if table.range_key_attr else [])]
    keys = {name: _plain(item.attrs[name]) for name in attributes}
    _tell(_Change(shard.journal, keys, _image(old), _image(new)))


def _tell(change: _Change) -> None:
    if _pending is not None:
        _pending.append(change)
    else:
        _write(change)


def _image(item: Any) -> Image | None:
    return None if item is None else {name: _plain(value) for name, value in item.attrs.items()}


def _plain(value: Any) -> dict[str, Any]:
    """An attribute as JSON has it, and none of moto's objects, which change."""
    kind, content = value.type, value.value
    if kind == "M":
        return {kind: {name: _plain(each) for name, each in content.items()}}
    if kind == "L":
        return {kind: [_plain(each) for each in content]}
    if kind in ("SS", "NS", "BS"):
        return {kind: [_text(each) for each in content]}
    return {kind: _text(content)}


def _text(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _as_one(original: Callable[..., Any], summed: Callable[[list[_Change]], list[_Change]]) -> Callable[..., Any]:
    """An operation whose changes are told when it has ended, and not at all if it fails."""

    def operation(*args: Any, **kwargs: Any) -> Any:
        with _collecting() as changes:
            result = original(*args, **kwargs)
        with journals.at_once():
            for change in summed(changes):
                _tell(change)
        return result

    return operation


@contextmanager
def _collecting() -> Iterator[list[_Change]]:
    global _pending
    before, _pending = _pending, []
    try:
        yield _pending
    finally:
        _pending = before


def _merged(changes: list[_Change]) -> list[_Change]:
    """UpdateItem of a new item first puts one that has a key alone."""
    if len(changes) < 2:
        return changes
    return [_Change(changes[0].journal, changes[0].keys, changes[0].old, changes[-1].new)]


def _write(change: _Change) -> None:
    if _same(change.old, change.new):
        return  # "if the operation does not modify any data, no stream record is written": API reference of Record, 2026
    journal, now = change.journal, clockwork.now()
    shard = journal.shards[SHARD]
    sequence = max(_sequence(1), shard.last + 1)
    key = json.dumps(change.keys, sort_keys=True, separators=(",", ":"))
    shard.append(Entry(sequence, key, now, _record(change, sequence, now)))
    journals.changed(journal.arn)


def _same(old: Image | None, new: Image | None) -> bool:
    return old is not None and new is not None and _ordered(old) == _ordered(new)


def _ordered(value: Any) -> Any:
    """The order in a set means nothing."""
    if isinstance(value, dict):
        return {name: sorted(each) if name in ("SS", "NS", "BS") and isinstance(each, list) else _ordered(each)
                for name, each in value.items()}  # fmt: skip
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def _record(change: _Change, sequence: int, now: float) -> Mapping[str, Any]:
    view = change.journal.facts["StreamViewType"]
    images: dict[str, Image] = {}
    if change.new is not None and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
        images["NewImage"] = change.new
    if change.old is not None and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
        images["OldImage"] = change.old
    return {
        "eventID": uuid.uuid4().hex,
        "eventName": "INSERT" if change.old is None else "REMOVE" if change.new is None else "MODIFY",
        "dynamodb": {
            "ApproximateCreationDateTime": int(now), "Keys": change.keys, **images, "SequenceNumber": str(sequence),
            "SizeBytes": sum(size_of(image) for image in (change.keys, *images.values())), "StreamViewType": view,
        },
        **({"userIdentity": _SERVICE} if _by_service else {}),
    }  # fmt: skip
