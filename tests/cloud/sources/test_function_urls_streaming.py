"""Function URLs whose answers are streamed."""

from __future__ import annotations

import http.client
import shutil
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cloud.sources.http import ask, open_url
from tests.streaming import streaming_package
from tests.support import CloudUnderTest, require

PRELUDE = '{"statusCode":201,"headers":{"Content-Type":"text/plain","x-mine":"1"},"cookies":["a=1","b=2"]}'
BEGIN = f"begin application/vnd.awslambda.http-integration-response; chunk '{PRELUDE}'; zeros 8;"


def streaming_url(cloud: CloudUnderTest, handler: str, **settings: Any) -> str:
    name = cloud.function(streaming_package(handler), Runtime="provided.al2023", Handler="bootstrap", **settings)
    return open_url(cloud, name, InvokeMode="RESPONSE_STREAM")


def test_status_headers_and_cookies_come_first(cloud: CloudUnderTest) -> None:
    answer = ask(streaming_url(cloud, f"{BEGIN} chunk 'one '; chunk two; end"))
    assert (answer.status, answer.body) == (201, b"one two")
    assert (answer.headers["Content-Type"], answer.headers["x-mine"]) == ("text/plain", "1")
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers["Transfer-Encoding"] == "chunked" and answer.headers["X-Amzn-Trace-Id"].startswith("Root=1-")


def test_pieces_come_while_the_function_runs(cloud: CloudUnderTest) -> None:
    url = streaming_url(cloud, f"{BEGIN} chunk 'one '; sleep 0.5; chunk two; end")
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    assert answer.read1(100) == b"one "
    assert answer.read() == b"two"
    connection.close()


def test_head_gets_no_body(cloud: CloudUnderTest) -> None:
    answer = ask(streaming_url(cloud, f"{BEGIN} chunk 'one '; chunk two; end"), "HEAD")
    assert (answer.status, answer.headers["x-mine"], answer.body) == (201, "1", b"")


def test_a_handler_without_a_beginning(cloud: CloudUnderTest) -> None:
    answer = ask(streaming_url(cloud, "begin text/html; chunk '<p>'; end"))
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "text/html", b"<p>")


def test_a_handler_that_does_not_stream(cloud: CloudUnderTest) -> None:
    answer = ask(streaming_url(cloud, "answer '{\"statusCode\": 404}'"))
    assert (answer.status, answer.body) == (200, b'{"statusCode": 404}')


@pytest.mark.parametrize(
    "beginning",
    ["chunk 'no JSON'; zeros 8;", "chunk '[]'; zeros 8;", "chunk '{\"statusCode\":\"many\"}'; zeros 8;", "chunk '{}';"],
)
def test_a_beginning_that_is_none(cloud: CloudUnderTest, beginning: str) -> None:
    answer = ask(streaming_url(cloud, f"begin application/vnd.awslambda.http-integration-response; {beginning} end"))
    assert (answer.status, answer.body) == (502, b"Internal Server Error")


@pytest.mark.parametrize(
    "end",
    ["end 'Lambda-Runtime-Function-Error-Type: Mine\r\nLambda-Runtime-Function-Error-Body: e30=\r\n'", "exit 1", "sleep 30"],
    ids=["exception", "killed", "timeout"],
)  # fmt: skip
def test_a_failure_in_the_middle_breaks_the_body_off(cloud: CloudUnderTest, end: str) -> None:
    url = streaming_url(cloud, f"{BEGIN} chunk 'one '; {end}", Timeout=2)
    with pytest.raises(http.client.IncompleteRead) as broken:
        ask(url)
    assert broken.value.partial == b"one "
    answer = ask(streaming_url(cloud, f"{BEGIN} chunk 'one '; end"))  # the connection is gone, and the cloud is not
    assert answer.status == 201


def test_a_client_that_goes_does_not_end_the_function(cloud: CloudUnderTest) -> None:
    url = streaming_url(cloud, f"{BEGIN} for i in $(seq 100); do chunk 'one '; sleep 0.005; done; end; echo finished")
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request("GET", parts.path)
    connection.getresponse().read1(4)
    connection.close()
    cloud.advance(0)  # waits until nothing runs
    logs, group = cloud.client("logs"), cloud.client("logs").describe_log_groups()["logGroups"][0]["logGroupName"]
    assert any("finished" in event["message"] for event in logs.filter_log_events(logGroupName=group)["events"])


def test_as_node_streams(cloud: CloudUnderTest) -> None:
    require(shutil.which("node"), "Node.js", "pip install -e '.[node]'")
    code = """
    export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
      stream = awslambda.HttpResponseStream.from(stream, { statusCode: 202, headers: { "x-path": event.rawPath } });
      stream.write("one "); stream.write("two"); stream.end();
    });
    """
    name = cloud.function({"index.mjs": code}, Runtime="nodejs22.x", Handler="index.handler")
    answer = ask(open_url(cloud, name, InvokeMode="RESPONSE_STREAM") + "a/b")
    assert (answer.status, answer.headers["x-path"], answer.body) == (202, "/a/b", b"one two")
