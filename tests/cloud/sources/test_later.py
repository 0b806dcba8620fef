"""What AWS does and this cloud does not do yet says so, and keeps nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.sources.support import arn
from tests.support import CloudUnderTest

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


def stack(kind: str, **properties: Any) -> dict[str, Any]:
    template = {"Resources": {"It": {"Type": kind, "Properties": properties}}}
    return {"StackName": "s", "TemplateBody": json.dumps(template)}


LATER: list[tuple[str, str, dict[str, Any], str]] = [
    ("cloudformation", "create_stack", stack("AWS::Lambda::Function", FunctionName="g"), "AWS::Lambda::Function"),
    ("cloudformation", "create_stack", stack("AWS::Lambda::Url", TargetFunctionArn=FUNCTION), "AWS::Lambda::Url"),
    ("cloudformation", "create_stack", stack("AWS::Serverless::Function"), "AWS::Serverless::Function"),
    ("cloudformation", "create_stack", stack("Custom::Thing", ServiceToken=FUNCTION), "Custom::Thing"),
    ("cloudformation", "create_change_set", {**stack("AWS::Lambda::Alias"), "ChangeSetName": "c"}, "AWS::Lambda::Alias"),
    ("secretsmanager", "rotate_secret", {"SecretId": "s", "RotationLambdaARN": FUNCTION}, "rotation by a function"),
    ("config", "put_config_rule",
     {"ConfigRule": {"ConfigRuleName": "r", "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": FUNCTION}}}, "rules that are"),
    ("ses", "create_receipt_rule",
     {"RuleSetName": "s", "Rule": {"Name": "r", "Actions": [{"LambdaAction": {"FunctionArn": FUNCTION}}]}}, "receipt rules"),
    ("cognito-idp", "create_user_pool", {"PoolName": "p", "LambdaConfig": {"PreSignUp": FUNCTION}}, "triggers of a user pool"),
    ("pipes", "create_pipe", {"Name": "p", "Source": "arn:aws:sqs:us-east-1:123456789012:from",
                              "Target": "arn:aws:sqs:us-east-1:123456789012:to", "RoleArn": "arn:aws:iam::123456789012:role/r"}, "Pipes"),
    ("iot", "create_topic_rule",
     {"ruleName": "r", "topicRulePayload": {"sql": "SELECT *", "actions": [{"lambda": {"functionArn": FUNCTION}}]}}, "rules with a"),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "parameters", "said"), LATER, ids=lambda value: value if isinstance(value, str) else "")
def test_what_would_call_a_function(
    cloud: CloudUnderTest, service: str, operation: str, parameters: dict[str, Any], said: str
) -> None:  # fmt: skip
    with pytest.raises(ClientError) as refused:
        getattr(cloud.client(service), operation)(**parameters)
    told = refused.value.response
    assert told["Error"]["Code"] == "NotImplemented" and told["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert said in told["Error"]["Message"]


KAFKA = "arn:aws:kafka:us-east-1:123456789012:cluster/c/01234567-0123-0123-0123-0123456789ab-1"


@pytest.mark.parametrize("source", [
    {"EventSourceArn": KAFKA, "Topics": ["topic"]},
    {"EventSourceArn": "arn:aws:mq:us-east-1:123456789012:broker:b:b-1", "Queues": ["q"]},
    {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a:9092"]}}, "Topics": ["topic"]},
], ids=["kafka", "mq", "self-managed"])  # fmt: skip
def test_sources_that_are_not_polled(cloud: CloudUnderTest, source: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.client("lambda").create_event_source_mapping(FunctionName="f", **source)
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


ELSEWHERE = ["ecs:us-east-1:123456789012:cluster/c", "events:us-east-1:123456789012:api-destination/a/1", "batch:us-east-1:1:job-queue/q"]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_targets_to_which_nothing_would_come(cloud: CloudUnderTest, target: str) -> None:
    events = cloud.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    with pytest.raises(ClientError) as refused:
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": f"arn:aws:{target}", "RoleArn": cloud.role()}])
    told = refused.value.response["Error"]
    assert told["Code"] == "NotImplemented" and told["Message"].endswith(f"targets of EventBridge like arn:aws:{target}")
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []


def test_schedules_that_would_start_nothing(cloud: CloudUnderTest) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.client("scheduler").create_schedule(
            Name="s", ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"arn:aws:{ELSEWHERE[0]}", "RoleArn": cloud.role()},
        )  # fmt: skip
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_what_names_no_function_or_does_nothing_with_it_is_done(cloud: CloudUnderTest) -> None:
    cloud.client("cloudformation").create_stack(**stack("AWS::SQS::Queue", QueueName="q"))
    assert cloud.client("sqs").list_queues()["QueueUrls"]
    secrets = cloud.client("secretsmanager")
    secrets.create_secret(Name="s", SecretString=arn(cloud, "f"))
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == arn(cloud, "f")
    cloud.client("cognito-idp").create_user_pool(PoolName="p")


def test_a_template_that_is_fetched_makes_no_function_that_cannot_be_called(cloud: CloudUnderTest) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="t.json", Body=stack("Custom::Thing", ServiceToken=FUNCTION)["TemplateBody"])
    with pytest.raises(ClientError) as refused:
        cloud.client("cloudformation").create_stack(StackName="s", TemplateURL="https://templates.s3.amazonaws.com/t.json")
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
