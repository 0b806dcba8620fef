"""Contract: Lambda's metrics in CloudWatch, and statistics as CloudWatch computes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lablib.cloud.moto_seam import engine, metrics
from lablib.cloud.telemetry.metric_math import evaluate
from lablib.cloud.telemetry.metrics import MINUTE, Dimensions, Point, Series, Statistics, dimensions_of
from lablib.models import lifecycle
from tests.cloud.moto_seam.conftest import Moto


def point(moto: Moto, dimensions: Dimensions, *values: float, minutes: int = 0, metric: str = "Duration") -> Point:
    found = Statistics()
    for value in values:
        found.add(value)
    minute = int(moto.now) // MINUTE * MINUTE + minutes * MINUTE
    return Point(Series(metric, dimensions, "Milliseconds"), minute, found)


ACCOUNT, FUNCTION, RESOURCE, VERSION = dimensions_of("f", "live", "7")


@pytest.fixture
def cloudwatch(moto: Moto) -> Any:
    metrics.correct_cloudwatch()
    return moto.client("cloudwatch")


def asked(moto: Moto, dimensions: Dimensions, **more: Any) -> dict[str, Any]:
    now = datetime.fromtimestamp(moto.now, timezone.utc)
    return {
        "Namespace": "AWS/Lambda", "MetricName": "Duration", "StartTime": now - timedelta(minutes=5),
        "EndTime": now + timedelta(minutes=5), "Period": 60,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
    } | more  # fmt: skip


STATISTICS = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]


def test_the_dimensions_tell_metrics_apart(moto: Moto, cloudwatch: Any) -> None:
    for number, dimensions in enumerate((ACCOUNT, FUNCTION, RESOURCE, VERSION), start=1):
        metrics.put([point(moto, dimensions, float(number))])
    for number, dimensions in enumerate((ACCOUNT, FUNCTION, RESOURCE, VERSION), start=1):
        found = cloudwatch.get_metric_statistics(**asked(moto, dimensions), Statistics=STATISTICS)["Datapoints"]
        assert [(one["Sum"], one["SampleCount"], one["Unit"]) for one in found] == [(number, 1.0, "Milliseconds")]


def test_the_statistics(moto: Moto, cloudwatch: Any) -> None:
    metrics.put([point(moto, FUNCTION, 1.0, 2.0), point(moto, FUNCTION, 10.0, minutes=1)])
    metrics.put([point(moto, FUNCTION, 6.0)])  # the same minute, once more
    first, second = cloudwatch.get_metric_statistics(**asked(moto, FUNCTION), Statistics=STATISTICS)["Datapoints"]
    assert {name: first[name] for name in STATISTICS} == {
        "SampleCount": 3.0, "Sum": 9.0, "Average": 3.0, "Minimum": 1.0, "Maximum": 6.0,
    }  # fmt: skip
    assert first["Timestamp"].timestamp() == int(moto.now) // 60 * 60 and second["Sum"] == 10.0


def test_percentiles(moto: Moto, cloudwatch: Any) -> None:
    metrics.put([point(moto, FUNCTION, *map(float, range(1, 101)))])
    [found] = cloudwatch.get_metric_statistics(**asked(moto, FUNCTION), ExtendedStatistics=["p50", "p99.5"])["Datapoints"]
    assert found["ExtendedStatistics"] == {"p50": 50.0, "p99.5": 100.0}


def test_metric_data(moto: Moto, cloudwatch: Any) -> None:
    metrics.put([point(moto, dimensions, 2.0, 4.0, minutes=minute) for minute in (0, 1) for dimensions in (FUNCTION, RESOURCE)])
    request = asked(moto, FUNCTION)
    stat = {"Metric": {name: request[name] for name in ("Namespace", "MetricName", "Dimensions")}, "Period": 60}
    queries = [
        {"Id": name, "MetricStat": stat | {"Stat": statistic}, "ReturnData": name != "hidden"}
        for name, statistic in (("a", "Average"), ("p", "p95"), ("hidden", "Sum"))
    ] + [{"Id": "e", "Expression": "hidden"}, {"Id": "rate", "Expression": "100 * (a + 1) / twice"},
         {"Id": "twice", "Expression": "-2 * -hidden", "ReturnData": False}]  # fmt: skip
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=queries, StartTime=request["StartTime"], EndTime=request["EndTime"], ScanBy="TimestampAscending"
    )
    found = {one["Id"]: one["Values"] for one in answer["MetricDataResults"]}
    assert found == {"a": [3.0, 3.0], "p": [4.0, 4.0], "e": [6.0, 6.0], "rate": [400 / 12] * 2}


@pytest.mark.parametrize("expression", ["nobody", "e", "1 +", "2", "a.b", "-" * 2000 + "e", "(" * 2000])
def test_an_expression_that_is_none(moto: Moto, cloudwatch: Any, expression: str) -> None:
    request = asked(moto, FUNCTION)
    with pytest.raises(ClientError) as refused:
        cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "e", "Expression": expression}], StartTime=request["StartTime"], EndTime=request["EndTime"]
        )
    assert refused.value.response["Error"]["Code"] == "ValidationError"


NOT_THERE = ({"Expression": "FILL(a, 0)"}, {"Expression": "SELECT SUM(Errors) FROM \"AWS/Lambda\""}, {"Stat": "tm90"})


@pytest.mark.parametrize("query", NOT_THERE, ids=str)
def test_what_is_not_there_says_so(moto: Moto, cloudwatch: Any, query: dict[str, str]) -> None:
    metrics.put([point(moto, FUNCTION, 1.0)])
    request = asked(moto, FUNCTION)
    if "Stat" in query:
        metric = {name: request[name] for name in ("Namespace", "MetricName", "Dimensions")}
        query = {"MetricStat": {"Metric": metric, "Period": 60, **query}}  # type: ignore[dict-item]
    with pytest.raises(engine.MotoFailed) as failed:
        cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "e", **query}], StartTime=request["StartTime"], EndTime=request["EndTime"]
        )
    assert failed.value.missing


def test_no_point_where_a_series_has_none_or_it_would_divide_by_zero() -> None:
    first, second, third = (datetime(2026, 11, 23, 10, minute) for minute in range(3))
    series = {"a": {first: 1.0, second: 2.0, third: 3.0}, "b": {first: 0.0, second: 4.0}}
    assert evaluate("a / b", series.__getitem__) == {second: 0.5}
    assert evaluate("a ^ 2 - 1", series.__getitem__) == {first: 0.0, second: 3.0, third: 8.0}


def test_the_period_begins_at_the_minute_of_the_start(moto: Moto, cloudwatch: Any) -> None:
    metrics.put([point(moto, FUNCTION, 1.0)])
    later = asked(moto, FUNCTION, StartTime=datetime.fromtimestamp(int(moto.now) // 60 * 60 + 50, timezone.utc))
    assert len(cloudwatch.get_metric_statistics(**later, Statistics=["Sum"])["Datapoints"]) == 1


def test_each_metric_is_listed_once(moto: Moto, cloudwatch: Any) -> None:
    sets = (ACCOUNT, FUNCTION, VERSION)
    metrics.put([point(moto, dimensions, 1.0, minutes=minute) for minute in (0, 1) for dimensions in sets])
    listed = cloudwatch.list_metrics(Namespace="AWS/Lambda")["Metrics"]
    assert [len(one["Dimensions"]) for one in listed] == [0, 1, 3]
    named = cloudwatch.list_metrics(Dimensions=[{"Name": "Resource"}, {"Name": "FunctionName", "Value": "f"}])["Metrics"]
    assert [len(one["Dimensions"]) for one in named] == [3]


def test_a_learners_own_metrics(moto: Moto, cloudwatch: Any) -> None:
    dimensions = [{"Name": "Stage", "Value": "test"}]
    now = datetime.fromtimestamp(moto.now, timezone.utc)
    data = [
        {"MetricName": "Orders", "Dimensions": dimensions, "Timestamp": now, "Value": 5.0},
        {"MetricName": "Orders", "Timestamp": now, "StatisticValues": {"SampleCount": 2, "Sum": 4, "Minimum": 1, "Maximum": 3}},
    ]
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=data)
    request = asked(moto, (), Namespace="Shop", MetricName="Orders")
    [found] = cloudwatch.get_metric_statistics(**request, Statistics=["Sum", "Maximum"])["Datapoints"]
    assert (found["Sum"], found["Maximum"]) == (4.0, 3.0)
    [found] = cloudwatch.get_metric_statistics(**request | {"Dimensions": dimensions}, Statistics=["Sum"])["Datapoints"]
    assert found["Sum"] == 5.0


def test_no_more_than_the_cap_is_kept(moto: Moto, cloudwatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "METRIC_POINTS", 3)
    metrics.put([point(moto, FUNCTION, float(minute), minutes=minute) for minute in range(5)])
    request = asked(moto, FUNCTION, EndTime=datetime.fromtimestamp(moto.now + 3600, timezone.utc))
    found = cloudwatch.get_metric_statistics(**request, Statistics=["Sum"])["Datapoints"]
    assert [one["Sum"] for one in found] == [2.0, 3.0, 4.0]
