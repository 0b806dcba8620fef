"""The Lambda Runtime API of one environment: five routes on a port of its own.

GET  /2018-06-01/runtime/invocation/next
POST /2018-06-01/runtime/invocation/{id}/response
POST /2018-06-01/runtime/invocation/{id}/error
POST /2018-06-01/runtime/init/error
POST /2018-06-01/runtime/restore/error

A response may be streamed (DG runtimes-custom, 2026): with the header
``Lambda-Runtime-Function-Response-Mode: streaming``, in chunks, errors in trailers. aws-lambda-go
(1.55.1) sends every response in chunks with trailers, and never that header.

Answers and headers: DG runtimes-api; error bodies as in
aws-lambda-runtime-interface-emulator (2026-01-02).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError
from tornado.netutil import bind_sockets

from lablib.environments.chunked import ChunkedBody, Truncated
from lablib.environments.spec import Invocation
from lablib.environments.streams import Taker
from lablib.models.limits import RESPONSE_REFUSED_OVER_BYTES

_PREFIX = "/2018-06-01/runtime/"
# The Extensions API, the Logs API and the Telemetry API (DG runtimes-extensions-api, 2026).
_NOT_HERE = ("/2020-01-01/extension/", "/2020-08-15/logs", "/2022-07-01/telemetry")
_LARGEST_READ = 1 << 40  # a refusal has to be read first, however much it is; what is over the limit is not kept
# An error comes with a header for X-Ray, a trace of every frame: a recursion without end makes
# 100 KB, and the client sends up to 1 MB of it.
_LARGEST_HEADERS = 2 * 1024 * 1024
_EARLY_S = _SETTLE_S = 0.1
_REASONS = {200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 413: "Payload Too Large", 501: "Not Implemented"}  # fmt: skip

Event = tuple[str, Any]


class _Exchange(HTTPMessageDelegate):
    """One request, read to its end; of its body no more is kept than shows that it is too large."""

    def __init__(self, connection: HTTPConnection, api: RuntimeApi) -> None:
        self._connection, self._api = connection, api
        self._body = bytearray()

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        assert isinstance(start_line, RequestStartLine)
        self._start_line, self._headers = start_line, headers
        if self._api.may_stream(start_line, headers):
            assert isinstance(self._connection, HTTP1Connection)
            self._api.stream(self._connection.detach(), headers)

    def data_received(self, chunk: bytes) -> None:
        if len(self._body) <= RESPONSE_REFUSED_OVER_BYTES:
            self._body += chunk

    def finish(self) -> None:
        request = HTTPServerRequest(connection=self._connection, start_line=self._start_line, headers=self._headers)
        request.body = bytes(self._body)
        self._api.serve(request)

    def on_connection_close(self) -> None:
        self._body.clear()


class _Exchanges(HTTPServerConnectionDelegate):
    def __init__(self, api: RuntimeApi) -> None:
        self._api = api

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        return _Exchange(request_conn, self._api)


class RuntimeApi:
    """One listener; what the runtime says becomes events.

    Events: ``("next", None)``, ``("response", bytes)``, ``("too_large", size)``,
    ``("error", bytes)``, ``("init_error", (bytes, type))``, ``("restore_error", (bytes, type))``; of a response that was streamed to
    whoever takes it, ``("streamed", MidstreamError or None)``; ``("truncated", None)``.
    """

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._waiting: HTTPServerRequest | None = None
        self._current: str | None = None
        self._answered = True
        self._taker: Taker | None = None
        self._receiving: dict[asyncio.Task[None], IOStream] = {}
        self._early: HTTPServerRequest | None = None
        self._server = HTTPServer(
            _Exchanges(self), max_body_size=_LARGEST_READ, max_header_size=_LARGEST_HEADERS
        )  # fmt: skip
        sockets = bind_sockets(0, "127.0.0.1")
        self.address = f"127.0.0.1:{sockets[0].getsockname()[1]}"
        self._server.add_sockets(sockets)

    def deliver(self, invocation: Invocation, deadline_ms: int, taker: Taker | None = None) -> None:
        """Answer the waiting /next with an event. A response that is streamed goes to `taker`, or is one event without."""
        request, self._waiting = self._waiting, None
        self._taker = taker
        assert request is not None, "deliver() before the runtime asked"
        self._current, self._answered = invocation.request_id, False
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.invoked_function_arn,
        }
        for name, value in (
            ("Lambda-Runtime-Trace-Id", invocation.trace_id),
            ("Lambda-Runtime-Client-Context", invocation.client_context),
            ("Lambda-Runtime-Cognito-Identity", invocation.cognito_identity),
        ):
            if value:
                headers[name] = value
        _answer(request, 200, invocation.payload, headers)

    async def settle(self) -> None:
        """The runtime has ended: read what it still wrote of a streamed response, unless nobody takes it."""
        await asyncio.sleep(0)  # a connection may be ready to be read, and not be read yet
        if self._receiving:
            await asyncio.wait(self._receiving, timeout=_SETTLE_S)

    def forget(self) -> None:
        """The runtime is gone: its connections and its /next with it."""
        self._waiting, self._current, self._answered, self._early = None, None, True, None
        for task, stream in self._receiving.items():
            task.cancel()
            stream.close()

    async def close(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()

    # --- a streamed response --------------------------------------------------------

    def may_stream(self, start_line: RequestStartLine, headers: HTTPHeaders) -> bool:
        """Whether a request is a streamed response that is waited for. Others are read to their end, and refused then."""
        return (
            not (self._answered or self._receiving)
            and (start_line.method, start_line.path) == ("POST", f"{_PREFIX}invocation/{self._current}/response")
            and (_streams(headers) or "lambda-runtime-function-error-type" in headers.get("Trailer", "").lower())
            and headers.get("Transfer-Encoding", "").lower() == "chunked"
        )

    def stream(self, stream: IOStream, headers: HTTPHeaders) -> None:
        """Read a streamed response from a connection; it is closed afterwards."""
        if headers.get("Expect", "").lower() == "100-continue":
            stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        content_type = headers.get("Content-Type", "application/octet-stream")
        task = asyncio.ensure_future(self._receive(stream, content_type, self._taker, buffered=not _streams(headers)))
        self._receiving[task] = stream
        task.add_done_callback(self._receiving.pop)

    async def _receive(self, stream: IOStream, content_type: str, taker: Taker | None, *, buffered: bool) -> None:
        """`buffered` is the response of a runtime that did not say that it streams: too large, it is refused."""
        body = ChunkedBody(stream)
        try:
            if taker is None:
                event = await _collect(body)
            else:
                taker.begin(content_type)
                async for piece in body.pieces():
                    await taker.write(piece)
                event = ("streamed", body.error)
        except Truncated:
            event = ("truncated", None)
        self._answer_with(event)
        if not stream.closed():
            try:
                await stream.write(_TOO_LARGE if buffered and event[0] == "too_large" else _ACCEPTED)
            except StreamClosedError:
                return  # the runtime did not wait for it
            stream.close()

    # --- the routes -----------------------------------------------------------------

    def serve(self, request: HTTPServerRequest) -> None:
        """Answer one request that was read to its end."""
        path = request.path
        if path == f"{_PREFIX}invocation/next" and request.method == "GET":
            self._next(request)
        elif path in (f"{_PREFIX}init/error", f"{_PREFIX}restore/error") and request.method == "POST":
            error_type = request.headers.get("Lambda-Runtime-Function-Error-Type", "Runtime.Unknown")
            _accept(request)
            self._on_event((f"{path.split('/')[-2]}_error", (request.body, error_type)))
        elif path.startswith(f"{_PREFIX}invocation/") and request.method == "POST":
            self._finish(request, *path[len(_PREFIX) :].split("/")[1:])
        elif path.startswith(_NOT_HERE):
            _refuse(request, 501, "NotImplemented", "Lambda Lab does not run extensions: nothing would call them.")
        else:
            _refuse(request, 404, "NotFound", f"no such route: {request.method} {path}")

    def _next(self, request: HTTPServerRequest) -> None:
        if not self._answered:
            # A runtime that does not wait for the answer to its response: that one may be on its way, on another connection.
            self._early = request
            asyncio.get_running_loop().call_later(_EARLY_S, self._judge, request)
            return
        if self._waiting is not None and not _is_closed(self._waiting):
            # A process of another environment, or of somebody else on this machine, would take the event away.
            _refuse(request, 403, "InvalidStateTransition", "Transition from Ready to Ready is not allowed")
            return
        self._waiting = request
        self._on_event(("next", None))

    def _judge(self, request: HTTPServerRequest) -> None:
        """Refuse a /next that came too early, unless the response is being read."""
        if self._early is request and not self._receiving:
            self._early = None
            _refuse(request, 403, "InvalidStateTransition", "Transition from Running to Ready is not allowed")

    def _answer_with(self, event: Event) -> None:
        """The invocation has been answered; a /next that came before may be served now."""
        self._answered = True
        self._on_event(event)
        early, self._early = self._early, None
        if early is not None:
            self._next(early)

    def _finish(self, request: HTTPServerRequest, request_id: str, kind: str = "") -> None:
        if kind not in ("response", "error"):
            _refuse(request, 404, "NotFound", f"no such route: {request.path}")
        elif request_id != self._current:
            _refuse(request, 400, "InvalidRequestID", "Invalid request ID")
        elif self._answered or self._receiving:
            _refuse(request, 403, "InvalidStateTransition", "the invocation has been answered already")
        elif len(request.body) > RESPONSE_REFUSED_OVER_BYTES:
            _refuse(request, 413, "RequestEntityTooLarge", _LIMIT)
            self._answer_with(("too_large", len(request.body)))
        else:
            _accept(request)
            self._answer_with((kind, request.body))


_LIMIT = f"Exceeded maximum allowed payload size ({RESPONSE_REFUSED_OVER_BYTES} bytes)."


def _last(status: int, body: str) -> bytes:
    """An answer as it goes over the wire, the last one of its connection."""
    start = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
    return f"{start}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


_ACCEPTED = _last(202, '{"status":"OK"}')
_TOO_LARGE = _last(413, json.dumps({"errorType": "RequestEntityTooLarge", "errorMessage": _LIMIT}, separators=(",", ":")))


def _streams(headers: HTTPHeaders) -> bool:
    return headers.get("Lambda-Runtime-Function-Response-Mode", "").lower() == "streaming"


async def _collect(body: ChunkedBody) -> Event:
    """A response that is streamed although the caller waits for all of it: its limit is a buffered response's.

    What the trailers say is not in the answer (a capture of 2026-09-15).
    """
    kept, size = bytearray(), 0
    async for piece in body.pieces():
        size += len(piece)
        if len(kept) <= RESPONSE_REFUSED_OVER_BYTES:
            kept += piece
    return ("too_large", size) if size > RESPONSE_REFUSED_OVER_BYTES else ("response", bytes(kept))


def _is_closed(request: HTTPServerRequest) -> bool:
    assert isinstance(request.connection, HTTP1Connection)
    return request.connection.stream.closed()


def _answer(request: HTTPServerRequest, status: int, body: bytes, headers: dict[str, str]) -> None:
    connection = request.connection
    assert connection is not None
    start = ResponseStartLine("HTTP/1.1", status, _REASONS[status])
    connection.write_headers(start, HTTPHeaders({**headers, "Content-Length": str(len(body))}), body)
    connection.finish()


def _answer_json(request: HTTPServerRequest, status: int, body: dict[str, str]) -> None:
    _answer(request, status, json.dumps(body, separators=(",", ":")).encode(), {"Content-Type": "application/json"})


def _accept(request: HTTPServerRequest) -> None:
    _answer_json(request, 202, {"status": "OK"})


def _refuse(request: HTTPServerRequest, status: int, error_type: str, message: str) -> None:
    _answer_json(request, status, {"errorType": error_type, "errorMessage": message})
