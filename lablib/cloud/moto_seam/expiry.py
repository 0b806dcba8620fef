"""Items whose time to live is over: moto keeps them for ever.

Touches: `moto.dynamodb.models.dynamodb_backends`, `DynamoDBBackend` (`tables`, `update_item`, `update_time_to_live`);
`moto.dynamodb.models.table.Table` (`ttl`, `all_items`, `put_item`, `delete_item`), `Item` (`attrs`, `hash_key`, `range_key`),
`DynamoType.type`, `.value`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from lablib.cloud.moto_seam import clockwork, dynamodb, engine

# Items are looked for once a minute at most. Ours: AWS deletes them "within a few days" (Amazon DynamoDB Developer Guide, 2026).
SWEEP_S = 60
# What expired longer ago than this is kept: the same guide.
OLDEST_S = 5 * 365 * 86_400

# Told when an item is to be deleted, in seconds since 1970 on the cloud's clock: by whoever holds moto's lock.
on_due: Callable[[float], None] = lambda when: None  # noqa: E731


def correct_expiry() -> None:
    """Have all this done once moto's DynamoDB is loaded."""
    clockwork.when_loaded("moto.dynamodb.models.table", _correct_tables)
    clockwork.when_loaded("moto.dynamodb.models", _correct_backend)


def _correct_tables(models: Any) -> None:
    original = models.Table.put_item

    def put_item(table: Any, *args: Any, **kwargs: Any) -> Any:
        item = original(table, *args, **kwargs)
        _tell(table, item)
        return item

    models.Table.put_item = put_item


def _correct_backend(models: Any) -> None:
    backend = models.DynamoDBBackend
    update_item, update_time_to_live = backend.update_item, backend.update_time_to_live

    def updated(backend: Any, table_name: str, *args: Any, **kwargs: Any) -> Any:
        item = update_item(backend, table_name, *args, **kwargs)
        _tell(backend.get_table(table_name), item)
        return item

    def switched(backend: Any, table_name: str, ttl_spec: dict[str, Any]) -> None:
        update_time_to_live(backend, table_name, ttl_spec)
        table = backend.get_table(table_name)
        for item in table.all_items():
            _tell(table, item)

    backend.update_item, backend.update_time_to_live = updated, switched


def _tell(table: Any, item: Any) -> None:
    when = _due(table, item)
    if when is not None:
        on_due(when)


def _due(table: Any, item: Any) -> float | None:
    """When an item is to be deleted, if ever."""
    if table.ttl["TimeToLiveStatus"] != "ENABLED":
        return None
    value = item.attrs.get(table.ttl["AttributeName"])
    if value is None or value.type != "N":
        return None
    moment = float(value.value)
    if moment < clockwork.now() - OLDEST_S:
        return None
    return math.ceil(moment / SWEEP_S) * float(SWEEP_S)


def expire(now: float) -> float | None:
    """Delete what is due, and say when something is next. The caller holds the lock."""
    from moto.dynamodb.models import dynamodb_backends

    left: list[float] = []
    for backend in list(dynamodb_backends[engine.place.account].values()):
        for table in backend.tables.values():
            for item in list(table.all_items()):
                when = _due(table, item)
                if when is None:
                    continue
                if when > now:
                    left.append(when)
                    continue
                with dynamodb.by_time_to_live():
                    table.delete_item(item.hash_key, item.range_key)
    return min(left, default=None)
