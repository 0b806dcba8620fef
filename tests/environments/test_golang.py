"""Go functions, built with AWS's own aws-lambda-go, run as they are."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from lablib.environments.streams import ResponseStream
from tests.environments.conftest import Function, Plane
from tests.environments.languages import LANGUAGES


@pytest.fixture(scope="module")
def function(plane: Plane) -> Iterator[Function]:
    go = LANGUAGES["go"]
    go.require()
    function = plane.function("", files=go.files(), runtime=go.runtime, handler=go.handler, environ=go.environ())
    yield function
    function.destroy()


def test_an_error_is_aws_lambda_gos(function: Function) -> None:
    outcome = function({"do": "throw"})
    assert outcome.payload == b'{"errorMessage":"bad","errorType":"errorString"}'
    assert any(line.endswith(outcome.payload.decode()) for line in function.lines)


def test_an_event_that_is_not_what_the_handler_takes(function: Function) -> None:
    error = json.loads(function("no object").payload)
    assert error["errorType"] == "UnmarshalTypeError" and "cannot unmarshal string" in error["errorMessage"]


def test_a_panic_has_its_stack_and_ends_the_process(function: Function) -> None:
    function.answer({"do": "echo"})
    outcome = function({"do": "panic"})
    error = json.loads(outcome.payload)
    assert (error["errorMessage"], error["errorType"], outcome.function_error) == ("at the disco", "string", "Unhandled")
    (frame,) = (frame for frame in error["stackTrace"] if frame["label"] == "handle")
    assert frame["path"].endswith("/main.go") and frame["line"] > 1
    assert function.answer({"do": "echo"})["count"] == 1


def test_a_reader_is_streamed(function: Function) -> None:
    assert function({"do": "stream"}).payload == b"as it is"


@pytest.mark.parametrize(("do", "pieces", "error"), [("stream", b"as it is", None), ("half", b"half", "errorString")])
def test_who_reads_a_stream_gets_it_with_its_error(function: Function, do: str, pieces: bytes, error: str | None) -> None:
    """aws-lambda-go says nowhere that it streams: it sends every response in chunks, and trailers."""
    count = function.answer({"do": "echo"})["count"]

    async def stream() -> ResponseStream:
        return ResponseStream()

    async def rest() -> bytes:
        return b"".join([piece async for piece in _pieces(reader)])

    reader = function.plane.run(stream())
    outcome = function({"do": do}, reader)
    reader.end()
    assert (outcome.streamed, outcome.midstream_error, function.plane.run(rest())) == (True, error, pieces)
    assert function({"do": "half"}).payload == b"half", "who waits for all of it hears nothing of the error"
    assert function.answer({"do": "echo"})["count"] == count + 3, "the process serves on"


async def _pieces(stream: ResponseStream) -> AsyncIterator[bytes]:
    while (piece := await stream.next()) is not None:
        yield piece


def test_a_response_that_is_too_large_is_refused(function: Function) -> None:
    """The Runtime API says so to the client, which ends itself."""
    outcome = function({"do": "large"})
    assert json.loads(outcome.payload)["errorType"] == "Function.ResponseSizeTooLarge"
    assert any(line.endswith("got unexpected status code: 413") for line in function.lines)
    assert function.answer({"do": "echo"})["count"] == 1
