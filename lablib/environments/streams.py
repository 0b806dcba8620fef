"""Both ends of a streamed response between the supervisor and the cloud.

The supervisor sends a piece when there is room, the cloud says when a piece was taken:
however slowly a caller reads, what waits for it stays small, and the function that
writes waits instead.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from lablib.models import limits

# What may be on its way to a caller. AWS keeps more for a slow reader (a capture of 2026-09-15: 7 MB were
# written in 0.2 s and read in 2.4 s), so there a function is held back later than here.
_WINDOW_BYTES = 1024 * 1024


class Taker(Protocol):
    """Takes a streamed response."""

    def begin(self, content_type: str) -> None:
        """The runtime has begun to answer."""
        ...

    async def write(self, piece: bytes) -> None:
        """Take a piece; returns when there is room for the next."""
        ...


class Outflow:
    """The supervisor's end.

    Parameters
    ----------
    send
        Sends a frame: an object and bytes.
    """

    def __init__(self, send: Callable[[dict[str, Any], bytes], None]) -> None:
        self._send = send
        self._room = asyncio.Event()
        self._under_way = self._passed = 0
        self._slow_since = 0.0
        self.begun = False

    def begin(self, content_type: str) -> None:
        self.begun = True
        self._send({"begun": content_type}, b"")

    async def write(self, piece: bytes) -> None:
        """What is over the limit of streamed responses is dropped.

        A capture of 2026-09-15 shows just that: of 201 MB 200 arrive, and there is no error.
        """
        piece = piece[: limits.STREAMED_RESPONSE_BYTES - self._passed]
        if not piece:
            return
        await self._keep_pace(len(piece))
        while self._under_way >= _WINDOW_BYTES:
            self._room.clear()
            await self._room.wait()
        self._under_way += len(piece)
        self._send({}, piece)

    def taken(self, size: int) -> None:
        """The cloud has passed on `size` bytes."""
        self._under_way -= size
        self._room.set()

    async def _keep_pace(self, size: int) -> None:
        """Lambda's speed limit: the first 6 MB as fast as they come, the rest at 2 MB a second."""
        self._passed += size
        over = self._passed - limits.STREAMED_AT_FULL_SPEED_BYTES
        if over > 0:
            now = asyncio.get_running_loop().time()
            self._slow_since = self._slow_since or now
            await asyncio.sleep(self._slow_since + over / limits.STREAMED_BYTES_PER_S - now)


class ResponseStream:
    """The cloud's end: a streamed response as whoever invoked the function reads it.

    Attributes
    ----------
    begun
        Set when the runtime has begun to answer in pieces. A function that does not stream never sets it.
    content_type
        What the runtime says of its answer, such as ``application/vnd.awslambda.http-integration-response``.
    trace_id
        The tracing header that the function got; the invoker writes it here.
    """

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.content_type = "application/octet-stream"
        self.trace_id: str | None = None
        self._pieces: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._held = 0
        self._over = self._given_up = False
        self._taken: Callable[[int], None] = lambda _: None

    def connect(self, taken: Callable[[int], None]) -> None:
        """Have `taken(size)` called for whatever the reader has taken."""
        self._taken = taken

    def begin(self, content_type: str) -> None:
        self.content_type = content_type
        self.begun.set()

    def put(self, piece: bytes) -> None:
        if self._given_up:
            self._taken(len(piece))
            return
        self._pieces.append(piece)
        self._news.set()

    def end(self) -> None:
        """There will be no more."""
        self._over = True
        self._news.set()

    def give_up(self) -> None:
        """Nobody reads any more: the function goes on, and what it writes is dropped.

        (Captures of 2026-09-15: a function whose client has gone runs to its end.)
        """
        self._given_up = True
        self._held += sum(len(piece) for piece in self._pieces)
        self._pieces.clear()
        self._give_back()

    async def next(self) -> bytes | None:
        """The next piece when it is there, or None at the end. A piece counts as taken when the next one is asked for."""
        self._give_back()
        while not self._pieces:
            if self._over:
                return None
            self._news.clear()
            await self._news.wait()
        piece = self._pieces.popleft()
        self._held = len(piece)
        return piece

    def _give_back(self) -> None:
        if self._held:
            self._taken(self._held)
            self._held = 0
