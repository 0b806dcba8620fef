"""A request to a REST API, from its address to its answer.

The order is AWS's: the resource policy and who calls, API keys and rates, the request's own validity, the integration. Source:
API Gateway Developer Guide, "API Gateway REST APIs" and its chapters on each, 2026.
"""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from lablib.cloud.moto_seam import engine, rest_api_faults
from lablib.cloud.moto_seam import logs as moto_logs
from lablib.cloud.moto_seam.rest_apis import Api, Definition, Everything, Method, Resource, Stage
from lablib.cloud.sources.acting import Acting
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.http.incoming import SOURCE_IP, Incoming
from lablib.cloud.sources.http.signers import Signers
from lablib.cloud.sources.rest.authorizers import Asking, Authorizers
from lablib.cloud.sources.rest.call import Call, kept, pairs_of, request_context
from lablib.cloud.sources.rest.failures import Failure, render
from lablib.cloud.sources.rest.functions import PRINCIPAL, Functions
from lablib.cloud.sources.rest.guards import Admitted, Guards
from lablib.cloud.sources.rest.integrations import Integrations, Request
from lablib.cloud.sources.rest.log import Log
from lablib.cloud.sources.rest.plans import Plans
from lablib.cloud.sources.rest.reply import Reply
from lablib.cloud.sources.rest.routes import Match
from lablib.cloud.sources.rest.services import Services
from lablib.cloud.sources.rest.stage_logs import StageLogs
from lablib.cloud.sources.rest.state import State
from lablib.cloud.sources.rest.validation import validate
from lablib.cloud.web import Answer
from lablib.cloud.web import Request as HttpRequest
from lablib.models import rest_apis

# Of the metrics: API Gateway Developer Guide, "Amazon API Gateway dimensions and metrics", 2026.
NAMESPACE = "AWS/ApiGateway"


@dataclass(frozen=True)
class Served:
    """One API at its address."""

    gateway: Gateway
    api: Api
    everything: Everything

    async def answer(self, incoming: Incoming, gone: asyncio.Event) -> Answer:
        """Answer a request."""
        return await self.gateway.answer(self, incoming)


@dataclass(frozen=True)
class _Way:
    """A request and where it leads; without a method it leads nowhere. `context` is completed on the way."""

    served: Served
    stage: Stage
    definition: Definition
    call: Call
    request: HttpRequest
    match: Match
    method: Method | None
    context: dict[str, Any]

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """What references mean, by their first word."""
        call = self.call
        request = {"header": dict(call.headers), "querystring": dict(call.query), "path": self.match.parameters}
        return {"context": self.context, "stageVariables": call.variables, "method": {"request": request}}

    def failed(self, failure: Failure) -> Reply:
        """The answer to a request that ended with a failure."""
        rendered = render(failure, self.definition.gateway_responses, self.values)
        self.context["error"] = {"message": failure.message, "responseType": failure.response.type}
        return Reply(rendered.status, rendered.headers, rendered.body)


_NOWHERE = Match(Resource("", "", {}), {})


