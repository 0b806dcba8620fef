"""Step Functions from outside: what runs, when, as whom, and what is told of it."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.sources.machines import Machines, output, threads_of
from tests.support import CloudUnderTest

ECHO = "def lambda_handler(event, context):\n    return {'got': event}"


def refused(call: Any, **given: Any) -> tuple[str, str]:
    """The code and the message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


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
    name = cloud.function("import time\ndef lambda_handler(event, context): time.sleep(4)", Timeout=10)
    told = machines.run_one({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name}, "TimeoutSeconds": 1,
    })  # fmt: skip
    assert (told["status"], told["error"]) == ("FAILED", "States.Timeout")
    assert machines.events(told["executionArn"])[-2:] == ["TaskTimedOut", "ExecutionFailed"]


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


# --- executions -------------------------------------------------------------------------


def test_the_same_name_and_input_is_the_same_execution(machines: Machines) -> None:
    machine = machines.one({"Type": "Wait", "Seconds": 3600})
    arn = machines.start(machine, {"a": 1}, name="once")
    assert machines.start(machine, {"a": 1}, name="once") == arn
    call = machines.client.start_execution
    code, message = refused(call, stateMachineArn=machine, name="once", input='{"a": 2}')
    assert (code, message) == ("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
    machines.client.stop_execution(executionArn=arn)
    assert refused(call, stateMachineArn=machine, name="once", input='{"a": 1}')[0] == "ExecutionAlreadyExists"
    assert refused(call, stateMachineArn=machine, name="no:name")[0] == "InvalidName"
    assert refused(call, stateMachineArn=machine, input="{")[0] == "InvalidExecutionInput"
    assert refused(call, stateMachineArn=machine + "x")[0] == "StateMachineDoesNotExist"
    assert refused(call, stateMachineArn="nonsense")[0] == "InvalidArn"


def test_a_stopped_execution_is_over_at_once_and_does_nothing_more(cloud: CloudUnderTest, machines: Machines) -> None:
    name = cloud.function("import time\ndef lambda_handler(event, context): time.sleep(2)")
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name}, "Next": "W"}
    machine = machines.make({"StartAt": "It", "States": {"It": task, "W": {"Type": "Wait", "Seconds": 60, "End": True}}})
    execution = machines.start(machine)
    stopped = machines.client.stop_execution(executionArn=execution, error="Mine", cause="enough")["stopDate"]
    told = machines.client.describe_execution(executionArn=execution)
    assert (told["status"], told["error"], told["cause"], told["stopDate"]) == ("ABORTED", "Mine", "enough", stopped)
    assert machines.events(execution)[-1] == "ExecutionAborted"
    events = machines.events(execution)
    cloud.advance(3600)
    assert machines.events(execution) == events


def test_lists_and_pages(machines: Machines) -> None:
    machine = machines.one({"Type": "Pass"})
    arns = [machines.start(machine) for _ in range(5)]
    for arn in arns:
        machines.ended(arn)
    client = machines.client
    pages = list(client.get_paginator("list_executions").paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 2}))
    assert [one["executionArn"] for page in pages for one in page["executions"]] == arns[::-1] and len(pages) == 3
    assert client.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"] == []
    one = client.list_executions(stateMachineArn=machine, maxResults=1)["executions"][0]
    assert {"executionArn", "name", "startDate", "stateMachineArn", "status", "stopDate"} <= set(one)
    last = client.get_execution_history(executionArn=arns[0], reverseOrder=True, maxResults=1)["events"]
    assert [event["type"] for event in last] == ["ExecutionSucceeded"]
    assert refused(client.describe_execution, executionArn=arns[0] + "x")[0] == "ExecutionDoesNotExist"
    assert refused(client.list_executions, stateMachineArn=machine, statusFilter="x")[0] == "ValidationException"


