"""What a REST API answers, and what a function behind a proxy integration means by its answer.

Sources: API Gateway Developer Guide, "Output format of a Lambda function for proxy integration" and "Important notes", 2026, and
tests against AWS of LocalStack and of AWS's test tool for .NET, 2024 and 2025: no member is needed, one that is not named here
makes the answer malformed.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lablib.cloud.sources.http.answers import Malformed, status_of
from lablib.cloud.sources.rest.call import Lines, value_of
from lablib.cloud.sources.rest.failures import Failure

_MEMBERS = frozenset(("statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"))
# A client gets these under another name, since API Gateway writes its own; and these not at all.
_REMAPPED = frozenset((
    "authorization", "connection", "content-length", "content-md5", "date", "max-forwards", "server", "user-agent",
    "www-authenticate", "x-amzn-requestid", "x-forwarded-for",
))  # fmt: skip
_DROPPED = frozenset(("host", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"))
MALFORMED = "Execution failed due to configuration error: Malformed Lambda proxy response"


@dataclass(frozen=True)
class Reply:
    """An answer on its way to the client.

    Attributes
    ----------
    trace
        The tracing header of the function that gave it.
    latency_ms
        What is behind the method took so long.
    """

    status: int
    headers: Lines
    body: bytes
    trace: str | None = None
    latency_ms: float | None = None

    def header(self, name: str) -> str | None:
        """A header's value, whatever the case of its name."""
        return value_of(self.headers, name)

    def typed(self) -> Reply:
        """This answer, of type JSON if it does not say which."""
        if self.header("Content-Type") is not None:
            return self
        return replace(self, headers=(*self.headers, ("Content-Type", "application/json")))

    def compressed(self, accepted: str, least: int | None) -> Reply:
        """This answer, compressed if the API wants that and the client accepts it.

        Parameters
        ----------
        accepted
            The client's ``Accept-Encoding``.
        least
            Bytes that are worth it; None for none.
        """
        if least is None or len(self.body) < least or "gzip" not in accepted or self.header("Content-Encoding") is not None:
            return self
        return replace(self, headers=(*self.headers, ("Content-Encoding", "gzip")), body=gzip.compress(self.body))


def clean(headers: Iterable[tuple[str, str]]) -> Lines:
    """Headers of an integration as a client gets them."""
    named = ((f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, value) for name, value in headers)
    return tuple((name, _one_line(value)) for name, value in named if name.lower() not in _DROPPED)


def proxy_reply(payload: bytes, binary: bool) -> Reply:
    """Read a function's answer.

    Parameters
    ----------
    binary
        The client accepts what the API takes for binary: a base64 body is decoded, and otherwise goes out as it is.

    Raises
    ------
    Failure
        502: it is malformed; 500: it should be decoded, and cannot be.
    """
    content = _object(payload)
    status, body = _status(content.get("statusCode")), content.get("body")
    encoded = content.get("isBase64Encoded")
    if not isinstance(body, (str, type(None))) or not isinstance(encoded, (bool, type(None))):
        raise malformed()
    raw = _decoded(body or "") if encoded and binary else (body or "").encode("utf-8", "replace")
    return Reply(status, clean(_headers(content)), raw)


def malformed() -> Failure:
    """A function's answer is none that a proxy integration takes."""
    return Failure("DEFAULT_5XX", log=(MALFORMED,))


def _status(given: Any) -> int:
    """200 where there is none."""
    try:
        return 200 if given is None else status_of(given)
    except Malformed:
        raise malformed() from None


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(payload)
    except ValueError:
        raise malformed() from None
    if not isinstance(content, dict) or not content.keys() <= _MEMBERS:
        raise malformed()
    return content


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Failure(
            "API_CONFIGURATION_ERROR", log=("Execution failed due to configuration error: Unable to base64 decode the body.",)
        ) from None


def _headers(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Both kinds in one list; what stands in both, once."""
    single, several = _mapping(content.get("headers")), _mapping(content.get("multiValueHeaders"))
    many = [(name, _text(value)) for name, values in several.items() for value in _listing(values)]
    known = {(name.lower(), value) for name, value in many}
    ones = [(name, _text(value)) for name, value in single.items()]
    return [pair for pair in ones if (pair[0].lower(), pair[1]) not in known] + many


def _mapping(headers: Any) -> Mapping[str, Any]:
    if headers is None:
        return {}
    if not isinstance(headers, dict):
        raise malformed()
    return headers


def _listing(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise malformed()
    return values


def _text(value: Any) -> str:
    """A value is a string, or a boolean."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise malformed()
    return value


def _one_line(value: str) -> str:
    return "".join(" " if ord(sign) < 32 and sign != "\t" else sign for sign in value).strip()
