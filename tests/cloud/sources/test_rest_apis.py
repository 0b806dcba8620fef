"""REST APIs with functions behind them, asked over HTTP."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.cloud.sources.http import ask
from tests.cloud.sources.rest import ECHO, RestApi, event_of, role_for
from tests.support import CloudUnderTest, require


def echoing(cloud: CloudUnderTest, *paths: str, **settings: Any) -> RestApi:
    """An API whose function answers with its event, deployed: ANY at each path."""
    api = RestApi(cloud, **settings)
    name = api.function(ECHO)
    for path in paths:
        api.put(path, "ANY", name)
    api.deploy()
    return api


def test_the_event_is_aws_s_member_by_member(cloud: CloudUnderTest) -> None:
    api = echoing(cloud, "/orders/{id}")
    got = api.ask(
        "/orders/7?page=1&page=2&q=a%20b+c", "POST", body=b'{"a": "\xc3\xbc"}',
        headers=[("Content-Type", "application/json"), ("X-Many", "1"), ("X-Many", "2"), ("User-Agent", "tests/1"),
                 ("tEsT-x", "a: b"), ("X-Forwarded-For", "192.0.2.1")],
    )  # fmt: skip
    event = event_of(got)
    domain = f"{api.id}.execute-api.{cloud.region}.amazonaws.com"
    assert list(event) == [
        "resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters",
        "multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext", "body", "isBase64Encoded",
    ]  # fmt: skip
    assert event["resource"] == "/orders/{id}" and event["path"] == "/orders/7" and event["httpMethod"] == "POST"
    assert event["queryStringParameters"] == {"page": "2", "q": "a b c"}
    assert event["multiValueQueryStringParameters"] == {"page": ["1", "2"], "q": ["a b c"]}
    assert event["pathParameters"] == {"id": "7"} and event["stageVariables"] is None
    assert event["body"] == '{"a": "ü"}' and event["isBase64Encoded"] is False
    headers = event["headers"]
    assert headers["tEsT-x"] == "a: b" and "Test-X" not in headers
    assert headers["X-Many"] == "2" and event["multiValueHeaders"]["X-Many"] == ["1", "2"]
    assert headers["Host"] == domain and headers["X-Forwarded-Proto"] == "https" and headers["X-Forwarded-Port"] == "443"
    assert headers["X-Forwarded-For"] == "192.0.2.1, 127.0.0.1"
    assert headers["X-Amzn-Trace-Id"].startswith("Root=1-") and "Content-Length" not in headers
    context = event["requestContext"]
    assert context.pop("requestId") == got.headers["x-amzn-RequestId"]
    assert context.pop("extendedRequestId") == got.headers["x-amz-apigw-id"]
    assert context.pop("requestTime").endswith(" +0000") and context.pop("requestTimeEpoch") > 1e12
    assert context.pop("identity") == {
        "cognitoIdentityPoolId": None, "accountId": None, "cognitoIdentityId": None, "caller": None, "sourceIp": "127.0.0.1",
        "principalOrgId": None, "accessKey": None, "cognitoAuthenticationType": None, "cognitoAuthenticationProvider": None,
        "userArn": None, "userAgent": "tests/1", "user": None,
    }  # fmt: skip
    deployment = api.client.get_stage(restApiId=api.id, stageName="prod")["deploymentId"]
    assert context == {
        "resourceId": api.paths["/orders/{id}"], "resourcePath": "/orders/{id}", "httpMethod": "POST", "path": "/prod/orders/7",
        "accountId": "123456789012", "protocol": "HTTP/1.1", "stage": "prod", "domainPrefix": api.id, "domainName": domain,
        "deploymentId": deployment, "apiId": api.id,
    }  # fmt: skip
    assert got.headers["Content-Type"] == "application/json" and got.headers["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_parameters_of_a_proxy_integration_go_nowhere(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    given = {"integration.request.header.X-One": "'mapped'", "integration.request.querystring.q": "context.stage"}
    api.put("/", "GET", api.function(ECHO), integration={"requestParameters": given})
    api.deploy()
    event = event_of(api.ask("/", headers=[("X-One", "own")]))
    assert (event["headers"]["X-One"], event["queryStringParameters"]) == ("own", None)


def test_what_is_empty_is_null_and_an_encoded_path_stays_encoded(cloud: CloudUnderTest) -> None:
    api = echoing(cloud, "/{proxy+}", "/")
    event = event_of(api.ask(""))
    assert event["path"] == "/" and event["requestContext"]["path"] == "/prod" and event["resource"] == "/"
    for member in ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"):
        assert event[member] is None, member
    event = event_of(api.ask("/a/user/test%2Balias@gmail.com/"))
    assert event["path"] == "/a/user/test%2Balias@gmail.com/" and event["pathParameters"] == {
        "proxy": "a/user/test%2Balias@gmail.com"
    }


def test_aws_s_host_name_leads_to_the_same_api(cloud: CloudUnderTest) -> None:
    api = echoing(cloud, "/x")
    host = f"{api.id}.execute-api.{cloud.region}.amazonaws.com"
    assert event_of(ask(f"{cloud.url}/prod/x", host=host))["path"] == "/x"
    assert ask(f"{cloud.url}/prod/x", host=host.replace(api.id, "nothing123")).status == 403


def test_real_clients(cloud: CloudUnderTest, tmp_path: Any) -> None:
    api = echoing(cloud, "/x")
    with urllib.request.urlopen(f"{api.address}/prod/x?a=1") as answer:
        assert json.load(answer)["queryStringParameters"] == {"a": "1"}
    answered = requests.post(f"{api.address}/prod/x", json={"b": 2}, timeout=30)
    assert json.loads(answered.json()["body"]) == {"b": 2} and answered.json()["headers"]["Content-Type"] == "application/json"
    require(shutil.which("curl"), "curl", "apt-get install curl")
    command = ["curl", "-sS", "--data-binary", "@-", "-H", "X-lower: 1", f"{api.address}/prod/x?a=b%20c"]
    event = json.loads(subprocess.run(command, input=b"from curl", capture_output=True, check=True).stdout)
    assert (event["httpMethod"], event["body"], event["headers"]["X-lower"]) == ("POST", "from curl", "1")
    assert event["queryStringParameters"] == {"a": "b c"} and event["requestContext"]["identity"]["userAgent"].startswith("curl/")


def test_names_win_over_parameters_and_greedy_ones_and_methods_over_any(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    name = api.function(ECHO)
    for path, method in (
        ("/a", "GET"),
        ("/a", "ANY"),
        ("/c/{id}", "GET"),
        ("/{proxy+}", "ANY"),
        ("/a/{proxy+}", "GET"),
        ("/a/b", "GET"),
    ):
        api.put(path, method, name)
    api.deploy()
    for path, method, resource in (
        ("/a", "GET", "/a"), ("/a/", "GET", "/a"), ("/a", "PUT", "/a"), ("/c/7", "GET", "/c/{id}"),
        ("/b", "GET", "/{proxy+}"), ("/c", "GET", "/{proxy+}"), ("/c/7/8", "GET", "/{proxy+}"), ("/b/c", "POST", "/{proxy+}"),
        ("/a/b", "GET", "/a/b"), ("/a/c", "GET", "/a/{proxy+}"), ("/a/b/c", "GET", "/a/{proxy+}"),
    ):  # fmt: skip
        assert event_of(api.ask(path, method))["resource"] == resource, (path, method)
    for path, method in (("/c/7", "POST"), ("/a/c", "POST"), ("", "GET")):
        got = api.ask(path, method)
        assert got.status == 403 and got.body == b'{"message":"Missing Authentication Token"}', (path, method)
        assert got.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_what_was_deployed_answers_and_nothing_later(cloud: CloudUnderTest) -> None:
    api = echoing(cloud, "/old")
    first = api.client.get_stage(restApiId=api.id, stageName="prod")["deploymentId"]
    api.put("/new", "GET", api.function(ECHO))
    assert api.ask("/new").status == 403
    api.client.update_stage(
        restApiId=api.id, stageName="prod", patchOperations=[{"op": "replace", "path": "/variables/colour", "value": "blue"}]
    )
    assert event_of(api.ask("/old"))["stageVariables"] == {"colour": "blue"}
    second = api.deploy()
    assert event_of(api.ask("/new"))["stageVariables"] == {"colour": "blue"}
    with pytest.raises(api.client.exceptions.BadRequestException):
        api.client.delete_deployment(restApiId=api.id, deploymentId=second)
    back = [{"op": "replace", "path": "/deploymentId", "value": first}]
    api.client.update_stage(restApiId=api.id, stageName="prod", patchOperations=back)
    assert api.ask("/new").status == 403 and event_of(api.ask("/old"))["requestContext"]["deploymentId"] == first
    api.client.create_stage(restApiId=api.id, stageName="test", deploymentId=second, variables={"colour": "red"})
    assert event_of(api.ask("/new", stage="test"))["requestContext"]["stage"] == "test"
    api.client.delete_stage(restApiId=api.id, stageName="test")
    got = api.ask("/new", stage="test")
    assert (got.status, got.body) == (403, b'{"message":"Forbidden"}')
    api.client.delete_rest_api(restApiId=api.id)
    assert api.ask("/old").status == 403


def test_a_stage_variable_names_the_function(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    blue = api.function("def lambda_handler(event, context): return {'body': 'blue'}", name="blue")
    green = api.function("def lambda_handler(event, context): return {'body': 'green'}", name="green")
    api.put("/", "GET", "${stageVariables.fn}")
    api.deploy("one", variables={"fn": blue})
    api.deploy("two", variables={"fn": green})
    assert [api.ask("", stage=stage).text for stage in ("one", "two")] == ["blue", "green"]


def test_an_alias_named_by_a_stage_variable_has_a_policy_of_its_own(cloud: CloudUnderTest) -> None:
    api, functions = RestApi(cloud), cloud.client("lambda")
    name = api.function("def lambda_handler(event, context): return {'body': context.invoked_function_arn.rpartition(':')[2]}")
    version = functions.publish_version(FunctionName=name)["Version"]
    for alias in ("blue", "green"):
        functions.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)
    api.put("/", "GET", name + ":${stageVariables.alias}")
    api.allow(name, "*/GET/", Qualifier="blue")
    for stage in ("blue", "green"):
        api.deploy(stage, variables={"alias": stage})
    assert [api.ask("", stage=stage).status for stage in ("blue", "green")] == [200, 500]
    assert api.ask("", stage="blue").text == "blue"


def test_a_role_may_call_instead_of_api_gateway(cloud: CloudUnderTest) -> None:
    api, name = RestApi(cloud), cloud.function(ECHO)
    roles = {
        "/may": role_for(cloud, "lambda:InvokeFunction"), "/may-not": role_for(cloud, "lambda:GetFunction"),
        "/not-its-role": role_for(cloud, "lambda:InvokeFunction", "events"),
    }  # fmt: skip
    for path, role in roles.items():
        api.put(path, "GET", name, integration={"credentials": role})
    api.deploy()
    assert [api.ask(path).status for path in roles] == [200, 500, 500]


def test_a_caller_s_trace_goes_on(cloud: CloudUnderTest) -> None:
    api = echoing(cloud, "/")
    root = "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e".replace("xmpl", "0000")
    got = api.ask("", headers=[("x-amzn-trace-id", root)])
    assert event_of(got)["headers"]["X-Amzn-Trace-Id"].startswith(root)
    assert got.headers["X-Amzn-Trace-Id"].startswith(f"{root};Parent=")


def test_an_emptied_cloud_answers_nothing_of_before(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function("import time\ndef lambda_handler(event, context): time.sleep(60)", Timeout=60))
    api.put("/quick", "GET", api.function(ECHO))
    api.deploy()
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(api.ask, "")
        assert api.ask("/quick").status == 200
        cloud.reset()
        assert slow.result(timeout=30).status >= 500
    assert api.ask("/quick").status == 403
    assert echoing(cloud, "/").ask("").status == 200


def test_binary_bodies_both_ways(cloud: CloudUnderTest) -> None:
    code = (
        "import base64\n"
        "def lambda_handler(event, context):\n"
        "    body = base64.b64decode(event['body']) if event['isBase64Encoded'] else event['body'].encode()\n"
        "    return {'headers': {'Content-Type': 'image/png', 'X-Was': str(event['isBase64Encoded'])}, 'isBase64Encoded': True,\n"
        "            'body': base64.b64encode(body[::-1]).decode()}\n"
    )
    api = RestApi(cloud, binaryMediaTypes=["image/png", "audio/*"])
    api.put("/", "POST", api.function(code))
    api.deploy()
    image = bytes(range(256))
    png, plain = ("Content-Type", "image/png"), ("Content-Type", "text/plain")
    got = api.ask("", "POST", body=image, headers=[png, ("Accept", "image/png, */*")])
    assert got.body == image[::-1] and got.headers["X-Was"] == "True" and got.headers["Content-Type"] == "image/png"
    got = api.ask("", "POST", body=image, headers=[("Content-Type", "audio/ogg"), ("Accept", "audio/mpeg")])
    assert got.body == image[::-1] and got.headers["X-Was"] == "True"
    got = api.ask("", "POST", body=b"abc", headers=[plain, ("Accept", "*/*")])
    assert got.body == b"Y2Jh" and got.headers["X-Was"] == "False"
    everything = [{"op": "add", "path": "/binaryMediaTypes/*~1*"}, {"op": "remove", "path": "/binaryMediaTypes/image~1png"}]
    assert set(api.client.update_rest_api(restApiId=api.id, patchOperations=everything)["binaryMediaTypes"]) == {"*/*", "audio/*"}
    api.deploy()
    got = api.ask("", "POST", body=b"abc", headers=[plain])
    assert got.body == b"cba" and got.headers["X-Was"] == "True"


def test_answers_are_compressed_where_the_api_says_so(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud, minimumCompressionSize=100)
    api.put("/", "GET", api.function("def lambda_handler(event, context): return {'body': 'x' * int(event['headers']['X-Size'])}"))
    api.deploy()
    for size, accepted, encoding in ((99, "gzip", None), (100, "gzip, br", "gzip"), (100, "br", None)):
        got = api.ask("", headers=[("X-Size", str(size)), ("Accept-Encoding", accepted)])
        assert got.headers["Content-Encoding"] == encoding, (size, accepted)
        assert (gzip.decompress(got.body) if encoding else got.body) == b"x" * size
    api.client.update_rest_api(restApiId=api.id, patchOperations=[{"op": "remove", "path": "/minimumCompressionSize"}])
    api.deploy()
    assert api.ask("", headers=[("X-Size", "100"), ("Accept-Encoding", "gzip")]).body == b"x" * 100


ANSWERS: list[tuple[str, int, dict[str, list[str]], bytes]] = [
    ("{}", 200, {"Content-Type": ["application/json"]}, b""),
    ("{'statusCode': 201, 'body': 'made'}", 201, {"Content-Type": ["application/json"]}, b"made"),
    ("{'statusCode': '404'}", 404, {}, b""),
    ("{'headers': {'X-On': True, 'Content-Type': 'text/html'}, 'body': '<p>'}", 200,
     {"X-On": ["true"], "Content-Type": ["text/html"]}, b"<p>"),
    ("{'headers': {'A': '1'}, 'multiValueHeaders': {'a': ['1', '2'], 'Set-Cookie': ['x=1', 'y=2']}}", 200,
     {"A": ["1", "2"], "Set-Cookie": ["x=1", "y=2"]}, b""),
    ("{'headers': {'WWW-Authenticate': 'Basic', 'Date': 'never', 'Content-Length': '9'}, 'body': 'abc'}", 200,
     {"x-amzn-Remapped-WWW-Authenticate": ["Basic"], "x-amzn-Remapped-Date": ["never"], "x-amzn-Remapped-Content-Length": ["9"],
      "Content-Length": ["3"], "WWW-Authenticate": []}, b"abc"),
    ("{'body': 'aGVsbG8=', 'isBase64Encoded': True}", 200, {}, b"aGVsbG8="),
    ("{'statusCode': None, 'headers': None, 'body': None, 'multiValueHeaders': None, 'isBase64Encoded': None}", 200, {}, b""),
    ("{'body': 'für'}", 200, {}, "für".encode()),
    ("{'body': '\\ud800'}", 200, {}, b"?"),
    ("{'headers': {'': 'x', 'bad name': 'x', 'A': 'é→\\r\\nB: c'}}", 200, {"A": ["é?  B: c"], "B": []}, b""),
]  # fmt: skip
MALFORMED = [
    "None", "'text'", "[1]", "7", "{'message': 'hi'}", "{'statusCode': 200, 'extra': 1}", "{'statusCode': 'ok'}",
    "{'statusCode': 99}", "{'statusCode': 100}", "{'statusCode': 199}", "{'statusCode': 0}", "{'statusCode': 200.5}",
    "{'statusCode': ''}", "{'statusCode': 1e999}", "{'headers': []}", "{'multiValueHeaders': ''}",
    "{'statusCode': 600}", "{'statusCode': True}", "{'statusCode': [200]}", "{'statusCode': 200, 'body': {'a': 1}}",
    "{'statusCode': 200, 'body': 7}", "{'statusCode': 200, 'headers': ['a']}", "{'statusCode': 200, 'headers': {'a': 1}}",
    "{'statusCode': 200, 'headers': {'a': {}}}", "{'statusCode': 200, 'multiValueHeaders': 'a'}",
    "{'statusCode': 200, 'multiValueHeaders': {'a': [1]}}", "{'statusCode': 200, 'multiValueHeaders': {'a': '1'}}",
    "{'statusCode': 200, 'isBase64Encoded': 'yes'}",
]  # fmt: skip


@pytest.fixture
def answering(cloud: CloudUnderTest) -> RestApi:
    """An API whose function answers whatever Python expression is its request's body."""
    api = RestApi(cloud)
    api.put("/", "POST", api.function("def lambda_handler(event, context): return eval(event['body'])"))
    api.deploy()
    return api


