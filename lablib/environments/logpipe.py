"""What a function writes, cut into log events as Lambda cuts it.

Standard output and error share one pipe: a line is an event. AWS's runtime clients
write what they log themselves as frames (a type, a length, a timestamp, the message),
so that a message of many lines stays one event; they are given a descriptor of the
same pipe, and so the order is the order of writing.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import Callable

_FRAME_START = b"\xa5\x5a\x00"
_FRAME_HEADER = 16
# CloudWatch Logs' largest event, with the 26 bytes it counts for each
# (PutLogEvents: 1 MB since 2025-04; quoted in moto and botocore's documentation).
_LONGEST = 1024 * 1024 - 26

# A handler that prints for ever writes more lines than a cloud can keep, and must not be
# what the supervisor is busy with when another function's timeout comes. So a read is
# short, and after many lines the pipe waits: the writer is slowed, nothing is lost.
# Measured: a line costs supervisor and cloud together 10 us.
_READ_BYTES = 16384
_LINES_AT_ONCE = 64
_SECONDS_PER_LINE = 20e-6


class Framed(str):
    """An event that a runtime client wrote as a frame with a level: its own logger has let it pass.

    The last byte of a frame's type is its format (JSON 2, text 3), plus four times a level, which is 0 where there is none
    (awslambdaric 4.2.2, lambda_runtime_log_utils).
    """


class LogCutter:
    """Bytes in, log events out: a line with its end, a frame as it is.

    On Lambda nothing is added either: what is not ended stands before END on the same line
    (a traceback, which the client frames without a line's end; captured LogResults, 2026).

    The work is in proportion to the bytes, however short the lines; what is kept never
    passes the largest event, whatever length a frame claims.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0  # of the frame that is being read, in bytes
        self._levelled = False  # whether that frame's type has a level

    def feed(self, data: bytes) -> list[str]:
        """Events complete so far."""
        data = self._rest + data
        events: list[str] = []
        at, frame = 0, data.find(_FRAME_START)
        while at < len(data):
            if 0 <= frame < at:
                frame = data.find(_FRAME_START, at)
            if self._left:
                end = at + min(self._left, _LONGEST)
                if len(data) < end:
                    break
                self._left -= end - at
                text = _text(data[at:end])
                events.append(Framed(text) if self._levelled else text)
            elif frame == at:
                end = at + _FRAME_HEADER
                if len(data) < end:
                    break
                self._levelled = data[at + 3] > 3
                self._left = int.from_bytes(data[at + 4 : at + 8], "big")
            else:
                end, lines = self._lines(data, at, frame)
                if end == at:
                    break
                events += lines
            at = end
        self._rest = data[at:]
        return events

    def flush(self, *, over: bool = True) -> list[str]:
        """The rest, although its line never ended; and when all is `over`, although its frame never will."""
        if not over and (self._left or self._rest.startswith(_FRAME_START)):
            return []
        rest, self._rest, self._left = self._rest, b"", 0
        return [_text(rest)] if rest and not rest.startswith(_FRAME_START) else []

    def _lines(self, data: bytes, at: int, frame: int) -> tuple[int, list[str]]:
        """(where they end, the lines from `at` on); `at` again when more is needed."""
        if frame >= 0:  # an event ends before a frame, although its line was not ended
            return frame, _split(data[at:frame])
        end = data.rfind(b"\n", at)
        if end >= 0:
            return end + 1, _split(data[at : end + 1])
        if len(data) - at > _LONGEST:
            return at + _LONGEST, [_text(data[at : at + _LONGEST])]
        return at, []


def _split(lines: bytes) -> list[str]:
    *ended, rest = lines.decode("utf-8", errors="replace").split("\n")
    return [line.removesuffix("\r") + "\n" for line in ended] + ([rest] if rest else [])


def _text(event: bytes) -> str:
    return event.decode("utf-8", errors="replace")


class LogPipe:
    """The reading end of an environment's pipe, in the supervisor's loop."""

    def __init__(self, on_events: Callable[[list[str]], None]) -> None:
        self._cutter = LogCutter()
        self._on_events = on_events
        self._read, self.write_fd = os.pipe()
        os.set_blocking(self._read, False)
        self._pause: asyncio.TimerHandle | None = None
        self._listen()

    def _listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._read, self._readable)

    def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            data = os.read(self._read, _READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            loop.remove_reader(self._read)
            return
        events = self._cutter.feed(data)
        if events:
            self._on_events(events)
        if len(events) > _LINES_AT_ONCE:
            loop.remove_reader(self._read)
            self._pause = loop.call_later(len(events) * _SECONDS_PER_LINE, self._listen)

    def drain(self, *, over: bool) -> None:
        """Read what is there now, also a line that was not ended; `over`: no process is left that would go on.

        Not until the pipe is empty: one that a process keeps filling never is.
        """
        (waiting,) = struct.unpack("i", fcntl.ioctl(self._read, termios.FIONREAD, bytes(4)))
        while waiting > 0:
            try:
                data = os.read(self._read, min(waiting, _READ_BYTES))
            except BlockingIOError:  # a handler may open the pipe, and read from it
                break
            waiting -= len(data)
            self._on_events(self._cutter.feed(data))
        if rest := self._cutter.flush(over=over):
            self._on_events(rest)

    def close(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        asyncio.get_running_loop().remove_reader(self._read)
        os.close(self._read)
        os.close(self.write_fd)
