"""Lambda's metrics, from a function that ran to what CloudWatch answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.clock import Clock
from lablib.cloud.telemetry.metrics import Metrics, Point, Statistics
from lablib.models import lifecycle
from tests.cloud.api.harness import refused
from tests.support import CloudUnderTest

SOURCE = """
def lambda_handler(event, context):
    if event == "fail":
        raise ValueError("why")
"""


def total(cloud: CloudUnderTest, metric: str, statistic: str = "Sum", *, offset: float = 0.0, **dimensions: str) -> float | None:
    """A statistic of the hour around now, or None when there is no such metric."""
    now = datetime.fromtimestamp(time.time() + offset, timezone.utc)
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName=metric, Statistics=[statistic], Period=7200,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=1),
    )["Datapoints"]  # fmt: skip
    return points[0][statistic] if points else None


def test_what_an_invocation_counts(cloud: CloudUnderTest) -> None:
    client, name = cloud.client("lambda"), cloud.function(SOURCE)
    client.publish_version(FunctionName=name)
    for payload in (b"1", b"2", b'"fail"'):
        client.invoke(FunctionName=name, Payload=payload)
    client.invoke(FunctionName=name, Qualifier="1")
    expected = {("Invocations", "Sum"): 4, ("Errors", "Sum"): 1, ("Errors", "Average"): 0.25, ("Throttles", "Sum"): 0,
                ("Duration", "SampleCount"): 4, ("ConcurrentExecutions", "Maximum"): 1}  # fmt: skip
    for (metric, statistic), value in expected.items():
        assert total(cloud, metric, statistic) == total(cloud, metric, statistic, FunctionName=name) == value, metric
    assert total(cloud, "Invocations", FunctionName=name, Resource=name) == 3
    assert total(cloud, "Invocations", FunctionName=name, Resource=f"{name}:1") == 1
    assert total(cloud, "Invocations", FunctionName="other") is None


def test_a_point_stands_at_the_minute_of_the_clouds_clock(cloud: CloudUnderTest) -> None:
    name = cloud.function(SOURCE)
    cloud.advance(6 * 3600)
    cloud.client("lambda").invoke(FunctionName=name)
    assert total(cloud, "Invocations", FunctionName=name) is None
    assert total(cloud, "Invocations", FunctionName=name, offset=6 * 3600) == 1
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Invocations", Statistics=["Sum"], Period=60,
        StartTime=time.time() + 6 * 3600 - 600, EndTime=time.time() + 6 * 3600 + 600,
    )["Datapoints"]  # fmt: skip
    assert found[0]["Timestamp"].second == 0


HELD = """
import os, time
def lambda_handler(event, context):
    while event and not os.path.exists(event):
        time.sleep(0.02)
"""


def test_concurrency(cloud: CloudUnderTest) -> None:
    client, name, free = cloud.client("lambda"), cloud.function(SOURCE), cloud.function(SOURCE)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    client.invoke(FunctionName=name)
    assert total(cloud, "UnreservedConcurrentExecutions", "Maximum") == 0
    assert total(cloud, "ClaimedAccountConcurrency", "Maximum") == 5
    client.invoke(FunctionName=free)
    assert total(cloud, "UnreservedConcurrentExecutions", "Maximum") == 1
    assert total(cloud, "ClaimedAccountConcurrency", "Maximum") == 6
    assert total(cloud, "UnreservedConcurrentExecutions", FunctionName=free) is None
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    for _ in range(2):
        assert refused(client.invoke, FunctionName=name).code == "TooManyRequestsException"
    assert total(cloud, "Throttles", FunctionName=name) == 2
    assert total(cloud, "Throttles", "Average", FunctionName=name, Resource=name) == pytest.approx(2 / 3)
    assert total(cloud, "Invocations", FunctionName=name) == total(cloud, "Errors", "SampleCount", FunctionName=name) == 1


def test_provisioned_concurrency(cloud_shared: CloudUnderTest, tmp_path: Path) -> None:
    cloud, go = cloud_shared, str(tmp_path / "go")
    client, name = cloud.client("lambda"), cloud.function(HELD)
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    client.put_provisioned_concurrency_config(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=2)
    ready(cloud, name)
    with ThreadPoolExecutor() as pool:
        held = [pool.submit(client.invoke, FunctionName=f"{name}:live", Payload=json.dumps(go)) for _ in range(3)]
        wait_until(lambda: total(cloud, "ConcurrentExecutions", "Maximum", FunctionName=name) == 3)
        Path(go).touch()
        assert [one.result()["StatusCode"] for one in held] == [200] * 3
    alias = {"FunctionName": name, "Resource": f"{name}:live"}
    for dimensions in (alias, alias | {"ExecutedVersion": "1"}):
        assert total(cloud, "ProvisionedConcurrencyInvocations", **dimensions) == 2
        assert total(cloud, "ProvisionedConcurrencySpilloverInvocations", **dimensions) == 1
        assert total(cloud, "ProvisionedConcurrentExecutions", "Maximum", **dimensions) == 2
        assert total(cloud, "ProvisionedConcurrencyUtilization", "Maximum", **dimensions) == 1.0
        assert total(cloud, "ProvisionedConcurrencyUtilization", "Minimum", **dimensions) == 0.5
    assert total(cloud, "ProvisionedConcurrencyUtilization", FunctionName=name) is None


def ready(cloud: CloudUnderTest, name: str) -> None:
    client = cloud.client("lambda")
    wait_until(
        lambda: client.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")["Status"] == "READY"
    )


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that"


def test_an_empty_cloud_has_no_metrics(cloud: CloudUnderTest) -> None:
    cloud.client("lambda").invoke(FunctionName=cloud.function(SOURCE))
    cloud.reset()
    assert cloud.client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"] == []


def test_the_metrics_of_a_function(cloud: CloudUnderTest) -> None:
    name = cloud.function(SOURCE)
    cloud.client("lambda").invoke(FunctionName=name)
    listed = cloud.client("cloudwatch").list_metrics(Dimensions=[{"Name": "FunctionName", "Value": name}])["Metrics"]
    seen = {(one["MetricName"], tuple(pair["Name"] for pair in one["Dimensions"])) for one in listed}
    names = ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions")
    assert seen == {(metric, keys) for metric in names for keys in (("FunctionName",), ("FunctionName", "Resource"))}


@given(st.lists(st.floats(0, 1e6).map(lambda value: round(value, 2)), min_size=1, max_size=400), st.integers(0, 400))
def test_statistics_are_exact_and_percentiles_nearly(values: list[float], cut: int) -> None:
    first, second = Statistics(), Statistics()
    for value in values[:cut]:
        first.add(value)
    for value in values[cut:]:
        second.add(value)
    first.merge(second)
    assert (first.count, first.lowest, first.highest) == (len(values), min(values), max(values))
    assert first.total == pytest.approx(sum(values))
    median = sorted(values)[-(-len(values) // 2) - 1]
    assert first.percentile(50) == pytest.approx(median, rel=0.01)


def test_what_waits_for_cloudwatch_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "METRIC_POINTS", 4)
    given: list[Point] = []

    async def put(points: Any) -> None:
        given.extend(points)

    async def run() -> None:
        metrics = Metrics(Clock(), put)
        for number in range(10):
            metrics.record("Invocations", None, at=number * 60)
        await metrics.flush()

    asyncio.run(run())
    assert [point.minute for point in given] == [360, 420, 480, 540]
