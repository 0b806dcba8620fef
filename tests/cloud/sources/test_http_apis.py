"""HTTP APIs: the address that CreateApi returns, the routes, and both events."""

from __future__ import annotations

import re

import pytest

from tests.cloud.sources.http import ACCOUNT, ECHO, HttpApi, api_of, ask
from tests.support import CloudUnderTest

def test_the_event_of_format_2(cloud: CloudUnderTest) -> None:
    api = api_of(cloud, ECHO, "POST /pets/{id}/{more+}")
    answer = api.ask(
        "/pets/a%20b/x/y?one=1&one=2&two=a%20b", "POST", b"hello",
        [("Content-Type", "text/plain"), ("Cookie", "a=1; b=2"), ("X-Many", "1"), ("X-Many", "2"), ("User-Agent", "me/1")],
    )  # fmt: skip
    event = answer.json
    context, headers = event.pop("requestContext"), event.pop("headers")
    assert event == {
        "version": "2.0", "routeKey": "POST /pets/{id}/{more+}", "rawPath": "/pets/a b/x/y",
        "rawQueryString": "one=1&one=2&two=a%20b",
        "cookies": ["a=1", "b=2"], "queryStringParameters": {"one": "1,2", "two": "a b"},
        "pathParameters": {"id": "a b", "more": "x/y"}, "body": "hello", "isBase64Encoded": False,
    }  # fmt: skip
    domain = f"{api.id}.execute-api.us-east-1.amazonaws.com"
    del context["time"], context["timeEpoch"]
    assert context == {
        "accountId": ACCOUNT, "apiId": api.id, "domainName": domain, "domainPrefix": api.id,
        "http": {"method": "POST", "path": "/pets/a b/x/y", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "me/1"},
        "requestId": answer.headers["Apigw-Requestid"], "routeKey": "POST /pets/{id}/{more+}", "stage": "$default",
    }  # fmt: skip
    assert re.fullmatch(r"[\w-]{15}=", context["requestId"])
    assert (headers["host"], headers["x-many"], headers["content-length"]) == (domain, "1,2", "5")
    assert "cookie" not in headers


def test_a_named_stage_has_variables_and_is_part_of_the_path(cloud: CloudUnderTest) -> None:
    api = api_of(cloud, ECHO, "GET /x", stage="dev")
    api.client.update_stage(ApiId=api.id, StageName="dev", StageVariables={"colour": "red"})
    event = api.ask("/dev/x").json
    assert (event["rawPath"], event["requestContext"]["stage"], event["stageVariables"]) == ("/dev/x", "dev", {"colour": "red"})
    assert api.ask("/x").status == 404 and api.ask("/x").json == {"message": "Not Found"}


def test_the_event_of_format_1(cloud: CloudUnderTest) -> None:
    code = "import json\ndef lambda_handler(event, context): return {'statusCode': 200, 'body': json.dumps(event)}"
    api = api_of(cloud, code, "ANY /{proxy+}", version="1.0")
    event = api.ask("/a/b?k=1&k=2", headers=[("X-Many", "1"), ("X-Many", "2")]).json
    context = event.pop("requestContext")
    headers, many = event.pop("headers"), event.pop("multiValueHeaders")
    assert event == {
        "version": "1.0", "resource": "/{proxy+}", "path": "/a/b", "httpMethod": "GET", "queryStringParameters": {"k": "2"},
        "multiValueQueryStringParameters": {"k": ["1", "2"]}, "pathParameters": {"proxy": "a/b"}, "stageVariables": None,
        "body": None, "isBase64Encoded": False,
    }  # fmt: skip
    assert (headers["X-Many"], many["X-Many"], many["Content-Length"]) == ("2", ["1", "2"], ["0"])
    assert context["identity"]["sourceIp"] == "127.0.0.1" and context["identity"]["userArn"] is None
    assert (context["resourcePath"], context["httpMethod"], context["stage"]) == ("/{proxy+}", "GET", "$default")


