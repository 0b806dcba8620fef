"""Authorizers of HTTP APIs: functions that decide, and JSON Web Tokens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.cloud.sources.http import ECHO, HttpApi
from tests.support import CloudUnderTest

SEEN = "import json\ndef lambda_handler(event, context):\n print('SEEN ' + json.dumps(event))\n "
SIMPLE = SEEN + "return {'isAuthorized': event['headers']['authorization'] == 'yes', 'context': {'who': 'ann', 'age': 3}}"
POLICY = SEEN + (
    "arn = event.get('routeArn', event.get('methodArn')).replace('/two', '/one')\n "
    "return {'principalId': 'ann', 'context': {'who': 'ann'}, 'policyDocument': {'Version': '2012-10-17', 'Statement': "
    "[{'Effect': 'Allow', 'Action': 'execute-api:Invoke', 'Resource': arn}]}}"
)
UNAUTHORIZED, FORBIDDEN, INTERNAL = (401, "Unauthorized"), (403, "Forbidden"), (500, "Internal Server Error")


def protected(cloud: CloudUnderTest, authorizer: str, **settings: Any) -> HttpApi:
    """An API whose routes ``/one`` and ``/two`` a function guards."""
    api, name = HttpApi(cloud), cloud.function(authorizer, Timeout=1)
    api.permit(name, "authorizers/*")
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    given: dict[str, Any] = {
        "AuthorizerType": "REQUEST", "AuthorizerUri": uri, "AuthorizerPayloadFormatVersion": "2.0",
        "IdentitySource": ["$request.header.Authorization"], "Name": "a", "EnableSimpleResponses": True,
    }  # fmt: skip
    made = api.client.create_authorizer(ApiId=api.id, **(given | settings))["AuthorizerId"]
    integration = api.integration(cloud.function(ECHO))
    for path in ("/one", "/two"):
        api.route(f"GET {path}", integration, AuthorizationType="CUSTOM", AuthorizerId=made)
    return api


def told(api: HttpApi, path: str = "/one", token: str | None = "yes", **more: str) -> tuple[int, str]:
    headers = list(more.items()) + ([("Authorization", token)] if token is not None else [])
    answer = api.ask(path, headers=headers)
    return answer.status, answer.json.get("message", "")


def seen(cloud: CloudUnderTest) -> list[dict[str, Any]]:
    """The events that authorizers got."""
    logs = cloud.client("logs")
    lines = [
        event["message"] for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]  # fmt: skip
    return [json.loads(line.removeprefix("SEEN ")) for line in lines if line.startswith("SEEN ")]


def test_a_simple_answer(cloud: CloudUnderTest) -> None:
    api = protected(cloud, SIMPLE)
    answer = api.ask("/one?k=1", headers=[("Authorization", "yes")])
    assert answer.json["requestContext"]["authorizer"] == {"lambda": {"who": "ann", "age": 3}}
    assert told(api, token="no") == FORBIDDEN
    assert told(api, token=None) == UNAUTHORIZED
    first, second = seen(cloud)  # where the identity is missing nobody is asked
    assert (first["version"], first["type"], first["identitySource"]) == ("2.0", "REQUEST", ["yes"])
    assert first["routeArn"] == f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/$default/GET/one"
    assert (first["routeKey"], first["rawPath"], first["rawQueryString"]) == ("GET /one", "/one", "k=1")
    assert first["requestContext"]["http"]["method"] == "GET" and "body" not in first
    assert second["identitySource"] == ["no"]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_policy(cloud: CloudUnderTest, version: str) -> None:
    api = protected(cloud, POLICY, EnableSimpleResponses=False, AuthorizerPayloadFormatVersion=version)
    assert (told(api, "/one")[0], told(api, "/two")) == (200, FORBIDDEN)
    if version == "1.0":
        event = seen(cloud)[0]
        assert (event["type"], event["identitySource"], event["authorizationToken"]) == ("REQUEST", "yes", "yes")
        assert (event["resource"], event["httpMethod"], event["requestContext"]["resourceId"]) == ("/one", "GET", "GET /one")


@pytest.mark.parametrize(
    "body",
    ["raise ValueError", "import time; time.sleep(9)", "import os; os.kill(os.getpid(), 9)", "return {'isAuthorized': 'yes'}",
     "return 1", "return {'isAuthorized': True, 'context': 1}"],
    ids=["exception", "timeout", "killed", "no boolean", "no object", "no context"],
)  # fmt: skip
def test_an_authorizer_that_fails(cloud: CloudUnderTest, body: str) -> None:
    assert told(protected(cloud, f"def lambda_handler(event, context): {body}")) == INTERNAL


def test_answers_are_kept_for_their_time(cloud: CloudUnderTest) -> None:
    api = protected(cloud, SIMPLE, AuthorizerResultTtlInSeconds=300)
    assert [told(api, path)[0] for path in ("/one", "/one", "/two")] == [200, 200, 200]
    assert len(seen(cloud)) == 1
    assert told(api, token="no") == told(api, token="no") == FORBIDDEN
    assert len(seen(cloud)) == 2
    cloud.advance(301)
    assert told(api)[0] == 200
    assert len(seen(cloud)) == 3
    api.client.reset_authorizers_cache(ApiId=api.id, StageName="$default")
    assert told(api)[0] == 200
    assert len(seen(cloud)) == 4


def test_a_kept_policy_is_read_again_for_another_route(cloud: CloudUnderTest) -> None:
    api = protected(cloud, POLICY, EnableSimpleResponses=False, AuthorizerResultTtlInSeconds=300)
    assert (told(api, "/one")[0], told(api, "/two")) == (200, FORBIDDEN)
    assert len(seen(cloud)) == 1


def test_identity_may_be_anywhere(cloud: CloudUnderTest) -> None:
    sources = ["$request.header.X-Who", "$request.querystring.k", "$context.httpMethod"]
    api = protected(cloud, SEEN + "return {'isAuthorized': True}", IdentitySource=sources)
    assert api.ask("/one?k=1", headers=[("X-Who", "ann")]).status == 200
    assert seen(cloud)[0]["identitySource"] == ["ann", "1", "GET"]
    assert api.ask("/one", headers=[("X-Who", "ann")]).status == 401


# --- JSON Web Tokens ------------------------------------------------------------------


class Issuer:
    """Who signs tokens, and says with which key, on this machine."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"}, private=True)
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = {
                    "/.well-known/openid-configuration": {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"},
                    "/keys": KeySet([issuer.key]).as_dict(private=False),
                }[self.path]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(found).encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def token(self, key: RSAKey | None = None, **claims: Any) -> str:
        now = int(time.time())
        whole = {"iss": self.url, "aud": "app", "exp": now + 600, "iat": now, "sub": "ann", "scope": "read write"} | claims
        given = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "one"}, given, key or self.key)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    found = Issuer()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def with_tokens(cloud: CloudUnderTest, issuer: str, audience: str = "app", scopes: tuple[str, ...] = ()) -> HttpApi:
    api = HttpApi(cloud)
    made = api.client.create_authorizer(
        ApiId=api.id, AuthorizerType="JWT", Name="jwt", IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": issuer, "Audience": [audience]},
    )["AuthorizerId"]  # fmt: skip
    more = {"AuthorizationScopes": list(scopes)} if scopes else {}
    api.route("GET /one", api.integration(cloud.function(ECHO)), AuthorizationType="JWT", AuthorizerId=made, **more)
    return api


