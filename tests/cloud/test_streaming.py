"""InvokeWithResponseStream, as botocore reads it: pieces while the function runs, and how it ended."""

from __future__ import annotations

import base64
import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.streaming import streaming_package
from tests.support import CloudUnderTest

PRELUDE = '{"statusCode":201,"headers":{"x-mine":"1"}}'


@pytest.fixture(params=["namespaces", "shared"])
def place(request: pytest.FixtureRequest) -> CloudUnderTest:
    found: CloudUnderTest = request.getfixturevalue("cloud" if request.param == "namespaces" else "cloud_shared")
    return found


def function(cloud: CloudUnderTest, handler: str, **settings: Any) -> str:
    return cloud.function(streaming_package(handler), Runtime="provided.al2023", Handler="bootstrap", **settings)


def invoke(cloud: CloudUnderTest, name: str, **more: Any) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    answer = cloud.client("lambda").invoke_with_response_stream(FunctionName=name, **more)
    return answer, iter(answer["EventStream"])


def read(cloud: CloudUnderTest, name: str, **more: Any) -> tuple[bytes, dict[str, str]]:
    """The payload, and what InvokeComplete says."""
    _, events = invoke(cloud, name, **more)
    *pieces, last = list(events)
    return b"".join(piece["PayloadChunk"]["Payload"] for piece in pieces), last["InvokeComplete"]


def test_pieces_come_while_the_function_runs(place: CloudUnderTest) -> None:
    name = function(place, 'begin text/plain; chunk "one "; echo "told $event"; sleep 1; chunk two; end')
    answer, events = invoke(place, name, Payload='"me"', LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert answer["ResponseStreamContentType"] == "application/vnd.amazon.eventstream"
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-remapped-content-type"] == "text/plain" and headers["transfer-encoding"] == "chunked"
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert next(events) == {"PayloadChunk": {"Payload": b"one "}}
    # The function is at its sleep: its log, if a line has come already, does not yet say that it has ended.
    logs = place.client("logs")
    for group in logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]:
        said = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        assert not [event for event in said if event["message"].startswith("END")]
    assert next(events) == {"PayloadChunk": {"Payload": b"two"}}
    complete = next(events)["InvokeComplete"]
    assert next(events, None) is None
    tail = base64.b64decode(complete.pop("LogResult")).decode()
    assert 'told "me"\nHTTP/1.1 202 Accepted\nEND RequestId' in tail and "\tInit Duration: " in tail
    assert complete == {}


@pytest.mark.parametrize(
    ("handler", "payload", "complete"),
    [
        ("begin x/y; end", b"", {}),
        (f"begin application/vnd.awslambda.http-integration-response; chunk '{PRELUDE}'; zeros 8; chunk body; end",
         PRELUDE.encode() + bytes(8) + b"body", {}),
        ("""begin text/plain; chunk half
            end 'Lambda-Runtime-Function-Error-Type: App.Failed\\r\\nLambda-Runtime-Function-Error-Body: eyJhIjoxfQ==\\r\\n'""",
         b"half", {}),
        ("answer '\"whole\"'", b'"whole"', {}),
        ("""fail '{"errorType":"E"}'""", b'{"errorType":"E"}', {}),
        ("begin text/plain; zeros 7340032; end", bytes(7 * 1024 * 1024), {}),
    ],
    ids=["empty", "http prelude", "trailers", "not streamed", "an error", "more than 6 MB"],
)  # fmt: skip
def test_each_way_to_answer(cloud: CloudUnderTest, handler: str, payload: bytes, complete: dict[str, str]) -> None:
    name = function(cloud, handler, Timeout=20)
    assert read(cloud, name) == (payload, complete)
    assert read(cloud, name)[0] == payload  # the environment serves on


@pytest.mark.parametrize(
    ("end", "status"),
    [("sleep 30", "timeout"), ("exit 3", "error\tError Type: Runtime.ExitError"),
     ("exec 3>&-", "error\tError Type: Runtime.TruncatedResponse")],
)  # fmt: skip
def test_what_goes_wrong_midway_is_said_in_the_log_alone(place: CloudUnderTest, end: str, status: str) -> None:
    name = function(place, f"""
        begin text/plain; chunk "{{$event}}"
        if [ "$event" = '"bad"' ]; then {end}; else end; fi""", Timeout=2, MemorySize=1769)  # fmt: skip
    payload, complete = read(place, name, Payload='"bad"', LogType="Tail")
    assert payload == b'{"bad"}' and complete.keys() == {"LogResult"}
    assert f"\tStatus: {status}\n" in base64.b64decode(complete["LogResult"]).decode()
    assert read(place, name, Payload="1") == (b"{1}", {})


