"""Contract: HTTP APIs as moto's apigatewayv2 keeps them, and what is added to it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lablib.cloud.moto_seam import httpapis
from lablib.cloud.moto_seam.httpapis import Authorizer, Integration, Route
from tests.cloud.moto_seam.conftest import Moto

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"


@pytest.fixture
def client(moto: Moto) -> Any:
    return moto.client("apigatewayv2")


@pytest.fixture
def api(client: Any) -> str:
    return str(client.create_api(Name="a", ProtocolType="HTTP", CorsConfiguration={"AllowOrigins": ["*"]})["ApiId"])


def routes(api: str, stage: str = "$default") -> list[str]:
    found = httpapis.read(api)
    assert found is not None
    return [route.key for route in found.stages[stage].routes]


def test_everything_that_a_request_needs(client: Any, api: str) -> None:
    integration = client.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=ARN, PayloadFormatVersion="2.0", TimeoutInMillis=5000,
        CredentialsArn="role",
    )["IntegrationId"]  # fmt: skip
    authorizer = client.create_authorizer(
        ApiId=api, AuthorizerType="REQUEST", Name="z", IdentitySource=["$request.header.A"], AuthorizerUri=ARN,
        AuthorizerPayloadFormatVersion="1.0", AuthorizerResultTtlInSeconds=60, EnableSimpleResponses=True,
    )["AuthorizerId"]  # fmt: skip
    client.create_route(
        ApiId=api, RouteKey="GET /x", Target=f"integrations/{integration}", AuthorizationType="CUSTOM", AuthorizerId=authorizer,
        AuthorizationScopes=["s"],
    )  # fmt: skip
    client.create_stage(ApiId=api, StageName="dev", AutoDeploy=True, StageVariables={"k": "v"})
    found = httpapis.read(api)
    assert found is not None and (found.id, found.disabled, found.cors) == (api, False, {"allowOrigins": ["*"]})
    stage = found.stages["dev"]
    assert stage.variables == {"k": "v"}
    assert stage.routes == (
        Route(
            "GET /x", "CUSTOM",
            Authorizer(authorizer, "REQUEST", ("$request.header.A",), ARN, "1.0", 60.0, True, None, "", ()), ("s",),
            Integration("AWS_PROXY", ARN, None, "POST", "2.0", 5.0, "role"),
        ),
    )  # fmt: skip


def test_a_jwt_authorizer(client: Any, api: str) -> None:
    authorizer = client.create_authorizer(
        ApiId=api, AuthorizerType="JWT", Name="j", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": "https://i", "Audience": ["a"]},
    )["AuthorizerId"]  # fmt: skip
    client.create_route(ApiId=api, RouteKey="$default", AuthorizationType="JWT", AuthorizerId=authorizer)
    client.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    found = httpapis.read(api)
    assert found is not None
    route = found.stages["$default"].routes[0]
    assert route.authorizer is not None and (route.authorizer.issuer, route.authorizer.audience) == ("https://i", ("a",))
    assert [entry["AuthorizerId"] for entry in client.get_authorizers(ApiId=api)["Items"]] == [authorizer]


def test_what_is_no_http_api(client: Any) -> None:
    made = client.create_api(Name="w", ProtocolType="WEBSOCKET")
    assert made["ApiEndpoint"].startswith("https://") and httpapis.read(made["ApiId"]) is None
    assert httpapis.read("none") is None


def test_its_endpoint_is_here(client: Any, api: str) -> None:
    url = f"http://127.0.0.1:1/_aws/execute-api/{api}"
    assert client.get_api(ApiId=api)["ApiEndpoint"] == url
    assert [found["ApiEndpoint"] for found in client.get_apis()["Items"]] == [url]
    assert client.update_api(ApiId=api, Name="b")["ApiEndpoint"] == url


def test_quick_create(client: Any) -> None:
    made = client.create_api(Name="q", ProtocolType="HTTP", Target=ARN, RouteKey="GET /x")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    found = httpapis.read(made["ApiId"])
    assert found is not None
    route = found.stages["$default"].routes[0]
    assert route.key == "GET /x" and route.integration is not None
    assert (route.integration.kind, route.integration.uri, route.integration.version) == ("AWS_PROXY", ARN, "2.0")
    to_a_server = client.create_api(Name="q", ProtocolType="HTTP", Target="http://127.0.0.1:2/")["ApiId"]
    assert routes(to_a_server) == ["$default"]


def test_deployments(client: Any, api: str) -> None:
    with pytest.raises(ClientError, match="At least one route"):
        client.create_deployment(ApiId=api)
    client.create_route(ApiId=api, RouteKey="GET /one")
    first = client.create_deployment(ApiId=api, Description="d")
    assert (first["DeploymentStatus"], first["Description"], first["AutoDeployed"]) == ("DEPLOYED", "d", False)
    client.create_stage(ApiId=api, StageName="prod", DeploymentId=first["DeploymentId"])
    client.create_route(ApiId=api, RouteKey="GET /two")
    assert routes(api, "prod") == ["GET /one"]
    second = client.create_deployment(ApiId=api, StageName="prod")["DeploymentId"]
    assert routes(api, "prod") == ["GET /one", "GET /two"]
    client.update_stage(ApiId=api, StageName="prod", DeploymentId=first["DeploymentId"], Description="back")
    assert routes(api, "prod") == ["GET /one"]
    stage = client.get_stage(ApiId=api, StageName="prod")
    assert (stage["DeploymentId"], stage["Description"]) == (first["DeploymentId"], "back")
    assert [found["DeploymentId"] for found in client.get_deployments(ApiId=api)["Items"]] == [first["DeploymentId"], second]
    with pytest.raises(ClientError, match="Active stages"):
        client.delete_deployment(ApiId=api, DeploymentId=first["DeploymentId"])
    client.delete_deployment(ApiId=api, DeploymentId=second)
    with pytest.raises(ClientError, match="Invalid Deployment identifier"):
        client.get_deployment(ApiId=api, DeploymentId=second)


def test_an_openapi_document(client: Any) -> None:
    integration = {"type": "AWS_PROXY", "httpMethod": "POST", "uri": ARN, "payloadFormatVersion": "2.0"}
    operation = f'{{"x-amazon-apigateway-integration": {str(integration).replace(chr(39), chr(34))}}}'
    api = client.import_api(Body=f'{{"openapi": "3.0.1", "info": {{"title": "t"}}, "paths": {{"/x": {{"get": {operation}}}}}}}')
    assert api["Name"] == "t"
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    assert routes(api["ApiId"]) == ["GET /x"]
