"""Lambda's metrics in CloudWatch, and CloudWatch's statistics as AWS computes them.

moto looks for a metric by *some* of its dimensions (so that a function's figures hold those of its aliases twice), or by none;
begins periods at the first point; knows no percentiles; of metric math knows only the name of another query, and answers
nothing to any other; and lists a metric with several dimensions once for every point. `correct_cloudwatch` gives it statistics
that are right, for everybody's metrics. Statistics other than SampleCount, Sum, Average, Minimum, Maximum and pNN, the functions
of metric math, and Metrics Insights are not there, and answer NotImplemented.

Touches: `moto.cloudwatch.models.cloudwatch_backends`, `CloudWatchBackend.metric_data`, `.get_metric_data`,
`.get_filtered_metrics`, `MetricDatum.value`, `MetricAggregatedDatum.min`, `.max`, `.sum`, `.sample_count`, `Dimension`,
`moto.cloudwatch.responses.CloudWatchResponse.get_metric_statistics` with its `_get_param`, and moto.cloudwatch.exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from lablib.cloud.moto_seam import clockwork, engine
from lablib.cloud.telemetry import metric_math
from lablib.cloud.telemetry.metrics import MINUTE, Dimensions, Point, Series, Statistics
from lablib.models import lifecycle

_PLAIN = {
    "SampleCount": lambda found: found.count,
    "Sum": lambda found: found.total,
    "Average": lambda found: found.total / found.count,
    "Minimum": lambda found: found.lowest,
    "Maximum": lambda found: found.highest,
}


class Minute:
    """A point of Lambda's, where moto keeps its data. None of moto's models: of those it keeps every one that was ever made."""

    def __init__(self, point: Point) -> None:
        self.namespace = point.series.namespace
        self.name, self.unit = point.series.metric, point.series.unit
        self.timestamp = datetime.fromtimestamp(point.minute, timezone.utc).replace(tzinfo=None)  # as all of moto's
        self.dimensions = _dimensions(point.series.dimensions)
        self.statistics = point.statistics
        self.key = (point.minute, point.series)


@cache
def _dimensions(pairs: Dimensions) -> list[Any]:
    from moto.cloudwatch.models import Dimension

    return [Dimension(name, value) for name, value in pairs]


def put(points: Sequence[Point]) -> None:
    """Add points to CloudWatch; one of a minute that is there already is counted into it. The newest are kept, up to the cap."""
    from moto.cloudwatch.models import cloudwatch_backends

    with engine.lock:
        data = cloudwatch_backends[engine.place.account][engine.place.region].metric_data
        kept: dict[tuple[int, Series], Minute] = {one.key: one for one in data if isinstance(one, Minute)}
        for point in points:
            if (minute := kept.get((point.minute, point.series))) is not None:
                minute.statistics.merge(point.statistics)
            else:
                kept[point.minute, point.series] = Minute(point)
        oldest = clockwork.now() - lifecycle.METRIC_RETENTION_S
        ours = [one for one in kept.values() if one.key[0] >= oldest][-lifecycle.METRIC_POINTS :]
        data[:] = [one for one in data if not isinstance(one, Minute)] + ours


def correct_cloudwatch() -> None:
    """Have moto's CloudWatch compute as AWS's does. Loads moto's CloudWatch; doing it again changes nothing."""
    from moto.cloudwatch.models import CloudWatchBackend
    from moto.cloudwatch.responses import CloudWatchResponse

    if CloudWatchBackend.get_filtered_metrics is _listed:
        return
    _originals["get_metric_data"] = CloudWatchBackend.get_metric_data
    CloudWatchBackend.get_metric_data = _get_metric_data
    CloudWatchBackend.get_filtered_metrics = _listed
    CloudWatchResponse.get_metric_statistics = _get_metric_statistics


_originals: dict[str, Any] = {}


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _pairs(dimensions: Iterable[Any]) -> tuple[tuple[str, str | None], ...]:
    """Dimensions of a request, or of a datum, to compare them: in one order."""
    pairs = [(one["Name"], one.get("Value")) if isinstance(one, dict) else (one.name, one.value) for one in dimensions]
    return tuple(sorted(pairs))


def _of(datum: Any) -> Statistics:
    if isinstance(datum, Minute):
        return datum.statistics
    if hasattr(datum, "value"):
        found = Statistics()
        found.add(datum.value)
        return found
    return Statistics(datum.sample_count, datum.sum, datum.min, datum.max)


