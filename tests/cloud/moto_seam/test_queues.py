"""Contract: when a queue has something to receive, and what it says of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lablib.cloud.moto_seam import clockwork, queues
from tests.cloud.moto_seam.conftest import Moto


def test_how_long_a_queue_waits(moto: Moto) -> None:
    moto.client("sqs").create_queue(QueueName="queue", Attributes={"ReceiveMessageWaitTimeSeconds": "7"})
    moto.client("sqs").create_queue(QueueName="other")
    assert [queues.wait_seconds("eu-west-1", name) for name in ("queue", "other", "none")] == [7, 0, 0]
    assert queues.wait_seconds("nowhere", "queue") == 0


def test_when_the_next_message_shows(moto: Moto) -> None:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="queue")["QueueUrl"]
    assert queues.next_visible("eu-west-1", "queue") is None
    client.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=600)
    assert queues.next_visible("eu-west-1", "queue") == pytest.approx(moto.now + 600, abs=0.01)
    client.send_message(QueueUrl=url, MessageBody="hidden")
    client.receive_message(QueueUrl=url, VisibilityTimeout=60, WaitTimeSeconds=0)
    assert queues.next_visible("eu-west-1", "queue") == pytest.approx(moto.now + 60, abs=0.01)
    assert queues.next_visible("eu-west-1", "none") is None


def test_a_queue_counts_its_messages(moto: Moto) -> None:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="queue")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=600)
    for body in ("hidden", "shown"):
        client.send_message(QueueUrl=url, MessageBody=body)
    moto.now += 1
    client.receive_message(QueueUrl=url, MaxNumberOfMessages=1, VisibilityTimeout=60, WaitTimeSeconds=0)

    def counts() -> list[int]:
        names = ["ApproximateNumberOfMessages" + end for end in ("", "NotVisible", "Delayed")]
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return [int(found[name]) for name in names]

    assert counts() == [1, 1, 1]
    moto.now += 61
    assert counts() == [2, 0, 1]
    moto.now += 540
    assert counts() == [3, 0, 0]


def test_a_thousand_messages_do_not_make_a_queue_ask_the_time_a_thousand_times(moto: Moto) -> None:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="queue")["QueueUrl"]
    asked = 0

    def now() -> float:
        nonlocal asked
        asked += 1
        return moto.now

    for _ in range(100):
        entries = [{"Id": str(number), "MessageBody": "x"} for number in range(10)]
        client.send_message_batch(QueueUrl=url, Entries=entries)
    moto.now += 1
    clockwork.follow(now)
    assert len(client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)["Messages"]) == 10
    assert asked < 500


TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0;Lineage=1:36680206:0"


def test_a_message_carries_the_trace_of_who_sends_it(moto: Moto) -> None:
    """A function's botocore adds the header to every request; what goes through a topic has it too."""
    client, sns = moto.client("sqs"), moto.client("sns")
    url = client.create_queue(QueueName="queue")["QueueUrl"]
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:queue")

    def add(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["X-Amzn-Trace-Id"] = TRACE

    def traces() -> list[str | None]:
        moto.now += 1
        found = client.receive_message(
            QueueUrl=url, MessageSystemAttributeNames=["All"], WaitTimeSeconds=0, MaxNumberOfMessages=10
        )
        return [message["Attributes"].get("AWSTraceHeader") for message in found["Messages"]]

    client.send_message(QueueUrl=url, MessageBody="of nobody")
    assert traces() == [None]
    for one in (client, sns):
        one.meta.events.register("before-call", add)
    client.send_message(QueueUrl=url, MessageBody="one")
    client.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "of a batch"}])
    sns.publish(TopicArn=topic, Message="through a topic")
    assert traces() == [TRACE] * 3
    own = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2"}}
    client.send_message(QueueUrl=url, MessageBody="its own", MessageSystemAttributes=own)
    assert traces() == ["Root=1-2"]


def test_it_is_told_when_something_arrives(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> None:
    """From wherever it comes: a request, a batch, a topic, a dead-letter queue's source, a message that is let go of."""
    client, told = moto.client("sqs"), []
    url, other = (client.create_queue(QueueName=name)["QueueUrl"] for name in ("queue", "other"))
    monkeypatch.setattr(queues, "on_arrival", told.append)
    arn = queues.arn("eu-west-1", "queue")

    def told_now() -> list[str]:
        since, told[:] = list(told), []
        return since

    client.send_message(QueueUrl=url, MessageBody="one", DelaySeconds=5)
    assert told_now() == [arn]
    client.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "two"}])
    assert told_now() == [arn]
    moto.now += 1
    [message] = client.receive_message(QueueUrl=url, WaitTimeSeconds=0)["Messages"]
    assert told_now() == []
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    assert told_now() == [arn]
    client.delete_queue(QueueUrl=url)
    client.create_queue(QueueName="queue")
    assert told_now() == [arn, arn]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    client.set_queue_attributes(QueueUrl=other, Attributes={"RedrivePolicy": redrive})
    client.send_message(QueueUrl=other, MessageBody="poison")
    assert told_now() == [queues.arn("eu-west-1", "other")]
    for _ in range(2):
        moto.now += 31
        client.receive_message(QueueUrl=other, WaitTimeSeconds=0)
    assert told_now() == [arn]
    topic = moto.client("sns").create_topic(Name="topic")["TopicArn"]
    moto.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    moto.client("sns").publish(TopicArn=topic, Message="news")
    assert told_now() == [arn]
