"""The HTTP answer that a function's result means.

Format 2.0: without ``statusCode`` the whole answer is the body, of type ``application/json``. Format 1.0 wants an object with
``statusCode`` or takes it for an error. (REST APIs read theirs in `lablib.cloud.sources.rest.reply`.) Sources: DG
urls-invocation and API Gateway's http-api-develop-integrations-lambda, 2026; what the gateway was seen to do: the integration
tests of AWS's own Lambda test tool for .NET, 2025; what function URLs were: LocalStack's snapshots of AWS, 2025-11-24.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lablib.cloud.web import Answer

# Of a token of RFC 9110, which a header's name has to be; and what may not be in a value.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# What the connection says and no function: the server that writes the answer knows its length.
_OURS = frozenset(("connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te", "trailer"))


class Malformed(Exception):
    """What the function answered is no answer to an HTTP request. The text says why, for logs."""


@dataclass(frozen=True)
class Reply:
    """A function's answer, read.

    Attributes
    ----------
    headers
        Each line, names as the function wrote them; cookies too, as ``Set-Cookie``.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def first(self, name: str) -> str | None:
        """The value of the first header of this name, in any case."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def answer(self, more: Iterable[tuple[str, str]] = (), *, content_type: str) -> Answer:
        """The HTTP answer.

        Parameters
        ----------
        more
            Headers that the gateway adds.
        content_type
            Where the function names none.
        """
        lines = list(self.headers)
        if self.first("content-type") is None:
            lines.append(("Content-Type", content_type))
        return Answer(self.status, body=self.body, lines=(*lines, *more))


def reply_2(payload: bytes, *, of_api: bool = False) -> Reply:
    """Read an answer of payload format 2.0. Raises `Malformed`.

    Parameters
    ----------
    of_api
        An HTTP API, not a function URL, reads it: what has an ``errorMessage`` looks to it like the answer of a function that
        failed (LocalStack's tests against AWS, 2024; of function URLs it is unconfirmed).
    """
    content = _json(payload)
    if not isinstance(content, dict) or "statusCode" not in content:
        if of_api and isinstance(content, dict) and "errorMessage" in content:
            raise Malformed("it looks like an error")
        return Reply(200, (("Content-Type", "application/json"),), _inferred(content, payload))
    lines = (*headers_of(content.get("headers")), *cookie_lines(content.get("cookies")))
    return Reply(status_of(content["statusCode"]), lines, _body(content))


def _inferred(content: Any, payload: bytes) -> bytes:
    """The body of an answer that is only that: a string without its quotes, anything else as JSON without spaces.

    Both captured of function URLs; of HTTP APIs the string alone. An answer that is no JSON is the body as it came.
    """
    if isinstance(content, str):
        return content.encode("utf-8", "replace")
    if content is None:
        return payload
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def writable(lines: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Header lines as HTTP can carry them: what no header can be, and what the connection alone says, is left out."""
    return tuple((name, _value(value)) for name, value in lines if _allowed(name))


def reply_1(payload: bytes) -> Reply:
    """Read an answer of payload format 1.0. Raises `Malformed`.

    What stands in ``multiValueHeaders`` goes out beside what stands in ``headers``, the same pair once: so it was for AWS's own
    tests of its .NET test tool, which ran against both kinds of API (2025).
    """
    content = _json(payload)
    if not isinstance(content, dict) or "statusCode" not in content:
        raise Malformed("it is no object with a statusCode")
    many = _multi_value(content.get("multiValueHeaders"))
    known = {(name.lower(), value) for name, value in many}
    single = [pair for pair in headers_of(content.get("headers")) if (pair[0].lower(), pair[1]) not in known]
    return Reply(status_of(content["statusCode"]), (*single, *many), _body(content))


def cookie_lines(cookies: Any) -> list[tuple[str, str]]:
    """``Set-Cookie`` for each of a format 2.0 answer's cookies. Raises `Malformed`."""
    if cookies is None:
        return []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise Malformed("cookies is no list of strings")
    return [("Set-Cookie", _value(cookie)) for cookie in cookies]


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload) if payload else None
    except ValueError:
        return None  # a runtime of one's own may answer anything: it is the body


def status_of(status: Any) -> int:
    """A status code as functions write it: a number, or a string of one. Raises `Malformed`.

    Which numbers AWS takes is unconfirmed; an answer of 1xx would be none.
    """
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if isinstance(status, float) and status.is_integer():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise Malformed(f"its statusCode is {status!r}")
    return status


def headers_of(headers: Any) -> list[tuple[str, str]]:
    """Header lines of an object; what no header can be is left out. Raises `Malformed`."""
    if headers is None:
        return []
    if not isinstance(headers, dict):
        raise Malformed("headers is no object")
    lines: list[tuple[str, str]] = []
    for name, value in headers.items():
        if isinstance(value, (dict, list)):
            raise Malformed(f"the header {name} is no string")
        if value is not None and _allowed(name):
            lines.append((name, _value(value)))
    return lines


def _multi_value(headers: Any) -> list[tuple[str, str]]:
    if headers is None:
        return []
    if not isinstance(headers, dict) or not all(isinstance(values, list) for values in headers.values()):
        raise Malformed("multiValueHeaders is no object of lists")
    return [(name, _value(value)) for name, values in headers.items() if _allowed(name) for value in values]


def _allowed(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name.lower() not in _OURS


def _value(value: Any) -> str:
    """Numbers and booleans as JSON writes them; on the wire a header is Latin-1, and on one line."""
    text = value if isinstance(value, str) else json.dumps(value)
    return _FORBIDDEN.sub(" ", text).encode("latin-1", "replace").decode("latin-1").strip()


def _body(content: dict[str, Any]) -> bytes:
    body, encoded = content.get("body"), content.get("isBase64Encoded", False)
    if body is None:
        return b""
    if not isinstance(body, str) or not isinstance(encoded, (bool, type(None))):
        raise Malformed("its body is no string" if not isinstance(body, str) else "isBase64Encoded is no boolean")
    if not encoded:
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("its body is not base64, though isBase64Encoded says so") from None
