"""Step Functions from outside: what runs, when, as whom, and what is told of it."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from tests.cloud.sources.machines import Machines, output, refused
from tests.support import CloudUnderTest

ECHO = "def lambda_handler(event, context):\n    return {'got': event}"


@pytest.fixture
def machines(cloud: CloudUnderTest) -> Machines:
    return Machines(cloud)


# --- functions ------------------------------------------------------------------------


def test_a_function_by_its_arn_and_by_lambda_invoke_with_the_events_of_both(cloud: CloudUnderTest, machines: Machines) -> None:
    name = cloud.function(ECHO)
    arn = f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}"
    execution = machines.start(machines.make({"StartAt": "Arn", "States": {
        "Arn": {"Type": "Task", "Resource": arn, "Next": "Invoke"},
        "Invoke": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": f"{arn}:$LATEST", "Payload.$": "$"}, "End": True,
        },
    }}), {"n": 1})  # fmt: skip
    answer = output(machines.ended(execution))
    assert answer["Payload"] == {"got": {"got": {"n": 1}}}
    assert {"ExecutedVersion", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode"} == set(answer)
    assert machines.events(execution) == [
        "ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded",
        "TaskStateExited", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
        "ExecutionSucceeded",
    ]  # fmt: skip
    ids = [(event["id"], event["previousEventId"]) for event in machines.history(execution)]
    assert ids == [(1, 0), (2, 0), *[(number, number - 1) for number in range(3, 13)]]


def test_the_role_is_asked(cloud: CloudUnderTest) -> None:
    machines, name = Machines(cloud, allow="sqs:*"), cloud.function(ECHO)
    told = machines.run_one({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name}})
    assert (told["status"], told["error"]) == ("FAILED", "Lambda.AWSLambdaException")
    assert ":assumed-role/machines/" in told["cause"] and "is not authorized to perform: lambda:InvokeFunction" in told["cause"]
    assert "Status Code: 403; Error Code: AccessDeniedException" in told["cause"]


def test_a_role_that_step_functions_may_not_assume_is_refused(cloud: CloudUnderTest, machines: Machines) -> None:
    code, message = refused(
        machines.client.create_state_machine, name="x", roleArn=cloud.role(),
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
    )  # fmt: skip
    assert code == "AccessDeniedException" and message.startswith("Neither the global service principal states.amazonaws.com, nor")


def test_what_an_invocation_may_be_asked(cloud: CloudUnderTest, machines: Machines) -> None:
    name = cloud.function(ECHO)
    version = cloud.client("lambda").publish_version(FunctionName=name)["Version"]

    def asked(**parameters: Any) -> dict[str, Any]:
        parameters = {"FunctionName": name, "Payload": {"n": 1}, **parameters}
        answer = machines.run_one({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters})
        return dict(output(answer))

    assert (asked(Qualifier=version)["ExecutedVersion"], asked(FunctionName=f"{name}:{version}")["ExecutedVersion"]) == (version, version)
    event = asked(InvocationType="Event")
    assert (event["StatusCode"], event["Payload"]) == (202, "")
    assert b"REPORT RequestId" in base64.b64decode(asked(LogType="Tail")["LogResult"])
    assert asked(Payload="text")["Payload"] == {"got": "text"}
    top = {"QueryLanguage": "JSONata"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Output": "{% $states.result.Payload.got.n + 1 %}"}
    arguments = {"FunctionName": name, "Payload": {"n": "{% $states.input.n %}"}}
    assert output(machines.run_one({**task, "Arguments": arguments}, {"n": 4}, top=top)) == 5


def test_nothing_waits_for_a_task(cloud: CloudUnderTest, machines: Machines) -> None:
    """The function ends only when another request has been answered, and another execution has run."""
    queue = cloud.client("sqs").create_queue(QueueName="go")["QueueUrl"]
    name = cloud.function(
        "import boto3\ndef lambda_handler(event, context):\n    sqs = boto3.client('sqs')\n"
        "    while 'Messages' not in sqs.receive_message(QueueUrl=event['queue'], WaitTimeSeconds=20): pass\n    return 'went'",
        Timeout=60,
    )  # fmt: skip
    parameters = {"FunctionName": name, "Payload.$": "$"}
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "OutputPath": "$.Payload"}
    slow = machines.start(machines.one(invoke), {"queue": queue})
    quick = machines.start(machines.one({"Type": "Pass"}))
    while machines.status(quick) == "RUNNING":
        assert machines.status(slow) == "RUNNING"
    cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="go")
    assert output(machines.ended(slow)) == "went"


def test_a_task_that_takes_too_long_is_left_alone(cloud: CloudUnderTest, machines: Machines) -> None:
    name = cloud.function("import time\ndef lambda_handler(event, context): time.sleep(3)", Timeout=10)
    task = {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name}, "TimeoutSeconds": 1,
        "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "W"}], "Next": "W",
    }  # fmt: skip
    machine = machines.make({"StartAt": "T", "States": {"T": task, "W": {"Type": "Wait", "Seconds": 3600, "End": True}}})
    execution = machines.start(machine)
    cloud.advance(3700)
    told = machines.events(execution)
    assert told[4:] == ["TaskTimedOut", "TaskStateExited", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"]
    assert "REPORT" in "".join(event["message"] for event in cloud.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{name}")["events"])  # fmt: skip


# --- time -----------------------------------------------------------------------------


def test_a_wait_of_an_hour_passes_on_the_clouds_clock(cloud: CloudUnderTest, machines: Machines) -> None:
    execution = machines.start(machines.one({"Type": "Wait", "Seconds": 3600}))
    cloud.advance(3590)
    assert machines.status(execution) == "RUNNING"
    cloud.advance(10)
    told = machines.client.describe_execution(executionArn=execution)
    assert told["status"] == "SUCCEEDED"
    assert timedelta(seconds=3600) <= told["stopDate"] - told["startDate"] < timedelta(seconds=3605)


@pytest.mark.parametrize("state", [
    {"Type": "Wait", "SecondsPath": "$.seconds"},
    {"Type": "Wait", "TimestampPath": "$.at"},
    {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 60,
     "Parameters": {"QueueUrl.$": "$.queue", "MessageBody.$": "$$.Task.Token"}, "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}]},
    {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 60, "TimeoutSeconds": 999,
     "Parameters": {"QueueUrl.$": "$.queue", "MessageBody.$": "$$.Task.Token"},
     "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Late"}]},
    {"Type": "Fail", "Retry": []},
])  # fmt: skip
def test_what_is_due_in_a_minute(cloud: CloudUnderTest, machines: Machines, state: dict[str, Any]) -> None:
    if state["Type"] == "Fail":
        state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl", "Parameters": {"QueueName": "none"},
                 "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "MaxAttempts": 1}],
                 "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Late"}]}  # fmt: skip
    queue = cloud.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    now = cloud.lab("GET", "/_lab/clock").body["now"]
    at = f"{datetime.fromtimestamp(now + 60, UTC):%Y-%m-%dT%H:%M:%SZ}"
    machine = machines.make({"StartAt": "It", "States": {"It": {**state, "Next": "Late"}, "Late": {"Type": "Succeed"}}})
    execution = machines.start(machine, {"seconds": 60, "at": at, "queue": queue})
    cloud.advance(50)
    assert machines.status(execution) == "RUNNING"
    cloud.advance(15)
    assert machines.status(execution) == "SUCCEEDED"


# --- other services ---------------------------------------------------------------------


def test_what_other_services_answer(cloud: CloudUnderTest, machines: Machines) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    topic = cloud.client("sns").create_topic(Name="t")["TopicArn"]
    cloud.client("dynamodb").create_table(
        TableName="table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    cloud.client("s3").create_bucket(Bucket="bucket")
    cloud.client("s3").put_object(Bucket="bucket", Key="key", Body=b"text")
    tasks: dict[str, tuple[dict[str, Any], set[str]]] = {
        "sqs:sendMessage": ({"QueueUrl": queue, "MessageBody": {"any": "JSON"}}, {"MD5OfMessageBody", "MessageId"}),
        "sns:publish": ({"TopicArn": topic, "Message": {"any": "JSON"}}, {"MessageId"}),
        "dynamodb:putItem": ({"TableName": "table", "Item": {"id": {"S": "1"}}}, set()),
        "dynamodb:getItem": ({"TableName": "table", "Key": {"id": {"S": "1"}}}, {"Item"}),
        "events:putEvents": ({"Entries": [{"Source": "me", "DetailType": "d", "Detail": {"a": 1}}]}, {"Entries", "FailedEntryCount"}),
        "aws-sdk:s3:getObject": ({"Bucket": "bucket", "Key": "key"}, {"Body", "ContentLength", "ETag"}),
        "aws-sdk:sqs:getQueueUrl": ({"QueueName": "q"}, {"QueueUrl"}),
        "aws-sdk:sfn:listStateMachines": ({}, {"StateMachines"}),
    }
    for resource, (parameters, members) in tasks.items():
        state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}
        assert members <= set(output(machines.run_one(state))), resource
    [message] = cloud.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"any": "JSON"}


def test_an_execution_starts_another_and_waits_for_it(cloud: CloudUnderTest, machines: Machines) -> None:
    child = machines.one({"Type": "Wait", "Seconds": 3600})
    fails = machines.one({"Type": "Fail", "Error": "Mine"})

    def parent(pattern: str, machine: str) -> str:
        parameters = {"StateMachineArn": machine, "Input": {"n": 1}}
        return machines.one({"Type": "Task", "Resource": f"arn:aws:states:::states:startExecution{pattern}", "Parameters": parameters})

    assert set(output(machines.ended(machines.start(parent("", child))))) >= {"ExecutionArn", "StartDate"}
    waiting = {pattern: machines.start(parent(pattern, child)) for pattern in (".sync", ".sync:2")}
    failing = machines.start(parent(".sync:2", fails))
    cloud.advance(3500)
    assert [machines.status(execution) for execution in waiting.values()] == ["RUNNING", "RUNNING"]
    assert machines.status(failing) == "FAILED"
    told = machines.client.describe_execution(executionArn=failing)
    assert told["error"] == "States.TaskFailed" and json.loads(told["cause"])["Error"] == "Mine"
    cloud.advance(101)
    answers = {pattern: output(machines.ended(execution)) for pattern, execution in waiting.items()}
    assert answers[".sync"]["Output"] == '{"n":1}' and answers[".sync:2"]["Output"] == {"n": 1}
    assert answers[".sync"]["Status"] == "SUCCEEDED"
    stopped = machines.start(parent(".sync", child))
    cloud.advance(0)
    [of_child] = machines.client.list_executions(stateMachineArn=child, statusFilter="RUNNING")["executions"]
    machines.client.stop_execution(executionArn=stopped)
    cloud.advance(0)
    assert machines.status(of_child["executionArn"]) == "ABORTED"


# --- callbacks and activities -----------------------------------------------------------


def token_of(cloud: CloudUnderTest, queue: str) -> str:
    [message] = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    return str(message["Body"])


def test_task_tokens(cloud: CloudUnderTest, machines: Machines) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    machine = machines.one({
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 60, "TimeoutSeconds": 600,
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"},
    })  # fmt: skip
    tell = machines.client
    good, bad, beats = (machines.start(machine) for _ in range(3))
    tokens = [token_of(cloud, queue) for _ in range(3)]
    told = {}
    for execution in (good, bad, beats):
        [scheduled] = [event for event in machines.history(execution) if event["type"] == "TaskScheduled"]
        told[execution] = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])["MessageBody"]
    assert sorted(told.values()) == sorted(tokens)
    tell.send_task_success(taskToken=told[good], output='{"a": 1}')
    tell.send_task_failure(taskToken=told[bad], error="Mine", cause="because")
    assert output(machines.ended(good)) == {"a": 1}
    failed = machines.ended(bad)
    assert (failed["error"], failed["cause"]) == ("Mine", "because")
    for _ in range(3):
        cloud.advance(50)
        tell.send_task_heartbeat(taskToken=told[beats])
    cloud.advance(0)
    assert machines.status(beats) == "RUNNING"
    cloud.advance(61)
    assert machines.status(beats) == "FAILED" and machines.events(beats)[-2:] == ["TaskTimedOut", "ExecutionFailed"]
    assert refused(tell.send_task_success, taskToken=told[good], output="1")[0] == "TaskTimedOut"
    assert refused(tell.send_task_heartbeat, taskToken="nonsense")[0] == "InvalidToken"
    assert refused(tell.send_task_success, taskToken=told[beats], output="{")[0] == "InvalidOutput"


def test_a_function_tells_the_success_of_its_own_task(cloud: CloudUnderTest, machines: Machines) -> None:
    cloud.role()
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "states:SendTaskSuccess", "Resource": "*"}]}
    cloud.client("iam").put_role_policy(RoleName="lambda-test-role", PolicyName="tell", PolicyDocument=json.dumps(policy))
    name = cloud.function(
        "import boto3\ndef lambda_handler(event, context):\n"
        "    boto3.client('stepfunctions').send_task_success(taskToken=event['token'], output='\"done\"')\n    return 'ignored'"
    )
    told = machines.run_one({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "HeartbeatSeconds": 60, "TimeoutSeconds": 600,
        "Parameters": {"FunctionName": name, "Payload": {"token.$": "$$.Task.Token"}},
    })  # fmt: skip
    assert output(told) == "done"


def test_a_worker_that_went_away_gets_no_task(cloud: CloudUnderTest, machines: Machines) -> None:
    tell = machines.client
    activity = tell.create_activity(name="work")["activityArn"]
    impatient = cloud.client("stepfunctions", config=Config(read_timeout=1, retries={"total_max_attempts": 1}))
    with pytest.raises(ReadTimeoutError):
        impatient.get_activity_task(activityArn=activity)
    execution = machines.start(machines.one({"Type": "Task", "Resource": activity}))
    task = tell.get_activity_task(activityArn=activity)
    tell.send_task_success(taskToken=task["taskToken"], output='"done"')
    assert output(machines.ended(execution)) == "done"


def test_an_activity(cloud: CloudUnderTest, machines: Machines) -> None:
    tell = machines.client
    activity = tell.create_activity(name="work")["activityArn"]
    machine = machines.one({"Type": "Task", "Resource": activity, "TimeoutSeconds": 600, "HeartbeatSeconds": 60})
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(tell.get_activity_task, activityArn=activity, workerName="me")
        execution = machines.start(machine, {"n": 1})
        task = waits.result(30)
    assert json.loads(task["input"]) == {"n": 1}
    tell.send_task_success(taskToken=task["taskToken"], output='{"done": true}')
    assert output(machines.ended(execution)) == {"done": True}
    assert machines.events(execution)[2:5] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    late = machines.start(machine)
    cloud.advance(601)
    assert machines.status(late) == "FAILED" and "ActivityTimedOut" in machines.events(late)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(tell.get_activity_task, activityArn=activity)
        while not waits.done():
            cloud.advance(61)  # the late one's task is nobody's any more
        assert "taskToken" not in waits.result()
