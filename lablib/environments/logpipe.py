"""What a function writes, cut into log events as Lambda cuts it.

Standard output and error share one pipe: a line is an event. AWS's runtime clients
write what they log themselves as frames (a type, a length, a timestamp, the message),
so that a message of many lines stays one event; they are given a descriptor of the
same pipe, and so the order is the order of writing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

_FRAME_START = b"\xa5\x5a\x00"
_FRAME_HEADER = 16
# CloudWatch Logs' largest event, with the 26 bytes it counts for each
# (PutLogEvents: 1 MB since 2025-04; quoted in moto and botocore's documentation).
_LONGEST = 1024 * 1024 - 26


class LogCutter:
    """Bytes in, log events out (text, without the line's end)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Events complete so far."""
        data = self._rest + data
        events: list[str] = []
        while data:
            end, event = self._next(data)
            if end == 0:
                break
            if event is not None:
                events.append(_text(event))
            data = data[end:]
        self._rest = data
        return events

    def flush(self) -> list[str]:
        """The rest, although its line or frame never ended."""
        rest, self._rest = self._rest, b""
        if rest.startswith(_FRAME_START):
            rest = rest[_FRAME_HEADER:]
        return [_text(rest)] if rest else []

    def _next(self, data: bytes) -> tuple[int, bytes | None]:
        """(bytes used, event); 0 bytes when more is needed."""
        if data.startswith(_FRAME_START):
            if len(data) < _FRAME_HEADER:
                return 0, None
            end = _FRAME_HEADER + int.from_bytes(data[4:8], "big")
            if len(data) < end:
                return 0, None
            return end, data[_FRAME_HEADER:end].removesuffix(b"\n")
        frame, newline = data.find(_FRAME_START), data.find(b"\n")
        if 0 <= frame and (newline < 0 or frame < newline):
            return frame, data[:frame]  # a line that was not ended before a frame
        if newline >= 0:
            return newline + 1, data[:newline]
        if len(data) > _LONGEST:
            return _LONGEST, data[:_LONGEST]
        return 0, None


def _text(event: bytes) -> str:
    return event.decode("utf-8", errors="replace").removesuffix("\r")


class LogPipe:
    """The reading end of an environment's pipe, in the supervisor's loop."""

    def __init__(self, on_events: Callable[[list[str]], None]) -> None:
        self._cutter = LogCutter()
        self._on_events = on_events
        self._read, self.write_fd = os.pipe()
        os.set_blocking(self._read, False)
        asyncio.get_running_loop().add_reader(self._read, self._readable)

    def _readable(self) -> None:
        try:
            data = os.read(self._read, 65536)
        except BlockingIOError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(self._read)
            return
        events = self._cutter.feed(data)
        if events:
            self._on_events(events)

    def drain(self, *, flush: bool) -> None:
        """Read what is there now; with `flush`, also a line that was not ended."""
        while True:
            try:
                data = os.read(self._read, 65536)
            except BlockingIOError:
                break
            if not data:
                break
            self._on_events(self._cutter.feed(data))
        if flush and (rest := self._cutter.flush()):
            self._on_events(rest)

    def close_write(self) -> None:
        """Once the guard has its own copy."""
        os.close(self.write_fd)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._read)
        os.close(self._read)
