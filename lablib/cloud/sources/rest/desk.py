"""Operations of API Gateway's own API that moto has not: tests of a method and of an authorizer, and flushing what is kept.

Source: API reference of TestInvokeMethod, TestInvokeAuthorizer, FlushStageAuthorizersCache and FlushStageCache, 2026; what a
test's event, log and headers look like: captured, 2015 to 2024.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lablib.cloud.authentication.authority import claim_of
from lablib.cloud.authentication.refusals import Style, error
from lablib.cloud.moto_seam import engine, rest_apis
from lablib.cloud.moto_seam.rest_apis import Definition, Method, Resource
from lablib.cloud.sources.http.signers import Signers
from lablib.cloud.sources.rest.authorizers import Asking
from lablib.cloud.sources.rest.call import Call, every, last, pairs_of, request_context
from lablib.cloud.sources.rest.failures import Failure, render
from lablib.cloud.sources.rest.gateway import Gateway
from lablib.cloud.sources.rest.log import Log
from lablib.cloud.sources.rest.reply import Reply
from lablib.cloud.sources.rest.routes import Match, Routes
from lablib.cloud.web import Answer, Request
from lablib.models.rest_apis import TEST_STAGE

_METHOD = re.compile(r"/restapis/([^/]+)/resources/([^/]+)/methods/([^/]+)/?")
_AUTHORIZER = re.compile(r"/restapis/([^/]+)/authorizers/([^/]+)/?")
_FLUSH = re.compile(r"/restapis/([^/]+)/stages/([^/]+)/cache/(authorizers|data)/?")


class Missing(Exception):
    """What a request names is not there; the text is AWS's."""


