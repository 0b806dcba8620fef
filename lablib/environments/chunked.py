"""A streamed response on its way in: an HTTP body in chunks, with trailers, read as fast as somebody takes it.

tornado reads chunked bodies too, but no trailers, and a streaming runtime reports what
went wrong midway in them (DG runtimes-custom, "Implementing response streaming", 2026).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import dataclass

from tornado.httputil import HTTPHeaders
from tornado.iostream import IOStream, StreamClosedError, UnsatisfiableReadError

_READ_BYTES = 65536
_LONGEST_LINE = 1024 * 1024 + 1024  # the trailer with the error's body


class Truncated(Exception):
    """The runtime ended its response in the middle of it."""


@dataclass(frozen=True)
class MidstreamError:
    """What a runtime says in trailers, after it has begun to answer."""

    type: str
    body: str


class ChunkedBody:
    """Reads one chunked body; `error` says afterwards what the trailers said."""

    def __init__(self, stream: IOStream) -> None:
        self._stream = stream
        self.error: MidstreamError | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, each piece as soon as it is there.

        Raises
        ------
        Truncated
            The connection ended before the body did, or what came is no chunked body.
        """
        try:
            while (size := int((await self._line()).split(b";")[0], 16)) > 0:
                while size:
                    piece = await self._stream.read_bytes(min(size, _READ_BYTES), partial=True)
                    size -= len(piece)
                    yield piece
                await self._stream.read_bytes(2)
            self.error = _midstream_error(await self._trailers())
        except (StreamClosedError, UnsatisfiableReadError, ValueError) as error:
            raise Truncated from error

    async def _line(self) -> bytes:
        return (await self._stream.read_until(b"\r\n", max_bytes=_LONGEST_LINE))[:-2]

    async def _trailers(self) -> HTTPHeaders:
        trailers = HTTPHeaders()
        while line := await self._line():
            name, _, value = line.decode("latin1").partition(":")
            trailers[name.strip()] = value.strip()
        return trailers


def _midstream_error(trailers: HTTPHeaders) -> MidstreamError | None:
    """AWS's own clients send the body as base64 (aws-lambda-go); plain text is taken too."""
    error_type = trailers.get("Lambda-Runtime-Function-Error-Type")
    body = trailers.get("Lambda-Runtime-Function-Error-Body", "")
    if error_type is None and not body:
        return None
    try:
        text = base64.b64decode(body, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = body
    return MidstreamError(error_type or "Runtime.Unknown", text)