def test_what_a_function_may_answer(answering: RestApi) -> None:
    for expression, status, headers, body in ANSWERS:
        got = answering.ask("", "POST", body=expression.encode())
        assert (got.status, got.body) == (status, body), expression
        for name, values in headers.items():
            assert (got.headers.get_all(name) or []) == values, (expression, name)


def test_every_malformed_answer_is_a_502(answering: RestApi) -> None:
    for expression in MALFORMED:
        got = answering.ask("", "POST", body=expression.encode())
        assert (got.status, got.body) == (502, b'{"message": "Internal server error"}'), expression
        assert got.headers["x-amzn-ErrorType"] == "InternalServerErrorException", expression


FAILURES: list[tuple[str, str, dict[str, Any], int, bytes]] = [
    ("an exception", "raise ValueError('no')", {}, 502, b'{"message": "Internal server error"}'),
    (
        "a timeout of the function's",
        "import time; time.sleep(60)",
        {"Timeout": 1},
        502,
        b'{"message": "Internal server error"}',
    ),
    ("a killed environment", "import os; os.kill(os.getpid(), 9)", {}, 502, b'{"message": "Internal server error"}'),
    ("an answer too large", "return {'body': 'x' * 7_000_000}", {}, 502, b'{"message": "Internal server error"}'),
]


