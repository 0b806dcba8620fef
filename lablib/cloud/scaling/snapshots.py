"""SnapStart: a snapshot of each published version that asks for one, made as it is published.

Python versions get one: a process that has been through INIT and the before-snapshot hooks, and from which environments
are forked (lablib.environments.restored). For Java and .NET the setting is stored, and their environments go through INIT:
`OptimizationStatus` stays ``Off``, and `doctor` says so. Lambda makes a version that was not invoked for 14 days ``Inactive``;
here a snapshot stays as long as its version. One that was lost is made anew when it is needed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from lablib.cloud.clock import Clock
from lablib.cloud.functions import Functions
from lablib.cloud.functions.version import FunctionVersion
from lablib.cloud.scaling.placement import InitializationType, Placed
from lablib.environments.spec import DataPlaneError, Initialized, SnapshotLost, SupervisorLost

log = logging.getLogger("lablib.cloud")

# DG snapstart-troubleshooting, "Snapshot creation failures", 2026.
NOT_MADE = (
    "AWS Lambda could not invoke your SnapStart function. If this error persists, check your function's CloudWatch logs "
    "for initialization errors."
)
# BOTO's StateReasonCode; which code AWS gives for which failure is not documented.
_REASONS = {"timeout": "FunctionError.InitTimeout", "error": "FunctionError.RuntimeInitError"}
_TRIES = 3  # when the supervisor dies meanwhile


class Start(Protocol):
    """Starts an environment (`lablib.cloud.scaling.placement.Placement.start`)."""

    def __call__(
        self, version: FunctionVersion, initialization_type: InitializationType, *, is_snapshot: bool
    ) -> Awaitable[Placed]: ...


class Snapshots:
    """The snapshots of this cloud, by their versions' generations.

    Parameters
    ----------
    start, initialized, end
        Start an environment; wait for the end of its INIT, and how it went; end it.
    """

    def __init__(
        self, functions: Functions, clock: Clock, start: Start, initialized: Callable[[str], Awaitable[Initialized]],
        end: Callable[[Placed], None],
    ) -> None:  # fmt: skip
        self._functions, self._clock = functions, clock
        self._start, self._initialized, self._end = start, initialized, end
        self._made: dict[str, asyncio.Task[Placed]] = {}

    async def of(self, version: FunctionVersion) -> str | None:
        """The environment that a version is restored from, made if it has been lost; None for a version without SnapStart.

        Raises
        ------
        lablib.environments.spec.SnapshotLost
            It cannot be made any more.
        """
        if not version.has_snapshot:
            return None
        return (await asyncio.shield(self._making(version))).id

    def changed(self, name: str) -> None:
        """A function's versions changed, or it was deleted: snapshots are made, and others end."""
        kept = self._functions.generations(name)
        for generation, task in list(self._made.items()):
            if task.get_name() == name and generation not in kept:
                del self._made[generation]
                task.add_done_callback(self._discard)
        if name in self._functions:
            for version in self._functions.function(name):
                if version.has_snapshot and version.state == "Pending" and version.generation not in self._made:
                    self._making(version)

    def forget(self, version: FunctionVersion) -> None:
        """A version's snapshot turned out to be gone: the next invocation has it made anew."""
        task = self._made.pop(version.generation, None)
        if task is not None:
            task.add_done_callback(self._discard)

    def lost(self) -> None:
        """The supervisor died, and the snapshots with it. Those that are being made begin anew."""
        self._made = {generation: task for generation, task in self._made.items() if not task.done()}

    def reset(self) -> None:
        for task in self._made.values():
            task.cancel()
        self._made.clear()

    def _making(self, version: FunctionVersion) -> asyncio.Task[Placed]:
        task = self._made.get(version.generation)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = asyncio.create_task(self._make(version), name=version.name)
            task.add_done_callback(_look)
            self._made[version.generation] = task
        return task

    async def _make(self, version: FunctionVersion) -> Placed:
        with self._clock.busy(f"the snapshot of version {version.version} of {version.name}"):
            try:
                placed, how = await self._try(version)
            except DataPlaneError as error:
                self._functions.snapshot_failed(version, "InternalError", str(error))
                raise
            if how.status != "success":
                self._end(placed)
                self._functions.snapshot_failed(version, _REASONS[how.status], NOT_MADE)
                raise SnapshotLost(NOT_MADE)
            self._functions.snapshot_made(version)
            return placed

    async def _try(self, version: FunctionVersion) -> tuple[Placed, Initialized]:
        """A version cannot be invoked any more when its snapshot fails: that the supervisor died is no reason."""
        for left in reversed(range(_TRIES)):
            try:
                placed = await self._start(version, "snap-start", is_snapshot=True)
                return placed, await self._initialized(placed.id)
            except SupervisorLost as lost:
                if not left:
                    raise
                log.warning("the snapshot of %s begins anew: %s", version.qualified_arn, lost)
        raise AssertionError("the last try returns or raises")

    def _discard(self, task: asyncio.Task[Placed]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._end(task.result())


def _look(task: asyncio.Task[Placed]) -> None:
    """The version's state says what went wrong; of what was no failure of the function's, the log does too."""
    if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, SnapshotLost):
        log.warning("the snapshot of %s was not made: %s", task.get_name(), error)