def test_express(cloud: CloudUnderTest, machines: Machines) -> None:
    machine = machines.one({"Type": "Pass", "Result": {"a": 1}}, type="EXPRESS")
    answer = machines.client.start_sync_execution(stateMachineArn=machine, name="one", input='{"x": 1}')
    assert (answer["status"], answer["output"], answer["name"]) == ("SUCCEEDED", '{"a":1}', "one")
    assert answer["billingDetails"] == {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100}
    assert ":express:machine-1:one:" in answer["executionArn"]
    failed = machines.one({"Type": "Fail", "Error": "Mine", "Cause": "why"}, type="EXPRESS")
    answer = machines.client.start_sync_execution(stateMachineArn=failed)
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "Mine", "why") and "output" not in answer
    slow = machines.one({"Type": "Wait", "Seconds": 3600}, type="EXPRESS")
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(machines.client.start_sync_execution, stateMachineArn=slow)
        while not waits.done():
            cloud.advance(301)
        assert waits.result()["status"] == "TIMED_OUT"
    arn = machines.start(machine)
    assert refused(machines.client.describe_execution, executionArn=arn)[0] == "InvalidArn"
    standard = machines.one({"Type": "Pass"})
    assert refused(machines.client.start_sync_execution, stateMachineArn=standard)[0] == "StateMachineTypeNotSupported"
    assert refused(machines.client.list_executions, stateMachineArn=machine)[0] == "StateMachineTypeNotSupported"


def test_versions_and_aliases(machines: Machines) -> None:
    client = machines.client
    made = client.create_state_machine(
        name="v", roleArn=machines.role, publish=True, versionDescription="first",
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 1, "End": True}}}),
    )  # fmt: skip
    machine, first = made["stateMachineArn"], made["stateMachineVersionArn"]
    assert client.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"] == first
    second_definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 2, "End": True}}})
    second = client.update_state_machine(stateMachineArn=machine, definition=second_definition, publish=True)["stateMachineVersionArn"]
    alias = client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": first, "weight": 100}]
    )["stateMachineAliasArn"]
    assert [output(machines.ended(machines.start(arn))) for arn in (machine, first, second, alias)] == [2, 1, 2, 1]
    [run] = client.list_executions(stateMachineArn=alias)["executions"]
    assert (run["stateMachineAliasArn"], run["stateMachineVersionArn"]) == (alias, first)
    listed = client.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]
    assert [one["stateMachineVersionArn"] for one in listed] == [second, first]
    assert refused(client.delete_state_machine_version, stateMachineVersionArn=first)[0] == "ConflictException"
    client.delete_state_machine_version(stateMachineVersionArn=second)
    assert len(client.list_state_machine_versions(stateMachineArn=machine)["stateMachineVersions"]) == 1


# --- many, and none ---------------------------------------------------------------------


def test_many_executions_do_not_delay_one_another_and_leave_no_threads(cloud: CloudUnderTest, machines: Machines) -> None:
    threads = threads_of(cloud)
    waits = machines.one({"Type": "Wait", "Seconds": 3600})
    held = [machines.start(waits) for _ in range(200)]
    quick = machines.one({"Type": "Pass"})
    assert machines.ended(machines.start(quick))["status"] == "SUCCEEDED"
    cloud.advance(3600)
    assert {machines.status(execution) for execution in held} == {"SUCCEEDED"}
    assert threads_of(cloud) <= threads + 5


def test_an_emptied_cloud_has_nothing_of_what_ran(cloud: CloudUnderTest, machines: Machines) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="after")["QueueUrl"]
    threads = threads_of(cloud)
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": queue, "MessageBody": "x"}}
    machine = machines.make({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "S"}, "S": {**send, "End": True}}})
    branches = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    parallel = machines.one({"Type": "Parallel", "Branches": [branches] * 3})
    executions = [machines.start(one) for one in (machine, parallel) * 10]
    cloud.reset()
    again = Machines(cloud)
    assert again.client.list_state_machines()["stateMachines"] == []
    assert refused(again.client.describe_execution, executionArn=executions[0])[0] == "ExecutionDoesNotExist"
    queue = cloud.client("sqs").create_queue(QueueName="after")["QueueUrl"]
    cloud.advance(3600)
    assert "Messages" not in cloud.client("sqs").receive_message(QueueUrl=queue)
    assert threads_of(cloud) <= threads + 5


