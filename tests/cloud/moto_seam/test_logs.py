"""Contract: a function's lines in CloudWatch Logs."""

from __future__ import annotations

import pytest

from lablib.cloud.moto_seam import logs
from lablib.models import lifecycle
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


def messages(moto: Moto, stream: str = STREAM) -> list[str]:
    events = moto.client("logs").get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True)["events"]
    return [event["message"] for event in events]


def test_a_stream_keeps_its_newest_lines_and_says_so(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "STREAM_LINES", 10)
    now = int(moto.now * 1000)
    for start in range(0, 30, 6):
        logs.put(GROUP, STREAM, [(now + number, f"{number}\n") for number in range(start, start + 6)])
    assert messages(moto) == [logs.DROPPED, *(f"{number}\n" for number in range(21, 30))]


def test_the_account_keeps_the_newest_lines(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "LOG_LINES", 100)
    for number in range(4):
        moto.now += 1
        logs.put(GROUP, f"s{number}", [(int(moto.now * 1000), f"{number}\n")] * 30)
    kept = [messages(moto, f"s{number}") for number in range(4)]
    assert kept[0] == [logs.DROPPED] and kept[1][0] == logs.DROPPED and len(kept[1]) < 30
    assert kept[2:] == [["2\n"] * 30, ["3\n"] * 30]


def test_a_few_long_lines_are_too_much_as_well(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "LOG_CHARACTERS", 1000)
    for number in range(9):
        logs.put(GROUP, STREAM, [(int(moto.now * 1000) + number, str(number) * 200)])
    kept = messages(moto)
    assert kept[0] == logs.DROPPED and kept[-1] == "8" * 200 and sum(map(len, kept[1:])) <= 1000


def test_nothing_is_kept_elsewhere(moto: Moto) -> None:
    """Else what is deleted would stay."""
    from moto.logs.models import LogEvent, LogGroup, LogStream

    logs.put(GROUP, STREAM, [(int(moto.now * 1000), "line\n")])
    assert LogEvent.instances_tracked == LogStream.instances_tracked == LogGroup.instances_tracked == []
    assert logs.exists(GROUP) and not logs.exists("/other")


def test_a_group_that_was_deleted_is_made_again(moto: Moto) -> None:
    logs.put(GROUP, STREAM, [(int(moto.now * 1000), "before\n")])
    moto.client("logs").delete_log_group(logGroupName=GROUP)
    logs.put(GROUP, STREAM, [(int(moto.now * 1000), "after\n")])
    assert messages(moto) == ["after\n"]
