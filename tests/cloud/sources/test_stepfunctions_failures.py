"""Where a failed task ends: each way to fail, with Retry, with Catch, and with neither."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.sources.machines import Machines, output
from tests.support import CloudUnderTest

FAILING = """
import os, time, signal
def lambda_handler(event, context):
    print("run")
    if event["how"] == "raise":
        raise ValueError("no " + str(event.get("n")))
    if event["how"] == "sleep":
        time.sleep(30)
    if event["how"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return "fine"
"""

# how: (settings of the function, the error's name, what its cause says)
WAYS: dict[str, tuple[dict[str, Any], str, str]] = {
    "raise": ({}, "ValueError", '"errorMessage":"no 7"'),
    "sleep": ({"Timeout": 1}, "Sandbox.Timedout", "Task timed out after 1.00 seconds"),
    "die": ({}, "Runtime.ExitError", "signal: killed"),
    "throttle": ({}, "Lambda.TooManyRequestsException", "Status Code: 429; Error Code: TooManyRequestsException"),
    "missing": ({}, "Lambda.ResourceNotFoundException", "Function not found"),
}


@pytest.fixture
def machines(cloud: CloudUnderTest) -> Machines:
    return Machines(cloud)


@pytest.mark.parametrize("integration", [True, False], ids=["lambda:invoke", "by ARN"])
@pytest.mark.parametrize("how", WAYS)
def test_a_function_that_fails(cloud: CloudUnderTest, machines: Machines, how: str, integration: bool) -> None:
    settings, error, cause = WAYS[how]
    name = "none" if how == "missing" else cloud.function(FAILING, **settings)
    if how == "throttle":
        cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    arn = f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}"
    given = {"how": how, "n": 7}
    task: dict[str, Any] = {"Type": "Task", "Resource": arn}
    if integration:
        parameters = {"FunctionName": arn, "Payload.$": "$"}
        task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters}

    neither = machines.ended(machines.start(machines.one(task), given))
    assert (neither["status"], neither["error"]) == ("FAILED", error)
    assert cause in neither["cause"]
    if error in ("ValueError", "Sandbox.Timedout", "Runtime.ExitError"):
        assert json.loads(neither["cause"])["errorType"] == error
    kind = "TaskFailed" if integration else "LambdaFunctionFailed"
    assert machines.events(neither["executionArn"])[-2:] == [kind, "ExecutionFailed"]

    catch = [{"ErrorEquals": [error], "ResultPath": "$.error", "Next": "Caught"}]
    caught = machines.start(machines.make({"StartAt": "It", "States": {
        "It": {**task, "Catch": catch, "Next": "Caught"}, "Caught": {"Type": "Succeed"},
    }}), given)  # fmt: skip
    made = output(machines.ended(caught))
    assert made | {"error": None} == {**given, "error": None}
    assert made["error"]["Error"] == error and cause in made["error"]["Cause"]

    retry = [{"ErrorEquals": [error], "IntervalSeconds": 10, "BackoffRate": 3, "MaxAttempts": 2, "MaxDelaySeconds": 20}]
    retried = machines.start(machines.one({**task, "Retry": retry}), given)
    kind = "TaskScheduled" if integration else "LambdaFunctionScheduled"
    for seconds, attempts in ((0, 1), (9, 1), (2, 2), (17, 2), (4, 3)):  # after 10 s, and then after 20 s and not 30
        cloud.advance(seconds)
        assert machines.events(retried).count(kind) == attempts
    assert machines.status(retried) == "FAILED"


def test_what_a_retry_brings_about(cloud: CloudUnderTest, machines: Machines) -> None:
    name = cloud.function("""
RUNS = []
def lambda_handler(event, context):
    RUNS.append(1)
    if len(RUNS) < 3:
        raise KeyError("again")
    return len(RUNS)
""")
    task = {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": name},
        "Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 60, "JitterStrategy": "FULL"}], "OutputPath": "$.Payload",
    }  # fmt: skip
    execution = machines.start(machines.one(task))
    cloud.advance(180)
    assert output(machines.client.describe_execution(executionArn=execution)) == 3


CAUGHT = [
    (["States.ALL"], "raise", True), (["States.TaskFailed"], "raise", True), (["States.TaskFailed"], "late", False),
    (["States.Timeout"], "late", True), (["States.ALL"], "late", True), (["ValueError"], "raise", True), (["KeyError"], "raise", False),
    (["States.ALL"], "large", False), (["States.DataLimitExceeded"], "large", True), (["States.ALL"], "path", False),
]  # fmt: skip


@pytest.mark.parametrize(("names", "how", "caught"), CAUGHT, ids=lambda value: str(value))
def test_which_errors_a_catcher_matches(cloud: CloudUnderTest, machines: Machines, names: list[str], how: str, caught: bool) -> None:
    name = cloud.function(FAILING.replace('return "fine"', 'return "x" * 300000'))
    task: dict[str, Any] = {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name, "Payload.$": "$.missing" if how == "path" else "$"},
        "Catch": [{"ErrorEquals": names, "Next": "Caught"}], "Next": "Fine",
    }  # fmt: skip
    if how == "late":
        task |= {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 60}
    execution = machines.start(machines.make({"StartAt": "It", "States": {
        "It": task, "Caught": {"Type": "Pass", "Result": "caught", "End": True}, "Fine": {"Type": "Succeed"},
    }}), {"how": how})  # fmt: skip
    cloud.advance(61)
    told = machines.ended(execution)
    assert (told["status"], told.get("output")) == (("SUCCEEDED", '"caught"') if caught else ("FAILED", None)), told


def test_a_state_machine_that_takes_too_long(cloud: CloudUnderTest, machines: Machines) -> None:
    execution = machines.start(machines.one({"Type": "Wait", "Seconds": 100}, top={"TimeoutSeconds": 10}))
    cloud.advance(11)
    assert machines.status(execution) == "TIMED_OUT"
    assert machines.events(execution)[-1] == "ExecutionTimedOut"


def test_a_fail_state_and_a_callback_may_name_an_error_of_the_languages_own(cloud: CloudUnderTest, machines: Machines) -> None:
    told = machines.run_one({"Type": "Fail", "Error": "States.TaskFailed", "CausePath": "$.why"}, {"why": "because"})
    assert (told["error"], told["cause"]) == ("States.TaskFailed", "because")
    fails = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "States.Timeout"}}}
    told = machines.run_one({"Type": "Parallel", "Branches": [fails]})
    assert (told["status"], told["error"]) == ("FAILED", "States.Timeout")


def test_a_role_that_may_not_start_executions(cloud: CloudUnderTest) -> None:
    machines = Machines(cloud, allow="sqs:*")
    parameters = {"StateMachineArn": machines.one({"Type": "Pass"})}
    told = machines.run_one({"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": parameters})
    assert told["error"] == "StepFunctions.AWSStepFunctionsException" and "states:StartExecution" in told["cause"]


OTHERS: list[tuple[str, dict[str, Any], str, str]] = [
    ("sqs:sendMessage", {"QueueUrl": "http://127.0.0.1/123456789012/none", "MessageBody": "x"}, "SQS.", "exist"),
    ("sns:publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:none", "Message": "x"}, "SNS.", ""),
    ("dynamodb:getItem", {"TableName": "none", "Key": {"id": {"S": "1"}}}, "DynamoDB.ResourceNotFoundException", "Requested resource"),
    ("states:startExecution", {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:none"},
     "StepFunctions.StateMachineDoesNotExistException", "State Machine Does Not Exist"),
    ("aws-sdk:s3:getObject", {"Bucket": "none-such", "Key": "x"}, "S3.NoSuchBucketException", "(Service: S3, Status Code: 404"),
    ("aws-sdk:dynamodb:getItem", {"TableName": "none", "Key": {"id": {"S": "1"}}}, "DynamoDb.ResourceNotFoundException", ""),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "parameters", "error", "cause"), OTHERS, ids=lambda value: value if isinstance(value, str) else "")
def test_other_services_that_refuse(machines: Machines, resource: str, parameters: dict[str, Any], error: str, cause: str) -> None:
    told = machines.run_one({"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters})
    assert told["status"] == "FAILED" and told["error"].startswith(error), told
    assert cause in told["cause"]


def test_a_role_that_may_not_read_a_table(cloud: CloudUnderTest) -> None:
    """DynamoDB's model has no exception for it, so it is the service's own."""
    machines = Machines(cloud, allow="sqs:*")
    parameters = {"TableName": "t", "Key": {"id": {"S": "1"}}}
    told = machines.run_one({"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": parameters})
    assert told["error"] == "DynamoDB.AmazonDynamoDBException"
    assert "not authorized to perform: dynamodb:GetItem" in told["cause"] and "Error Code: AccessDeniedException" in told["cause"]