def test_express_workflows_write_to_cloudwatch_logs(cloud: CloudUnderTest, machines: Machines) -> None:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/states/mine")
    group = f"arn:aws:logs:{cloud.region}:123456789012:log-group:/states/mine:*"
    configuration = {
        "level": "ALL", "includeExecutionData": False, "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }  # fmt: skip
    machine = machines.one({"Type": "Pass"}, type="EXPRESS", loggingConfiguration=configuration)
    answer = machines.client.start_sync_execution(stateMachineArn=machine, input='{"n": 1}')
    cloud.advance(0)
    lines = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName="/states/mine")["events"]]
    assert [line["type"] for line in lines] == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    assert {line["execution_arn"] for line in lines} == {answer["executionArn"]} and "input" not in lines[1]["details"]
    create = machines.client.create_state_machine
    given = {"name": "x", "definition": json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})}
    other = Machines(cloud, allow="sqs:*", role="other").role
    assert refused(create, **given, roleArn=other, loggingConfiguration=configuration)[0] == "AccessDeniedException"
    empty = {"level": "ALL"}
    assert refused(create, **given, roleArn=machines.role, loggingConfiguration=empty)[0] == "InvalidLoggingConfiguration"


# --- EventBridge, and TestState -----------------------------------------------------------


def test_eventbridge_hears_of_executions_and_starts_them(cloud: CloudUnderTest, machines: Machines) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="heard")["QueueUrl"]
    events = cloud.client("events")
    events.put_rule(Name="status", EventPattern=json.dumps({"source": ["aws.states"]}))
    events.put_targets(Rule="status", Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{cloud.region}:123456789012:heard"}])
    machine = machines.one({"Type": "Pass"})
    events.put_rule(Name="mine", EventPattern=json.dumps({"source": ["mine"]}))
    events.put_targets(Rule="mine", Targets=[{"Id": "1", "Arn": machine, "RoleArn": machines.role, "InputPath": "$.detail"}])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": '{"a": 1}'}])
    cloud.advance(1)
    [execution] = machines.client.list_executions(stateMachineArn=machine)["executions"]
    heard = {}
    while messages := cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            event = json.loads(message["Body"])
            heard[event["detail"]["status"]] = event
    assert set(heard) == {"RUNNING", "SUCCEEDED"}
    event = heard["SUCCEEDED"]
    assert event["detail-type"] == "Step Functions Execution Status Change" and event["resources"] == [execution["executionArn"]]
    assert json.loads(event["detail"]["output"]) == {"a": 1}
    assert set(event["detail"]) >= {"executionArn", "stateMachineArn", "name", "startDate", "stopDate", "input", "error", "cause"}


def test_a_state_tried_by_itself(cloud: CloudUnderTest, machines: Machines) -> None:
    name = cloud.function("def lambda_handler(event, context): return {'got': event['n'] / event['by']}")
    task = {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name, "Payload.$": "$"},
        "OutputPath": "$.Payload", "Next": "Then",
    }  # fmt: skip

    def tried(state: dict[str, Any], given: Any, **more: Any) -> dict[str, Any]:
        answer = machines.client.test_state(definition=json.dumps(state), roleArn=machines.role, input=json.dumps(given), **more)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    assert tried(task, {"n": 6, "by": 2}) == {"status": "SUCCEEDED", "output": '{"got":3.0}', "nextState": "Then"}
    failed = tried(task, {"n": 6, "by": 0})
    assert (failed["status"], failed["error"]) == ("FAILED", "ZeroDivisionError")
    assert tried({**task, "Retry": [{"ErrorEquals": ["States.ALL"]}]}, {"n": 1, "by": 0})["status"] == "RETRIABLE"
    caught = tried({**task, "Catch": [{"ErrorEquals": ["ZeroDivisionError"], "Next": "Oh"}]}, {"n": 1, "by": 0})
    assert (caught["status"], caught["nextState"]) == ("CAUGHT_ERROR", "Oh")
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "One"}], "Default": "Other"}
    assert [tried(choice, {"n": n})["nextState"] for n in (1, 2)] == ["One", "Other"]
    looked = tried({"Type": "Pass", "InputPath": "$.a", "Parameters": {"b.$": "$.c"}, "End": True}, {"a": {"c": 1}}, inspectionLevel="DEBUG")
    assert looked["output"] == '{"b":1}' and json.loads(looked["inspectionData"]["input"]) == {"a": {"c": 1}}
    assert refused(machines.client.test_state, definition='{"Type": "Map"}', roleArn=machines.role)[0] == "InvalidDefinition"
