"""Subscription filters of CloudWatch Logs: what they let through, in which envelope, and where it ends up."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.sources.failures import WAYS, failing, runs
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, arn, permit, received
from tests.support import CloudUnderTest

GROUP, STREAM = "/orders/api", "one"


def opened(event: dict[str, Any]) -> dict[str, Any]:
    """What is in an event for a function."""
    assert list(event) == ["awslogs"] and list(event["awslogs"]) == ["data"]
    content: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    return content


def group(cloud: CloudUnderTest, name: str = GROUP, *streams: str) -> Any:
    """The log group, made with these streams; a client of CloudWatch Logs."""
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=name)
    for stream in streams or (STREAM,):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    return logs


def subscriber(cloud: CloudUnderTest, code: str = TELLS, **more: Any) -> str:
    name = cloud.function(code, **more)
    permit(cloud, name, "logs.amazonaws.com", f"arn:aws:logs:{cloud.region}:{ACCOUNT}:log-group:*:*")
    return name


def subscribe(cloud: CloudUnderTest, name: str, pattern: str = "", group: str = GROUP, filter: str = "all", **more: Any) -> None:
    cloud.client("logs").put_subscription_filter(
        logGroupName=group, filterName=filter, filterPattern=pattern, destinationArn=arn(cloud, name), **more
    )  # fmt: skip


def now(cloud: CloudUnderTest) -> int:
    return int(float(cloud.lab("GET", "/_lab/clock").body["now"]) * 1000)  # type: ignore[arg-type]


def write(cloud: CloudUnderTest, *messages: str, stream: str = STREAM, group: str = GROUP) -> int:
    at = now(cloud)
    events = [{"timestamp": at + number, "message": message} for number, message in enumerate(messages)]
    cloud.client("logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    return at


def test_the_whole_envelope(cloud: CloudUnderTest) -> None:
    logs, name = group(cloud), subscriber(cloud)
    subscribe(cloud, name, '{ $.level = "ERROR" && $.latency > 100 }')
    documents = (("ERROR", 200), ("INFO", 200), ("ERROR", 101))
    lines = [json.dumps({"level": level, "latency": latency, "ü": 1}) for level, latency in documents]
    at = write(cloud, *lines, "ERROR")
    cloud.advance(0)
    [event] = received(cloud, name)
    content = opened(event)
    assert list(content) == ["messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "logEvents"]
    first, second = content.pop("logEvents")
    assert content == {
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": GROUP, "logStream": STREAM, "subscriptionFilters": ["all"],
    }  # fmt: skip
    found = logs.filter_log_events(logGroupName=GROUP)["events"]
    assert first == {"id": found[0]["eventId"], "timestamp": at, "message": lines[0]}
    assert second == {"id": found[2]["eventId"], "timestamp": at + 2, "message": lines[2]}
    assert isinstance(first["id"], str) and len(first["id"]) == 56 and first["id"] < second["id"]


def test_what_functions_log_is_delivered_before_the_cloud_is_at_rest(cloud: CloudUnderTest) -> None:
    source, name = cloud.function("def lambda_handler(event, context): print('said', event)"), subscriber(cloud)
    logs = group(cloud, f"/aws/lambda/{source}")
    subscribe(cloud, name, "said", f"/aws/lambda/{source}")
    cloud.client("lambda").invoke(FunctionName=source, Payload="1")
    cloud.client("lambda").invoke(FunctionName=source, Payload="2", InvocationType="Event")
    cloud.advance(0)
    contents = [opened(event) for event in received(cloud, name)]
    assert sorted(event["message"] for content in contents for event in content["logEvents"]) == ["said 1\n", "said 2\n"]
    described = logs.describe_log_streams(logGroupName=f"/aws/lambda/{source}")["logStreams"]
    streams = {stream["logStreamName"] for stream in described}
    assert {content["logStream"] for content in contents} <= streams
    # Nobody moves the clock: it comes by itself.
    queue = Queue(cloud, "told")
    tells = cloud.function(
        "import boto3\ndef lambda_handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={queue.url!r}, MessageBody='1')",
        Timeout=20,
    )  # fmt: skip
    permit(cloud, tells, f"logs.{cloud.region}.amazonaws.com")
    allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    cloud.client("iam").put_role_policy(RoleName=cloud.role().rpartition("/")[2], PolicyName="sqs", PolicyDocument=policy)
    subscribe(cloud, tells, "said", f"/aws/lambda/{source}", filter="second")
    cloud.client("lambda").invoke(FunctionName=source, Payload="3")
    assert queue.bodies(wait=15) == [1]


def test_two_filters_of_one_group_and_streams_each_for_itself(cloud: CloudUnderTest) -> None:
    group(cloud, GROUP, "one", "two")
    errors, warnings = subscriber(cloud), subscriber(cloud)
    subscribe(cloud, errors, "ERROR", filter="errors")
    subscribe(cloud, warnings, "?WARN ?ERROR", filter="both")
    write(cloud, "ERROR a", "WARN b", "INFO c", stream="one")
    write(cloud, "WARN d", "INFO e", stream="two")
    write(cloud, "INFO f", stream="two")
    cloud.advance(0)

    def seen(name: str) -> list[tuple[str, list[str]]]:
        contents = [opened(event) for event in received(cloud, name)]
        return sorted((content["logStream"], [event["message"] for event in content["logEvents"]]) for content in contents)

    assert seen(errors) == [("one", ["ERROR a"])]
    assert seen(warnings) == [("one", ["ERROR a", "WARN b"]), ("two", ["WARN d"])]


def test_filters_change_and_go(cloud: CloudUnderTest) -> None:
    logs, name = group(cloud), subscriber(cloud)
    subscribe(cloud, name, "a", filter="one")
    subscribe(cloud, name, "b", filter="two")
    with pytest.raises(ClientError) as refused:
        subscribe(cloud, name, "c", filter="three")
    assert refused.value.response["Error"] == {"Code": "LimitExceededException", "Message": "Resource limit exceeded."}
    subscribe(cloud, name, "c", filter="two")
    logs.delete_subscription_filter(logGroupName=GROUP, filterName="one")
    [kept] = logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"]
    assert (kept["filterName"], kept["filterPattern"], kept["destinationArn"]) == ("two", "c", arn(cloud, name))
    write(cloud, "a", "b", "c")
    cloud.advance(0)
    assert [[event["message"] for event in opened(event)["logEvents"]] for event in received(cloud, name)] == [["c"]]


COUNTS = """
import json, gzip, base64
def lambda_handler(event, context):
    content = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    print("EVENT", [len(one["message"]) for one in content["logEvents"]])
