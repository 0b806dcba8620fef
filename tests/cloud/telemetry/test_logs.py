"""Whose logs are written: the role decides."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.support import CloudUnderTest

SOURCE = "def lambda_handler(event, context): print('said')"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALL = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
OWN = "arn:aws:logs:*:123456789012:log-group:/aws/lambda/f:*"

# statements, whether the group is there already -> whether there is a log
ROLES: dict[str, tuple[list[dict[str, Any]], bool, bool]] = {
    "nothing": ([], False, False),
    "all": ([{"Effect": "Allow", "Action": ALL, "Resource": "*"}], False, True),
    "its own group": ([{"Effect": "Allow", "Action": ALL, "Resource": OWN}], False, True),
    "another group": ([{"Effect": "Allow", "Action": ALL, "Resource": OWN.replace("/f:", "/g:")}], False, False),
    "no new group": ([{"Effect": "Allow", "Action": ALL[1:], "Resource": "*"}], False, False),
    "a group that is there": ([{"Effect": "Allow", "Action": ALL[1:], "Resource": "*"}], True, True),
    "no events": ([{"Effect": "Allow", "Action": ALL[:2], "Resource": "*"}], True, False),
    "denied": (
        [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "logs:*", "Resource": "*"}],
        True,
        False,
    ),
}


def role(cloud: CloudUnderTest, statements: list[dict[str, Any]]) -> str:
    iam = cloud.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    arn = str(iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"])
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy)
    return arn


@pytest.mark.parametrize("statements, there, written", ROLES.values(), ids=ROLES)
def test_a_log_needs_the_roles_leave(cloud: CloudUnderTest, statements: list[dict[str, Any]], there: bool, written: bool) -> None:
    logs, arn = cloud.client("logs"), role(cloud, statements)
    if there:
        logs.create_log_group(logGroupName="/aws/lambda/f")
    name = cloud.function(SOURCE, "f", Role=arn)
    answer = cloud.client("lambda").invoke(FunctionName=name, LogType="Tail")
    assert "said\n" in base64.b64decode(answer["LogResult"]).decode()
    groups = {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]}
    assert groups == ({"/aws/lambda/f"} if there or written else set())
    if groups:
        events = logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]
        assert ("said\n" in [event["message"] for event in events]) is written


def test_a_role_that_gets_its_permission_later_writes_from_then_on(cloud: CloudUnderTest) -> None:
    name = cloud.function(SOURCE, "f", Role=role(cloud, []))
    client, logs = cloud.client("lambda"), cloud.client("logs")
    client.invoke(FunctionName=name)
    assert logs.describe_log_groups()["logGroups"] == []
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    cloud.client("iam").attach_role_policy(RoleName="r", PolicyArn=arn)
    client.invoke(FunctionName=name)
    events = logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert [event["message"] for event in events].count("said\n") == 1


def test_a_group_that_lambda_may_not_make(cloud: CloudUnderTest) -> None:
    name = cloud.function(SOURCE, LoggingConfig={"LogGroup": "aws/mine"})
    cloud.client("lambda").invoke(FunctionName=name)
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


def test_a_log_that_is_deleted_goes_on(cloud: CloudUnderTest) -> None:
    name, logs = cloud.function(SOURCE), cloud.client("logs")
    group = f"/aws/lambda/{name}"
    cloud.client("lambda").invoke(FunctionName=name)
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    logs.delete_log_group(logGroupName=group)
    cloud.client("lambda").invoke(FunctionName=name)
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    assert logs.filter_log_events(logGroupName=group)["events"][0]["message"].startswith("START ")
