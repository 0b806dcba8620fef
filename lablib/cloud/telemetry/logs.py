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
from lablib.models import lifecycle

# (group, stream, [(milliseconds since 1970, text), ...])
Put = Callable[[str, str, list[tuple[int, str]]], Awaitable[None]]
# (role, group) -> whether the role lets Lambda write there
MayWrite = Callable[[str, str], Awaitable[bool]]

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
    may_write
        Lambda writes a function's log with its role. Where that may not, there is no log, and nothing else says so, as on AWS.
    """

    def __init__(self, put: Put, may_write: MayWrite) -> None:
        self._put, self._may_write = put, may_write
        self._kept: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
        self._flushing = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def write(self, version: FunctionVersion, stream: str, lines: list[tuple[float, str]]) -> None:
        """Keep `lines` of a function's: (seconds since 1970 on the cloud's clock, text)."""
        if version.log_group.startswith("aws/") or not lines:
            return  # a name that Lambda cannot create: nothing is sent (DG monitoring-cloudwatchlogs-loggroups, 2026)
        kept = self._kept.setdefault((version.role, version.log_group, stream), [])
        kept.extend((int(timestamp * 1000), text) for timestamp, text in lines)
        if len(kept) > 2 * lifecycle.STREAM_LINES:
            del kept[: -lifecycle.STREAM_LINES]
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_DELAY_S, self._begin_flush)

    def _begin_flush(self) -> None:
        self._timer = None
        self._task = asyncio.ensure_future(self.flush())

    async def flush(self) -> None:
        """Give CloudWatch Logs everything that was written before this call."""
        async with self._flushing:
            kept, self._kept = self._kept, {}
            known: dict[tuple[str, str], bool] = {}
            for (role, group, stream), lines in kept.items():
                if (role, group) not in known:
                    known[role, group] = await self._may_write(role, group)
                if known[role, group]:
                    await self._put(group, stream, lines)

    async def reset(self) -> None:
        """Forget what is kept."""
        async with self._flushing:
            self._kept = {}
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None


async def may_write(
    role: str, group: str, arn: str, allows: Callable[[str, str, str], Awaitable[bool]], exists: Callable[[str], Awaitable[bool]]
) -> bool:  # fmt: skip
    """Whether a role lets Lambda write to a log group: put events, make streams, and make the group if it is not there.

    CloudWatch Logs asks for the last two on ``…:log-group:NAME:log-stream:``, as people quote its AccessDenied; no captured
    answer was found.

    Parameters
    ----------
    arn
        The group's, without what follows its name.
    allows
        ``await allows(role, action, resource)``
    exists
        ``await exists(group)``
    """
    if not await allows(role, "logs:PutLogEvents", f"{arn}:log-stream:*"):
        return False
    if not await allows(role, "logs:CreateLogStream", f"{arn}:log-stream:"):
        return False
    return await exists(group) or await allows(role, "logs:CreateLogGroup", f"{arn}:log-stream:")
