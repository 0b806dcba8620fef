"""Step Functions from outside: what runs, when, as whom, and what is told of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.sources.machines import Machines, output
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
