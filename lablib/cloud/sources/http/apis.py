"""HTTP APIs of API Gateway.

moto keeps what they are; here they answer. An API is read from moto once, and again only after a request that may have changed
it: between two changes no request waits for moto.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from lablib.cloud.moto_seam import engine, httpapis, logs
from lablib.cloud.moto_seam.httpapis import HttpApi, Stage
from lablib.cloud.sources.http import access_log, api_cors
from lablib.cloud.sources.http.api_call import ApiCall, new_request_id
from lablib.cloud.sources.http.authorizers import AuthorizerFailed, Authorizers, Forbidden, Unauthorized
from lablib.cloud.sources.http.cors import Cors, Lines, is_preflight
from lablib.cloud.sources.http.door import message
from lablib.cloud.sources.http.incoming import Incoming
from lablib.cloud.sources.http.integrations import Integrations
from lablib.cloud.sources.http.routes import DEFAULT, Table, Taken
from lablib.cloud.sources.log_writer import LogWriter
from lablib.cloud.telemetry.metrics import Metrics
from lablib.cloud.web import Answer, Request
from lablib.models import http_apis

if TYPE_CHECKING:
    from lablib.cloud.sources.context import SourceContext

# Ids that were asked for and are none of ours, of which the latest are remembered too.
_MANY = 10_000
NAMESPACE = "AWS/ApiGateway"
_CHANGE = ("apigateway", "cloudformation")


class HttpApis:
    """Every HTTP API of this cloud."""

    def __init__(self, context: SourceContext) -> None:
        self.context = context
        self.integrations = Integrations(context)
        self.authorizers = Authorizers(context, self.integrations)
        self.log = LogWriter(context.clock, lambda *line: engine.call(logs.put, *line))
        self._known: dict[str, AtApi | None] = {}
        self._generation = 0

    async def find(self, api_id: str) -> AtApi | None:
        """What answers for an API; None if there is no HTTP API of this id."""
        if api_id in self._known:
            return self._known[api_id]
        generation = self._generation
        api = await engine.call(httpapis.read, api_id)
        found = AtApi(self, api) if api is not None else None
        if generation == self._generation:  # else it may have changed since it was read
            if len(self._known) >= _MANY:
                self._known.clear()
            self._known[api_id] = found
        return found

    def noticed(self, request: Request, service: str | None) -> None:
        """moto has answered a request: if it may have changed an API, read it again."""
        if service in _CHANGE and request.method != "GET":
            self._generation += 1
            self._known.clear()
            if request.path.endswith("/cache/authorizers"):
                self.authorizers.reset()

    async def reset(self) -> None:
        """Forget everything."""
        await self.log.reset()
        self._generation += 1
        self._known.clear()
        self.authorizers.reset()
        self.integrations.services.reset()


@dataclass(frozen=True)
class AtApi:
    """What answers at one HTTP API."""

    apis: HttpApis
    api: HttpApi

    @cached_property
    def _cors(self) -> Cors:
        return Cors.of(self.api.cors)

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return {name: Table(stage.routes) for name, stage in self.api.stages.items()}

    async def answer(self, incoming: Incoming, gone: asyncio.Event) -> Answer:
        """Answer a request."""
        begun, cors, request_id = time.monotonic(), self._cors, new_request_id()
        found = None if self.api.disabled else self._find(incoming)
        measured = Measured(self.apis.context.metrics, self.api.id, found[0].name if found is not None else None, incoming.moment)
        if cors and is_preflight(incoming.request):
            answer = api_cors.preflight(cors, incoming.request)
        else:
            answer = _with_cors(await self._answer(incoming, found, request_id, measured), cors, incoming.request)
        measured.answered(answer.status, (time.monotonic() - begun) * 1000)
        return replace(answer, lines=(*answer.lines, ("Apigw-Requestid", request_id)))

    async def _answer(
        self, incoming: Incoming, found: tuple[Stage, Taken] | None, request_id: str, measured: Measured
    ) -> Answer:  # fmt: skip
        if len(incoming.request.body) > http_apis.PAYLOAD_BYTES:
            return message(413, "Request Entity Too Large")
        if found is None:
            return message(404, "Not Found")
        context = self.apis.context
        call = ApiCall(incoming, context.region, context.account, *found, request_id)
        begun = time.monotonic()
        answer = await self._led(call, measured)
        access_log.write(self.apis.log, call, answer, (time.monotonic() - begun) * 1000)
        return answer

    async def _led(self, call: ApiCall, measured: Measured) -> Answer:
        """The answer of the route that a request takes."""
        try:
            authorized = await self.apis.authorizers.check(call)
        except Unauthorized as no:
            return replace(message(401, "Unauthorized"), lines=no.lines)
        except Forbidden as no:
            return replace(message(403, "Forbidden"), lines=no.lines)
        except AuthorizerFailed:
            return message(500, "Internal Server Error")
        begun = time.monotonic()
        answer = await self.apis.integrations.answer(call, authorized)
        milliseconds = (time.monotonic() - begun) * 1000
        call.said["latency"] = round(milliseconds)
        measured.integrated(milliseconds)
        return answer

    def _find(self, incoming: Incoming) -> tuple[Stage, Taken] | None:
        """The stage is the path's first part, if there is one of that name; else it is ``$default``."""
        path = incoming.address.path
        first, _, rest = path[1:].partition("/")
        name, path = (first, f"/{rest}") if first in self.api.stages and first != DEFAULT else (DEFAULT, path)
        stage = self.api.stages.get(name)
        taken = self._tables[name].find(incoming.method, path) if stage is not None else None
        return (stage, taken) if stage is not None and taken is not None else None


@dataclass(frozen=True)
class Measured:
    """One request's metrics, by API and by API and stage (API Gateway's http-api-metrics, 2026). Times in milliseconds."""

    metrics: Metrics
    api_id: str
    stage: str | None
    at: float

    def answered(self, status: int, milliseconds: float) -> None:
        """The client has its answer."""
        self._add("Count", 1.0)
        self._add("4xx", float(400 <= status < 500))
        self._add("5xx", float(status >= 500))
        self._add("Latency", milliseconds, "Milliseconds")

    def integrated(self, milliseconds: float) -> None:
        """The integration has answered."""
        self._add("IntegrationLatency", milliseconds, "Milliseconds")

    def _add(self, metric: str, value: float, unit: str = "Count") -> None:
        api = (("ApiId", self.api_id),)
        for dimensions in (api, (*api, ("Stage", self.stage))) if self.stage is not None else (api,):
            self.metrics.add(metric, dimensions, value, unit=unit, at=self.at, namespace=NAMESPACE)


def _with_cors(answer: Answer, cors: Cors, request: Request) -> Answer:
    """Where CORS is configured, only what is configured goes out."""
    if not cors:
        return answer
    kept: Lines = [line for line in answer.lines if not line[0].lower().startswith("access-control-")]
    return replace(answer, lines=(*kept, *api_cors.lines(cors, request)))
