"""Invoke a function and stream its answer: each piece when the function has written it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from lablib.cloud.api import eventstream
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.api.operations.invoke import asked, log_result, run
from lablib.environments.streams import ResponseStream

if TYPE_CHECKING:
    from lablib.cloud.invocation import Result

# An answer that was not streamed comes in pieces of this size. (AWS: 7 MB came as 300 pieces; capture of 2026-09-15.)
_PIECE_BYTES = 24 * 1024

# Invocations whose caller may be gone: somebody has to hold them, or Python forgets them.
_running: set[asyncio.Task[Any]] = set()


async def invoke_with_response_stream(call: Call) -> Mapping[str, Any]:
    """Run a function; the answer is a stream of ``PayloadChunk`` events and one ``InvokeComplete``.

    What goes wrong before the function runs is an HTTP error, as in Invoke. A caller that goes away does not end the function.
    AWS does not look at ``InvocationType``: ``DryRun`` and ``Event`` too ran at once (captured, third party, 2026).
    """
    wanted = await asked(call, "RequestResponse")
    stream = ResponseStream()
    running = asyncio.ensure_future(run(call, wanted, stream))
    _running.add(running)
    running.add_done_callback(_over)
    begun = asyncio.ensure_future(stream.begun.wait())
    await asyncio.wait({running, begun}, return_when=asyncio.FIRST_COMPLETED)
    if not stream.begun.is_set():
        begun.cancel()
        running.result()  # the platform's errors
    content_type = stream.content_type if stream.begun.is_set() else "application/json"
    call.headers.update({"X-Amzn-Trace-Id": stream.trace_id or "", "X-Amzn-Remapped-Content-Type": content_type})
    return {
        "StatusCode": 200,
        "ExecutedVersion": wanted.version.version,
        "ResponseStreamContentType": eventstream.CONTENT_TYPE,
        "EventStream": _Events(stream, running, tail=call.parameters.get("LogType") == "Tail"),
    }


def _over(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # its caller may be gone, and nobody else asks


class _Events:
    """The events of one invocation, as the listener writes them."""

    def __init__(self, stream: ResponseStream, running: asyncio.Task[Result], *, tail: bool) -> None:
        self._stream, self._running, self._tail = stream, running, tail
        self._written = self._write()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._written

    async def aclose(self) -> None:
        await self._written.aclose()
        self._stream.give_up()  # also where the caller was gone before the first event

    async def _write(self) -> AsyncGenerator[bytes, None]:
        while (piece := await self._stream.next()) is not None:
            yield _chunk(piece)
        try:
            result = await asyncio.shield(self._running)
        except LambdaError as error:  # the cloud was emptied, or lost its environments
            yield _complete({"ErrorCode": error.code, "ErrorDetails": error.message})
            return
        if not self._stream.begun.is_set():
            payload = result.outcome.payload
            for at in range(0, len(payload), _PIECE_BYTES):
                yield _chunk(payload[at : at + _PIECE_BYTES])
        # Nothing says that the function failed, not even of trailers and timeouts (captured, third party, 2026).
        yield _complete({"LogResult": log_result(result)} if self._tail else {})


def _chunk(piece: bytes) -> bytes:
    return eventstream.event("PayloadChunk", "application/octet-stream", piece)


def _complete(members: Mapping[str, str]) -> bytes:
    return eventstream.event("InvokeComplete", "application/json", json.dumps(members, separators=(",", ":")).encode())
