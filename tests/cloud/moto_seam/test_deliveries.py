"""Contract: what Lambda sends arrives in moto's queues, topics, event buses and buckets, in AWS's form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from lablib.cloud.moto_seam import buses, deliveries, engine
from tests.cloud.moto_seam.conftest import Moto

HERE = "eu-west-1:123456789012"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0;Lineage=1:36680206:0"


def received(moto: Moto, url: str) -> dict[str, object]:
    [message] = moto.client("sqs").receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["AWSTraceHeader"], WaitTimeSeconds=0
    )["Messages"]  # fmt: skip
    return dict(message)


def test_a_message(moto: Moto) -> None:
    url = moto.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    attributes = {"RequestID": ("String", "r"), "ErrorCode": ("Number", "200")}
    deliveries.send_message(f"arn:aws:sqs:{HERE}:queue", '{"ü": 1}', attributes, TRACE)
    message = received(moto, url)
    assert message["Body"] == '{"ü": 1}' and message["Attributes"] == {"AWSTraceHeader": TRACE}
    assert message["MessageAttributes"] == {
        "RequestID": {"DataType": "String", "StringValue": "r"},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
    }


def test_a_notification(moto: Moto) -> None:
    url = moto.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    topic = moto.client("sns").create_topic(Name="topic")["TopicArn"]
    moto.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{HERE}:queue")
    deliveries.publish(topic, "[1]", {"RequestID": ("String", "r")}, TRACE)
    message = received(moto, url)
    notification = json.loads(str(message["Body"]))
    assert message["Attributes"] == {"AWSTraceHeader": TRACE}
    assert notification["Message"] == "[1]"
    assert notification["MessageAttributes"] == {"RequestID": {"Type": "String", "Value": "r"}}


def test_an_event_on_a_bus(moto: Moto) -> None:
    put: list[Any] = []

    def take(region: str, entries: Sequence[Any], own: bool) -> list[dict[str, Any]]:
        put.append((region, *entries, own, engine.trace))
        return [{"EventId": "1"}]

    bus = moto.client("events").create_event_bus(Name="bus")["EventBusArn"]
    nobody: Any = None
    buses.listen(buses.Listener(take, nobody, nobody, nobody, nobody))
    deliveries.put_event(bus, "Lambda Function Invocation Result - Success", '{"n": 1}', [bus, "arn:f"], TRACE)
    [(region, event, own, trace)] = put
    assert (region, own, trace) == ("eu-west-1", True, TRACE)
    assert event == {
        "EventBusName": bus, "Source": "lambda", "DetailType": "Lambda Function Invocation Result - Success",
        "Detail": '{"n": 1}', "Resources": [bus, "arn:f"],
    }  # fmt: skip


def test_an_object(moto: Moto) -> None:
    s3 = moto.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    deliveries.put_object("arn:aws:s3:::bucket", "aws/lambda/async/f/x", b"{}", TRACE)
    assert s3.get_object(Bucket="bucket", Key="aws/lambda/async/f/x")["Body"].read() == b"{}"


def test_what_exists(moto: Moto) -> None:
    moto.client("sqs").create_queue(QueueName="queue")
    topic = moto.client("sns").create_topic(Name="topic")["TopicArn"]
    moto.client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    there = [f"arn:aws:sqs:{HERE}:queue", topic, f"arn:aws:events:{HERE}:event-bus/default", "arn:aws:s3:::bucket"]
    assert [deliveries.exists(arn) for arn in there] == [True] * 4
    away = [
        f"arn:aws:sqs:{HERE}:other", f"arn:aws:sns:{HERE}:other", f"arn:aws:events:{HERE}:event-bus/other", "arn:aws:s3:::other",
        "arn:aws:sqs:eu-west-1:210987654321:queue", "arn:aws:sqs:nowhere-1:123456789012:queue", f"arn:aws:kinesis:{HERE}:queue",
        "arn:aws:sqs:us-east-1:123456789012:queue",
    ]  # fmt: skip
    assert [deliveries.exists(arn) for arn in away] == [False] * len(away)


def test_what_nobody_takes(moto: Moto) -> None:
    moto.client("sqs").create_queue(QueueName="queue.fifo", Attributes={"FifoQueue": "true"})
    topic = moto.client("sns").create_topic(Name="topic")["TopicArn"]
    with pytest.raises(deliveries.NotTaken, match="there is no arn"):
        deliveries.send_message(f"arn:aws:sqs:{HERE}:other", "{}", {}, TRACE)
    with pytest.raises(deliveries.NotTaken):
        deliveries.send_message(f"arn:aws:sqs:{HERE}:queue.fifo", "{}", {}, TRACE)
    with pytest.raises(deliveries.NotTaken):
        deliveries.publish(topic, "x" * 300_000, {}, TRACE)
    with pytest.raises(deliveries.NotTaken):
        deliveries.put_event(f"arn:aws:events:{HERE}:event-bus/other", "t", "{}", [], TRACE)
    with pytest.raises(deliveries.NotTaken):
        deliveries.put_object("arn:aws:s3:::other", "k", b"", TRACE)
