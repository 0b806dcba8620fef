"""Provisioned concurrency: environments that are made ahead of use, and kept.

A version or an alias has an `Allocation`. Its environments run INIT at once, and none serves before all of them are through; then
it is ``READY`` and `concurrency` knows how many there are. One that fails or grows old is replaced, and serves until the other is
there. DG provisioned-concurrency, lambda-concurrency ("How Lambda allocates provisioned concurrency"), 2026; AWS takes a minute
or two to begin, which this cloud does not imitate.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Literal

from lablib.cloud.clock import Clock, Timer
from lablib.cloud.functions import LATEST, Function, Functions, FunctionVersion
from lablib.cloud.scaling.concurrency import Concurrency
from lablib.cloud.scaling.placement import InitializationType, Placed
from lablib.environments import DataPlaneError, Initialized
from lablib.models import lifecycle

log = logging.getLogger("lablib.cloud")

Status = Literal["IN_PROGRESS", "READY", "FAILED"]

# What the API gives as the reason when INIT fails (answers of AWS, as people quote them, 2020 to 2026).
INIT_FAILED = "FUNCTION_ERROR_INIT_FAILURE"
NOT_PUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."

# INITs at a time: more would only make each of them slower.
_AT_A_TIME = 16


class _InitFailed(Exception):
    """An environment's INIT ended badly; the function's log says how."""


@dataclass(eq=False)
class Allocation:
    """The provisioned concurrency of one version or alias, and how far it has come.

    Attributes
    ----------
    function, qualifier
        Whose it is. The version of an alias is the one that it points to now.
    requested
        Environments.
    initialized
        The ones whose INIT is through.
    serving
        How many of them invocations may use: all or, while it grows, as many as before.
    last_modified
        When it was set, on the cloud's clock, in the API's form.
    work, turn
        What brings it to what is asked for; one at a time, also while the one before is being called off.
    """

    function: str
    qualifier: str
    requested: int
    last_modified: str
    version: FunctionVersion
    status: Status = "IN_PROGRESS"
    reason: str | None = None
    initialized: list[Placed] = field(default_factory=list)
    serving: int = 0
    work: asyncio.Task[None] | None = field(default=None, repr=False)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)


@dataclass(frozen=True)
class Environments:
    """What provisioning needs of `placement` and the data plane.

    Attributes
    ----------
    start, initialized
        Make an environment; wait for the end of its INIT.
    offer, retire
        Let it serve; end it once it does not work.
    """

    start: Callable[[FunctionVersion, InitializationType], Awaitable[Placed]]
    initialized: Callable[[str], Awaitable[Initialized]]
    offer: Callable[[Placed], None]
    retire: Callable[[Placed], None]


class Provisioning:
    """All provisioned concurrency of this cloud; what is asked for stands in `Function.provisioned`."""

    def __init__(self, functions: Functions, concurrency: Concurrency, environments: Environments, clock: Clock) -> None:
        self._functions, self._concurrency = functions, concurrency
        self._environments, self._clock = environments, clock
        self._live: dict[str, list[Allocation]] = {}
        self._ages: dict[Placed, Timer] = {}
        self._replacing: dict[Placed, asyncio.Task[None]] = {}
        self._starting = asyncio.Semaphore(_AT_A_TIME)

    # --- what is asked for --------------------------------------------------------------

    def put(self, function: Function, qualifier: str, requested: int) -> Allocation:
        """Ask for so many environments of a version or alias, or for another number of them."""
        version = function.find(qualifier)
        assert version is not None
        allocation = function.provisioned.get(qualifier)
        if allocation is None:
            allocation = Allocation(version.name, qualifier, requested, "", version)
            function.provisioned[qualifier] = allocation
            self._live.setdefault(version.name, []).append(allocation)
        now = datetime.fromtimestamp(self._clock.now(), timezone.utc)
        allocation.requested, allocation.last_modified = requested, f"{now:%Y-%m-%dT%H:%M:%S}+0000"
        self._begin(allocation)
        return allocation

    def delete(self, function: Function, qualifier: str) -> None:
        """Take it away; it is no error if there is none."""
        function.provisioned.pop(qualifier, None)
        self.changed(function.latest.name)

    def changed(self, name: str) -> None:
        """A function changed: take away what was deleted, follow aliases, and let `concurrency` know what there is, and is reserved."""
        function = self._functions.function(name) if name in self._functions else None
        for allocation in list(self._live.get(name, [])):
            if function is None or function.provisioned.get(allocation.qualifier) is not allocation:
                self._empty(allocation)
                self._live[name].remove(allocation)
                continue
            version = function.find(allocation.qualifier)
            if version is not None and version.generation != allocation.version.generation:
                # AWS too takes it from the old version first, and then gives it to the new one (DG, as it was until 2022).
                self._empty(allocation)
                allocation.version = version
                self._begin(allocation)
        if not self._live.get(name):
            self._live.pop(name, None)
        if function is None:
            self._concurrency.deleted(name)
        else:
            self._configure(name)

    def lost(self) -> None:
        """The supervisor died, and all environments with it: they are made anew."""
        for name, allocations in self._live.items():
            for allocation in allocations:
                failed = allocation.status == "FAILED"
                self._empty(allocation)
                if not failed:
                    self._begin(allocation)
            self._configure(name)

    def reset(self) -> None:
        """Forget everything; environments are not ended here."""
        for allocation in self._all():
            self._cancel(allocation)
        for task in self._replacing.values():
            task.cancel()
        for timer in self._ages.values():
            timer.cancel()
        for forgotten in (self._live, self._replacing, self._ages):
            forgotten.clear()

    def _all(self) -> Iterator[Allocation]:
        return (allocation for allocations in self._live.values() for allocation in allocations)

    # --- one allocation -----------------------------------------------------------------

    def _begin(self, allocation: Allocation) -> None:
        self._cancel(allocation)
        allocation.status, allocation.reason = "IN_PROGRESS", None
        allocation.work = asyncio.ensure_future(self._allocate(allocation))

    def _cancel(self, allocation: Allocation) -> None:
        if allocation.work is not None:
            allocation.work.cancel()
            allocation.work = None

    async def _allocate(self, allocation: Allocation) -> None:
        with self._clock.busy(f"the provisioned concurrency of {allocation.version.qualified_arn} is allocated"):
            async with allocation.turn:
                if allocation.version.version == LATEST:  # an alias was pointed there; what AWS makes of it is unconfirmed
                    allocation.status, allocation.reason = "FAILED", NOT_PUBLISHED
                    return
                self._shrink(allocation)
                try:
                    await self._grow(allocation)
                except (_InitFailed, DataPlaneError) as failed:
                    allocation.status = "FAILED"
                    allocation.reason = INIT_FAILED if isinstance(failed, _InitFailed) else str(failed)
                    return
                for placed in allocation.initialized[allocation.serving :]:
                    self._environments.offer(placed)
                allocation.serving, allocation.status = allocation.requested, "READY"
                self._configure(allocation.function)

    def _shrink(self, allocation: Allocation) -> None:
        spare = allocation.initialized[allocation.requested :]
        del allocation.initialized[allocation.requested :]
        allocation.serving = min(allocation.serving, allocation.requested)
        self._configure(allocation.function)
        self._let_go(spare)

    async def _grow(self, allocation: Allocation) -> None:
        """Until there are as many as asked for; all of the new ones, or none."""

        async def one() -> None:
            allocation.initialized.append(await self._make(allocation))

        missing = allocation.requested - len(allocation.initialized)
        tasks = [asyncio.ensure_future(one()) for _ in range(missing)]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            new = allocation.initialized[allocation.serving :]
            del allocation.initialized[allocation.serving :]
            self._let_go(new)
            raise

    async def _make(self, allocation: Allocation) -> Placed:
        async with self._starting:
            placed = await self._environments.start(allocation.version, "provisioned-concurrency")
            placed.idle_since = placed.created
            try:
                if (await self._environments.initialized(placed.id)).status != "success":
                    raise _InitFailed
            except BaseException:
                self._let_go([placed])
                raise
        what = f"an old environment of {placed.version.name}'s provisioned concurrency is replaced"
        age = self._clock.at(placed.created + lifecycle.OLDEST_S, lambda: self._replace(allocation, placed), what)
        self._ages[placed] = age
        return placed

    def _empty(self, allocation: Allocation) -> None:
        """End all its environments; what still works in one ends as it began."""
        self._cancel(allocation)
        gone, allocation.initialized, allocation.serving = allocation.initialized, [], 0
        self._let_go(gone)

    def _let_go(self, environments: Iterable[Placed]) -> None:
        for placed in environments:
            if placed in self._ages:
                self._ages.pop(placed).cancel()
            if placed in self._replacing:
                self._replacing.pop(placed).cancel()
            if placed.admitted is None:
                placed.busy = False
            self._environments.retire(placed)

    def _configure(self, name: str) -> None:
        serving: dict[str, int] = {}
        for allocation in self._live.get(name, []):
            number = allocation.version.version
            serving[number] = serving.get(number, 0) + allocation.serving
        self._concurrency.configure(name, self._functions.function(name).reserved_concurrency, serving)

    # --- replacement --------------------------------------------------------------------

    def failed(self, placed: Placed) -> None:
        """An environment's invocation ended in a timeout, a crash or a kill: have another one take its place."""
        for allocation in self._live.get(placed.version.name, []):
            if placed in allocation.initialized and placed not in self._replacing:
                task = asyncio.ensure_future(self._replace(allocation, placed))
                self._replacing[placed] = task
                task.add_done_callback(lambda _: self._replacing.pop(placed, None))

    async def _replace(self, allocation: Allocation, old: Placed) -> None:
        with self._clock.busy(f"an environment of {allocation.version.qualified_arn} is replaced"):
            try:
                new = await self._make(allocation)
            except (_InitFailed, DataPlaneError) as failed:
                # It serves on: its next invocation begins with INIT.
                log.warning("no environment took the place of %s: %s", old.log_stream, failed or INIT_FAILED)
                return
            self._swap(allocation, old, new)

    def _swap(self, allocation: Allocation, old: Placed, new: Placed) -> None:
        if old not in allocation.initialized:  # meanwhile it was taken away
            self._let_go([new])
            return
        place = allocation.initialized.index(old)
        allocation.initialized[place] = new
        self._replacing.pop(old, None)
        self._let_go([old])
        if place < allocation.serving:
            self._environments.offer(new)
