"""Contract: a function's lines in CloudWatch Logs."""

from __future__ import annotations

from lablib.cloud.moto_seam import logs
from tests.cloud.moto_seam.conftest import Moto

GROUP, STREAM = "/aws/lambda/f", "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef"


def test_lines_make_their_group_and_stream_and_keep_their_order(moto: Moto) -> None:
    now = int(moto.now * 1000)
    logs.put(GROUP, STREAM, [(now + 5, "second\n"), (now, "first\n"), (now + 5, "third\n")])
    logs.put(GROUP, STREAM, [(now + 6, "fourth\n")])
    client = moto.client("logs")
    events = client.get_log_events(logGroupName=GROUP, logStreamName=STREAM, startFromHead=True)["events"]
    assert [event["message"] for event in events] == ["first\n", "second\n", "third\n", "fourth\n"]
    assert [event["timestamp"] for event in events] == [now, now + 5, now + 5, now + 6]
    assert {event["ingestionTime"] for event in events} == {now}
    group = client.describe_log_groups()["logGroups"][0]
    assert group["logGroupName"] == GROUP
    assert group["arn"] == f"arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}:*"


def test_a_group_that_a_learner_made_is_used(moto: Moto) -> None:
    client = moto.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    logs.put(GROUP, STREAM, [(int(moto.now * 1000), "line\n")])
    assert client.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    assert len(client.filter_log_events(logGroupName=GROUP)["events"]) == 1
