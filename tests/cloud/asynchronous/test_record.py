"""The document for a destination, and a dead-letter queue's attributes."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.asynchronous import record
from lablib.cloud.asynchronous.deliveries import Deliveries
from lablib.cloud.asynchronous.event import Event, Response, Terms
from lablib.cloud.asynchronous.policy import Condition, Progress
from tests.cloud.asynchronous.bench import QUEUE, TOPIC, Neighbours

ARN = "arn:aws:lambda:us-east-1:123456789012:function:my-function"
NOW = 1573755365.568  # of AWS's own example


def an_event(payload: bytes = b"{}", response: Response | None = None, qualifier: str | None = None) -> Event:
    return Event("my-function", qualifier, ARN, payload, "r", "Root=1", Progress(0.0, 3), Terms(), response)


def test_the_example_of_the_developer_guide() -> None:
    """Member by member, in its order."""
    request = b'{"ORDER_IDS":["9e07af03","637de236","a81ddca6"]}'
    answer = b'{"errorMessage":"RequestId: r Process exited before completing request"}'
    event = an_event(request, Response.of_function(answer, "Unhandled", "$LATEST"))
    assert record.invocation_record(event, "RetriesExhausted", NOW) == (
        '{"version":"1.0","timestamp":"2019-11-14T18:16:05.568Z",'
        f'"requestContext":{{"requestId":"r","functionArn":"{ARN}:$LATEST","condition":"RetriesExhausted",'
        '"approximateInvokeCount":3},"requestPayload":{"ORDER_IDS":["9e07af03","637de236","a81ddca6"]},'
        '"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},'
        '"responsePayload":{"errorMessage":"RequestId: r Process exited before completing request"}}'
    )


NO_JSON = (
    ',"deliveryError":{"statusCode":400,"errorCode":"InvalidRequestContentException",'
    '"errorMessage":"The function response payload could not be parsed as JSON."}'
)
SHOWN = [
    (b"not JSON", NO_JSON), (b"NaN", NO_JSON), (b"", ""), (b" [1] ", ',"responsePayload":[1]'),
    ('"ü"'.encode(), ',"responsePayload":"ü"'),
]  # fmt: skip


@pytest.mark.parametrize("payload, shown", SHOWN)
def test_an_answer_of_any_kind(payload: bytes, shown: str) -> None:
    document = record.invocation_record(an_event(response=Response.of_function(payload, None, "7")), "Success", NOW)
    assert '"condition":"Success","approximateInvokeCount":1}' in document, "though it ran three times"
    assert document.endswith(f'"responseContext":{{"statusCode":200,"executedVersion":"7"}}{shown}}}')


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from([None, "7", "live"]))
def test_a_record_is_always_json(request: bytes, response: bytes, qualifier: str | None) -> None:
    event = an_event(request, Response.of_function(response, "Unhandled", "7"), qualifier)
    context = json.loads(record.invocation_record(event, "RetriesExhausted", NOW))["requestContext"]
    assert context["functionArn"] == f"{ARN}:{qualifier or '$LATEST'}"
    kind, message = record.dead_letter_attributes(event, "RetriesExhausted")["ErrorMessage"]
    assert kind == "String" and 1 <= len(message.encode()) <= 1024


ERRORS: dict[str, tuple[bytes, str]] = {
    "a message": (b'{"errorMessage": "why", "errorType": "E"}', "why"),
    "a long one": (b'{"errorMessage": "' + "ü".encode() * 2000 + b'"}', "ü" * 512),
    "an error that is no object": (b'"text"', '"text"'),
    "no message in it": (b'{"errorType": "E"}', '{"errorType": "E"}'),
    "an empty message": (b'{"errorMessage": ""}', "Unknown"),
}


@pytest.mark.parametrize("payload, message", ERRORS.values(), ids=ERRORS)
def test_the_message_of_a_dead_letter(payload: bytes, message: str) -> None:
    event = an_event(response=Response.of_function(payload, "Unhandled", "7"))
    assert record.dead_letter_attributes(event, "RetriesExhausted") == {
        "RequestID": ("String", "r"), "ErrorCode": ("Number", "200"), "ErrorMessage": ("String", message),
    }  # fmt: skip


def test_the_key_of_an_object() -> None:
    key = record.object_key("my-function", NOW)
    assert key.startswith("aws/lambda/async/my-function/2019/11/14/2019-11-14T18.16.05-") and len(key) == 60 + 36


def delivered(event: Event, condition: Condition, arn: str) -> dict[str, Any]:
    neighbours = Neighbours()
    asyncio.run(Deliveries(neighbours, lambda *_: None, lambda: NOW).destination(event, condition, arn))
    [(_, body, _)] = neighbours.sent
    document: dict[str, Any] = json.loads(body)
    return document


def test_a_topic_gets_the_record_of_a_large_failure_without_its_payloads() -> None:
    large = an_event(b'"' + b"x" * 300_000 + b'"', Response.of_function(b"{}", "Unhandled", "7"))
    assert list(delivered(large, "RetriesExhausted", TOPIC)) == ["version", "timestamp", "requestContext", "responseContext"]
    small = replace(large, payload=b"{}")
    for event, condition, arn in ((large, "Success", TOPIC), (large, "RetriesExhausted", QUEUE), (small, "RetriesExhausted", TOPIC)):
        assert "requestPayload" in delivered(event, condition, arn)  # type: ignore[arg-type]
