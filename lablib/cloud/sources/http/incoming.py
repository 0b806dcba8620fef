"""A request to a public address, and the pieces of the events that are made of it.

Format 2.0 (function URLs, HTTP APIs) is whole in `payload_2`; REST APIs and format 1.0 take from `Incoming` what they share with
it. Sources: DG urls-invocation and API Gateway's http-api-develop-integrations-lambda, 2026; captured events, 2020 to 2026.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from lablib.cloud.sources.http.addresses import Address
from lablib.cloud.telemetry.trace import Trace
from lablib.cloud.web import Request

# Who calls, as far as this machine knows.
SOURCE_IP = "127.0.0.1"

_TEXT = re.compile(r"text/.*|application/(?:json|javascript|xml)")
_CONTINUED = re.compile(r"\r?\n[ \t]+")
# Headers of one connection, which end at the first server: API Gateway hands none of them on.
_HOP_BY_HOP = frozenset(("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"))


@dataclass(frozen=True)
class Incoming:
    """A request to a public address.

    Attributes
    ----------
    request
        As it arrived, for whoever verifies its signature.
    moment
        When, on the cloud's clock, in seconds since 1970.
    domain
        The host's name on AWS, which is what an event shows.
    """

    request: Request
    address: Address
    moment: float
    domain: str

    @property
    def method(self) -> str:
        return self.request.method

    @cached_property
    def request_headers(self) -> list[tuple[str, str]]:
        """Every header, one by one, as a function is to see it: the host is AWS's, and AWS's front has added what it adds.

        The names are as they came.
        """
        lines = list(header_lines(self.request.headers))
        kept = [(name, value) for name, value in lines if name.lower() not in _REPLACED]
        # What the client says that it forwards stays before its own address: captured of REST APIs (2017, 2021), of the others
        # unconfirmed.
        forwarded = [value for name, value in lines if name.lower() == "x-forwarded-for" and value]
        return kept + [
            ("Host", self.domain), ("X-Amzn-Trace-Id", self.trace), ("X-Forwarded-For", ", ".join((*forwarded, SOURCE_IP))),
            ("X-Forwarded-Port", "443"), ("X-Forwarded-Proto", "https"),
        ]  # fmt: skip

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers by their names in lower case; values of one that came several times are joined by commas."""
        return joined((name.lower(), value) for name, value in self.request_headers)

    @cached_property
    def trace(self) -> str:
        """The tracing header that the function's caller sent, or a new one: ``Root=1-…``. Loops are not looked for here."""
        given = Trace.read(self.request.headers.get("X-Amzn-Trace-Id"))
        if given is None:
            return f"Root=1-{int(self.moment):08x}-{secrets.token_hex(12)}"
        parent = f";Parent={given.parent}" if given.parent else ""
        return f"Root={given.root}{parent}" + (f";Sampled={given.sampled}" if given.sampled else "")

    @cached_property
    def cookies(self) -> list[str]:
        """``name=value`` of each cookie."""
        given = [value for name, value in header_lines(self.request.headers) if name.lower() == "cookie"]
        return [cookie.strip() for value in given for cookie in value.split(";") if cookie.strip()]

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The query's names and values, decoded, in order."""
        return parse_qsl(self.request.query, keep_blank_values=True)

    @property
    def user_agent(self) -> str | None:
        return self.request.headers.get("User-Agent")

    @cached_property
    def time(self) -> str:
        """``12/Mar/2020:19:03:58 +0000``"""
        return f"{datetime.fromtimestamp(self.moment, timezone.utc):%d/%b/%Y:%H:%M:%S} +0000"

    @property
    def time_epoch(self) -> int:
        """In milliseconds."""
        return int(self.moment * 1000)

    @cached_property
    def decoded_path(self) -> str:
        """The path with its percent-encoding undone, as HTTP APIs show it. REST APIs and function URLs show it as it came."""
        return unquote(self.address.path)

    def body(self) -> tuple[str | None, bool]:
        """The body as an event has it, and whether that is base64: text is what its content type says is text.

        None without one. (A form, ``application/x-www-form-urlencoded``, is base64: captured, 2020 to 2026.)
        """
        if not self.request.body:
            return None, False
        if is_text(self.request.headers.get("Content-Type")):
            try:
                return self.request.body.decode(), False
            except UnicodeDecodeError:
                pass  # whatever it says it is, JSON could not carry it
        return base64.b64encode(self.request.body).decode(), True


_REPLACED = _HOP_BY_HOP | {"host", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"}


def header_lines(headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Each header line by itself, its name as it came, where what carries the request knows them."""
    wire: bytes | None = getattr(headers, "wire", None)
    if wire is not None:
        return _lines_of(wire)
    get_all = getattr(headers, "get_all", None)
    return get_all() if get_all is not None else headers.items()


def _lines_of(wire: bytes) -> Iterable[tuple[str, str]]:
    """The headers of a request that was read and found right. A line that begins with a space goes on with the one before."""
    lines = _CONTINUED.sub(" ", wire.decode("latin-1").lstrip("\r\n")).replace("\r\n", "\n").split("\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return [(name, value.strip(" \t")) for name, _, value in pairs]


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name; the values of one that came several times are joined by commas, in order."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """By name, every value: ``multiValueHeaders`` and ``multiValueQueryStringParameters``."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def is_text(content_type: str | None) -> bool:
    """Whether a body of this type goes into an event as it is, and not as base64. Without a type it does not.

    Measured of HTTP APIs by a third party (ministack's pull request 766, 2026-06); of function URLs unconfirmed.
    """
    return content_type is not None and _TEXT.fullmatch(content_type.partition(";")[0].strip().lower()) is not None


def payload_2(
    incoming: Incoming, context: Mapping[str, Any], *, path: str, route_key: str, stage: str = "$default",
    path_parameters: Mapping[str, str] | None = None, stage_variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """An event of payload format 2.0. What is empty is left out, as captured events do, whatever the guides' samples show.

    Parameters
    ----------
    context
        The members of ``requestContext`` that differ from service to service: ``accountId``, ``requestId``, ``authorizer`` …
    path
        As the event shows it: with the stage, unless that is ``$default``.
    """
    http = {
        "method": incoming.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": SOURCE_IP,
        "userAgent": incoming.user_agent or "",
    }  # fmt: skip
    request_context = {
        **context, "apiId": incoming.address.id, "domainName": incoming.domain, "domainPrefix": incoming.address.id, "http": http,
        "routeKey": route_key, "stage": stage, "time": incoming.time, "timeEpoch": incoming.time_epoch,
    }  # fmt: skip
    body, is_base64 = incoming.body()
    event: dict[str, Any] = {
        "version": "2.0", "routeKey": route_key, "rawPath": path, "rawQueryString": incoming.request.query,
        "cookies": incoming.cookies, "headers": {name: value for name, value in incoming.headers.items() if name != "cookie"},
        "queryStringParameters": joined(incoming.query), "requestContext": dict(sorted(request_context.items())),
        "pathParameters": path_parameters, "stageVariables": stage_variables, "body": body,
    }  # fmt: skip
    return {name: value for name, value in event.items() if value or value == ""} | {"isBase64Encoded": is_base64}
