"""Kinesis as an event source."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cloud.api.harness import refused
from tests.cloud.sources.streams import STRICT, Kinesis, batches, described, mapping, metric
from tests.cloud.sources.support import TELLS, received
from tests.support import CloudUnderTest


def test_the_event(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    mapping(cloud, stream, name)
    [number, _] = stream.put("Hello", b"\xff")
    cloud.advance(0)
    [event] = received(cloud, name)
    arrived = event["Records"][0]["kinesis"].pop("approximateArrivalTimestamp")
    assert isinstance(arrived, float) and round(arrived, 3) == arrived
    assert event["Records"][0] == {
        "kinesis": {"kinesisSchemaVersion": "1.0", "partitionKey": "key", "sequenceNumber": number, "data": "SGVsbG8="},
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-test-role",
        "awsRegion": cloud.region,
        "eventSourceARN": stream.arn,
    }
    assert event["Records"][1]["kinesis"]["data"] == "/w=="


@pytest.mark.parametrize("position, found", [("TRIM_HORIZON", "123"), ("LATEST", "3"), ("AT_TIMESTAMP", "23")])
def test_where_it_begins(cloud: CloudUnderTest, position: str, found: str) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    stream.put("1")
    cloud.advance(100)
    moment = {"StartingPositionTimestamp": float(cloud.lab("GET", "/_lab/clock").body["now"]) - 50}  # type: ignore[arg-type]
    stream.put("2")
    cloud.advance(10)
    uuid = mapping(cloud, stream, name, StartingPosition=position, **(moment if position == "AT_TIMESTAMP" else {}))
    stream.put("3")
    cloud.advance(0)
    assert "".join(sum(batches(cloud, name), [])) == found
    assert described(cloud, uuid)["StartingPosition"] == position


def test_a_backlog_in_batches_and_a_window(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    stream.put(*"1234567")
    mapping(cloud, stream, name, BatchSize=3, MaximumBatchingWindowInSeconds=60)
    cloud.advance(0)
    assert batches(cloud, name) == [["1", "2", "3"], ["4", "5", "6"]]
    cloud.advance(59)
    stream.put("8")
    assert len(batches(cloud, name)) == 2
    cloud.advance(1)
    assert batches(cloud, name)[2] == ["7", "8"]


def test_one_shard_that_is_stuck_stops_no_other_and_no_other_mapping(cloud: CloudUnderTest) -> None:
    stream = Kinesis(cloud, shards=2)
    strict, calm = cloud.function(STRICT), cloud.function(TELLS)
    stuck = mapping(cloud, stream, strict, BatchSize=2)
    mapping(cloud, stream, calm)
    stream.put("poison", "1", "2", shard=0)
    cloud.advance(0)
    stream.put("a", "b", shard=0.5)
    cloud.advance(10)
    assert set(map(tuple, batches(cloud, strict))) == {("poison", "1"), ("a", "b")}
    assert described(cloud, stuck)["LastProcessingResult"] in ("PROBLEM: Function call failed", "OK")
    assert sorted(sum(batches(cloud, calm), [])) == ["1", "2", "a", "b", "poison"]


def test_children_are_read_when_their_parents_have_been(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(STRICT)
    mapping(cloud, stream, name)
    stream.put('{"fails": 2}')
    stream.client.split_shard(StreamName="stream", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    stream.put("low", shard=0)
    stream.put("high", shard=0.6)
    stream.client.merge_shards(
        StreamName="stream", ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000002"
    )
    stream.put("together")
    cloud.advance(2)
    assert batches(cloud, name) == [['{"fails": 2}']] * 2
    cloud.advance(60)
    order = sum(batches(cloud, name)[3:], [])
    assert sorted(order[:2]) == ["high", "low"] and order[2:] == ["together"]


def test_lanes_of_one_shard(cloud: CloudUnderTest) -> None:
    """Ten at a time, of one shard; a key that fails stops those that share its lane."""
    stream, name = Kinesis(cloud), cloud.function(STRICT)
    mapping(cloud, stream, name, ParallelizationFactor=10)
    stream.put("poison", key="bad")
    for number in range(30):
        stream.put(f"{number}-1", f"{number}-2", key=str(number))
    cloud.advance(0)
    done = [record for batch in batches(cloud, name) for record in batch if "poison" not in batch]
    assert len(done) >= 40
    for number in range(30):
        mine = [record for record in done if record.startswith(f"{number}-")]
        assert mine in ([], [f"{number}-1", f"{number}-2"])


FILTER = json.dumps({"data": {"kind": ["good"], "n": [{"numeric": [">", 1]}]}})


def test_filters_see_what_the_data_says(cloud: CloudUnderTest) -> None:
    stream, name, keys = Kinesis(cloud), cloud.function(TELLS), cloud.function(TELLS)
    uuid = mapping(
        cloud, stream, name, FilterCriteria={"Filters": [{"Pattern": FILTER}]}, MetricsConfig={"Metrics": ["EventCount"]}
    )
    mapping(cloud, stream, keys, FilterCriteria={"Filters": [{"Pattern": '{"partitionKey": ["other"]}'}]})
    good = '{"kind": "good", "n": 2}'
    stream.put('{"kind": "good", "n": 1}', good, "no JSON", b"\xff\xfe", '"good"', '{"kind": "bad", "n": 2}')
    stream.put("a", key="other")
    cloud.advance(0)
    assert batches(cloud, name) == [[good]] and batches(cloud, keys) == [["a"]]
    assert metric(cloud, "FilteredOutEventCount", "Sum", EventSourceMappingUUID=uuid) == 6
    assert metric(cloud, "InvokedEventCount", "Sum", EventSourceMappingUUID=uuid) == 1
    assert metric(cloud, "PolledEventCount", "Sum", EventSourceMappingUUID=uuid) == 7


# --- a mapping's life ----------------------------------------------------------------


def test_it_goes_on_where_it_was_paused(cloud: CloudUnderTest) -> None:
    stream, name, client = Kinesis(cloud), cloud.function(TELLS), cloud.client("lambda")
    uuid = mapping(cloud, stream, name)
    stream.put("1")
    cloud.advance(0)
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    stream.put("2")
    cloud.advance(60)
    assert described(cloud, uuid)["State"] == "Disabled" and batches(cloud, name) == [["1"]]
    client.update_event_source_mapping(UUID=uuid, Enabled=True, ParallelizationFactor=3)
    cloud.advance(0)
    assert described(cloud, uuid)["State"] == "Enabled" and batches(cloud, name) == [["1"], ["2"]]
    client.delete_event_source_mapping(UUID=uuid)
    stream.put("3")
    cloud.advance(60)
    assert batches(cloud, name) == [["1"], ["2"]]


def test_a_batch_that_fails_ends_with_its_mapping(cloud: CloudUnderTest) -> None:
    stream, name, client = Kinesis(cloud), cloud.function(STRICT), cloud.client("lambda")
    uuid = mapping(cloud, stream, name)
    stream.put("poison")
    cloud.advance(5)
    runs = len(batches(cloud, name))
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    cloud.advance(3600)
    assert len(batches(cloud, name)) == runs
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
    cloud.advance(3600)
    assert len(batches(cloud, name)) > runs
    client.delete_event_source_mapping(UUID=uuid)
    runs = len(batches(cloud, name))
    cloud.advance(3600)
    assert len(batches(cloud, name)) == runs


def test_settings_and_function_are_changed_while_it_runs(cloud: CloudUnderTest) -> None:
    stream, old, new = Kinesis(cloud), cloud.function(TELLS), cloud.function(TELLS)
    uuid = mapping(cloud, stream, old)
    stream.put("1", "2")
    cloud.advance(0)
    cloud.client("lambda").update_event_source_mapping(UUID=uuid, FunctionName=new, BatchSize=1)
    assert described(cloud, uuid)["State"] == "Enabled"
    stream.put("3", "4")
    cloud.advance(0)
    assert batches(cloud, old) == [["1", "2"]] and batches(cloud, new) == [["3"], ["4"]]


def test_a_stream_that_is_deleted_and_made_again(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    uuid = mapping(cloud, stream, name, StartingPosition="LATEST")
    stream.put("1")
    cloud.advance(0)
    stream.client.delete_stream(StreamName="stream")
    cloud.advance(3600)
    assert described(cloud, uuid)["LastProcessingResult"].startswith("PROBLEM: ")
    Kinesis(cloud).put("2")
    cloud.advance(0)
    assert batches(cloud, name) == [["1"], ["2"]]


def test_a_function_that_is_deleted_and_made_again(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    uuid = mapping(cloud, stream, name)
    cloud.client("lambda").delete_function(FunctionName=name)
    stream.put("1")
    cloud.advance(60)
    assert described(cloud, uuid)["LastProcessingResult"] == "PROBLEM: Function call failed"
    cloud.function(TELLS, name=name)
    cloud.advance(300)
    assert batches(cloud, name) == [["1"]]


def test_a_reset_ends_everything(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function("import time\ndef lambda_handler(event, context): time.sleep(60)", Timeout=90)
    mapping(cloud, stream, name)
    stream.put("1")
    cloud.reset()
    assert cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert Kinesis(cloud).put("1") and cloud.advance(0)


def test_what_comes_in_is_counted(cloud: CloudUnderTest) -> None:
    Kinesis(cloud).put("12", "34")
    now = float(cloud.lab("GET", "/_lab/clock").body["now"])  # type: ignore[arg-type]
    [point] = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Kinesis", MetricName="IncomingBytes", Dimensions=[{"Name": "StreamName", "Value": "stream"}],
        StartTime=now - 600, EndTime=now + 60, Period=3600, Statistics=["Sum"],
    )["Datapoints"]  # fmt: skip
    assert point["Sum"] == 10


def test_how_far_it_is_behind(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    stream.put("1")
    cloud.advance(90)
    mapping(cloud, stream, name)
    cloud.advance(0)
    age = metric(cloud, "IteratorAge", "Maximum", FunctionName=name)
    assert age is not None and 90_000 <= age < 110_000


COUNTS = """
import base64
def lambda_handler(event, context):
    import json
    print("EVENT " + json.dumps(event))
    return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}
