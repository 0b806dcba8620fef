"""moto's WSGI application, the one lock round all of moto, and how moto is set up.

moto is not safe for threads, and its services call one another past any front. Whoever touches moto holds `lock`; `call` does so in
a worker thread, so that the event loop never waits for moto. The lock is never held while a handler runs or a poll waits.

moto itself is imported on first use, in that thread: half a second that the cloud's start does not wait for.

Touches: `moto.server`'s `DomainDispatcherApplication` (its `get_backend_for_host`, `backend_url_patterns`) and `create_backend_app`,
`moto.core.config.default_user_config`, `moto.core.base_backend.BackendDict.reset`, `moto.core.model_instances.reset_model_data`,
`moto.core.common_models.BaseModel.__new__` and its `instances_tracked`,
from `moto.core.request` how headers become WSGI names, and `moto.moto_server.werkzeug_app.BackendRequest`, which would read an object
of S3 as a form, and lose it, if its content type says so.
"""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote_to_bytes

from lablib.cloud.web import Answer, Request

ACCOUNT = "123456789012"

P = ParamSpec("P")
T = TypeVar("T")

lock = threading.RLock()
_first: deque[Callable[[], None]] = deque()
# Moto works under one lock, so more threads would only wait; with one alone, a slow import would hold up a quick answer's hand-over.
_pool = ThreadPoolExecutor(max_workers=3, thread_name_prefix="moto")

# Which account a request is for says its access key alone; the body has arrived whole.
_DROPPED_HEADERS = ("x-moto-account-id", "transfer-encoding", "content-length")


class UnknownService(Exception):
    """moto has no service of this name."""


