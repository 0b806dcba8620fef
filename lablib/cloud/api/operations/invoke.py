"""Invoke a function: wait for its answer, queue an event, or only see whether it could be done."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, not_implemented
from lablib.cloud.api.lookup import named
from lablib.cloud.api.names import Reference
from lablib.cloud.api.running import as_api_errors, check_runs
from lablib.cloud.api.wire import header
from lablib.cloud.functions import FunctionVersion
from lablib.environments.streams import ResponseStream
from lablib.models import limits

if TYPE_CHECKING:
    from lablib.cloud.invocation import Result

# Larger payloads are read in a thread, so that other requests go on meanwhile.
_READ_IN_PLACE = 256 * 1024


@dataclass(frozen=True)
class Asked:
    """What a request to invoke a function asks for, checked.

    Attributes
    ----------
    version
        The version that will run: an alias has been followed.
    reference
        As the function was called.
    """

    version: FunctionVersion
    reference: Reference
    payload: bytes
    context: str | None


async def invoke(call: Call) -> Mapping[str, Any]:
    """Run a function. Its own error is a result too: status 200, and ``FunctionError`` says so."""
    kind = call.parameters.get("InvocationType", "RequestResponse")
    wanted = await asked(call, kind)
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        reference, trace = wanted.reference, header(call.request, "X-Amzn-Trace-Id")
        trace = call.events.put(
            reference.name, reference.qualifier, wanted.payload, request_id=call.request_id, trace=trace
        )
        # Of an event AWS writes it in small letters, without the lineage (captured, third party, 2026).
        _add_headers(call, trace.partition(";Lineage=")[0].lower())
        return {"StatusCode": 202}
    result = await run(call, wanted)
    _add_headers(call, result.trace_id)
    answer: dict[str, Any] = {
        "StatusCode": 200,
        "Payload": result.outcome.payload,
        "FunctionError": result.outcome.function_error,
        "ExecutedVersion": result.executed_version,
    }
    if call.parameters.get("LogType") == "Tail":
        answer["LogResult"] = log_result(result)
    return answer


async def asked(call: Call, kind: str) -> Asked:
    """Read and check a request to invoke a function. `kind` is its invocation type.

    The client context of an event is not even looked at (captured, third party, 2026).
    """
    parameters = call.parameters
    for member in ("TenantId", "DurableExecutionName"):
        if member in parameters:
            raise not_implemented(f"Lambda Lab does not act on '{member}' yet. Leave it out to go on without it.")
    reference = await named(call)
    version = call.functions.route(reference.name, reference.qualifier)
    payload: bytes = parameters.get("Payload") or b"{}"
    _check_size(payload, kind)
    await _check_json(payload)
    context = None if kind == "Event" else _client_context(parameters.get("ClientContext"))
    check_runs(version)
    return Asked(version, reference, payload, context)


def log_result(result: Result) -> str:
    """The end of an invocation's log, as ``LogType=Tail`` has it."""
    kept = result.log_tail.encode()[-limits.LOG_RESULT_BYTES :]
    # Each byte of a character that was cut in two becomes U+FFFD (captured, third party, 2026).
    return base64.b64encode(kept.decode(errors="replace").encode()).decode()


async def invoke_async(call: Call) -> Mapping[str, Any]:
    """Queue an event: what Invoke with ``InvocationType=Event`` does, as it was called until 2015.

    Its events are smaller than Invoke's, its answer names no trace, and a request's trace is not taken (captured, third party, 2026).
    """
    reference = await named(call)
    version = call.functions.route(reference.name, reference.qualifier)
    payload: bytes = call.parameters["InvokeArgs"] or b"{}"
    _check_event_size(payload, limits.INVOKE_ASYNC_REQUEST_BYTES)
    await _check_json(payload)
    check_runs(version)
    call.events.put(reference.name, reference.qualifier, payload, request_id=call.request_id)
    return {"Status": 202}


def _add_headers(call: Call, trace: str) -> None:
    """What the model does not describe, and every captured answer to Invoke has (2017 to 2024)."""
    call.headers.update({"x-amzn-Remapped-Content-Length": "0", "X-Amzn-Trace-Id": trace})


async def run(call: Call, wanted: Asked, stream: ResponseStream | None = None) -> Result:
    """Run the function; what it streams goes into `stream`. The platform's errors are the API's."""
    trace = call.chains.follow(wanted.version, header(call.request, "X-Amzn-Trace-Id"))
    with as_api_errors():
        call.chains.check(wanted.version.name, wanted.reference.qualifier, trace)
        return await call.invoker.invoke(
            wanted.version, wanted.payload, request_id=call.request_id, client_context=wanted.context,
            invoked_arn=call.functions.arn(wanted.version.name, wanted.reference.qualifier), trace=trace, stream=stream,
        )  # fmt: skip


def _check_size(payload: bytes, kind: str) -> None:
    if len(payload) > limits.REQUEST_BYTES:
        raise LambdaError(
            "RequestEntityTooLargeException",
            f"Request must be smaller than {limits.REQUEST_BYTES} bytes for the InvokeFunction operation",
        )
    if kind == "Event":
        _check_event_size(payload, limits.ASYNC_REQUEST_BYTES)


def _check_event_size(payload: bytes, most: int) -> None:
    if len(payload) > most:
        raise LambdaError(
            "RequestEntityTooLargeException",
            f"{len(payload)} byte payload is too large for the Event invocation type (limit {most} bytes)",
        )


async def _check_json(payload: bytes) -> None:
    try:
        if len(payload) > _READ_IN_PLACE:
            await asyncio.to_thread(_read, payload)
        else:
            _read(payload)
    except (ValueError, RecursionError) as error:
        raise LambdaError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
        ) from None


def _read(payload: bytes) -> None:
    # Numbers are not converted: Python refuses an integer of more than 4,300 digits, and JSON does not.
    json.loads(payload.decode("utf-8"), parse_constant=_refuse, parse_int=str, parse_float=str)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


def _client_context(given: str | None) -> str | None:
    """The client context as the Runtime API hands it on: JSON text."""
    if given is None:
        return None
    if len(given) > limits.CLIENT_CONTEXT_BYTES:
        raise LambdaError(
            "InvalidRequestContentException",
            f"Client context must be at most {limits.CLIENT_CONTEXT_BYTES} bytes of base64, and this one has {len(given)}.",
        )
    try:
        context = json.loads(base64.b64decode(given, validate=True))
        if not isinstance(context, dict):
            raise ValueError("no object")
    except (binascii.Error, ValueError, RecursionError):
        raise LambdaError(
            "InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object."
        ) from None
    # Written anew, since it travels in a header: ASCII, and on one line.
    return json.dumps(context)
