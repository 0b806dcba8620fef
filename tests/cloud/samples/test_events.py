"""Every event of ours beside AWS's sample of it, key by key and type by type; and powertools' parsers take each of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.cloud.samples import sources
from tests.cloud.samples.aws import differences, sample
from tests.cloud.samples.powertools import with_powertools
from tests.support import CloudUnderTest

_FREE = "its keys are the caller's own"

_NO_CERTIFICATE = "without a client certificate AWS leaves it out"

# API Gateway's Developer Guide, "Input format of a Lambda function for proxy integration", has these, the samples not yet.
_SINCE_2015 = {
    f"requestContext.{key}": "since the sample"
    for key in ("deploymentId", "domainName", "domainPrefix", "extendedRequestId", "identity.principalOrgId")
}


@dataclass(frozen=True)
class Case:
    """An event: how it comes about, AWS's sample of it (None: there is none), powertools' model, what is excused and why."""

    produce: sources.Produce
    sample: str | None
    model: str
    excused: Mapping[str, str] = field(default_factory=dict)


CASES = {
    "s3-put": Case(sources.s3_put, "s3/S3Put", "S3Model"),
    "s3-delete": Case(sources.s3_delete, "s3/S3Delete", "S3Model"),
    "s3-eventbridge": Case(sources.s3_eventbridge, None, "S3EventNotificationEventBridgeModel"),
    "s3-in-sqs": Case(sources.s3_in_sqs, "sqs/Sqs", "S3SqsEventNotificationModel"),
    "sns": Case(sources.sns, "sns/Sns", "SnsModel"),
    "sns-in-sqs": Case(sources.sns_in_sqs, "sqs/Sqs", "SqsModel"),
    "sqs": Case(sources.sqs, "sqs/Sqs", "SqsModel"),
    "kinesis": Case(sources.kinesis, "kinesis/Kinesis", "KinesisDataStreamModel"),
    "dynamodb": Case(sources.dynamodb, "dynamodb/DynamoDBUpdate", "DynamoDBStreamModel"),
    "logs": Case(sources.logs, "cloudwatch/CloudwatchLogs", "CloudWatchLogsModel"),
    "rule-schedule": Case(sources.rule_schedule, "cloudwatch/ScheduledEvent", "EventBridgeModel", {
        "version": "every event of EventBridge has it (EventBridge User Guide, AWS event structure); the sample is from before"}),
    "rule-pattern": Case(sources.rule_pattern, "cloudwatch/ScheduledEvent", "EventBridgeModel", {
        "version": "as above", "detail": _FREE}),
    "http-api": Case(sources.http_api, "apigateway/HttpApi", "APIGatewayProxyEventV2Model", {
        "headers": _FREE, "queryStringParameters": _FREE, "requestContext.authentication": _NO_CERTIFICATE,
        "requestContext.authorizer": "of a route without an authorizer AWS leaves it out",
    }),
    "http-api-1.0": Case(sources.http_api_1, None, "APIGatewayProxyEventModel"),
    "rest-api": Case(sources.rest_api, "apigateway/AwsProxy", "APIGatewayProxyEventModel", {
        "headers": _FREE, "multiValueHeaders": _FREE, "queryStringParameters": "a placeholder in the sample",
        **_SINCE_2015,
    }),
    "rest-token": Case(sources.rest_token, "apigateway/ApiGatewayAuthorizer", "ApiGatewayAuthorizerToken"),
    "rest-request": Case(sources.rest_request, "apigateway/ApiGatewayRestRequestAuthorizer", "ApiGatewayAuthorizerRequest", {
        "headers": _FREE, "requestContext.identity.clientCert": _NO_CERTIFICATE, **_SINCE_2015,
        "requestContext.identity.apiKey": "AWS shows it where the method asks for one",
        **{key: "in the sample of the integration's event, apigateway/AwsProxy" for key in (
            "multiValueHeaders", "multiValueQueryStringParameters", "requestContext.protocol", "requestContext.requestTime",
            "requestContext.requestTimeEpoch", *(f"requestContext.identity.{key}" for key in (
                "accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType", "cognitoIdentityId",
                "cognitoIdentityPoolId", "user", "userAgent", "userArn")))},
    }),
    "http-request": Case(sources.http_request, None, "ApiGatewayAuthorizerRequestV2"),
    "scheduler": Case(sources.scheduler, None, "EventBridgeModel"),
    "function-url": Case(sources.function_url, "apigateway/HttpApi", "LambdaFunctionUrlModel", {
        "headers": _FREE, "queryStringParameters": _FREE, "pathParameters": "a function URL has none",
        "stageVariables": "a function URL has none", "requestContext.authentication": _NO_CERTIFICATE,
        "requestContext.authorizer": "of a URL that anybody may call AWS leaves it out",
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.sample is not None])
def test_an_event_is_as_aws_shows_it(cloud: CloudUnderTest, name: str) -> None:
    case = CASES[name]
    assert case.sample is not None
    theirs = sample(case.sample)
    event = case.produce(cloud)
    found = sorted(differences(event, theirs, case.excused))
    assert not found, "\n".join([*found, json.dumps(event, indent=1)])


PARSES = """
import os
from aws_lambda_powertools.utilities.parser import models, parse

def lambda_handler(event, context):
    parsed = parse(event, model=getattr(models, event.pop("powertools-model")))
    return type(parsed).__name__
"""
@pytest.mark.parametrize("name", CASES)
def test_powertools_takes_it(cloud: CloudUnderTest, name: str) -> None:
    case = CASES[name]
    event = case.produce(cloud)
    parser = with_powertools(cloud, PARSES)
    answer = cloud.client("lambda").invoke(FunctionName=parser, Payload=json.dumps({**event, "powertools-model": case.model}))
    result = json.load(answer["Payload"])
    assert result == case.model, json.dumps(result, indent=1) + json.dumps(event, indent=1)


def test_a_difference_is_found() -> None:
    theirs: dict[str, Any] = {"a": 1, "b": [{"c": "x"}], "d": None, "e": {}}
    assert not list(differences({"a": 1.5, "b": [], "d": None, "e": {}}, theirs, {}))
    ours: dict[str, Any] = {"a": "1", "b": [{"c": "x"}, {"c": True, "z": 1}], "d": 0, "f": 1}
    assert sorted(differences(ours, theirs, {"f": "ours"})) == [
        "a: string, in the sample number", "b[].c: boolean, in the sample string", "b[].z: not in the sample",
        "d: number, in the sample null", "e: in the sample alone",
    ]  # fmt: skip