class MotoFailed(Exception):
    """moto could not answer: an operation that it does not have (`missing`), or a request that made it fail."""

    def __init__(self, error: Exception) -> None:
        self.missing = isinstance(error, NotImplementedError)
        super().__init__(str(error) if self.missing and str(error) else f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class Place:
    """Where this cloud says it is."""

    account: str = ACCOUNT
    region: str = "us-east-1"


place = Place()

# The tracing header that what moto sends now carries: who holds the lock may look at it.
trace: str | None = None


@dataclass(frozen=True)
class Serving:
    """A request that moto is answering; `headers` are those that its answer gets besides moto's own."""

    request: Request
    headers: dict[str, str] = field(default_factory=dict)


# What moto is answering now, if anything: who holds the lock may look at it.
serving: Serving | None = None


def configure(*, region: str, port: int) -> None:
    """Say where this cloud is, and where moto finds itself when it calls back."""
    global place
    place = Place(region=region)
    os.environ["MOTO_PORT"] = str(port)


async def call(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` in a worker thread, under the lock."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _locked, fn, args, kwargs)


def _locked(fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    with lock:
        while _first:
            _first.popleft()()
        return fn(*args, **kwargs)


def before_all_else(fn: Callable[[], None]) -> None:
    """Have `fn` run under the lock before anything else that moto is called for from now on. Nobody waits for it."""
    _first.append(fn)


async def answer(request: Request) -> Answer:
    """What moto answers to an HTTP request.

    Raises
    ------
    UnknownService
        The request is for no service of moto.
    MotoFailed
        moto has not got the operation, or failed at it.
    """
    return await call(_answer, request)


def preload() -> None:
    """Load what the first deployment and the first invocation need of moto. The caller holds the lock."""
    _dispatcher()
    import moto.iam.models
    import moto.logs.models
    import moto.sts.models  # noqa: F401


def _forget_what_is_made() -> None:
    """moto keeps every model that was ever made, deleted or not, for a page that nobody sees."""
    from moto.core.common_models import BaseModel

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        instance = super(BaseModel, cls).__new__(cls)
        if cls.__module__ == "moto.s3.models":  # at a reset S3 closes the files of its own
            cls.instances_tracked.append(instance)
        return instance

    BaseModel.__new__ = staticmethod(new)


@cache
def _dispatcher() -> Callable[..., Any]:
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import BackendRequest
    from moto.server import DomainDispatcherApplication, create_backend_app

    from lablib.cloud.moto_seam import (
        dynamodb, dynamodb_items, dynamodb_streams, expiry, functions, httpapi_operations, keys, kinesis, queues,
    )  # fmt: skip

    _forget_what_is_made()
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["batch"] = {"use_docker": False}
    functions.shut()
    keys.correct_sts()
    queues.correct_sqs()
    kinesis.correct_kinesis()
    dynamodb_items.correct_items()
    dynamodb.correct_dynamodb()
    dynamodb_streams.correct_dynamodb_streams()
    expiry.correct_expiry()
    httpapi_operations.correct_http_apis()
    # AWS has forms in POST alone: the query protocol, and browsers' uploads to S3.
    BackendRequest.want_form_data_parsed = property(lambda request: request.method == "POST")

    class Dispatcher(DomainDispatcherApplication):
        """moto's own, but for hosts that it does not know, where it prints a line and fails with a KeyError."""

        def get_backend_for_host(self, host: str | None) -> str | None:
            if host in (None, "moto_api", "instance_metadata"):
                return None
            for backend, pattern in self.backend_url_patterns:
                if backend == host or pattern.match(f"http://{host}"):
                    return str(backend)
            raise UnknownService(str(host))

    dispatcher: Callable[..., Any] = Dispatcher(create_backend_app)
    return dispatcher


@contextmanager
def carrying(header: str | None) -> Iterator[None]:
    """Have what moto sends meanwhile carry a tracing header. The caller holds the lock."""
    global trace
    before, trace = trace, header
    try:
        yield
    finally:
        trace = before


def _answer(request: Request) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
        started[:] = [(status, headers)]
        return lambda data: None

    try:
        with carrying(request.headers.get("X-Amzn-Trace-Id")), _serving(request) as now:
            chunks = _dispatcher()(_environ(request), start_response)
            body = b"".join(chunks)
    except UnknownService:
        raise
    except Exception as error:
        # moto fails with whatever Python raised where it did not expect a request.
        raise MotoFailed(error) from error
    if hasattr(chunks, "close"):
        chunks.close()
    status, headers = started[0]
    return Answer(int(status.split(" ", 1)[0]), _joined(headers) | now.headers, body)


@contextmanager
def _serving(request: Request) -> Iterator[Serving]:
    global serving
    before, serving = serving, Serving(request)
    try:
        yield serving
    finally:
        serving = before


def _joined(headers: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _environ(request: Request) -> dict[str, Any]:
    host = request.headers.get("Host", "127.0.0.1")
    name, _, port = host.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "RAW_URI": request.path, "QUERY_STRING": request.query,
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "SERVER_NAME": name if port.isdigit() else host, "SERVER_PORT": port if port.isdigit() else "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)), "wsgi.input": io.BytesIO(request.body), "wsgi.input_terminated": True,
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }
    return environ | _environ_headers(request.headers)


def _environ_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    from moto.core import request as moto_request

    environ: dict[str, Any] = {}
    preserved: dict[str, str] = {}
    for header, value in headers.items():
        key = moto_request.environ_key_for_header(header)
        if moto_request.should_preserve_original_header_name(header):
            preserved[key] = header
        elif "_" in header or header.lower() in _DROPPED_HEADERS:
            continue
        environ[key] = value
    return environ | {moto_request.PRESERVED_HEADER_NAMES_ENVIRON_KEY: preserved}


def reset() -> None:
    """Make moto empty again. The caller need not hold the lock."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    from lablib.cloud.moto_seam import journals

    with lock:
        _first.clear()
        BackendDict.reset()
        reset_model_data()
        journals.forget()


def close() -> None:
    """Take no more work. What moto is at is not waited for."""
    _pool.shutdown(wait=False, cancel_futures=True)