def test_a_function_that_fails_before_it_answers(cloud: CloudUnderTest) -> None:
    name = function(cloud, "exit 4")
    payload, complete = read(cloud, name)
    assert json.loads(payload)["errorType"] == "Runtime.ExitError" and complete == {}


def test_a_python_function_is_not_streamed_but_answers(place: CloudUnderTest) -> None:
    name = place.function("def lambda_handler(event, context): return {'big': 'x' * 100_000, 'event': event}")
    payload, complete = read(place, name, Payload='"é"')
    assert json.loads(payload) == {"big": "x" * 100_000, "event": "é"} and complete == {}


def test_invoke_waits_for_all_of_a_streamed_answer(cloud: CloudUnderTest) -> None:
    name = function(cloud, """begin text/plain
        if [ "$event" = 1 ]; then zeros 7340032; else chunk one; chunk two; fi; end 'Lambda-Runtime-Function-Error-Type: X\\r\\n'""")
    client = cloud.client("lambda")
    answer = client.invoke(FunctionName=name)
    assert answer["Payload"].read() == b"onetwo" and "FunctionError" not in answer
    too_large = client.invoke(FunctionName=name, Payload="1")
    assert too_large["FunctionError"] == "Unhandled"
    assert json.load(too_large["Payload"])["errorType"] == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize("kind", ["DryRun", "Event"])
def test_the_invocation_type_is_not_looked_at(cloud: CloudUnderTest, kind: str) -> None:
    name = function(cloud, "answer '\"ran\"'")
    answer, _ = invoke(cloud, name, InvocationType=kind)
    assert answer["StatusCode"] == 200
    assert read(cloud, name, InvocationType=kind) == (b'"ran"', {})


def test_what_is_refused_is_an_ordinary_error(cloud: CloudUnderTest) -> None:
    name = function(cloud, "answer 1")
    client = cloud.client("lambda")
    for given, code in (
        ({"Payload": "{"}, "InvalidRequestContentException"),
        ({"FunctionName": "missing"}, "ResourceNotFoundException"),
        ({"Qualifier": "7"}, "ResourceNotFoundException"),
    ):
        with pytest.raises(ClientError) as refused:
            client.invoke_with_response_stream(**{"FunctionName": name, **given})
        assert refused.value.response["Error"]["Code"] == code


def test_a_caller_that_goes_away_does_not_end_the_function(cloud: CloudUnderTest) -> None:
    name = function(cloud, "begin text/plain; for i in 1 2 3 4; do zeros 1048576; done; end; echo through", Timeout=20)
    answer, events = invoke(cloud, name)
    assert next(events)["PayloadChunk"]["Payload"][:1] == b"\0"
    # A reset rather than an orderly end, as when a process dies.
    sock = answer["EventStream"]._raw_stream._connection.sock
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    answer["EventStream"].close()
    sock.close()
    cloud.advance(0.0)  # comes back when no invocation runs
    logs = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert [event["message"] for event in logs if event["message"].startswith(("through", "END"))][0] == "through\n"


def test_a_caller_that_is_gone_before_the_first_byte_does_not_hold_the_function_back(cloud: CloudUnderTest) -> None:
    name = function(cloud, "sleep 1; begin text/plain; for i in 1 2 3 4; do zeros 1048576; done; end; echo through", Timeout=20)
    impatient = cloud.client("lambda", config=Config(read_timeout=0.3, retries={"total_max_attempts": 1}))
    with pytest.raises(ReadTimeoutError):
        impatient.invoke_with_response_stream(FunctionName=name)
    cloud.advance(0.0)
    logs = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert "through\n" in [event["message"] for event in logs]
    assert not [event for event in logs if "Status: timeout" in event["message"]]


def test_five_megabytes_come_whole(cloud: CloudUnderTest) -> None:
    """More than may be on its way at a time (tests/environments/test_streams.py)."""
    name = function(cloud, "begin text/plain; for i in 1 2 3 4 5; do zeros 1048576; done; end", Timeout=30)
    assert read(cloud, name) == (bytes(5 * 1048576), {})
