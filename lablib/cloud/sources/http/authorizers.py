"""Who may call a route of an HTTP API: nobody asked, IAM, a JSON Web Token, or a function that decides.

Sources: API Gateway's http-api-access-control, http-api-lambda-authorizer and http-api-access-control-iam, 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lablib.cloud.access.decision import Asked
from lablib.cloud.access.documents import Statement, statements
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.authentication.refusals import Refused
from lablib.cloud.moto_seam.httpapis import Authorizer
from lablib.cloud.sources.http import access_log
from lablib.cloud.sources.http.answers import Malformed
from lablib.cloud.sources.http.api_call import ApiCall, Authorized
from lablib.cloud.sources.http.integrations import Integrations, TookTooLong, function_of, why, within
from lablib.cloud.sources.http.mapping import Values
from lablib.cloud.sources.http.signers import Signers, may
from lablib.cloud.sources.http.tokens import BadToken, Tokens
from lablib.models import http_apis

if TYPE_CHECKING:
    from lablib.cloud.sources.context import SourceContext

# How many answers are kept. Ours.
_KEPT = 10_000


class Unauthorized(Exception):
    """401: there is nothing to decide about, or it is not valid."""

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.lines = lines


class Forbidden(Exception):
    """403."""

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.lines = lines


class AuthorizerFailed(Exception):
    """500: an authorizer that could not be run, or whose answer is none."""


@dataclass(frozen=True)
class Verdict:
    """What an authorizer's function answered. `statements` are those of a policy; None where the answer was just yes or no."""

    allowed: bool
    statements: tuple[Statement, ...] | None
    principal: str | None
    context: Mapping[str, Any]

    def lets(self, arn: str) -> bool:
        if self.statements is None:
            return self.allowed
        said = [found.allows for found in self.statements if found.concerns("execute-api:Invoke", arn, {})]
        return bool(said) and all(said)


class Authorizers:
    """Asks the authorizers of every API, and remembers what they said for as long as each says."""

    def __init__(self, context: SourceContext, integrations: Integrations) -> None:
        self._context, self._integrations = context, integrations
        self._signers, self._tokens = Signers(context.authority), Tokens(context.clock)
        self._kept: dict[tuple[str, ...], tuple[float, Verdict]] = {}

    def reset(self) -> None:
        """Forget every answer."""
        self._kept.clear()
        self._tokens.reset()

    async def check(self, call: ApiCall) -> Authorized:
        """What is known of who calls. Raises `Unauthorized`, `Forbidden`, `AuthorizerFailed`."""
        route = call.taken.route
        if route.authorization == "NONE":
            return Authorized()
        if route.authorization == "AWS_IAM":
            return await self._iam(call)
        if route.authorizer is None:
            raise AuthorizerFailed
        if route.authorization == "JWT":
            return await self._jwt(call, route.authorizer)
        return await self._function(call, route.authorizer)

    async def _iam(self, call: ApiCall) -> Authorized:
        try:
            signed = await self._signers.of(call.incoming.request, "execute-api")
        except Refused:
            raise Forbidden from None
        asked = Asked("execute-api:Invoke", call.arn())
        if not may(signed.who, asked, (), self._context.clock.now(), self._context.region):
            raise Forbidden
        identity = signed.identity()
        in_1 = {name: identity[name] for name in ("accessKey", "accountId", "userArn")}
        return Authorized({"iam": identity}, {}, {**in_1, "caller": identity["callerId"], "user": identity["userId"]})

    async def _jwt(self, call: ApiCall, authorizer: Authorizer) -> Authorized:
        values = _identity(call, authorizer.sources or ("$request.header.Authorization",))
        if values is None:
            raise Unauthorized(("WWW-Authenticate", "Bearer"))
        try:
            claims = await self._tokens.claims(values[0], authorizer.issuer, authorizer.audience)
        except BadToken as bad:
            said = f'Bearer scope="{" ".join(call.taken.route.scopes)}" error="invalid_token" error_description="{bad}"'
            raise Unauthorized(("WWW-Authenticate", said)) from None
        scopes, needed = str(claims.get("scope") or claims.get("scp") or "").split(), call.taken.route.scopes
        if needed and not set(needed) & set(scopes):
            raise Forbidden(("WWW-Authenticate", f'Bearer scope="{" ".join(needed)}" error="insufficient_scope"'))
        shown = {"claims": {name: _claim(value) for name, value in claims.items()}, "scopes": scopes if needed else None}
        return Authorized({"jwt": shown}, shown)

    async def _function(self, call: ApiCall, authorizer: Authorizer) -> Authorized:
        values = _identity(call, authorizer.sources)
        if values is None:
            raise Unauthorized
        key = (call.api_id, call.stage.name, authorizer.id, *values)
        verdict = self._remembered(key) if authorizer.ttl else None
        if verdict is None:
            verdict = await self._ask(call, authorizer, values)
            if authorizer.ttl:
                self._remember(key, verdict, authorizer.ttl)
        if not verdict.lets(call.arn()):
            raise Forbidden
        in_1 = {"principalId": verdict.principal, **verdict.context} if verdict.principal else dict(verdict.context)
        return Authorized({"lambda": dict(verdict.context) or None}, in_1)

    async def _ask(self, call: ApiCall, authorizer: Authorizer, values: list[str]) -> Verdict:
        event = _event_2(call, values) if authorizer.version == "2.0" else _event_1(call, values)
        arn = f"arn:aws:execute-api:{call.region}:{call.account}:{call.api_id}/authorizers/{authorizer.id}"
        try:
            return _verdict(await within(http_apis.AUTHORIZER_TIMEOUT_S, self._integrations.invoke(
                function_of(call.filled(authorizer.uri)), event, arn, authorizer.role, call.incoming.trace
            )), authorizer)  # fmt: skip
        except (LambdaError, Malformed, TookTooLong) as error:
            call.said["authorizer"] = access_log.TOO_LONG if isinstance(error, TookTooLong) else why(error, "authorizer")
            raise AuthorizerFailed from None

    def _remembered(self, key: tuple[str, ...]) -> Verdict | None:
        until, verdict = self._kept.get(key, (0.0, None))
        return verdict if until > self._context.clock.now() else None

    def _remember(self, key: tuple[str, ...], verdict: Verdict, seconds: float) -> None:
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = (self._context.clock.now() + seconds, verdict)


