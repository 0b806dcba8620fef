"""A request to a REST API: what its events, its templates and its log see of it.

Sources: API Gateway Developer Guide, "Lambda proxy integrations" and "Important notes", 2026; captured events of 2024 (names of
headers as they came, a path and its parameters with their percent-encoding, of several values of a query the last).
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

Lines = tuple[tuple[str, str], ...]

# Of one connection, or written anew by whoever sends the request on: captured events have none of them.
_NOT_HANDED_ON = frozenset((
    "connection", "content-length", "expect", "keep-alive", "max-forwards", "proxy-authenticate", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade",
))  # fmt: skip


def kept(lines: Iterable[tuple[str, str]]) -> Lines:
    """The headers of a request that API Gateway hands on."""
    return tuple((name, value) for name, value in lines if name.lower() not in _NOT_HANDED_ON)


def last(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name; of several values the last."""
    return dict(pairs)


def every(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """By name, every value in order."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def value_of(lines: Iterable[tuple[str, str]], name: str) -> str | None:
    """A header's value, whatever the case of its name; of several the last."""
    wanted = name.lower()
    return next((value for given, value in reversed(tuple(lines)) if given.lower() == wanted), None)


@dataclass(frozen=True)
class Call:
    """A request to a stage.

    Attributes
    ----------
    path
        Without the stage, as it came; it begins with a slash.
    context_path
        With the stage: ``requestContext.path``.
    query
        Names and values, decoded, in order.
    headers
        As they came, those that end here left out.
    domain
        The host's name on AWS; nothing in a test invocation.
    moment
        When it came, on the cloud's clock, in seconds since 1970.
    trace
        Its tracing header, or a new one.
    """

    api_id: str
    stage: str
    deployment_id: str
    method: str
    path: str
    context_path: str
    query: Lines
    headers: Lines
    body: bytes
    domain: str
    source_ip: str
    moment: float
    trace: str
    region: str
    account: str
    variables: Mapping[str, str]
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_id: str = field(default_factory=lambda: secrets.token_urlsafe(11) + "=")

    def header(self, name: str) -> str | None:
        """A header's value, whatever the case of its name."""
        return value_of(self.headers, name)

    @property
    def text(self) -> str:
        """The body as text. What is no UTF-8 is lost, as it is on AWS without a binary media type."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def media_type(self) -> str:
        """Of the body, without its parameters; JSON if nobody says."""
        return (self.header("Content-Type") or "application/json").partition(";")[0].strip().lower()

    @cached_property
    def accepts(self) -> str:
        """The first media type that the client accepts; nothing if it does not say. The others do not count."""
        return (self.header("Accept") or "").partition(",")[0].partition(";")[0].strip().lower()

    def arn(self, path: str | None = None) -> str:
        """As policies name this request, or a resource's `path`: ``arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/GET/path``."""
        place = f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}/{self.stage}/{self.method}"
        return place + (self.path if path is None else path)


def pairs_of(query: str) -> Lines:
    """The names and values of a query, decoded; a semicolon separates nothing."""
    return tuple(parse_qsl(query, keep_blank_values=True))


def request_context(call: Call, resource_id: str, resource_path: str, operation_name: str | None) -> dict[str, Any]:
    """``requestContext``, in which ``authorizer`` and an API key come to stand later."""
    identity: dict[str, Any] = dict.fromkeys((
        "cognitoIdentityPoolId", "accountId", "cognitoIdentityId", "caller", "sourceIp", "principalOrgId", "accessKey",
        "cognitoAuthenticationType", "cognitoAuthenticationProvider", "userArn", "userAgent", "user",
    ))  # fmt: skip
    identity |= {"sourceIp": call.source_ip, "userAgent": call.header("User-Agent")}
    at = datetime.fromtimestamp(call.moment, timezone.utc)
    context: dict[str, Any] = {
        "resourceId": resource_id, "resourcePath": resource_path, "httpMethod": call.method,
        "extendedRequestId": call.extended_id, "requestTime": f"{at:%d/%b/%Y:%H:%M:%S} +0000", "path": call.context_path,
        "accountId": call.account, "protocol": "HTTP/1.1", "stage": call.stage,
        "domainPrefix": call.domain.partition(".")[0], "requestTimeEpoch": int(call.moment * 1000),
        "requestId": call.request_id, "identity": identity, "domainName": call.domain, "deploymentId": call.deployment_id,
        "apiId": call.api_id,
    }  # fmt: skip
    return context if operation_name is None else context | {"operationName": operation_name}
