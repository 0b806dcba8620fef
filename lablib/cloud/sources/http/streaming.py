"""An answer that is streamed while the function writes it: a function URL whose InvokeMode is ``RESPONSE_STREAM``.

What `awslambda.HttpResponseStream.from` writes first is JSON with status, headers and cookies, then eight NUL bytes, then the
body; the type of the whole says so. A handler that streams without it answers 200 with the type that it set. Sources: DG
configuration-response-streaming and AWS's Node.js runtime client, 2026.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from lablib.cloud.sources.http.answers import Malformed, cookie_lines, headers_of, status_of
from lablib.cloud.web import Answer, Broken, StreamedAnswer
from lablib.environments.streams import ResponseStream

if TYPE_CHECKING:
    from lablib.cloud.invocation import Result

INTEGRATION = "application/vnd.awslambda.http-integration-response"
_END = b"\0" * 8
# A beginning that is longer than this is none. Ours; AWS's bound is unknown.
_LONGEST_PRELUDE = 256 * 1024

# Invocations whose caller may be gone: somebody has to hold them, or Python forgets them.
_running: set[asyncio.Future[Any]] = set()


async def run(
    invoke: Callable[[ResponseStream], Awaitable[Result]], lines: list[tuple[str, str]]
) -> Answer | StreamedAnswer:  # fmt: skip
    """Run a function, and answer as soon as it begins to.

    Raises
    ------
    LambdaError, Malformed
        What went wrong before the first byte of the body, the function's own error too. Later it breaks the body off.
    """
    stream = ResponseStream()
    running = asyncio.ensure_future(invoke(stream))
    _running.add(running)
    running.add_done_callback(_over)
    begun = asyncio.ensure_future(stream.begun.wait())
    await asyncio.wait({running, begun}, return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    if not stream.begun.is_set():
        return _whole(running.result(), lines)
    lines = [*lines, ("X-Amzn-Trace-Id", stream.trace_id or "")]
    if stream.content_type != INTEGRATION:
        return StreamedAnswer(200, {"Content-Type": stream.content_type}, _Body(stream, running, b""), lines=tuple(lines))
    try:
        prelude, rest = await _prelude(stream)
        return _answer(prelude, _Body(stream, running, rest), lines)
    except Malformed:
        stream.give_up()
        raise


def _over(task: asyncio.Future[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # its caller may be gone, and nobody else asks


def _whole(result: Result, lines: list[tuple[str, str]]) -> Answer:
    """A handler that does not stream: its answer is the body as it is, a ``statusCode`` in it too.

    So LocalStack's tests against AWS found it (2025); its type is unconfirmed.
    """
    if result.outcome.function_error is not None:
        raise Malformed("the function failed")
    more = (*lines, ("X-Amzn-Trace-Id", result.trace_id))
    return Answer(200, {"Content-Type": "application/json"}, result.outcome.payload, more)


async def _prelude(stream: ResponseStream) -> tuple[Any, bytes]:
    read = b""
    while _END not in read:
        piece = await stream.next()
        read += piece or b""
        if piece is None or (len(read) > _LONGEST_PRELUDE and _END not in read):
            raise Malformed("what it streams does not begin with a status and headers")
    told, _, rest = read.partition(_END)
    try:
        return json.loads(told), rest
    except ValueError:
        raise Malformed("what it streams begins with no JSON") from None


def _answer(prelude: Any, body: _Body, lines: list[tuple[str, str]]) -> StreamedAnswer:
    if not isinstance(prelude, dict):
        raise Malformed("what it streams begins with no object")
    headers = headers_of(prelude.get("headers"))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/octet-stream"))
    own = (*headers, *cookie_lines(prelude.get("cookies")))
    return StreamedAnswer(status_of(prelude.get("statusCode", 200)), {}, body, lines=(*own, *lines))


class _Body:
    """The rest of a streamed answer, as the listener writes it."""

    def __init__(self, stream: ResponseStream, running: asyncio.Future[Result], first: bytes) -> None:
        self._stream, self._running, self._first = stream, running, first
        self._written = self._write()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._written

    async def aclose(self) -> None:
        await self._written.aclose()
        self._stream.give_up()  # the function goes on without a reader

    async def _write(self) -> AsyncGenerator[bytes, None]:
        if self._first:
            yield self._first
        while (piece := await self._stream.next()) is not None:
            yield piece
        try:
            result = await asyncio.shield(self._running)
        except Exception as error:  # the cloud was emptied, or lost its environments
            raise Broken from error
        # The client sees a body that breaks off; the status has gone out long ago. How AWS ends the connection: unconfirmed.
        if result.outcome.function_error is not None or result.outcome.midstream_error is not None:
            raise Broken
