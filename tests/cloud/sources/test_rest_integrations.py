"""What is behind a REST API's method besides a proxied function: templates, HTTP endpoints, made-up answers; tests."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.sources.rest import ECHO, RestApi, event_of, role_for
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


def responding(api: RestApi, named: dict[str, Any], *responses: dict[str, Any]) -> None:
    for response in responses:
        api.client.put_method_response(**named, statusCode=response["statusCode"])
        api.client.put_integration_response(**named, **response)


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


def test_an_imported_document_answers(cloud: CloudUnderTest) -> None:
    name = cloud.function(ECHO)
    shell = RestApi(cloud)
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": shell.uri(name)}
    document = {
        "openapi": "3.0.1", "info": {"title": "imported", "description": "", "version": "1"},
        "paths": {
            "/": {"get": {"responses": {}, "x-amazon-apigateway-integration": proxy}},
            "/orders/{id}": {"x-amazon-apigateway-any-method": {"responses": {}, "x-amazon-apigateway-integration": proxy}},
        },
        "x-amazon-apigateway-binary-media-types": ["image/png"],
    }  # fmt: skip
    made = shell.client.import_rest_api(body=json.dumps(document))
    shell.id = made["id"]
    shell.allow(name)
    shell.deploy()
    assert event_of(shell.ask(""))["resource"] == "/"
    event = event_of(shell.ask("/orders/7", "DELETE", body=b"\xff", headers=[("Content-Type", "image/png")]))
    assert event["resource"] == "/orders/{id}" and event["pathParameters"] == {"id": "7"} and event["isBase64Encoded"]
    shell.client.put_rest_api(restApiId=shell.id, mode="merge", body=json.dumps(document))
    assert len(shell.client.get_resources(restApiId=shell.id)["items"]) == 3
    shell.deploy()
    assert event_of(shell.ask("/orders/8"))["resource"] == "/orders/{id}"


def test_a_document_brings_its_guards_validators_and_answers(cloud: CloudUnderTest) -> None:
    shell, echo = RestApi(cloud), cloud.function(ECHO)
    judge = cloud.function(
        "def lambda_handler(event, context):\n"
        "    effect = 'Allow' if event['authorizationToken'] == 'yes' else 'Deny'\n"
        "    return {'principalId': 'a', 'policyDocument': {'Statement': [\n"
        "        {'Action': 'execute-api:Invoke', 'Effect': effect, 'Resource': '*'}]}}\n"
    )
    proxy = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": shell.uri(echo)}}
    mock = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}, "responses": {"default": {
        "statusCode": "200", "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"}}}}  # fmt: skip
    authorizer = {"type": "token", "authorizerUri": shell.uri(judge), "authorizerResultTtlInSeconds": 0}
    document = {
        "swagger": "2.0", "info": {"title": "imported", "version": "1"},
        "securityDefinitions": {
            "judge": {"type": "apiKey", "in": "header", "name": "token", "x-amazon-apigateway-authtype": "custom",
                      "x-amazon-apigateway-authorizer": authorizer},
            "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            "iam": {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"},
        },
        "definitions": {"Item": {"type": "object", "required": ["sku"]},
                        "Order": {"type": "object", "properties": {"item": {"$ref": "#/definitions/Item"}}}},
        "x-amazon-apigateway-request-validators": {"all": {"validateRequestBody": True, "validateRequestParameters": True}},
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-gateway-responses": {"DEFAULT_4XX": {"responseParameters": {
            "gatewayresponse.header.X-From": "'gateway'"}}},
        "paths": {
            "/judged": {"get": {"security": [{"judge": []}], **proxy}},
            "/key": {"get": {"security": [{"key": []}], **proxy}},
            "/signed": {"get": {"security": [{"iam": []}], **proxy}},
            "/orders": {
                "parameters": [{"in": "query", "name": "page", "required": True}],
                "post": {"operationId": "Order", "parameters": [
                    {"in": "body", "name": "Order", "schema": {"$ref": "#/definitions/Order"}}], **proxy},
                "options": {"responses": {"200": {"headers": {"Access-Control-Allow-Origin": {"type": "string"}}}},
                            "x-amazon-apigateway-integration": mock, "x-amazon-apigateway-request-validator": "none"},
            },
        },
    }  # fmt: skip
    shell.id = shell.client.import_rest_api(body=json.dumps(document))["id"]
    shell.allow(echo)
    shell.allow(judge)
    shell.deploy()
    assert [shell.ask("/judged", headers=[("token", said)]).status for said in ("yes", "no")] == [200, 403]
    assert [shell.ask(path).status for path in ("/judged", "/key", "/signed")] == [401, 403, 403]
    assert shell.ask("/key").headers["X-From"] == "gateway"
    assert shell.ask("/orders", "POST", body=b"{}").json == {"message": "Missing required request parameters: [page]"}
    assert shell.ask("/orders?page=1", "POST", body=b'{"item": {}}').json == {"message": "Invalid request body"}
    event = event_of(shell.ask("/orders?page=1", "POST", body=b'{"item": {"sku": 1}}'))
    assert event["requestContext"]["operationName"] == "Order"
    assert shell.ask("/orders", "OPTIONS").headers["Access-Control-Allow-Origin"] == "*"


# --- other services ------------------------------------------------------------------


def behind(api: RestApi, path: str, method: str, service: str, **integration: Any) -> None:
    named = api.method(path, method)
    uri = f"arn:aws:apigateway:{api.cloud.region}:{service}"
    api.client.put_integration(**named, type="AWS", uri=uri, **{"integrationHttpMethod": "POST", **integration})
    responding(api, named, {"statusCode": "200"}, {"statusCode": "400", "selectionPattern": r"[45]\d{2}"})


def test_queues_tables_and_state_machines_behind_a_method(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    sqs, table, states = cloud.client("sqs"), cloud.client("dynamodb"), cloud.client("stepfunctions")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    table.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    machine = states.create_state_machine(
        name="orders", roleArn=role_for(cloud, "sns:*", "states"), type="STANDARD",
        definition=json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}),
    )["stateMachineArn"]  # fmt: skip
    behind(
        api, "/queue", "POST", "sqs:path/123456789012/orders", credentials=role_for(cloud, "sqs:SendMessage"),
        requestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        requestTemplates={"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
    )  # fmt: skip
    dynamodb = role_for(cloud, "dynamodb:*")
    item = '{"TableName": "orders", "Item": {"id": {"S": "$input.params(\'id\')"}, "said": {"S": $input.json(\'$.said\')}}}'
    behind(
        api, "/table/{id}", "PUT", "dynamodb:action/PutItem", credentials=dynamodb, requestTemplates={"application/json": item}
    )
    start = f'{{"stateMachineArn": "{machine}", "input": "$util.escapeJavaScript($input.json(\'$\'))"}}'
    behind(
        api, "/machine", "POST", "states:action/StartExecution", credentials=role_for(cloud, "states:StartExecution"),
        requestTemplates={"application/json": start},
    )  # fmt: skip
    behind(api, "/refused", "POST", "dynamodb:action/Scan", credentials=role_for(cloud, "s3:GetObject"),
           requestTemplates={"application/json": '{"TableName": "orders"}'})  # fmt: skip
    behind(api, "/no-role", "POST", "dynamodb:action/Scan")
    behind(api, "/other-role", "POST", "dynamodb:action/Scan", credentials=cloud.role())
    api.deploy()
    assert api.ask("/queue", "POST", body=b'{"a": "b c"}').status == 200
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == '{"a": "b c"}'
    assert api.ask("/table/7", "PUT", body=b'{"said": "hi"}').status == 200
    assert table.get_item(TableName="orders", Key={"id": {"S": "7"}})["Item"]["said"] == {"S": "hi"}
    got = api.ask("/machine", "POST", body=b'{"n": 1}')
    assert got.status == 200 and states.describe_execution(executionArn=got.json["executionArn"])["input"] == '{"n":1}'
    got = api.ask("/refused", "POST", body=b"{}")
    assert got.status == 400 and "not authorized to perform: dynamodb:Scan" in got.text
    for path in ("/no-role", "/other-role"):
        assert api.ask(path, "POST", body=b"{}").status == 500, path


def test_an_object_of_s3_behind_a_method(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="shop")
    s3.put_object(Bucket="shop", Key="a/b c.txt", Body=b"hello")
    named = api.method("/{key}", "GET", requestParameters={"method.request.path.key": True})
    api.client.put_integration(
        **named, type="AWS", integrationHttpMethod="GET", uri=f"arn:aws:apigateway:{cloud.region}:s3:path/shop/a/{{key}}",
        credentials=role_for(cloud, "s3:*"), requestParameters={"integration.request.path.key": "method.request.path.key"},
    )  # fmt: skip
    responding(api, named, {"statusCode": "200"}, {"statusCode": "404", "selectionPattern": "404"})
    api.deploy()
    assert (api.ask("/b%20c.txt").status, api.ask("/b%20c.txt").body) == (200, b"hello")
    assert api.ask("/none").status == 404
