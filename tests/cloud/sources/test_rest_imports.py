"""REST APIs that OpenAPI documents make."""

from __future__ import annotations

import json

from tests.cloud.sources.rest import ECHO, RestApi, event_of
from tests.support import CloudUnderTest


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
