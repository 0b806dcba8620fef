"""HTTP APIs: parameters that are mapped, and services that stand behind a route."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.sources.http import ECHO, HttpApi
from tests.support import CloudUnderTest

ROLE_TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip


def test_what_a_function_sees_of_a_request(cloud: CloudUnderTest) -> None:
    api = HttpApi(cloud)
    api.route("ANY /pets/{id}", api.integration(cloud.function(ECHO), RequestParameters={
        "overwrite:header.x-who": "$request.querystring.who", "append:header.x-many": "two", "remove:header.x-gone": "''",
        "append:querystring.id": "pet-${request.path.id}-${stageVariables.none}", "remove:querystring.who": "''",
        "overwrite:header.x-body": "$request.body.pets[1].name", "overwrite:path": "/animals/$stay",
        "overwrite:header.authorization": "never", "overwrite:header.x-context": "$context.httpMethod",
    }))  # fmt: skip
    event = api.ask(
        "/pets/7?who=ann", "POST", b'{"pets": [{}, {"name": "Rex"}]}',
        [("Content-Type", "application/json"), ("X-Many", "one"), ("X-Gone", "1"), ("X-Who", "bob"), ("Authorization", "mine")],
    ).json  # fmt: skip
    headers = event["headers"]
    found = {name: headers.get(name) for name in ("x-who", "x-many", "x-gone", "x-body", "authorization", "x-context")}
    assert found == {
        "x-who": "ann", "x-many": "one,two", "x-gone": None, "x-body": "Rex", "authorization": "mine", "x-context": "POST"
    }  # fmt: skip
    assert event["queryStringParameters"] == {"id": "pet-7-"}
    assert (event["rawPath"], event["pathParameters"]) == ("/animals/$stay", {"id": "7"})


def test_what_a_client_sees_of_an_answer(cloud: CloudUnderTest) -> None:
    returned = "{'statusCode': 404, 'headers': {'x-its': '1', 'x-gone': '1'}, 'body': '{\"why\": \"no\"}'}"
    code = f"def lambda_handler(event, context): return {returned}"
    api = HttpApi(cloud)
    mapped = {"overwrite:statuscode": "410", "append:header.x-why": "$response.body.why", "remove:header.x-gone": "''",
              "append:header.x-its": "$response.header.x-its"}  # fmt: skip
    others = {"overwrite:statuscode": "503"}
    api.route("$default", api.integration(cloud.function(code), ResponseParameters={"404": mapped, "500": others}))
    answer = api.ask()
    assert (answer.status, answer.headers["x-why"], answer.headers["x-gone"]) == (410, "no", None)
    assert answer.headers.get_all("x-its") == ["1", "1"]


def role(cloud: CloudUnderTest, *actions: str, trust: str = ROLE_TRUST) -> str:
    iam = cloud.client("iam")
    arn = iam.create_role(RoleName="gateway", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    iam.put_role_policy(RoleName="gateway", PolicyName="p", PolicyDocument=json.dumps(policy))
    return str(arn)


def service(cloud: CloudUnderTest, subtype: str, credentials: str | None, **parameters: str) -> HttpApi:
    api = HttpApi(cloud)
    given: dict[str, Any] = {"CredentialsArn": credentials} if credentials else {}
    made = api.client.create_integration(
        ApiId=api.id, IntegrationType="AWS_PROXY", IntegrationSubtype=subtype, PayloadFormatVersion="1.0",
        RequestParameters=parameters, **given,
    )  # fmt: skip
    api.route("POST /x", made["IntegrationId"])
    return api


def test_a_queue(cloud: CloudUnderTest) -> None:
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    api = service(
        cloud, "SQS-SendMessage", role(cloud, "sqs:SendMessage"), QueueUrl=queue, MessageBody="$request.body.text",
        DelaySeconds="0",
        MessageAttributes='{"who": {"DataType": "String", "StringValue": "${request.header.x-who}"}}',
    )  # fmt: skip
    answer = api.ask("/x", "POST", b'{"text": "hello"}', [("X-Who", "ann")])
    message = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"][0]
    assert (answer.status, answer.json["MessageId"]) == (200, message["MessageId"])
    assert (message["Body"], message["MessageAttributes"]["who"]["StringValue"]) == ("hello", "ann")


def test_a_state_machine(cloud: CloudUnderTest) -> None:
    states = cloud.client("stepfunctions")
    definition = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})
    trust = ROLE_TRUST.replace("apigateway", "states")
    runs = cloud.client("iam").create_role(RoleName="machine", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    machine = states.create_state_machine(name="m", definition=definition, roleArn=runs)["stateMachineArn"]
    api = service(
        cloud, "StepFunctions-StartExecution", role(cloud, "states:StartExecution"), StateMachineArn=machine,
        Input="$request.body",
    )  # fmt: skip
    answer = api.ask("/x", "POST", b'{"k": 1}')
    assert answer.status == 200
    assert states.describe_execution(executionArn=answer.json["executionArn"])["input"] == '{"k": 1}'


@pytest.mark.parametrize(
    ("given", "status"),
    [({}, 400), ({"trust": ROLE_TRUST.replace("apigateway", "lambda")}, 400), (None, 500)],
    ids=["not allowed", "not trusted", "no role"],
)  # fmt: skip
def test_a_role_that_may_not(cloud: CloudUnderTest, given: dict[str, str] | None, status: int) -> None:
    queue = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    credentials = role(cloud, "sqs:ReceiveMessage", **given) if given is not None else None
    assert service(cloud, "SQS-SendMessage", credentials, QueueUrl=queue, MessageBody="x").ask("/x", "POST").status == status


def test_a_service_that_is_not_there(cloud: CloudUnderTest) -> None:
    api = service(cloud, "AppConfig-GetConfiguration", role(cloud, "*"), Application="a")
    assert api.ask("/x", "POST").status == 501
