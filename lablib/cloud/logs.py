"""What functions and the platform write, on its way to CloudWatch Logs.

Lines are kept for a moment and then given to CloudWatch Logs together: an invocation
never waits for it. A request to CloudWatch Logs waits for what is kept (`flush`), so
nobody reads a log that lacks a line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

from lablib.cloud.functions import FunctionVersion

# (group, stream, [(milliseconds since 1970, text), ...])
Put = Callable[[str, str, list[tuple[int, str]]], Awaitable[None]]

_DELAY_S = 0.5


def stream_of(version: FunctionVersion, environment: str, now: float) -> str:
    """The name of an environment's log stream; with a log group of one's own it says the function too.

    Parameters
    ----------
    environment
        Its id.
    now
        Seconds since 1970 on the cloud's clock.

    Source: DG monitoring-cloudwatchlogs-loggroups, 2026.
    """
    today = f"{datetime.fromtimestamp(now, timezone.utc):%Y/%m/%d}"
    if version.log_group == f"/aws/lambda/{version.name}":
        return f"{today}/[{version.version}]{environment}"
    return f"{today}/{version.name}[{version.version}][{environment}]"


class LogBook:
    """Log lines by group and stream.

    Parameters
    ----------
    put
        Gives lines to CloudWatch Logs.
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        self._kept: dict[tuple[str, str], list[tuple[int, str]]] = {}
        self._flushing = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def write(self, group: str, stream: str, lines: list[tuple[float, str]]) -> None:
        """Keep `lines`: (seconds since 1970 on the cloud's clock, text)."""
        kept = self._kept.setdefault((group, stream), [])
        kept.extend((int(timestamp * 1000), text) for timestamp, text in lines)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_DELAY_S, self._begin_flush)

    def _begin_flush(self) -> None:
        self._timer = None
        self._task = asyncio.ensure_future(self.flush())

    async def flush(self) -> None:
        """Give CloudWatch Logs everything that was written before this call."""
        async with self._flushing:
            kept, self._kept = self._kept, {}
            for (group, stream), lines in kept.items():
                await self._put(group, stream, lines)

    async def reset(self) -> None:
        """Forget what is kept."""
        async with self._flushing:
            self._kept = {}
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
