"""EventBridge Scheduler, from outside: what it takes, when it runs its targets, and what becomes of a run that fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lablib.models.schedules import next_runs
from tests.cloud.asynchronous.test_on_the_cloud import runs
from tests.cloud.sources.failures import WAYS, failing
from tests.cloud.sources.failures import runs as times_run
from tests.cloud.sources.machines import Machines
from tests.cloud.sources.support import Queue
from tests.cloud.sources.support import arn as function_arn
from tests.support import CloudUnderTest

OFF = {"Mode": "OFF"}
ECHO = """
import json
def lambda_handler(event, context):
    print("run", json.dumps(event))
"""
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def trust(service: str = "scheduler.amazonaws.com") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(cloud: CloudUnderTest, name: str = "scheduler-role", policy: Any = ALL, service: str = "scheduler.amazonaws.com") -> str:
    iam = cloud.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
    if policy is not None:
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(policy))
    return str(arn)


def now(cloud: CloudUnderTest) -> datetime:
    """The cloud's time."""
    body = cloud.advance(0).body
    return datetime.fromtimestamp(float(str(body["now"])), timezone.utc)


def schedule(cloud: CloudUnderTest, expression: str, target: dict[str, Any], name: str = "s", **more: Any) -> str:
    given = {"Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": OFF, "Target": target}
    return str(cloud.client("scheduler").create_schedule(**(given | more))["ScheduleArn"])


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def test_a_function_gets_the_input_with_its_attributes_filled_in(cloud: CloudUnderTest) -> None:
    name, start = cloud.function(ECHO), now(cloud)
    text = json.dumps({key: f"<aws.scheduler.{key}>" for key in ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")})
    at = (start + timedelta(hours=2)).replace(microsecond=0)
    function = f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}"
    arn = schedule(cloud, f"at({at:%Y-%m-%dT%H:%M:%S})", {"Arn": function, "RoleArn": role(cloud), "Input": text})
    assert arn == f"arn:aws:scheduler:{cloud.region}:123456789012:schedule/default/s"
    cloud.advance(7100)
    assert not cloud.client("logs").describe_log_groups()["logGroups"]
    cloud.advance(200)
    [line] = runs(cloud, name)
    got = json.loads(line.removeprefix("run "))
    assert len(got.pop("execution-id")) == 16
    assert got == {"schedule-arn": arn, "scheduled-time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "attempt-number": "1"}
    cloud.advance(86_400)
    assert len(runs(cloud, name)) == 1
    assert cloud.client("scheduler").get_schedule(Name="s")["State"] == "ENABLED"


def test_without_an_input_a_notification_comes(cloud: CloudUnderTest) -> None:
    queue, start = Queue(cloud, "q"), now(cloud)
    arn = schedule(cloud, "rate(1 hour)", {"Arn": queue.arn, "RoleArn": role(cloud)}, StartDate=start + timedelta(hours=1))
    cloud.advance(3_700)
    [event] = queue.bodies()
    assert event.pop("id")
    assert event == {
        "version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": "123456789012",
        "time": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}", "region": cloud.region, "resources": [arn], "detail": "{}",
    }  # fmt: skip


def test_every_templated_target(cloud: CloudUnderTest) -> None:
    queue, fifo_url = Queue(cloud, "q"), cloud.client("sqs").create_queue(
        QueueName="f.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]  # fmt: skip
    sns, kinesis, arn = cloud.client("sns"), cloud.client("kinesis"), role(cloud)
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes={"RawMessageDelivery": "true"})
    kinesis.create_stream(StreamName="k", ShardCount=1)
    stream = f"arn:aws:kinesis:{cloud.region}:123456789012:stream/k"
    at = f"at({now(cloud) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S})"
    fifo = queue.arn.replace(":q", ":f.fifo")
    targets: list[dict[str, Any]] = [
        {"Arn": queue.arn, "Input": "plain text"},
        {"Arn": fifo, "Input": "in order", "SqsParameters": {"MessageGroupId": "g"}},
        {"Arn": topic, "Input": "to a topic"},
        {"Arn": stream, "Input": "to a stream", "KinesisParameters": {"PartitionKey": "p"}},
        {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
         "Input": json.dumps({"QueueUrl": queue.url, "MessageBody": "<aws.scheduler.attempt-number> of a universal target"})},
    ]  # fmt: skip
    for number, target in enumerate(targets):
        schedule(cloud, at, target | {"RoleArn": arn}, name=f"s{number}")
    cloud.advance(600)
    assert sorted(message["Body"] for message in queue.take()) == ["1 of a universal target", "plain text", "to a topic"]
    [message] = cloud.client("sqs").receive_message(QueueUrl=fifo_url, AttributeNames=["All"])["Messages"]
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ("in order", "g")
    shard = kinesis.get_shard_iterator(StreamName="k", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    [record] = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"to a stream", "p")


def test_a_bus_and_a_state_machine(cloud: CloudUnderTest) -> None:
    queue, arn, events, machines = Queue(cloud, "q"), role(cloud), cloud.client("events"), Machines(cloud)
    events.put_rule(Name="r", EventPattern='{"source": ["mine"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": queue.arn}])
    machine = machines.make({"StartAt": "It", "States": {"It": {"Type": "Pass", "End": True}}})
    at = f"at({now(cloud) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S})"
    bus = f"arn:aws:events:{cloud.region}:123456789012:event-bus/default"
    parameters = {"Source": "mine", "DetailType": "due"}
    schedule(cloud, at, {"Arn": bus, "RoleArn": arn, "Input": '{"n": 1}', "EventBridgeParameters": parameters}, "bus")
    schedule(cloud, at, {"Arn": machine, "RoleArn": arn, "Input": '{"n": 2}'}, "machine")
    cloud.advance(600)
    [event] = queue.bodies()
    assert (event["source"], event["detail-type"], event["detail"]) == ("mine", "due", {"n": 1})
    [execution] = machines.client.list_executions(stateMachineArn=machine)["executions"]
    assert json.loads(machines.client.describe_execution(executionArn=execution["executionArn"])["output"]) == {"n": 2}


@pytest.mark.parametrize(("statement", "settings", "attempts"), WAYS)
def test_where_an_event_ends_up_that_fails(
    cloud: CloudUnderTest, statement: str, settings: dict[str, Any], attempts: int
) -> None:
    """In the function's dead-letter queue, not the schedule's: Lambda's queue has taken it."""
    letters, own = Queue(cloud, "letters"), Queue(cloud, "own")
    name = failing(cloud, statement, settings, letters)
    at = f"at({now(cloud) + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S})"
    target = {"Arn": function_arn(cloud, name), "RoleArn": role(cloud), "Input": '{"n": 1}', "DeadLetterConfig": {"Arn": own.arn}}
    schedule(cloud, at, target)
    cloud.advance(3600)
    assert (letters.bodies(), own.bodies()) == ([{"n": 1}], [])
    assert times_run(cloud, name) == attempts


def test_a_function_that_is_not_there_is_a_failure_of_the_target(cloud: CloudUnderTest) -> None:
    own, arn = Queue(cloud, "own"), role(cloud)
    target = {
        "Arn": function_arn(cloud, "none"), "RoleArn": arn, "DeadLetterConfig": {"Arn": own.arn}, "Input": "{}",
        "RetryPolicy": {"MaximumRetryAttempts": 2},
    }  # fmt: skip
    start = now(cloud)
    schedule(cloud, f"at({start + timedelta(minutes=5):%Y-%m-%dT%H:%M:%S})", target)
    cloud.advance(600)
    [letter] = own.take()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "ResourceNotFoundException"
    counted = {}
    for metric in ("InvocationAttemptCount", "TargetErrorCount", "InvocationDroppedCount", "InvocationsSentToDeadLetterCount"):
        found = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Scheduler", MetricName=metric, Dimensions=[{"Name": "ScheduleGroup", "Value": "default"}],
            StartTime=start - timedelta(hours=1), EndTime=start + timedelta(hours=1), Period=7200, Statistics=["Sum"],
        )["Datapoints"]  # fmt: skip
        counted[metric] = sum(point["Sum"] for point in found)
    assert counted == {
        "InvocationAttemptCount": 3, "TargetErrorCount": 3, "InvocationDroppedCount": 1, "InvocationsSentToDeadLetterCount": 1,
    }  # fmt: skip


def test_a_reset_ends_every_schedule(cloud: CloudUnderTest) -> None:
    schedule(cloud, "rate(1 minute)", {"Arn": Queue(cloud, "q").arn, "RoleArn": role(cloud), "Input": "x"})
    cloud.client("events").put_rule(Name="r", ScheduleExpression="rate(1 minute)")
    cloud.reset()
    queue = Queue(cloud, "q")
    cloud.client("events").put_rule(Name="r", ScheduleExpression="rate(1 day)")
    cloud.client("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": queue.arn}])
    cloud.advance(3600)
    assert queue.take() == [] and cloud.client("scheduler").list_schedules()["Schedules"] == []


