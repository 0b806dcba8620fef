"""Streams of DynamoDB tables as an event source. What they have in common with Kinesis is in `test_kinesis`."""

from __future__ import annotations

import json
import multiprocessing
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.cloud.api.harness import refused
from tests.cloud.sources.streams import TELLS_DYNAMODB, Table, batches, described, mapping, metric
from tests.cloud.sources.support import Queue, received
from tests.support import CloudUnderTest


def test_the_events(cloud: CloudUnderTest) -> None:
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    mapping(cloud, table, name)
    deep = {"L": [{"M": {"b": {"B": b"\xfe"}}}, {"NULL": True}, {"BOOL": False}]}
    table.put("a", n={"N": "1"}, b={"B": b"\xff"}, bs={"BS": [b"1"]}, deep=deep)
    cloud.advance(0)
    table.put("a", n={"N": "2"})
    cloud.advance(0)
    table.delete("a")
    cloud.advance(0)
    records = [record for event in received(cloud, name) for record in event["Records"]]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    first = records[0]
    change = first["dynamodb"]
    assert re.fullmatch(r"[0-9a-f]{32}", first["eventID"])
    assert list(first) == ["eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "eventSourceARN"]
    assert (first["eventVersion"], first["eventSource"], first["awsRegion"]) == ("1.1", "aws:dynamodb", cloud.region)
    assert first["eventSourceARN"] == table.arn
    assert list(change) == [
        "ApproximateCreationDateTime", "Keys", "NewImage", "SequenceNumber", "SizeBytes", "StreamViewType",
    ]  # fmt: skip
    assert isinstance(change["ApproximateCreationDateTime"], int) and change["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert change["NewImage"] == {
        "id": {"S": "a"}, "n": {"N": "1"}, "b": {"B": "/w=="}, "bs": {"BS": ["MQ=="]},
        "deep": {"L": [{"M": {"b": {"B": "/g=="}}}, {"NULL": True}, {"BOOL": False}]},
    }  # fmt: skip
    assert records[1]["dynamodb"]["OldImage"] == change["NewImage"] and "NewImage" not in records[2]["dynamodb"]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
def test_what_a_stream_shows(cloud: CloudUnderTest, view: str) -> None:
    table, name = Table(cloud, view=view), cloud.function(TELLS_DYNAMODB)
    mapping(cloud, table, name)
    table.put("a")
    table.put("a", n={"N": "1"})
    cloud.advance(0)
    last = [record for event in received(cloud, name) for record in event["Records"]][-1]["dynamodb"]
    shown = {"NewImage": view.startswith("NEW"), "OldImage": "OLD" in view}
    assert {image: image in last for image in shown} == shown


def test_a_transaction_comes_as_a_whole_or_not_at_all(cloud: CloudUnderTest) -> None:
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    mapping(cloud, table, name, StartingPosition="LATEST")
    puts = [{"Put": {"TableName": "table", "Item": {"id": {"S": id}}}} for id in "abc"]
    absent = {"TableName": "table", "Key": {"id": {"S": "?"}}, "ConditionExpression": "attribute_exists(id)"}
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        table.client.transact_write_items(TransactItems=[*puts, {"ConditionCheck": absent}])
    cloud.advance(0)
    assert batches(cloud, name) == []
    table.client.transact_write_items(TransactItems=puts)
    cloud.advance(0)
    assert batches(cloud, name) == [["INSERT a", "INSERT b", "INSERT c"]]


def test_filters_see_the_record(cloud: CloudUnderTest) -> None:
    table, name, large = Table(cloud), cloud.function(TELLS_DYNAMODB), cloud.function(TELLS_DYNAMODB)
    mapping(cloud, table, name, FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["REMOVE"]}'}]})
    pattern = {"dynamodb": {"NewImage": {"n": {"N": ["2"]}}}}
    mapping(cloud, table, large, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    table.put("a", n={"N": "1"})
    table.put("a", n={"N": "2"})
    table.delete("a")
    cloud.advance(0)
    assert batches(cloud, name) == [["REMOVE a"]] and batches(cloud, large) == [["MODIFY a"]]


FAILS = """
import os, time
def lambda_handler(event, context):
    for record in event["Records"]:
        number = record["dynamodb"]["SequenceNumber"]
        if record["dynamodb"]["Keys"]["id"]["S"] == "poison":
            STATEMENT
        print("RUN", record["dynamodb"]["Keys"]["id"]["S"])
"""
REPORT = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


@pytest.mark.parametrize(
    "statement, function, options, size, error",
    [
        pytest.param("raise ValueError", {}, {}, 3, "Unhandled", id="an exception"),
        pytest.param("time.sleep(5)", {"Timeout": 1}, {}, 3, "Unhandled", id="a timeout"),
        pytest.param("os.kill(os.getpid(), 9)", {}, {}, 3, "Unhandled", id="a killed environment"),
        pytest.param("raise ValueError", {}, {"BisectBatchOnFunctionError": True}, 1, "Unhandled", id="bisected"),
        pytest.param(
            'return {"batchItemFailures": [{"itemIdentifier": number}]}', {}, REPORT, 2, None, id="a report"
        ),
    ],
)  # fmt: skip
def test_where_a_batch_ends_up(
    cloud: CloudUnderTest, statement: str, function: dict[str, Any], options: dict[str, Any], size: int, error: str | None
) -> None:
    table, letters = Table(cloud), Queue(cloud, "letters")
    name = cloud.function(FAILS.replace("STATEMENT", statement), **function)
    destination = {"DestinationConfig": {"OnFailure": {"Destination": letters.arn}}}
    for id in ("before", "poison", "after", "behind"):
        table.put(id)
    mapping(cloud, table, name, BatchSize=3, MaximumRetryAttempts=1, **destination, **options)
    cloud.advance(30)
    [record] = letters.bodies()
    info = record["DDBStreamBatchInfo"]
    assert (info["batchSize"], info["streamArn"]) == (size, table.arn)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", info["approximateArrivalOfFirstRecord"])
    assert re.fullmatch(r"shardId-\d{20}-[0-9a-f]{8}", info["shardId"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 2 and record["responseContext"]["functionError"] == error
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    done = [event["message"].split()[1] for event in events if event["message"].startswith("RUN")]
    assert done.count("behind") == 1 and "poison" not in done


def test_a_throttle_waits_until_there_is_room(cloud: CloudUnderTest) -> None:
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    client = cloud.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    mapping(cloud, table, name, MaximumRetryAttempts=0)
    table.put("a")
    cloud.advance(60)
    assert batches(cloud, name) == []
    client.delete_function_concurrency(FunctionName=name)
    cloud.advance(300)
    assert batches(cloud, name) == [["INSERT a"]]


def test_a_stream_that_is_switched_off_and_a_table_that_is_deleted_are_read_to_their_end(cloud: CloudUnderTest) -> None:
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    table.put("a")
    table.client.update_table(TableName="table", StreamSpecification={"StreamEnabled": False})
    table.put("untold")
    other = Table(cloud, "other")
    other.put("b")
    mapping(cloud, other, name)
    other.client.delete_table(TableName="other")
    mapping(cloud, table, name)
    cloud.advance(0)
    assert sorted(sum(batches(cloud, name), [])) == ["INSERT a", "INSERT b"]


def test_a_function_that_writes_to_its_own_table(cloud: CloudUnderTest) -> None:
    """Only what changes something is told: it comes to rest by itself."""
    table = Table(cloud)
    name = cloud.function("""
import boto3, json
def lambda_handler(event, context):
    print("EVENT " + json.dumps(event))
    boto3.client("dynamodb").put_item(TableName="table", Item={"id": {"S": "a"}, "done": {"BOOL": True}})
""", Timeout=30)
    mapping(cloud, table, name)
    table.put("a")
    cloud.advance(0)
    assert batches(cloud, name) == [["INSERT a"], ["MODIFY a"]]


def test_an_item_whose_time_to_live_is_over(cloud: CloudUnderTest) -> None:
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    mapping(cloud, table, name, FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["REMOVE"]}'}]})
    live = {"Enabled": True, "AttributeName": "ttl"}
    table.client.update_time_to_live(TableName="table", TimeToLiveSpecification=live)
    now = float(cloud.lab("GET", "/_lab/clock").body["now"])  # type: ignore[arg-type]
    table.put("a", ttl={"N": str(int(now) + 600)})
    table.put("b", ttl={"N": str(int(now) + 1200)})
    cloud.advance(590)
    assert batches(cloud, name) == []
    cloud.advance(70)
    [event] = received(cloud, name)
    [record] = event["Records"]
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    cloud.advance(600)
    assert batches(cloud, name) == [["REMOVE a"], ["REMOVE b"]]
    assert table.client.scan(TableName="table")["Items"] == []


def test_how_far_it_is_behind(cloud: CloudUnderTest) -> None:
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    table.put("a")
    cloud.advance(60)
    mapping(cloud, table, name)
    cloud.advance(0)
    age = metric(cloud, "IteratorAge", "Maximum", FunctionName=name)
    assert age is not None and 60_000 <= age < 80_000


def test_what_is_refused(cloud: CloudUnderTest) -> None:
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    create = cloud.client("lambda").create_event_source_mapping
    answer = refused(create, EventSourceArn=table.arn, FunctionName=name, StartingPosition="AT_TIMESTAMP")
    assert answer.message == f"Unsupported starting position for arn type: {table.arn}"
    missing = table.arn.rpartition("/")[0] + "/2026-01-01T00:00:00.000"
    answer = refused(create, EventSourceArn=missing, FunctionName=name, StartingPosition="LATEST")
    assert answer.message == f"Stream not found: {missing}"


def test_a_mapping_shows_what_a_stream_has(cloud: CloudUnderTest) -> None:
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    shown = described(cloud, mapping(cloud, table, name, StartingPosition="LATEST"))
    own = {
        "BatchSize": 100, "BisectBatchOnFunctionError": False, "DestinationConfig": {"OnFailure": {}},
        "EventSourceArn": table.arn, "FunctionResponseTypes": [], "LastProcessingResult": "No records processed",
        "MaximumBatchingWindowInSeconds": 0, "MaximumRecordAgeInSeconds": -1, "MaximumRetryAttempts": -1,
        "ParallelizationFactor": 1, "StartingPosition": "LATEST", "State": "Enabled", "StateTransitionReason": "User action",
        "TumblingWindowInSeconds": 0,
    }  # fmt: skip
    assert {key: shown[key] for key in own} == own


# --- of concurrent writes to one item none is lost -----------------------------------

WRITERS, ROUNDS = 4, 15


def write(url: str, region: str, key: str, secret: str) -> int:
    """Add to one item and take part in races for others; how many of those this process has won."""
    client = boto3.client(
        "dynamodb", endpoint_url=url, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret
    )
    add = {
        "TableName": "table", "Key": {"id": {"S": "one"}}, "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }  # fmt: skip
    won = 0
    for number in range(ROUNDS):
        client.update_item(**add)
        client.transact_write_items(TransactItems=[{"Update": add}])
        try:
            race = {"id": {"S": f"race-{number}"}}
            client.put_item(TableName="table", Item=race, ConditionExpression="attribute_not_exists(id)")
            won += 1
        except ClientError as refusal:
            assert refusal.response["Error"]["Code"] == "ConditionalCheckFailedException"
    return won


def test_of_writes_from_many_processes_none_is_lost(cloud: CloudUnderTest) -> None:
    """Threads that are switched all the time do the same in `tests.cloud.moto_seam.test_dynamodb`."""
    table, name = Table(cloud), cloud.function(TELLS_DYNAMODB)
    mapping(cloud, table, name)
    keys = cloud.credentials
    given = (cloud.url, cloud.region, keys.access_key_id, keys.secret_access_key)
    with multiprocessing.get_context("spawn").Pool(WRITERS) as pool:
        won = pool.starmap(write, [given] * WRITERS)
    cloud.advance(0)
    assert sum(won) == ROUNDS
    changes = [
        record["dynamodb"]["NewImage"]["n"]["N"]
        for event in received(cloud, name) for record in event["Records"]
        if record["dynamodb"]["Keys"]["id"]["S"] == "one"
    ]  # fmt: skip
    assert changes == [str(number + 1) for number in range(2 * WRITERS * ROUNDS)]
