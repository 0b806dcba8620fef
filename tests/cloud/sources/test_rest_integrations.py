"""What is behind a REST API's method besides a proxied function: templates, HTTP endpoints, made-up answers; tests."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.sources.rest import ECHO, RestApi, responding
from tests.support import CloudUnderTest

SAME = "def lambda_handler(event, context): return event"


def cors(api: RestApi, path: str) -> None:
    """OPTIONS as the console makes it when it enables CORS."""
    named = api.method(path, "OPTIONS")
    headers = {"Headers": "'Content-Type,Authorization'", "Methods": "'GET,OPTIONS'", "Origin": "'*'"}
    api.client.put_method_response(
        **named, statusCode="200", responseModels={"application/json": "Empty"},
        responseParameters={f"method.response.header.Access-Control-Allow-{name}": False for name in headers},
    )  # fmt: skip
    api.client.put_integration(**named, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    api.client.put_integration_response(
        **named, statusCode="200",
        responseParameters={f"method.response.header.Access-Control-Allow-{name}": value for name, value in headers.items()},
    )  # fmt: skip


def test_a_preflight_request_as_the_console_enables_it(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/a", "GET", api.function(ECHO))
    cors(api, "/a")
    api.deploy()
    got = api.ask("/a", "OPTIONS", headers=[("Origin", "https://shop.example"), ("Access-Control-Request-Method", "GET")])
    assert (got.status, got.body, got.headers["Content-Type"]) == (200, b"", "application/json")
    assert got.headers["Access-Control-Allow-Origin"] == "*" and got.headers["Access-Control-Allow-Methods"] == "GET,OPTIONS"
    found = api.test("/a", "OPTIONS")
    assert found["status"] == 200 and found["headers"]["Access-Control-Allow-Origin"] == "*"
    assert "X-Amzn-Trace-Id" not in found["headers"] and "Sending request" not in found["log"]


def test_a_mock_chooses_by_its_template_s_status(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    named = api.method("/{id}", "GET")
    template = (
        "#set($id = $input.params('id'))"
        "#if($id == 'none'){\"statusCode\": 404}#elseif($id == 'odd'){}#else{\"statusCode\": 200}#end"
    )
    absent, present = '{"no": "$input.params(\'id\')"}', '{"q": "$input.params().querystring.q", "by": "$context.httpMethod"}'
    api.client.put_integration(**named, type="MOCK", requestTemplates={"application/json": template})
    responding(
        api, named,
        {"statusCode": "404", "selectionPattern": "404", "responseTemplates": {"application/json": absent}},
        {"statusCode": "200", "responseTemplates": {"application/json": present}},
    )  # fmt: skip
    api.deploy()
    got = api.ask("/7?q=x")
    assert (got.status, got.json) == (200, {"q": "x", "by": "GET"})
    got = api.ask("/none")
    assert (got.status, got.json) == (404, {"no": "none"})
    assert api.ask("/odd").status == 500
    got = api.ask("/7", headers=[("Content-Type", "text/plain")])
    assert got.status == 500  # no template for it, and a body that is passed on and says no status


def test_a_function_behind_templates(cloud: CloudUnderTest) -> None:
    code = (
        "def lambda_handler(event, context):\n"
        "    if 'fail' in event: raise ValueError(event['fail'])\n"
        "    return {'items': [1, 2, 3], 'got': event}\n"
    )
    api = RestApi(cloud)
    request = (
        "#set($body = $input.path('$'))\n"
        '{"name": "$util.escapeJavaScript($body.name)", "all": $input.json(\'$\'), "first": $input.json(\'$.tags[0]\'),'
        ' "page": "$input.params(\'page\')", "stage": "$context.stage", "v": "$stageVariables.v", "none": "$!stageVariables.none"'
        '#if($body.fail), "fail": "$body.fail"#end}'
    )
    response = (
        "#set($root = $input.path('$'))[#foreach($item in $root.items)$item#if($foreach.hasNext), #end#end]"
        "#set($context.responseOverride.header.X-Count = $root.items.size())#set($context.responseOverride.status = 201)"
    )
    api.put("/", "POST", api.function(code), integration={"type": "AWS", "requestTemplates": {"application/json": request}})
    responding(
        api, api.at("/", "POST"),
        {"statusCode": "200", "responseTemplates": {"application/json": response}},
        {"statusCode": "422", "selectionPattern": ".*not good.*", "responseTemplates": {
            "application/json": "{\"message\": $input.json('$.errorMessage')}"}},
    )  # fmt: skip
    api.client.put_method_response(**api.at("/", "POST"), statusCode="201")
    api.deploy(variables={"v": "1"})
    body = {"name": 'a "b"', "tags": ["x", "y"]}
    got = api.ask("?page=3", "POST", body=json.dumps(body).encode())
    assert (got.status, got.json, got.headers["X-Count"]) == (201, [1, 2, 3], "3")
    got = api.ask("", "POST", body=b'{"fail": "it is not good at all"}')
    assert (got.status, got.json) == (422, {"message": "it is not good at all"})
    got = api.ask("", "POST", body=b"no json")
    assert got.status == 400 and got.json["message"].startswith("Could not parse request body into json")


@pytest.mark.parametrize(
    ("behavior", "templates", "content_type", "status"),
    [
        ("WHEN_NO_MATCH", {}, "text/plain", 200),
        ("WHEN_NO_MATCH", {"application/json": "{}"}, "text/plain", 200),
        ("WHEN_NO_TEMPLATES", {}, "text/plain", 200),
        ("WHEN_NO_TEMPLATES", {"application/json": "{}"}, "text/plain", 415),
        ("NEVER", {}, "application/json", 415),
        ("NEVER", {"application/json": "{}"}, "application/json", 200),
    ],
)
def test_what_is_passed_through(
    cloud: CloudUnderTest, behavior: str, templates: dict[str, str], content_type: str, status: int
) -> None:
    api = RestApi(cloud)
    given = {"type": "AWS", "requestTemplates": templates, "passthroughBehavior": behavior}
    api.put("/", "POST", api.function(SAME), integration=given)
    responding(api, api.at("/", "POST"), {"statusCode": "200"})
    api.deploy()
    got = api.ask("", "POST", body=b'{"a": 1}', headers=[("Content-Type", content_type)])
    assert got.status == status
    if status == 415:
        assert got.body == b'{"message": "Unsupported Media Type"}'
    else:
        assert got.json == ({} if content_type in templates else {"a": 1})


def test_an_event_for_a_function_that_nobody_waits_for(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    name = api.function("def lambda_handler(event, context): print('run', event)")
    asynchronous = {"integration.request.header.X-Amz-Invocation-Type": "'Event'"}
    api.put("/", "POST", name, integration={"type": "AWS", "requestParameters": asynchronous})
    responding(api, api.at("/", "POST"), {"statusCode": "200"})
    api.deploy()
    got = api.ask("", "POST", body=b'{"a": 1}')
    assert (got.status, got.body) == (200, b"")
    cloud.advance(1)
    lines = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert any(line["message"].startswith("run {'a': 1}") for line in lines)


def test_what_is_wrong_with_an_integration_is_a_500(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    name = api.function(SAME)
    api.put("/no-response", "GET", name, integration={"type": "AWS"})
    api.put("/no-method-response", "GET", name, integration={"type": "AWS"})
    responding(api, api.at("/no-method-response", "GET"), {"statusCode": "200"})
    api.client.delete_method_response(**api.at("/no-method-response", "GET"), statusCode="200")
    api.put("/get", "GET", name, integration={"integrationHttpMethod": "GET"})
    api.put("/velocity", "GET", name, integration={"type": "AWS", "requestTemplates": {"application/json": "#if("}})
    api.deploy()
    for path in ("/no-response", "/no-method-response", "/get", "/velocity"):
        got = api.ask(path)
        assert (got.status, got.body) == (500, b'{"message": "Internal server error"}'), path


# --- HTTP endpoints ------------------------------------------------------------------


@pytest.fixture
def endpoint() -> Iterator[str]:
    """An HTTP server that answers with what it got; a path /status/N has that status."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = int(self.path.rpartition("/")[2].partition("?")[0]) if "/status/" in self.path else 200
            content = json.dumps({
                "method": self.command, "path": self.path, "body": body.decode(), "headers": dict(self.headers.items())
            }).encode()  # fmt: skip
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-From", "endpoint")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_is_passed_on_to_an_endpoint(cloud: CloudUnderTest, endpoint: str) -> None:
    api = RestApi(cloud)
    named = api.method("/{proxy+}", "ANY", requestParameters={"method.request.path.proxy": True})
    api.client.put_integration(
        **named, type="HTTP_PROXY", integrationHttpMethod="ANY", uri=endpoint + "/${stageVariables.base}/{proxy}",
        requestParameters={"integration.request.path.proxy": "method.request.path.proxy",
                           "integration.request.header.X-Stage": "context.stage"},
    )  # fmt: skip
    api.deploy(variables={"base": "v1"})
    got = api.ask("/a/b%20c?x=1&x=2", "POST", body=b"hello", headers=[("X-Mine", "2"), ("Content-Type", "text/plain")])
    assert got.status == 200 and got.headers["X-From"] == "endpoint" and got.headers["x-amzn-Remapped-Server"]
    seen = got.json
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/v1/a/b%20c?x=1&x=2", "hello")
    assert seen["headers"]["X-Mine"] == "2" and seen["headers"]["X-Stage"] == "prod"
    assert seen["headers"]["Host"] == endpoint.removeprefix("http://")
    assert {name.lower(): value for name, value in seen["headers"].items()}["x-amzn-apigateway-api-id"] == api.id
    assert api.ask("/status/418").status == 418


