"""SNS in the whole cloud: what functions and queues get of a message, which messages they get, and where the rest ends up."""

from __future__ import annotations

import base64
import http.client
import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cloud.api.harness import refused
from tests.cloud.sources.failures import WAYS, failing, runs
from tests.cloud.sources.http import open_url
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, arn, permit, received
from tests.support import CloudUnderTest


def topic(cloud: CloudUnderTest, name: str = "news", **attributes: str) -> str:
    made: str = cloud.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]
    return made


def subscribe(cloud: CloudUnderTest, topic: str, endpoint: str, **attributes: Any) -> str:
    """Subscribe a function or a queue; attributes that are no text are written as JSON."""
    given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in attributes.items()}
    made: str = cloud.client("sns").subscribe(
        TopicArn=topic, Protocol=endpoint.split(":")[2], Endpoint=endpoint, Attributes=given, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    return made


def publish(cloud: CloudUnderTest, topic: str, message: str, **more: Any) -> str:
    """Publish, let the cloud come to rest, and return the message's id."""
    published: str = cloud.client("sns").publish(TopicArn=topic, Message=message, **more)["MessageId"]
    cloud.advance(0)
    return published


def text(value: str, kind: str = "String") -> dict[str, str]:
    return {"DataType": kind, "StringValue": value}


def teller(cloud: CloudUnderTest, topic: str) -> str:
    """The ARN of a function that tells its events, which the topic may invoke."""
    name = cloud.function(TELLS)
    permit(cloud, name, "sns.amazonaws.com", topic)
    return arn(cloud, name)


def test_a_function_gets_the_message(cloud: CloudUnderTest) -> None:
    news = topic(cloud)
    function = teller(cloud, news)
    subscription = subscribe(cloud, news, function)
    attributes = cloud.client("sns").get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert (attributes["PendingConfirmation"], attributes["ConfirmationWasAuthenticated"]) == ("false", "true")
    first = publish(cloud, news, "für Ana", Subject="hello", MessageAttributes={
        "kind": text("a"), "n": text("12.5", "Number"), "many": text('["x", "y"]', "String.Array"),
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    })  # fmt: skip
    second = publish(cloud, news, "plain")
    one, other = received(cloud, function.rpartition(":")[2])
    [record] = one["Records"]
    assert list(record) == ["EventSource", "EventVersion", "EventSubscriptionArn", "Sns"]
    assert (record["EventSource"], record["EventVersion"], record["EventSubscriptionArn"]) == ("aws:sns", "1.0", subscription)
    sns = record["Sns"]
    assert list(sns) == [
        "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertUrl",
        "UnsubscribeUrl", "MessageAttributes",
    ]  # fmt: skip
    assert (sns["Type"], sns["MessageId"], sns["TopicArn"], sns["Subject"], sns["Message"]) == (
        "Notification", first, news, "hello", "für Ana",
    )  # fmt: skip
    assert sns["MessageAttributes"] == {
        "kind": {"Type": "String", "Value": "a"}, "n": {"Type": "Number", "Value": "12.5"},
        "many": {"Type": "String.Array", "Value": '["x", "y"]'}, "raw": {"Type": "Binary", "Value": "AAE="},
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", sns["Timestamp"])
    assert sns["UnsubscribeUrl"].endswith(f"?Action=Unsubscribe&SubscriptionArn={subscription}")
    plain = other["Records"][0]["Sns"]
    assert (plain["MessageId"], plain["Subject"], plain["MessageAttributes"]) == (second, None, {})


@pytest.mark.parametrize("version", ["1", "2"])
def test_the_signature_is_good(cloud: CloudUnderTest, version: str) -> None:
    """Of a queue's message, with the certificate that it names."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    news, queue = topic(cloud, SignatureVersion=version), Queue(cloud, "q")
    subscribe(cloud, news, queue.arn)
    publish(cloud, news, "hello", Subject="subject")
    [made] = queue.bodies()
    assert made["SignatureVersion"] == version
    url, here = urlsplit(made["SigningCertURL"]), urlsplit(cloud.url)
    connection = http.client.HTTPConnection(str(here.hostname), here.port)
    connection.request("GET", url.path, headers={"Host": str(url.hostname)})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, content
    certificate = x509.load_pem_x509_certificate(content)
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signed = "".join(f"{name}\n{made[name]}\n" for name in ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"))
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    key.verify(base64.b64decode(made["Signature"]), signed.encode(), padding.PKCS1v15(), algorithm)


def test_a_queue_gets_the_message_raw_or_not(cloud: CloudUnderTest) -> None:
    news, plain, raw = topic(cloud), Queue(cloud, "plain"), Queue(cloud, "raw")
    subscription = subscribe(cloud, news, plain.arn)
    subscribe(cloud, news, raw.arn, RawMessageDelivery="true")
    sent = publish(cloud, news, "für Ana", MessageAttributes={"kind": text("a"), "n": text("12.5", "Number")})
    [message] = plain.take()
    assert message["Body"].startswith('{\n  "Type" : "Notification",\n  "MessageId" : "')
    assert message["Body"].endswith('"kind" : {"Type":"String","Value":"a"},\n    "n" : {"Type":"Number","Value":"12.5"}\n  }\n}')
    made = json.loads(message["Body"])
    assert list(made) == [
        "Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL",
        "UnsubscribeURL", "MessageAttributes",
    ]  # fmt: skip
    assert (made["MessageId"], made["Message"]) == (sent, "für Ana") and subscription in made["UnsubscribeURL"]
    [message] = raw.take()
    assert message["Body"] == "für Ana" and {name: one["StringValue"] for name, one in message["MessageAttributes"].items()} == {
        "kind": "a", "n": "12.5",
    }  # fmt: skip


FILTERS = [
    ({"kind": ["a", {"prefix": "b"}]}, "MessageAttributes", ["a", "b2"]),
    ({"kind": [{"anything-but": {"prefix": "b"}}]}, "MessageAttributes", ["a", "c"]),
    ({"kind": [{"exists": False}]}, "MessageAttributes", ["none"]),
    ({"n": [{"numeric": [">", 1, "<=", 5]}]}, "MessageAttributes", ["b2"]),
    ({"many": ["x"]}, "MessageAttributes", ["c"]),
    ({"kind": [None, {"anything-but": "a"}]}, "MessageAttributes", ["b2", "c"]),
    ({"$or": [{"kind": ["a"]}, {"n": [5]}]}, "MessageAttributes", ["a", "b2"]),
    ({"raw": [{"exists": True}]}, "MessageAttributes", []),
    ({"deep": {"er": [{"suffix": "y"}]}}, "MessageBody", ["c"]),
    ({"it": ["a", "c"], "deep": {"er": [{"exists": True}]}}, "MessageBody", ["c"]),
    ({"it": [{"equals-ignore-case": "A"}]}, "MessageBody", ["a"]),
]


@pytest.mark.parametrize("policy, scope, expected", FILTERS)
def test_what_a_filter_policy_lets_through(cloud: CloudUnderTest, policy: Any, scope: str, expected: list[str]) -> None:
    news, queue = topic(cloud), Queue(cloud, "q")
    function = teller(cloud, news)
    for endpoint in (queue.arn, function):
        subscribe(cloud, news, endpoint, FilterPolicy=policy, FilterPolicyScope=scope)
    attributes: dict[str, dict[str, Any]] = {
        "a": {"kind": text("a"), "raw": {"DataType": "Binary", "BinaryValue": b"x"}}, "none": {},
        "b2": {"kind": text("b2"), "n": text("5.0", "Number")},
        "c": {"kind": text("c"), "many": text('["w", "x"]', "String.Array")},
    }  # fmt: skip
    for name, values in attributes.items():
        body = {"it": name, "deep": {"er": "xy"}} if name == "c" else {"it": name} if name != "none" else "no object"
        publish(cloud, news, json.dumps(body), Subject=name, MessageAttributes=values)
    assert [message["Subject"] for message in queue.bodies()] == [name for name in attributes if name in expected]
    events = received(cloud, function.rpartition(":")[2])
    assert sorted(event["Records"][0]["Sns"]["Subject"] for event in events) == sorted(expected)


def test_a_filter_policy_that_changes(cloud: CloudUnderTest) -> None:
    sns, news, queue = cloud.client("sns"), topic(cloud), Queue(cloud, "q")
    subscription = subscribe(cloud, news, queue.arn)

    def change(name: str, value: str) -> None:
        sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=value)

    change("FilterPolicyScope", "MessageBody")
    assert "FilterPolicyScope" not in sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    change("FilterPolicy", '{"a": {"b": ["1"]}}')
    assert sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]["FilterPolicyScope"] == "MessageBody"
    publish(cloud, news, '{"a": {"b": "2"}}')
    assert queue.take() == []
    change("FilterPolicy", "")
    assert "FilterPolicy" not in sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    publish(cloud, news, '{"a": {"b": "2"}}')
    assert len(queue.take()) == 1


REDACTED = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"
DEEP = "Filter policy scope MessageAttributes does not support nested filter policy"
OR = {"metricType": ["1", "2", "3", "4"], "$or": [{"metricId": [1, 2, 3, 4]}, {"spaceId": [1, 2, 3, 4]}]}


@pytest.mark.parametrize(
    "attributes, message",
    [
        ({"FilterPolicy": {"key": [["value"]]}}, "FilterPolicy: Match value must be String, number, true, false, or null\n"
         ' at [Source: (String)"{"key":[["value"]]}"; line: 1, column: 10]'),
        ({"FilterPolicy": {"key": [{"suffix": "value", "prefix": "value2"}]}},
         "FilterPolicy: Only one key allowed in match expression\n"
         ' at [Source: (String)"{"key":[{"suffix":"value","prefix":"value2"}]}"; line: 1, column: 37]'),
        ({"FilterPolicy": {"key": [{"numeric": ["operator"]}]}}, "FilterPolicy: Unrecognized numeric range operator: operator\n"
         ' at [Source: (String)"{"key":[{"numeric":["operator"]}]}"; line: 1, column: 32]'),
        ({"FilterPolicy": {"key": [{"numeric": [">", 3, "<", 1]}]}}, "FilterPolicy: Bottom must be less than top\n"
         ' at [Source: (String)"{"key":[{"numeric":[">",3,"<",1]}]}"; line: 1, column: 33]'),
        ({"FilterPolicy": {"key": [{"numeric": [">", 20, "<", 30, "<", 50]}]}},
         "FilterPolicy: Too many terms in numeric range expression\n"
         ' at [Source: (String)"{"key":[{"numeric":[">",20,"<",30,"<",50]}]}"; line: 1, column: 36]'),
        ({"FilterPolicy": {"key": [{"anything-but": {"suffix": "test"}}]}},
         "FilterPolicy: Unsupported anything-but pattern: suffix\n"
         ' at [Source: (String)"{"key":[{"anything-but":{"suffix":"test"}}]}"; line: 1, column: 36]'),
        ({"FilterPolicy": {"key": [{"anything-but": {"prefix": False}}]}}, "FilterPolicy: prefix match pattern must be a string\n"
         ' at [Source: (String)"{"key":[{"anything-but":{"prefix":false}}]}"; line: 1, column: 40]'),
        ({"FilterPolicy": {"key": {"suffix": "value"}}}, 'FilterPolicy: "suffix" must be an object or an array\n'
         ' at [Source: (String)"{"key":{"suffix":"value"}}"; line: 1, column: 19]'),
        ({"FilterPolicy": {"key": [str(number) for number in range(151)]}}, "FilterPolicy: Filter policy is too complex"),
        ({"FilterPolicy": {"source": ["1", "2", "3", "4"], "$or": [{"metricName": list("abcdef")}, OR]}},
         "FilterPolicy: Filter policy is too complex"),
        ({"FilterPolicy": {name: ["a"] for name in "abcdef"}}, "FilterPolicy: Filter policy can not have more than 5 keys"),
        ({"FilterPolicy": {"a": {"b": ["c"]}}}, DEEP),
        ({"FilterPolicy": "{invalidjson}"},
         "FilterPolicy: failed to parse JSON. Unexpected character ('i' (code 105)): was expecting "
         f"double-quote to start field name\n at {REDACTED}"),
        ({"FilterPolicyScope": "RandomValue"},
         "FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes"),
        ({"RawMessageDelivery": "wrongvalue"}, "RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false."),
        ({"RedrivePolicy": {"deadLetterTargetArn": "fake-arn"}}, "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
    ],
)  # fmt: skip
def test_attributes_that_are_refused(cloud: CloudUnderTest, attributes: dict[str, Any], message: str) -> None:
    """Captured, but for the sentence on nesting at Subscribe. A subscription that is refused is not made."""
    sns, news, queue = cloud.client("sns"), topic(cloud), Queue(cloud, "q")
    error = refused(lambda: subscribe(cloud, news, queue.arn, **attributes))
    assert (error.code, error.message) == ("InvalidParameter", f"Invalid parameter: Attributes Reason: {message}")
    assert sns.list_subscriptions_by_topic(TopicArn=news)["Subscriptions"] == []
    subscription = subscribe(cloud, news, queue.arn)
    [(name, value)] = attributes.items()
    given = value if isinstance(value, str) else json.dumps(value)
    error = refused(
        lambda: sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=given)
    )
    assert (error.code, error.message) == ("InvalidParameter", f"Invalid parameter: {message}")


def test_what_a_policy_may_come_to(cloud: CloudUnderTest) -> None:
    """150 combinations, as captured; three levels count for three."""
    news, queue = topic(cloud), Queue(cloud, "q")
    inner = OR | {"$or": [{"a": [1, 2, 3, 4]}, {"b": [*range(7)]}]}
    most = {"source": ["1", "2", "3"], "$or": [{"metricName": list("abcdef")}, inner]}
    subscribe(cloud, news, queue.arn, FilterPolicy=most)
    deep = {"a": {"b": {"c": ["1", "2", "3", "4"]}}, "d": {"e": ["1", "2", "3"]}, "f": ["1", "2", "3"]}
    other = topic(cloud, "other")
    error = refused(lambda: subscribe(cloud, other, queue.arn, FilterPolicy=deep, FilterPolicyScope="MessageBody"))
    assert error.message == "Invalid parameter: Attributes Reason: FilterPolicy: Filter policy is too complex"


@pytest.mark.parametrize(
    "given, message",
    [
        ({"Message": ""}, "Invalid parameter: Empty message"),
        ({"Message": "ü" * (128 * 1024) + "x"}, "Invalid parameter: Message too long"),
        ({"Message": "x" * (256 * 1024 - 3), "MessageAttributes": {"a": text("b")}}, "Invalid parameter: Message too long"),
        ({"Message": "x", "Subject": ""}, "Invalid parameter: Subject"),
        ({"Message": "x", "Subject": "two\nlines"}, "Invalid parameter: Subject"),
        ({"Message": "x", "Subject": "x" * 101}, "Invalid parameter: Subject"),
        ({"Message": "x", "MessageStructure": "json"},
         "Invalid parameter: Message Structure - JSON message body failed to parse"),
        ({"Message": '{"sqs": "a"}', "MessageStructure": "json"},
         "Invalid parameter: Message Structure - No default entry in JSON message body"),
    ],
)  # fmt: skip
def test_messages_that_are_refused(cloud: CloudUnderTest, given: dict[str, Any], message: str) -> None:
    news = topic(cloud)
    error = refused(lambda: cloud.client("sns").publish(TopicArn=news, **given))
    assert (error.code, error.message) == ("InvalidParameter", message)


def test_a_batch(cloud: CloudUnderTest) -> None:
    sns, news, queue = cloud.client("sns"), topic(cloud), Queue(cloud, "q")
    function = teller(cloud, news)
    subscribe(cloud, news, queue.arn, FilterPolicy={"kind": ["a"]})
    subscribe(cloud, news, function)
    entries = [
        {"Id": "1", "Message": "one", "Subject": "s", "MessageAttributes": {"kind": text("a")}},
        {"Id": "2", "Message": "two", "MessageAttributes": {"kind": text("b")}},
        {"Id": "3", "Message": ""},
        {"Id": "4", "MessageStructure": "json", "Message": json.dumps({"default": "d", "lambda": "l", "sqs": "s"}),
         "MessageAttributes": {"kind": text("a")}},
    ]  # fmt: skip
    answer = sns.publish_batch(TopicArn=news, PublishBatchRequestEntries=entries)
    cloud.advance(0)
    assert [one["Id"] for one in answer["Successful"]] == ["1", "2", "4"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("3", "InvalidParameter", True)
    assert [message["Message"] for message in queue.bodies()] == ["one", "s"]
    told = [event["Records"][0]["Sns"] for event in received(cloud, function.rpartition(":")[2])]
    assert sorted(one["Message"] for one in told) == ["l", "one", "two"]
    large = [{"Id": str(number), "Message": "x" * 65_537} for number in range(4)]
    assert refused(lambda: sns.publish_batch(TopicArn=news, PublishBatchRequestEntries=large)).code == "BatchRequestTooLong"


def test_fifo_topics_are_for_queues(cloud: CloudUnderTest) -> None:
    sns, news = cloud.client("sns"), topic(cloud, "news.fifo", FifoTopic="true", ContentBasedDeduplication="true")
    queue = Queue(cloud, "q.fifo", FifoQueue="true")
    function = teller(cloud, news)
    error = refused(lambda: subscribe(cloud, news, function))
    assert error.message == "Invalid parameter: Invalid parameter: Endpoint Reason: Please use FIFO SQS queue"
    subscribe(cloud, news, queue.arn)
    for message in ("one", "two", "two"):
        sns.publish(TopicArn=news, Message=message, MessageGroupId="g")
    one, two = queue.bodies()
    assert (one["Message"], two["Message"]) == ("one", "two")
    assert len(one["SequenceNumber"]) == 20 and one["SequenceNumber"] < two["SequenceNumber"]


def test_where_a_message_goes_that_is_not_let_in(cloud: CloudUnderTest) -> None:
    """Functions without permission, of another topic's, gone; queues that are gone, with a policy that says no, with none."""
    news, other = topic(cloud), topic(cloud, "other")
    gone, elsewhere = cloud.function(TELLS), teller(cloud, other)
    statement = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": other}},
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    closed = cloud.client("sqs").create_queue(QueueName="closed", Attributes={"Policy": policy})["QueueUrl"]
    cloud.client("sqs").create_queue(QueueName="without")
    endpoints = [
        arn(cloud, cloud.function(TELLS)), elsewhere, arn(cloud, gone), f"arn:aws:sqs:{cloud.region}:{ACCOUNT}:none",
        f"arn:aws:sqs:{cloud.region}:{ACCOUNT}:closed", f"arn:aws:sqs:{cloud.region}:{ACCOUNT}:without",
    ]  # fmt: skip
    letters = [Queue(cloud, f"letters{number}") for number in range(len(endpoints))]
    for endpoint, queue in zip(endpoints, letters):
        subscribe(cloud, news, endpoint, RedrivePolicy={"deadLetterTargetArn": queue.arn})
    cloud.client("lambda").delete_function(FunctionName=gone)
    published = publish(cloud, news, "hello", MessageAttributes={"n": text("1", "Number")})
    for queue in letters:
        [letter] = queue.bodies()
        assert (letter["Type"], letter["MessageId"], letter["Message"]) == ("Notification", published, "hello")
        assert letter["MessageAttributes"] == {"n": {"Type": "Number", "Value": "1"}}
    assert "Messages" not in cloud.client("sqs").receive_message(QueueUrl=closed)
    subscribe(cloud, other, elsewhere)
    publish(cloud, other, "to the right one")
    assert len(received(cloud, elsewhere.rpartition(":")[2])) == 1


def test_an_address_gets_the_message(cloud: CloudUnderTest) -> None:
    """A function's URL is one: it, the topic, and the cloud's front may be in each other's way."""
    sns, news, name = cloud.client("sns"), topic(cloud), cloud.function(TELLS)
    url, given = open_url(cloud, name), ({}, {"RawMessageDelivery": "true"})
    subscriptions = [
        sns.subscribe(TopicArn=news, Protocol="http", Endpoint=url + str(number), Attributes=attributes)["SubscriptionArn"]
        for number, attributes in enumerate(given)
    ]
    published = publish(cloud, news, "für Ana", Subject="hello")
    cooked, raw = sorted(received(cloud, name), key=lambda event: str(event["rawPath"]))
    for event, subscription in zip((cooked, raw), subscriptions):
        assert event["requestContext"]["http"]["method"] == "POST"
        assert event["headers"]["content-type"] == "text/plain; charset=UTF-8"
        assert {name: value for name, value in event["headers"].items() if name.startswith("x-amz-sns-")} == {
            "x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": published, "x-amz-sns-topic-arn": news,
            "x-amz-sns-subscription-arn": subscription, **({"x-amz-sns-rawdelivery": "true"} if event is raw else {}),
        }  # fmt: skip
    envelope = json.loads(cooked["body"])
    assert (envelope["Type"], envelope["Message"], envelope["Subject"]) == ("Notification", "für Ana", "hello")
    assert raw["body"] == "für Ana"


@pytest.mark.parametrize("status, tries", [(503, 4), (429, 4), (404, 1)])
def test_where_a_message_goes_that_an_address_does_not_take(cloud: CloudUnderTest, status: int, tries: int) -> None:
    news, letters, queue = topic(cloud), Queue(cloud, "letters"), Queue(cloud, "q")
    name = cloud.function(f"def lambda_handler(event, context):\n    print('RUN')\n    return {{'statusCode': {status}}}\n")
    cloud.client("sns").subscribe(
        TopicArn=news, Protocol="http", Endpoint=open_url(cloud, name),
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": letters.arn})},
    )  # fmt: skip
    subscribe(cloud, news, queue.arn)
    cloud.client("sns").publish(TopicArn=news, Message="hello")
    assert len(queue.bodies()) == 1
    cloud.advance(59)
    assert runs(cloud, name) == min(tries, 3)
    cloud.advance(1)
    [letter] = letters.bodies()
    assert letter["Message"] == "hello" and runs(cloud, name) == tries


@pytest.mark.parametrize("statement, settings, tries", WAYS)
def test_where_a_message_goes_that_a_function_fails_at(
    cloud: CloudUnderTest, statement: str, settings: dict[str, Any], tries: int
) -> None:
    """SNS has done its part: the function's own retries and dead-letter queue follow. Another subscriber notices nothing."""
    news, letters, redriven, queue = topic(cloud), Queue(cloud, "letters"), Queue(cloud, "redriven"), Queue(cloud, "q")
    name = failing(cloud, statement, settings, letters)
    permit(cloud, name, "sns.amazonaws.com", news)
    subscribe(cloud, news, arn(cloud, name), RedrivePolicy={"deadLetterTargetArn": redriven.arn})
    subscribe(cloud, news, queue.arn)
    cloud.client("sns").publish(TopicArn=news, Message="hello")
    assert len(queue.bodies()) == 1
    cloud.advance(600)
    [letter] = letters.bodies()
    assert letter["Records"][0]["Sns"]["Message"] == "hello" and runs(cloud, name) == tries
    assert redriven.take() == []


def test_a_loop_is_stopped(cloud: CloudUnderTest) -> None:
    """A function that publishes to the topic that called it runs sixteen times."""
    news = topic(cloud)
    name = cloud.function(
        "import boto3\ndef lambda_handler(event, context):\n    print('RUN')\n"
        "    boto3.client('sns').publish(TopicArn=event['Records'][0]['Sns']['TopicArn'], Message='again')\n"
    )
    cloud.client("iam").put_role_policy(RoleName="lambda-test-role", PolicyName="sns", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}))  # fmt: skip
    permit(cloud, name, "sns.amazonaws.com", news)
    subscribe(cloud, news, arn(cloud, name))
    publish(cloud, news, "once")
    assert runs(cloud, name) == 16


