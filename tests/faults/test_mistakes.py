"""Requests that break a service's own model, past every SDK: each is the caller's mistake (400), and none is this cloud's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.cloud.sources.http import ask
from tests.faults.conftest import Cloud

PLAIN = Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=20)
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"

# Service, operation, parameters, the code of the answer.
WRONG: list[tuple[str, str, dict[str, Any], str]] = [
    ("stepfunctions", "create_activity", {"name": 1}, "SerializationException"),
    ("stepfunctions", "list_executions", {"stateMachineArn": MACHINE, "maxResults": "x"}, "SerializationException"),
    ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE, "traceHeader": "é"}, "ValidationException"),
    ("apigateway", "create_rest_api", {"name": True}, "BadRequestException"),
    ("apigateway", "create_usage_plan", {}, "BadRequestException"),
    ("apigatewayv2", "create_domain_name", {"DomainName": []}, "BadRequestException"),
    ("kinesis", "create_stream", {"StreamName": {}}, "InvalidArgumentException"),
    ("kinesis", "get_records", {}, "InvalidArgumentException"),
    ("kinesis", "get_records", {"ShardIterator": "name"}, "InvalidArgumentException"),
    ("kinesis", "get_records", {"ShardIterator": "bmFtZQ=="}, "InvalidArgumentException"),
    ("logs", "tag_log_group", {"logGroupName": [], "tags": {}}, "InvalidParameterException"),
    ("events", "put_partner_events", {"Entries": [{"Source": 5}]}, "SerializationException"),
]


@pytest.mark.parametrize(("service", "operation", "given", "code"), WRONG, ids=[f"{row[0]} {row[1]}" for row in WRONG])
def test_a_request_that_breaks_the_model(cloud: Cloud, service: str, operation: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(cloud.client(service, config=PLAIN), operation)(**given)
    answer = refused.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (400, code), answer
    assert "failed at this request" not in answer["Error"]["Message"]


def test_a_trace_header_starts_an_execution(cloud: Cloud) -> None:
    """Its pattern, ``\\p{ASCII}*``, is none that Python knows."""
    states = cloud.client("stepfunctions")
    with pytest.raises(states.exceptions.StateMachineDoesNotExist):
        states.start_execution(stateMachineArn=MACHINE, traceHeader="Root=1-5759e988-bd862e3fe1be46a994272793")


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[]", b"null", b"1", b'"x"', b'{"name": "\\ud800"}', b"[" * 100_000], ids=repr)
@pytest.mark.parametrize(("service", "target"), [
    ("states", "AWSStepFunctions.CreateActivity"), ("events", "AWSEvents.PutEvents"), ("logs", "Logs_20140328.PutSubscriptionFilter"),
    ("kinesis", "Kinesis_20131202.CreateStream"), ("dynamodb", "DynamoDB_20120810.PutItem"), ("apigateway", "/restapis"),
    ("apigateway", "/v2/apis"), ("scheduler", "/schedules/s"), ("lambda", "/2015-03-31/event-source-mappings"),
])  # fmt: skip
def test_a_body_that_is_no_request(cloud: Cloud, service: str, target: str, body: bytes) -> None:
    path, headers = (target, {}) if target.startswith("/") else ("/", {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"})
    request = AWSRequest(method="POST", url=cloud.url + path, data=body, headers=headers)
    keys = cloud.credentials
    SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), service, cloud.region).add_auth(request)
    got = ask(cloud.url + path, "POST", body, [(name, value) for name, value in request.headers.items() if name != "Content-Length"])
    assert got.status < 500, got.body  # moto takes some that are no object for an empty one
    assert json.loads(got.body)


GONE: list[tuple[str, dict[str, Any]]] = [
    ("delete_rest_api", {"restApiId": "none"}), ("delete_resource", {"resourceId": "none"}),
    ("delete_authorizer", {"authorizerId": "none"}), ("delete_request_validator", {"requestValidatorId": "none"}),
    ("delete_usage_plan", {"usagePlanId": "none"}), ("delete_usage_plan_key", {"usagePlanId": "none", "keyId": "none"}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "named"), GONE, ids=[operation for operation, _ in GONE])
def test_what_is_deleted_and_was_not_there(cloud: Cloud, operation: str, named: dict[str, Any]) -> None:
    gateway = cloud.client("apigateway")
    api = {} if "usagePlanId" in named else {"restApiId": gateway.create_rest_api(name="a")["id"]}
    with pytest.raises(ClientError) as refused:
        getattr(gateway, operation)(**(api | named))
    assert refused.value.response["Error"]["Code"] in ("NotFoundException", "BadRequestException"), refused.value
    assert "identifier" in str(refused.value) or "ID" in str(refused.value) or "Id" in str(refused.value)
