"""Lines that a gateway writes to CloudWatch Logs beside its requests, so that no request waits for them; who reads logs does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from lablib.cloud.clock import Clock

log = logging.getLogger("lablib.cloud")

# Writes lines, (milliseconds, text) each, to a log group's stream.
Write = Callable[[str, str, Sequence[tuple[int, str]]], Awaitable[None]]


class LogWriter:
    """Writes lines to log groups; the cloud is not at rest before they are written."""

    def __init__(self, clock: Clock, write: Write) -> None:
        self._clock, self._write = clock, write
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Have lines written, if there are any."""
        if not lines:
            return
        task = asyncio.ensure_future(self._written(group, stream, lines))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def flush(self) -> None:
        """Wait until everything is written."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reset(self) -> None:
        """What is not written yet is not written."""
        for task in list(self._tasks):
            task.cancel()
        await self.flush()

    async def _written(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        with self._clock.busy(f"the log {group}"):
            try:
                await self._write(group, stream, lines)
            except Exception:
                log.exception("the log %s was not written", group)


def group_of(arn: str) -> str:
    """The name of a log group, of its ARN with or without the ``:*`` at its end; empty if it is none's."""
    return arn.partition(":log-group:")[2].removesuffix(":*")
