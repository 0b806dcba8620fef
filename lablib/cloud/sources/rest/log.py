"""The execution log of a request, line by line as API Gateway words it.

Captured logs of test invocations, 2015 to 2020, and of stages, 2018 to 2025.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from lablib.cloud.sources.rest.call import Call, last
from lablib.cloud.sources.rest.failures import Failure
from lablib.cloud.sources.rest.reply import Reply

# Of one line; what is longer ends so. API Gateway Developer Guide, "Important notes", 2026 (1,024 bytes with the date).
_LONGEST = 1000


@dataclass(frozen=True)
class Line:
    """A line, and when it was said, in seconds since 1970. `detail`: it has a body or headers; `error`: what went wrong."""

    at: float
    text: str
    detail: bool = False
    error: bool = False


class Log:
    """What is said of one request. `now` is the cloud's clock."""

    def __init__(self, now: Callable[[], float], request_id: str) -> None:
        self._now, self._request_id = now, request_id
        self.lines: list[Line] = []

    def say(self, text: str, *, error: bool = False) -> None:
        """Add a line."""
        self.lines.append(Line(self._now(), text, error=error))

    def body(self, what: str, text: str) -> None:
        """Add a line with a body or headers, or as much of them as a line has room for."""
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} [TRUNCATED]"
        self.lines.append(Line(self._now(), f"{what}: {shown}", detail=True))

    def begin(self, call: Call, resource_path: str, parameters: Mapping[str, str]) -> None:
        """A request has come to its method."""
        self.say(f"Starting execution for request: {call.request_id}")
        self.say(f"HTTP Method: {call.method}, Resource Path: {resource_path}")
        self.say(f"Method request path: {braces(parameters)}")
        self.say(f"Method request query string: {braces(dict(call.query))}")
        self.body("Method request headers", braces(last(call.headers)))
        self.body("Method request body before transformations", call.text)

    def end(self, reply: Reply) -> None:
        """It was answered."""
        self.body("Method response body after transformations", reply.body.decode("utf-8", "replace"))
        self.body("Method response headers", braces(reply.headers))
        self.say("Successfully completed execution")
        self.say(f"Method completed with status: {reply.status}")

    def fail(self, failure: Failure, status: int) -> None:
        """It was not."""
        for line in failure.log or (f"Execution failed: {failure.message}",):
            self.say(line, error=True)
        self.say(f"Method completed with status: {status}", error=True)

    @property
    def text(self) -> str:
        """The whole log, as tests of a method give it."""
        lines = [f"Execution log for request {self._request_id}"]
        for line in self.lines:
            at = datetime.fromtimestamp(line.at, timezone.utc)
            lines.append(f"{at:%a %b %d %H:%M:%S} UTC {at:%Y} : {line.text}")
        return "\n".join(lines) + "\n"


def braces(pairs: Iterable[tuple[str, str]] | Mapping[str, str]) -> str:
    """``{a=1, b=2}``; of several values of a name each."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return "{" + ", ".join(f"{name}={value}" for name, value in items) + "}"
