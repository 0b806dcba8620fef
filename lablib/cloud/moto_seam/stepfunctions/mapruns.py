"""Map runs: what becomes of the items of a distributed Map.

Touches, below `moto.stepfunctions.parser`: `Environment.map_run_record_pool_manager`, `MapRunRecordPoolManager.get`, `.get_all`;
`MapRunRecord.describe`, `.list_item`, `.update`.
"""

from __future__ import annotations

from typing import Any

from lablib.cloud.moto_seam.stepfunctions import executions
from lablib.cloud.moto_seam.stepfunctions.executions import Held

_DATES = ("startDate", "stopDate")


def of(held: Held) -> list[dict[str, Any]]:
    """An execution's map runs, as ListMapRuns has them."""
    return [_dated(record.list_item()) for record in held.env.map_run_record_pool_manager.get_all()]


def _record(arn: str) -> Any | None:
    found = (held.env.map_run_record_pool_manager.get(arn) for held in executions.all_held())
    return next((record for record in found if record is not None), None)


def describe(arn: str) -> dict[str, Any] | None:
    """A map run, as DescribeMapRun has it; None if there is none."""
    record = _record(arn)
    return _dated(record.describe()) | {"redriveCount": 0} if record is not None else None


def update(arn: str, concurrency: int | None, count: int | None, percentage: float | None) -> bool:
    """UpdateMapRun; False if there is no such map run."""
    record = _record(arn)
    if record is not None:
        record.update(concurrency, count, percentage)
    return record is not None


def _dated(told: dict[str, Any]) -> dict[str, Any]:
    return {name: executions.moment(value) if name in _DATES else value for name, value in told.items()}
