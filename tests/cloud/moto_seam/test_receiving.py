"""Contract: messages for event source mappings, received and deleted many at a time."""

from __future__ import annotations

import time
from typing import Any

import pytest

from lablib.cloud.moto_seam import receiving
from lablib.cloud.moto_seam.receiving import QueueFacts
from tests.cloud.moto_seam.conftest import Moto

ARN = "arn:aws:sqs:eu-west-1:123456789012:"


def texts(found: receiving.Found) -> list[str]:
    return [" ".join(message.body for message in batch) for batch in found.batches]


def fill(moto: Moto, name: str, *bodies: str, **attributes: str) -> Any:
    client = moto.client("sqs")
    url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    for body in bodies:
        client.send_message(QueueUrl=url, MessageBody=body, **({"MessageGroupId": body[0]} if name.endswith(".fifo") else {}))
    return url


def test_what_there_is_to_know_of_a_queue(moto: Moto) -> None:
    fill(moto, "q", VisibilityTimeout="7")
    fill(moto, "q.fifo", FifoQueue="true")
    assert [receiving.facts(ARN + name) for name in ("q", "q.fifo", "none")] == [QueueFacts(7, False), QueueFacts(30, True), None]
    assert receiving.facts("arn:aws:sqs:eu-west-1:210987654321:q") is None
    with pytest.raises(receiving.NoSuchQueue):
        receiving.exchange(ARN + "none", [], [1], 1000)


def test_batches_until_there_is_no_more(moto: Moto) -> None:
    fill(moto, "q", *"abcde")
    found = receiving.exchange(ARN + "q", [], [2, 2], 100_000)
    assert (texts(found), found.drained) == (["a b", "c d"], False)
    assert found.hidden_until == found.next_due == moto.now + 30
    done = [message.handle for message in found.batches[0]]
    found = receiving.exchange(ARN + "q", [*done, "of another queue"], [2, 2], 100_000)
    assert (texts(found), found.drained) == (["e"], True)
    moto.now += 30
    assert texts(receiving.exchange(ARN + "q", [], [9], 100_000)) == ["c d e"]


def test_a_group_is_in_one_batch(moto: Moto) -> None:
    fill(moto, "q.fifo", "a1", "a2", "a3", "b1", "b2", FifoQueue="true", ContentBasedDeduplication="true")
    found = receiving.exchange(ARN + "q.fifo", [], [2, 2, 2], 100_000)
    assert (texts(found), found.drained) == (["a1 a2", "b1 b2"], True)


def test_a_batch_has_so_many_bytes_and_one_message_at_least(moto: Moto) -> None:
    fill(moto, "q", '"' * 3000, "b", "c" * 3000, "d")
    found = receiving.exchange(ARN + "q", [], [9, 9, 9], 7_000)
    assert [len(batch) for batch in found.batches] == [1, 2, 1]
    assert found.drained


def test_a_message_is_all_that_sqs_says_of_it(moto: Moto) -> None:
    client, url = moto.client("sqs"), fill(moto, "q")
    attributes = {"a": {"DataType": "String", "StringValue": "x"}, "b": {"DataType": "Binary", "BinaryValue": b"\0"}}
    sent = client.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attributes)
    [[message]] = receiving.exchange(ARN + "q", [], [1], 100_000).batches
    assert (message.id, message.body, message.md5) == (sent["MessageId"], "hello", sent["MD5OfMessageBody"])
    assert message.md5_of_attributes == sent["MD5OfMessageAttributes"]
    assert {name: dict(value) for name, value in message.message_attributes.items()} == attributes
    now = str(int(moto.now * 1000))
    assert {name: value for name, value in message.attributes.items() if name != "SenderId"} == {
        "ApproximateReceiveCount": "1", "SentTimestamp": now, "ApproximateFirstReceiveTimestamp": now,
    }  # fmt: skip


def test_it_costs_the_same_however_many_there_are(moto: Moto) -> None:
    """Of ten thousand messages, ten are received and deleted without the others being looked at."""
    from lablib.cloud.moto_seam import queues

    fill(moto, "q", "first")
    queue: Any = queues.find("eu-west-1", "q")
    [template] = queue._messages
    looked = 0

    class Counting(type(template)):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            nonlocal looked
            looked += name == "approximate_receive_count"
            return super().__getattribute__(name)

    for _ in range(10_000):
        message = object.__new__(Counting)
        message.__dict__.update(template.__dict__)
        queue._messages.add(message, None, 0.0, time.time())
    looked = 0
    found = receiving.exchange(ARN + "q", [], [10], 100_000)
    receiving.exchange(ARN + "q", [message.handle for message in found.batches[0]], [], 100_000)
    assert len(found.batches[0]) == 10 and looked < 100
