"""Contract: a queue's messages, as SQS gives them out; and against a list that is looked through each time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from lablib.cloud.moto_seam.messages import Messages, WrongHandle
from tests.cloud.moto_seam.conftest import Moto

FIFO = {"FifoQueue": "true"}


def receive(client: Any, url: str, most: int = 10, **more: Any) -> list[dict[str, Any]]:
    found = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=most, WaitTimeSeconds=0, MessageSystemAttributeNames=["All"], **more
    )
    return list(found.get("Messages", []))


def bodies(messages: list[dict[str, Any]]) -> str:
    return " ".join(message["Body"] for message in messages)


def test_a_group_waits_for_what_is_in_flight(moto: Moto) -> None:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="q.fifo", Attributes=FIFO)["QueueUrl"]
    for body in ("a1", "a2", "b1", "a3", "b2"):
        client.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0], MessageDeduplicationId=body)
    first = receive(client, url, 2)
    assert bodies(first) == "a1 a2"
    second = receive(client, url)
    assert (bodies(second), receive(client, url)) == ("b1 b2", [])
    client.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
    assert receive(client, url) == []  # a2 is in flight still
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=first[1]["ReceiptHandle"], VisibilityTimeout=0)
    again = receive(client, url)
    assert bodies(again) == "a2 a3"
    numbers = [int(message["Attributes"]["SequenceNumber"]) for message in first + again[1:]]
    assert numbers == sorted(numbers) and all(len(str(number)) == 20 for number in numbers)
    moto.now += 31
    assert bodies(receive(client, url)) == "a2 b1 a3 b2"


@pytest.mark.parametrize(("scope", "kept"), [("queue", "one"), ("messageGroup", "one two")])
def test_a_repeated_message_is_not_put_in(moto: Moto, scope: str, kept: str) -> None:
    """Not even when the first is gone; its sender learns the first's id."""
    client = moto.client("sqs")
    attributes = {**FIFO, "DeduplicationScope": scope}
    url = client.create_queue(QueueName="q.fifo", Attributes=attributes)["QueueUrl"]

    def send(body: str, group: str) -> Any:
        return client.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId="same")

    sent = [send("one", "a"), send("two", "b")]
    found = receive(client, url)
    assert bodies(found) == kept
    for message in found:
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    moto.now += 299
    again = send("three", "a")
    assert (again["MessageId"], again["SequenceNumber"]) == (sent[0]["MessageId"], sent[0]["SequenceNumber"])
    moto.now += 2
    send("four", "a")
    assert bodies(receive(client, url)) == "four"


def test_handles(moto: Moto) -> None:
    client = moto.client("sqs")
    url, other = (client.create_queue(QueueName=name)["QueueUrl"] for name in ("one", "other"))
    client.send_message(QueueUrl=url, MessageBody="hello")
    [first] = receive(client, url)
    moto.now += 31
    [second] = receive(client, url)
    assert first["ReceiptHandle"] != second["ReceiptHandle"]
    for queue, handle in ((other, first["ReceiptHandle"]), (url, "nonsense"), (url, "AQEBAAAA")):
        with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
            client.delete_message(QueueUrl=queue, ReceiptHandle=handle)
        with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
            client.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)
    with pytest.raises(ClientError, match="is invalid. Reason: Total VisibilityTimeout"):
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=43200)
    for _ in range(2):  # what is gone already is no error
        client.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    with pytest.raises(ClientError, match="Message does not exist or is not available for visibility timeout change."):
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    moto.now += 31
    assert receive(client, url) == []


def test_what_was_received_too_often_goes_to_the_dead_letters(moto: Moto) -> None:
    client = moto.client("sqs")
    url, dead = (client.create_queue(QueueName=name)["QueueUrl"] for name in ("live", "dead"))
    policy = {"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead", "maxReceiveCount": 2}
    client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    client.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        assert bodies(receive(client, url)) == "poison"
        moto.now += 31
    assert receive(client, url) == []
    [message] = receive(client, dead, VisibilityTimeout=0)
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"  # of all queues
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == "arn:aws:sqs:eu-west-1:123456789012:live"
    [bare] = client.receive_message(QueueUrl=dead, WaitTimeSeconds=0)["Messages"]
    assert "Attributes" not in bare


