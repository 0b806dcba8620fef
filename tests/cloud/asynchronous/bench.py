"""The queue alone, on a clock that the test moves: functions that only exist in name, and neighbours that remember."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lablib.cloud.asynchronous.deliveries import NotDelivered
from lablib.cloud.asynchronous.queue import AsyncQueue
from lablib.cloud.asynchronous.recursion import Chains
from lablib.cloud.asynchronous.settings import EventInvokeConfig
from lablib.cloud.asynchronous.targets import Target
from lablib.cloud.clock import Clock
from lablib.cloud.functions import LATEST, Functions, FunctionVersion
from lablib.cloud.functions.code import CodeStore
from lablib.cloud.invocation import Result
from lablib.cloud.scaling.placement import Throttled
from lablib.environments.spec import Outcome, SupervisorLost

OK, FAILS, THROTTLED, LOST, BROKEN = "ok", "fails", "throttled", "lost", "broken"
QUEUE, TOPIC = "arn:aws:sqs:us-east-1:123456789012:ends", "arn:aws:sns:us-east-1:123456789012:ends"


@dataclass(frozen=True)
class Attempt:
    name: str
    at: float
    request_id: str
    trace: str | None
    arn: str | None


@dataclass
class Runs:
    """What functions do: what `course` says for each attempt with a request, then succeed.

    Attributes
    ----------
    limit
        So many at a time; more are throttled.
    held
        While it is not set, whoever runs is kept.
    """

    clock: Clock
    course: dict[str, list[str]] = field(default_factory=dict)
    limit: int | None = None
    held: asyncio.Event | None = None
    attempts: list[Attempt] = field(default_factory=list)
    running: int = 0
    most: int = 0

    async def invoke(
        self, version: FunctionVersion, payload: bytes, *, request_id: str, client_context: str | None = None,
        invoked_arn: str | None = None, trace: str | None = None, stream: object = None, synchronous: bool = True,
    ) -> Result:  # fmt: skip
        assert not synchronous
        self.attempts.append(Attempt(version.name, self.clock.now(), request_id, trace, invoked_arn))
        if self.limit is not None and self.running >= self.limit:
            raise Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await (asyncio.sleep(0) if self.held is None else self.held.wait())
            return self._result(version, payload, (self.course.get(request_id) or [OK]).pop(0))
        finally:
            self.running -= 1

    @staticmethod
    def _result(version: FunctionVersion, payload: bytes, what: str) -> Result:
        if what == THROTTLED:
            raise Throttled("ConcurrentInvocationLimitExceeded")
        if what == LOST:
            raise SupervisorLost("the supervisor died, and every environment with it")
        if what == BROKEN:
            raise KeyError("a mistake of this cloud's")
        error = "Unhandled" if what == FAILS else None
        body = b'{"errorMessage":"why"}' if error else b"null"
        return Result(Outcome(body, error, "error" if error else "success", None, 1.0, None, 20), "", version.version, "")


@dataclass
class Neighbours:
    """Takes everything, but for `refusing` ARNs and `denied` actions."""

    sent: list[tuple[str, str, dict[str, tuple[str, str]]]] = field(default_factory=list)
    refusing: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)

    async def send(self, target: Target, body: str, attributes: dict[str, tuple[str, str]], trace: str) -> None:
        await self._take(target.arn, body, attributes)

    async def put_event(self, target: Target, detail_type: str, detail: str, resources: list[str], trace: str) -> None:
        await self._take(target.arn, detail, {"type": ("String", detail_type), "resources": ("String", " ".join(resources))})

    async def put_object(self, target: Target, key: str, body: str, trace: str) -> None:
        await self._take(target.arn, body, {"key": ("String", key)})

    async def role_allows(self, role: str, action: str, resource: str) -> bool:
        return action not in self.denied

    async def _take(self, arn: str, body: str, attributes: dict[str, tuple[str, str]]) -> None:
        await asyncio.sleep(0)
        if arn in self.refusing:
            raise NotDelivered(f"there is no {arn}")
        self.sent.append((arn, body, attributes))

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """Every record that was sent, by its request id."""
        found = defaultdict(list)
        for _, body, _ in self.sent:
            record = json.loads(body)
            if isinstance(record, dict) and "requestContext" in record:
                found[record["requestContext"]["requestId"]].append(record)
        return found


@dataclass
class Counted:
    """What was counted: how much of each (metric, function)."""

    totals: Counter[tuple[str, str | None]] = field(default_factory=Counter)

    def record(
        self, metric: str, function_name: str | None, value: float = 1.0, *, qualifier: str | None = None, unit: str = "Count"
    ) -> None:
        self.totals[metric, function_name] += 1

    def of(self, metric: str) -> int:
        return sum(count for (name, _), count in self.totals.items() if name == metric)


class Bench:
    """A queue with everything around it. `real` is the real time, which stands still unless a test moves it."""

    def __init__(self, folder: Path) -> None:
        self.real = 1_800_000_000.0
        self.clock = Clock(lambda: self.real)
        self.functions = Functions(CodeStore(folder), self.clock)
        self.runs = Runs(self.clock)
        self.neighbours, self.metrics = Neighbours(), Counted()
        chains = Chains(self.functions, self.metrics, self.clock.now)
        self.queue = AsyncQueue(self.functions, self.runs, self.clock, self.metrics, chains, self.neighbours)

    def function(self, name: str = "f", *, dead_letter: str | None = None, **config: Any) -> None:
        """Add a function, whose records go to `QUEUE` at every end unless `config` says otherwise."""
        settings = {"DeadLetterConfig": {"TargetArn": dead_letter}} if dead_letter else {}
        first = FunctionVersion(
            name=name, version=LATEST, arn=self.functions.arn(name), qualified_arn=self.functions.arn(name, LATEST),
            runtime="python3.12", handler="h", role="arn:aws:iam::123456789012:role/lab", memory_size=128, timeout=3,
            ephemeral_storage=512, architecture="x86_64", environment={}, layers=(), code=Path("/nowhere"), code_sha256="",
            code_size=0, package_type="Zip", description="", log_group="", revision_id="", last_modified="", generation="",
            settings=settings,
        )  # fmt: skip
        function = self.functions.create(first, {})
        function.event_invoke[LATEST] = replace(EventInvokeConfig(on_success=QUEUE, on_failure=QUEUE), **config)

    def put(self, request_id: str, *course: str, name: str = "f", payload: bytes = b"{}", **more: Any) -> str:
        """Put an event, with what becomes of its first attempts."""
        self.runs.course[request_id] = list(course)
        return self.queue.put(name, None, payload, request_id=request_id, **more)

    def attempts(self, request_id: str) -> list[float]:
        """When a request was tried, in seconds since the beginning."""
        return [attempt.at - 1_800_000_000.0 for attempt in self.runs.attempts if attempt.request_id == request_id]


def on_the_bench(folder: Path, scene: Callable[[Bench], Awaitable[None]]) -> None:
    """Run a scene on a bench of its own."""

    async def play() -> None:
        bench = Bench(folder)
        await scene(bench)
        await bench.queue.reset()

    asyncio.run(play())