def test_start_end_and_what_follows_the_last_run(cloud: CloudUnderTest) -> None:
    queue, arn, start = Queue(cloud, "q"), role(cloud), now(cloud)
    target = {"Arn": queue.arn, "RoleArn": arn, "Input": "<aws.scheduler.scheduled-time>"}
    first, last = start + timedelta(minutes=10), start + timedelta(minutes=31)
    schedule(cloud, "rate(10 minutes)", target, StartDate=first, EndDate=last, ActionAfterCompletion="DELETE")
    cloud.advance(5 * 3600)
    expected = [first + timedelta(minutes=10 * number) for number in range(3)]
    assert [message["Body"] for message in queue.take()] == [f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in expected]
    code, status, message = refusal(cloud.client("scheduler").get_schedule, Name="s")
    assert (code, status, message) == ("ResourceNotFoundException", 404, "Schedule s does not exist.")


def test_a_rate_without_a_start_begins_at_once(cloud: CloudUnderTest) -> None:
    queue = Queue(cloud, "q")
    schedule(cloud, "rate(1 hour)", {"Arn": queue.arn, "RoleArn": role(cloud), "Input": "x"})
    assert len(queue.take(wait=10)) == 1
    cloud.advance(3 * 3600)
    assert len(queue.take()) == 3


