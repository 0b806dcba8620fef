"""Executions of Step Functions from outside: their names, ends, lists, versions and logs, many of them, and none."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.cloud.sources.machines import TRUST, Machines, output, refused, threads_of
from tests.cloud.sources.support import Queue, service_role
from tests.support import CloudUnderTest


@pytest.fixture
def machines(cloud: CloudUnderTest) -> Machines:
    return Machines(cloud)


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
    queue = Queue(cloud, "heard")
    events = cloud.client("events")
    events.put_rule(Name="status", EventPattern=json.dumps({"source": ["aws.states"]}))
    events.put_targets(Rule="status", Targets=[{"Id": "1", "Arn": queue.arn}])
    machine = machines.one({"Type": "Pass"})
    events.put_rule(Name="mine", EventPattern=json.dumps({"source": ["mine"]}))
    role = service_role(cloud, "starter", ["events.amazonaws.com"], "states:StartExecution")
    events.put_targets(Rule="mine", Targets=[{"Id": "1", "Arn": machine, "RoleArn": role, "InputPath": "$.detail"}])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": '{"a": 1}'}])
    cloud.advance(1)
    [execution] = machines.client.list_executions(stateMachineArn=machine)["executions"]
    heard = {event["detail"]["status"]: event for event in queue.bodies()}
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


def test_a_function_waits_for_an_express_workflow(cloud: CloudUnderTest, machines: Machines) -> None:
    """Its SDK puts no `sync-` before this cloud's host."""
    machine = machines.one({"Type": "Pass", "Result": {"a": 1}}, type="EXPRESS")
    trust = TRUST.replace("states.", "lambda.")
    iam = cloud.client("iam")
    role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "states:StartSyncExecution", "Resource": machine}]}
    iam.put_role_policy(RoleName="caller", PolicyName="may", PolicyDocument=json.dumps(policy))
    name = cloud.function(
        "import boto3\ndef lambda_handler(event, context): "
        "return boto3.client('stepfunctions').start_sync_execution(stateMachineArn=event, input='{}')['output']",
        Role=role, Timeout=30, MemorySize=1024,
    )  # fmt: skip
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(machine))
    assert json.load(answer["Payload"]) == '{"a":1}'


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_metrics(cloud: CloudUnderTest, machines: Machines, kind: str) -> None:
    fails = machines.one({"Type": "Fail", "Error": "Mine"}, type=kind)
    waits = machines.one({"Type": "Wait", "Seconds": 120}, type=kind)
    for _ in range(2):
        machines.start(fails)
    machines.start(waits)
    cloud.advance(180)
    for machine, counted in (
        (fails, {"ExecutionsStarted": 2, "ExecutionsFailed": 2, "ExecutionsSucceeded": None}),
        (waits, {"ExecutionsStarted": 1, "ExecutionsFailed": None, "ExecutionsSucceeded": 1}),
    ):
        assert {metric: _sum_of(cloud, metric, machine) for metric in counted} == counted
    assert (_sum_of(cloud, "ExecutionTime", waits) or 0) >= 120_000


def _sum_of(cloud: CloudUnderTest, metric: str, machine: str) -> float | None:
    now = datetime.now(timezone.utc)
    (point,) = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/States", MetricName=metric, Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
        StartTime=now - timedelta(hours=1), EndTime=now + timedelta(hours=1), Period=3600 * 24, Statistics=["Sum"],
    )["Datapoints"] or [{"Sum": None}]  # fmt: skip
    return point["Sum"]