def _identity(call: ApiCall, sources: tuple[str, ...]) -> list[str] | None:
    """What the request has of an authorizer's identity sources; None if one is missing, and nobody need be asked."""
    values = [_source(call, source) for source in sources]
    return None if not all(values) else [str(value) for value in values]


def _source(call: ApiCall, source: str) -> str | None:
    return Values(call, Authorized()).of(source) or None


def _event_2(call: ApiCall, values: list[str]) -> dict[str, Any]:
    event = {name: value for name, value in call.event_2(Authorized()).items() if name not in ("body", "isBase64Encoded")}
    return {"version": "2.0", "type": "REQUEST", "routeArn": call.arn(), "identitySource": values or None, **event}


def _event_1(call: ApiCall, values: list[str]) -> dict[str, Any]:
    """The guide's sample has less in ``requestContext`` than a function gets; what else that is: unconfirmed, taken to be all."""
    event, given = call.event_1(Authorized()), ",".join(values)
    return {
        "version": "1.0", "type": "REQUEST", "methodArn": call.arn(), "identitySource": given, "authorizationToken": given,
        **{name: event[name] for name in ("resource", "path", "httpMethod", "headers", "requestContext")},
        **{name: event[name] or {} for name in ("queryStringParameters", "pathParameters", "stageVariables")},
    }  # fmt: skip


def _verdict(payload: bytes, authorizer: Authorizer) -> Verdict:
    try:
        answer = json.loads(payload)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Malformed("it is no object")
    context = answer.get("context") or {}
    if not isinstance(context, dict):
        raise Malformed("context is no object")
    if authorizer.simple:
        if not isinstance(answer.get("isAuthorized"), bool):
            raise Malformed("isAuthorized is no boolean")
        return Verdict(answer["isAuthorized"], None, None, context)
    document, principal = answer.get("policyDocument"), answer.get("principalId")
    if not isinstance(document, dict) or not isinstance(principal, str):
        raise Malformed("it has no principalId and policyDocument")
    return Verdict(False, statements(document), principal, context)


def _claim(value: Any) -> str:
    """A claim as functions see it: text, whatever it was; a list in brackets with spaces between (captured, 2021)."""
    if isinstance(value, list):
        return f"[{' '.join(_claim(item) for item in value)}]"
    return value if isinstance(value, str) else json.dumps(value)
