"""Who may call a REST API's method: authorizers, API keys, IAM, resource policies; and what a validator lets pass."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.cloud.sources.http import Answered, ask
from tests.cloud.sources.rest import ECHO, RestApi, event_of
from tests.support import CloudUnderTest

# Says what its token says: allow, deny, nothing, Unauthorized, or whatever Python makes of it. Counts its calls.
JUDGE = """
calls = 0
def lambda_handler(event, context):
    global calls
    calls += 1
    token = event.get("authorizationToken") or event["headers"].get("token")
    if token == "raise":
        raise Exception("Unauthorized")
    if token == "fail":
        raise ValueError("broken")
    if token.startswith("="):
        return eval(token[1:])
    effect, _, end = token.partition(":")
    arn = event["methodArn"].split("/")[0] + "/" + (end or "*")
    statement = [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}] if effect in ("Allow", "Deny") else []
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": statement},
            "context": {"calls": calls, "text": "a", "yes": True, "none": None}, "usageIdentifierKey": "k" * 20}
"""


def judged(cloud: CloudUnderTest, kind: str = "TOKEN", **settings: Any) -> RestApi:
    """An API whose ANY /{proxy+} asks JUDGE."""
    api = RestApi(cloud, **({"apiKeySource": settings.pop("apiKeySource")} if "apiKeySource" in settings else {}))
    judge = api.function(JUDGE)
    given = {"type": kind, "identitySource": "method.request.header.token", **settings}
    key_required = given.pop("apiKeyRequired", False)
    made = api.client.create_authorizer(restApiId=api.id, name="judge", authorizerUri=api.uri(judge), **given)
    api.put(
        "/{proxy+}", "ANY", api.function(ECHO), authorizationType="CUSTOM", authorizerId=made["id"], apiKeyRequired=key_required
    )
    api.deploy()
    return api


def said(api: RestApi, token: str | None, path: str = "/a", method: str = "GET") -> Answered:
    return api.ask(path, method, headers=[("token", token)] if token is not None else [])


UNAUTHORIZED = (401, b'{"message":"Unauthorized"}', "UnauthorizedException")
MISCONFIGURED = (500, b'{"message":null}', "AuthorizerConfigurationException")


def denied(why: str) -> tuple[int, bytes, str]:
    return 403, f'{{"Message":"User is not authorized to access this resource {why}"}}'.encode(), "AccessDeniedException"


VERDICTS: list[tuple[str | None, tuple[int, bytes, str]]] = [
    (None, UNAUTHORIZED),
    ("raise", UNAUTHORIZED),
    ("fail", MISCONFIGURED),
    ("Deny", denied("with an explicit deny in an identity-based policy")),
    ("Nothing", denied("because no identity-based policy allows the execute-api:Invoke action")),
    ("=None", MISCONFIGURED), ("={}", MISCONFIGURED), ("='x'", MISCONFIGURED),
    ("={'principalId': 'a'}", MISCONFIGURED), ("={'principalId': 7, 'policyDocument': {'Statement': []}}", MISCONFIGURED),
    ("={'principalId': 'a', 'policyDocument': 'x'}", MISCONFIGURED),
    ("={'principalId': 'a', 'policyDocument': {'Statement': []}, 'context': {'a': {}}}", MISCONFIGURED),
    ("={'principalId': 'a', 'policyDocument': {'Statement': []}, 'context': ['a']}", MISCONFIGURED),
]  # fmt: skip


def test_what_an_authorizer_says_is_what_happens(cloud: CloudUnderTest) -> None:
    api = judged(cloud, authorizerResultTtlInSeconds=0)
    for token, (status, body, error_type) in VERDICTS:
        got = said(api, token)
        assert (got.status, got.body, got.headers["x-amzn-ErrorType"]) == (status, body, error_type), token
    authorizer = event_of(said(api, "Allow"))["requestContext"]["authorizer"]
    assert isinstance(authorizer.pop("integrationLatency"), int) and int(authorizer.pop("calls")) > 1
    assert authorizer == {"principalId": "me", "text": "a", "yes": "true"}


def test_a_policy_allows_methods_by_wildcards(cloud: CloudUnderTest) -> None:
    api = judged(cloud)
    for token, path, method, status in (
        ("Allow:prod/GET/a", "/a", "GET", 200), ("Allow:prod/GET/a", "/a", "POST", 403), ("Allow:*/GET/*", "/a/b", "GET", 200),
        ("Allow:prod/*/b?", "/bc", "PUT", 200), ("Allow:prod/*/b?", "/b", "PUT", 403), ("Allow:test/*", "/a", "GET", 403),
        ("Allow", "/x", "DELETE", 200),
    ):  # fmt: skip
        assert said(api, token, path, method).status == status, (token, path, method)


def test_a_verdict_is_kept_on_the_cloud_s_clock(cloud: CloudUnderTest) -> None:
    api = judged(cloud, authorizerResultTtlInSeconds=60)

    def calls() -> str:
        return str(event_of(said(api, "Allow"))["requestContext"]["authorizer"]["calls"])

    assert [calls(), calls()] == ["1", "1"]
    assert said(api, "Nothing").status == 403 and calls() == "1"
    cloud.advance(61)
    assert calls() == "3"
    api.client.flush_stage_authorizers_cache(restApiId=api.id, stageName="prod")
    assert calls() == "4"


def test_a_token_is_held_to_its_expression_and_the_function_is_not_asked(cloud: CloudUnderTest) -> None:
    api = judged(cloud, identityValidationExpression="Allow:.*", authorizerResultTtlInSeconds=0)
    assert said(api, "Allow").status == 401 and said(api, "xAllow:*").status == 401
    assert event_of(said(api, "Allow:*"))["requestContext"]["authorizer"]["calls"] == "1"


def test_an_authorizer_of_requests_gets_the_request_and_is_kept_by_its_sources(cloud: CloudUnderTest) -> None:
    sources = "method.request.header.token, method.request.querystring.q, stageVariables.v, context.httpMethod"
    api = judged(cloud, "REQUEST", identitySource=sources)
    assert api.ask("/a?q=1", headers=[("token", "Allow")]).status == 401  # the stage has no such variable
    api.client.update_stage(
        restApiId=api.id, stageName="prod", patchOperations=[{"op": "replace", "path": "/variables/v", "value": "1"}]
    )

    def calls(path: str, method: str = "GET") -> str:
        return str(event_of(api.ask(path, method, headers=[("token", "Allow")]))["requestContext"]["authorizer"]["calls"])

    assert [calls("/a?q=1"), calls("/b?q=1"), calls("/a?q=2"), calls("/a?q=1", "PUT")] == ["1", "1", "2", "3"]
    assert api.ask("/a", headers=[("token", "Allow")]).status == 401
    everything = "{'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}"
    shown = f"={{'principalId': 'a', 'policyDocument': {everything}, 'context': {{'e': __import__('json').dumps(event)}}}}"
    got = event_of(api.ask("/a?q=1&q=2", headers=[("token", shown)]))["requestContext"]["authorizer"]["e"]
    event = json.loads(got)
    assert list(event) == [
        "type", "methodArn", "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
        "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext",
    ]  # fmt: skip
    assert event["methodArn"] == f"arn:aws:execute-api:{cloud.region}:123456789012:{api.id}/prod/GET/a"
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"]} and event["pathParameters"] == {"proxy": "a"}
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


def test_an_authorizer_needs_a_permission_of_its_own_and_may_be_tested(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    judge = cloud.function(JUDGE)
    made = api.client.create_authorizer(
        restApiId=api.id, name="judge", type="TOKEN", authorizerUri=api.uri(judge), identitySource="method.request.header.token"
    )
    api.put("/", "GET", api.function(ECHO), authorizationType="CUSTOM", authorizerId=made["id"])
    api.deploy()
    assert said(api, "Allow", "").status == 500
    api.allow(judge, f"authorizers/{made['id']}")
    assert said(api, "Allow", "").status == 200

    def tested(token: str) -> dict[str, Any]:
        found: dict[str, Any] = api.client.test_invoke_authorizer(
            restApiId=api.id, authorizerId=made["id"], headers={"token": token}
        )
        return found

    found = tested("Allow")
    assert found["clientStatus"] == 0 and found["principalId"] == "me" and found["latency"] >= 0
    assert json.loads(found["policy"])["Statement"][0]["Effect"] == "Allow" and found["authorization"]["text"] == ["a"]
    assert tested("raise")["clientStatus"] == 401 and tested("fail")["clientStatus"] == 500
    with pytest.raises(api.client.exceptions.NotFoundException):
        api.client.test_invoke_authorizer(restApiId=api.id, authorizerId="nothing")


def test_user_pools_are_not_here_and_say_so(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    pool = f"arn:aws:cognito-idp:{cloud.region}:123456789012:userpool/{cloud.region}_abc"
    made = api.client.create_authorizer(
        restApiId=api.id, name="pool", type="COGNITO_USER_POOLS", providerARNs=[pool], identitySource="method.request.header.A"
    )
    api.put("/", "GET", api.function(ECHO), authorizationType="COGNITO_USER_POOLS", authorizerId=made["id"])
    api.deploy()
    got = api.ask("", headers=[("A", "token")])
    assert got.status == 500 and "no user pools of Cognito" in got.json["message"]


# --- API keys ----------------------------------------------------------------------


def key_in_plan(api: RestApi, value: str, **plan: Any) -> str:
    """A key in a plan of the API's stage prod; the key's id."""
    made = api.client.create_usage_plan(name=value, apiStages=[{"apiId": api.id, "stage": "prod"}], **plan)
    key = api.client.create_api_key(name=value, value=value, enabled=True)
    api.client.create_usage_plan_key(usagePlanId=made["id"], keyId=key["id"], keyType="API_KEY")
    return str(key["id"])


def test_a_key_is_needed_where_the_method_says_so(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function(ECHO), apiKeyRequired=True)
    api.deploy()
    key = key_in_plan(api, "a" * 20)
    stray = api.client.create_api_key(name="stray", value="s" * 20, enabled=True)["value"]

    def answered(value: str | None) -> Answered:
        return api.ask("", headers=[("X-API-Key", value)] if value else [])

    identity = event_of(answered("a" * 20))["requestContext"]["identity"]
    assert identity["apiKey"] == "a" * 20 and identity["apiKeyId"] == key
    for value in (None, "wrong", stray):
        got = answered(value)
        assert (got.status, got.body, got.headers["x-amzn-ErrorType"]) == (
            403,
            b'{"message":"Forbidden"}',
            "ForbiddenException",
        )
    api.client.update_api_key(apiKey=key, patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}])
    assert answered("a" * 20).status == 403


def test_a_plan_s_quota_and_rate(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function(ECHO), apiKeyRequired=True)
    api.deploy()
    key_in_plan(api, "q" * 20, quota={"limit": 2, "period": "DAY"})
    key_in_plan(api, "r" * 20, throttle={"rateLimit": 0.001, "burstLimit": 2})
    for value, body, error_type in (
        ("q" * 20, b'{"message":"Limit Exceeded"}', "LimitExceededException"),
        ("r" * 20, b'{"message":"Too Many Requests"}', "TooManyRequestsException"),
    ):
        header = [("x-api-key", value)]
        assert [api.ask("", headers=header).status for _ in range(3)] == [200, 200, 429]
        got = api.ask("", headers=header)
        assert got.body == body and got.headers["x-amzn-ErrorType"] == error_type
        cloud.advance(86400)
        assert api.ask("", headers=header).status == 200


def test_a_stage_s_settings_hold_its_methods_to_a_rate(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    name = api.function(ECHO)
    api.put("/a", "GET", name)
    api.put("/b", "GET", name)
    api.deploy()
    patches = [("/~1a/GET/throttling/rateLimit", "0.001"), ("/~1a/GET/throttling/burstLimit", "1")]
    api.client.update_stage(
        restApiId=api.id,
        stageName="prod",
        patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in patches],
    )
    assert [api.ask("/a").status, api.ask("/a").status, api.ask("/b").status, api.ask("/b").status] == [200, 429, 200, 200]


def test_an_authorizer_may_bring_the_key(cloud: CloudUnderTest) -> None:
    api = judged(cloud, apiKeySource="AUTHORIZER", apiKeyRequired=True)
    assert said(api, "Allow").status == 403
    key_in_plan(api, "k" * 20)
    assert said(api, "Allow").status == 200


# --- IAM and resource policies -------------------------------------------------------


def signed(api: RestApi, key: str, secret: str, path: str = "/prod") -> Answered:
    request = AWSRequest("GET", f"{api.address}{path}")
    SigV4Auth(Credentials(key, secret), "execute-api", api.cloud.region).add_auth(request)
    return ask(request.url, headers=[(name, str(value)) for name, value in request.headers.items()])


def test_a_method_for_those_who_sign(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function(ECHO), authorizationType="AWS_IAM")
    api.deploy()
    got = api.ask("")
    assert (got.status, got.body) == (403, b'{"message":"Missing Authentication Token"}')
    own = cloud.credentials
    event = event_of(signed(api, own.access_key_id, own.secret_access_key))
    assert (
        event["requestContext"]["identity"]["userArn"] == "arn:aws:iam::123456789012:root"
        and "Authorization" not in event["headers"]
    )
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    got = signed(api, key["AccessKeyId"], key["SecretAccessKey"])
    assert got.status == 403 and got.json == {
        "Message": "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: execute-api:Invoke on resource: "
        f"arn:aws:execute-api:{cloud.region}:********9012:{api.id}/prod/GET/"
    }  # fmt: skip
    document = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"arn:aws:execute-api:*:*:{api.id}/prod/GET/"}
    iam.put_user_policy(
        UserName="ann", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [document]})
    )
    identity = event_of(signed(api, key["AccessKeyId"], key["SecretAccessKey"]))["requestContext"]["identity"]
    assert identity["userArn"].endswith("user/ann") and identity["accessKey"] == key["AccessKeyId"]
    got = api.ask("", headers=[("Authorization", "Bearer abc")])
    assert got.status == 403 and got.headers["x-amzn-ErrorType"] == "IncompleteSignatureException"
    got = signed(api, "AKIANOBODYNOBODYNOBO", "wrong")
    assert got.status == 403 and got.headers["x-amzn-ErrorType"] == "UnrecognizedClientException"
    got = signed(api, key["AccessKeyId"], "wrong")
    assert got.status == 403 and got.headers["x-amzn-ErrorType"] == "InvalidSignatureException"


def test_a_resource_policy(cloud: CloudUnderTest) -> None:
    def policy(*statements: dict[str, Any]) -> str:
        common = {"Principal": "*", "Action": "execute-api:Invoke"}
        return json.dumps({"Version": "2012-10-17", "Statement": [{**common, **statement} for statement in statements]})

    denied = {"Effect": "Deny", "Resource": "execute-api:/*/*/b"}
    allowed = {
        "Effect": "Allow",
        "Resource": "execute-api:/prod/*/*",
        "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
    }
    api = RestApi(cloud, policy=policy(allowed, denied))
    name = api.function(ECHO)
    api.put("/a", "GET", name)
    api.put("/b", "GET", name)
    api.deploy()
    api.deploy("test")
    assert api.ask("/a").status == 200
    for path, stage in (("/b", "prod"), ("/a", "test")):
        got = api.ask(path, stage=stage)
        assert got.status == 403 and got.json["Message"].startswith(
            "User: anonymous is not authorized to perform: execute-api:Invoke"
        )


# --- request validators --------------------------------------------------------------


def test_a_validator_looks_at_parameters_and_bodies(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    validator = api.client.create_request_validator(
        restApiId=api.id, name="both", validateRequestBody=True, validateRequestParameters=True
    )["id"]
    item = {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}
    refers = {"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Item"}
    order = {"type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": refers}}}
    for name, schema in (("Item", item), ("Order", order)):
        api.client.create_model(restApiId=api.id, name=name, schema=json.dumps(schema), contentType="application/json")
    api.put(
        "/", "POST", api.function(ECHO), requestValidatorId=validator, requestModels={"application/json": "Order"},
        requestParameters={"method.request.querystring.page": True, "method.request.header.X-Id": True,
                           "method.request.querystring.size": False},
    )  # fmt: skip
    api.client.put_gateway_response(
        restApiId=api.id, responseType="BAD_REQUEST_BODY", statusCode="422",
        responseTemplates={
            "application/json": '{"why": "$context.error.validationErrorString", "said": $context.error.messageString}'
        },
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
    )  # fmt: skip
    api.deploy()
    got = api.ask("", "POST", body=b"{}")
    assert (got.status, got.headers["x-amzn-ErrorType"]) == (400, "BadRequestException")
    assert got.body == b'{"message": "Missing required request parameters: [page, X-Id]"}'
    how: dict[str, Any] = {"headers": [("x-id", "1")]}
    for body in (b'{"items": [{"sku": 7}]}', b"{}", b"no json", b""):
        got = api.ask("?page=1", "POST", body=body, **how)
        assert got.status == 422 and got.text.endswith('"said": "Invalid request body"}'), body
        assert got.headers["Access-Control-Allow-Origin"] == "*"
    # The quotation marks make this template's answer no JSON, as they would on AWS.
    got = api.ask("?page=1", "POST", body=b'{"items": [{}]}', **how)
    assert b'"[object has missing required properties (["sku"])]"' in got.body
    assert api.ask("?page=1", "POST", body=b'{"items": [{"sku": "a"}]}', **how).status == 200
    assert api.ask("?page=1", "POST", body=b"<a/>", headers=[("x-id", "1"), ("Content-Type", "text/xml")]).status == 200


def test_a_gateway_response_for_all_of_a_kind(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function("def lambda_handler(event, context): return 7"))
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        api.client.put_gateway_response(
            restApiId=api.id, responseType=kind, responseParameters={
                "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
                "gatewayresponse.header.X-Type": "context.error.responseType",
                "gatewayresponse.header.X-Q": "method.request.querystring.q",
            },
        )  # fmt: skip
    api.deploy()
    got = api.ask("?q=1")
    assert (got.status, got.body) == (502, b'{"message": "Internal server error"}')
    assert got.headers["Access-Control-Allow-Origin"] == "*" and got.headers["X-Q"] == "1"
    got = api.ask("/nothing")
    assert (got.status, got.body) == (403, b'{"message":"Missing Authentication Token"}')
    assert got.headers["X-Type"] == "MISSING_AUTHENTICATION_TOKEN"