"""


def test_what_is_too_much_for_one_event_comes_in_several(cloud: CloudUnderTest) -> None:
    """Random hexadecimal digits hardly shrink: two megabytes of them are more than an event may have."""
    import random

    group(cloud)
    name = subscriber(cloud, COUNTS)
    subscribe(cloud, name)
    generator = random.Random(1)
    for _ in range(2):
        write(cloud, *("".join(generator.choices("0123456789abcdef", k=200_000)) for _ in range(5)))
    write(cloud, *("".join(generator.choices("0123456789abcdef", k=230_000)) for _ in range(9)))
    cloud.advance(0)
    batches = received(cloud, name)
    assert [size for batch in batches for size in batch].count(200_000) == 10
    assert [size for batch in batches for size in batch].count(230_000) == 9 and len(batches) >= 4


REFUSED = [
    ("no such function", {"destinationArn": "arn:aws:lambda:us-east-1:123456789012:function:none"}, "InvalidParameterException",
     "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function."),
    ("a role", {"roleArn": "arn:aws:iam::123456789012:role/r"}, "InvalidParameterException",
     "destinationArn for vendor lambda cannot be used with roleArn"),
    ("its own group", {"logGroupName": "own"}, "InvalidParameterException",
     "The log group provided is reserved for the function logs of the destination function."),
    ("no such group", {"logGroupName": "none"}, "ResourceNotFoundException", "The specified log group does not exist."),
    ("no pattern", {"filterPattern": "{ $.a }"}, "InvalidParameterException", "Invalid subscription filter pattern"),
    ("a character", {"filterPattern": "a:b"}, "InvalidParameterException", "Invalid character(s) in term ':'"),
    ("a long pattern", {"filterPattern": '"' + "x" * 1023 + '"'}, "InvalidParameterException",
     "failed to satisfy constraint: Member must have length less than or equal to 1024"),
    ("a name", {"filterName": "a:b"}, "InvalidParameterException",
     "1 validation error detected: Value 'a:b' at 'filterName' failed to satisfy constraint: Member must satisfy regular "
     "expression pattern: [^:*]*"),
]  # fmt: skip


def test_what_is_refused(cloud: CloudUnderTest) -> None:
    logs, name, quiet = group(cloud), subscriber(cloud), cloud.function(TELLS)
    own = f"/aws/lambda/{name}"
    logs.create_log_group(logGroupName=own)
    good = {"logGroupName": GROUP, "filterName": "f", "filterPattern": "", "destinationArn": arn(cloud, name)}
    for what, change, code, message in [
        *REFUSED, ("no permission", {"destinationArn": arn(cloud, quiet)}, "InvalidParameterException", REFUSED[0][3]),
    ]:  # fmt: skip
        given = good | {key: own if value == "own" else value for key, value in change.items()}
        with pytest.raises(ClientError) as refused:
            logs.put_subscription_filter(**given)
        error = refused.value.response["Error"]
        assert error["Code"] == code and error["Message"].endswith(message), what
    assert logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"] == []


def test_five_patterns_with_expressions_for_a_group(cloud: CloudUnderTest) -> None:
    logs, name = group(cloud), subscriber(cloud)
    metric = [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}]
    for number in range(5):
        logs.put_metric_filter(
            logGroupName=GROUP, filterName=f"m{number}", filterPattern="%x%", metricTransformations=metric
        )  # fmt: skip
    with pytest.raises(ClientError, match="LimitExceededException"):
        subscribe(cloud, name, "%y%")
    subscribe(cloud, name, "y")
    logs.put_metric_filter(logGroupName=GROUP, filterName="m1", filterPattern="%z%", metricTransformations=metric)


@pytest.mark.parametrize(("statement", "settings", "attempts"), WAYS)
def test_where_an_event_ends_up(cloud: CloudUnderTest, statement: str, settings: dict[str, Any], attempts: int) -> None:
    group(cloud)
    letters = Queue(cloud, "letters")
    name = failing(cloud, statement, settings, letters)
    permit(cloud, name, f"logs.{cloud.region}.amazonaws.com")
    subscribe(cloud, name)
    write(cloud, "line")
    cloud.advance(300)
    [letter] = letters.bodies()
    assert opened(letter)["logEvents"][0]["message"] == "line" and runs(cloud, name) == attempts


def forwarded(cloud: CloudUnderTest, metric: str, filter: str) -> float:
    at = now(cloud) / 1000
    dimensions = {"LogGroupName": GROUP, "DestinationType": "Lambda", "FilterName": filter}
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Logs", MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=at - 3600, EndTime=at + 3600, Period=7200, Statistics=["Sum"],
    )["Datapoints"]  # fmt: skip
    return sum(point["Sum"] for point in points)


@pytest.mark.parametrize("gone", ["the function", "its permission"])
def test_a_destination_that_is_gone_hurts_no_producer(cloud: CloudUnderTest, gone: str) -> None:
    group(cloud)
    name, other, client = subscriber(cloud), subscriber(cloud), cloud.client("lambda")
    subscribe(cloud, name, filter="one")
    subscribe(cloud, other, filter="two")
    if gone == "the function":
        client.delete_function(FunctionName=name)
    else:
        statement = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"][0]["Sid"]
        client.remove_permission(FunctionName=name, StatementId=statement)
    write(cloud, "line")
    cloud.advance(0)
    assert len(received(cloud, other)) == 1
    assert gone == "the function" or received(cloud, name) == []
    assert [forwarded(cloud, "DeliveryErrors", filter) for filter in ("one", "two")] == [1, 0]
    assert [forwarded(cloud, "ForwardedLogEvents", filter) for filter in ("one", "two")] == [0, 1]
    assert forwarded(cloud, "ForwardedBytes", "two") > 100


def test_a_stream_of_kinesis_gets_what_the_pattern_lets_through(cloud: CloudUnderTest) -> None:
    logs, kinesis = group(cloud), cloud.client("kinesis")
    kinesis.create_stream(StreamName="k", ShardCount=1)
    stream = kinesis.describe_stream(StreamName="k")["StreamDescription"]["StreamARN"]
    logs.put_subscription_filter(
        logGroupName=GROUP, filterName="f", filterPattern="ERROR", destinationArn=stream, roleArn=cloud.role()
    )  # fmt: skip
    write(cloud, "ERROR 1", "INFO", "ERROR 2")
    write(cloud, "INFO")
    shard = kinesis.get_shard_iterator(StreamName="k", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    records = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    hello, content = (json.loads(gzip.decompress(record["Data"])) for record in records)
    assert (hello["messageType"], hello["owner"]) == ("CONTROL_MESSAGE", "CloudwatchLogs")
    assert content["messageType"] == "DATA_MESSAGE"
    assert [event["message"] for event in content["logEvents"]] == ["ERROR 1", "ERROR 2"]
    assert all(len(event["id"]) == 56 for event in content["logEvents"])
