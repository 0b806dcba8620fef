"""Placement: which execution environment serves an invocation, or that none may.

One environment runs one invocation at a time. An idle one of the same version and
generation is taken, else one is started. Environments go when they were idle for long
enough on the cloud's clock (models.lifecycle), when their function changes, or when
they are too old.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from lablib.cloud.clock import Clock, Timer
from lablib.cloud.functions import FunctionVersion
from lablib.cloud.logs import stream_of
from lablib.environments import DataPlane, DataPlaneError, EnvironmentSpec
from lablib.models import lifecycle, limits

# (version, log stream) -> every variable the function sees
Variables = Callable[[FunctionVersion, str], Awaitable[dict[str, str]]]


class Throttled(Exception):
    """No environment may be had. `reason` is the API's, as in TooManyRequestsException."""

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.")
        self.reason = reason


@dataclass(eq=False)
class Placed:
    """An execution environment, as the control plane knows it.

    Attributes
    ----------
    id, log_stream
        The stream's name has the id in it.
    created, idle_since
        On the cloud's clock.
    stale
        Its function has changed: it serves no further invocation.
    """

    id: str
    version: FunctionVersion
    log_stream: str
    created: float
    idle_since: float
    busy: bool = True
    stale: bool = False
    reclaim: Timer | None = field(default=None, repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.version.name, self.version.version, self.version.generation


class Placement:
    """All environments of this cloud.

    Parameters
    ----------
    variables
        Makes an environment's variables, with credentials of its role.
    account_concurrency
        Invocations at a time in the whole account.
    """

    def __init__(
        self, data_plane: DataPlane, clock: Clock, variables: Variables,
        *, account_concurrency: int = limits.ACCOUNT_CONCURRENCY,
    ) -> None:  # fmt: skip
        self._data_plane, self._clock, self._variables = data_plane, clock, variables
        self._account_concurrency = account_concurrency
        self._environments: dict[str, Placed] = {}
        self._running = 0
        self._ending: set[asyncio.Task[None]] = set()

    def get(self, name: str) -> Placed | None:
        return self._environments.get(name)

    async def acquire(self, version: FunctionVersion) -> Placed:
        """An environment for one invocation; give it back with `release`.

        Raises
        ------
        Throttled
            The account runs as many invocations as it may.
        lablib.environments.RuntimeUnavailable
            This machine cannot run the function's runtime.
        """
        if self._running >= self._account_concurrency:
            raise Throttled("ConcurrentInvocationLimitExceeded")
        self._running += 1
        idle = self._idle(version)
        if idle is not None:
            idle.busy = True
            return idle
        try:
            return await self._start(version)
        except BaseException:
            self._running -= 1
            raise

    def _idle(self, version: FunctionVersion) -> Placed | None:
        """The one that was used last: so the fewest are kept. AWS does not document its choice."""
        key = (version.name, version.version, version.generation)
        idle = [one for one in self._environments.values() if not one.busy and not one.stale and one.key == key]
        return max(idle, key=lambda one: one.idle_since, default=None)

    async def _start(self, version: FunctionVersion) -> Placed:
        now, name = self._clock.now(), uuid.uuid4().hex
        placed = Placed(name, version, stream_of(version, name, now), now, now)
        environ = await self._variables(version, placed.log_stream)
        spec = EnvironmentSpec(
            id=name, function_name=version.name, runtime=version.runtime, handler=version.handler,
            memory_mb=version.memory_size, timeout_s=version.timeout, ephemeral_mb=version.ephemeral_storage,
            code=version.code, environ=environ, layers=version.layers,
        )  # fmt: skip
        self._environments[name] = placed  # before it is made: its log begins at once
        try:
            await self._data_plane.create(spec)
        except BaseException:
            self._environments.pop(name, None)
            raise
        if name not in self._environments:  # the cloud was emptied meanwhile
            await self._data_plane.destroy(name)
            raise DataPlaneError("the cloud was emptied before the function ran")
        return placed

    def release(self, placed: Placed) -> None:
        """The invocation is over: the environment is idle, or goes."""
        self._running = max(0, self._running - 1)
        placed.busy = False
        placed.idle_since = self._clock.now()
        if placed.id not in self._environments:
            return  # lost with its supervisor
        if placed.stale or placed.idle_since - placed.created >= lifecycle.OLDEST_S:
            self._end(placed)
        elif placed.reclaim is None:
            self._plan_reclaim(placed)

    def _plan_reclaim(self, placed: Placed) -> None:
        when = min(placed.idle_since + lifecycle.IDLE_S, placed.created + lifecycle.OLDEST_S)
        what = f"an idle environment of {placed.version.name} is reclaimed"
        placed.reclaim = self._clock.at(when, lambda: self._reclaim(placed), what)

    def _reclaim(self, placed: Placed) -> None:
        placed.reclaim = None
        if placed.busy or placed.id not in self._environments:
            return  # `release` plans again
        now = self._clock.now()
        if now - placed.idle_since >= lifecycle.IDLE_S or now - placed.created >= lifecycle.OLDEST_S:
            self._end(placed)
        else:
            self._plan_reclaim(placed)

    def changed(self, function: str, generations: set[str]) -> None:
        """A function changed or was deleted: only environments of `generations` serve on."""
        for placed in list(self._environments.values()):
            if placed.version.name == function and placed.version.generation not in generations:
                placed.stale = True
                if not placed.busy:
                    self._end(placed)

    def lost(self) -> None:
        """The supervisor died: there are no environments."""
        self._forget()

    async def reset(self) -> None:
        """End every environment, also those that work."""
        self._forget()
        await self._data_plane.destroy_all()
        await asyncio.gather(*self._ending)

    def _forget(self) -> None:
        for placed in self._environments.values():
            if placed.reclaim is not None:
                placed.reclaim.cancel()
        self._environments.clear()

    def _end(self, placed: Placed) -> None:
        self._environments.pop(placed.id, None)
        if placed.reclaim is not None:
            placed.reclaim.cancel()
        task = asyncio.ensure_future(self._data_plane.destroy(placed.id))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
