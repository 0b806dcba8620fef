"""Kinesis as an event source: where a batch ends up that fails, is throttled or grows too old."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cloud.sources.streams import STRICT, Kinesis, batches, described, mapping, metric
from tests.cloud.sources.support import TELLS, Queue, arn
from tests.support import CloudUnderTest

SOME = {"MaximumRetryAttempts": 2}
AGED = {"MaximumRecordAgeInSeconds": 60}
SPLIT = {"MaximumRetryAttempts": 2, "BisectBatchOnFunctionError": True}
EXHAUSTED, EXCEEDED = "RetryAttemptsExhausted", "RecordAgeExceeded"


@pytest.mark.parametrize(
    "statement, function, options, ends",
    [
        # what happens: (records, condition, attempts, function error) of each record that a destination gets
        pytest.param("raise ValueError", {}, SOME, [("b-p-a", EXHAUSTED, 3, "Unhandled")], id="an exception"),
        pytest.param("time.sleep(5)", {"Timeout": 1}, SOME, [("b-p-a", EXHAUSTED, 3, "Unhandled")], id="a timeout"),
        pytest.param("os.kill(os.getpid(), 9)", {}, SOME, [("b-p-a", EXHAUSTED, 3, "Unhandled")], id="a killed environment"),
        pytest.param("raise ValueError", {}, SPLIT, [("p", EXHAUSTED, 3, "Unhandled")], id="an exception, bisected"),
        pytest.param("os.kill(os.getpid(), 9)", {}, SPLIT, [("p", EXHAUSTED, 3, "Unhandled")], id="killed, bisected"),
        pytest.param("raise ValueError", {}, AGED, [("b-p-a", EXCEEDED, 6, "Unhandled")], id="an exception, by age"),
        pytest.param("return failed", {}, {"FunctionResponseTypes": ["ReportBatchItemFailures"], **SOME},
                     [("p-a", EXHAUSTED, 3, None)], id="a report"),
        pytest.param("return failed", {}, {"FunctionResponseTypes": ["ReportBatchItemFailures"], **SPLIT},
                     [("p", EXHAUSTED, 3, None)], id="a report, bisected"),
        pytest.param("return failed", {}, SOME, [], id="a report that nobody asked for"),
    ],
)  # fmt: skip
def test_where_a_batch_ends_up(
    cloud: CloudUnderTest, statement: str, function: dict[str, Any], options: dict[str, Any], ends: list[Any]
) -> None:
    """Before, poison, after: and what comes behind them is always done."""
    body = f"""
import base64, os, time
def lambda_handler(event, context):
    for record in event["Records"]:
        data = base64.b64decode(record["kinesis"]["data"])
        failed = {{"batchItemFailures": [{{"itemIdentifier": record["kinesis"]["sequenceNumber"]}}]}}
        if data == b"p":
            {statement}
        if data == b"behind":
            print("RUN behind")