@pytest.mark.parametrize(("what", "code", "settings", "status", "body"), FAILURES, ids=[row[0] for row in FAILURES])
def test_where_a_failure_ends_up(
    cloud: CloudUnderTest, what: str, code: str, settings: dict[str, Any], status: int, body: bytes
) -> None:
    api = RestApi(cloud)
    api.put("/", "GET", api.function(f"def lambda_handler(event, context):\n    {code}", **settings))
    api.deploy()
    got = api.ask("")
    assert (got.status, got.body) == (status, body), what
    assert got.headers["Content-Type"] == "application/json" and got.headers["x-amzn-RequestId"]
    assert got.headers["x-amz-apigw-id"] and got.headers["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_a_throttle_is_a_500_a_missing_permission_too_and_29_seconds_are_a_504(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    throttled = api.function(ECHO)
    cloud.client("lambda").put_function_concurrency(FunctionName=throttled, ReservedConcurrentExecutions=0)
    strange, slow = (
        cloud.function(ECHO),
        api.function("import time\ndef lambda_handler(event, context): time.sleep(2)", Timeout=10),
    )
    api.put("/throttled", "GET", throttled)
    api.put("/strange", "GET", strange)
    api.put("/gone", "GET", "nothing")
    api.put("/slow", "GET", slow, integration={"timeoutInMillis": 100})
    api.deploy()
    for path in ("/throttled", "/strange", "/gone"):
        got = api.ask(path)
        assert (got.status, got.body) == (500, b'{"message": "Internal server error"}'), path
    got = api.ask("/slow")
    assert (got.status, got.body) == (504, b'{"message": "Endpoint request timed out"}')
    api.allow(strange, "prod/GET/strange")
    assert api.ask("/strange").status == 200


def test_payloads_that_are_too_large(cloud: CloudUnderTest) -> None:
    api = echoing(cloud, "/")
    got = api.ask("", "POST", body=b"x" * (7 * 1024 * 1024))
    assert (got.status, got.body) == (413, b'{"message":"Request Too Long"}')
    got = api.ask("", "POST", body=b"x" * (10 * 1024 * 1024 + 1))
    assert (got.status, got.body) == (413, b'{"message":"HTTP content length exceeded 10485760 bytes."}')
