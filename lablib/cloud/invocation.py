"""One invocation, from the request to its answer and its log."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from lablib.cloud.clock import Clock
from lablib.cloud.functions import FunctionVersion
from lablib.cloud.scaling.placement import Placed, Placement, Throttled
from lablib.cloud.telemetry.logs import LogBook
from lablib.cloud.telemetry.measured import Measured
from lablib.cloud.telemetry.metrics import Metrics
from lablib.cloud.telemetry.trace import follow
from lablib.cloud.telemetry.wording import Ended, wording
from lablib.environments import DataPlane, DataPlaneError, Invocation, LogItem, Outcome
from lablib.environments.spec import SnapshotLost
from lablib.environments.streams import ResponseStream
from lablib.models import limits


@dataclass(frozen=True)
class Result:
    """What an invocation came to.

    Attributes
    ----------
    log_tail
        The invocation's log, platform lines and all, at most the last 4 KB of it.
    executed_version
        ``"$LATEST"`` or a number.
    trace_id
        The tracing header that the function got.
    """

    outcome: Outcome
    log_tail: str
    executed_version: str
    trace_id: str


class Tail:
    """The last lines of an invocation, as many as LogResult can hold."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque()
        self._characters = 0

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.lines.append(line)
            self._characters += len(line)
            while self._characters - len(self.lines[0]) > limits.LOG_RESULT_BYTES:
                self._characters -= len(self.lines.popleft())


class Invoker:
    """Runs functions.

    Parameters
    ----------
    region
        For INIT_START's ARN.
    """

    def __init__(
        self, data_plane: DataPlane, placement: Placement, clock: Clock, logbook: LogBook, metrics: Metrics, *, region: str
    ) -> None:  # fmt: skip
        self._data_plane, self._placement = data_plane, placement
        self._clock, self._logbook, self._region = clock, logbook, region
        self._measured = Measured(metrics, placement.concurrency)
        self.on_snapshot_lost: Callable[[FunctionVersion], None] = lambda version: None
        # Weakly: an environment of provisioned concurrency may go without an invocation.
        self._tails: WeakKeyDictionary[Placed, Tail] = WeakKeyDictionary()
        self._traces: dict[str, str] = {}

    async def invoke(
        self, version: FunctionVersion, payload: bytes, *, request_id: str,
        client_context: str | None = None, invoked_arn: str | None = None, trace: str | None = None,
        stream: ResponseStream | None = None, synchronous: bool = True,
    ) -> Result:  # fmt: skip
        """Run a function and wait for its answer. What it streams goes into `stream` meanwhile.

        An event that nobody waits for is not `synchronous`: it is not held to the requests per second.

        An error of the function's is a result; what is raised is the platform's:
        `Throttled`, `lablib.environments.DataPlaneError`.
        """
        begun = self._clock.now()
        trace = trace or str(follow(None, version, begun))
        if stream is not None:
            stream.trace_id = trace
        measured = self._measured.of(version, invoked_arn, begun)
        with self._clock.busy(f"the invocation {request_id} of {version.name}"):
            try:
                placed = await self._placement.acquire(version, synchronous=synchronous)
            except Throttled:
                measured.throttled()
                raise
            measured.running(placed)
            self._traces[placed.id] = trace
            try:
                invocation = Invocation(
                    request_id, payload, invoked_arn or version.arn, trace, client_context
                )  # fmt: skip
                outcome = await self._run(placed, invocation, stream)
                placed.failed = outcome.status != "success"
                measured.ran(outcome)
                return self._finish(placed, request_id, outcome, trace)
            finally:
                measured.over()
                self._tails.pop(placed, None)
                self._traces.pop(placed.id, None)
                self._placement.release(placed)

    async def _run(self, placed: Placed, invocation: Invocation, stream: ResponseStream | None) -> Outcome:
        """An environment that cannot run the event serves no other."""
        try:
            return await self._data_plane.invoke(placed.id, invocation, stream)
        except DataPlaneError as error:
            placed.stale = True
            if isinstance(error, SnapshotLost):
                self.on_snapshot_lost(placed.version)
            raise

    async def reset(self) -> None:
        """End everything that runs."""
        await self._placement.reset()
        self._tails.clear()
        self._measured.reset()

    # --- logs -----------------------------------------------------------------------

    def on_log(self, environment: str, items: list[LogItem]) -> None:
        """Word what an environment says, and keep it for CloudWatch Logs."""
        placed = self._placement.get(environment)
        if placed is None:
            return  # it was removed while it spoke
        words, trace = wording(placed.version, self._region), self._traces.get(environment)
        lines = []
        for item in items:
            at = self._clock.to_cloud(item.timestamp)
            lines += [(at, line) for line in words.item(item, at, trace)]
        self._tails.setdefault(placed, Tail()).add(line for _, line in lines)
        self._logbook.write(placed.version, placed.log_stream, lines)

    def _finish(self, placed: Placed, request_id: str, outcome: Outcome, trace: str) -> Result:
        version, now = placed.version, self._clock.now()
        words = wording(version, self._region)
        last = words.ended(Ended(request_id, outcome, trace, now))
        self._logbook.write(version, placed.log_stream, [(now, text) for text in last])
        before = self._tails.get(placed)
        tail = words.tail([*(before.lines if before is not None else ()), *last])
        return Result(outcome, tail[-limits.LOG_RESULT_BYTES :], version.version, trace)
