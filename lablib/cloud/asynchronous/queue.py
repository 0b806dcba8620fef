"""The queue of asynchronous events: one line for each function, so that a slow or throttled one delays no other.

An event is at every moment in exactly one place: it waits in its function's line, or it is being tried, or a timer of the cloud's
clock holds it until it is tried again. It leaves with one record of its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lablib.cloud.asynchronous import policy
from lablib.cloud.asynchronous.deliveries import Deliveries, Neighbourhood, NotDelivered
from lablib.cloud.asynchronous.event import Event, Response, Terms
from lablib.cloud.asynchronous.policy import Again, Condition, Over, Progress, Step
from lablib.cloud.asynchronous.recursion import Chains, Records, Recursion
from lablib.cloud.asynchronous.settings import DEFAULTS
from lablib.cloud.asynchronous.window import TICK_S, Window
from lablib.cloud.clock import Clock, Timer
from lablib.cloud.functions import LATEST, Functions, FunctionVersion, NoSuchFunction
from lablib.cloud.scaling.placement import Throttled
from lablib.environments.spec import DataPlaneError

if TYPE_CHECKING:
    from lablib.cloud.api.context import Invokes

log = logging.getLogger("lablib.cloud")

# Seconds of the cloud's clock. Ours: what AWS does about a queue that is refused is not documented.
PROBE_S = 1.0


@dataclass(eq=False)
class Line:
    """The events of one function.

    Attributes
    ----------
    ready
        To be tried, in this order.
    later
        What holds those that are tried again.
    shut
        When an event was refused with nothing running: nothing is tried until the first of `later` is due, or a new event comes
        `PROBE_S` or more after that.
    """

    name: str
    ready: deque[Event] = field(default_factory=deque)
    later: dict[Event, Timer] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    shut: float | None = None

    @property
    def empty(self) -> bool:
        return not (self.ready or self.later or self.window.running)


class AsyncQueue:
    """Every event that was accepted and has not come to its end.

    Parameters
    ----------
    invoker
        Runs functions.
    neighbourhood
        Where records and dead letters go.
    """

    def __init__(
        self, functions: Functions, invoker: Invokes, clock: Clock, metrics: Records, chains: Chains,
        neighbourhood: Neighbourhood,
    ) -> None:  # fmt: skip
        self._functions, self._invoker, self._clock = functions, invoker, clock
        self._metrics, self._chains = metrics, chains
        self._deliveries = Deliveries(neighbourhood, self._put_again, clock.now)
        self._lines: dict[str, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.TimerHandle | None = None

    def put(
        self, name: str, qualifier: str | None, payload: bytes, *, request_id: str, trace: str | None = None
    ) -> str:
        """Accept an event, and return at once.

        Parameters
        ----------
        trace
            The tracing header of the request.

        Returns
        -------
        str
            The tracing header that the function gets, at every attempt.

        Raises
        ------
        NoSuchFunction
            There is no such function, or it has nothing of that qualifier's name.
        """
        version, now = self._functions.get(name, qualifier), self._clock.now()
        header = self._chains.follow(version, trace)
        event = Event(
            name, qualifier, version.arn, payload, request_id, header, Progress(now),
            self._terms(name, qualifier, version),
        )  # fmt: skip
        self._count("AsyncEventsReceived", event)
        line = self._lines.setdefault(name, Line(name))
        line.ready.append(event)
        if line.shut is not None and now - line.shut >= PROBE_S:
            line.shut = None
        self._read(line)
        return header

    def __len__(self) -> int:
        """How many events have not come to their end."""
        return sum(len(line.ready) + len(line.later) + line.window.running for line in self._lines.values())

    async def reset(self) -> None:
        """Forget every event, whatever is being done with it."""
        for line in self._lines.values():
            for timer in line.later.values():
                timer.cancel()
        self._lines.clear()
        if self._ticking is not None:
            self._ticking.cancel()
            self._ticking = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- the lines ------------------------------------------------------------------

    def _read(self, line: Line) -> None:
        """Try as many events as may be tried at a time."""
        while line.ready and line.window.open and line.shut is None:
            event = line.ready.popleft()
            line.window.begin()
            task = asyncio.ensure_future(self._attempt(line, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if line.ready and self._ticking is None:
            self._ticking = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        if line.empty and self._lines.get(line.name) is line:
            del self._lines[line.name]

    def _tick(self) -> None:
        self._ticking = None
        for line in list(self._lines.values()):
            line.window.tick()
            self._read(line)

    async def _attempt(self, line: Line, event: Event) -> None:
        with self._clock.busy(f"the event {event.request_id} of {event.name}"):
            try:
                step = await self._try(event)
            except Exception as error:
                log.exception("the event %s of %s met a mistake of this cloud's", event.request_id, event.name)
                event.response = Response(500, f"{type(error).__name__}: {error}")
                step = self._refused(event)
            refused = step.progress.refusals > event.progress.refusals
            event.progress = step.progress
            line.window.end(refused=refused)
            if isinstance(step, Again):
                line.shut = self._clock.now() if refused and line.window.running == 0 else None
                what = f"the next attempt with an event of {event.name}"
                line.later[event] = self._clock.at(step.at, lambda: self._due(line, event), what)
            self._read(line)
            if isinstance(step, Over):
                await self._end(event, step.condition)

    def _due(self, line: Line, event: Event) -> None:
        del line.later[event]
        line.shut = None
        line.ready.appendleft(event)
        self._read(line)

    # --- one attempt ----------------------------------------------------------------

    async def _try(self, event: Event) -> Step:
        if policy.expired(event.progress, event.terms.config.age_s, self._clock.now()):
            return Over(event.progress, "EventAgeExceeded")
        try:
            version = self._functions.route(event.name, event.qualifier)
            function = self._functions.function(event.name)
            event.terms = self._terms(event.name, event.qualifier, version)
        except NoSuchFunction:
            # Tried again as after an error of the function's, and counted: measurements of others, on no page.
            event.response = Response(404, f"Function not found: {event.arn}:{event.qualifier or LATEST}")
            return self._failed(event)
        if function.reserved_concurrency == 0:
            event.response = None
            return Over(event.progress, "ZeroReservedConcurrency")
        try:
            self._chains.check(event.name, event.qualifier, event.trace)
        except Recursion as loop:
            event.response = Response(400, str(loop))
            return Over(event.progress, "RecursiveInvocation")
        return await self._run(event, version)

    async def _run(self, event: Event, version: FunctionVersion) -> Step:
        age_ms = max(0.0, self._clock.now() - event.progress.accepted) * 1000
        self._count("AsyncEventAge", event, age_ms, unit="Milliseconds")
        try:
            result = await self._invoker.invoke(
                version, event.payload, request_id=event.request_id,
                invoked_arn=self._functions.arn(event.name, event.qualifier), trace=event.trace, synchronous=False,
            )  # fmt: skip
        except Throttled as throttled:
            event.response = Response(429, str(throttled))
            return self._refused(event)
        except DataPlaneError as error:
            log.warning("the event %s of %s did not run: %s", event.request_id, event.name, error)
            event.response = Response(500, str(error))
            return self._refused(event)
        outcome = result.outcome
        event.response = Response.of_function(outcome.payload, outcome.function_error, result.executed_version)
        return self._failed(event) if outcome.function_error else policy.succeeded(event.progress)

    def _failed(self, event: Event) -> Step:
        config = event.terms.config
        return policy.failed(event.progress, config.retries, config.age_s, self._clock.now())

    def _refused(self, event: Event) -> Step:
        return policy.refused(event.progress, event.terms.config.age_s, self._clock.now())

    def _terms(self, name: str, qualifier: str | None, version: FunctionVersion) -> Terms:
        config = self._functions.function(name).event_invoke.get(qualifier or LATEST, DEFAULTS)
        return Terms(config, version.role, version.settings.get("DeadLetterConfig", {}).get("TargetArn") or None)

    # --- the end --------------------------------------------------------------------

    async def _end(self, event: Event, condition: Condition) -> None:
        terms = event.terms
        destination = terms.config.on_success if condition == "Success" else terms.config.on_failure
        if condition != "Success":
            self._count("AsyncEventsDropped", event)
            if terms.dead_letter is not None:
                sent = self._deliveries.dead_letter(event, condition, terms.dead_letter)
                await self._deliver(event, sent, "DeadLetterErrors")
        if destination is not None:
            sent = self._deliveries.destination(event, condition, destination)
            await self._deliver(event, sent, "DestinationDeliveryFailures")

    async def _deliver(self, event: Event, sent: Awaitable[None], failure: str) -> None:
        try:
            await sent
        except NotDelivered as error:
            log.warning("%s for the event %s of %s: %s", failure, event.request_id, event.name, error)
            self._count(failure, event)
        except Exception:
            log.exception("%s for the event %s of %s", failure, event.request_id, event.name)
            self._count(failure, event)

    def _put_again(self, name: str, qualifier: str | None, payload: bytes, request_id: str, trace: str) -> None:
        self.put(name, qualifier, payload, request_id=request_id, trace=trace)

    def _count(self, metric: str, event: Event, value: float = 1.0, *, unit: str = "Count") -> None:
        self._metrics.record(metric, event.name, value, qualifier=event.qualifier, unit=unit)
