"""What is sent at an event's end: the invocation record for a destination, the attributes for a dead-letter queue.

Members and their order: Developer Guide, invocation-async-retain-records, 2026, and captured records of 2020 to 2026. That a
throttle leaves ``{"statusCode": 429}`` and a missing function 404, and that nothing at all is left of a function with no reserved
concurrency, are measurements of others, on no page.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import NoReturn

from lablib.cloud.asynchronous.event import Event, Response
from lablib.cloud.asynchronous.policy import Condition
from lablib.cloud.asynchronous.targets import folder
from lablib.cloud.functions import LATEST
from lablib.models.timestamps import timestamp

# What stands in the place of an answer that is no JSON, as a streamed one may be. Captured record, third party, 2026.
_NO_JSON = {
    "statusCode": 400,
    "errorCode": "InvalidRequestContentException",
    "errorMessage": "The function response payload could not be parsed as JSON.",
}

# In AWS's words, its spelling included (seen in a dead-letter queue, 2026).
ZERO_CONCURRENCY = "Function not invoked. Function isconfigured with zero reserved concurrent executions"


def invocation_record(event: Event, condition: Condition, now: float, *, payloads: bool = True) -> str:
    """The JSON document for a destination.

    The payloads stand in it as they were, byte for byte. An empty answer is left out.

    Parameters
    ----------
    now
        On the cloud's clock.
    payloads
        Whether the request's and the response's are in it.
    """
    context = {
        "requestId": event.request_id,
        "functionArn": function_arn(event),
        "condition": condition,
        # Of a success 1, also where the function had failed before (captured records, third party, 2026).
        "approximateInvokeCount": 1 if condition == "Success" else event.progress.runs,
    }
    members = [("version", '"1.0"'), ("timestamp", _json(timestamp(now))), ("requestContext", _json(context))]
    if payloads:
        members.append(("requestPayload", _embedded(event.payload)))
    if event.response is not None:
        members.append(("responseContext", _json(_response_context(event.response))))
        if payloads and event.response.payload:
            text = event.response.payload.decode(errors="replace").strip()
            members.append(("responsePayload", text) if _is_json(text) else ("deliveryError", _json(_NO_JSON)))
    return "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"


def dead_letter_attributes(event: Event, condition: Condition) -> dict[str, tuple[str, str]]:
    """A dead-letter message's attributes: (type, value) of each, by name."""
    attributes = {"RequestID": ("String", event.request_id)}
    if condition == "ZeroReservedConcurrency":
        return attributes | {"ErrorMessage": ("String", ZERO_CONCURRENCY)}
    if event.response is not None:
        attributes["ErrorCode"] = ("Number", str(event.response.status))
        attributes["ErrorMessage"] = ("String", event.response.message or "Unknown")
    return attributes


def function_arn(event: Event) -> str:
    """The function's ARN with the qualifier that was asked for."""
    return f"{event.arn}:{event.qualifier or LATEST}"


def detail_type(condition: Condition) -> str:
    """Of the event on an event bus, whose ``source`` is ``lambda``."""
    return f"Lambda Function Invocation Result - {'Success' if condition == 'Success' else 'Failure'}"


def object_key(function: str, now: float) -> str:
    """The name of a record in a bucket."""
    moment = datetime.fromtimestamp(now, timezone.utc)
    return f"{folder(function)}{moment:%Y/%m/%d}/{moment:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"


def _response_context(response: Response) -> dict[str, object]:
    members = {
        "statusCode": response.status,
        "executedVersion": response.executed_version,
        "functionError": response.function_error,
    }
    return {name: value for name, value in members.items() if value is not None}


def _embedded(payload: bytes) -> str:
    text = payload.decode(errors="replace").strip()
    return text if _is_json(text) else _json(text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
