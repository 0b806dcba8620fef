"""HTTP/1.1 on 127.0.0.1, carried by tornado, which every Jupyter environment has.

tornado's web framework is left out: one method answers everything, and an invocation should cost little more than its function.
"""

from __future__ import annotations

import asyncio
import http
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
    format_timestamp,
)

from lablib.cloud.front import Answering
from lablib.cloud.web import Answer, Broken, Request, StreamedAnswer

log = logging.getLogger("lablib.cloud")

# A 50 MB package as base64 in JSON is 67 MB; the rest is room for uploads to S3 in one part.
LARGEST_BODY = 300 * 1024 * 1024
# AWS: the request line and the headers of an invocation may have 1 MB together.
LARGEST_HEADERS = 1024 * 1024

Answerer = Callable[[Request, asyncio.Event], Awaitable[Answering]]

_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


class _AnswerHeaders(HTTPHeaders):
    """Headers whose names go out as whoever answers wrote them (``x-amzn-RequestId``): tornado capitalises every one.

    S3 has those of metadata in lower case.
    """

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, str] = {}

    def write(self, name: str, value: str) -> None:
        """Add a line."""
        self._written[name.lower()] = name
        self.add(name, value)

    def get_all(self) -> Iterable[tuple[str, str]]:
        for name, value in super().get_all():
            yield (name.lower() if name.startswith("X-Amz-Meta-") else self._written.get(name.lower(), name)), value


def _keep_names(connection: Any) -> None:
    """Have a connection's headers keep, as ``wire``, what they were read from.

    tornado capitalises every name, and a REST API's events show them as they came. It has no door for this: its own reading of
    the next request's headers is wrapped, on this connection alone.
    """
    read = connection._parse_headers

    def parse(data: bytes) -> tuple[str, HTTPHeaders]:
        del connection._parse_headers  # tornado has a connection for each request: nothing is left to hold it
        start_line, headers = read(data)
        headers.wire = data
        return start_line, headers

    connection._parse_headers = parse


class _Exchange(HTTPMessageDelegate):
    """One request and its answer."""

    def __init__(self, connection: HTTPConnection, answer: Answerer, tasks: set[asyncio.Task[None]]) -> None:
        self._connection = connection
        _keep_names(connection)
        self._answer = answer
        self._tasks = tasks
        self._chunks: list[bytes] = []
        self._gone = asyncio.Event()

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        assert isinstance(start_line, RequestStartLine)
        self._start_line = start_line
        self._headers = headers

    def data_received(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    def finish(self) -> None:
        path, _, query = self._start_line.path.partition("?")
        if not path.startswith("/"):
            # A client that takes us for its proxy sends the whole URL.
            path = "/" + path.partition("://")[2].partition("/")[2]
        request = Request(self._start_line.method, path, query, self._headers, b"".join(self._chunks), self._gone)
        self._chunks.clear()
        self._connection.set_close_callback(self._gone.set)  # type: ignore[attr-defined]
        task = asyncio.get_running_loop().create_task(self._serve(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def on_connection_close(self) -> None:
        self._gone.set()

    async def _serve(self, request: Request) -> None:
        try:
            answer = await self._answer(request, self._gone)
            if isinstance(answer, StreamedAnswer):
                await self._stream(request.method, answer)
            elif not self._gone.is_set():
                self._write(request.method, answer)
        except asyncio.CancelledError:  # what it waited for was ended
            self._connection.close()  # type: ignore[attr-defined]
            raise
        except Exception:  # such as a header that HTTP cannot carry: better a client that is cut off than one that waits for ever
            log.exception("%s %s could not be answered", request.method, request.path)
            self._connection.close()  # type: ignore[attr-defined]

    async def _stream(self, method: str, answer: StreamedAnswer) -> None:
        """Write the body as it comes, no faster than the client reads, until it ends or the client is gone."""
        writing = asyncio.ensure_future(self._write_pieces(method, answer))
        gone = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({writing, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # tornado forgets a write whose connection has been closed: it would be waited for for ever.
            gone.cancel()
            writing.cancel()
            await asyncio.gather(writing, gone, return_exceptions=True)
            await answer.pieces.aclose()

    async def _write_pieces(self, method: str, answer: StreamedAnswer) -> None:
        start = ResponseStartLine("HTTP/1.1", answer.status, _REASONS.get(answer.status, "Unknown"))
        await self._connection.write_headers(start, self._headers_of(answer))
        if method == "HEAD" or answer.status in (204, 304):
            self._connection.finish()
            return
        try:
            async for piece in answer.pieces:
                await self._connection.write(piece)
        except Broken:
            self._connection.close()  # type: ignore[attr-defined]
        except Exception:
            log.exception("a streamed answer failed")
            self._connection.close()  # type: ignore[attr-defined]
        else:
            self._connection.finish()

    def _headers_of(self, answer: Answering) -> _AnswerHeaders:
        headers = _AnswerHeaders()
        for name, value in answer.headers.items():
            headers.write(name, value.replace("\r", " ").replace("\n", " "))
        if isinstance(answer, (Answer, StreamedAnswer)):
            for name, value in answer.lines:
                headers.write(name, value)
        if "Date" not in headers:
            # Real time, as everything about signing is: an SDK that finds its clock wrong by it signs with another.
            headers["Date"] = format_timestamp(time.time())
        return headers

    def _write(self, method: str, answer: Answering) -> None:
        headers = self._headers_of(answer)
        body = b"" if method == "HEAD" or answer.status in (204, 304) else answer.body
        if answer.status not in (204, 304) and (method != "HEAD" or "Content-Length" not in headers):
            headers["Content-Length"] = str(len(answer.body))
        start = ResponseStartLine("HTTP/1.1", answer.status, _REASONS.get(answer.status, "Unknown"))
        self._connection.write_headers(start, headers, body)
        self._connection.finish()


class _Exchanges(HTTPServerConnectionDelegate):
    def __init__(self, answer: Answerer) -> None:
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        return _Exchange(request_conn, self._answer, self._tasks)


class Listener:
    """The server behind a listening socket.

    Parameters
    ----------
    listening
        Bound to 127.0.0.1 and listening; nobody is answered before `serve`.
    """

    def __init__(self, listening: socket.socket) -> None:
        listening.setblocking(False)
        self._listening = listening
        self.port: int = listening.getsockname()[1]
        self._server: HTTPServer | None = None

    def serve(self, answer: Answerer) -> None:
        """Begin to answer requests."""
        # tornado's own chunk of 64 KB: it zeroes a whole chunk before each read, and 1 MB costs 0.6 ms a time.
        self._server = HTTPServer(_Exchanges(answer), max_body_size=LARGEST_BODY, max_header_size=LARGEST_HEADERS)
        self._server.add_sockets([self._listening])

    async def close(self) -> None:
        """Take no more connections, and end those that are open."""
        if self._server is not None:
            self._server.stop()
            await self._server.close_all_connections()
        self._listening.close()
