"""Lambda authorizers: who calls, and which methods they may call, as a function says.

Source: API Gateway Developer Guide, "Use API Gateway Lambda authorizers", "Output from an API Gateway Lambda authorizer", 2026.
The 403s' sentences and the 500 with ``{"message":null}`` are captured, 2017 to 2026.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lablib.cloud.access.decision import Asked
from lablib.cloud.access.documents import Statement, statements
from lablib.cloud.moto_seam.rest_apis import Authorizer
from lablib.cloud.sources.rest.call import Call
from lablib.cloud.sources.rest.event import request_event, token_event
from lablib.cloud.sources.rest.failures import Failure, look_up
from lablib.cloud.sources.rest.functions import Behind, Functions, function_error
from lablib.models import rest_apis

# Answers that are kept; the oldest go first.
_MOST = 4096
_INVOKE = "execute-api:Invoke"
_DENIED = "User is not authorized to access this resource"


@dataclass(frozen=True)
class Verdict:
    """What an authorizer said.

    Attributes
    ----------
    context
        ``requestContext.authorizer``, each value a string.
    policy
        The document as it came.
    key
        ``usageIdentifierKey``: an API key.
    """

    principal: str
    statements: tuple[Statement, ...]
    context: Mapping[str, str]
    policy: Any
    key: str | None = None
    latency_ms: int = 0

    @property
    def authorizer(self) -> dict[str, Any]:
        """``requestContext.authorizer``"""
        return {**self.context, "principalId": self.principal, "integrationLatency": self.latency_ms}

    def check(self, arn: str, source_ip: str) -> None:
        """Make sure that the policy allows a method. Raises `Failure`."""
        asked = Asked(_INVOKE, arn, {"aws:sourceip": source_ip})
        said = [statement.allows for statement in self.statements if asked.concerns(statement, asked.context)]
        if False in said:
            raise Failure("ACCESS_DENIED", f"{_DENIED} with an explicit deny in an identity-based policy")
        if not said:
            raise Failure("ACCESS_DENIED", f"{_DENIED} because no identity-based policy allows the {_INVOKE} action")


@dataclass(frozen=True)
class Kept:
    """A verdict and until when it holds, on the cloud's clock."""

    verdict: Verdict
    until: float


@dataclass(frozen=True)
class Asking:
    """A request as an authorizer sees it."""

    call: Call
    context: Mapping[str, Any]
    resource_path: str
    parameters: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict)


class Authorizers:
    """Asks authorizers, and keeps what they say for as long as they say.

    Parameters
    ----------
    now
        The cloud's clock.
    """

    def __init__(self, functions: Functions, now: Callable[[], float]) -> None:
        self._functions, self._now = functions, now
        self._kept: dict[tuple[str, ...], Kept] = {}

    def flush(self, api_id: str | None = None, stage: str | None = None) -> None:
        """Forget what authorizers said: of a stage, or everywhere."""
        self._kept = {key: kept for key, kept in self._kept.items() if api_id is not None and key[:2] != (api_id, stage)}

    async def admit(self, authorizer: Authorizer, asking: Asking) -> Verdict:
        """What an authorizer says of a request that it lets pass. Raises `Failure`."""
        verdict = await self.ask(authorizer, asking)
        verdict.check(asking.call.arn(), asking.call.source_ip)
        return verdict

    async def ask(self, authorizer: Authorizer, asking: Asking) -> Verdict:
        """What an authorizer says, or has said not long ago. Raises `Failure`."""
        call = asking.call
        sources = self._sources(authorizer, asking)
        if any(not value for value in sources) or not _is_valid(authorizer, sources):
            raise Failure("UNAUTHORIZED")
        key = (call.api_id, call.stage, call.deployment_id, authorizer.id, *sources)
        kept = self._kept.get(key) if sources and authorizer.ttl > 0 else None
        if kept is not None and self._now() < kept.until:
            return kept.verdict
        verdict = await self._call(authorizer, asking, sources)
        # Without sources nothing says whose answer it is.
        if sources and authorizer.ttl > 0:
            if len(self._kept) >= _MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = Kept(verdict, self._now() + authorizer.ttl)
        return verdict

    async def fresh(self, authorizer: Authorizer, asking: Asking) -> Verdict:
        """What an authorizer says now, as a test of it asks. Raises `Failure`."""
        sources = self._sources(authorizer, asking)
        if any(not value for value in sources) or not _is_valid(authorizer, sources):
            raise Failure("UNAUTHORIZED")
        return await self._call(authorizer, asking, sources)

    @staticmethod
    def _sources(authorizer: Authorizer, asking: Asking) -> list[str]:
        default = "method.request.header.Authorization" if authorizer.kind == "TOKEN" else ""
        names = [name.strip() for name in (authorizer.identity_source or default).split(",") if name.strip()]
        return [look_up(name, asking.values) for name in names]

    async def _call(self, authorizer: Authorizer, asking: Asking, sources: list[str]) -> Verdict:
        call = asking.call
        if authorizer.kind == "TOKEN":
            event = token_event(call.arn(), sources[0])
        else:
            event = request_event(call, asking.context, asking.resource_path, asking.parameters)
        source = f"arn:aws:execute-api:{call.region}:{call.account}:{call.api_id}/authorizers/{authorizer.id}"
        behind = Behind(authorizer.uri, authorizer.credentials, source, rest_apis.INTEGRATION_TIMEOUT_MS)
        begun = time.monotonic()
        try:
            result = await self._functions.invoke(behind, json.dumps(event).encode(), call)
        except Failure as failure:
            raise _misconfigured(*failure.log) from failure
        if result.outcome.function_error is not None:
            if function_error(result.outcome.payload) == "Unauthorized":
                raise Failure("UNAUTHORIZED")
            raise _misconfigured("Execution failed due to configuration error: Authorizer error")
        return _verdict(result.outcome.payload, round((time.monotonic() - begun) * 1000))


def _is_valid(authorizer: Authorizer, sources: list[str]) -> bool:
    """Whether a token is as the validation expression says: the whole of it, by Java's rules."""
    if authorizer.kind != "TOKEN" or not authorizer.validation:
        return True
    try:
        return re.fullmatch(authorizer.validation, sources[0]) is not None
    except re.error:
        return False


def _verdict(payload: bytes, latency_ms: int) -> Verdict:
    try:
        content = json.loads(payload)
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("principalId"), str):
        raise _misconfigured("Execution failed due to configuration error: Invalid JSON in response: principalId is missing")
    policy, context = content.get("policyDocument"), content.get("context") or {}
    if not isinstance(policy, dict) or "Statement" not in policy:
        raise _misconfigured("Execution failed due to configuration error: Invalid policy document")
    if not isinstance(context, dict) or any(isinstance(value, (dict, list)) for value in context.values()):
        raise _misconfigured("Execution failed due to configuration error: Invalid authorizer context")
    return Verdict(
        content["principalId"], statements(policy), {name: _text(value) for name, value in context.items() if value is not None},
        policy, content.get("usageIdentifierKey"), latency_ms,
    )  # fmt: skip


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _misconfigured(*log: str) -> Failure:
    return Failure("AUTHORIZER_CONFIGURATION_ERROR", log=(*log, "AuthorizerConfigurationException"))