def test_disabled_updated_and_deleted_take_effect_at_once(cloud: CloudUnderTest) -> None:
    queue, client = Queue(cloud, "q"), cloud.client("scheduler")
    target = {"Arn": queue.arn, "RoleArn": role(cloud), "Input": "old"}
    given: dict[str, Any] = {"Name": "s", "ScheduleExpression": "cron(0 * * * ? *)", "FlexibleTimeWindow": OFF, "Target": target}
    client.create_schedule(**given, State="DISABLED")

    def hours(count: int) -> list[str]:
        cloud.advance(count * 3600)
        return [message["Body"] for message in queue.take()]

    assert hours(3) == []
    client.update_schedule(**given, State="ENABLED")
    assert hours(3) == ["old"] * 3
    client.update_schedule(**given | {"Target": target | {"Input": "new"}})
    assert hours(3) == ["new"] * 3
    client.update_schedule(**given, State="DISABLED")
    assert hours(3) == []
    client.update_schedule(**given, ActionAfterCompletion="DELETE")
    assert client.get_schedule(Name="s")["ActionAfterCompletion"] == "DELETE"
    client.delete_schedule(Name="s")
    assert hours(3) == []
    client.create_schedule_group(Name="g")
    client.create_schedule(**given, GroupName="g")
    assert hours(1) == ["old"]
    client.delete_schedule_group(Name="g")
    assert hours(3) == []


def test_a_flexible_window(cloud: CloudUnderTest) -> None:
    queue, start = Queue(cloud, "q"), now(cloud)
    at = (start + timedelta(minutes=10)).replace(microsecond=0)
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30}
    target = {"Arn": queue.arn, "RoleArn": role(cloud), "Input": "<aws.scheduler.scheduled-time>"}
    schedule(cloud, f"at({at:%Y-%m-%dT%H:%M:%S})", target, FlexibleTimeWindow=window)
    cloud.advance(599)
    assert queue.take() == []
    cloud.advance(30 * 60 + 2)
    [message] = queue.take()
    assert message["Body"] == f"{at:%Y-%m-%dT%H:%M:%SZ}"
    assert at.timestamp() <= int(message["Attributes"]["SentTimestamp"]) / 1000 <= at.timestamp() + 1800


