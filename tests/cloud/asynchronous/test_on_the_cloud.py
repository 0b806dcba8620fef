"""Asynchronous invocation in the whole cloud: real functions, queues, topics, buckets and buses."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.cloud.api.harness import refused
from tests.cloud.sources.support import Queue
from tests.support import CloudUnderTest, make_zip

FLAKY = """
import os, time
RUNS = {}
def lambda_handler(event, context):
    run = RUNS[context.aws_request_id] = RUNS.get(context.aws_request_id, 0) + 1
    print("run", run, os.environ["_X_AMZN_TRACE_ID"])
    if run <= event.get("fails", 0):
        raise ValueError("x" * event.get("long", 3))
    return {"run": run, "für": event}
"""


def send(cloud: CloudUnderTest, name: str, event: Any, **more: Any) -> dict[str, Any]:
    """Invoke asynchronously; the headers of the answer."""
    answer = cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **more)
    assert answer["StatusCode"] == 202
    headers: dict[str, Any] = answer["ResponseMetadata"]["HTTPHeaders"]
    return headers


def runs(cloud: CloudUnderTest, name: str) -> list[str]:
    """What the function printed at each run."""
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"].strip() for event in events if event["message"].startswith("run ")]


def configure(cloud: CloudUnderTest, name: str, **config: Any) -> None:
    cloud.client("lambda").put_function_event_invoke_config(FunctionName=name, **config)


def to(*, success: str | None = None, failure: str | None = None) -> dict[str, Any]:
    config = {"OnSuccess": {"Destination": success}, "OnFailure": {"Destination": failure}}
    return {name: both for name, both in config.items() if both["Destination"]}


def test_two_retries_after_one_and_two_minutes_with_the_same_request(cloud: CloudUnderTest) -> None:
    name, queue = cloud.function(FLAKY), Queue(cloud, "ends")
    configure(cloud, name, DestinationConfig=to(success=queue.arn, failure=queue.arn))
    headers = send(cloud, name, {"fails": 9})
    for seconds, runs_by_then in ((0, 1), (40, 1), (20, 2), (90, 2), (30, 3)):
        assert queue.bodies() == []
        cloud.advance(seconds)
        assert len(runs(cloud, name)) == runs_by_then
    seen = runs(cloud, name)
    trace = seen[0].split()[2]
    assert seen == [f"run 1 {trace}", f"run 2 {trace}", f"run 3 {trace}"]
    assert headers["x-amzn-trace-id"] == trace.partition(";Lineage=")[0].lower()
    [record] = queue.bodies()
    assert list(record) == [
        "version", "timestamp", "requestContext", "requestPayload", "responseContext", "responsePayload",
    ]  # fmt: skip
    assert record["requestContext"] == {
        "requestId": headers["x-amzn-requestid"],
        "functionArn": f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert record["requestPayload"] == {"fails": 9} and record["responsePayload"]["errorType"] == "ValueError"
    assert record["version"] == "1.0" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["timestamp"])
    cloud.advance(86400)
    assert len(runs(cloud, name)) == 3 and queue.bodies() == []


def test_every_kind_of_destination_and_of_dead_letter(cloud: CloudUnderTest) -> None:
    queue, letters = Queue(cloud, "ends"), Queue(cloud, "letters")
    topic = cloud.client("sns").create_topic(Name="ends")["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    events, s3 = cloud.client("events"), cloud.client("s3")
    bus = events.create_event_bus(Name="ends")["EventBusArn"]
    events.put_rule(Name="all", EventBusName="ends", EventPattern=json.dumps({"source": ["lambda"]}))
    events.put_targets(Rule="all", EventBusName="ends", Targets=[{"Id": "1", "Arn": queue.arn}])
    s3.create_bucket(Bucket="ends")
    collector = cloud.function("def lambda_handler(event, context): print('run', event['requestContext']['condition'])")
    arn = cloud.client("lambda").get_function(FunctionName=collector)["Configuration"]["FunctionArn"]

    def end_at(event: dict[str, Any], *, dead: str = letters.arn, **destinations: str) -> None:
        """Invoke a function with these destinations, without retries."""
        cloud.client("lambda").update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": dead})
        configure(cloud, name, MaximumRetryAttempts=0, DestinationConfig=to(**destinations))
        send(cloud, name, event)
        cloud.advance(1)

    name = cloud.function(FLAKY)
    end_at({}, success=topic)
    [notification] = queue.bodies()
    record = json.loads(notification["Message"])
    assert notification["TopicArn"] == topic and record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] == {"run": 1, "für": {}} and "functionError" not in record["responseContext"]

    end_at({"fails": 1, "long": 5000}, failure=bus)
    [event] = queue.bodies()
    qualified = f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}:$LATEST"
    assert (event["source"], event["resources"]) == ("lambda", [bus, qualified])
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert event["detail"]["responsePayload"]["errorMessage"] == "x" * 5000
    [letter] = letters.take()
    assert json.loads(letter["Body"]) == {"fails": 1, "long": 5000}
    attributes = {key: (value["DataType"], value["StringValue"]) for key, value in letter["MessageAttributes"].items()}
    assert attributes == {
        "RequestID": ("String", event["detail"]["requestContext"]["requestId"]),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "x" * 1024),
    }

    end_at({"fails": 1}, failure="arn:aws:s3:::ends", dead=topic)
    [stored] = s3.list_objects_v2(Bucket="ends")["Contents"]
    place = rf"aws/lambda/async/{name}/\d{{4}}/\d\d/\d\d/\d{{4}}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{{36}}"
    assert re.fullmatch(place, stored["Key"])
    record = json.load(s3.get_object(Bucket="ends", Key=stored["Key"])["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    [notification] = queue.bodies()
    assert notification["Message"] == '{"fails": 1}' and notification["MessageAttributes"]["ErrorCode"]["Value"] == "200"

    end_at({}, success=arn, failure=arn)
    end_at({"fails": 1}, success=arn, failure=arn)
    assert runs(cloud, collector) == ["run Success", "run RetriesExhausted"]


def test_a_role_that_may_not_send(cloud: CloudUnderTest) -> None:
    """Refused when it is set; counted when the role has changed since."""
    iam, client, queue = cloud.client("iam"), cloud.client("lambda"), Queue(cloud, "ends", public=False)
    role = cloud.role("narrow-role")
    for policy in iam.list_attached_role_policies(RoleName="narrow-role")["AttachedPolicies"]:
        iam.detach_role_policy(RoleName="narrow-role", PolicyArn=policy["PolicyArn"])
    for inline in iam.list_role_policies(RoleName="narrow-role")["PolicyNames"]:
        iam.delete_role_policy(RoleName="narrow-role", PolicyName=inline)
    name = cloud.function(FLAKY, Role=role)
    answer = refused(client.update_function_configuration, FunctionName=name, DeadLetterConfig={"TargetArn": queue.arn})
    assert answer.message == "The provided execution role does not have permissions to call SendMessage on SQS"
    send_only = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue.arn}]}
    iam.put_role_policy(RoleName="narrow-role", PolicyName="send", PolicyDocument=json.dumps(send_only))
    client.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": queue.arn})
    configure(cloud, name, MaximumRetryAttempts=0, DestinationConfig=to(failure=queue.arn))
    iam.delete_role_policy(RoleName="narrow-role", PolicyName="send")
    send(cloud, name, {"fails": 1})
    cloud.advance(1)
    assert queue.take() == []
    for metric in ("DeadLetterErrors", "DestinationDeliveryFailures", "AsyncEventsDropped", "AsyncEventsReceived"):
        assert total(cloud, metric, name) == 1, metric


def total(cloud: CloudUnderTest, metric: str, name: str) -> float:
    """The sum of a function's metric, over the last day of the cloud's clock."""
    now = float(cloud.lab("GET", "/_lab/clock").body["now"])  # type: ignore[arg-type]
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName=metric, Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime=now - 86400, EndTime=now + 120, Period=86400 * 2, Statistics=["Sum"],
    )["Datapoints"]  # fmt: skip
    return sum(point["Sum"] for point in points)


def test_reserved_concurrency_zero_sends_events_straight_to_their_end(cloud: CloudUnderTest) -> None:
    name, queue = cloud.function(FLAKY), Queue(cloud, "ends")
    cloud.client("lambda").update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": queue.arn})
    configure(cloud, name, DestinationConfig=to(failure=queue.arn))
    cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    send(cloud, name, {"n": 1})
    cloud.advance(0)
    letter, record = (json.loads(message["Body"]) for message in queue.take())
    assert letter == {"n": 1} and record["requestContext"]["condition"] == "ZeroReservedConcurrency"


def test_throttled_events_run_when_they_may(cloud: CloudUnderTest) -> None:
    """Five events, one at a time: each runs once, in whatever order."""
    name, queue = cloud.function("import time\ndef lambda_handler(event, context): time.sleep(0.4)"), Queue(cloud, "ends")
    configure(cloud, name, DestinationConfig=to(success=queue.arn, failure=queue.arn))
    cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    sent = [send(cloud, name, number)["x-amzn-requestid"] for number in range(5)]
    cloud.advance(3600)
    contexts = [record["requestContext"] for record in queue.bodies()]
    assert sorted(context["requestId"] for context in contexts) == sorted(sent)
    assert {(context["condition"], context["approximateInvokeCount"]) for context in contexts} == {("Success", 1)}
    assert total(cloud, "Throttles", name) > 0


def test_an_alias_has_its_own_settings_and_routes_each_attempt(cloud: CloudUnderTest) -> None:
    client, queue = cloud.client("lambda"), Queue(cloud, "ends")
    name = cloud.function("def lambda_handler(event, context): raise ValueError")
    client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    configure(cloud, name, Qualifier="live", MaximumRetryAttempts=1, DestinationConfig=to(success=queue.arn, failure=queue.arn))
    send(cloud, name, {}, Qualifier="live")
    cloud.advance(1)
    good = make_zip({"lambda_function.py": "def lambda_handler(event, context): return context.invoked_function_arn"})
    client.update_function_code(FunctionName=name, ZipFile=good, Publish=True)
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    cloud.advance(61)
    [record] = queue.bodies()
    arn = f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}:live"
    assert record["requestContext"]["functionArn"] == record["responsePayload"] == arn
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "2"}


CALLS_ITSELF = """
import boto3, json, os
def lambda_handler(event, context):
    print("run", event["n"])
    if event["n"] < 40:
        boto3.client("lambda").invoke(
            FunctionName=context.function_name, InvocationType="Event", Payload=json.dumps({"n": event["n"] + 1})
        )
