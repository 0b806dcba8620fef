"""GetActivityTask: a worker waits for a task, and nothing else waits for the worker."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam import engine
from lablib.cloud.moto_seam.stepfunctions import executions, machines
from lablib.cloud.sources.stepfunctions.errors import StatesError
from lablib.models import states


class Activities:
    """The workers that wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[str, set[asyncio.Event]] = {}

    async def task(self, given: dict[str, Any], gone: asyncio.Event | None = None) -> Mapping[str, Any]:
        """GetActivityTask: the next task, or nothing when a minute has passed on the cloud's clock.

        A worker that is `gone` gets none: nobody would ever do it.
        """
        arn = given["activityArn"]
        if arn.count(":") != 6 or ":activity:" not in arn:
            raise StatesError("InvalidArn", f"Invalid Arn: '{arn}'")
        if not await engine.call(machines.has_activity, arn):
            raise StatesError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
        deadline = self._clock.now() + states.ACTIVITY_POLL_SECONDS
        while gone is None or not gone.is_set():
            task = executions.take_activity_task(arn, given.get("workerName"))
            if task is not None:
                return {"taskToken": task.task_token, "input": task.task_input}
            if self._clock.now() >= deadline or not await self._wait(arn, deadline, gone):
                break
        return {}

    async def _wait(self, arn: str, deadline: float, gone: asyncio.Event | None) -> bool:
        """Wait until there is something in the line, the time is over, or the worker is gone; False when the cloud is emptied."""
        came = asyncio.Event()
        over = self._clock.at(deadline, came.set, "a waiting GetActivityTask")
        waiting = self._waiting.setdefault(arn, set())
        waiting.add(came)
        leaving = asyncio.ensure_future(gone.wait()) if gone is not None else None
        if leaving is not None:
            leaving.add_done_callback(lambda _: came.set())
        try:
            await came.wait()
            return came in waiting
        finally:
            if leaving is not None:
                leaving.cancel()
            over.cancel()
            waiting.discard(came)
            if not waiting:
                self._waiting.pop(arn, None)

    def arrived(self, arn: str) -> None:
        """An activity has a task. On the event loop."""
        for came in self._waiting.get(arn, ()):
            came.set()

    def reset(self) -> None:
        """Nobody waits any more."""
        waiting, self._waiting = self._waiting, {}
        for events in waiting.values():
            all_of_them = list(events)
            events.clear()
            for came in all_of_them:
                came.set()
