"""What is behind a method: a function, an HTTP endpoint, or an answer that is made up.

Sources: API Gateway Developer Guide, "Integrations for REST APIs in API Gateway", "Method request behavior for payloads without
mapping templates", "Content type conversions", 2026.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam.rest_apis import (
    Definition,
    Integration,
    IntegrationResponse,
    Method,
)
from lablib.cloud.sources.rest import endpoints
from lablib.cloud.sources.rest.call import Call
from lablib.cloud.sources.rest.event import is_binary, proxy_event
from lablib.cloud.sources.rest.failures import Failure
from lablib.cloud.sources.rest.functions import (
    Behind,
    Functions,
    function_error,
    function_of,
)
from lablib.cloud.sources.rest.log import Log, braces
from lablib.cloud.sources.rest.mapping import (
    Mapped,
    request_parameters,
    response_headers,
    with_variables,
)
from lablib.cloud.sources.rest.reply import Reply, proxy_reply
from lablib.cloud.sources.rest.services import Services
from lablib.cloud.sources.rest.templates import Values, fill

_STATUS = re.compile(r"statusCode[\"']?\s*:\s*[\"']?(\d+)")
_NO_MATCH = "Execution failed due to configuration error: No match for output mapping and no default output mapping configured."


@dataclass(frozen=True)
class Request:
    """A request that has come as far as its integration.

    Attributes
    ----------
    values
        What references mean, by their first word: ``context``, ``stageVariables``, ``method``.
    """

    call: Call
    definition: Definition
    method: Method
    resource_path: str
    parameters: Mapping[str, str]
    context: Mapping[str, Any]
    log: Log | None

    @property
    def integration(self) -> Integration:
        """The method's. There is one: what has none does not come here."""
        assert self.method.integration is not None
        return self.method.integration

    def say(self, text: str) -> None:
        """Add a line to the execution log, if somebody reads it."""
        if self.log is not None:
            self.log.say(text)

    def templated(self, body: str) -> Values:
        """What a mapping template knows, with this body as ``$input``."""
        call = self.call
        return Values(
            body, {"path": self.parameters, "querystring": dict(call.query), "header": dict(call.headers)}, self.context,
            call.variables,
        )  # fmt: skip


class Integrations:
    """Has requests answered by what is behind their methods."""

    def __init__(self, functions: Functions, services: Services) -> None:
        self._functions, self._services = functions, services
        self._kinds: Mapping[str, Callable[[Request], Awaitable[Reply]]] = {
            "AWS_PROXY": self._proxy, "AWS": self._aws, "MOCK": self._mock, "HTTP_PROXY": endpoints.passed_on, "HTTP": self._http,
        }  # fmt: skip

    async def answer(self, request: Request) -> Reply:
        """The answer of a method's integration. Raises `Failure`."""
        kind = self._kinds.get(request.integration.kind)
        if kind is None:
            raise Failure("API_CONFIGURATION_ERROR", log=(f"There is no integration type {request.integration.kind}.",))
        return await kind(request)

    # --- AWS_PROXY ------------------------------------------------------------------

    async def _proxy(self, request: Request) -> Reply:
        call, integration, binary = request.call, request.integration, request.definition.binary_media_types
        if integration.http_method != "POST":  # captured, 2024: a 500
            raise Failure("API_CONFIGURATION_ERROR", log=("Execution failed due to configuration error: Invalid HTTP method",))
        # The integration's own parameters go nowhere (LocalStack's snapshots of AWS, 2024).
        event = proxy_event(call, request.context, request.resource_path, request.parameters, binary)
        payload = await self._invoke(request, json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode())
        error = payload.error
        if error is not None:
            raise Failure("DEFAULT_5XX", log=(
                f"Lambda execution failed with status 200 due to customer function error: {error}. "
                f"Lambda request id: {payload.request_id}",
            ))  # fmt: skip
        reply = proxy_reply(payload.body, is_binary(call.accepts, binary))
        return Reply(reply.status, reply.headers, reply.body, payload.trace)

    async def _invoke(self, request: Request, payload: bytes) -> _Payload:
        behind = _behind(request)
        address = (
            f"https://lambda.{request.call.region}.amazonaws.com/2015-03-31/functions/{function_of(behind.uri)}/invocations"
        )
        if request.log is not None:
            _log_request(request, address, payload.decode(), behind.source_arn)
        begun = time.monotonic()
        result = await self._functions.invoke(behind, payload, request.call)
        outcome = result.outcome
        error = function_error(outcome.payload) if outcome.function_error is not None else None
        if request.log is not None:
            _log_response(request, 200, begun, outcome.payload, result.trace_id, result.executed_version)
        return _Payload(outcome.payload, error, result.trace_id, behind.request_id)

    # --- AWS ------------------------------------------------------------------------

    async def _aws(self, request: Request) -> Reply:
        if function_of(_behind(request).uri) is None:
            payload, mapped = _request_body(request)
            reply = await self._services.ask(request, payload, mapped)
            return _transformed(request, reply, str(reply.status))
        payload, mapped = _request_body(request)
        kind = next((value for name, value in mapped.headers if name.lower() == "x-amz-invocation-type"), "")
        if kind.strip("'") == "Event":
            await self._functions.send(_behind(request), payload, request.call)
            return _transformed(request, Reply(202, (), b""), "")
        answer = await self._invoke(request, payload)
        return _transformed(request, Reply(200, (), answer.body, answer.trace), answer.error or "")

    # --- HTTP, MOCK -----------------------------------------------------------------

    async def _http(self, request: Request) -> Reply:
        payload, mapped = _request_body(request)
        reply = await endpoints.asked(request, payload, mapped)
        return _transformed(request, reply, str(reply.status))

    async def _mock(self, request: Request) -> Reply:
        """The request template's ``statusCode`` chooses among the integration responses."""
        payload, _ = _request_body(request)
        match = _STATUS.search(payload.decode("utf-8", "replace"))
        if match is None:
            raise Failure("API_CONFIGURATION_ERROR", log=(
                "Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is "
                "defined in the request template.",
            ))  # fmt: skip
        return _transformed(request, Reply(int(match[1]), (), b""), match[1])