def test_an_endpoint_behind_templates_and_one_that_is_not_there(cloud: CloudUnderTest, endpoint: str) -> None:
    api = RestApi(cloud)
    named = api.method("/{code}", "GET", requestParameters={"method.request.path.code": True})
    api.client.put_integration(
        **named, type="HTTP", integrationHttpMethod="POST", uri=endpoint + "/status/{code}",
        requestParameters={"integration.request.path.code": "method.request.path.code",
                           "integration.request.querystring.q": "'fixed'"},
        requestTemplates={"application/json": '{"asked": "$context.resourcePath"}'},
    )  # fmt: skip
    responding(api, named, {"statusCode": "200"}, {"statusCode": "502", "selectionPattern": r"5\d{2}", "responseParameters": {
        "method.response.header.X-Was": "integration.response.header.X-From",
        "method.response.header.X-Q": "integration.response.body.path",
    }})  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nothing = api.method("/gone", "GET")
    api.client.put_integration(**nothing, type="HTTP_PROXY", integrationHttpMethod="GET", uri=f"http://127.0.0.1:{port}/")
    api.deploy()
    assert json.loads(api.ask("/200").json["body"]) == {"asked": "/{code}"}
    got = api.ask("/503")
    assert (got.status, got.headers["X-Was"], got.headers["X-Q"]) == (502, "endpoint", "/status/503?q=fixed")
    got = api.ask("/gone")
    assert (got.status, got.body) == (504, b'{"message": "Network error communicating with endpoint"}')


