"""Queues of SQS call functions: batches, windows, filters, order, concurrency."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.sources.queues import STRICT, batches, mapping, send, state
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, received
from tests.support import CloudUnderTest


def test_a_message_reaches_the_function_and_is_deleted(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    mapping(cloud, queue, name)
    send(cloud, queue, "one", "two")
    cloud.advance(1)
    assert batches(cloud, name) == [["one", "two"]]
    cloud.advance(60)
    assert (len(batches(cloud, name)), queue.take()) == (1, [])


def test_what_is_there_already_is_taken(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    for start in range(0, 30, 10):
        send(cloud, queue, *map(str, range(start, start + 10)))
    mapping(cloud, queue, name, BatchSize=7)
    cloud.advance(1)
    found = batches(cloud, name)
    assert sorted(sum(found, []), key=int) == [str(number) for number in range(30)]
    assert sorted(map(len, found)) == [2, 7, 7, 7, 7]


def test_a_record_is_as_on_aws(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true"), cloud.function(TELLS)
    mapping(cloud, queue, name)
    attributes = {
        "kind": {"DataType": "String.one", "StringValue": "ä"}, "raw": {"DataType": "Binary", "BinaryValue": b"\0\xff"},
    }  # fmt: skip
    sent = cloud.client("sqs").send_message(
        QueueUrl=queue.url, MessageBody='{"ü": 1}', MessageAttributes=attributes, MessageGroupId="g", MessageDeduplicationId="d",
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2"}},
    )  # fmt: skip
    cloud.advance(1)
    [[record]] = [event["Records"] for event in received(cloud, name)]
    times = [int(record["attributes"].pop(each)) for each in ("SentTimestamp", "ApproximateFirstReceiveTimestamp")]
    assert times[0] <= times[1] < times[0] + 10_000
    assert (len(record.pop("receiptHandle")) > 100, record["attributes"].pop("SenderId")[:4]) == (True, "AIDA")
    assert record == {
        "messageId": sent["MessageId"],
        "body": '{"ü": 1}',
        "attributes": {
            "ApproximateReceiveCount": "1", "AWSTraceHeader": "Root=1-2", "SequenceNumber": sent["SequenceNumber"],
            "MessageGroupId": "g", "MessageDeduplicationId": "d",
        },
        "messageAttributes": {
            "kind": {"stringValue": "ä", "stringListValues": [], "binaryListValues": [], "dataType": "String.one"},
            "raw": {"binaryValue": "AP8=", "stringListValues": [], "binaryListValues": [], "dataType": "Binary"},
        },
        "md5OfMessageAttributes": sent["MD5OfMessageAttributes"],
        "md5OfBody": sent["MD5OfMessageBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": cloud.region,
    }  # fmt: skip


def test_a_window_gathers(cloud: CloudUnderTest) -> None:
    """Until there are enough or it is over, on the cloud's clock; it begins with the first message."""
    queue, name = Queue(cloud, "jobs", VisibilityTimeout="300"), cloud.function(TELLS)
    mapping(cloud, queue, name, BatchSize=5, MaximumBatchingWindowInSeconds=60)
    send(cloud, queue, "one", "two")
    cloud.advance(30)
    send(cloud, queue, "three")
    cloud.advance(25)
    assert received(cloud, name) == []
    cloud.advance(10)
    assert batches(cloud, name) == [["one", "two", "three"]]
    send(cloud, queue, *"abcdefg")
    cloud.advance(1)
    assert batches(cloud, name)[1:] == [list("abcde")]
    cloud.advance(61)
    assert batches(cloud, name)[2:] == [list("fg")]


def test_a_batch_is_six_megabytes_at_most(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs"), cloud.function(
        "def lambda_handler(event, context):\n    print('EVENT', [len(event['Records'])])\n", MemorySize=1024
    )  # fmt: skip
    for _ in range(9):
        cloud.client("sqs").send_message(QueueUrl=queue.url, MessageBody='"' * 500_000)  # which take twice as much in JSON
    mapping(cloud, queue, name)
    cloud.advance(1)
    assert sorted(sum(received(cloud, name), [])) == [3, 6]
    cloud.advance(60)
    assert queue.take() == []


FILTERED = [
    ({"body": {"kind": ["a"]}}, '{"kind": "a"} {"kind":"a","n":1}'),
    ({"body": {"n": [{"numeric": [">", 0]}]}}, '{"kind":"a","n":1}'),
    ({"body": ["plain"]}, "plain"),
    ({"body": [{"prefix": "pl"}]}, "plain"),
    ({"messageAttributes": {"colour": {"stringValue": ["red"]}}}, ""),
    ({"eventSource": ["aws:sqs"]}, '{"kind": "a"} {"kind": "b"} {"kind":"a","n":1} plain'),
]


