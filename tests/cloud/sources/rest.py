"""A REST API under test: made with boto3, asked over HTTP."""

from __future__ import annotations

import json
from typing import Any

from tests.cloud.sources.http import Answered, ask
from tests.support import CloudUnderTest

ECHO = "import json\ndef lambda_handler(event, context): return {'statusCode': 200, 'body': json.dumps(event)}"


class RestApi:
    """One API. `put` makes methods, `deploy` freezes them to a stage, `ask` asks at the stage's address."""

    def __init__(self, cloud: CloudUnderTest, **settings: Any) -> None:
        self.cloud, self.client = cloud, cloud.client("apigateway")
        made = self.client.create_rest_api(name="orders", **settings)
        self.id: str = made["id"]
        self.paths = {"/": made["rootResourceId"]}

    @property
    def address(self) -> str:
        return f"{self.cloud.url}/_aws/execute-api/{self.id}"

    def resource(self, path: str) -> str:
        """The id of a resource; made, with all above it, if it is not there."""
        if path not in self.paths:
            above, _, part = path.rpartition("/")
            made = self.client.create_resource(restApiId=self.id, parentId=self.resource(above or "/"), pathPart=part)
            self.paths[path] = made["id"]
        return self.paths[path]

    def at(self, path: str, method: str) -> dict[str, Any]:
        """What names a method in every operation."""
        return {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": method}

    def method(self, path: str, method: str, **settings: Any) -> dict[str, Any]:
        """Put a method without an integration, and return what names it."""
        named = self.at(path, method)
        self.client.put_method(**named, **{"authorizationType": "NONE", **settings})
        return named

    def put(self, path: str, method: str, function: str, *, integration: dict[str, Any] | None = None, **settings: Any) -> None:
        """Put a method with a function behind it, which the API may call."""
        named = self.method(path, method, **settings)
        given = {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": self.uri(function), **(integration or {})}
        self.client.put_integration(**named, **given)

    def uri(self, function: str) -> str:
        arn = f"arn:aws:lambda:{self.cloud.region}:123456789012:function:{function}"
        return f"arn:aws:apigateway:{self.cloud.region}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def allow(self, function: str, source: str = "*", **settings: Any) -> None:
        """Let this API call a function, by the end of a source ARN."""
        self.cloud.client("lambda").add_permission(
            FunctionName=function, StatementId=f"api-{self.id}-{len(source)}", Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{self.cloud.region}:123456789012:{self.id}/{source}", **settings,
        )  # fmt: skip

    def function(self, code: str, **settings: Any) -> str:
        """A new function that this API may call."""
        name = self.cloud.function(code, **settings)
        self.allow(name)
        return name

    def deploy(self, stage: str = "prod", **settings: Any) -> str:
        return str(self.client.create_deployment(restApiId=self.id, stageName=stage, **settings)["id"])

    def ask(self, path: str, method: str = "GET", *, stage: str = "prod", **how: Any) -> Answered:
        return ask(f"{self.address}/{stage}{path}", method, **how)

    def test(self, path: str, method: str = "GET", **how: Any) -> dict[str, Any]:
        """TestInvokeMethod."""
        found: dict[str, Any] = self.client.test_invoke_method(**self.at(path, method), **how)
        return found


def event_of(got: Answered) -> dict[str, Any]:
    """The event that ECHO was called with."""
    assert got.status == 200, got.body
    event: dict[str, Any] = json.loads(got.body)
    return event


def role_for(cloud: CloudUnderTest, action: str, service: str = "apigateway") -> str:
    """A role that a service may assume, and that may do this."""
    iam, name = cloud.client("iam"), f"{service}-{action.replace(':', '-').replace('*', 'all')}"
    trust = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": action, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({**document, "Statement": [allowed]}))
    return str(arn)


def responding(api: RestApi, named: dict[str, Any], *responses: dict[str, Any]) -> None:
    """Have an integration's answers become these, and declare them."""
    for response in responses:
        api.client.put_method_response(**named, statusCode=response["statusCode"])
        api.client.put_integration_response(**named, **response)
