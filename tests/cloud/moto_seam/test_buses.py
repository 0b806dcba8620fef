"""Contract: moto's EventBridge asks whoever listens what becomes of events, patterns and targets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from lablib.cloud.moto_seam import bus_targets, buses, engine
from lablib.cloud.moto_seam.buses import Listener, Refused
from tests.cloud.api.harness import refused
from tests.cloud.moto_seam.conftest import Moto

HERE = "eu-west-1:123456789012"
BUS = f"arn:aws:events:{HERE}:event-bus/default"


class Told:
    """A listener that writes down what it is asked, and refuses what says ``no``."""

    def __init__(self) -> None:
        self.put: list[tuple[str, list[Any], bool]] = []
        self.replayed: list[tuple[Any, ...]] = []

    def listener(self) -> Listener:
        return Listener(self._put, lambda *given: self.replayed.append(given), self._check, self._check_targets, self._matches)

    def _put(self, region: str, entries: Sequence[Any], own: bool) -> list[dict[str, Any]]:
        if any(entry.get("Source") == "no" for entry in entries):
            raise Refused("ValidationException", "no events")
        self.put.append((region, list(entries), own))
        return [{"EventId": "1"} if entry.get("Detail") else {"ErrorCode": "C", "ErrorMessage": "M"} for entry in entries]

    def _check(self, pattern: str) -> None:
        if "no" in pattern:
            raise Refused("InvalidEventPatternException", "no pattern")

    def _check_targets(self, present: Sequence[str], targets: Sequence[Any]) -> None:
        if any(target["Id"] == "no" for target in targets):
            raise Refused("LimitExceededException", f"no target beside {', '.join(present)}")

    def _matches(self, pattern: str, event: str) -> bool:
        self._check(pattern)
        return pattern == event


@pytest.fixture
def told(moto: Moto) -> Iterator[Told]:
    """A listener in the place of the one that another test may have left."""
    before = buses._listener
    told = Told()
    buses.listen(told.listener())
    yield told
    buses._listener = before


def test_entries_go_to_the_listener(moto: Moto, told: Told) -> None:
    events = moto.client("events")
    good, bad = {"Source": "s", "DetailType": "d", "Detail": "{}"}, {"Source": "s"}
    answer = events.put_events(Entries=[good, bad])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"] == [{"EventId": "1"}, {"ErrorCode": "C", "ErrorMessage": "M"}]
    assert told.put == [("eu-west-1", [good, bad], False)]
    error = refused(lambda: events.put_events(Entries=[{"Source": "no"}]))
    assert (error.code, error.message) == ("ValidationException", "no events")


def test_patterns_and_targets_are_asked_about(moto: Moto, told: Told) -> None:
    events = moto.client("events")
    for call in (
        lambda: events.put_rule(Name="r", EventPattern='{"a": ["no"]}'),
        lambda: events.create_archive(ArchiveName="a", EventSourceArn=BUS, EventPattern='{"a": ["no"]}'),
        lambda: events.test_event_pattern(EventPattern='{"a": ["no"]}', Event="{}"),
    ):
        error = refused(call)
        assert (error.code, error.message) == ("InvalidEventPatternException", "no pattern")
    assert events.test_event_pattern(EventPattern="{}", Event="{}")["Result"] is True
    assert events.test_event_pattern(EventPattern="{}", Event="[]")["Result"] is False
    events.put_rule(Name="r", EventPattern='{"a": ["b"], "a": ["c"]}')
    assert events.describe_rule(Name="r")["EventPattern"] == '{"a": ["b"], "a": ["c"]}'
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{HERE}:q"}])
    error = refused(lambda: events.put_targets(Rule="r", Targets=[{"Id": "no", "Arn": f"arn:aws:sqs:{HERE}:q"}]))
    assert (error.code, error.message) == ("LimitExceededException", "no target beside 1")


def test_rules_as_they_are(moto: Moto, told: Told) -> None:
    events = moto.client("events")
    events.create_event_bus(Name="shop")
    events.put_rule(Name="on", EventBusName="shop", EventPattern='{"a": ["b"]}')
    events.put_targets(Rule="on", EventBusName="shop", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{HERE}:q", "Input": "1"}])
    events.put_rule(Name="off", EventBusName="shop", EventPattern='{"a": ["b"]}', State="DISABLED")
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    events.create_archive(ArchiveName="kept", EventSourceArn=BUS)
    with engine.lock:
        assert buses.rules_of("eu-west-1", "nowhere") is None
        found = buses.rules_of("eu-west-1", "shop") or ()
        default = buses.rules_of("eu-west-1", "default") or ()
    assert [(rule.name, rule.enabled) for rule in found] == [("on", True), ("off", False)]
    assert {rule.pattern for rule in found} == {'{"a": ["b"]}'}
    assert found[0].targets == ({"Id": "1", "Arn": f"arn:aws:sqs:{HERE}:q", "Input": "1"},)
    assert [(rule.name, rule.pattern, rule.archive) for rule in default] == [
        ("nightly", None, None), ("Events-Archive-kept", '{"replay-name": [{"exists": false}]}', "kept"),
    ]  # fmt: skip
    assert buses.rule_of(found[0].arn) == found[0] and buses.rule_of(default[0].arn) == default[0]
    assert buses.rule_of(found[0].arn + "x") is None


def test_a_replay_goes_to_the_listener(moto: Moto, told: Told) -> None:
    events = moto.client("events")
    archive = events.create_archive(ArchiveName="kept", EventSourceArn=BUS)["ArchiveArn"]
    with engine.lock:
        buses.keep("eu-west-1", "kept", {"id": "1"}, 1000.0)
        buses.keep("eu-west-1", "kept", {"id": "2"}, 2000.0)
        buses.keep("eu-west-1", "gone", {"id": "3"}, 2000.0)
    assert events.describe_archive(ArchiveName="kept")["EventCount"] == 2
    rules = [f"arn:aws:events:{HERE}:rule/r"]
    events.start_replay(
        ReplayName="again", EventSourceArn=archive, EventStartTime=1500, EventEndTime=2500,
        Destination={"Arn": BUS, "FilterArns": rules},
    )  # fmt: skip
    assert told.replayed == [("eu-west-1", "default", {"id": "2", "replay-name": "again"}, frozenset(rules))]
    assert events.describe_replay(ReplayName="again")["State"] == "COMPLETED"


def test_a_new_bucket_calls_nobody(moto: Moto, told: Told) -> None:
    """moto would call its own Lambda for such a rule."""
    events = moto.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["aws.s3"], "detail": {"eventName": ["CreateBucket"]}}))
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": f"arn:aws:lambda:{HERE}:function:f"}])
    moto.client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    from moto.events import notifications

    assert notifications._send_safe_notification("aws.s3", "CreateBucket", "eu-west-1", [], {}) is None
    assert told.put == []


def test_what_goes_to_log_groups_and_streams(moto: Moto) -> None:
    logs, kinesis = moto.client("logs"), moto.client("kinesis")
    logs.create_log_group(logGroupName="g")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    bus_targets.put_log("g", "one", 1_800_000_000_000, "line")
    bus_targets.put_record(f"arn:aws:kinesis:{HERE}:stream/s", "key", b"\x00data")
    [line] = logs.get_log_events(logGroupName="g", logStreamName="one")["events"]
    assert (line["timestamp"], line["message"]) == (1_800_000_000_000, "line")
    shard = kinesis.get_shard_iterator(StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    [record] = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"\x00data", "key")
    for work in (
        lambda: bus_targets.put_log("none", "one", 0, ""),
        lambda: bus_targets.put_record(f"arn:aws:kinesis:{HERE}:stream/none", "key", b""),
        lambda: bus_targets.put_to_delivery_stream(f"arn:aws:firehose:{HERE}:deliverystream/none", b""),
    ):
        with pytest.raises(bus_targets.NoTarget):
            work()


def test_what_goes_to_a_delivery_stream(moto: Moto) -> None:
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    to = {"RoleARN": "arn:aws:iam::123456789012:role/r", "BucketARN": "arn:aws:s3:::bucket"}
    moto.client("firehose").create_delivery_stream(DeliveryStreamName="d", S3DestinationConfiguration=to)
    bus_targets.put_to_delivery_stream(f"arn:aws:firehose:{HERE}:deliverystream/d", b'{"a": 1}')
    [stored] = s3.list_objects_v2(Bucket="bucket")["Contents"]
    assert s3.get_object(Bucket="bucket", Key=stored["Key"])["Body"].read() == b'{"a": 1}'
