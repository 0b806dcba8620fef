"""HTTP APIs: who may call, CORS, what becomes of an answer, and of a function that gives none."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.cloud.access.people import ACCOUNT, allow, ann
from tests.cloud.sources.http import ECHO, Answered, HttpApi, api_of, ask
from tests.support import CloudUnderTest

PAGE = "https://page.example"
INTERNAL = (500, {"message": "Internal Server Error"})
UNAVAILABLE = (503, {"message": "Service Unavailable"})
HELLO = "arn:aws:lambda:us-east-1:123456789012:function:hello"


def told(answer: Answered) -> tuple[int, Any]:
    return answer.status, answer.json


# --- answers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "returned", "status", "content_type", "body"),
    [
        ("2.0", "{'message': 'hi'}", 200, "application/json", b'{"message":"hi"}'),
        ("2.0", "'hi'", 200, "application/json", b"hi"),
        ("2.0", "'errorMessage'", 200, "application/json", b"errorMessage"),
        ("2.0", "{'errorMessage': 'no'}", 500, "application/json", b'{"message":"Internal Server Error"}'),
        ("1.0", "{'statusCode': 200, 'multiValueHeaders': {'a': '1'}}", 500, "application/json",
         b'{"message":"Internal Server Error"}'),
        ("2.0", "{'statusCode': 201, 'body': 'hi'}", 201, "text/plain;charset=utf-8", b"hi"),
        ("2.0", "{'statusCode': 'many'}", 500, "application/json", b'{"message":"Internal Server Error"}'),
        ("1.0", "{'statusCode': '201', 'body': 'hi'}", 201, "text/plain;charset=utf-8", b"hi"),
        ("1.0", "{'message': 'hi'}", 500, "application/json", b'{"message":"Internal Server Error"}'),
        ("1.0", "'hi'", 500, "application/json", b'{"message":"Internal Server Error"}'),
        ("1.0", f"{{'statusCode': 200, 'body': '{base64.b64encode(bytes(range(9))).decode()}', 'isBase64Encoded': True}}", 200,
         "text/plain;charset=utf-8", bytes(range(9))),
    ],
)  # fmt: skip
def test_what_an_answer_means(
    cloud: CloudUnderTest, version: str, returned: str, status: int, content_type: str, body: bytes
) -> None:  # fmt: skip
    answer = api_of(cloud, f"def lambda_handler(event, context): return {returned}", "$default", version=version).ask()
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (status, content_type, body)


def test_headers_that_come_more_than_once(cloud: CloudUnderTest) -> None:
    many = "{'A': ['3', '4'], 'Set-Cookie': ['x=1', 'y=2']}"
    returned = f"{{'statusCode': 200, 'headers': {{'a': '1', 'b': '2'}}, 'multiValueHeaders': {many}}}"
    headers = api_of(cloud, f"def lambda_handler(event, context): return {returned}", "$default", version="1.0").ask().headers
    assert (headers.get_all("A"), headers["b"], headers.get_all("Set-Cookie")) == (["1", "3", "4"], "2", ["x=1", "y=2"])


# --- what goes wrong ------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize(
    "body", ["raise ValueError", "import time; time.sleep(30)", "import os; os.kill(os.getpid(), 9)"],
    ids=["exception", "timeout", "killed"],
)  # fmt: skip
def test_a_function_that_fails(cloud: CloudUnderTest, body: str, version: str) -> None:
    api, name = HttpApi(cloud), cloud.function(f"def lambda_handler(event, context): {body}", Timeout=1)
    api.route("$default", api.integration(name, version))
    assert told(api.ask()) == INTERNAL


def test_a_function_that_may_not_run_or_is_gone(cloud: CloudUnderTest) -> None:
    api, name, client = HttpApi(cloud), cloud.function(ECHO), cloud.client("lambda")
    api.route("$default", api.integration(name))
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert told(api.ask()) == UNAVAILABLE
    client.delete_function_concurrency(FunctionName=name)
    assert api.ask().status == 200
    client.delete_function(FunctionName=name)
    assert told(api.ask()) == INTERNAL


def test_an_integration_waits_so_long_and_the_function_goes_on(cloud: CloudUnderTest) -> None:
    api, queue = HttpApi(cloud), cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    send = f"boto3.client('sqs').send_message(QueueUrl='{queue}', MessageBody='on')"
    code = f"import boto3, time\ndef lambda_handler(event, context):\n time.sleep(1)\n {send}"
    api.route("$default", api.integration(cloud.function(code, Timeout=10), TimeoutInMillis=100))
    assert told(api.ask()) == UNAVAILABLE
    assert cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"] == "on"


def test_a_body_may_be_so_large(cloud: CloudUnderTest) -> None:
    api = api_of(cloud, "def lambda_handler(event, context): return len(event['body'])", "POST /x")
    assert api.ask("/x", "POST", b"x" * 5_000_000, [("Content-Type", "text/plain")]).json == 5_000_000
    for size in (7_000_000, 10 * 1024 * 1024 + 1):
        assert told(api.ask("/x", "POST", b"x" * size)) == (413, {"message": "Request Entity Too Large"})


def test_nothing_is_there(cloud: CloudUnderTest) -> None:
    api = api_of(cloud, ECHO, "GET /x")
    for method, path in (("POST", "/x"), ("GET", "/x/"), ("GET", "/"), ("GET", "/x/y")):
        assert told(api.ask(path, method)) == (404, {"message": "Not Found"})
    api.client.update_api(ApiId=api.id, DisableExecuteApiEndpoint=True)
    assert api.ask("/x").status == 404
    api.client.delete_api(ApiId=api.id)
    assert told(api.ask("/x")) == (403, {"message": "Forbidden"})


# --- CORS -----------------------------------------------------------------------------

CORS = {
    "AllowOrigins": [PAGE], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["x-mine"], "MaxAge": 60, "ExposeHeaders": ["x-its"]
}  # fmt: skip
QUESTION = [("Origin", PAGE), ("Access-Control-Request-Method", "POST")]


def test_cors_is_the_gateways(cloud: CloudUnderTest) -> None:
    marked = "{'statusCode': 200, 'headers': {'access-control-allow-origin': 'https://its.example'}}"
    api = api_of(cloud, f"def lambda_handler(event, context): return {marked}", "GET /x")
    assert api.ask("/x").headers["Access-Control-Allow-Origin"] == "https://its.example"
    assert api.ask("/x", "OPTIONS", headers=QUESTION).status == 404  # there is no route for it
    api.client.update_api(ApiId=api.id, CorsConfiguration=CORS)
    answer = api.ask("/x", "OPTIONS", headers=QUESTION)
    assert (answer.status, answer.body) == (204, b"")
    said = {name.lower()[15:]: value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}
    assert said == {
        "allow-origin": PAGE, "allow-methods": "GET,POST", "allow-headers": "x-mine", "max-age": "60", "expose-headers": "x-its"
    }  # fmt: skip
    assert api.ask("/x", headers=[("Origin", PAGE)]).headers.get_all("Access-Control-Allow-Origin") == [PAGE]
    assert api.ask("/x", headers=[("Origin", "https://other.example")]).headers.get_all("Access-Control-Allow-Origin") is None
    assert api.ask("/none", headers=[("Origin", PAGE)]).headers["Access-Control-Allow-Origin"] == PAGE
    api.client.delete_cors_configuration(ApiId=api.id)
    assert api.ask("/x", "OPTIONS", headers=QUESTION).status == 404


# --- IAM ------------------------------------------------------------------------------


def test_iam_asks_the_callers_policies(cloud: CloudUnderTest) -> None:
    api = HttpApi(cloud)
    api.route("ANY /pets/{id}", api.integration(cloud.function(ECHO)), AuthorizationType="AWS_IAM")
    policy = allow("execute-api:Invoke", resource=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.id}/*/GET/pets/1")
    found = ann(cloud, policy)("sts")._request_signer._credentials

    def signed(path: str, key: Credentials) -> Answered:
        request = AWSRequest("GET", api.url + path)
        SigV4Auth(key, "execute-api", "us-east-1").add_auth(request)
        return api.ask(path, headers=[(name, str(value)) for name, value in request.headers.items()])

    key = Credentials(found.access_key, found.secret_key)
    assert signed("/pets/1", key).json["requestContext"]["authorizer"]["iam"]["userArn"] == f"arn:aws:iam::{ACCOUNT}:user/ann"
    for answer in (signed("/pets/2", key), signed("/pets/1", Credentials(found.access_key, "wrong")), api.ask("/pets/1")):
        assert told(answer) == (403, {"message": "Forbidden"})


# --- other servers --------------------------------------------------------------------


class _Server(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        shown = {"path": self.path, "mine": self.headers["X-Mine"], "body": body.decode()}
        self.send_response(202)
        self.send_header("X-Its", "1")
        self.end_headers()
        self.wfile.write(json.dumps(shown).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


def test_an_http_proxy(cloud: CloudUnderTest, server: str) -> None:
    api = HttpApi(cloud)
    settings = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY", "PayloadFormatVersion": "1.0"}
    made = api.client.create_integration(ApiId=api.id, IntegrationUri=f"{server}/base/{{proxy}}", **settings)
    api.route("ANY /a/{proxy+}", made["IntegrationId"])
    answer = api.ask("/a/b/c?k=1", "PUT", b"hi", [("X-Mine", "2")])
    assert (answer.status, answer.headers["X-Its"]) == (202, "1")
    assert answer.json == {"path": "/base/b/c?k=1", "mine": "2", "body": "hi"}
    nobody = api.client.create_integration(ApiId=api.id, IntegrationUri="http://127.0.0.1:1/", **settings)
    api.route("GET /nobody", nobody["IntegrationId"])
    assert told(api.ask("/nobody")) == UNAVAILABLE


def test_a_stage_variable_names_the_function(cloud: CloudUnderTest) -> None:
    api, name = HttpApi(cloud, stage=None), cloud.function(ECHO)
    api.permit(name)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:${{stageVariables.f}}"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    settings = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
    made = api.client.create_integration(ApiId=api.id, IntegrationUri=uri, **settings)
    api.route("$default", made["IntegrationId"])
    for stage, function in (("good", name), ("bad", "other")):
        api.client.create_stage(ApiId=api.id, StageName=stage, AutoDeploy=True, StageVariables={"f": function})
    assert api.ask("/good").status == 200
    assert told(api.ask("/bad")) == INTERNAL


# --- what cannot be made --------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("create_route", {"RouteKey": "FETCH /x"}, "BadRequestException"),
        ("create_route", {"RouteKey": "GET x"}, "BadRequestException"),
        ("create_route", {"RouteKey": "GET /{proxy+}/x"}, "BadRequestException"),
        ("create_route", {"RouteKey": "GET /there"}, "ConflictException"),
        ("create_route", {"RouteKey": "GET /x", "Target": "integrations/none"}, "NotFoundException"),
        ("create_stage", {"StageName": "a b"}, "BadRequestException"),
        ("create_stage", {"StageName": "$default"}, "ConflictException"),
        ("create_stage", {"StageName": "x", "DeploymentId": "none"}, "NotFoundException"),
        ("create_integration", {"IntegrationType": "MOCK"}, "BadRequestException"),
        ("create_integration", {"IntegrationType": "AWS_PROXY", "IntegrationUri": HELLO, "TimeoutInMillis": 30_001}, "BadRequestException"),
        ("create_integration", {"IntegrationType": "AWS_PROXY"}, "BadRequestException"),
        ("create_integration", {"IntegrationType": "AWS_PROXY", "IntegrationUri": "hello"}, "BadRequestException"),
        ("get_deployment", {"DeploymentId": "none"}, "NotFoundException"),
    ],
)  # fmt: skip
def test_what_cannot_be(cloud: CloudUnderTest, operation: str, given: dict[str, Any], code: str) -> None:
    api = HttpApi(cloud)
    api.client.create_route(ApiId=api.id, RouteKey="GET /there")
    with pytest.raises(ClientError) as caught:
        getattr(api.client, operation)(ApiId=api.id, **given)
    assert caught.value.response["Error"]["Code"] == code


def test_a_functions_name_is_no_target(cloud: CloudUnderTest) -> None:
    client = cloud.client("apigatewayv2")
    with pytest.raises(ClientError, match="BadRequestException.*: Invalid integration URI specified"):
        client.create_api(Name="api", ProtocolType="HTTP", Target="hello")
    assert client.get_apis()["Items"] == []
    api = HttpApi(cloud)
    made = api.client.create_integration(ApiId=api.id, IntegrationType="AWS_PROXY", IntegrationUri=HELLO, PayloadFormatVersion="2.0")
    kept = {"ApiId": api.id, "IntegrationId": made["IntegrationId"], "IntegrationType": "AWS_PROXY"}
    assert api.client.update_integration(**kept, TimeoutInMillis=100)["IntegrationUri"] == HELLO
    with pytest.raises(ClientError, match="Invalid integration URI specified"):
        api.client.update_integration(**kept, IntegrationUri="hello")


def test_no_api_of_this_id(cloud: CloudUnderTest) -> None:
    assert told(ask(f"{cloud.url}/_aws/execute-api/abcdefgh/x")) == (403, {"message": "Forbidden"})
