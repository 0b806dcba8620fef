"""Lines that a gateway writes to CloudWatch Logs beside its requests, so that no request waits for them; who reads logs does."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence

from lablib.cloud.clock import Clock
from lablib.cloud.sources.underway import UnderWay

# Writes lines, (milliseconds, text) each, to a log group's stream.
Write = Callable[[str, str, Sequence[tuple[int, str]]], Coroutine[None, None, None]]


class LogWriter:
    """Writes lines to log groups; the cloud is not at rest before they are written."""

    def __init__(self, clock: Clock, write: Write) -> None:
        self._under_way, self._write = UnderWay(clock), write

    def put(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Have lines written, if there are any."""
        if lines:
            self._under_way.start(self._write(group, stream, lines), f"the log {group}")

    async def flush(self) -> None:
        """Wait until everything is written."""
        await self._under_way.finish()

    async def reset(self) -> None:
        """What is not written yet is not written."""
        await self._under_way.reset()


def group_of(arn: str) -> str:
    """The name of a log group, of its ARN with or without the ``:*`` at its end; empty if it is none's."""
    return arn.partition(":log-group:")[2].removesuffix(":*")
