"""Messages of `application/vnd.amazon.eventstream`, in which AWS streams an answer.

Layout: Amazon Transcribe Developer Guide, "Event stream encoding", 2026: lengths, their CRC, headers, payload, the CRC of all
of it. The three headers, in this order, as captured from InvokeWithResponseStream (2024, 2026).
"""

from __future__ import annotations

import struct
import zlib

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7


def event(kind: str, content_type: str, payload: bytes) -> bytes:
    """One event, such as ``PayloadChunk``."""
    headers = _header(":event-type", kind) + _header(":content-type", content_type) + _header(":message-type", "event")
    lengths = struct.pack("!II", len(headers) + len(payload) + 16, len(headers))
    message = b"".join((lengths, struct.pack("!I", zlib.crc32(lengths)), headers, payload))
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    return struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING, len(value)) + value.encode()