def test_what_is_too_old_is_gone(moto: Moto) -> None:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="q", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="old")
    moto.now += 40
    client.send_message(QueueUrl=url, MessageBody="new")
    moto.now += 21
    [message] = receive(client, url)
    assert message["Body"] == "new"
    client.purge_queue(QueueUrl=url)
    moto.now += 31
    assert receive(client, url) == []
    client.send_message(QueueUrl=url, MessageBody="never received")
    moto.now += 61
    counted = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    assert counted == {"ApproximateNumberOfMessages": "0"}
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_dead_letters_have_dead_letters_of_their_own(moto: Moto) -> None:
    """What counts is how often a message was received from each queue."""
    client = moto.client("sqs")
    urls = [client.create_queue(QueueName=name)["QueueUrl"] for name in ("one", "two", "three")]
    for url, after in zip(urls, ("two", "three")):
        policy = {"deadLetterTargetArn": f"arn:aws:sqs:eu-west-1:123456789012:{after}", "maxReceiveCount": 2}
        client.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": json.dumps(policy)})
    client.send_message(QueueUrl=urls[0], MessageBody="poison")
    counts = []
    for url in urls:
        while found := receive(client, url):
            counts.append(int(found[0]["Attributes"]["ApproximateReceiveCount"]))
            moto.now += 31
            if url == urls[2]:
                break
    assert counts == [1, 2, 3, 4, 5]


# --- against a list -------------------------------------------------------------------


@dataclass(eq=False)
class Fake:
    """What `Messages` looks at of a message, and what the list knows of it."""

    number: int
    group: str | None
    visible_at: float
    sent_timestamp: float = 0.0
    in_flight: bool = False
    approximate_receive_count: int = 0
    approximate_first_receive_timestamp: int | None = None
    receipt_handle: str = ""
    sequence_number: str | None = None


@dataclass
class Looked:
    """The same by looking through everything."""

    fakes: list[Fake] = field(default_factory=list)

    def take(self, now: float, most: int) -> list[Fake]:
        for fake in self.fakes:
            fake.in_flight = fake.in_flight and fake.visible_at > now
        shut = {fake.group for fake in self.fakes if fake.in_flight and fake.group is not None}
        return [fake for fake in self.fakes if fake.visible_at <= now and fake.group not in shut][:most]


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from("abc"), st.integers(0, 4)),
        st.tuples(st.just("take"), st.integers(1, 4), st.integers(0, 4)),
        st.tuples(st.just("delete"), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("hide"), st.integers(0, 30), st.integers(0, 4)),
        st.tuples(st.just("wait"), st.integers(1, 3), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=300, deadline=None)
@given(st.booleans(), OPERATIONS)
def test_it_gives_what_looking_would_give(fifo: bool, operations: list[tuple[str, Any, int]]) -> None:
    messages, looked, now, count = Messages(), Looked(), 1.0, 0
    given_out: list[Fake] = []
    for what, one, two in operations:
        if what == "send":
            fake = Fake(count, one if fifo else None, now + two)
            count += 1
            looked.fakes.append(fake)
            messages.add(fake, fake.group, fake.visible_at, now)
        elif what == "take":
            expected = looked.take(now, one)
            taken, _ = messages.take(now, one, two, 0.0, lambda fake: False, lambda fake: True)
            assert taken == expected
            given_out += taken
            for fake in taken:
                fake.in_flight = two > 0
        elif what == "wait":
            now += one
        elif given_out:
            fake = given_out[one % len(given_out)]
            if what == "delete":
                messages.delete(fake.receipt_handle)
                looked.fakes = [other for other in looked.fakes if other is not fake]
            else:
                messages.hide(fake.receipt_handle, now, two)
                fake.visible_at, fake.in_flight = now + two, two > 0
        hidden = [fake for fake in looked.fakes if fake.visible_at > now]
        flying = sum(fake.in_flight for fake in hidden)
        assert messages.counts(now) == (len(looked.fakes) - len(hidden), flying, len(hidden) - flying)
        assert messages.next_due(now) == min((fake.visible_at for fake in hidden), default=None)


def test_a_message_that_does_not_fit_stays() -> None:
    messages = Messages()
    for number in range(3):
        messages.add(Fake(number, None, 0.0), None, 0.0, 1.0)
    taken, _ = messages.take(1.0, 3, 10, 0.0, lambda fake: False, lambda fake: fake.number != 1)
    assert [fake.number for fake in taken] == [0]
    taken, _ = messages.take(1.0, 3, 10, 0.0, lambda fake: False, lambda fake: True)
    assert [fake.number for fake in taken] == [1, 2]
    with pytest.raises(WrongHandle):
        Messages().delete(taken[0].receipt_handle)
