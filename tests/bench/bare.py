"""The floor of a cold start: an `awslambdaric` process on its own, from its start to its first `/next`."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.calls import SILENT
from tests.bench.memory import pss_mb


@contextmanager
def _folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "lambda_function.py").write_text(SILENT)
        yield folder


@contextmanager
def _runtime(listener: socket.socket, folder: str) -> Iterator[subprocess.Popen[bytes]]:
    """One process that has asked for its first event and waits for it."""
    environ = {
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % listener.getsockname()[1],
        "LAMBDA_TASK_ROOT": folder,
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-m", "awslambdaric", "lambda_function.lambda_handler"]
    process = subprocess.Popen(command, cwd=folder, env=environ)
    with ExitStack() as at_end:  # the process goes before the connection: it would complain of its loss
        connection = at_end.enter_context(listener.accept()[0])
        at_end.callback(process.wait)
        at_end.callback(process.kill)
        asked = connection.recv(4096)
        assert asked.startswith(b"GET /2018-06-01/runtime/invocation/next"), asked
        yield process


def cold_ms(count: int) -> float:
    """Median, in ms."""
    times = []
    with _folder() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(count):
            began = time.perf_counter()
            with _runtime(listener, folder):
                times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def memory_mb(count: int) -> float:
    """PSS of this many of them at once, in MB."""
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        return pss_mb([stack.enter_context(_runtime(listener, folder)).pid for _ in range(count)])
