"""One invocation of a runtime on its own, before it has a function: what it loads can be kept for later starts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

_PATIENCE_S = 30.0
_EVENT = b'{"name": "rehearsal", "numbers": [1, 2.5], "nested": {"none": null, "yes": true}}'


def rehearse(argv: list[str], cwd: Path) -> bool:
    """Start the runtime, give it one event, and let it end; whether it got as far as to ask for a second one."""
    again = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_listen, args=(server, again), daemon=True).start()
        process = subprocess.Popen(
            argv, cwd=cwd, env=_environment("127.0.0.1:%d" % server.getsockname()[1]),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            asked = again.wait(_PATIENCE_S)
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE_S)
        finally:
            process.kill()
            process.wait()
    return asked


def _environment(address: str) -> dict[str, str]:
    of_function = {
        "AWS_LAMBDA_FUNCTION_NAME": "rehearsal", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "us-east-1",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/rehearsal", "AWS_LAMBDA_LOG_STREAM_NAME": "rehearsal",
    }  # fmt: skip
    return {"PATH": os.environ.get("PATH", ""), "LANG": "en_US.UTF-8", "AWS_LAMBDA_RUNTIME_API": address, **of_function}


def _listen(server: socket.socket, again: threading.Event) -> None:
    asked = 0
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return  # it is over
        with connection, connection.makefile("rb") as requests:
            while line := requests.readline():
                length = 0
                while (header := requests.readline()) not in (b"\r\n", b""):
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                requests.read(length)
                if b"/next" in line:
                    asked += 1
                    if asked > 1:
                        again.set()
                        break
                    connection.sendall(_next())
                else:
                    connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 15\r\n\r\n" + b'{"status":"OK"}')


def _next() -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(_EVENT)}\r\n"
        "Lambda-Runtime-Aws-Request-Id: 00000000-0000-0000-0000-000000000000\r\n"
        f"Lambda-Runtime-Deadline-Ms: {int(time.time() * 1000) + 3000}\r\n"
        "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:rehearsal\r\n\r\n"
    )
    return head.encode() + _EVENT
