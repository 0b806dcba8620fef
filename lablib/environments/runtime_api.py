"""The Lambda Runtime API of one environment: four routes on a port of its own.

GET  /2018-06-01/runtime/invocation/next
POST /2018-06-01/runtime/invocation/{id}/response
POST /2018-06-01/runtime/invocation/{id}/error
POST /2018-06-01/runtime/init/error

Answers and headers: DG runtimes-api; error bodies as in
aws-lambda-runtime-interface-emulator (2026-01-02).
"""

from __future__ import annotations

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
from tornado.netutil import bind_sockets

from lablib.environments.spec import Invocation
from lablib.models.limits import RESPONSE_REFUSED_OVER_BYTES

_PREFIX = "/2018-06-01/runtime/"
_LARGEST_READ = 1 << 40  # a refusal has to be read first, however much it is; what is over the limit is not kept
# An error comes with a header for X-Ray, a trace of every frame: a recursion without end makes
# 100 KB, and the client sends up to 1 MB of it.
_LARGEST_HEADERS = 2 * 1024 * 1024
_REASONS = {200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 413: "Payload Too Large"}  # fmt: skip

Event = tuple[str, Any]


class _Exchange(HTTPMessageDelegate):
    """One request, read to its end; of its body no more is kept than shows that it is too large."""

    def __init__(self, connection: HTTPConnection, serve: Callable[[HTTPServerRequest], None]) -> None:
        self._connection, self._serve = connection, serve
        self._body = bytearray()

    def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        assert isinstance(start_line, RequestStartLine)
        self._start_line, self._headers = start_line, headers

    def data_received(self, chunk: bytes) -> None:
        if len(self._body) <= RESPONSE_REFUSED_OVER_BYTES:
            self._body += chunk

    def finish(self) -> None:
        request = HTTPServerRequest(connection=self._connection, start_line=self._start_line, headers=self._headers)
        request.body = bytes(self._body)
        self._serve(request)

    def on_connection_close(self) -> None:
        self._body.clear()


class _Exchanges(HTTPServerConnectionDelegate):
    def __init__(self, serve: Callable[[HTTPServerRequest], None]) -> None:
        self._serve = serve

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        return _Exchange(request_conn, self._serve)


class RuntimeApi:
    """One listener; what the runtime says becomes events.

    Events: ``("next", None)``, ``("response", bytes)``, ``("too_large", size)``,
    ``("error", bytes)``, ``("init_error", (bytes, type))``.
    """

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._waiting: HTTPServerRequest | None = None
        self._current: str | None = None
        self._answered = True
        self._server = HTTPServer(
            _Exchanges(self._serve), max_body_size=_LARGEST_READ, max_header_size=_LARGEST_HEADERS
        )  # fmt: skip
        sockets = bind_sockets(0, "127.0.0.1")
        self.address = f"127.0.0.1:{sockets[0].getsockname()[1]}"
        self._server.add_sockets(sockets)

    def deliver(self, invocation: Invocation, deadline_ms: int) -> None:
        """Answer the waiting /next with an event."""
        request, self._waiting = self._waiting, None
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

    def forget(self) -> None:
        """The runtime is gone: its connections and its /next with it."""
        self._waiting, self._current, self._answered = None, None, True

    async def close(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()

    def _serve(self, request: HTTPServerRequest) -> None:
        path = request.path
        if path == f"{_PREFIX}invocation/next" and request.method == "GET":
            self._next(request)
        elif path == f"{_PREFIX}init/error" and request.method == "POST":
            error_type = request.headers.get("Lambda-Runtime-Function-Error-Type", "Runtime.Unknown")
            _accept(request)
            self._on_event(("init_error", (request.body, error_type)))
        elif path.startswith(f"{_PREFIX}invocation/") and request.method == "POST":
            self._finish(request, *path[len(_PREFIX) :].split("/")[1:])
        else:
            _refuse(request, 404, "NotFound", f"no such route: {request.method} {path}")

    def _next(self, request: HTTPServerRequest) -> None:
        if not self._answered:
            _refuse(request, 403, "InvalidStateTransition", "Transition from Running to Ready is not allowed")
            return
        if self._waiting is not None and not _is_closed(self._waiting):
            # A process of another environment, or of somebody else on this machine, would take the event away.
            _refuse(request, 403, "InvalidStateTransition", "Transition from Ready to Ready is not allowed")
            return
        self._waiting = request
        self._on_event(("next", None))

    def _finish(self, request: HTTPServerRequest, request_id: str, kind: str = "") -> None:
        if kind not in ("response", "error"):
            _refuse(request, 404, "NotFound", f"no such route: {request.path}")
        elif request_id != self._current:
            _refuse(request, 400, "InvalidRequestID", "Invalid request ID")
        elif self._answered:
            _refuse(request, 403, "InvalidStateTransition", "the invocation has been answered already")
        elif len(request.body) > RESPONSE_REFUSED_OVER_BYTES:
            self._answered = True
            limit = f"Exceeded maximum allowed payload size ({RESPONSE_REFUSED_OVER_BYTES} bytes)."
            _refuse(request, 413, "RequestEntityTooLarge", limit)
            self._on_event(("too_large", len(request.body)))
        else:
            self._answered = True
            _accept(request)
            self._on_event((kind, request.body))


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
    _answer(request, status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _accept(request: HTTPServerRequest) -> None:
    _answer_json(request, 202, {"status": "OK"})


def _refuse(request: HTTPServerRequest, status: int, error_type: str, message: str) -> None:
    _answer_json(request, status, {"errorType": error_type, "errorMessage": message})
