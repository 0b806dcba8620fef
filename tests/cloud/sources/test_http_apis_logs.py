"""The access log of an HTTP API's stage: where somebody finds out why the client was told no more than "Internal Server Error"."""

from __future__ import annotations

import pytest

from tests.cloud.sources.http import ACCOUNT, HttpApi, api_of
from tests.support import CloudUnderTest

FORM = "$context.routeKey $context.status $context.integrationErrorMessage $context.authorizer.error $context.nothing"
OK = "def lambda_handler(event, context): return {'statusCode': 201, 'body': 'hello'}"
PERMISSIONS = "doesn't have permissions to call the {}. Check the permissions and try again."


def logged(api: HttpApi, form: str = FORM) -> None:
    """Have the API's stage write a log."""
    api.cloud.client("logs").create_log_group(logGroupName="/api")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/api"
    api.client.update_stage(ApiId=api.id, StageName="$default", AccessLogSettings={"DestinationArn": arn, "Format": form})


def lines(cloud: CloudUnderTest) -> list[str]:
    return [event["message"] for event in cloud.client("logs").filter_log_events(logGroupName="/api")["events"]]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (OK, "201 -"),
        (
            "def lambda_handler(event, context): raise ValueError('no such cat')",
            "500 The Lambda function returned the following error: no such cat. Check your Lambda function code and try again.",
        ),
        (
            "def lambda_handler(event, context): return {'statusCode': 200, 'body': {}}",
            "500 The response from the Lambda function doesn't match the format that API Gateway expects: its body is no string.",
        ),
    ],
)
def test_a_line_says_why(cloud: CloudUnderTest, code: str, said: str) -> None:
    api = api_of(cloud, code, "GET /cats")
    logged(api)
    api.ask("/cats")
    assert lines(cloud) == [f"GET /cats {said} - -"]


def test_a_forgotten_permission(cloud: CloudUnderTest) -> None:
    api = HttpApi(cloud)
    api.route("GET /cats", api.integration(cloud.function(OK), permit=False))
    logged(api)
    assert api.ask("/cats").status == 500
    assert lines(cloud)[0].endswith(PERMISSIONS.format("integration") + " - -")


def test_an_authorizer_that_may_not_be_called(cloud: CloudUnderTest) -> None:
    api = HttpApi(cloud)
    arn = cloud.client("lambda").get_function(FunctionName=cloud.function(OK))["Configuration"]["FunctionArn"]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    made = api.client.create_authorizer(
        ApiId=api.id, AuthorizerType="REQUEST", Name="who", AuthorizerUri=uri, AuthorizerPayloadFormatVersion="2.0",
        IdentitySource=["$request.header.Authorization"], EnableSimpleResponses=True,
    )  # fmt: skip
    integration = api.integration(cloud.function(OK))
    api.route("GET /cats", integration, AuthorizationType="CUSTOM", AuthorizerId=made["AuthorizerId"])
    logged(api)
    assert api.ask("/cats", headers=[("Authorization", "me")]).status == 500
    line = lines(cloud)[0]
    assert line.startswith("GET /cats 500 - The IAM role") and PERMISSIONS.format("authorizer") in line


def test_a_lines_values(cloud: CloudUnderTest) -> None:
    api = api_of(cloud, OK, "GET /cats")
    logged(api, "$context.identity.sourceIp $context.httpMethod $context.stage $context.responseLength $context.integrationLatency")
    answer = api.ask("/cats")
    (line,) = lines(cloud)
    *known, latency = line.split()
    assert known == ["127.0.0.1", "GET", "$default", str(len(answer.body))] and int(latency) >= 0


def test_without_settings_nothing_is_logged(cloud: CloudUnderTest) -> None:
    api = api_of(cloud, OK, "GET /cats")
    cloud.client("logs").create_log_group(logGroupName="/api")
    assert api.ask("/cats").status == 201 and lines(cloud) == []
