"""The lines of executions on their way to CloudWatch Logs: moto's lock is not waited for by who writes them."""

from __future__ import annotations

import asyncio

from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam import engine, logs


class Journals:
    """Lines that wait to be written, by log group and stream."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: dict[tuple[str, str], list[tuple[int, str]]] = {}
        self._writing: asyncio.Task[None] | None = None

    def write(self, group: str, stream: str, at: int, text: str) -> None:
        """Have a line written. On the event loop."""
        self._lines.setdefault((group, stream), []).append((at, text))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())

    async def _write(self) -> None:
        with self._clock.busy("the log of an execution"):
            while self._lines:
                (group, stream), lines = self._lines.popitem()
                await engine.call(_put, group, stream, lines)

    def reset(self) -> None:
        """Write nothing of what waits."""
        self._lines.clear()
        if self._writing is not None:
            self._writing.cancel()


def _put(group: str, stream: str, lines: list[tuple[int, str]]) -> None:
    if logs.exists(group):  # Step Functions makes none
        logs.put(group, stream, lines)
