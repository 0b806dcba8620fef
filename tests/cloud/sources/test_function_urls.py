"""Function URLs, as curl and a browser meet them."""

from __future__ import annotations

import re
import urllib.request

import requests

from tests.cloud.sources.http import ECHO, ask, open_url, public_url
from tests.support import CloudUnderTest

FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


def test_the_event(cloud: CloudUnderTest) -> None:
    url = public_url(cloud, ECHO)
    url_id = url.rstrip("/").rpartition("/")[2]
    answer = ask(
        f"{url}a%20path/x?one=1&one=2&two=a%20b&three", "POST", b'{"k":1}',
        [("Content-Type", "application/json"), ("X-Many", "1"), ("x-many", "2"), ("Cookie", "a=1; b=2"), ("User-Agent", "me/1")],
    )  # fmt: skip
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-amzn-RequestId"])
    event = answer.json
    context, headers = event.pop("requestContext"), event.pop("headers")
    assert event == {
        "version": "2.0", "routeKey": "$default", "rawPath": "/a%20path/x", "rawQueryString": "one=1&one=2&two=a%20b&three",
        "cookies": ["a=1", "b=2"], "queryStringParameters": {"one": "1,2", "two": "a b", "three": ""}, "body": '{"k":1}',
        "isBase64Encoded": False,
    }  # fmt: skip
    domain = f"{url_id}.lambda-url.us-east-1.on.aws"
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", context.pop("time"))
    assert isinstance(context.pop("timeEpoch"), int)
    assert context == {
        "accountId": "anonymous", "apiId": url_id, "domainName": domain, "domainPrefix": url_id,
        "http": {"method": "POST", "path": "/a%20path/x", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "me/1"},
        "requestId": answer.headers["x-amzn-RequestId"], "routeKey": "$default", "stage": "$default",
    }  # fmt: skip
    assert headers.pop("x-amzn-trace-id").startswith("Root=1-")
    assert headers == {
        "content-type": "application/json", "content-length": "7", "x-many": "1,2", "user-agent": "me/1", "host": domain,
        "x-forwarded-for": "127.0.0.1", "x-forwarded-port": "443", "x-forwarded-proto": "https",
    }  # fmt: skip


def test_plain_python_reaches_it(cloud: CloudUnderTest) -> None:
    url = public_url(cloud, "def lambda_handler(event, context): return event['rawPath']")
    with urllib.request.urlopen(f"{url}a/b") as answer:
        assert answer.read() == b"/a/b"
    assert requests.get(f"{url}a/b", timeout=30).text == "/a/b"


def test_anybody_may_call_from_anywhere(cloud: CloudUnderTest) -> None:
    """As through the learner's own server on JupyterHub, whose name the request carries, and from any page."""
    url = public_url(cloud, "def lambda_handler(event, context): return event['headers']")
    headers = [("Origin", "https://page.example"), ("Authorization", "Bearer mine")]
    seen = ask(url, headers=headers, host="hub.example.com").json
    assert (seen["origin"], seen["authorization"]) == ("https://page.example", "Bearer mine")
    assert seen["host"].endswith(".lambda-url.us-east-1.on.aws")


def test_by_its_name_on_aws(cloud: CloudUnderTest) -> None:
    url = public_url(cloud, ECHO)
    host = f"{url.rstrip('/').rpartition('/')[2]}.lambda-url.us-east-1.on.aws"
    assert ask(f"{cloud.url}/x/y", host=host).json["rawPath"] == "/x/y"


def test_nothing_is_asked_without_both_permissions(cloud: CloudUnderTest) -> None:
    name, client = cloud.function(ECHO), cloud.client("lambda")
    url = client.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    for grant in (
        {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
    ):
        answer = ask(url)
        assert (answer.status, answer.json, answer.headers["x-amzn-ErrorType"]) == (
            403, {"Message": FORBIDDEN}, "AccessDeniedException"
        )  # fmt: skip
        client.add_permission(FunctionName=name, StatementId=grant["Action"][7:], Principal="*", **grant)
    assert ask(url).status == 200


def test_an_alias_has_its_own_url_and_policy(cloud: CloudUnderTest) -> None:
    name, client = cloud.function("def lambda_handler(event, context): return context.function_version"), cloud.client("lambda")
    version = client.publish_version(FunctionName=name)["Version"]
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    assert ask(open_url(cloud, name, "live")).text == "1"


def test_an_id_that_no_url_has(cloud: CloudUnderTest) -> None:
    for answer in (
        ask(f"{cloud.url}/_aws/lambda-url/{'a1' * 16}/"), ask(f"{cloud.url}/", host=f"{'a1' * 16}.lambda-url.us-east-1.on.aws")
    ):  # fmt: skip
        assert (answer.status, answer.text) == (403, '{"Message":null}')
        assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"
