"""Whatever a client sends can be read: what it needs is found, or the service itself refuses it later."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.access import resources, s3
from lablib.cloud.access.decision import Asked
from lablib.cloud.access.functions import LambdaNeeds
from lablib.cloud.api.wire import Wire
from lablib.cloud.web import Request

LAMBDA = LambdaNeeds(Wire.of_lambda(), "us-east-1:123456789012")
HOST = {"Host": "127.0.0.1:4566"}
NAMES = [
    "TableName", "RequestItems", "TransactItems", "IndexName", "QueueUrl", "TopicArn", "Name", "StreamName", "Entries", "Rule",
    "EventBusName", "logGroupName", "stateMachineArn", "SecretId", "RoleName", "RoleArn", "Names", "FunctionName", "Role", "Code",
    "LayerName", "Content", "S3Bucket", "S3Key", "Put", "AlarmName", "UUID", "Resource",
]  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
)
OPERATIONS = [
    ("dynamodb", "DynamoDB_20120810.TransactWriteItems"), ("dynamodb", "DynamoDB_20120810.BatchGetItem"),
    ("sqs", "AmazonSQS.SendMessage"), ("kinesis", "Kinesis_20131202.PutRecord"), ("events", "AWSEvents.PutEvents"),
    ("events", "AWSEvents.PutTargets"), ("logs", "Logs_20140328.PutLogEvents"), ("states", "AWSStepFunctions.CreateStateMachine"),
    ("secretsmanager", "secretsmanager.GetSecretValue"), ("ssm", "AmazonSSM.GetParameters"), ("monitoring", "G.PutMetricData"),
    ("none-such", "None.Such"),
]  # fmt: skip


def check(asked: list[Asked]) -> None:
    assert all(":" in one.action and one.resource for one in asked)


@pytest.mark.parametrize("service, target", OPERATIONS)
@given(content=ANYTHING)
def test_json(service: str, target: str, content: Any) -> None:
    request = Request("POST", "/", "", {**HOST, "X-Amz-Target": target}, json.dumps(content).encode())
    check(resources.needs(resources.operation_of(request, service, "us-east-1", "123456789012")))


@given(
    service=st.sampled_from(["sns", "sts", "iam", "sqs", "scheduler", "apigateway", "none-such"]), body=st.binary(max_size=30),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12), form=st.booleans(),
)  # fmt: skip
def test_forms_and_paths(service: str, body: bytes, path: str, form: bool) -> None:
    headers = {**HOST, "Content-Type": "application/x-www-form-urlencoded"} if form else HOST
    request = Request("POST", "/" + path, path, headers, b"Action=Get&" + body if form else body)
    check(resources.needs(resources.operation_of(request, service, "us-east-1", "123456789012")))


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]), body=st.binary(max_size=40),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
    query=st.sampled_from(["", "acl", "tagging", "uploads", "uploadId=1", "delete", "versions", "list-type=2&prefix=a", "versionId=x"]),
)  # fmt: skip
def test_s3(method: str, path: str, query: str, body: bytes) -> None:
    check(s3.needs(Request(method, "/" + path, query, {**HOST, "x-amz-copy-source": path}, body)))


LAMBDA_PATHS = [
    ("POST", "/2015-03-31/functions"), ("PUT", "/2015-03-31/functions/f/code"), ("PUT", "/2015-03-31/functions/f/configuration"),
    ("POST", "/2015-03-31/functions/f%3A1/invocations"), ("POST", "/2018-10-31/layers/l/versions"), ("GET", "/2015-03-31/nothing"),
    ("POST", "/2015-03-31/event-source-mappings"), ("GET", "/2017-03-31/tags/arn%3Aaws"),
]  # fmt: skip


@pytest.mark.parametrize("method, path", LAMBDA_PATHS)
@given(content=ANYTHING)
def test_lambda(method: str, path: str, content: Any) -> None:
    check(LAMBDA.of(Request(method, path, "Qualifier=x", HOST, json.dumps(content).encode())))
    check(LAMBDA.of(Request(method, path, "", HOST, b"{")))
