"""The Runtime API as a function reaches it: what comes at the wrong moment, and what is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.environments.conftest import Function, Plane

CALLS = """
import http.client, os
def lambda_handler(event, context):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(event["method"], event["path"].replace("ID", context.aws_request_id), event.get("body"), event.get("headers", {}))
    answer = connection.getresponse()
    return answer.status, answer.read().decode()
"""


@pytest.fixture(scope="module")
def caller(plane: Plane) -> Function:
    return plane.function(CALLS)


@pytest.mark.parametrize(
    ("method", "path", "status", "error", "message"),
    [
        ("GET", "/2018-06-01/runtime/invocation/next", 403, "InvalidStateTransition", "Transition from Running to Ready is not allowed"),
        ("POST", "/2018-06-01/runtime/invocation/other/response", 400, "InvalidRequestID", "Invalid request ID"),
        ("POST", "/2018-06-01/runtime/invocation/ID/answer", 404, "NotFound", "no such route"),
        ("GET", "/2018-06-01/runtime/nothing", 404, "NotFound", "no such route"),
        ("POST", "/2020-01-01/extension/register", 501, "NotImplemented", "Lambda Lab does not run extensions"),
        ("GET", "/2020-01-01/extension/event/next", 501, "NotImplemented", "Lambda Lab does not run extensions"),
        ("PUT", "/2022-07-01/telemetry", 501, "NotImplemented", "Lambda Lab does not run extensions"),
    ],
)  # fmt: skip
def test_what_is_refused(caller: Function, method: str, path: str, status: int, error: str, message: str) -> None:
    given, text = caller.answer({"method": method, "path": path})
    said: dict[str, Any] = json.loads(text)
    assert (given, said["errorType"]) == (status, error) and message in said["errorMessage"]
    assert caller.answer({"method": "GET", "path": "/none"})[0] == 404, "the runtime goes on"


TWO_STREAMS = """
import os, socket
HEAD = ("POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: api\\r\\nTransfer-Encoding: chunked\\r\\n"
        "Lambda-Runtime-Function-Response-Mode: streaming\\r\\n%s\\r\\n")
def lambda_handler(event, context):
    host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
    first, second = (socket.create_connection((host, int(port))) for _ in range(2))
    first.sendall((HEAD % (context.aws_request_id, "Expect: 100-continue\\r\\n")).encode())
    first.recv(1000)  # it is being read
    first.sendall(b"2\\r\\nab\\r\\n")
    second.sendall((HEAD % (context.aws_request_id, "")).encode() + b"2\\r\\nxy\\r\\n0\\r\\n\\r\\n")
    first.sendall(b"3\\r\\n" + second.recv(12)[-3:] + b"\\r\\n0\\r\\n\\r\\n")
    first.recv(12)
"""


def test_of_two_responses_at_a_time_the_second_is_refused(plane: Plane) -> None:
    function = plane.function(TWO_STREAMS)
    assert function().payload == b"ab403"
    assert function().payload == b"ab403", "the runtime goes on"
