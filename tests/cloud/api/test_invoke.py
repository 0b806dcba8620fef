"""Invoke: what reaches the function, and what the caller sees of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from lablib.cloud.scaling.placement import Throttled
from lablib.environments.spec import Outcome, RuntimeUnavailable, SupervisorLost
from tests.cloud.api.harness import Api, refused


def context(size: int) -> str:
    """A client context of this many base64 characters (a multiple of 4)."""
    empty = json.dumps({"custom": {"k": ""}}, separators=(",", ":"))
    text = json.dumps({"custom": {"k": "x" * (size // 4 * 3 - len(empty))}}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def test_request_response(api: Api) -> None:
    api.create("f")
    answer = api.client.invoke(FunctionName="f", Payload=b'{"n": 1}')
    assert answer["Payload"].read() == b'{"n": 1}'
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer and "LogResult" not in answer
    [invoked] = api.invoker.invoked
    assert invoked.request_id == answer["ResponseMetadata"]["RequestId"]
    assert invoked.version == api.functions.get("f") and invoked.client_context is None


def test_no_payload_is_an_empty_object(api: Api) -> None:
    api.create("f")
    api.client.invoke(FunctionName="f")
    assert api.invoker.invoked[0].payload == b"{}"


@pytest.mark.parametrize("payload", [b"null", b"0", b'""', b'"' + b"x" * 6_291_454 + b'"', b" [1] ", b"7" * 5000, '"ü"'.encode()])
def test_any_json_up_to_6_mb(api: Api, payload: bytes) -> None:
    api.create("f")
    assert api.client.invoke(FunctionName="f", Payload=payload)["Payload"].read() == payload


def test_the_functions_own_error(api: Api) -> None:
    api.create("f")
    api.invoker.outcome = Outcome(b'{"errorMessage": "no"}', "Unhandled", "error", None, 1.0, None, 20)
    answer = api.client.invoke(FunctionName="f")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"]) == {"errorMessage": "no"}


def test_log_tail_is_the_last_4_kb(api: Api) -> None:
    api.create("f")
    api.invoker.log_tail = "ü" * 5000 + "END"
    tail = base64.b64decode(api.client.invoke(FunctionName="f", LogType="Tail")["LogResult"])
    assert tail.decode() == "\ufffd" + "ü" * 2046 + "END", "half a character is a replacement character"


def test_event(api: Api) -> None:
    api.create("f")
    answer = api.client.invoke(FunctionName="f", InvocationType="Event", Payload=b"[1]")
    assert answer["StatusCode"] == answer["ResponseMetadata"]["HTTPStatusCode"] == 202 and answer["Payload"].read() == b""
    assert "content-type" not in answer["ResponseMetadata"]["HTTPHeaders"]  # there is nothing that would have one
    [accepted] = api.events.accepted
    assert (accepted.name, accepted.qualifier, accepted.payload) == ("f", None, b"[1]")
    assert accepted.request_id == answer["ResponseMetadata"]["RequestId"]
    assert api.invoker.invoked == []


def test_dry_run(api: Api) -> None:
    api.create("f")
    answer = api.client.invoke(FunctionName="f", InvocationType="DryRun")
    assert answer["StatusCode"] == 204 and answer["Payload"].read() == b""
    assert api.invoker.invoked == [] and api.events.accepted == []


def test_client_context_reaches_the_function_as_json_on_one_line(api: Api) -> None:
    api.create("f")
    given = base64.b64encode('{\n "custom": {"näme": 1}}'.encode()).decode()
    api.client.invoke(FunctionName="f", ClientContext=given)
    handed_on = api.invoker.invoked[0].client_context
    assert handed_on is not None and handed_on.isascii() and "\n" not in handed_on
    assert json.loads(handed_on) == {"custom": {"näme": 1}}


@pytest.mark.parametrize("given", ["eyJhIjoxfQ==", "no base64"])
def test_an_event_has_no_client_context(api: Api, given: str) -> None:
    api.create("f")
    answer = api.client.invoke(FunctionName="f", InvocationType="Event", ClientContext=given)
    assert answer["StatusCode"] == 202 and len(api.events.accepted) == 1


def test_longest_client_context(api: Api) -> None:
    api.create("f")
    api.client.invoke(FunctionName="f", ClientContext=context(3580))
    assert refused(api.client.invoke, FunctionName="f", ClientContext=context(3584)).status == 400


FAILURES = {
    "throttled": (Throttled("ConcurrentInvocationLimitExceeded"), "TooManyRequestsException", 429),
    "runtime": (RuntimeUnavailable("nodejs22.x does not run here"), "NotImplemented", 501),
    "data plane": (SupervisorLost("the supervisor ended"), "ServiceException", 500),
}


@pytest.mark.parametrize("error, code, status", FAILURES.values(), ids=FAILURES)
def test_when_it_cannot_run(api: Api, error: Exception, code: str, status: int) -> None:
    api.create("f")
    api.invoker.error = error
    answer = refused(api.client.invoke, FunctionName="f")
    assert (answer.code, answer.status, answer.message) == (code, status, str(error))


def test_a_throttle_names_its_reason(api: Api) -> None:
    api.create("f")
    api.invoker.error = Throttled("ConcurrentInvocationLimitExceeded")
    answer: dict[str, Any] = refused(api.client.invoke, FunctionName="f").response
    assert (answer["Reason"], answer["Type"]) == ("ConcurrentInvocationLimitExceeded", "User")