"""


def test_a_function_that_invokes_itself_is_stopped_after_sixteen_runs(cloud: CloudUnderTest) -> None:
    """botocore inside the function sends the tracing header by itself."""
    name, queue = cloud.function(CALLS_ITSELF, Timeout=60, MemorySize=1769), Queue(cloud, "letters")
    cloud.client("lambda").update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": queue.arn})
    send(cloud, name, {"n": 1})
    cloud.advance(1)
    assert sorted(runs(cloud, name)) == sorted(f"run {number}" for number in range(1, 17))
    assert total(cloud, "RecursiveInvocationsDropped", name) == 1
    [letter] = queue.take()
    attributes = {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()}
    assert json.loads(letter["Body"]) == {"n": 17} and attributes["ErrorCode"] == "400"
    assert "recursive loop" in attributes["ErrorMessage"] and ";Lineage=17:" in letter["Attributes"]["AWSTraceHeader"]


def test_an_empty_cloud_has_no_events(cloud: CloudUnderTest) -> None:
    """A retry that was due is forgotten with its function, also when one of the same name is made anew."""
    send(cloud, cloud.function(FLAKY, "f"), {"fails": 9})
    cloud.advance(1)
    assert len(runs(cloud, "f")) == 1
    send(cloud, "f", {"fails": 9})
    cloud.reset()
    cloud.function(FLAKY, "f")
    cloud.advance(3600)
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