def _periods(
    backend: Any, metric: dict[str, Any], start: datetime, end: datetime, seconds: int, unit: str | None
) -> Iterator[tuple[datetime, Statistics, str | None]]:  # fmt: skip
    """Each period with data: its beginning, its values and their unit. The first begins at the minute of `start`."""
    wanted = (metric["Namespace"], metric["MetricName"], _pairs(metric.get("Dimensions", ())))
    start, end = _utc(start), _utc(end)
    if seconds >= MINUTE:  # CloudWatch API reference, GetMetricStatistics, StartTime: rounded down to the minute
        start = start.replace(second=0, microsecond=0)
    periods: dict[int, tuple[Statistics, str | None]] = {}
    for datum in backend.get_all_metrics():
        moment = _utc(datum.timestamp)
        if not start <= moment < end or (datum.namespace, datum.name, _pairs(datum.dimensions)) != wanted:
            continue
        if unit is None or datum.unit == unit:
            number = int((moment - start).total_seconds() // seconds)
            periods.setdefault(number, (Statistics(), datum.unit))[0].merge(_of(datum))
    for number in sorted(periods):
        found, its_unit = periods[number]
        yield start + timedelta(seconds=number * seconds), found, its_unit


def _statistic(name: str, found: Statistics) -> float | None:
    if name in _PLAIN:
        return float(_PLAIN[name](found))
    percentile = re.fullmatch(r"p(\d{1,2}(?:\.\d+)?|100)", name)
    if percentile is None:
        raise NotImplementedError(f"the statistic {name!r} of CloudWatch")
    return found.percentile(float(percentile[1]))


def _get_metric_statistics(self: Any) -> Any:
    """In the place of `CloudWatchResponse.get_metric_statistics`."""
    from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue
    from moto.core.responses import ActionResult

    plain, extended = self._get_param("Statistics", []), self._get_param("ExtendedStatistics", [])
    if not plain and not extended:
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    start, end = self._get_param("StartTime"), self._get_param("EndTime")
    if start >= end:
        raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
    metric = {name: self._get_param(name) or () for name in ("Namespace", "MetricName", "Dimensions")}
    found = _periods(self.cloudwatch_backend, metric, start, end, int(self._get_param("Period")), self._get_param("Unit"))
    points = []
    for moment, statistics, unit in found:
        point: dict[str, Any] = {"Timestamp": moment, "Unit": unit or "None"}
        point |= {name: _statistic(name, statistics) for name in plain}
        known = {name: value for name in extended if (value := _statistic(name, statistics)) is not None}
        points.append(point | ({"ExtendedStatistics": known} if known else {}))
    return ActionResult({"Label": metric["MetricName"], "Datapoints": points})


def _get_metric_data(
    self: Any, queries: list[dict[str, Any]], start_time: datetime, end_time: datetime, scan_by: str = "TimestampAscending"
) -> list[dict[str, Any]]:  # fmt: skip
    """In the place of `CloudWatchBackend.get_metric_data`, which still says what is wrong with the times."""
    from moto.cloudwatch.exceptions import ValidationError

    _originals["get_metric_data"](self, [], start_time, end_time, scan_by)
    by_id = {query["Id"]: query for query in queries}
    known: dict[str, metric_math.Points] = {}

    def series(name: str) -> metric_math.Points:
        if name not in known:
            if name not in by_id:
                raise metric_math.BadExpression(f"there is no query {name!r}")
            query = by_id.pop(name)  # one that names itself finds nothing
            known[name] = _points(self, query, start_time, end_time, series)
        return known[name]

    results = []
    for query in queries:
        try:
            points = series(query["Id"])
        except metric_math.BadExpression as error:
            raise ValidationError(f"Error in expression '{query['Id']}': {error}") from None
        if query.get("ReturnData", True):
            results.append(_result(query, points, scan_by))
    return results


def _points(
    backend: Any, query: dict[str, Any], start: datetime, end: datetime, series: Callable[[str], metric_math.Points]
) -> metric_math.Points:  # fmt: skip
    if "Expression" in query:
        if query["Expression"].strip().upper().startswith("SELECT "):
            raise NotImplementedError("Metrics Insights, the queries of CloudWatch that begin with SELECT")
        return metric_math.evaluate(query["Expression"], series)
    stat = query["MetricStat"]
    found = _periods(backend, stat["Metric"], start, end, int(stat["Period"]), stat.get("Unit"))
    values = ((moment, _statistic(stat["Stat"], statistics)) for moment, statistics, _ in found)
    return {moment: value for moment, value in values if value is not None}


def _result(query: dict[str, Any], points: metric_math.Points, scan_by: str) -> dict[str, Any]:
    moments = sorted(points, reverse=scan_by == "TimestampDescending")
    # AWS names a series by what tells it from the others; with one query alone, that is the metric's name.
    name = query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Id"]
    return {
        "id": query["Id"], "label": query.get("Label") or name, "values": [points[moment] for moment in moments],
        "timestamps": moments, "status_code": "Complete",
    }  # fmt: skip


def _listed(self: Any, metric_name: str, namespace: str, dimensions: list[dict[str, str]]) -> list[Any]:
    """In the place of `CloudWatchBackend.get_filtered_metrics`: each metric once. A dimension without a value asks for any."""
    found: dict[Any, Any] = {}
    for datum in self.get_all_metrics():
        pairs = _pairs(datum.dimensions)
        names = {name for name, _ in pairs}
        wanted = _pairs(dimensions or ())
        if (
            (not namespace or datum.namespace == namespace)
            and (not metric_name or datum.name == metric_name)
            and all((pair in pairs) if pair[1] else (pair[0] in names) for pair in wanted)
        ):
            found.setdefault((datum.namespace, datum.name, pairs), datum)
    return list(found.values())
