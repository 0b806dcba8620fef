"""Rules with a schedule: their expressions, when the cloud's clock fires them, and the event."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lablib.models.schedules import next_runs
from tests.cloud.sources.failures import WAYS, failing, runs
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, arn, permit, received
from tests.cloud.sources.test_scheduler import now, refusal
from tests.support import CloudUnderTest

FOREVER = {"MessageRetentionPeriod": "1209600"}


def rule(cloud: CloudUnderTest, expression: str, target: str, name: str = "tick", **more: Any) -> str:
    """The ARN of a new rule with one target."""
    client = cloud.client("events")
    made = str(client.put_rule(Name=name, ScheduleExpression=expression, **more)["RuleArn"])
    client.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": target}])
    return made


def times(queue: Queue) -> list[str]:
    return [event["time"] for event in queue.bodies()]


def test_the_event(cloud: CloudUnderTest) -> None:
    name = cloud.function(TELLS)
    made = rule(cloud, "cron(30 6 * * ? *)", arn(cloud, name))
    permit(cloud, name, "events.amazonaws.com", made)
    start = now(cloud)
    cloud.advance(86_400)
    [event] = received(cloud, name)
    [due] = next_runs("cron(30 6 * * ? *)", 1, "UTC", start)
    assert re.fullmatch(r"[0-9a-f-]{36}", event.pop("id"))
    assert event == {
        "version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "account": ACCOUNT, "region": cloud.region,
        "time": f"{due:%Y-%m-%dT%H:%M:%SZ}", "resources": [made], "detail": {},
    }  # fmt: skip


def test_a_rate_counts_from_when_its_rule_was_made(cloud: CloudUnderTest) -> None:
    queue = Queue(cloud, "q", **FOREVER)
    before = now(cloud)
    rule(cloud, "rate(90 minutes)", queue.arn)
    cloud.advance(90 * 60 - 10)
    assert times(queue) == []
    cloud.advance(86_400)
    found = [datetime.fromisoformat(time) for time in times(queue)]
    assert len(found) == 16 and {later - one for one, later in zip(found, found[1:])} == {timedelta(minutes=90)}
    assert abs((found[0] - before).total_seconds() - 90 * 60) < 5


def test_a_change_takes_effect_at_once(cloud: CloudUnderTest) -> None:
    queue, client = Queue(cloud, "q"), cloud.client("events")
    hourly = "cron(0 * * * ? *)"

    def fired(hours: int = 3) -> int:
        cloud.advance(hours * 3600)
        return len(times(queue))

    rule(cloud, hourly, queue.arn, State="DISABLED")
    assert fired() == 0
    client.enable_rule(Name="tick")
    assert fired() == 3
    client.disable_rule(Name="tick")
    assert fired() == 0
    client.put_rule(Name="tick", ScheduleExpression="cron(0/30 * * * ? *)")
    assert fired() == 6
    client.put_rule(Name="tick", ScheduleExpression="cron(0/30 * * * ? *)", Description="the same, with a description")
    assert fired() == 6
    client.put_rule(Name="tick", EventPattern='{"source": ["mine"]}')
    assert fired() == 0
    client.put_rule(Name="tick", ScheduleExpression=hourly, EventPattern='{"source": ["mine"]}')
    client.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": "{}"}])
    assert fired() == 4  # both
    client.remove_targets(Rule="tick", Ids=["1"])
    assert fired() == 0
    client.delete_rule(Name="tick")
    assert fired() == 0


def test_a_schedule_does_not_fire_when_events_are_put(cloud: CloudUnderTest) -> None:
    queue, client = Queue(cloud, "q"), cloud.client("events")
    rule(cloud, "rate(1 day)", queue.arn)
    client.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": "{}"}])
    cloud.advance(60)
    assert times(queue) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        *(({"ScheduleExpression": text}, "Parameter ScheduleExpression is not valid.") for text in (
            "cron(0 10 * * * *)", "cron(0 10 * * ?)", "cron(60 10 * * ? *)", "rate(1 minutes)", "rate(2 hour)", "rate(0 days)",
            "rate(5 seconds)", "at(2030-01-01T00:00:00)", "daily", "cron(0 10 * * ? *", "cron(0 0 ? * 3#1,6#3 *)",
        )),
        ({"ScheduleExpression": "rate(1 day)", "EventBusName": "mine"}, "ScheduleExpression is supported only on the default event bus."),
    ],
)  # fmt: skip
def test_what_is_refused(cloud: CloudUnderTest, given: dict[str, Any], message: str) -> None:
    client = cloud.client("events")
    client.create_event_bus(Name="mine")
    assert refusal(client.put_rule, Name="r", **given) == ("ValidationException", 400, message)
    assert client.list_rules()["Rules"] == []


def test_input_and_targets_are_those_of_any_rule(cloud: CloudUnderTest) -> None:
    queue, client = Queue(cloud, "q"), cloud.client("events")
    client.put_rule(Name="tick", ScheduleExpression="rate(1 hour)")
    transformer = {"InputPathsMap": {"when": "$.time"}, "InputTemplate": '{"at": <when>}'}
    client.put_targets(Rule="tick", Targets=[
        {"Id": "constant", "Arn": queue.arn, "Input": '{"run": "nightly"}'},
        {"Id": "transformed", "Arn": queue.arn, "InputTransformer": transformer},
    ])  # fmt: skip
    cloud.advance(3600)
    first, second = sorted(queue.bodies(), key=len)
    assert {"run": "nightly"} in (first, second)
    [other] = [body for body in (first, second) if "at" in body]
    assert datetime.fromisoformat(other["at"])


@pytest.mark.parametrize(("statement", "settings", "attempts"), WAYS)
def test_where_an_event_ends_up_that_fails(
    cloud: CloudUnderTest, statement: str, settings: dict[str, Any], attempts: int
) -> None:
    """In the function's dead-letter queue: the rule has handed it to Lambda's queue."""
    letters = Queue(cloud, "letters")
    name = failing(cloud, statement, settings, letters)
    made = rule(cloud, "cron(0 3 * * ? *)", arn(cloud, name))
    permit(cloud, name, "events.amazonaws.com", made)
    cloud.advance(86_400)
    [event] = letters.bodies()
    assert (event["detail-type"], event["resources"]) == ("Scheduled Event", [made])
    assert runs(cloud, name) == attempts


EXPRESSIONS = ["rate(7 hours)", "cron(30 */5 * * ? *)", "cron(0 0 ? * MON-FRI *)", "cron(15 2 L * ? *)", "cron(45 23 1W * ? *)"]


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(EXPRESSIONS), min_size=1, max_size=8), st.integers(1, 9))
def test_each_rule_fires_as_often_as_it_should_and_in_order(cloud: CloudUnderTest, chosen: list[str], days: int) -> None:
    cloud.reset()
    queue = Queue(cloud, "q", **FOREVER)
    for number, expression in enumerate(chosen):
        rule(cloud, expression, queue.arn, f"r{number}")
    start = now(cloud)
    cloud.advance(days * 86_400)
    events = queue.bodies()
    got = [event["time"] for event in events]
    assert got == sorted(got)
    for number, expression in enumerate(chosen):
        mine = [event["time"] for event in events if event["resources"][0].endswith(f"/r{number}")]
        if expression.startswith("rate"):
            assert len(mine) == days * 24 // 7
        else:
            until = start + timedelta(days=days)
            due = [run for run in next_runs(expression, 60, "UTC", start) if run <= until]
            assert mine == [f"{run.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}" for run in due]