# --- tests of a method ---------------------------------------------------------------


def test_a_method_is_tested_before_it_is_deployed(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    name = cloud.function(ECHO)
    api.put("/orders/{id}", "POST", name, apiKeyRequired=True, authorizationType="AWS_IAM")
    refused = api.test("/orders/{id}", "POST")
    assert refused["status"] == 500 and json.loads(refused["body"]) == {"message": "Internal server error"}
    assert "Execution failed due to configuration error: Invalid permissions on Lambda function" in refused["log"]
    api.allow(name, "test-invoke-stage/POST/orders/*")
    found = api.test(
        "/orders/{id}", "POST", pathWithQueryString="/orders/7?page=1&page=2", body='{"a": 1}', headers={"Accept": "text/plain"},
        multiValueHeaders={"X-Many": ["1", "2"]}, stageVariables={"v": "1"},
    )  # fmt: skip
    assert found["status"] == 200 and found["latency"] >= 0
    assert found["headers"]["X-Amzn-Trace-Id"].startswith("Root=1-") and found["headers"]["Content-Type"] == "application/json"
    assert found["multiValueHeaders"]["Content-Type"] == ["application/json"]
    event = json.loads(found["body"])
    assert event["path"] == "/orders/7" and event["pathParameters"] == {"id": "7"} and event["stageVariables"] == {"v": "1"}
    assert event["multiValueQueryStringParameters"] == {"page": ["1", "2"]} and event["body"] == '{"a": 1}'
    assert event["multiValueHeaders"] == {"Accept": ["text/plain"], "X-Many": ["1", "2"]}
    context = event["requestContext"]
    assert (
        context["stage"] == "test-invoke-stage" and context["path"] == "/orders/7" and context["domainPrefix"] == "testPrefix"
    )
    assert context["identity"]["apiKey"] == "test-invoke-api-key" and context["identity"]["sourceIp"] == "test-invoke-source-ip"
    assert context["identity"]["userArn"] == "arn:aws:iam::123456789012:root"
    said = [line.partition(" : ")[2] or line for line in found["log"].splitlines()]
    assert said[:7] == [
        f"Execution log for request {context['requestId']}", f"Starting execution for request: {context['requestId']}",
        "HTTP Method: POST, Resource Path: /orders/{id}", "Method request path: {id=7}", "Method request query string: {page=2}",
        "Method request headers: {Accept=text/plain, X-Many=2}", 'Method request body before transformations: {"a": 1}',
    ]  # fmt: skip
    starts = [line.partition(":")[0] for line in said[7:]]
    assert starts == [
        "Endpoint request URI", "Endpoint request headers", "Endpoint request body after transformations",
        "Sending request to https",
        "Received response. Status", "Endpoint response headers", "Endpoint response body before transformations",
        "Method response body after transformations", "Method response headers", "Successfully completed execution",
        "Method completed with status",
    ]  # fmt: skip


def test_what_is_not_there_is_not_tested(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function("def lambda_handler(event, context): raise ValueError('no')"))
    found = api.test("/")
    assert found["status"] == 502 and "due to customer function error: no. Lambda request id" in found["log"]
    missing = api.client.exceptions.NotFoundException
    at = api.at("/", "GET")
    for changed, sentence in (
        ({"restApiId": "nothing"}, "Invalid API identifier specified 123456789012:nothing"),
        ({"resourceId": "nothing"}, "Invalid Resource identifier specified"),
        ({"httpMethod": "PUT"}, "Invalid Method identifier specified"),
    ):
        with pytest.raises(missing, match=sentence):
            api.client.test_invoke_method(**(at | changed))