"""


def test_tumbling_windows(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(COUNTS)
    now = float(cloud.lab("GET", "/_lab/clock").body["now"])  # type: ignore[arg-type]
    cloud.advance(60 - now % 60)  # a whole minute
    mapping(cloud, stream, name, TumblingWindowInSeconds=60)
    for _ in range(2):
        stream.put("a", "b")
        cloud.advance(20)
    cloud.advance(30)
    stream.put("c")
    cloud.advance(0)
    cloud.advance(200)
    events = received(cloud, name)
    seen = [(len(event["Records"]), event["state"], event["isFinalInvokeForWindow"]) for event in events]
    assert seen == [(2, {}, False), (2, {"n": 2}, False), (0, {"n": 4}, True), (1, {}, False), (0, {"n": 1}, True)]
    assert list(events[0]) == [
        "Records", "window", "state", "shardId", "eventSourceARN", "isFinalInvokeForWindow", "isWindowTerminatedEarly",
    ]  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", events[0]["window"]["start"])
    assert events[0]["window"]["end"] == events[3]["window"]["start"]
    assert (events[0]["shardId"], events[0]["eventSourceARN"]) == ("shardId-000000000000", stream.arn)


def test_a_consumer_of_a_stream(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    consumer = stream.client.register_stream_consumer(StreamARN=stream.arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    client = cloud.client("lambda")
    client.create_event_source_mapping(EventSourceArn=consumer, FunctionName=name, StartingPosition="TRIM_HORIZON")
    stream.put("1")
    cloud.advance(0)
    assert batches(cloud, name) == [["1"]]


# --- what is refused -----------------------------------------------------------------

LETTERS = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:nobody"}}


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"StartingPosition": None}, "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
                                     "constraint: Member must not be null."),
        ({"StartingPosition": "AT_TIMESTAMP"}, "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP."),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 4e9},
         "StartingPositionTimestamp cannot be in the future."),
        ({"StartingPositionTimestamp": 1}, "Timestamp only valid with StartingPosition AT_TIMESTAMP"),
        ({"MaximumRecordAgeInSeconds": 59}, "MaximumRecordAgeInSeconds must be -1 or between 60 and 604800."),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"data": "x"}'}]}}, "Invalid filter pattern definition."),
        ({"DestinationConfig": LETTERS}, "The destination ARN arn:aws:sqs:us-east-1:123456789012:nobody is invalid."),
        ({"EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/nobody"},
         "Stream not found: arn:aws:kinesis:us-east-1:123456789012:stream/nobody"),
        ({"ScalingConfig": {"MaximumConcurrency": 2}},
         "Unsupported ScalingConfig parameter for given event source mapping type."),
    ],
)  # fmt: skip
def test_what_is_refused(cloud: CloudUnderTest, changes: dict[str, Any], message: str) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    asked = {"EventSourceArn": stream.arn, "FunctionName": name, "StartingPosition": "LATEST", **changes}
    given = {key: value for key, value in asked.items() if value is not None}
    answer = refused(cloud.client("lambda").create_event_source_mapping, **given)
    assert (answer.code, answer.status, answer.message) == ("InvalidParameterValueException", 400, message)


def test_one_mapping_of_a_stream_and_a_function(cloud: CloudUnderTest) -> None:
    stream, name = Kinesis(cloud), cloud.function(TELLS)
    uuid = mapping(cloud, stream, name)
    answer = refused(
        cloud.client("lambda").create_event_source_mapping, EventSourceArn=stream.arn, FunctionName=name,
        StartingPosition="LATEST",
    )
    assert (answer.code, answer.status) == ("ResourceConflictException", 409)
    assert answer.message == (
        f'The event source arn (" {stream.arn} ") and function (" {name} ") provided mapping already exists. '
        f"Please update or delete the existing mapping with UUID {uuid}"
    )


def test_what_the_role_must_be_allowed(cloud: CloudUnderTest) -> None:
    """When a mapping is made, and whenever it reads."""
    iam, stream = cloud.client("iam"), Kinesis(cloud)
    role = cloud.role("narrow")
    for policy in iam.list_attached_role_policies(RoleName="narrow")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="narrow", PolicyArn=policy["PolicyArn"])
    for inline in iam.list_role_policies(RoleName="narrow")["PolicyNames"]:
        iam.delete_role_policy(RoleName="narrow", PolicyName=inline)
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="narrow", PolicyArn=basic)
    name = cloud.function(TELLS, Role=role)
    answer = refused(
        cloud.client("lambda").create_event_source_mapping, EventSourceArn=stream.arn, FunctionName=name,
        StartingPosition="LATEST",
    )
    assert answer.message == (
        f"Cannot access stream {stream.arn}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        "DescribeStream, and ListStreams Actions on your stream in IAM."
    )
    reads = "arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"
    iam.attach_role_policy(RoleName="narrow", PolicyArn=reads)
    uuid = mapping(cloud, stream, name)
    iam.detach_role_policy(RoleName="narrow", PolicyArn=reads)
    stream.put("1")
    cloud.advance(10)
    assert described(cloud, uuid)["LastProcessingResult"].startswith("PROBLEM: Access denied")
    iam.attach_role_policy(RoleName="narrow", PolicyArn=reads)
    cloud.advance(300)
    assert batches(cloud, name) == [["1"]]
