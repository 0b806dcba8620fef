"""Plain HTTP against the cloud under test, and functions that show what they got."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

from tests.support import CloudUnderTest

ACCOUNT = "123456789012"
# Answers its event.
ECHO = "def lambda_handler(event, context): return event"


@dataclass(frozen=True)
class Answered:
    """An HTTP answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    url: str, method: str = "GET", body: bytes | None = None, headers: Iterable[tuple[str, str]] = (), host: str | None = None
) -> Answered:  # fmt: skip
    """A request with exactly these headers (and a length, where there is a body), sent to where `url` leads."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or parts.netloc)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answered(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def public_url(cloud: CloudUnderTest, code: str, qualifier: str | None = None, **settings: Any) -> str:
    """The URL of a new function that anybody may call."""
    name = cloud.function(code)
    return open_url(cloud, name, qualifier, **settings)


def open_url(cloud: CloudUnderTest, name: str, qualifier: str | None = None, **settings: Any) -> str:
    """A new URL of a function, with the two permissions that the console would give."""
    client = cloud.client("lambda")
    which = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    for action, condition in (
        ("InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}), ("InvokeFunction", {"InvokedViaFunctionUrl": True})
    ):  # fmt: skip
        client.add_permission(**which, StatementId=action, Action=f"lambda:{action}", Principal="*", **condition)
    return str(client.create_function_url_config(**which, **({"AuthType": "NONE"} | settings))["FunctionUrl"])


class HttpApi:
    """An HTTP API under test, of whose stages one is ``$default`` unless said otherwise."""

    def __init__(self, cloud: CloudUnderTest, stage: str | None = "$default", **settings: Any) -> None:
        self.cloud, self.client = cloud, cloud.client("apigatewayv2")
        made = self.client.create_api(Name="api", ProtocolType="HTTP", **settings)
        self.id, self.url = made["ApiId"], made["ApiEndpoint"]
        if stage is not None:
            self.client.create_stage(ApiId=self.id, StageName=stage, AutoDeploy=True)

    def integration(self, name: str, version: str = "2.0", *, permit: bool = True, **settings: Any) -> str:
        """An integration with a function, which the API may call; its id."""
        arn = self.cloud.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
        if permit:
            self.permit(name)
        given = {"IntegrationType": "AWS_PROXY", "IntegrationUri": arn, "PayloadFormatVersion": version}
        return str(self.client.create_integration(ApiId=self.id, **(given | settings))["IntegrationId"])

    def permit(self, name: str, path: str = "*") -> None:
        source = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{self.id}/{path}"
        self.cloud.client("lambda").add_permission(
            FunctionName=name, StatementId=f"api-{self.id}", Action="lambda:InvokeFunction", SourceArn=source,
            Principal="apigateway.amazonaws.com",
        )  # fmt: skip

    def route(self, key: str, integration: str, **settings: Any) -> None:
        self.client.create_route(ApiId=self.id, RouteKey=key, Target=f"integrations/{integration}", **settings)

    def ask(self, path: str = "/", *args: Any, **settings: Any) -> Answered:
        return ask(self.url + path, *args, **settings)


def api_of(cloud: CloudUnderTest, code: str, *keys: str, version: str = "2.0", **settings: Any) -> HttpApi:
    """An API whose routes all lead to one new function."""
    api = HttpApi(cloud, **settings)
    integration = api.integration(cloud.function(code), version)
    for key in keys:
        api.route(key, integration)
    return api
