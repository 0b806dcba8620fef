"""Placement: which execution environment serves an invocation, or that none may.

Whether it may run at all says `concurrency`. Then an idle environment of the same version and generation is taken, else one
is started; one environment runs one invocation at a time. Environments go when they were idle for long enough on the cloud's
clock (models.lifecycle), when their function changes, or when they are too old. Those of provisioned concurrency are made ahead,
and kept, by `provisioned`.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lablib.cloud.clock import Clock, Timer
from lablib.cloud.functions import FunctionVersion
from lablib.cloud.functions.version import IMAGES_RUN_ELSEWHERE
from lablib.cloud.scaling.concurrency import Admitted, Concurrency, Throttled
from lablib.cloud.telemetry.logs import stream_of
from lablib.environments import DataPlane, EnvironmentSpec, RuntimeUnavailable
from lablib.environments.spec import SupervisorLost
from lablib.models import lifecycle

__all__ = ["Placed", "Placement", "Throttled"]

# (version, log stream) -> every variable the function sees
Variables = Callable[[FunctionVersion, str], Awaitable[dict[str, str]]]
InitializationType = Literal["on-demand", "provisioned-concurrency", "snap-start"]
_Key = tuple[str, str, str, bool]


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
        It serves no further invocation: its function has changed, or another environment has taken its place.
    failed
        Its last invocation ended in a timeout, a crash or a kill: its next one begins with INIT.
    admitted
        What its invocation runs on, while there is one.
    """

    id: str
    version: FunctionVersion
    log_stream: str
    created: float
    idle_since: float
    initialization_type: InitializationType = "on-demand"
    busy: bool = True
    stale: bool = False
    failed: bool = False
    admitted: Admitted | None = None
    reclaim: Timer | None = field(default=None, repr=False)

    @property
    def provisioned(self) -> bool:
        """Made ahead, for provisioned concurrency."""
        return self.initialization_type == "provisioned-concurrency"

    @property
    def key(self) -> _Key:
        return self.version.name, self.version.version, self.version.generation, self.provisioned


