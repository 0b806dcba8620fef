"""Contract: what moto's CloudWatch Logs tells of what is written, and that moto itself invokes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from lablib.cloud.moto_seam import logs, subscriptions
from lablib.cloud.moto_seam.subscriptions import Event, Lines, MetricFilter
from tests.cloud.moto_seam.conftest import Moto

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
GROUP = "/aws/lambda/g"


@pytest.fixture
def told(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> list[Lines]:
    seen: list[Lines] = []
    monkeypatch.setattr(subscriptions, "on_lines", seen.append)
    monkeypatch.setattr(subscriptions, "matches", lambda pattern, message: pattern in message)
    moto.client("logs").create_log_group(logGroupName=GROUP)
    return seen


def subscribe(moto: Moto, pattern: str, name: str = "f") -> None:
    moto.client("logs").put_subscription_filter(
        logGroupName=GROUP, filterName=name, filterPattern=pattern, destinationArn=FUNCTION
    )  # fmt: skip


def test_functions_lines_are_told_as_far_as_the_pattern_lets_them(moto: Moto, told: list[Lines]) -> None:
    subscribe(moto, "a")
    at = int(moto.now * 1000)
    logs.put(GROUP, "s", [(at, "a b"), (at + 1, "b"), (at + 2, "a")])
    logs.put(GROUP, "s", [(at + 3, "b")])
    [lines] = told
    found = moto.client("logs").filter_log_events(logGroupName=GROUP)["events"]
    assert lines == Lines(
        "eu-west-1", "123456789012", GROUP, "s", "f", FUNCTION,
        (Event(found[0]["eventId"], at, "a b"), Event(found[2]["eventId"], at + 2, "a")),
    )  # fmt: skip
    ids = [event["eventId"] for event in found]
    assert ids == sorted(set(ids)) and {len(one) for one in ids} == {56}


def test_a_filter_at_the_limit_can_be_changed(moto: Moto, told: list[Lines]) -> None:
    subscribe(moto, "a", "one")
    subscribe(moto, "b", "two")
    subscribe(moto, "c", "two")
    with pytest.raises(moto.client("logs").exceptions.LimitExceededException):
        subscribe(moto, "d", "three")
    found = moto.client("logs").describe_subscription_filters(logGroupName=GROUP, filterNamePrefix="t")["subscriptionFilters"]
    assert [(one["filterName"], one["filterPattern"]) for one in found] == [("two", "c")]
    assert subscriptions.patterns("eu-west-1", GROUP, "one") == ["c"]
    assert subscriptions.exists("eu-west-1", GROUP) and not subscriptions.exists("eu-west-1", "other")


def test_searching_asks_for_every_pattern(moto: Moto, told: list[Lines]) -> None:
    at = int(moto.now * 1000)
    logs.put(GROUP, "s", [(at, "[x]"), (at + 2, "y")])
    logs.put(GROUP, "t", [(at + 1, "[z]")])
    client = moto.client("logs")
    found: list[dict[str, Any]] = client.filter_log_events(logGroupName=GROUP, filterPattern="[")["events"]
    assert [event["message"] for event in found] == ["[x]", "[z]"]
    for prefix, messages in (("s", ["[x]", "y"]), ("", ["[x]", "[z]", "y"]), ("none", [])):
        events = client.filter_log_events(logGroupName=GROUP, **({"logStreamNamePrefix": prefix} if prefix else {}))["events"]
        assert [event["message"] for event in events] == messages


def test_a_destination_that_is_gone_is_no_failure(moto: Moto, told: list[Lines]) -> None:
    kinesis = moto.client("kinesis")
    kinesis.create_stream(StreamName="k", ShardCount=1)
    stream = kinesis.describe_stream(StreamName="k")["StreamDescription"]["StreamARN"]
    moto.client("logs").put_subscription_filter(
        logGroupName=GROUP, filterName="k", filterPattern="", destinationArn=stream, roleArn="arn:aws:iam::123456789012:role/r"
    )  # fmt: skip
    kinesis.delete_stream(StreamName="k")
    logs.put(GROUP, "s", [(int(moto.now * 1000), "line")])
    assert len(moto.client("logs").filter_log_events(logGroupName=GROUP)["events"]) == 1


def test_metric_filters_are_asked_and_replaced(moto: Moto, told: list[Lines], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str, str, list[str]]] = []

    def measuring(found: MetricFilter, events: Sequence[Event]) -> None:
        seen.append((found.name, found.pattern, found.transformations[0]["metricName"], [event.message for event in events]))

    monkeypatch.setattr(subscriptions, "on_measuring", measuring)
    for pattern in ("other", "p"):
        moto.client("logs").put_metric_filter(
            logGroupName=GROUP, filterName="m", filterPattern=pattern,
            metricTransformations=[{"metricName": "lines", "metricNamespace": "N", "metricValue": "1"}],
        )  # fmt: skip
    assert subscriptions.metric_filters("eu-west-1", GROUP) == ["m"]
    assert moto.client("logs").describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1
    logs.put(GROUP, "s", [(int(moto.now * 1000), "1"), (int(moto.now * 1000), "2")])
    assert seen == [("m", "p", "lines", ["1", "2"])]
