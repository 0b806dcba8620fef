"""What a route of an HTTP API leads to: a function, another HTTP server on this machine, or a service.

Sources: API Gateway's http-api-develop-integrations-lambda, -http and http-api-troubleshooting-lambda, 2026. A function that
fails, answers nonsense or may not be called is 500; one that is throttled or takes longer than the integration waits is 503 (seen
in access logs that third parties published; on no page).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from lablib.cloud.api.errors import LambdaError
from lablib.cloud.moto_seam.httpapis import Integration
from lablib.cloud.sources.calling import Source
from lablib.cloud.sources.http import access_log, mapping
from lablib.cloud.sources.http.answers import Malformed, reply_1, reply_2
from lablib.cloud.sources.http.api_call import ApiCall, Authorized
from lablib.cloud.sources.http.door import message
from lablib.cloud.sources.http.mapping import Values
from lablib.cloud.sources.http.outward import fetch
from lablib.cloud.sources.http.services import Services
from lablib.cloud.web import Answer

if TYPE_CHECKING:
    from lablib.cloud.sources.context import SourceContext

T = TypeVar("T")

SERVICE = "apigateway.amazonaws.com"
_INVOCATIONS = re.compile(r"arn:[^:]+:apigateway:[^:]+:lambda:path/[^/]+/functions/(?P<arn>[^/]+)/invocations")
_VARIABLE = re.compile(r"\{([^}+]+)\+?\}")
# What the Lambda API's errors come to; that a body too large for Lambda is 413 is unconfirmed.
_ERRORS = {
    "TooManyRequestsException": (503, "Service Unavailable"), "RequestEntityTooLargeException": (413, "Request Entity Too Large"),
}  # fmt: skip
# A function that is not there is, for the gateway, one that it may not call: unconfirmed.
_NOT_PERMITTED = ("AccessDeniedException", "ResourceNotFoundException")
# Of an answer that another server gave: what belongs to the connection with it.
_HOP_BY_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "trailer", "te"))

# What runs on after its caller was answered: somebody has to hold it, or Python forgets it.
_running: set[asyncio.Future[Any]] = set()


class FunctionFailed(Malformed):
    """A function's answer is an error; the text is what it said."""


class TookTooLong(Exception):
    """The integration did not answer within its time. It goes on."""


def function_of(uri: str) -> str:
    """The function's ARN that an integration or an authorizer names, by itself or as a path of the Lambda API."""
    match = _INVOCATIONS.fullmatch(uri)
    return match["arn"] if match is not None else uri


async def within(seconds: float, work: Awaitable[T]) -> T:
    """Wait so long (real time) for something that goes on in any case. Raises `TookTooLong`."""
    task = asyncio.ensure_future(work)
    _running.add(task)
    task.add_done_callback(_over)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        raise TookTooLong
    return task.result()


def _over(task: asyncio.Future[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # its caller may have been answered


class Integrations:
    """Answers for the integrations of every API."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self.services = Services(context)

    async def answer(self, call: ApiCall, authorized: Authorized) -> Answer:
        """What the route's integration answers. Never raises for what a function did."""
        integration = call.taken.route.integration
        if integration is None:
            return message(500, "Internal Server Error")
        try:
            answer = await self._ask(call, integration, authorized)
        except TookTooLong:
            call.said["integration"] = access_log.TOO_LONG
            return message(503, "Service Unavailable")
        if integration.response_parameters:
            answer = mapping.of_answer(Values(call, authorized, answer), integration.response_parameters)
        return answer

    async def _ask(self, call: ApiCall, integration: Integration, authorized: Authorized) -> Answer:
        values, given, path = Values(call, authorized), integration.request_parameters, None
        if integration.subtype is not None:
            return await within(
                integration.timeout, self.services.ask(call, integration.subtype, integration.role, given, values)
            )
        if given:
            call, path = mapping.of_request(values, given)
        if integration.kind == "AWS_PROXY":
            return await self._function(call, integration, authorized)
        return await within(integration.timeout, _server(call, integration, path))

    async def _function(self, call: ApiCall, integration: Integration, authorized: Authorized) -> Answer:
        second = integration.version == "2.0"
        event = call.event_2(authorized) if second else call.event_1(authorized)
        try:
            payload = await within(integration.timeout, self.invoke(
                function_of(call.filled(integration.uri)), event, call.route_arn, integration.role, call.incoming.trace
            ))  # fmt: skip
            reply = reply_2(payload, of_api=True) if second else reply_1(payload)
        except (Malformed, LambdaError) as error:
            call.said["integration"] = why(error, "integration")
            if isinstance(error, Malformed):
                return message(500, "Internal Server Error")
            return message(*_ERRORS.get(error.code, (500, "Internal Server Error")))
        return reply.answer(content_type="text/plain;charset=utf-8")

    async def invoke(self, arn: str, event: Any, source_arn: str, role: str | None, trace: str) -> bytes:
        """Run a function in the gateway's name, or in a role's, and return what it answered.

        Raises
        ------
        LambdaError, FunctionFailed
            It could not be run, or it failed.
        """
        source = Source(SERVICE, source_arn, self._context.account) if role is None else None
        if role is not None and not await self._context.role_allows(role, "lambda:InvokeFunction", arn):
            raise LambdaError("AccessDeniedException", f"{role} may not invoke {arn}")
        result = await self._context.caller.invoke(arn, event, source, trace=trace)
        if result.outcome.function_error is not None:
            raise FunctionFailed(_error_of(result.outcome.payload))
        return result.outcome.payload


def why(error: Malformed | LambdaError, what: str) -> str:
    """What an access log says of an integration's function, or an authorizer's, that was of no use."""
    if isinstance(error, FunctionFailed):
        return access_log.FUNCTION_FAILED.format(error)
    if isinstance(error, Malformed):
        return access_log.MALFORMED.format(error)
    if error.code in _NOT_PERMITTED:
        return access_log.NOT_PERMITTED.format(what, what)
    return error.message


def _error_of(payload: bytes) -> str:
    try:
        return str(json.loads(payload)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return payload.decode("utf-8", "replace")


async def _server(call: ApiCall, integration: Integration, path: str | None) -> Answer:
    """Hand a request on to another server of this machine; the cloud reaches no other."""
    incoming = call.incoming
    uri = _VARIABLE.sub(lambda match: quote(call.taken.variables.get(match[1], ""), safe="/"), call.filled(integration.uri))
    if path is not None:
        uri = urlsplit(uri)._replace(path=quote(path, safe="/%"), query="").geturl()
    url = uri + (("&" if "?" in uri else "?") + incoming.request.query if incoming.request.query else "")
    method = incoming.method if integration.method in (None, "ANY") else str(integration.method)
    headers = [line for line in incoming.request_headers if line[0].lower() not in ("host", "content-length")]
    try:
        found = await fetch(url, seconds=integration.timeout, method=method, headers=headers, body=incoming.request.body)
    except OSError:
        return message(503, "Service Unavailable")
    return Answer(
        found.status, body=found.body, lines=tuple(line for line in found.headers if line[0].lower() not in _HOP_BY_HOP)
    )