@pytest.mark.parametrize(
    ("policy", "attempts", "condition"),
    [
        ({"MaximumRetryAttempts": 0}, 1, "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 3}, 4, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60}, 6, "MaximumEventAgeInSeconds"),
    ],
)
def test_a_run_that_fails_is_tried_again_and_then_a_dead_letter(
    cloud: CloudUnderTest, policy: dict[str, int], attempts: int, condition: str
) -> None:
    dead, start = Queue(cloud, "dead"), now(cloud)
    at = (start + timedelta(hours=1)).replace(microsecond=0)
    gone = dead.arn.replace(":dead", ":gone")
    target = {"Arn": gone, "RoleArn": role(cloud), "Input": "hello", "RetryPolicy": policy, "DeadLetterConfig": {"Arn": dead.arn}}
    arn = schedule(cloud, f"at({at:%Y-%m-%dT%H:%M:%S})", target)
    cloud.advance(2 * 3600)
    [message] = dead.take()
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes.pop("ERROR_MESSAGE") and len(attributes.pop("EXECUTION_ID")) == 16
    assert attributes == {
        "ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue", "EXHAUSTED_RETRY_CONDITION": condition,
        "IS_PAYLOAD_TRUNCATED": "false", "RETRY_ATTEMPTS": str(attempts - 1), "SCHEDULED_TIME": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "SCHEDULE_ARN": arn, "TARGET_ARN": gone,
    }  # fmt: skip
    assert json.loads(message["Body"])["MessageBody"] == "hello"


def test_a_target_that_comes_back_gets_its_event(cloud: CloudUnderTest) -> None:
    at = (now(cloud) + timedelta(minutes=1)).replace(microsecond=0)
    arn = f"arn:aws:sqs:{cloud.region}:123456789012:late"
    schedule(cloud, f"at({at:%Y-%m-%dT%H:%M:%S})", {"Arn": arn, "RoleArn": role(cloud), "Input": "<aws.scheduler.attempt-number>"})
    cloud.advance(600)
    late = Queue(cloud, "late")
    cloud.advance(600)
    [message] = late.take()
    assert int(message["Body"]) > 5


def test_parameters_that_an_operation_does_not_have(cloud: CloudUnderTest) -> None:
    dead, events = Queue(cloud, "dead"), "arn:aws:scheduler:::aws-sdk:eventbridge:putEvents"
    target = {
        "Arn": events, "RoleArn": role(cloud), "Input": '{"Nothing": 1}', "RetryPolicy": {"MaximumRetryAttempts": 0},
        "DeadLetterConfig": {"Arn": dead.arn},
    }  # fmt: skip
    schedule(cloud, f"at({now(cloud) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%S})", target)
    cloud.advance(120)
    [letter] = dead.take()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "ValidationException"
    assert letter["Body"] == '{"Nothing": 1}'


def test_a_role_that_may_not_gets_nowhere(cloud: CloudUnderTest) -> None:
    queue, dead = Queue(cloud, "q", public=False), Queue(cloud, "dead")
    only_dead = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": dead.arn}]}
    target = {
        "Arn": queue.arn, "RoleArn": role(cloud, policy=only_dead), "Input": "x", "RetryPolicy": {"MaximumRetryAttempts": 0},
        "DeadLetterConfig": {"Arn": dead.arn},
    }  # fmt: skip
    schedule(cloud, f"at({now(cloud) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%S})", target)
    cloud.advance(120)
    assert queue.take() == []
    [message] = dead.take()
    assert "AccessDenied" in message["MessageAttributes"]["ERROR_CODE"]["StringValue"]
    assert "sqs:sendmessage" in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"ScheduleExpression": "cron(0 10 * * * *)"}, "Invalid Schedule Expression cron(0 10 * * * *)."),
    ({"ScheduleExpression": "rate(0 minutes)"}, "Invalid Schedule Expression rate(0 minutes)."),
    ({"ScheduleExpression": "at(2026-02-30T00:00:00)"}, "Invalid Schedule Expression at(2026-02-30T00:00:00)."),
    ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "The ScheduleExpressionTimezone you specify is not valid."),
    ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes must be"),
    ({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}}, "MaximumWindowInMinutes must not"),
    ({"StartDate": datetime(2020, 1, 1)}, "The StartDate you specify cannot be earlier than 5 minutes ago."),
    ({"EndDate": datetime(2020, 1, 1)}, "The EndDate"),
    ({"StartDate": datetime(2040, 1, 2), "EndDate": datetime(2040, 1, 1)}, "The StartDate"),
    ({"Name": "white space"}, "1 validation error detected: Value 'white space' at 'name' failed to satisfy constraint"),
    ({"State": "ASLEEP"}, "1 validation error detected: Value 'ASLEEP' at 'state' failed to satisfy constraint"),
    ({"Target": {"Input": "not json"}}, "The Input you specify is not well-formed JSON."),
    ({"Target": {"Arn": "arn:aws:nothing:us-east-1:123456789012:cluster/c"}}, "Provided Arn is not in correct format."),
    ({"Target": {"Arn": "queue"}}, "Provided Arn is not in correct format."),
    ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:s3:getObject"}}, "The API action getObject of s3 is not supported"),
    ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:nothing:putThing"}}, "Provided Arn is not in correct format."),
    ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:putThing"}}, "Provided Arn is not in correct format."),
    ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": "[]"}}, "the input of a universal target is"),
    ({"Target": {"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/default"}}, "EventBridgeParameters must be"),
    ({"Target": {"Arn": "arn:aws:kinesis:us-east-1:123456789012:stream/k"}}, "KinesisParameters must be"),
    ({"Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q.fifo"}}, "SqsParameters must be"),
    ({"Target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}}, "1 validation error detected: Value '186'"),
    ({"Target": {"RoleArn": "arn:aws:iam::123456789012:role/lambda-test-role"}}, "The execution role you provide must allow"),
    ({"Target": {"RoleArn": "arn:aws:iam::123456789012:role/none"}}, "The execution role you provide must allow"),
]


def test_what_is_refused(cloud: CloudUnderTest) -> None:
    from botocore.config import Config

    client = cloud.client("scheduler", config=Config(parameter_validation=False))
    cloud.role()
    good = {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "RoleArn": role(cloud), "Input": "{}"}
    for change, message in WRONG:
        given: dict[str, Any] = {"Name": "s", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF}
        given |= change | {"Target": good | change.get("Target", {})}
        code, status, said = refusal(client.create_schedule, **given)
        assert (code, status) == ("ValidationException", 400) and said.startswith(message), (change, said)
    assert client.list_schedules()["Schedules"] == []


def test_groups(cloud: CloudUnderTest) -> None:
    client, arn = cloud.client("scheduler"), role(cloud)
    client.create_schedule_group(Name="g", Tags=[{"Key": "team", "Value": "a"}])
    assert refusal(client.create_schedule_group, Name="g")[:2] == ("ConflictException", 409)
    assert refusal(client.delete_schedule_group, Name="none")[:2] == ("ResourceNotFoundException", 404)
    assert refusal(client.delete_schedule_group, Name="default")[:2] == ("ValidationException", 400)
    target = {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": arn}
    given: dict[str, Any] = {"Name": "s", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF, "Target": target}
    assert refusal(client.create_schedule, GroupName="none", **given)[:2] == ("ResourceNotFoundException", 404)
    client.create_schedule(GroupName="g", **given)
    assert refusal(client.create_schedule, GroupName="g", **given)[0] == "ConflictException"
    assert [found["Name"] for found in client.list_schedules(GroupName="g")["Schedules"]] == ["s"]
    assert client.get_schedule(Name="s", GroupName="g")["Target"]["RetryPolicy"]["MaximumRetryAttempts"] == 185
    assert refusal(client.update_schedule, **given)[0] == "ResourceNotFoundException"


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
EXPRESSIONS = ["rate(7 hours)", "rate(1 day)", "cron(30 */5 * * ? *)", "cron(0 0 ? * MON-FRI *)", "cron(15 2 L * ? *)", "cron(45 23 1W * ? *)"]


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(EXPRESSIONS), st.sampled_from(ZONES)), min_size=1, max_size=8), st.integers(1, 5))
def test_each_schedule_runs_as_often_as_it_should_and_in_order(
    cloud: CloudUnderTest, chosen: list[tuple[str, str]], days: int
) -> None:
    cloud.reset()
    queue, arn, start = Queue(cloud, "q"), role(cloud), now(cloud).replace(microsecond=0) + timedelta(hours=1)
    cloud.client("sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"MessageRetentionPeriod": "1209600"})
    expected: list[tuple[datetime, int]] = []
    for number, (expression, zone) in enumerate(chosen):
        text = json.dumps({"of": number, "at": "<aws.scheduler.scheduled-time>"})
        target = {"Arn": queue.arn, "RoleArn": arn, "Input": text}
        schedule(cloud, expression, target, f"s{number}", ScheduleExpressionTimezone=zone, StartDate=start)
        due = next_runs(expression, 60, zone, start)
        if expression.startswith("rate"):
            due.insert(0, start)
        expected += [(moment, number) for moment in due if moment <= start + timedelta(days=days)]
    cloud.advance((start + timedelta(days=days) - now(cloud)).total_seconds() + 1)
    got = [json.loads(message["Body"]) for message in queue.take()]
    assert [found["at"] for found in got] == sorted(found["at"] for found in got)
    wanted = sorted((moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), number) for moment, number in expected)
    assert sorted((found["at"], found["of"]) for found in got) == wanted
