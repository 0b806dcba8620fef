"""What a source has begun and not finished: tasks that run, and timers of what is due again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine

from lablib.cloud.clock import Clock, Timer

log = logging.getLogger("lablib.cloud")


class UnderWay:
    """Keeps tasks and timers until they are over, or the cloud is emptied. For the event loop's thread alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: set[Timer] = set()

    def start(self, work: Coroutine[None, None, None], what: str) -> None:
        """Have something done, and return at once; until then the cloud is not at rest. `what` names it for who waits."""

        def over(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            work.close()  # it may have been cancelled before it began

        task = asyncio.ensure_future(self._counted(work, what))
        self._tasks.add(task)
        task.add_done_callback(over)

    async def _counted(self, work: Coroutine[None, None, None], what: str) -> None:
        with self._clock.busy(what):
            try:
                await work
            except Exception:
                log.exception("%s met a mistake of this cloud's", what)

    def later(self, when: float, begin: Callable[[], Awaitable[None] | None], what: str) -> None:
        """Have `begin` called at a moment of the cloud's time; what it awaits counts as running."""

        def due() -> Awaitable[None] | None:
            self._timers.discard(timer)
            return begin()

        timer = self._clock.at(when, due, what)
        self._timers.add(timer)

    async def finish(self) -> None:
        """Wait until nothing runs; what is due later is not waited for."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reset(self) -> None:
        """End what runs, and forget what is due."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for task in list(self._tasks):
            task.cancel()
        await self.finish()