"""
    stream, letters, name = Kinesis(cloud), Queue(cloud, "letters"), cloud.function(body, **function)
    mapping(cloud, stream, name, BatchSize=3, DestinationConfig={"OnFailure": {"Destination": letters.arn}}, **options)
    numbers = dict(zip("bpa", stream.put("b", "p", "a"), strict=True))
    cloud.advance(20)
    stream.put("behind")
    cloud.advance(100)
    found = []
    for record in letters.bodies():
        info = record["KinesisBatchInfo"]
        names = [name for name, number in numbers.items() if info["startSequenceNumber"] <= number <= info["endSequenceNumber"]]
        context = record["requestContext"]
        assert info["batchSize"] == len(names)
        found.append((
            "-".join(names), context["condition"], context["approximateInvokeCount"],
            record["responseContext"]["functionError"],
        ))  # fmt: skip
    assert found == ends
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="behind")["events"]
    assert len([event for event in events if event["message"].startswith("RUN behind")]) == 1


def test_a_throttle_waits_until_there_is_room(cloud: CloudUnderTest) -> None:
    stream, letters, name = Kinesis(cloud), Queue(cloud, "letters"), cloud.function(TELLS)
    client = cloud.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    uuid = mapping(
        cloud, stream, name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": letters.arn}}
    )
    stream.put("a")
    cloud.advance(300)
    assert batches(cloud, name) == [] and letters.take() == []
    assert described(cloud, uuid)["LastProcessingResult"] == "PROBLEM: Function call failed"
    assert (metric(cloud, "Throttles", "Sum", FunctionName=name) or 0) >= 8
    client.delete_function_concurrency(FunctionName=name)
    cloud.advance(300)
    assert batches(cloud, name) == [["a"]]
    assert described(cloud, uuid)["LastProcessingResult"] == "OK"


def test_a_throttled_batch_grows_too_old(cloud: CloudUnderTest) -> None:
    stream, letters, name = Kinesis(cloud), Queue(cloud, "letters"), cloud.function(TELLS)
    cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    mapping(cloud, stream, name, DestinationConfig={"OnFailure": {"Destination": letters.arn}}, **AGED)
    stream.put("a")
    cloud.advance(61)
    [record] = letters.bodies()
    assert (record["requestContext"]["condition"], record["requestContext"]["approximateInvokeCount"]) == (EXCEEDED, 0)
    assert record["responseContext"] == {"statusCode": 429}


def test_the_record_of_a_failure(cloud: CloudUnderTest) -> None:
    """To a queue and a topic without, to a bucket with what the function got."""
    stream, queue, name = Kinesis(cloud), Queue(cloud, "letters"), cloud.function(STRICT)
    topic = cloud.client("sns").create_topic(Name="letters")["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    cloud.client("s3").create_bucket(Bucket="letters")
    uuids = {}
    for destination, alias in ((queue.arn, "q"), (topic, "t"), ("arn:aws:s3:::letters", "b")):
        cloud.client("lambda").create_alias(FunctionName=name, Name=alias, FunctionVersion="$LATEST")
        uuids[alias] = mapping(
            cloud, stream, f"{name}:{alias}", MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": destination}},
        )
    first, last = stream.put("ok", "poison")
    cloud.advance(1)
    bodies = queue.bodies()
    of_queue = next(body for body in bodies if "version" in body)
    of_topic = json.loads(next(body for body in bodies if "Message" in body)["Message"])
    assert list(of_queue) == ["requestContext", "responseContext", "version", "timestamp", "KinesisBatchInfo"]
    assert of_queue["version"] == "1.0" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", of_queue["timestamp"])
    assert of_queue["requestContext"] == {
        "requestId": of_queue["requestContext"]["requestId"], "functionArn": arn(cloud, name) + ":q",
        "condition": EXHAUSTED, "approximateInvokeCount": 1,
    }  # fmt: skip
    assert of_queue["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    info = of_queue["KinesisBatchInfo"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", info.pop("approximateArrivalOfFirstRecord"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", info.pop("approximateArrivalOfLastRecord"))
    assert info == {
        "shardId": "shardId-000000000000", "startSequenceNumber": first, "endSequenceNumber": last, "batchSize": 2,
        "streamArn": stream.arn,
    }  # fmt: skip
    assert of_topic["requestContext"]["functionArn"].endswith(":t")
    [stored] = cloud.client("s3").list_objects_v2(Bucket="letters")["Contents"]
    day, second = r"\d{4}/\d\d/\d\d", r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d"
    assert re.fullmatch(rf"aws/lambda/{uuids['b']}/shardId-000000000000/{day}/{second}-[0-9a-f-]{{36}}", stored["Key"])
    whole = json.load(cloud.client("s3").get_object(Bucket="letters", Key=stored["Key"])["Body"])
    assert [record["kinesis"]["sequenceNumber"] for record in json.loads(whole.pop("payload"))["Records"]] == [first, last]
    assert list(whole) == list(of_queue)
