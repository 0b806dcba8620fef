"""Go functions, built with AWS's own aws-lambda-go, run as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

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
