"""The Lambda API alone: `LambdaService` behind a small HTTP server, with stand-ins for what is around it.

What runs a function, IAM and S3 are fakes that record what they were asked. boto3 speaks to it as to any cloud.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
import tornado.web
from botocore.config import Config
from botocore.exceptions import ClientError

from lablib.cloud.api import LambdaService, Neighbours, ObjectNotFound
from lablib.cloud.asynchronous.recursion import Chains
from lablib.cloud.clock import Clock
from lablib.cloud.functions import Functions, FunctionVersion
from lablib.cloud.functions.code import CodeStore
from lablib.cloud.invocation import Result
from lablib.cloud.scaling.concurrency import Concurrency
from lablib.cloud.scaling.placement import InitializationType, Placed
from lablib.cloud.scaling.provisioned import Environments, Provisioning
from lablib.cloud.sources.mappings.registry import Mappings
from lablib.environments import Initialized
from lablib.environments.spec import Outcome
from lablib.environments.streams import ResponseStream
from tests.support import make_zip

ROLE = "arn:aws:iam::123456789012:role/lab"
NO_ROLE = "arn:aws:iam::123456789012:role/not-for-lambda"

SESSION = boto3.session.Session()  # one for all tests: it reads the service model once

T = TypeVar("T")


@dataclass(frozen=True)
class Invoked:
    version: FunctionVersion
    payload: bytes
    request_id: str
    client_context: str | None
    invoked_arn: str | None
    trace: str | None


@dataclass
class FakeInvoker:
    """Answers the payload it was given, unless `outcome` or `error` say otherwise."""

    outcome: Outcome | None = None
    error: Exception | None = None
    log_tail: str = "END RequestId: 1\n"
    invoked: list[Invoked] = field(default_factory=list)

    async def invoke(
        self, version: FunctionVersion, payload: bytes, *, request_id: str, client_context: str | None = None,
        invoked_arn: str | None = None, trace: str | None = None, stream: ResponseStream | None = None,
        synchronous: bool = True,
    ) -> Result:  # fmt: skip
        self.invoked.append(Invoked(version, payload, request_id, client_context, invoked_arn, trace))
        if self.error is not None:
            raise self.error
        echo = Outcome(payload, None, "success", None, 1.0, None, 20)
        return Result(self.outcome or echo, self.log_tail, version.version, "Root=1-0-1")


@dataclass(frozen=True)
class Put:
    name: str
    qualifier: str | None
    payload: bytes
    request_id: str
    trace: str | None


@dataclass
class FakeEvents:
    """Takes events, and does nothing with them."""

    accepted: list[Put] = field(default_factory=list)

    def put(
        self, name: str, qualifier: str | None, payload: bytes, *, request_id: str, trace: str | None = None
    ) -> str:
        self.accepted.append(Put(name, qualifier, payload, request_id, trace))
        return "Root=1-0-2"


@dataclass
class FakeMetrics:
    """Remembers what was counted: (metric, function, qualifier) of each value."""

    counted: list[tuple[str, str | None, str | None]] = field(default_factory=list)

    def record(
        self, metric: str, function_name: str | None, value: float = 1.0, *, qualifier: str | None = None, unit: str = "Count"
    ) -> None:
        self.counted.append((metric, function_name, qualifier))


class Api:
    """A Lambda API in a thread of its own, and a boto3 client for it."""

    def __init__(
        self, folder: Path, pending: float = 0.0, chance: Callable[[], float] = random.random, account_concurrency: int = 1000
    ) -> None:  # fmt: skip
        # Environments of provisioned concurrency; their INIT ends with what is set here.
        self.environments: list[Placed] = []
        self.init: Future[Initialized] = Future()
        self._numbers, self._account_concurrency = itertools.count(), account_concurrency
        self.invoker, self.events, self.metrics = FakeInvoker(), FakeEvents(), FakeMetrics()
        self.targets: set[str] = set()
        self.meanwhile: Callable[[], object] = lambda: None  # what happens while a neighbour is asked
        self.objects: dict[tuple[str, str], bytes] = {}
        self.role_denied: set[tuple[str, str]] = set()
        self.role_asked: list[tuple[str, str]] = []
        self._folder, self._pending, self._chance = folder, pending, chance
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait()
        self.client = SESSION.client(
            "lambda", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )  # fmt: skip

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.clock = Clock()
        self.functions = Functions(CodeStore(self._folder), self.clock, pending=self._pending, chance=self._chance)
        neighbours = Neighbours(
            self._may_be_assumed, self._read_object, self._identity_exists, self._role_allows, self._target_exists
        )
        chains = Chains(self.functions, self.metrics, self.clock.now)
        concurrency = Concurrency(self._account_concurrency)
        made = Environments(self._start, self._initialized, lambda placed: None, self._retire)
        provisioning = Provisioning(self.functions, concurrency, made, self.clock)
        self.functions.on_change(provisioning.changed)
        self.mappings = Mappings(
            self.clock, pending=self._pending, region=self.functions.region, account=self.functions.account_id
        )
        self.service = LambdaService(
            self.functions, self.invoker, self.events, chains, neighbours, concurrency, provisioning, self.mappings
        )
        app = tornado.web.Application([(".*", _Handler, {"service": self.service})], log_function=lambda handler: None)
        server = app.listen(0, "127.0.0.1", max_buffer_size=100 << 20)
        [socket] = server._sockets.values()
        self.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.stop()
        await server.close_all_connections()

    async def _start(self, version: FunctionVersion, initialization_type: InitializationType) -> Placed:
        now = self.clock.now()
        placed = Placed(f"e{next(self._numbers)}", version, "stream", now, now, initialization_type)
        self.environments.append(placed)
        return placed

    async def _initialized(self, environment: str) -> Initialized:
        return await asyncio.wrap_future(self.init)

    def _retire(self, placed: Placed) -> None:
        self.environments.remove(placed)

    async def _may_be_assumed(self, role: str) -> bool:
        return role != NO_ROLE

    async def _identity_exists(self, arn: str) -> bool:
        self.meanwhile()
        return not arn.endswith("/nobody")

    async def _role_allows(self, role: str, action: str, resource: str) -> bool:
        self.role_asked.append((action, resource))
        return (action, resource) not in self.role_denied

    async def _target_exists(self, arn: str) -> bool:
        self.meanwhile()
        return arn in self.targets

    async def _read_object(self, bucket: str, key: str, version: str | None) -> bytes:
        if (bucket, key) not in self.objects:
            raise ObjectNotFound("NoSuchKey", "The specified key does not exist.")
        return self.objects[bucket, key]

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Await something on the API's own loop."""

        async def awaited() -> T:
            return await work()

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(30)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    def create(self, name: str | None = None, code: str = "x = 1", **more: Any) -> str:
        """Create a function and give its name."""
        name = name or f"f-{uuid.uuid4().hex[:8]}"
        given = {
            "FunctionName": name, "Runtime": "python3.12", "Handler": "lambda_function.lambda_handler", "Role": ROLE,
            "Code": {"ZipFile": make_zip({"lambda_function.py": code})},
        }  # fmt: skip
        self.client.create_function(**(given | more))
        return name


class _Handler(tornado.web.RequestHandler):
    def initialize(self, service: LambdaService) -> None:
        self._service = service

    async def prepare(self) -> None:
        request = self.request
        answer = await self._service.handle(
            str(request.method), request.path, request.query, request.headers, request.body
        )
        self.clear()
        self.clear_header("Content-Type")
        self.set_status(answer.status)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        self.finish(answer.body or None)


@dataclass(frozen=True)
class Refusal:
    """What an API refused with."""

    code: str
    status: int
    message: str
    response: dict[str, Any]


def refused(call: Callable[..., Any], **parameters: Any) -> Refusal:
    """Call an operation that must fail, and say how it did."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response: Any = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return Refusal(response["Error"]["Code"], status, response["Error"]["Message"], response)
