"""What becomes of items where an operation fails half-way, and what a transaction costs.

moto changes an item where it lies, so that an UpdateItem which fails leaves half of its changes, or an item that has a key alone;
and to undo a transaction it copies every item of the table first. Here an UpdateItem changes a copy, which takes the item's place
if all went well; so a copy of a table may share its items.

Touches: `moto.dynamodb.models.DynamoDBBackend.update_item`, `.tables`; `moto.dynamodb.models.table.Table` (`items`,
`hash_key_attr`, `range_key_attr`, `stream_shard`); `moto.dynamodb.models.dynamo_type.DynamoType`.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from lablib.cloud.moto_seam import clockwork


def correct_items() -> None:
    """Have all this done once moto's DynamoDB is loaded."""
    clockwork.when_loaded("moto.dynamodb.models.table", _correct_tables)
    clockwork.when_loaded("moto.dynamodb.models", _correct_backend)


def _correct_tables(models: Any) -> None:
    models.Table.__deepcopy__ = _copied


def _correct_backend(models: Any) -> None:
    models.DynamoDBBackend.update_item = _on_a_copy(models.DynamoDBBackend.update_item)


def _copied(table: Any, memo: dict[int, Any]) -> Any:
    twin = object.__new__(type(table))
    memo[id(table)] = twin
    for name, value in vars(table).items():
        setattr(twin, name, _shared(value) if name == "items" else copy.deepcopy(value, memo))
    return twin


def _shared(items: Any) -> Any:
    """The places of a table's items, by hash key, or by hash key and range key; the items themselves are the same."""
    return defaultdict(dict, {key: dict(found) if isinstance(found, dict) else found for key, found in items.items()})


def _on_a_copy(original: Callable[..., Any]) -> Callable[..., Any]:
    def update_item(backend: Any, table_name: str, key: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        table = backend.tables.get(table_name)
        place = _place(table, key) if table is not None else None
        if place is None:  # moto says what is wrong with it
            return original(backend, table_name, key, *args, **kwargs)
        where, index = place
        before = where.get(index)
        if before is not None:
            where[index] = copy.deepcopy(before)
        try:
            return original(backend, table_name, key, *args, **kwargs)
        except Exception:
            if before is not None:
                where[index] = before
            else:
                where.pop(index, None)
            raise

    return update_item


def _place(table: Any, key: dict[str, Any]) -> tuple[dict[Any, Any], Any] | None:
    """Where an item lies or is to lie; None where the key is not one of the table's."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name is not None]
    if set(names) != set(key):
        return None
    index, *more = [DynamoType(key[name]) for name in names]
    return (table.items[index], more[0]) if more else (table.items, index)
