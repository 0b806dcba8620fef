"""What a stage writes to CloudWatch Logs: its execution log, and a line of its own format for each request.

Source: API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs in API Gateway" and "$context variables for access
logging", 2026. The streams' names are 32 hexadecimal digits; that all lines of a stage go into one is ours.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import md5
from typing import Any

from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam.rest_apis import Api, Logging, Stage
from lablib.cloud.sources.rest.call import Call
from lablib.cloud.sources.rest.failures import look_up
from lablib.cloud.sources.rest.log import Log
from lablib.cloud.sources.rest.reply import Reply

log = logging.getLogger("lablib.cloud")

# Writes lines, (milliseconds, text) each, to a log group's stream.
Write = Callable[[str, str, Sequence[tuple[int, str]]], Awaitable[None]]

_REFERENCE = re.compile(r"\$\{?((?:context|stageVariables)(?:\.[\w-]+)+)\}?")
_OFF = Logging()


class StageLogs:
    """Writes the logs of stages, so that no request waits for it; `flush` does."""

    def __init__(self, clock: Clock, write: Write) -> None:
        self._clock, self._write = clock, write
        self._tasks: set[asyncio.Task[None]] = set()

    def execution_log(self, stage: Stage, resource_path: str, call: Call) -> Log | None:
        """A log for a request, if the stage's settings ask for one."""
        if _settings(stage, resource_path, call.method).level == "OFF":
            return None
        return Log(self._clock.now, call.request_id)

    def executed(self, api: Api, stage: Stage, resource_path: str, call: Call, said: Log) -> None:
        """A request was answered: write what was said of it, as far as the settings want it."""
        settings = _settings(stage, resource_path, call.method)
        lines = [
            line for line in said.lines
            if (line.error or settings.level == "INFO") and (settings.whole or not line.detail)
        ]  # fmt: skip
        group = f"API-Gateway-Execution-Logs_{api.id}/{stage.name}"
        self._put(group, api, stage, [(round(line.at * 1000), f"({call.request_id}) {line.text}") for line in lines])

    def accessed(
        self, api: Api, stage: Stage, call: Call, context: Mapping[str, Any], reply: Reply, milliseconds: float
    ) -> None:  # fmt: skip
        """A request was answered: write the access log's line, if the stage has one. What a request has not is a ``-``."""
        if stage.access_log is None:
            return
        arn, form = stage.access_log
        latency = None if reply.latency_ms is None else round(reply.latency_ms)
        known = {**context, "status": reply.status, "responseLength": len(reply.body), "responseLatency": round(milliseconds),
                 "integrationLatency": latency}  # fmt: skip
        values = {"context": known, "stageVariables": call.variables}
        line = _REFERENCE.sub(lambda match: look_up(match[1], values) or "-", form)
        group = arn.partition(":log-group:")[2].removesuffix(":*")
        if group:
            self._put(group, api, stage, [(round(call.moment * 1000), line)])

    async def flush(self) -> None:
        """Wait until everything is written."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reset(self) -> None:
        """What is not written yet is not written."""
        for task in list(self._tasks):
            task.cancel()
        await self.flush()

    def _put(self, group: str, api: Api, stage: Stage, lines: Sequence[tuple[int, str]]) -> None:
        if not lines:
            return
        stream = md5(f"{api.id}/{stage.name}".encode(), usedforsecurity=False).hexdigest()
        task = asyncio.ensure_future(self._written(group, stream, lines))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _written(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        with self._clock.busy(f"the log {group}"):
            try:
                await self._write(group, stream, lines)
            except Exception:
                log.exception("the log %s was not written", group)


def _settings(stage: Stage, resource_path: str, method: str) -> Logging:
    return stage.logging.get(f"{resource_path.replace('/', '~1')}/{method}", stage.logging.get("*/*", _OFF))
