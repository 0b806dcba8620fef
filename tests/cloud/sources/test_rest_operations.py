"""API Gateway's own API where moto lacks something of it, or takes what AWS refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.sources.rest import ECHO, RestApi, event_of
from tests.support import CloudUnderTest


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call()
    said = error.value.response["Error"]
    return said["Code"], said["Message"]


def test_what_aws_refuses_is_refused_in_its_words(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    client, root = api.client, api.paths["/"]
    api.resource("/a")
    api.resource("/{id}")
    greedy = api.resource("/a/{all+}")
    api.put("/a", "GET", api.function(ECHO))
    deployment = api.deploy()

    def resource(parent: str, part: str) -> Callable[[], Any]:
        return lambda: client.create_resource(restApiId=api.id, parentId=parent, pathPart=part)

    assert refused(resource(root, "a")) == (
        "ConflictException", "Another resource with the same parent already has this name: a",
    )  # fmt: skip
    assert refused(resource(root, "{other}")) == (
        "BadRequestException", "A sibling ({id}) of this resource already has a variable path part -- only one is allowed",
    )  # fmt: skip
    assert refused(resource(greedy, "b")) == (
        "BadRequestException", "Cannot create a child of a resource with a greedy path variable.",
    )  # fmt: skip
    assert refused(lambda: api.method("/a", "GET")) == ("ConflictException", "Method already exists for this resource")
    code, message = refused(lambda: api.method("/a", "PUT", authorizationType="CUSTOM", authorizerId="none"))
    assert code == "BadRequestException" and message.startswith("Invalid authorizer ID specified. Setting the authorization type")

    at = api.at("/a", "GET")
    code, message = refused(lambda: client.put_integration(**at, type="MOCK", timeoutInMillis=29001))
    assert (code, message) == ("BadRequestException", "Timeout should be between 50 ms and 29000 ms")
    code, _ = refused(lambda: client.put_integration_response(**at, statusCode="418"))
    assert code == "NotFoundException"
    assert refused(lambda: client.create_stage(restApiId=api.id, stageName="x", deploymentId="none")) == (
        "BadRequestException", "Deployment id does not exist",
    )  # fmt: skip
    for name in ("a b", "ü"):
        code, message = refused(lambda name=name: client.create_stage(restApiId=api.id, stageName=name, deploymentId=deployment))
        assert (code, message) == ("BadRequestException", "Stage name only allows a-zA-Z0-9_-")
    api.method("/a", "PUT")
    assert refused(api.deploy) == ("NotFoundException", "No integration defined for method")


def test_methods_and_integrations_are_updated(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    first, second = api.function(ECHO), api.function("def lambda_handler(event, context): return {'body': 'second'}")
    api.put("/a", "GET", first)
    at = api.at("/a", "GET")

    def replace(path: str, value: str) -> list[dict[str, str]]:
        return [{"op": "replace", "path": path, "value": value}]

    assert api.client.update_integration(**at, patchOperations=replace("/uri", api.uri(second)))["uri"] == api.uri(second)
    assert api.client.update_method(**at, patchOperations=replace("/apiKeyRequired", "true"))["apiKeyRequired"]
    api.deploy()
    assert api.ask("/a").status == 403
    api.client.update_method(**at, patchOperations=replace("/apiKeyRequired", "false"))
    api.client.update_resource(restApiId=api.id, resourceId=api.paths["/a"], patchOperations=replace("/pathPart", "b"))
    api.deploy()
    assert api.ask("/b").text == "second" and api.ask("/a").status == 403
    code, _ = refused(lambda: api.client.update_integration(**at, patchOperations=replace("/nothing", "x")))
    assert code == "BadRequestException"


def test_responses_are_updated(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    named = api.method("/", "GET")
    api.client.put_integration(**named, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    api.client.put_method_response(**named, statusCode="200")
    api.client.put_integration_response(**named, statusCode="200")
    add = [{"op": "add", "path": "/responseParameters/method.response.header.X", "value": "'1'"},
           {"op": "add", "path": "/responseTemplates/application~1json", "value": '{"a": 1}'}]  # fmt: skip
    found = api.client.update_integration_response(**named, statusCode="200", patchOperations=add)
    assert found["responseTemplates"] == {"application/json": '{"a": 1}'}
    declare = [{"op": "add", "path": "/responseParameters/method.response.header.X", "value": "false"}]
    api.client.update_method_response(**named, statusCode="200", patchOperations=declare)
    customize = [{"op": "add", "path": "/responseParameters/gatewayresponse.header.Y", "value": "'2'"},
                 {"op": "replace", "path": "/statusCode", "value": "404"}]  # fmt: skip
    api.client.update_gateway_response(
        restApiId=api.id, responseType="MISSING_AUTHENTICATION_TOKEN", patchOperations=customize
    )
    api.deploy()
    got = api.ask("")
    assert (got.json, got.headers["X"]) == ({"a": 1}, "1")
    got = api.ask("/nothing")
    assert (got.status, got.headers["Y"]) == (404, "2")
    remove = [{"op": "remove", "path": "/responseParameters/method.response.header.X"}]
    api.client.update_integration_response(**named, statusCode="200", patchOperations=remove)
    api.deploy()
    assert "X" not in api.ask("").headers


def test_metrics_of_an_api(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function(ECHO))
    api.put("/bad", "GET", api.function("def lambda_handler(event, context): return 7"))
    api.deploy()
    for path in ("", "", "/bad", "/nothing"):
        api.ask(path)

    def total(metric: str, statistic: str = "Sum") -> float:
        now = cloud.lab("GET", "/_lab/clock").body["now"]
        points = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApiGateway", MetricName=metric, StartTime=now - 600, EndTime=now + 600, Period=3600,
            Statistics=[statistic], Dimensions=[{"Name": "ApiName", "Value": "orders"}, {"Name": "Stage", "Value": "prod"}],
        )["Datapoints"]  # fmt: skip
        return float(sum(point[statistic] for point in points))

    assert [total(name) for name in ("Count", "4XXError", "5XXError")] == [4, 1, 1]
    assert total("Count", "SampleCount") == 4 and total("Latency") >= total("IntegrationLatency") > 0


def test_the_event_says_what_the_operation_is_called(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function(ECHO), operationName="ListOrders")
    api.deploy()
    assert event_of(api.ask(""))["requestContext"]["operationName"] == "ListOrders"


def written(cloud: CloudUnderTest, group: str) -> list[str]:
    return [event["message"] for event in cloud.client("logs").filter_log_events(logGroupName=group)["events"]]


def test_a_stage_s_logs(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/a/{id}", "POST", api.function(ECHO))
    api.put("/bad", "GET", api.function("def lambda_handler(event, context): return 7"))
    api.deploy()
    cloud.client("logs").create_log_group(logGroupName="access")
    group = f"arn:aws:logs:{cloud.region}:123456789012:log-group:access"
    names = ("requestId", "httpMethod", "resourcePath", "status", "responseLength", "error.message")
    settings = {
        "/accessLogSettings/destinationArn": group, "/accessLogSettings/format": " ".join(f"$context.{name}" for name in names),
        "/*/*/logging/loglevel": "INFO", "/~1bad/GET/logging/loglevel": "ERROR", "/*/*/logging/dataTrace": "true",
    }  # fmt: skip
    changes = [{"op": "replace", "path": path, "value": value} for path, value in settings.items()]
    api.client.update_stage(restApiId=api.id, stageName="prod", patchOperations=changes)
    good, bad, nowhere = api.ask("/a/7", "POST", body=b"hello"), api.ask("/bad"), api.ask("/nothing")
    ids = [got.headers["x-amzn-RequestId"] for got in (good, bad, nowhere)]
    assert written(cloud, "access") == [
        f"{ids[0]} POST /a/{{id}} 200 {len(good.body)} -", f"{ids[1]} GET /bad 502 36 Internal server error",
        f"{ids[2]} GET - 403 42 Missing Authentication Token",
    ]  # fmt: skip
    lines = written(cloud, f"API-Gateway-Execution-Logs_{api.id}/prod")
    mine = [line.partition(") ")[2] for line in lines if line.startswith(f"({ids[0]})")]
    assert mine[:3] == [
        f"Starting execution for request: {ids[0]}", "HTTP Method: POST, Resource Path: /a/{id}", "Method request path: {id=7}",
    ]  # fmt: skip
    assert "Method request body before transformations: hello" in mine and mine[-1] == "Method completed with status: 200"
    assert [line.partition(") ")[2] for line in lines if line.startswith(f"({ids[1]})")] == [
        "Execution failed due to configuration error: Malformed Lambda proxy response", "Method completed with status: 502",
    ]  # fmt: skip
    off = [{"op": "replace", "path": "/*/*/logging/loglevel", "value": "OFF"}, {"op": "remove", "path": "/accessLogSettings"}]
    api.client.update_stage(restApiId=api.id, stageName="prod", patchOperations=off)
    api.ask("/a/7", "POST")
    assert len(written(cloud, "access")) == 3 and len(written(cloud, f"API-Gateway-Execution-Logs_{api.id}/prod")) == len(lines)