@dataclass(frozen=True)
class _Payload:
    """What a function answered; `error` is its ``errorMessage`` if it failed."""

    body: bytes
    error: str | None
    trace: str
    request_id: str


def _behind(request: Request) -> Behind:
    call, integration = request.call, request.integration
    credentials = with_variables(integration.credentials, call.variables) if integration.credentials else None
    return Behind(
        with_variables(integration.uri, call.variables), credentials, call.arn(request.resource_path), integration.timeout_ms
    )  # fmt: skip


def _request_body(request: Request) -> tuple[bytes, Mapped]:
    """The body and the parameters of an integration's request, from a mapping template or as they came."""
    call, integration = request.call, request.integration
    mapped = request_parameters(integration.parameters, call, request.parameters, request.context)
    template = integration.templates.get(call.media_type)
    if template is not None:
        filled = fill(template, request.templated(call.text))
        for kind, changed in filled.request.items():
            for name, value in changed.items():
                mapped.add(kind, name, value)
        return filled.text.encode(), mapped
    if integration.passthrough == "NEVER" or (integration.passthrough == "WHEN_NO_TEMPLATES" and integration.templates):
        raise Failure("UNSUPPORTED_MEDIA_TYPE")
    # A function without a body and a template gets an empty object.
    return call.body or (b"{}" if integration.kind == "AWS" else b""), mapped


def _transformed(request: Request, reply: Reply, selected_by: str) -> Reply:
    """What an integration's answer becomes.

    Parameters
    ----------
    selected_by
        What the responses' patterns are held to: a function's ``errorMessage``, else the status.
    """
    chosen = _chosen(request.integration, selected_by)
    if chosen.status not in request.method.responses:
        said = f"Output mapping refers to an invalid method response: {chosen.status}"
        raise Failure("API_CONFIGURATION_ERROR", log=(f"Execution failed due to configuration error: {said}",))
    headers = response_headers(chosen.parameters, reply, request.context, request.call.variables)
    body, status, template_type = _converted(reply.body, chosen.content_handling), int(chosen.status), "application/json"
    if chosen.templates:
        template_type = _template_type(chosen.templates, request.call.accepts)
        template = chosen.templates[template_type]
        if template:
            filled = fill(template, request.templated(body.decode("utf-8", "replace")))
            body, status = filled.text.encode(), filled.status or status
            names = {name.lower() for name in filled.headers}
            headers = (*(line for line in headers if line[0].lower() not in names), *filled.headers.items())
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers = (*headers, ("Content-Type", template_type))
    return Reply(status, headers, body, reply.trace)


def _chosen(integration: Integration, selected_by: str) -> IntegrationResponse:
    default = None
    for response in integration.responses:
        if response.pattern is None:
            default = default or response
        elif _fits(response.pattern, selected_by):
            return response
    if default is None:
        raise Failure("API_CONFIGURATION_ERROR", log=(_NO_MATCH,))
    return default


def _fits(pattern: str, text: str) -> bool:
    """By Java's rules: the whole text. A pattern that Python cannot read fits nothing."""
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:
        return False


def _template_type(templates: Mapping[str, str], accepts: str) -> str:
    if accepts in templates:
        return accepts
    return "application/json" if "application/json" in templates else next(iter(templates))


def _converted(body: bytes, handling: str | None) -> bytes:
    """``contentHandling``: text that is base64 becomes what it stands for, or the other way round."""
    if handling == "CONVERT_TO_TEXT":
        return base64.b64encode(body)
    if handling != "CONVERT_TO_BINARY":
        return body
    try:
        return base64.b64decode(body.strip().strip(b'"'), validate=True)
    except (binascii.Error, ValueError):
        raise Failure(
            "API_CONFIGURATION_ERROR", log=("Execution failed due to configuration error: Unable to base64 decode the body.",)
        ) from None


# --- the execution log ---------------------------------------------------------------


def _log_request(request: Request, address: str, body: str, source_arn: str) -> None:
    assert request.log is not None
    call = request.call
    headers = {
        "x-amzn-lambda-integration-tag": call.request_id, "Authorization": "*" * 250, "x-amzn-apigateway-api-id": call.api_id,
        "Accept": "application/json", "User-Agent": f"AmazonAPIGateway_{call.api_id}", "X-Amz-Source-Arn": source_arn,
        "X-Amzn-Trace-Id": call.trace,
    }  # fmt: skip
    request.say(f"Endpoint request URI: {address}")
    request.log.body("Endpoint request headers", braces(headers))
    request.log.body("Endpoint request body after transformations", body)
    request.say(f"Sending request to {address}")


def _log_response(request: Request, status: int, begun: float, body: bytes, trace: str, version: str) -> None:
    assert request.log is not None
    request.say(f"Received response. Status: {status}, Integration latency: {round((time.monotonic() - begun) * 1000)} ms")
    headers = {
        "Content-Type": "application/json", "Content-Length": str(len(body)), "X-Amz-Executed-Version": version,
        "X-Amzn-Trace-Id": trace,
    }  # fmt: skip
    request.log.body("Endpoint response headers", braces(headers))
    request.log.body("Endpoint response body before transformations", body.decode("utf-8", "replace"))
