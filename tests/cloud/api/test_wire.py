"""What is read from the service model holds for every operation in it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.model import StructureShape

from lablib.cloud.api.errors import LambdaError, error_response
from lablib.cloud.api.table import OPERATIONS
from lablib.cloud.api.validation import CEILINGS, compiled, validate
from lablib.cloud.api.wire import Operation, Wire
from lablib.cloud.web import Request

WIRE = Wire.of_lambda()


def test_every_operation_of_ours_is_in_the_model() -> None:
    assert OPERATIONS.keys() <= WIRE.operations.keys()
    assert len(WIRE.operations) == 91


@pytest.mark.parametrize("operation", WIRE.operations.values(), ids=WIRE.operations)
def test_every_operation_is_found_by_its_path(operation: Operation) -> None:
    arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af%2Fx"
    path = "/" + "/".join(arn if segment.startswith("{") else segment for segment in operation.segments)
    query = "&".join(f"{name}={value}" for name, value in operation.literals.items())
    found, labels = WIRE.route(Request(operation.method, path, query, {}, b""))
    assert found is operation
    assert all(value == "arn:aws:lambda:us-east-1:123456789012:function:f/x" for value in labels.values())


def test_every_pattern_of_the_model_is_one_for_python() -> None:
    names = WIRE.service.shape_names
    patterns = {WIRE.service.shape_for(name).metadata.get("pattern") for name in names} - {None}
    assert len(patterns) > 50
    for pattern in patterns:
        assert isinstance(compiled(pattern), re.Pattern)


def test_our_ceilings_are_shapes_of_the_model_and_below_its_own() -> None:
    for name, ceiling in CEILINGS.items():
        assert ceiling < WIRE.service.shape_for(name).metadata["max"]


@pytest.mark.parametrize("shape", WIRE.service.error_shapes, ids=lambda shape: shape.name)
def test_every_error_is_written_as_the_model_says(shape: StructureShape) -> None:
    answer = error_response(LambdaError(shape.name, "why"), WIRE.service, "id")
    assert answer.status == shape.metadata["error"]["httpStatusCode"]
    assert answer.headers["x-amzn-ErrorType"] == shape.error_code
    body = json.loads(answer.body)
    spelled = "message" if "message" in shape.members else "Message"
    assert body == {"Type": "User" if shape.metadata["error"].get("senderFault") else "Service", spelled: "why"}


def test_a_member_of_an_error_may_travel_in_a_header() -> None:
    error = LambdaError("TooManyRequestsException", "slow", Reason="CallerRateLimitExceeded", retryAfterSeconds="3")
    answer = error_response(error, WIRE.service, "id")
    assert answer.headers["Retry-After"] == "3"
    assert answer.body == b'{"Reason":"CallerRateLimitExceeded","Type":"User","message":"slow"}'


def check(given: dict[str, Any]) -> str:
    with pytest.raises(LambdaError) as caught:
        validate(WIRE.operations["CreateFunction"].input, given)
    return caught.value.message


def test_a_secret_is_not_repeated_in_an_error() -> None:
    message = check({"FunctionName": "f", "Role": "r", "Code": {}, "Environment": {"Variables": {"9 my-secret": "x"}}})
    assert "secret" not in message and "2 validation errors detected" in message


def test_headers_may_be_spelled_in_any_case() -> None:
    operation = WIRE.operations["Invoke"]
    request = Request("POST", "/", "", {"x-amz-invocation-type": "Event"}, b"")
    assert WIRE.parse(operation, request, {"FunctionName": "f"}) == {"FunctionName": "f", "InvocationType": "Event"}


def test_null_is_absent_and_what_the_model_does_not_know_is_left_out() -> None:
    request = Request("POST", "/", "", {}, b'{"Handler": null, "Future": 1, "Timeout": 3.0, "Code": {"ZipFile": "aGk="}}')
    assert WIRE.parse(WIRE.operations["CreateFunction"], request, {}) == {"Timeout": 3, "Code": {"ZipFile": b"hi"}}
