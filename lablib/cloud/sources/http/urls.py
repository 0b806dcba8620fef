"""Function URLs: a function's own address.

Sources: DG urls-invocation, urls-auth and urls-configuration, 2026; LocalStack's tests and snapshots of AWS, 2025.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lablib.cloud.access.decision import Asked
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.authentication.refusals import Reason, Refused, Style, refusal
from lablib.cloud.functions import Function
from lablib.cloud.functions.urls import FunctionUrl
from lablib.cloud.sources.http import streaming, url_cors
from lablib.cloud.sources.http.answers import Malformed, reply_2
from lablib.cloud.sources.http.cors import Cors, is_preflight
from lablib.cloud.sources.http.door import url_forbidden
from lablib.cloud.sources.http.incoming import Incoming, payload_2
from lablib.cloud.sources.http.signers import ANYBODY, Signed, Signers, may
from lablib.cloud.web import Answer, StreamedAnswer

if TYPE_CHECKING:
    from lablib.cloud.sources.context import SourceContext

# What the API's errors come to; anything else is 502, as an error of the function's is. Beyond 413 and 429: unconfirmed.
_STATUSES = {
    "TooManyRequestsException": 429, "RequestEntityTooLargeException": 413, "ResourceNotFoundException": 404,
    "ResourceConflictException": 409, "NotImplemented": 501, "AccessDeniedException": 403,
}  # fmt: skip
# Headers that a function's client gets under another name: unconfirmed. They are among those that REST APIs rename.
_NAMES = {name: f"x-amzn-Remapped-{name}" for name in ("date", "server", "www-authenticate")}


class FunctionUrls:
    """Every function URL of this cloud."""

    def __init__(self, context: SourceContext) -> None:
        self.context = context
        self.signers = Signers(context.authority)

    async def find(self, url_id: str) -> AtUrl | None:
        """What answers at a URL; None if there is none of this id."""
        for function in self.context.functions:
            for qualifier, url in function.url_configs.items():
                if url.id == url_id:
                    return AtUrl(self, function, qualifier, url)
        return None


@dataclass(frozen=True)
class AtUrl:
    """One function URL; `qualifier` is its alias."""

    urls: FunctionUrls
    function: Function
    qualifier: str | None
    url: FunctionUrl

    async def answer(self, incoming: Incoming, gone: asyncio.Event) -> Answer | StreamedAnswer:
        """Answer a request, and count it."""
        begun = time.monotonic()
        answer = await self._answer(incoming)
        answer = replace(answer, lines=tuple((_NAMES.get(name.lower(), name), value) for name, value in answer.lines))
        self._count(answer.status, (time.monotonic() - begun) * 1000, incoming.moment)
        return answer

    async def _answer(self, incoming: Incoming) -> Answer | StreamedAnswer:
        cors = Cors.of(self.url.cors)
        if cors and is_preflight(incoming.request):
            return url_cors.preflight(cors, incoming.request)
        request_id = str(uuid.uuid4())
        ours = [("x-amzn-RequestId", request_id), *url_cors.lines(cors, incoming.request)]
        try:
            signed = await self._admit(incoming)
            return await self._run(self._event(incoming, request_id, signed), request_id, incoming, ours)
        except Refused as refused:
            return _refused(refused, ours)
        except LambdaError as error:
            return _failed(error, ours)
        except Malformed:
            return internal_error(ours)

    # --- who may ---------------------------------------------------------------------

    async def _admit(self, incoming: Incoming) -> Signed | None:
        """Since October 2025 both permissions are needed. Raises `Refused`.

        The second has no condition where it was given before, and ``lambda:InvokedViaFunctionUrl`` where it is for URLs alone.
        """
        context, signed = self.urls.context, None
        if self.url.auth_type == "AWS_IAM":
            signed = await self.urls.signers.of(incoming.request, "lambda")
        policy = self.function.policies.get(self.qualifier)
        statements = policy.statements if policy is not None else ()
        via_url: dict[str, str | tuple[str, ...]] = {
            "lambda:functionurlauthtype": self.url.auth_type, "lambda:invokedviafunctionurl": "true",
        }  # fmt: skip
        for action in ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction"):
            asked = Asked(action, self.url.arn, via_url)
            if not may(signed.who if signed is not None else ANYBODY, asked, statements, context.clock.now(), context.region):
                raise Refused(Reason.DENIED)
        return signed

    # --- the function ----------------------------------------------------------------

    def _event(self, incoming: Incoming, request_id: str, signed: Signed | None) -> dict[str, Any]:
        path = incoming.address.path
        context: dict[str, Any] = {"accountId": "anonymous", "requestId": request_id}
        if signed is not None:
            context = {"accountId": signed.who.account, "requestId": request_id, "authorizer": {"iam": signed.identity()}}
        return payload_2(incoming, context, path=path, route_key="$default")

    async def _run(
        self, event: dict[str, Any], request_id: str, incoming: Incoming, ours: list[tuple[str, str]]
    ) -> Answer | StreamedAnswer:  # fmt: skip
        caller = self.urls.context.caller
        if self.url.invoke_mode == "RESPONSE_STREAM":
            return await streaming.run(
                lambda stream: caller.invoke(
                    self.url.arn, event, None, trace=incoming.trace, request_id=request_id, stream=stream
                ), ours,
            )  # fmt: skip
        result = await caller.invoke(self.url.arn, event, None, trace=incoming.trace, request_id=request_id)
        lines = [*ours, ("X-Amzn-Trace-Id", result.trace_id)]
        if result.outcome.function_error is not None:
            return internal_error(lines)
        return reply_2(result.outcome.payload).answer(lines, content_type="application/json")

    def _count(self, status: int, milliseconds: float, at: float) -> None:
        metrics, name = self.urls.context.metrics, self.function.latest.name
        metrics.record("UrlRequestCount", name, qualifier=self.qualifier, at=at)
        metrics.record("UrlRequestLatency", name, milliseconds, qualifier=self.qualifier, unit="Milliseconds", at=at)
        metrics.record("Url4xxCount", name, float(400 <= status < 500), qualifier=self.qualifier, at=at)
        metrics.record("Url5xxCount", name, float(status >= 500), qualifier=self.qualifier, at=at)


def internal_error(lines: list[tuple[str, str]]) -> Answer:
    """The function failed, or its answer means nothing.

    The text is no JSON (LocalStack's tests against AWS, 2025); that its type says so nevertheless is unconfirmed.
    """
    return Answer(502, {"Content-Type": "application/json"}, b"Internal Server Error", tuple(lines))


def _refused(refused: Refused, lines: list[tuple[str, str]]) -> Answer:
    """Without permission, or without a signature at all: AWS's one sentence. A signature that is wrong is told what is wrong."""
    if refused.reason in (Reason.DENIED, Reason.UNSIGNED) and refused.detail is None:
        return replace(url_forbidden(), lines=tuple(lines))
    answer = refusal(refused, Style.JSON)
    code = answer.headers["X-Amzn-ErrorType"]
    body = json.dumps({"message": json.loads(answer.body)["message"]}, separators=(",", ":")).encode()
    return Answer(403, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, body, tuple(lines))


def _failed(error: LambdaError, lines: list[tuple[str, str]]) -> Answer:
    status = _STATUSES.get(error.code)
    if status is None:
        return internal_error(lines)
    body: dict[str, str] = {**error.members, "Type": "User" if status < 500 else "Service", "message": error.message}
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return Answer(status, headers, json.dumps(body, sort_keys=True, separators=(",", ":")).encode(), tuple(lines))
