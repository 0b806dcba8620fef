"""One event on its way: what was asked, how far it has come, and what its function last answered."""

from __future__ import annotations

import json
from dataclasses import dataclass

from lablib.cloud.asynchronous.policy import Progress
from lablib.cloud.asynchronous.settings import DEFAULTS, EventInvokeConfig
from lablib.models import limits


@dataclass(frozen=True)
class Response:
    """What the last attempt came to.

    Attributes
    ----------
    status
        The HTTP status that a synchronous caller would have got: 200 also when the function failed, 429 for a throttle.
    message
        What went wrong, if something did.
    executed_version, function_error, payload
        None where the function did not run.
    """

    status: int
    message: str = ""
    executed_version: str | None = None
    function_error: str | None = None
    payload: bytes | None = None

    @classmethod
    def of_function(cls, payload: bytes, function_error: str | None, executed_version: str) -> Response:
        """The answer of a function that ran."""
        message = _error_message(payload) if function_error else ""
        return cls(200, message, executed_version, function_error, payload)


@dataclass(frozen=True)
class Terms:
    """How an event is handled: as its function said at the last attempt, since it may be gone by its end.

    Attributes
    ----------
    role
        Of the function: who sends to destinations.
    dead_letter
        ARN of the dead-letter queue or topic.
    """

    config: EventInvokeConfig = DEFAULTS
    role: str = ""
    dead_letter: str | None = None


@dataclass(eq=False)
class Event:
    """An accepted event. The same `request_id` and `trace` go with every attempt.

    Attributes
    ----------
    qualifier
        As it was asked for: the version is chosen anew at every attempt.
    trace
        The tracing header that the function gets.
    """

    name: str
    qualifier: str | None
    arn: str
    payload: bytes
    request_id: str
    trace: str
    progress: Progress
    terms: Terms
    response: Response | None = None


def _error_message(payload: bytes) -> str:
    """``errorMessage`` of an error object, or, where there is none, all of it; 1 KB at most."""
    text = payload.decode(errors="replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = text
    if isinstance(content, dict) and isinstance(content.get("errorMessage"), str):
        text = content["errorMessage"]
    return text.encode(errors="replace")[: limits.DEAD_LETTER_ERROR_BYTES].decode(errors="ignore")
