"""Frames between the cloud and its supervisor: JSON, and bytes beside it.

A frame is two big-endian lengths, the JSON object, and the payload as it is (an
event or an answer may be 6 MB, and is never escaped).
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from typing import Any

_LENGTHS = struct.Struct("!II")


class FrameProtocol(asyncio.Protocol):
    """Both ends of the control socket.

    Parameters
    ----------
    on_frame
        Called with each (object, payload), in order.
    on_lost
        Called once when the other end is gone.
    """

    def __init__(
        self,
        on_frame: Callable[[dict[str, Any], bytes], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= _LENGTHS.size:
            header, body = _LENGTHS.unpack_from(self._buffer)
            end = _LENGTHS.size + header + body
            if len(self._buffer) < end:
                return
            split = _LENGTHS.size + header
            message = json.loads(self._buffer[_LENGTHS.size : split])
            payload = bytes(self._buffer[split:end])
            del self._buffer[:end]
            self._on_frame(message, payload)

    def send(self, message: dict[str, Any], payload: bytes = b"") -> None:
        """Queue one frame; silently dropped when the other end is gone (on_lost has said so)."""
        if self._transport is None:
            return
        header = json.dumps(message).encode()
        self._transport.write(_LENGTHS.pack(len(header), len(payload)) + header + payload)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
