"""Contract: what a waiting ReceiveMessage has to know about its queue."""

from __future__ import annotations

import pytest

from lablib.cloud.moto_seam import queues
from tests.cloud.moto_seam.conftest import Moto


def test_how_long_a_queue_waits(moto: Moto) -> None:
    moto.client("sqs").create_queue(QueueName="queue", Attributes={"ReceiveMessageWaitTimeSeconds": "7"})
    moto.client("sqs").create_queue(QueueName="other")
    assert [queues.wait_seconds("eu-west-1", name) for name in ("queue", "other", "none")] == [7, 0, 0]
    assert queues.wait_seconds("nowhere", "queue") == 0


def test_when_the_next_message_shows(moto: Moto) -> None:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="queue")["QueueUrl"]
    assert queues.next_visible("eu-west-1", "queue", moto.now) is None
    client.send_message(QueueUrl=url, MessageBody="delayed", DelaySeconds=600)
    assert queues.next_visible("eu-west-1", "queue", moto.now) == pytest.approx(moto.now + 600, abs=0.01)
    client.send_message(QueueUrl=url, MessageBody="hidden")
    client.receive_message(QueueUrl=url, VisibilityTimeout=60, WaitTimeSeconds=0)
    assert queues.next_visible("eu-west-1", "queue", moto.now) == pytest.approx(moto.now + 60, abs=0.01)
    assert queues.next_visible("eu-west-1", "none", moto.now) is None
