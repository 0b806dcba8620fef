"""Filter patterns where nobody subscribes: searching a group, and metric filters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.sources.test_logs import GROUP, group, now, write
from tests.support import CloudUnderTest


def search(cloud: CloudUnderTest, pattern: str) -> list[str]:
    events = cloud.client("logs").filter_log_events(logGroupName=GROUP, filterPattern=pattern)["events"]
    return [event["message"] for event in events]


def test_filter_log_events_knows_every_kind_of_pattern(cloud: CloudUnderTest) -> None:
    logs = group(cloud, GROUP, "one", "two")
    document = json.dumps({"level": "ERROR", "ms": 12})
    write(cloud, "ERROR 1", "WARN 2 x", document, stream="one")
    write(cloud, "INFO 3", stream="two")
    assert search(cloud, "") == ["ERROR 1", "WARN 2 x", document, "INFO 3"]
    assert search(cloud, "?WARN ?INFO") == ["WARN 2 x", "INFO 3"]
    assert search(cloud, "-ERROR") == ["WARN 2 x", "INFO 3"]
    assert search(cloud, '{ $.level = "ERROR" && $.ms > 10 }') == [document]
    assert search(cloud, "[level, number < 3, ...]") == ["ERROR 1", "WARN 2 x"]
    assert search(cloud, "%[0-9]$%") == ["ERROR 1", "INFO 3"]
    with pytest.raises(ClientError) as refused:
        search(cloud, "a:b")
    expected = {"Code": "InvalidParameterException", "Message": "Invalid character(s) in term ':'"}
    assert refused.value.response["Error"] == expected
    with pytest.raises(ClientError, match="Invalid filter pattern"):
        search(cloud, "{ $.a }")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, PaginationConfig={"PageSize": 1})
    assert [event["message"] for page in pages for event in page["events"]] == search(cloud, "")


def test_streams_are_sorted_into_one_another(cloud: CloudUnderTest) -> None:
    logs, at = group(cloud, GROUP, "one", "two"), now(cloud)
    for stream, moments in (("one", (0, 2)), ("two", (1, 3))):
        events = [{"timestamp": at + moment, "message": str(moment)} for moment in moments]
        logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)
    assert search(cloud, "") == ["0", "1", "2", "3"]


def test_test_metric_filter(cloud: CloudUnderTest) -> None:
    logs = cloud.client("logs")
    lines = ['127.0.0.1 - frank [now] "GET / HTTP/1.0" 404 12', "short", '127.0.0.2 - joe [now] "GET / HTTP/1.0" 200 12']
    answer = logs.test_metric_filter(filterPattern="[ip, ..., status = 4*, size]", logEventMessages=lines)
    assert answer["matches"] == [{
        "eventNumber": 0, "eventMessage": lines[0],
        "extractedValues": {
            "$ip": "127.0.0.1", "$2": "-", "$3": "frank", "$4": "now", "$5": "GET / HTTP/1.0", "$status": "404", "$size": "12",
        },
    }]  # fmt: skip
    assert logs.test_metric_filter(filterPattern="none", logEventMessages=["x"])["matches"] == []
    with pytest.raises(ClientError, match="Invalid metric filter pattern"):
        logs.test_metric_filter(filterPattern="[a", logEventMessages=["x"])
    with pytest.raises(ClientError, match="less than or equal to 50"):
        logs.test_metric_filter(filterPattern="a", logEventMessages=["x"] * 51)


def figures(cloud: CloudUnderTest, metric: str, **dimensions: str) -> dict[str, float]:
    at = now(cloud) / 1000
    found: list[dict[str, Any]] = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="Shop", MetricName=metric, Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=at - 3600, EndTime=at + 3600, Period=7200, Statistics=["Sum", "SampleCount", "Maximum"],
    )["Datapoints"]  # fmt: skip
    return {name: sum(point[name] for point in found) for name in ("Sum", "SampleCount", "Maximum")}


def filtered(cloud: CloudUnderTest, name: str, pattern: str, value: str, **more: Any) -> None:
    transformation = {"metricName": name, "metricNamespace": "Shop", "metricValue": value, **more}
    cloud.client("logs").put_metric_filter(
        logGroupName=GROUP, filterName=name, filterPattern=pattern, metricTransformations=[transformation]
    )  # fmt: skip


def test_metric_filters_count_and_measure(cloud: CloudUnderTest) -> None:
    group(cloud)
    filtered(cloud, "errors", "never", "1")
    filtered(cloud, "errors", "ERROR", "1", defaultValue=0)
    filtered(cloud, "latency", "{ $.ms = * }", "$.ms", unit="Milliseconds", dimensions={"Route": "$.route"})
    filtered(cloud, "bytes", "[..., status = 2*, bytes]", "$bytes")
    assert len(cloud.client("logs").describe_metric_filters(logGroupName=GROUP)["metricFilters"]) == 3
    write(cloud, "ERROR 1", "ERROR 2", "fine")
    write(cloud, "fine")
    for ms, route in ((10, "/a"), (30, "/a"), (5, "/b"), ("none", "/b")):
        write(cloud, json.dumps({"ms": ms, "route": route}))
    write(cloud, json.dumps({"ms": 99}), "GET / 200 12", "GET / 204 30", "GET / 404 7")
    assert figures(cloud, "errors") == {"Sum": 2, "SampleCount": 2 + 6, "Maximum": 1}
    assert figures(cloud, "latency", Route="/a") == {"Sum": 40, "SampleCount": 2, "Maximum": 30}
    assert figures(cloud, "latency", Route="/b") == {"Sum": 5, "SampleCount": 1, "Maximum": 5}
    assert figures(cloud, "bytes") == {"Sum": 42, "SampleCount": 2, "Maximum": 30}


def test_what_functions_log_is_counted_too(cloud: CloudUnderTest) -> None:
    name = cloud.function("def lambda_handler(event, context): raise ValueError('no')")
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    logs.put_metric_filter(
        logGroupName=f"/aws/lambda/{name}", filterName="f", filterPattern='"[ERROR]"',
        metricTransformations=[{"metricName": "failures", "metricNamespace": "Shop", "metricValue": "1"}],
    )  # fmt: skip
    cloud.client("lambda").invoke(FunctionName=name)
    cloud.advance(0)
    assert figures(cloud, "failures")["Sum"] == 1


def test_dimensions_need_a_pattern_with_parts(cloud: CloudUnderTest) -> None:
    group(cloud)
    with pytest.raises(ClientError, match="The specified filter pattern does not support dimensions"):
        filtered(cloud, "errors", "ERROR", "1", dimensions={"Route": "$.route"})


def test_a_metric_filter_of_no_group(cloud: CloudUnderTest) -> None:
    with pytest.raises(ClientError, match="The specified log group does not exist."):
        filtered(cloud, "errors", "ERROR", "1")
