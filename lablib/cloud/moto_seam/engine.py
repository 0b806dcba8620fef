"""moto's WSGI application, the one lock round all of moto, and how moto is set up.

moto is not safe for threads, and its services call one another past any front. Whoever touches moto holds `lock`; `call` does so in
a worker thread, so that the event loop never waits for moto. The lock is never held while a handler runs or a poll waits.

Touches: `moto.server`'s `DomainDispatcherApplication` (its `get_backend_for_host`) and `create_backend_app`,
`moto.core.config.default_user_config`, `moto.core.base_backend.BackendDict.reset`, `moto.core.model_instances.reset_model_data`.
"""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from urllib.parse import unquote_to_bytes

from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, environ_key_for_header, should_preserve_original_header_name
from moto.server import DomainDispatcherApplication, create_backend_app

from lablib.cloud.moto_seam.protocol import Answer

ACCOUNT = "123456789012"

P = ParamSpec("P")
T = TypeVar("T")

lock = threading.RLock()
# Moto works under one lock, so more threads would only wait; with one alone, a slow import would hold up a quick answer's hand-over.
_pool = ThreadPoolExecutor(max_workers=3, thread_name_prefix="moto")


class UnknownService(Exception):
    """moto has no service of this name."""


class MotoFailed(Exception):
    """moto could not answer: an operation it does not have, or a request that made it fail."""

    def __init__(self, service: str, error: BaseException) -> None:
        super().__init__(f"{service}: {type(error).__name__}: {error}")
        self.service = service
        self.missing = isinstance(error, NotImplementedError)


@dataclass(frozen=True)
class Place:
    """Where this cloud says it is."""

    account: str = ACCOUNT
    region: str = "us-east-1"


place = Place()


def configure(*, region: str, port: int) -> None:
    """Set moto up: no Docker anywhere, our region, and where it finds itself when it calls back."""
    global place
    place = Place(region=region)
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["batch"] = {"use_docker": False}
    os.environ["MOTO_PORT"] = str(port)


async def call(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn` in a worker thread, under the lock."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _locked, fn, args, kwargs)


def _locked(fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    with lock:
        return fn(*args, **kwargs)


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
    """moto's own dispatcher, but for hosts it does not know: it prints a line and fails with a KeyError there."""

    def get_backend_for_host(self, host: str | None) -> str | None:
        if host in (None, "moto_api", "instance_metadata"):
            return None
        for backend, pattern in self.backend_url_patterns:
            if backend == host or pattern.match(f"http://{host}"):
                return str(backend)
        raise UnknownService(str(host))


_dispatcher = _Dispatcher(create_backend_app)


async def answer(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """What moto answers to an HTTP request. The path is as it arrived, still percent-encoded.

    Raises
    ------
    UnknownService
        The request is for no service of moto.
    MotoFailed
        moto has not got the operation, or failed at it.
    """
    return await call(_answer, _environ(method, path, query, headers, body))


def _answer(environ: dict[str, Any]) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
        started[:] = [(status, headers)]
        return lambda data: None

    try:
        chunks = _dispatcher(environ, start_response)
        body = b"".join(chunks)
    except UnknownService:
        raise
    except Exception as error:
        raise MotoFailed(environ["PATH_INFO"], error) from error
    if hasattr(chunks, "close"):
        chunks.close()
    status, headers = started[0]
    return Answer(int(status.split(" ", 1)[0]), _joined(headers), body)


def _joined(headers: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _environ(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    host = headers.get("Host", "127.0.0.1")
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "RAW_URI": path,
        "REQUEST_URI": path, "QUERY_STRING": query, "SERVER_NAME": name or host, "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False, "wsgi.input_terminated": True,
    }
    preserved: dict[str, str] = {}
    for header, value in headers.items():
        # Which account a request is for says its access key alone.
        if header.lower() in ("x-moto-account-id", "transfer-encoding", "content-length"):
            continue
        key = environ_key_for_header(header)
        if should_preserve_original_header_name(header):
            preserved[key] = header
        elif "_" in header:
            continue
        environ[key] = value
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    return environ


def reset() -> None:
    """Make moto empty again. The caller holds no lock."""
    with lock:
        BackendDict.reset()
        reset_model_data()


def close() -> None:
    """Take no more work. What moto is at is not waited for."""
    _pool.shutdown(wait=False, cancel_futures=True)