class Placement:
    """All environments of this cloud.

    Parameters
    ----------
    variables
        Makes an environment's variables, with credentials of its role.
    concurrency
        The account's rules.
    """

    def __init__(
        self, data_plane: DataPlane, clock: Clock, variables: Variables, concurrency: Concurrency | None = None
    ) -> None:  # fmt: skip
        self._data_plane, self._clock, self._variables = data_plane, clock, variables
        self.concurrency = concurrency or Concurrency()
        # Called with an environment of provisioned concurrency that failed, when it has been given back.
        self.on_failed: Callable[[Placed], None] = lambda placed: None
        # The environment that those of a version are restored from, if there is one (`lablib.cloud.scaling.snapshots`).
        self.snapshot_of: Callable[[FunctionVersion], Awaitable[str | None]] = _none
        self._environments: dict[str, Placed] = {}
        # By what they can serve; a dictionary as a stack from which one in the middle can be taken too.
        self._idle: dict[_Key, dict[Placed, None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def get(self, name: str) -> Placed | None:
        return self._environments.get(name)

    def runs_from(self, folder: Path) -> bool:
        """Whether an environment has this folder as its code or its layers."""
        return any(folder in (placed.version.code, *placed.version.layers) for placed in self._environments.values())

    # --- one invocation ---------------------------------------------------------------

    async def acquire(self, version: FunctionVersion, *, synchronous: bool = True) -> Placed:
        """An environment for one invocation; give it back with `release`.

        Raises
        ------
        Throttled
            A limit of concurrency or rate is reached.
        lablib.environments.RuntimeUnavailable
            This machine cannot run the function's runtime.
        """
        admitted = self.concurrency.admit(version.name, version.version, self._clock.now(), synchronous=synchronous)
        try:
            placed = self._take(version, admitted.provisioned)
            if placed is None and admitted.provisioned:  # the supervisor died: they are being made anew
                admitted = self.concurrency.beyond(admitted)
                placed = self._take(version, provisioned=False)
            if placed is None:
                self.concurrency.scale(version.name, self._clock.now())
                placed = await self.start(version)
        except BaseException:
            self.concurrency.release(admitted)
            raise
        placed.admitted = admitted
        return placed

    def _take(self, version: FunctionVersion, provisioned: bool) -> Placed | None:
        """The one that was used last: so the fewest are kept. AWS does not document its choice."""
        key = (version.name, version.version, version.generation, provisioned)
        if key not in self._idle:
            return None
        placed, _ = self._idle[key].popitem()
        if not self._idle[key]:
            del self._idle[key]
        placed.busy = True
        return placed

    async def start(
        self, version: FunctionVersion, initialization_type: InitializationType = "on-demand", *, is_snapshot: bool = False
    ) -> Placed:  # fmt: skip
        """A new environment, whose INIT goes on by itself; nobody else has it. With SnapStart it is restored from a snapshot.

        Raises
        ------
        lablib.environments.RuntimeUnavailable
            This machine cannot run the function's runtime, or it is a container image.
        """
        if version.package_type == "Image":
            raise RuntimeUnavailable(IMAGES_RUN_ELSEWHERE.format(name=version.name))
        restored_from = await self.snapshot_of(version) if initialization_type == "on-demand" else None
        if restored_from is not None:
            initialization_type = "snap-start"
        now, name = self._clock.now(), uuid.uuid4().hex
        placed = Placed(name, version, stream_of(version, name, now), now, now, initialization_type)
        self._environments[name] = placed  # from now on it hears that its function changes; and its log begins with it
        try:
            environ = await self._variables(version, placed.log_stream)
            environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = initialization_type
            spec = EnvironmentSpec(
                id=name, function_name=version.name, runtime=version.runtime, handler=version.handler,
                memory_mb=version.memory_size, timeout_s=version.timeout, ephemeral_mb=version.ephemeral_storage,
                code=version.code, environ=environ, layers=version.layers, initialization_type=initialization_type,
                is_snapshot=is_snapshot, restored_from=restored_from,
            )  # fmt: skip
            await self._data_plane.create(spec)
        except BaseException:
            self.end(placed)  # whoever waited may be gone, and it may be made all the same
            raise
        if name not in self._environments:  # the cloud was emptied meanwhile, or the supervisor died
            await self._data_plane.destroy(name)
            raise SupervisorLost("the execution environment was ended before the function ran")
        return placed

    def release(self, placed: Placed) -> None:
        """The invocation is over: the environment is idle, or goes."""
        if placed.admitted is not None:
            self.concurrency.release(placed.admitted)
            placed.admitted = None
        placed.idle_since = self._clock.now()
        if placed.id not in self._environments:
            placed.busy = False
            return  # lost with its supervisor
        too_old = not placed.provisioned and placed.idle_since - placed.created >= lifecycle.OLDEST_S
        if placed.stale or too_old:
            self.end(placed)
            return
        self.offer(placed)
        if placed.provisioned:
            if placed.failed:
                self.on_failed(placed)
        elif placed.reclaim is None:
            self._plan_reclaim(placed)

    def offer(self, placed: Placed) -> None:
        """Let an environment serve invocations from now on; one that failed comes after the others."""
        placed.busy = False
        idle = self._idle.setdefault(placed.key, {})
        if placed.failed and placed.provisioned:
            self._idle[placed.key] = {placed: None, **idle}
        else:
            idle[placed] = None

    # --- their end --------------------------------------------------------------------

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
            self.end(placed)
        else:
            self._plan_reclaim(placed)

    def changed(self, function: str, generations: set[str]) -> None:
        """A function changed or was deleted: only environments of `generations` serve on."""
        for placed in list(self._environments.values()):
            if placed.version.name == function and placed.version.generation not in generations:
                self.retire(placed)

    def retire(self, placed: Placed) -> None:
        """End an environment as soon as its invocation, if there is one, is over."""
        placed.stale = True
        if not placed.busy:
            self.end(placed)

    def end(self, placed: Placed) -> None:
        """End an environment now; one that is gone is no error."""
        self._environments.pop(placed.id, None)
        idle = self._idle.get(placed.key, {})
        idle.pop(placed, None)
        if not idle:
            self._idle.pop(placed.key, None)
        if placed.reclaim is not None:
            placed.reclaim.cancel()
        task = asyncio.ensure_future(self._data_plane.destroy(placed.id))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

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
        self._idle.clear()


async def _none(version: FunctionVersion) -> str | None:
    return None