def test_the_most_specific_route_answers(cloud: CloudUnderTest) -> None:
    keys = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /pets/dog/1", "ANY /{proxy+}", "$default")
    api = api_of(cloud, "def lambda_handler(event, context): return event['routeKey']", *keys)
    for method, path, key in (
        ("GET", "/pets/dog/1", "GET /pets/dog/1"), ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"), ("POST", "/pets/dog/1", "ANY /pets/dog/1"),
        ("POST", "/test/5", "ANY /{proxy+}"), ("GET", "/", "$default"),
    ):  # fmt: skip
        assert api.ask(path, method).text == key, (method, path)


def test_quick_create(cloud: CloudUnderTest) -> None:
    name = cloud.function(ECHO)
    arn = cloud.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    api = HttpApi(cloud, stage=None, Target=arn)
    api.permit(name)
    assert api.ask("/x/y").json["routeKey"] == "$default"


def test_by_its_name_on_aws(cloud: CloudUnderTest) -> None:
    api = api_of(cloud, ECHO, "$default")
    host = f"{api.id}.execute-api.us-east-1.amazonaws.com"
    assert ask(f"{cloud.url}/x", host=host).json["rawPath"] == "/x"


def test_a_stage_without_auto_deploy_shows_what_was_deployed(cloud: CloudUnderTest) -> None:
    api = HttpApi(cloud, stage=None)
    client, code = api.client, "def lambda_handler(event, context): return event['routeKey']"
    integration = api.integration(cloud.function(code))
    client.create_stage(ApiId=api.id, StageName="prod")
    api.route("GET /one", integration)
    assert api.ask("/prod/one").status == 404
    deployment = client.create_deployment(ApiId=api.id, StageName="prod")["DeploymentId"]
    api.route("GET /two", integration)
    assert (api.ask("/prod/one").text, api.ask("/prod/two").status) == ("GET /one", 404)
    assert client.get_stage(ApiId=api.id, StageName="prod")["DeploymentId"] == deployment
    client.update_stage(ApiId=api.id, StageName="prod", AutoDeploy=True)
    assert api.ask("/prod/two").text == "GET /two"


def test_metrics(cloud: CloudUnderTest) -> None:
    api = api_of(cloud, "def lambda_handler(event, context): return {'statusCode': int(event['rawPath'][1:])}", "GET /{status}")
    for status in ("200", "404", "500", "500"):
        assert api.ask(f"/{status}").status == int(status)
    assert api.ask("/no/route").status == 404
    now = cloud.lab("GET", "/_lab/clock").body["now"]
    by_api, by_stage = [{"Name": "ApiId", "Value": api.id}], {"Name": "Stage", "Value": "$default"}
    for metric, dimensions, expected in (
        ("Count", by_api, 5), ("Count", [*by_api, by_stage], 4), ("4xx", by_api, 2), ("5xx", by_api, 2), ("Latency", by_api, 5),
        ("IntegrationLatency", by_api, 4),
    ):  # fmt: skip
        statistic = "SampleCount" if "Latency" in metric else "Sum"
        points = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApiGateway", MetricName=metric, Dimensions=dimensions, Period=3600, StartTime=now - 3600,
            EndTime=now + 3600, Statistics=[statistic],
        )["Datapoints"]  # fmt: skip
        assert sum(point[statistic] for point in points) == expected, metric


@pytest.mark.parametrize("path", ["*/GET/pets/{id}", "*/*/pets/*", "$default/GET/pets/{id}"])
def test_the_functions_policy_is_asked(cloud: CloudUnderTest, path: str) -> None:
    api, name = HttpApi(cloud), cloud.function(ECHO)
    api.route("GET /pets/{id}", api.integration(name, permit=False))
    refused = api.ask("/pets/1")
    assert (refused.status, refused.json) == (500, {"message": "Internal Server Error"})
    api.permit(name, path)
    assert api.ask("/pets/1").status == 200