@pytest.mark.parametrize(("pattern", "wanted"), FILTERED, ids=[json.dumps(pattern) for pattern, _ in FILTERED])
def test_filters(cloud: CloudUnderTest, pattern: Any, wanted: str) -> None:
    """What matches none is deleted: JSON with JSON, text with text."""
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    mapping(cloud, queue, name, FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    send(cloud, queue, '{"kind": "a"}', '{"kind": "b"}', '{"kind":"a","n":1}', "plain")
    cloud.advance(1)
    assert " ".join(sum(batches(cloud, name), [])) == wanted
    cloud.advance(60)
    assert queue.take() == []


def test_one_filter_is_enough_and_a_message_has_attributes(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    patterns = [{"messageAttributes": {"colour": {"stringValue": ["red"]}}}, {"body": ["this"]}]
    uuid = mapping(cloud, queue, name, FilterCriteria={"Filters": [{"Pattern": json.dumps(each)} for each in patterns]})
    red = {"colour": {"DataType": "String", "StringValue": "red"}}
    send(cloud, queue, "that", MessageAttributes=red)
    send(cloud, queue, "this", "other")
    cloud.advance(1)
    assert sorted(sum(batches(cloud, name), [])) == ["that", "this"]
    cloud.client("lambda").update_event_source_mapping(UUID=uuid, FilterCriteria={})
    cloud.advance(1)
    send(cloud, queue, "other")
    cloud.advance(1)
    assert sorted(sum(batches(cloud, name), [])) == ["other", "that", "this"]


def test_delays_are_the_clouds_time(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    mapping(cloud, queue, name)
    send(cloud, queue, "later", DelaySeconds=600)
    cloud.advance(590)
    assert received(cloud, name) == []
    cloud.advance(11)
    [[record]] = [event["Records"] for event in received(cloud, name)]
    waited = int(record["attributes"]["ApproximateFirstReceiveTimestamp"]) - int(record["attributes"]["SentTimestamp"])
    assert 600_000 <= waited < 605_000


def test_a_group_is_in_order_and_one_batch_at_a_time(cloud: CloudUnderTest) -> None:
    """A failure holds its own group up, and no other."""
    queue = Queue(cloud, "jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout="30")
    name = cloud.function(STRICT)
    for group in "ab":
        bodies = [json.dumps({"id": f"{group}{number}", "fails": int(group == "a")}) for number in range(4)]
        send(cloud, queue, *bodies, MessageGroupId=group)
    mapping(cloud, queue, name, BatchSize=2, ScalingConfig={"MaximumConcurrency": 2})
    cloud.advance(5)

    def ran(group: str) -> str:
        ids = [json.loads(body)["id"] for batch in batches(cloud, name) for body in batch]
        return " ".join(each for each in ids if each[0] == group)

    assert (ran("b"), ran("a")) == ("b0 b1 b2 b3", "a0 a1")
    cloud.advance(31)
    assert ran("a") == "a0 a1 a0 a1 a2 a3"
    cloud.advance(31)
    assert ran("a") == "a0 a1 a0 a1 a2 a3 a2 a3"
    assert queue.take() == []


def test_a_group_goes_on_when_somebody_else_is_done_with_it(cloud: CloudUnderTest) -> None:
    sqs, name = cloud.client("sqs"), cloud.function(TELLS)
    queue = Queue(cloud, "jobs.fifo", FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout="300")
    send(cloud, queue, "a1", "a2", MessageGroupId="a")
    [first] = sqs.receive_message(QueueUrl=queue.url)["Messages"]
    mapping(cloud, queue, name)
    cloud.advance(10)
    assert (first["Body"], received(cloud, name)) == ("a1", [])
    sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=first["ReceiptHandle"])
    cloud.advance(1)
    assert batches(cloud, name) == [["a2"]]


def test_a_window_ends_when_the_batch_is_told_to_be_smaller(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs", VisibilityTimeout="600"), cloud.function(TELLS)
    uuid = mapping(cloud, queue, name, BatchSize=10, MaximumBatchingWindowInSeconds=300)
    send(cloud, queue, "one", "two")
    cloud.advance(10)
    assert received(cloud, name) == []
    cloud.client("lambda").update_event_source_mapping(UUID=uuid, BatchSize=2)
    cloud.advance(1)
    assert batches(cloud, name) == [["one", "two"]]


def test_disabled_it_receives_nothing(cloud: CloudUnderTest) -> None:
    queue, name, client = Queue(cloud, "jobs"), cloud.function(TELLS), cloud.client("lambda")
    uuid = mapping(cloud, queue, name)
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    send(cloud, queue, "one")
    cloud.advance(60)
    assert (state(cloud, uuid), received(cloud, name)) == ("Disabled", [])
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
    cloud.advance(1)
    assert batches(cloud, name) == [["one"]]
    client.delete_event_source_mapping(UUID=uuid)
    send(cloud, queue, "two")
    cloud.advance(60)
    assert len(batches(cloud, name)) == 1
    assert [message["Body"] for message in queue.take()] == ["two"]
    assert client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"] == []


def test_created_disabled_and_with_another_function_later(cloud: CloudUnderTest) -> None:
    queue, one, two, client = Queue(cloud, "jobs"), cloud.function(TELLS), cloud.function(TELLS), cloud.client("lambda")
    uuid = client.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=one, Enabled=False)["UUID"]
    send(cloud, queue, "one")
    cloud.advance(60)
    assert (state(cloud, uuid), received(cloud, one)) == ("Disabled", [])
    client.update_event_source_mapping(UUID=uuid, FunctionName=two, Enabled=True)
    cloud.advance(1)
    assert (batches(cloud, one), batches(cloud, two)) == ([], [["one"]])


def test_two_mappings_share_a_queue_and_one_function_has_two_queues(cloud: CloudUnderTest) -> None:
    first, second, names = Queue(cloud, "first"), Queue(cloud, "second"), [cloud.function(TELLS) for _ in range(2)]
    for queue in (first, second):
        for name in names:
            mapping(cloud, queue, name, BatchSize=1)
    for queue, letters in ((first, "abcdefghij"), (second, "klmnopqrst")):
        send(cloud, queue, *letters)
    cloud.advance(1)
    got = [sum(batches(cloud, name), []) for name in names]
    assert "".join(sorted(got[0] + got[1])) == "abcdefghijklmnopqrst"


def test_an_alias_is_called(cloud: CloudUnderTest) -> None:
    queue, client = Queue(cloud, "jobs"), cloud.client("lambda")
    name = cloud.function("def lambda_handler(event, context):\n    print('EVENT', '\"' + context.invoked_function_arn + '\"')\n")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    mapping(cloud, queue, f"{name}:live")
    send(cloud, queue, "one")
    cloud.advance(1)
    assert received(cloud, name) == [f"arn:aws:lambda:{cloud.region}:{ACCOUNT}:function:{name}:live"]


def test_emptying_the_cloud_ends_it(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    mapping(cloud, queue, name)
    cloud.reset()
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    send(cloud, queue, "one")
    cloud.advance(60)
    assert cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert [message["Body"] for message in queue.take()] == ["one"]


def test_a_queue_that_comes_again_is_polled_again(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    mapping(cloud, queue, name)
    cloud.client("sqs").delete_queue(QueueUrl=queue.url)
    cloud.advance(10)
    queue = Queue(cloud, "jobs")
    send(cloud, queue, "one")
    cloud.advance(1)
    assert batches(cloud, name) == [["one"]]


def test_what_a_topic_sends_to_a_queue(cloud: CloudUnderTest) -> None:
    """As it is, or in its envelope."""
    queue, name, sns = Queue(cloud, "jobs"), cloud.function(TELLS), cloud.client("sns")
    mapping(cloud, queue, name)
    attributes = {
        "text": {"DataType": "String", "StringValue": "x"}, "number": {"DataType": "Number", "StringValue": "1"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\0\xff"},
    }  # fmt: skip
    topic = sns.create_topic(Name="news")["TopicArn"]
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, ReturnSubscriptionArn=True)
    sns.publish(TopicArn=topic, Message="enveloped", MessageAttributes=attributes)
    cloud.advance(1)
    sns.set_subscription_attributes(
        SubscriptionArn=subscribed["SubscriptionArn"], AttributeName="RawMessageDelivery", AttributeValue="true"
    )
    sns.publish(TopicArn=topic, Message="as it is", MessageAttributes=attributes)
    cloud.advance(1)
    [[first], [second]] = [event["Records"] for event in received(cloud, name)]
    assert (json.loads(first["body"])["Message"], first["messageAttributes"]) == ("enveloped", {})
    assert (second["body"], {key: value["dataType"] for key, value in second["messageAttributes"].items()}) == (
        "as it is", {"text": "String", "number": "Number", "raw": "Binary"},
    )  # fmt: skip
    assert second["messageAttributes"]["raw"]["binaryValue"] == "AP8="