class Gateway:
    """Every REST API of one cloud."""

    def __init__(self, context: SourceContext) -> None:
        rest_api_faults.install()
        self.context = context
        self._state = State()
        self._functions = Functions(context.caller, context.role_allows, context.account)
        self.authorizers = Authorizers(self._functions, context.clock.now)
        self._guards = Guards(Signers(context.authority), self.authorizers, context.clock.now)
        self._plans = Plans(context.clock.now)
        self.logs = StageLogs(context.clock, lambda *line: engine.call(moto_logs.put, *line))
        self._acting = Acting(context.url, context.clock, PRINCIPAL)
        self._integrations = Integrations(self._functions, Services(context.url, self._acting))

    async def find(self, api_id: str) -> Served | None:
        """The REST API of this id, for `lablib.cloud.sources.http.door`."""
        everything = await self._state.get()
        api = everything.apis.get(api_id)
        return Served(self, api, everything) if api is not None else None

    def noticed(self, request: HttpRequest, service: str | None) -> None:
        """moto has answered a request: if it may have changed an API, read them again."""
        writes = request.method not in ("GET", "HEAD") and not request.path.startswith("/v2/")
        if writes and service in ("apigateway", "cloudformation"):
            self._state.changed()

    async def reset(self) -> None:
        """Forget everything; calls of functions that nobody waits for are not waited for either."""
        self._state.reset()
        self._plans.reset()
        self._acting.reset()
        self.authorizers.flush()
        await self._functions.reset()
        await self.logs.reset()

    # --- a request --------------------------------------------------------------------

    async def answer(self, served: Served, incoming: Incoming) -> Answer:
        """Answer a request to an API."""
        name, slash, rest = incoming.address.path.removeprefix("/").partition("/")
        stage = served.api.stages.get(name)
        if stage is None or stage.definition is None or served.api.closed:
            return _forbidden()
        call = self._call(served.api, stage, incoming, slash + rest)
        begun = time.monotonic()
        way = self._way(served, stage, stage.definition, call, incoming.request)
        reply = await self._reply(way) if way.method is not None else way.failed(Failure("MISSING_AUTHENTICATION_TOKEN"))
        milliseconds = (time.monotonic() - begun) * 1000
        self._count(served.api, stage, reply, milliseconds, call.moment)
        self.logs.accessed(served.api, stage, call, way.context, reply, milliseconds)
        least = stage.definition.compressed_from
        return _answer(reply.compressed(call.header("Accept-Encoding") or "", least), call)

    def _call(self, api: Api, stage: Stage, incoming: Incoming, rest: str) -> Call:
        request = incoming.request
        return Call(
            api.id, stage.name, stage.deployment_id, request.method, "/" + rest.lstrip("/"), f"/{stage.name}{rest}",
            pairs_of(request.query), kept(incoming.request_headers), request.body, incoming.domain, SOURCE_IP, incoming.moment,
            incoming.trace, api.region, self.context.account, stage.variables,
        )  # fmt: skip

    def _way(
        self, served: Served, stage: Stage, definition: Definition, call: Call, request: HttpRequest
    ) -> _Way:  # fmt: skip
        match = self._state.routes(definition, stage.deployment_id).match(call.path)
        method = match.method(call.method) if match is not None else None
        if match is None or method is None:
            return _Way(served, stage, definition, call, request, _NOWHERE, None, _bare_context(call))
        context = request_context(call, match.resource.id, match.resource.path, method.operation_name)
        return _Way(served, stage, definition, call, request, match, method, context)

    async def _reply(self, way: _Way) -> Reply:
        said = self.logs.execution_log(way.stage, way.match.resource.path, way.call)
        try:
            reply = await self._admitted(way, said)
            if said is not None:
                said.end(reply)
        except Failure as failure:
            reply = way.failed(failure)
            if said is not None:
                said.fail(failure, reply.status)
        if said is not None:
            self.logs.executed(way.served.api, way.stage, way.match.resource.path, way.call, said)
        return reply

    async def _admitted(self, way: _Way, said: Log | None) -> Reply:
        """The answer to a request, if its caller may have one. Raises `Failure`."""
        call, match, method = way.call, way.match, way.method
        assert method is not None
        if len(call.body) > rest_apis.PAYLOAD_BYTES:
            raise Failure("REQUEST_TOO_LARGE", f"HTTP content length exceeded {rest_apis.PAYLOAD_BYTES} bytes.")
        asking = Asking(call, way.context, match.resource.path, match.parameters, way.values)
        admitted = await self._guards.admit(way.request, method, way.definition, asking)
        admitted.complete(way.context)
        self._admit(way, method, admitted)
        if admitted.signed is not None:  # what was signed for API Gateway is nobody else's matter
            call = replace(call, headers=tuple(line for line in call.headers if line[0].lower() != "authorization"))
        if said is not None:
            said.begin(call, match.resource.path, match.parameters)
        return await self.execute(call, way.definition, match, method, way.context, said)

    def _admit(self, way: _Way, method: Method, admitted: Admitted) -> None:
        """API keys and rates. Raises `Failure`."""
        call = way.call
        if method.api_key_required:
            from_authorizer = way.definition.api_key_source == "AUTHORIZER"
            value = (admitted.verdict.key if admitted.verdict else None) if from_authorizer else call.header("x-api-key")
            key = self._plans.admit_key(way.served.everything.keys, value, call.api_id, call.stage)
            way.context["identity"] |= {"apiKey": key.value, "apiKeyId": key.id}
        self._plans.admit(way.stage, call.api_id, way.match.resource.path, call.method)

    async def execute(
        self, call: Call, definition: Definition, match: Match, method: Method, context: Mapping[str, Any], log: Log | None
    ) -> Reply:  # fmt: skip
        """Have a method answer, whoever calls. Raises `Failure`."""
        validate(call, method, match.parameters, definition)
        if method.integration is None:
            raise Failure(
                "API_CONFIGURATION_ERROR", log=("Execution failed due to configuration error: No integration defined",)
            )
        request = Request(call, definition, method, match.resource.path, match.parameters, context, log)
        begun = time.monotonic()
        reply = await self._integrations.answer(request)
        return replace(reply.typed(), latency_ms=(time.monotonic() - begun) * 1000)

    def _count(self, api: Api, stage: Stage, reply: Reply, milliseconds: float, at: float) -> None:
        """By API, and by API and stage. What comes to nothing at its integration is not in IntegrationLatency."""
        metrics = self.context.metrics
        for dimensions in ((("ApiName", api.name),), (("ApiName", api.name), ("Stage", stage.name))):
            metrics.add("Count", dimensions, 1.0, at=at, namespace=NAMESPACE)
            metrics.add("4XXError", dimensions, float(400 <= reply.status < 500), at=at, namespace=NAMESPACE)
            metrics.add("5XXError", dimensions, float(reply.status >= 500), at=at, namespace=NAMESPACE)
            metrics.add("Latency", dimensions, milliseconds, unit="Milliseconds", at=at, namespace=NAMESPACE)
            if reply.latency_ms is not None:
                metrics.add(
                    "IntegrationLatency", dimensions, reply.latency_ms, unit="Milliseconds", at=at, namespace=NAMESPACE
                )


def _bare_context(call: Call) -> dict[str, Any]:
    """``$context`` of a request that leads to no method."""
    return {
        "requestId": call.request_id, "extendedRequestId": call.extended_id, "apiId": call.api_id, "stage": call.stage,
        "path": call.context_path, "httpMethod": call.method, "identity": {"sourceIp": call.source_ip}, "protocol": "HTTP/1.1",
    }  # fmt: skip


def _answer(reply: Reply, call: Call) -> Answer:
    """An API's answer, with the headers that each has."""
    ours = (
        ("x-amzn-RequestId", call.request_id), ("x-amz-apigw-id", call.extended_id),
        ("X-Amzn-Trace-Id", reply.trace or call.trace),
    )  # fmt: skip
    return Answer(reply.status, body=reply.body, lines=(*reply.headers, *ours))


def _forbidden() -> Answer:
    """There is no such stage, or the address was switched off."""
    headers = {
        "Content-Type": "application/json", "x-amzn-ErrorType": "ForbiddenException", "x-amzn-RequestId": str(uuid.uuid4()),
        "x-amz-apigw-id": secrets.token_urlsafe(11) + "=",
    }  # fmt: skip
    return Answer(403, headers, b'{"message":"Forbidden"}')
