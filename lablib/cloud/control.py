"""The one door that is not AWS's: `/_lab/`, for the clock, emptying the cloud, ending it, and what `doctor` wants to know.

`lablib.cloud.front` has made sure by then that the cloud's own credentials signed the request, or that any will do.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from lablib.cloud.clock import Clock, StillRunning, WasReset
from lablib.cloud.web import Answer, Request

# AWS keeps nothing that a lesson needs for longer, and past it datetimes end.
LONGEST_ADVANCE = 10 * 365 * 86400


class _BadRequest(Exception):
    pass


class Control:
    """Answers `/_lab/`.

    Parameters
    ----------
    reset, shutdown
        Empty the cloud; ask it to end.
    facts
        What `doctor` shows of this cloud.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        reset: Callable[[], Awaitable[None]],
        shutdown: Callable[[], None],
        facts: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._clock = clock
        self._reset = reset
        self._shutdown = shutdown
        self._facts = facts

    async def answer(self, request: Request) -> Answer:
        """Answer one request to `/_lab/…`."""
        routes: dict[tuple[str, str], Callable[[str], Awaitable[Answer]]] = {
            ("GET", "/_lab/clock"): self._read_clock,
            ("POST", "/_lab/clock/advance"): self._advance,
            ("POST", "/_lab/reset"): self._empty,
            ("POST", "/_lab/shutdown"): self._end,
            ("GET", "/_lab/doctor"): self._doctor,
        }
        route = routes.get((request.method, request.path))
        if route is None:
            known = ", ".join(f"{method} {path}" for method, path in routes)
            return _json(404, {"message": f"{request.method} {request.path} is nothing here. There is: {known}."})
        try:
            return await route(request.query)
        except _BadRequest as error:
            return _json(400, {"message": str(error)})

    async def _read_clock(self, query: str) -> Answer:
        return _json(200, {"now": self._clock.now(), "offset": self._clock.offset})

    async def _advance(self, query: str) -> Answer:
        values = parse_qs(query)
        seconds = _seconds(values.get("seconds", [""])[-1])
        step = values.get("step", ["false"])[-1].lower() in ("true", "1")
        try:
            done = await self._clock.advance(seconds, step=step)
        except StillRunning as error:
            return _json(409, {"message": f"The cloud did not come to rest: {error}.", "running": error.running})
        except WasReset as error:
            return _json(410, {"message": str(error)})
        return _json(200, {"now": done.now, "advanced": done.advanced, "remaining": done.remaining})

    async def _empty(self, query: str) -> Answer:
        await self._reset()
        return _json(200, {})

    async def _end(self, query: str) -> Answer:
        self._shutdown()
        return _json(200, {})

    async def _doctor(self, query: str) -> Answer:
        return _json(200, self._facts())


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise _BadRequest(f"?seconds= must be a number of seconds, not {text!r}.") from None
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_ADVANCE:
        raise _BadRequest(f"?seconds= must be from 0 to {LONGEST_ADVANCE} (ten years), not {text}.")
    return seconds


def _json(status: int, content: Mapping[str, Any]) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