def test_a_good_token(cloud: CloudUnderTest, issuer: Issuer) -> None:
    api = with_tokens(cloud, issuer.url)
    token = issuer.token(groups=["a", "b"], admin=True)
    shown = api.ask("/one", headers=[("Authorization", f"Bearer {token}")]).json["requestContext"]["authorizer"]["jwt"]
    assert (shown["claims"]["sub"], shown["claims"]["groups"], shown["claims"]["admin"]) == ("ann", "[a b]", "true")
    assert shown["claims"]["exp"].isdigit() and shown["scopes"] is None
    assert told(api, token=token)[0] == 200
    cloud.advance(601)
    answer = api.ask("/one", headers=[("Authorization", token)])
    assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
    assert answer.headers["WWW-Authenticate"] == 'Bearer scope="" error="invalid_token" error_description="the token has expired"'


@pytest.mark.parametrize(
    "token",
    [
        lambda issuer: issuer.token(aud="other"), lambda issuer: issuer.token(iss="http://127.0.0.1:1"),
        lambda issuer: issuer.token(exp=None), lambda issuer: issuer.token(nbf=time.time() + 60),
        lambda issuer: issuer.token(RSAKey.generate_key(2048, {"kid": "one"})),
        lambda issuer: issuer.token()[:-8], lambda issuer: "nonsense", lambda issuer: "",
        lambda issuer: issuer.token().partition(".")[2],
    ],
    ids=["audience", "issuer", "no end", "not yet", "another key", "cut off", "nonsense", "nothing", "no header"],
)  # fmt: skip
def test_a_bad_token(cloud: CloudUnderTest, issuer: Issuer, token: Callable[[Issuer], str]) -> None:
    assert told(with_tokens(cloud, issuer.url), token=token(issuer)) == UNAUTHORIZED


def test_scopes(cloud: CloudUnderTest, issuer: Issuer) -> None:
    api = with_tokens(cloud, issuer.url, scopes=("write", "admin"))
    assert told(api, token=issuer.token(scope="read write"))[0] == 200
    assert told(api, token=issuer.token(scope="read")) == FORBIDDEN


def test_an_issuer_that_is_not_there(cloud: CloudUnderTest, issuer: Issuer) -> None:
    assert told(with_tokens(cloud, "http://127.0.0.1:1"), token=issuer.token(iss="http://127.0.0.1:1")) == UNAUTHORIZED


def test_tokens_of_cognito(cloud: CloudUnderTest) -> None:
    cognito = cloud.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
    made = cognito.create_user_pool_client(UserPoolId=pool, ClientName="c", ExplicitAuthFlows=["ADMIN_NO_SRP_AUTH"])
    client = made["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="ann", TemporaryPassword="Secret-1234")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ann", Password="Secret-5678", Permanent=True)
    tokens = cognito.admin_initiate_auth(
        UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_NO_SRP_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Secret-5678"},
    )["AuthenticationResult"]  # fmt: skip
    api = with_tokens(cloud, f"https://cognito-idp.us-east-1.amazonaws.com/{pool}", client)
    for name in ("IdToken", "AccessToken"):
        assert told(api, token=tokens[name])[0] == 200, name
