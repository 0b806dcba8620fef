"""Contract: moto's SNS asks whoever listens which messages a subscription gets, and hands over those for functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lablib.cloud.moto_seam import topics
from lablib.cloud.moto_seam.topics import Listener, Notification, Refused
from tests.cloud.api.harness import refused
from tests.cloud.moto_seam.conftest import Moto

HERE = "eu-west-1:123456789012"
FUNCTION = f"arn:aws:lambda:{HERE}:function:f"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0;Lineage=1:36680206:0"


class Told:
    """A listener that writes down what it is told, and is against whatever says ``no``."""

    def __init__(self) -> None:
        self.notifications: list[Notification] = []
        self.posts: list[Notification] = []
        self.counted: list[str] = []

    def listener(self) -> Listener:
        return Listener(
            function=self.notifications.append, address=self.posts.append, admits=lambda queue, topic: not queue.endswith("no"),
            matches=lambda policy, scope, attributes, message: [scope, message] == json.loads(policy)["a"],
            check=self._check, check_message=lambda message, subject, structure, attributes: self._check("message", message, {}),
            count=lambda metric, topic: self.counted.append(metric),
        )  # fmt: skip

    @staticmethod
    def _check(name: str, value: str, attributes: Any) -> None:
        if value == "no":
            raise Refused(f"{name} says no")


@pytest.fixture
def told(moto: Moto) -> Iterator[Told]:
    before = topics._listener
    told = Told()
    topics.listen(told.listener())
    yield told
    topics._listener = before


def test_a_function_is_the_listeners(moto: Moto, told: Told) -> None:
    sns = moto.client("sns")

    def add(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["X-Amzn-Trace-Id"] = TRACE

    sns.meta.events.register("before-call", add)
    topic = sns.create_topic(Name="topic")["TopicArn"]
    redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{HERE}:letters"})
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION, Attributes={"RedrivePolicy": redrive}, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    number = {"n": {"DataType": "Number", "StringValue": "1"}}
    published = sns.publish(TopicArn=topic, Message="ü", Subject="s", MessageAttributes=number)
    [notification] = told.notifications
    assert (notification.topic, notification.subscription, notification.endpoint) == (topic, subscription, FUNCTION)
    assert (notification.dead_letter, notification.trace) == (f"arn:aws:sqs:{HERE}:letters", TRACE)
    made = notification.envelope
    assert (made["MessageId"], made["Message"], made["Subject"]) == (published["MessageId"], "ü", "s")
    assert made["MessageAttributes"] == {"n": {"Type": "Number", "Value": "1"}}
    assert made["Timestamp"] == "2027-01-15T08:00:00.000Z" and made["SignatureVersion"] == "1"
    assert told.counted == ["NumberOfMessagesPublished"]


def test_an_address_is_the_listeners(moto: Moto, told: Told) -> None:
    sns = moto.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    for endpoint, raw in (("http://127.0.0.1:9/plain", "false"), ("https://127.0.0.1:9/raw", "true")):
        attributes = {"RawMessageDelivery": raw}
        sns.subscribe(TopicArn=topic, Protocol=endpoint.partition(":")[0], Endpoint=endpoint, Attributes=attributes)
    sns.publish(TopicArn=topic, Message="hello")
    assert [(post.endpoint, post.raw) for post in told.posts] == [
        ("http://127.0.0.1:9/plain", None), ("https://127.0.0.1:9/raw", "hello"),
    ]  # fmt: skip
    assert all(post.envelope["Message"] == "hello" for post in told.posts)


def test_queues_are_filled_at_once(moto: Moto, told: Told) -> None:
    sns, sqs = moto.client("sns"), moto.client("sqs")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("queue", "no", "letters", "filtered")}
    policy = {"FilterPolicy": json.dumps({"a": ["MessageBody", "this"]}), "FilterPolicyScope": "MessageBody"}
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{HERE}:letters"})}
    for name, attributes in (("queue", {}), ("no", redrive), ("none", redrive), ("filtered", policy)):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{HERE}:{name}", Attributes=attributes)
    sns.publish(TopicArn=topic, Message="hello")
    counts = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"]
        for name, url in urls.items()
    }
    assert counts == {"queue": "1", "no": "0", "letters": "2", "filtered": "0"}
    failed = ["NumberOfNotificationsFailed", "NumberOfNotificationsRedrivenToDlq"]
    assert told.counted == [
        "NumberOfMessagesPublished", "NumberOfNotificationsDelivered", *failed, *failed, "NumberOfNotificationsFilteredOut",
    ]  # fmt: skip
    sns.publish(TopicArn=topic, Message="this")
    moto.now += 1
    assert len(sqs.receive_message(QueueUrl=urls["filtered"], WaitTimeSeconds=0)["Messages"]) == 1


def test_what_the_listener_refuses(moto: Moto, told: Told) -> None:
    sns = moto.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    assert refused(lambda: sns.publish(TopicArn=topic, Message="no")).message == "message says no"
    [failed] = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "no"}])["Failed"]
    assert (failed["Code"], failed["Message"]) == ("InvalidParameter", "message says no")
    attributes = {"RawMessageDelivery": "no"}
    error = refused(lambda: sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION, Attributes=attributes))
    assert (error.code, error.message) == ("InvalidParameter", "Invalid parameter: Attributes Reason: RawMessageDelivery says no")
    given = {"TopicArn": topic, "Protocol": "lambda", "Endpoint": FUNCTION}
    subscription = sns.subscribe(**given, ReturnSubscriptionArn=True)["SubscriptionArn"]

    def change(arn: str, name: str, value: str) -> None:
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)

    assert refused(lambda: change(subscription, "FilterPolicy", "no")).message == "Invalid parameter: FilterPolicy says no"
    assert refused(lambda: change(topic + ":none", "FilterPolicy", "{}")).message == "Subscription does not exist"
    for protocol, endpoint, message in (
        ("lambda", "f", "Invalid parameter: Lambda endpoint ARN"),
        ("carrier pigeon", "f", "Invalid parameter: Amazon SNS does not support this protocol string: carrier pigeon"),
    ):
        assert refused(lambda: sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)).message == message
    again = {"FilterPolicy": '{"a": ["b"]}'}
    error = refused(lambda: sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=FUNCTION, Attributes=again))
    assert error.message == "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