def test_more_than_a_hundred_subscriptions(cloud: CloudUnderTest) -> None:
    sns, news = cloud.client("sns"), topic(cloud)
    for number in range(101):
        subscribe(cloud, news, f"arn:aws:sqs:{cloud.region}:{ACCOUNT}:none{number}")
    queue = Queue(cloud, "q")
    subscribe(cloud, news, queue.arn)
    publish(cloud, news, "hello")
    assert len(queue.take()) == 1
    assert sns.get_topic_attributes(TopicArn=news)["Attributes"]["SubscriptionsConfirmed"] == "102"


def test_metrics(cloud: CloudUnderTest) -> None:
    news, queue = topic(cloud), Queue(cloud, "q")
    subscribe(cloud, news, queue.arn, FilterPolicy={"kind": ["a"]})
    subscribe(cloud, news, teller(cloud, news))
    publish(cloud, news, "hello")
    metrics = cloud.client("cloudwatch").list_metrics(Namespace="AWS/SNS")["Metrics"]
    assert {metric["MetricName"] for metric in metrics} == {
        "NumberOfMessagesPublished", "NumberOfNotificationsDelivered", "NumberOfNotificationsFilteredOut",
    }  # fmt: skip
    assert all(metric["Dimensions"] == [{"Name": "TopicName", "Value": "news"}] for metric in metrics)


def test_a_reset_forgets_what_is_to_be_posted_again(cloud: CloudUnderTest) -> None:
    news, name = topic(cloud), cloud.function("def lambda_handler(event, context):\n    return {'statusCode': 503}\n")
    cloud.client("sns").subscribe(TopicArn=news, Protocol="http", Endpoint=open_url(cloud, name))
    publish(cloud, news, "hello")
    cloud.client("sns").publish(TopicArn=news, Message="on its way")
    cloud.reset()
    queue, again = Queue(cloud, "q"), topic(cloud)
    subscribe(cloud, again, queue.arn)
    cloud.advance(120)
    publish(cloud, again, "after it")
    assert [body["Message"] for body in queue.bodies()] == ["after it"]
