"""Contract: every change of a scheduled rule or a schedule is told, and what moto forgets is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lablib.cloud.moto_seam import buses, engine, schedules
from lablib.cloud.moto_seam.schedules import Listener, Schedule, ScheduledRule
from tests.cloud.moto_seam.conftest import Moto

Told = list[ScheduledRule | Schedule | str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """What was told; a bus that takes everything, since another test may have had moto's corrected."""
    heard: Told = []
    everything = buses.Listener(lambda *_: [], lambda *_: None, lambda _: None, lambda *_: None, lambda *_: True)
    monkeypatch.setattr(buses, "_listener", everything)
    schedules.listen(Listener(heard.append, heard.append, heard.append))
    yield heard
    schedules.listen(Listener(lambda rule: None, lambda schedule: None, lambda arn: None))


def test_rules(moto: Moto, told: Told) -> None:
    client, arn = moto.client("events"), "arn:aws:events:eu-west-1:123456789012:rule/r"
    client.put_rule(Name="r", ScheduleExpression="rate(5 minutes)")
    client.disable_rule(Name="r")
    client.enable_rule(Name="r")
    client.put_rule(Name="r", EventPattern=json.dumps({"source": ["mine"]}))
    client.delete_rule(Name="r")

    def rule(expression: str | None, enabled: bool = True) -> ScheduledRule:
        return ScheduledRule(arn, "r", "eu-west-1", expression, enabled)

    rate = "rate(5 minutes)"
    assert told == [rule(rate), rule(rate, False), rule(rate), rule(None), rule(None)]


@pytest.mark.parametrize("expression", ["cron(0 10 * * * *)", "rate(5 minute)", "rate(1 minutes)", "at(2030-01-01T00:00:00)", "cron()"])
def test_a_malformed_expression_of_a_rule(moto: Moto, told: Told, expression: str) -> None:
    with pytest.raises(ClientError) as refused:
        moto.client("events").put_rule(Name="r", ScheduleExpression=expression)
    assert refused.value.response["Error"] == {"Code": "ValidationException", "Message": "Parameter ScheduleExpression is not valid."}
    assert told == [] and moto.client("events").list_rules()["Rules"] == []


def test_schedules(moto: Moto, told: Told) -> None:
    client, arn = moto.client("scheduler"), "arn:aws:scheduler:eu-west-1:123456789012:schedule/g/s"
    client.create_schedule_group(Name="g")
    target = {"Arn": "arn:aws:sqs:eu-west-1:123456789012:q", "RoleArn": "arn:aws:iam::123456789012:role/r"}
    given: dict[str, Any] = {"Name": "s", "GroupName": "g", "ScheduleExpression": "rate(1 hour)", "Target": target}
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}
    client.create_schedule(**given, FlexibleTimeWindow=window, State="DISABLED", StartDate=moto.now + 60)
    client.update_schedule(**given, FlexibleTimeWindow={"Mode": "OFF"}, ActionAfterCompletion="DELETE")
    created, updated = told
    assert isinstance(created, Schedule) and isinstance(updated, Schedule)
    assert created.target["Arn"] == target["Arn"]
    assert (created.arn, created.enabled, created.window, created.start, created.deletes_itself) == (arn, False, 5, moto.now + 60, False)
    assert (updated.enabled, updated.window, updated.start, updated.deletes_itself, updated.timezone) == (True, None, None, True, "UTC")
    assert schedules.has_group("eu-west-1", "g") and not schedules.has_group("eu-west-1", "h")
    with engine.lock:
        schedules.delete(updated)
        schedules.delete(updated)
    client.create_schedule(**given, FlexibleTimeWindow={"Mode": "OFF"})
    client.delete_schedule_group(Name="g")
    assert told[2:3] == [arn] and told[4:] == [arn]
