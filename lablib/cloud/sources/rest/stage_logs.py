"""What a stage writes to CloudWatch Logs: its execution log, and a line of its own format for each request.

Source: API Gateway Developer Guide, "Set up CloudWatch logging for REST APIs in API Gateway" and "$context variables for access
logging", 2026. The streams' names are 32 hexadecimal digits; that all lines of a stage go into one is ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any

from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam.rest_apis import Api, Logging, Stage
from lablib.cloud.sources.log_writer import LogWriter, Write, group_of
from lablib.cloud.sources.rest.call import Call
from lablib.cloud.sources.rest.failures import look_up
from lablib.cloud.sources.rest.log import Log
from lablib.cloud.sources.rest.reply import Reply

_REFERENCE = re.compile(r"\$\{?((?:context|stageVariables)(?:\.[\w-]+)+)\}?")
_OFF = Logging()


class StageLogs:
    """Writes the logs of stages, so that no request waits for it; `flush` does."""

    def __init__(self, clock: Clock, write: Write) -> None:
        self._clock, self._writer = clock, LogWriter(clock, write)

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
        if group := group_of(arn):
            self._put(group, api, stage, [(round(call.moment * 1000), line)])

    async def flush(self) -> None:
        """Wait until everything is written."""
        await self._writer.flush()

    async def reset(self) -> None:
        """What is not written yet is not written."""
        await self._writer.reset()

    def _put(self, group: str, api: Api, stage: Stage, lines: Sequence[tuple[int, str]]) -> None:
        stream = md5(f"{api.id}/{stage.name}".encode(), usedforsecurity=False).hexdigest()
        self._writer.put(group, stream, lines)


def _settings(stage: Stage, resource_path: str, method: str) -> Logging:
    return stage.logging.get(f"{resource_path.replace('/', '~1')}/{method}", stage.logging.get("*/*", _OFF))
