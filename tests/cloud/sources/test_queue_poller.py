"""The poller of a queue's mapping against everything that may happen: no message is lost, and none is in two hands."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lablib.cloud.api.errors import LambdaError
from lablib.cloud.arrivals import Arrivals
from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam import clockwork, deliveries, engine, queues
from lablib.cloud.sources.mappings.mapping import Mapping, Settings
from lablib.cloud.sources.mappings.queues.poller import QueuePoller
from lablib.cloud.sources.mappings.queues.scaling import Scaling
from lablib.models import mappings as limits

HIDDEN_S = 30


@dataclass
class Function:
    """Runs batches, each as the next of `outcomes` says; it writes down which message came when."""

    clock: Clock
    outcomes: Iterator[str]
    received: dict[str, list[tuple[float, str]]] = field(default_factory=dict)  # by body: when, and how often by then
    done: list[str] = field(default_factory=list)
    hands: Counter[str] = field(default_factory=Counter)  # by message, and by group
    running: int = 0
    most: int = 0
    largest: int = 0

    async def invoke(self, arn: str, event: bytes, source: None, *, trace: str | None, synchronous: bool) -> Any:
        outcome, records = next(self.outcomes), json.loads(event)["Records"]
        for record in records:
            now, count = self.clock.now(), record["attributes"]["ApproximateReceiveCount"]
            received = self.received.setdefault(record["body"], [])
            assert record["body"] not in self.done, "it was done, and came again"
            if not received or received[-1][1] != count:
                assert not received or now - received[-1][0] >= HIDDEN_S - 0.01, "it came again too soon"
                received.append((now, count))
        if outcome == "throttled":
            raise LambdaError("TooManyRequestsException", "Rate exceeded")
        groups = {record["attributes"].get("MessageGroupId", "") for record in records} - {""}
        keys = {record["body"] for record in records} | groups
        self.running += 1
        self.most, self.largest = max(self.most, self.running), max(self.largest, len(records))
        self.hands.update(keys)
        assert all(self.hands[key] == 1 for key in keys), "in two hands"
        for _ in range(3):
            await asyncio.sleep(0)
        self.hands.subtract(keys)
        self.running -= 1
        failed = records if outcome == "failed" else records[1::2] if outcome == "partly" else []
        self.done += [record["body"] for record in records if record not in failed]
        payload = json.dumps({"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]})
        error = "Unhandled" if outcome == "failed" else None
        return SimpleNamespace(outcome=SimpleNamespace(function_error=error, payload=payload))


@dataclass
class World:
    """A queue, its mappings, and time that only the test moves."""

    fifo: bool
    settings: Settings
    outcomes: Iterator[str]
    mappings: int

    async def run(self, steps: list[tuple[str, int]]) -> tuple[Function, int]:
        clock, place = Clock(real=lambda: 1_800_000_000.0), engine.place
        clockwork.follow(clock.now)
        engine.configure(region="eu-west-1", port=1)
        arrivals = Arrivals(asyncio.get_running_loop())
        before, queues.on_arrival = queues.on_arrival, arrivals.tell
        try:
            return await self._run(steps, clock, arrivals)
        finally:
            queues.on_arrival, engine.place = before, place
            engine.reset()
            clockwork.follow(__import__("time").time)

    async def _run(self, steps: list[tuple[str, int]], clock: Clock, arrivals: Arrivals) -> tuple[Function, int]:
        arn = self._queue()
        function = Function(clock, self.outcomes)
        pollers = [self._poller(arn, clock, arrivals, function) for _ in range(self.mappings)]
        for poller in pollers:
            poller.start()
        sent = 0
        for what, number in steps:
            if what == "send":
                for _ in range(number):
                    self._send(arn, f"{'ab'[sent % 2]}{sent}")
                    sent += 1
            elif what == "wait":
                await clock.advance(number)
            elif what == "pause":
                await pollers[0].stop()
                await clock.advance(number)
                pollers[0].start()
        function.outcomes = iter(lambda: "well", "")
        await clock.advance(60 * 20)
        assert clock.running == [] and clock._next() is None, "an idle poller does nothing"
        for poller in pollers:
            await poller.stop()
            poller.abandon()
        return function, sent

    def _queue(self) -> str:
        from moto.sqs.models import sqs_backends

        name = "jobs.fifo" if self.fifo else "jobs"
        more = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if self.fifo else {}
        with engine.lock:
            engine._dispatcher()
            engine.reset()
            sqs_backends[engine.ACCOUNT]["eu-west-1"].create_queue(name, VisibilityTimeout=str(HIDDEN_S), **more)
        return queues.arn("eu-west-1", name)

    def _send(self, arn: str, body: str) -> None:
        from moto.sqs.models import sqs_backends

        if self.fifo:
            with engine.lock:
                sqs_backends[engine.ACCOUNT]["eu-west-1"].send_message("jobs.fifo", body, group_id=body[0])
        else:
            deliveries.send_message(arn, body, {}, "Root=1-5759e988-bd862e3fe1be46a994272793")

    def _poller(self, arn: str, clock: Clock, arrivals: Arrivals, function: Function) -> QueuePoller:
        async def allows(role: str, action: str, resource: str) -> bool:
            return True

        functions = SimpleNamespace(get=lambda name, qualifier: SimpleNamespace(role="role"))
        context: Any = SimpleNamespace(
            clock=clock, arrivals=arrivals, functions=functions, role_allows=allows, metrics=None, caller=function
        )
        kind: Any = None
        name = "arn:aws:lambda:eu-west-1:123456789012:function:f"
        return QueuePoller(Mapping("u", "m", kind, arn, name, "f", self.settings, "Enabled", "", 0.0), context)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 12)),
        st.tuples(st.just("wait"), st.integers(0, 45)),
        st.tuples(st.just("pause"), st.integers(0, 45)),
    ),
    max_size=8,
)
OUTCOMES = st.lists(st.sampled_from(["well", "failed", "partly", "throttled"]), min_size=1, max_size=6)


@settings(max_examples=100, deadline=None)
@given(
    steps=STEPS, outcomes=OUTCOMES, fifo=st.booleans(), batch=st.integers(1, 5), window=st.sampled_from([0, 10]),
    concurrency=st.sampled_from([None, 2, 3]), count=st.integers(1, 2),
)  # fmt: skip
def test_no_message_is_lost_and_none_is_in_two_hands(
    steps: list[tuple[str, int]], outcomes: list[str], fifo: bool, batch: int, window: int, concurrency: int | None, count: int
) -> None:
    def drawn() -> Iterator[str]:
        while True:
            yield from [*outcomes, "well"]

    told = Settings(batch, 0 if fifo else window, response_types=("ReportBatchItemFailures",), maximum_concurrency=concurrency)
    function, sent = asyncio.run(World(fifo, told, drawn(), count).run(steps))
    assert sorted(function.done, key=lambda body: int(body[1:])) == [f"{'ab'[number % 2]}{number}" for number in range(sent)]
    assert function.most <= (concurrency or limits.SQS_HIGHEST_CONCURRENCY) * count and function.largest <= batch
    if fifo and "partly" not in outcomes:
        for group in "ab":
            mine = [int(body[1:]) for body in function.done if body[0] == group]
            assert mine == sorted(mine)


# --- how many at a time -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "after", "most"),
    [
        (Settings(10), {0: 5, 1: 10, 60: 305, 240: 1205, 3600: 1250}, 1250),
        (Settings(10, maximum_concurrency=2), {0: 2, 60: 2}, 2),
        (Settings(10, maximum_concurrency=20), {0: 5, 2: 15, 60: 20}, 20),
        (Settings(10, pollers=(2, 3)), {0: 20, 60: 30}, 30),
        (Settings(10, pollers=(10, 200)), {0: 100, 60: 1100, 3600: 2000}, 2000),
    ],
)
def test_it_grows_while_there_is_a_backlog(told: Settings, after: dict[int, int], most: int) -> None:
    scaling, start = Scaling(told), 1_800_000_000.0
    assert scaling.limit(start) == after[0]
    moment, grows = start, scaling.backlog(start)
    for seconds, limit in after.items():
        assert scaling.limit(start + seconds) == limit
    while grows is not None:  # there is one more exactly when it says so
        assert scaling.limit(grows) == scaling.limit(moment) + 1
        moment, grows = grows, scaling.backlog(grows)
    assert scaling.limit(moment) == most
    scaling.drained()
    assert scaling.limit(moment) == after[0]


def test_failures_make_it_fewer() -> None:
    scaling, now = Scaling(Settings(10)), 1_800_000_000.0
    for _ in range(10):
        scaling.failed(now)
    assert scaling.limit(now) == limits.SQS_LOWEST_CONCURRENCY
    for _ in range(10):
        scaling.succeeded()
    assert scaling.limit(now) == limits.SQS_FIRST_CONCURRENCY
