"""Function URLs: who may call, CORS, what becomes of an answer, and of a function that gives none."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.cloud.access.people import ACCOUNT, allow, ann, deny, grant
from tests.cloud.sources.http import ECHO, Answered, ask, open_url, public_url
from tests.support import CloudUnderTest

FORBIDDEN = {
    "Message": "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
}
PAGE = "https://page.example"
BOTH = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")


def signed(cloud: CloudUnderTest, url: str, key: Any = None, service: str = "lambda") -> Answered:
    """A request that botocore signs, with the cloud's own key unless another is given."""
    request, key = AWSRequest("GET", url), key or cloud.credentials
    secret = getattr(key, "secret_access_key", None) or key.secret_key
    access = getattr(key, "access_key_id", None) or key.access_key
    SigV4Auth(Credentials(access, secret), service, cloud.region).add_auth(request)
    return ask(url, headers=[(name, str(value)) for name, value in request.headers.items()])


# --- AWS_IAM --------------------------------------------------------------------------


def test_iam_wants_a_signature(cloud: CloudUnderTest) -> None:
    url = cloud.client("lambda").create_function_url_config(FunctionName=cloud.function(ECHO), AuthType="AWS_IAM")["FunctionUrl"]
    unsigned = ask(url)
    assert (unsigned.status, unsigned.json) == (403, FORBIDDEN)
    event = signed(cloud, f"{url}x?k=a%20b").json
    identity = event["requestContext"]["authorizer"]["iam"]
    assert (event["requestContext"]["accountId"], identity["userArn"]) == (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root")
    assert set(identity) == {"accessKey", "accountId", "callerId", "cognitoIdentity", "principalOrgId", "userArn", "userId"}
    stranger = signed(cloud, url, Credentials("AKIAIOSFODNN7EXAMPLE", "secret"))
    assert (stranger.status, stranger.headers["x-amzn-ErrorType"]) == (403, "UnrecognizedClientException")
    wrong = signed(cloud, url, Credentials(cloud.credentials.access_key_id, "secret"))
    assert wrong.headers["x-amzn-ErrorType"] == "InvalidSignatureException" and "signature" in wrong.json["message"]


@pytest.mark.parametrize(
    ("policy", "status"),
    [
        (allow(*BOTH), 200),
        (allow("lambda:InvokeFunctionUrl"), 403),
        (allow("lambda:InvokeFunction"), 403),
        (allow(*BOTH, Condition={"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}), 200),
        (allow(*BOTH, Condition={"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}), 403),
        (allow(*BOTH, resource="arn:aws:lambda:us-east-1:*:function:other"), 403),
    ],
)  # fmt: skip
def test_iam_asks_policies(cloud: CloudUnderTest, policy: str, status: int) -> None:
    url = cloud.client("lambda").create_function_url_config(FunctionName=cloud.function(ECHO), AuthType="AWS_IAM")["FunctionUrl"]
    key = ann(cloud, policy)("sts")._request_signer._credentials
    answer = signed(cloud, url, key)
    assert answer.status == status
    if status == 200:
        assert answer.json["requestContext"]["authorizer"]["iam"]["userArn"].endswith(":user/ann")
        grant(cloud, deny("lambda:InvokeFunctionUrl"))
        assert signed(cloud, url, key).status == 403


CALLS = """
import boto3, urllib.error, urllib.request
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

def lambda_handler(event, context):
    asked = AWSRequest("GET", event)
    SigV4Auth(boto3.Session().get_credentials(), "lambda", "us-east-1").add_auth(asked)
    try:
        return urllib.request.urlopen(urllib.request.Request(event, headers=dict(asked.headers))).read().decode()
    except urllib.error.HTTPError as error:
        return error.code
"""


def test_a_function_signs_with_its_role(cloud: CloudUnderTest) -> None:
    client, who = cloud.client("lambda"), "event['requestContext']['authorizer']['iam']['userArn']"
    inner = cloud.function(f"def lambda_handler(event, context): return {who}")
    url = client.create_function_url_config(FunctionName=inner, AuthType="AWS_IAM")["FunctionUrl"]
    outer = cloud.function(CALLS, Timeout=10)
    assert json.load(client.invoke(FunctionName=outer, Payload=json.dumps(url))["Payload"]) == 403
    cloud.client("iam").put_role_policy(RoleName="lambda-test-role", PolicyName="url", PolicyDocument=allow(*BOTH))
    told = json.load(client.invoke(FunctionName=outer, Payload=json.dumps(url))["Payload"])
    assert told == f"arn:aws:sts::{ACCOUNT}:assumed-role/lambda-test-role/{outer}"


# --- CORS -----------------------------------------------------------------------------

CORS = {
    "AllowOrigins": [PAGE], "AllowMethods": ["POST"], "AllowHeaders": ["x-mine"], "ExposeHeaders": ["x-its"], "MaxAge": 60,
    "AllowCredentials": True,
}  # fmt: skip
QUESTION = [("Origin", PAGE), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-mine")]
MARKED = "def lambda_handler(event, context): return {'statusCode': 200, 'headers': {'access-control-allow-origin': '*'}}"


def cors_of(answer: Answered) -> dict[str, str]:
    said = {name.lower()[15:]: value for name, value in answer.headers.items() if name.lower().startswith("access-control-")}
    return said


def test_a_browsers_question_does_not_reach_the_function(cloud: CloudUnderTest) -> None:
    url = public_url(cloud, "def lambda_handler(event, context): raise Exception", Cors=CORS)
    answer = ask(url, "OPTIONS", headers=QUESTION)
    assert (answer.status, answer.body) == (200, b"")
    assert cors_of(answer) == {
        "allow-origin": PAGE, "allow-methods": "POST", "allow-headers": "x-mine", "max-age": "60", "allow-credentials": "true",
        "expose-headers": "x-its",
    }  # fmt: skip
    assert cors_of(ask(url, "OPTIONS", headers=[("Origin", "https://other.example"), *QUESTION[1:]])) == {}
    assert ask(url, "POST", headers=QUESTION[:1]).status == 502  # the answer to the request itself comes from the function


def test_configured_headers_stand_beside_the_functions_own(cloud: CloudUnderTest) -> None:
    url = public_url(cloud, MARKED, Cors=CORS)
    assert ask(url, headers=[("Origin", PAGE)]).headers.get_all("Access-Control-Allow-Origin") == ["*", PAGE]
    assert ask(url, headers=[("Origin", "https://other.example")]).headers.get_all("Access-Control-Allow-Origin") == ["*"]


def test_without_a_configuration_the_function_answers_everything(cloud: CloudUnderTest) -> None:
    answer = ask(public_url(cloud, MARKED), "OPTIONS", headers=QUESTION)
    assert cors_of(answer) == {"allow-origin": "*"}


# --- answers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "status", "content_type", "body"),
    [
        ("{'message': 'für'}", 200, "application/json", '{"message":"für"}'.encode()),
        ("['hello', 3, True]", 200, "application/json", b'["hello",3,true]'),
        ("'hi'", 200, "application/json", b"hi"),
        ("'{\"a\": 1}'", 200, "application/json", b'{"a": 1}'),
        ("3.1", 200, "application/json", b"3.1"),
        ("None", 200, "application/json", b"null"),
        ("{'statusCode': 201, 'body': 'hi'}", 201, "application/json", b"hi"),
        ("{'statusCode': '404', 'headers': {'content-type': 'text/plain', 'x-one': 1}, 'body': 'no'}", 404, "text/plain", b"no"),
        (f"{{'statusCode': 200, 'body': '{base64.b64encode(bytes(range(256))).decode()}', 'isBase64Encoded': True}}", 200,
         "application/json", bytes(range(256))),
        ("{'statusCode': 204}", 204, None, b""),
        ("{'statusCode': 'many'}", 502, "application/json", b"Internal Server Error"),
        ("{'statusCode': 200, 'body': {'not': 'text'}}", 502, "application/json", b"Internal Server Error"),
        ("{'statusCode': 200, 'headers': []}", 502, "application/json", b"Internal Server Error"),
        ("{'statusCode': 200, 'cookies': 'a=1'}", 502, "application/json", b"Internal Server Error"),
        ("{'statusCode': 200, 'body': '%', 'isBase64Encoded': True}", 502, "application/json", b"Internal Server Error"),
    ],
)  # fmt: skip
def test_what_an_answer_means(cloud: CloudUnderTest, returned: str, status: int, content_type: str | None, body: bytes) -> None:
    answer = ask(public_url(cloud, f"def lambda_handler(event, context): return {returned}"))
    assert (answer.status, answer.body) == (status, body)
    assert content_type is None or answer.headers["Content-Type"] == content_type


def test_cookies_and_headers_that_no_header_can_be(cloud: CloudUnderTest) -> None:
    code = (
        "def lambda_handler(event, context): return {'statusCode': 200, 'cookies': ['a=1; Secure', 'b=2'], "
        "'headers': {'X-Two': 'a\\r\\nb', 'bad name': '1', 'Content-Length': '5', 'x-letters': 'é→', "
        "'WWW-Authenticate': 'Basic'}, 'body': 'hi'}"
    )
    answer = ask(public_url(cloud, code))
    assert answer.headers.get_all("Set-Cookie") == ["a=1; Secure", "b=2"]
    assert (answer.headers["X-Two"], answer.headers["X-Letters"], answer.body) == ("a  b", "é?", b"hi")
    assert (answer.headers["x-amzn-Remapped-WWW-Authenticate"], answer.headers["WWW-Authenticate"]) == ("Basic", None)


@pytest.mark.parametrize(
    ("content_type", "is_base64"),
    [("text/html; charset=utf-8", False), ("application/json", False), ("application/xml", False),
     ("application/javascript", False),
     ("application/x-www-form-urlencoded", True), ("application/octet-stream", True), ("image/svg+xml", True), (None, True)],
)  # fmt: skip
def test_which_bodies_are_base64(cloud: CloudUnderTest, content_type: str | None, is_base64: bool) -> None:
    headers = [("Content-Type", content_type)] if content_type else []
    event = ask(public_url(cloud, ECHO), "POST", b"a=1&b=2", headers).json
    assert event["isBase64Encoded"] is is_base64
    assert event["body"] == (base64.b64encode(b"a=1&b=2").decode() if is_base64 else "a=1&b=2")


# --- what goes wrong ------------------------------------------------------------------


FAILURES = {
    "exception": "raise ValueError", "timeout": "import time; time.sleep(30)", "killed": "import os; os.kill(os.getpid(), 9)",
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "mode"),
    [(body, mode) for body in FAILURES.values() for mode in ("BUFFERED", "RESPONSE_STREAM")]
    + [("return 'x' * 7_000_000", "BUFFERED")],
    ids=[f"{name} {mode}" for name in FAILURES for mode in ("buffered", "streamed")] + ["too large"],
)
def test_a_function_that_fails(cloud: CloudUnderTest, body: str, mode: str) -> None:
    name = cloud.function(f"def lambda_handler(event, context): {body}", Timeout=1)
    answer = ask(open_url(cloud, name, InvokeMode=mode))
    assert (answer.status, answer.body) == (502, b"Internal Server Error")
    assert answer.headers["x-amzn-RequestId"]


@pytest.mark.parametrize("mode", ["BUFFERED", "RESPONSE_STREAM"])
def test_a_function_that_may_not_run(cloud: CloudUnderTest, mode: str) -> None:
    name, client = cloud.function(ECHO), cloud.client("lambda")
    url = open_url(cloud, name, InvokeMode=mode)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    throttled = ask(url)
    assert (throttled.status, throttled.headers["x-amzn-ErrorType"]) == (429, "TooManyRequestsException")
    assert throttled.json == {
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User", "message": "Rate Exceeded."
    }  # fmt: skip
    client.delete_function_concurrency(FunctionName=name)
    assert ask(url, "POST", b"x" * 7_000_000).status == 413
    client.delete_function(FunctionName=name)
    assert ask(url).status == 403


def test_metrics(cloud: CloudUnderTest) -> None:
    name = cloud.function("def lambda_handler(event, context): return {'statusCode': int(event['rawPath'][1:])}")
    url = open_url(cloud, name)
    for status in (200, 404, 404, 500):
        assert ask(f"{url}{status}").status == status
    now = cloud.lab("GET", "/_lab/clock").body["now"]
    for metric, expected in (("UrlRequestCount", 4), ("Url4xxCount", 2), ("Url5xxCount", 1), ("UrlRequestLatency", 4)):
        statistic = "SampleCount" if metric == "UrlRequestLatency" else "Sum"
        points = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=metric, Dimensions=[{"Name": "FunctionName", "Value": name}], Period=3600,
            StartTime=now - 3600, EndTime=now + 3600, Statistics=[statistic],
        )["Datapoints"]  # fmt: skip
        assert sum(point[statistic] for point in points) == expected, metric