class RestDesk:
    """Answers requests to API Gateway before moto does."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway, self._context = gateway, gateway.context
        self._signers = Signers(gateway.context.authority)

    async def answer(self, request: Request) -> Answer | None:
        """The answer to a request, or None for what is moto's."""
        operation = self._operation(request)
        if operation is None:
            return None
        try:
            return await operation()
        except Missing as missing:
            return error(Style.JSON, 404, "NotFoundException", str(missing))
        except (ValueError, AttributeError):
            return error(
                Style.JSON, 400, "BadRequestException", "Invalid request body: it is no JSON object as the API has it."
            )

    def _operation(self, request: Request) -> Callable[[], Awaitable[Answer]] | None:
        if request.method == "POST" and (method := _METHOD.fullmatch(request.path)):
            return lambda: self._test_method(request, *method.groups())
        if request.method == "POST" and (authorizer := _AUTHORIZER.fullmatch(request.path)):
            return lambda: self._test_authorizer(request, *authorizer.groups())
        if request.method == "DELETE" and (flush := _FLUSH.fullmatch(request.path)):
            return lambda: self._flush(*flush.groups())
        return None

    # --- TestInvokeMethod -----------------------------------------------------------

    async def _test_method(self, request: Request, api_id: str, resource_id: str, name: str) -> Answer:
        definition, region = await self._definition(request, api_id)
        resource = next((one for one in definition.resources if one.id == resource_id), None)
        if resource is None:
            raise Missing("Invalid Resource identifier specified")
        method = resource.methods.get(name)
        if method is None:
            raise Missing("Invalid Method identifier specified")
        call = self._call(json.loads(request.body or b"{}"), api_id, region, name, resource.path)
        context = await self._test_context(request, call, resource, method)
        match = Routes([resource]).match(call.path) or Match(resource, {})
        begun, log = time.monotonic(), Log(self._context.clock.now, call.request_id)
        log.begin(call, resource.path, match.parameters)
        reply = await self._run(call, definition, match, method, context, log)
        return _json({
            "status": reply.status, "body": reply.body.decode("utf-8", "replace"), "headers": last(reply.headers),
            "multiValueHeaders": every(reply.headers), "log": log.text, "latency": round((time.monotonic() - begun) * 1000),
        })  # fmt: skip

    async def _run(
        self, call: Call, definition: Definition, match: Match, method: Method, context: Mapping[str, Any], log: Log
    ) -> Reply:  # fmt: skip
        integration = method.integration
        first = () if integration is not None and integration.kind == "MOCK" else (("X-Amzn-Trace-Id", call.trace),)
        try:
            reply = await self._gateway.execute(call, definition, match, method, context, log)
        except Failure as failure:
            rendered = render(failure, definition.gateway_responses, {"context": context, "stageVariables": call.variables})
            log.fail(failure, rendered.status)
            return Reply(rendered.status, (*first, *rendered.headers), rendered.body)
        if first and reply.trace is not None:
            first = (("X-Amzn-Trace-Id", reply.trace),)
        answered = Reply(reply.status, (*first, *reply.headers), reply.body)
        log.end(answered)
        return answered

    def _call(self, given: Mapping[str, Any], api_id: str, region: str, method: str, resource_path: str) -> Call:
        path, _, query = (given.get("pathWithQueryString") or resource_path).partition("?")
        headers = dict(given.get("headers") or {})
        several = given.get("multiValueHeaders") or {}
        lines = tuple((name, value) for name, value in headers.items() if name not in several)
        lines += tuple((name, value) for name, values in several.items() for value in values)
        now = self._context.clock.now()
        return Call(
            api_id, TEST_STAGE, "", method, path or "/", path or "/", pairs_of(query), lines, (given.get("body") or "").encode(),
            "testPrefix.testDomainName", "test-invoke-source-ip", now, _new_trace(now), region, self._context.account,
            given.get("stageVariables") or {},
        )  # fmt: skip

    async def _test_context(self, request: Request, call: Call, resource: Resource, method: Method) -> dict[str, Any]:
        context = request_context(call, resource.id, resource.path, method.operation_name)
        signed = (await self._signers.of(request, "apigateway")).identity()
        context["identity"] |= {
            "apiKey": "test-invoke-api-key", "apiKeyId": "test-invoke-api-key-id", "accountId": signed["accountId"],
            "accessKey": signed["accessKey"], "userArn": signed["userArn"], "caller": signed["callerId"],
            "user": signed["userId"], "userAgent": request.headers.get("User-Agent"),
        }  # fmt: skip
        return {name: value for name, value in context.items() if name != "deploymentId"}

    # --- authorizers ----------------------------------------------------------------

    async def _test_authorizer(self, request: Request, api_id: str, authorizer_id: str) -> Answer:
        definition, region = await self._definition(request, api_id)
        authorizer = definition.authorizers.get(authorizer_id)
        if authorizer is None:
            raise Missing("Invalid Authorizer identifier specified")
        call = self._call(json.loads(request.body or b"{}"), api_id, region, "GET", "/")
        context = request_context(call, "test-invoke-resource-id", "/", None)
        values = {
            "context": context, "stageVariables": call.variables,
            "method": {"request": {"header": last(call.headers), "querystring": last(call.query)}},
        }  # fmt: skip
        begun, log = time.monotonic(), Log(self._context.clock.now, call.request_id)
        log.say(f"Starting authorizer: {authorizer.id}")
        content: dict[str, Any] = {"clientStatus": 0}
        try:
            verdict = await self._gateway.authorizers.fresh(authorizer, Asking(call, context, "/", {}, values))
            log.say(f"Successfully completed authorizer execution for principal {verdict.principal}")
            content |= {
                "principalId": verdict.principal, "policy": json.dumps(verdict.policy, separators=(",", ":")),
                "authorization": {name: [value] for name, value in verdict.context.items()},
            }  # fmt: skip
        except Failure as failure:
            for line in failure.log or (failure.message,):
                log.say(line)
            content["clientStatus"] = failure.status
        return _json(content | {"log": log.text, "latency": round((time.monotonic() - begun) * 1000)})

    async def _flush(self, api_id: str, stage: str, what: str) -> Answer:
        """An API's cache of answers is always empty here: stages do not keep any."""
        served = await self._gateway.find(api_id)
        if served is None or stage not in served.api.stages:
            raise Missing("Invalid stage identifier specified")
        if what == "authorizers":
            self._gateway.authorizers.flush(api_id, stage)
        return Answer(202, {"Content-Type": "application/json"}, b"")

    async def _definition(self, request: Request, api_id: str) -> tuple[Definition, str]:
        claim = claim_of(request)
        region = claim.region if claim is not None else self._context.region
        found = await engine.call(rest_apis.definition, region, api_id)
        if found is None:
            raise Missing(f"Invalid API identifier specified {self._context.account}:{api_id}")
        return found, region


def _new_trace(now: float) -> str:
    return f"Root=1-{int(now):08x}-{secrets.token_hex(12)}"


def _json(content: Mapping[str, Any]) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(content).encode())
