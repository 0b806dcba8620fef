"""What is measured: the empty server, the local cloud, ministack. Each is a process with an address that boto3 can call."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lablib.aws.role import ensure_role
from lablib.deployment import this_runtime
from lablib.local import Credentials, child_environment, launch
from tests.support import make_zip

ROOT = Path(__file__).resolve().parents[2]
MINISTACK_HOW = "pip install ministack into an environment of its own, then LAB_MINISTACK=…/bin/ministack"


@dataclass
class Target:
    """A running endpoint. `first_answer_s`: from its process's start to its first answer, in seconds."""

    name: str
    url: str
    credentials: Credentials
    process: Any
    first_answer_s: float = 0.0

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def client(self, service: str, **config: Any) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.session.Session().client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=self.credentials.access_key_id,
            aws_secret_access_key=self.credentials.secret_access_key,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=120, max_pool_connections=32, **config),
        )

    def deploy(self, name: str, code: str, *, memory: int = 1769, timeout: int = 60) -> str:
        """Create a function and wait until it is Active; its name."""
        lambda_ = self.client("lambda")
        lambda_.create_function(
            FunctionName=name, Runtime=this_runtime(), Role=ensure_role(self.client("iam")), Handler="lambda_function.lambda_handler",
            Code={"ZipFile": make_zip({"lambda_function.py": code})}, MemorySize=memory, Timeout=timeout,
        )  # fmt: skip
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
        return name

    def close(self) -> None:
        self.process.close()


class _Child:
    """A process of ours that ends with its standard input, or on SIGTERM."""

    def __init__(self, process: subprocess.Popen[bytes]):
        self.process = process

    @property
    def pid(self) -> int:
        return self.process.pid

    def close(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()
        else:
            self.process.terminate()
        self.process.wait(20)


def floor() -> Target:
    """boto3 against a server that does nothing."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.empty_server"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    return Target("floor", f"http://127.0.0.1:{port}", Credentials.random(), _Child(process))


def here() -> Target:
    """The local cloud."""
    began = time.perf_counter()
    cloud = launch()
    target = Target("here", cloud.url, cloud.credentials, cloud)
    target.client("lambda").list_functions()
    target.first_answer_s = time.perf_counter() - began
    return target


def ministack() -> Target | None:
    """ministack, where LAB_MINISTACK or PATH has it; None elsewhere."""
    program = os.environ.get("LAB_MINISTACK") or shutil.which("ministack")
    if program is None:
        return None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(
        [program], env=child_environment(os.environ) | {"GATEWAY_PORT": str(port)}, cwd="/",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    target = Target("ministack", f"http://127.0.0.1:{port}", Credentials.random(), _Child(process))
    wait_for_port(port, process)
    target.client("lambda").list_functions()
    target.first_answer_s = time.perf_counter() - began
    return target


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until something listens: `ministack` has no line that says so, and Jupyter says so a moment before."""
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.005)
        except subprocess.TimeoutExpired:
            continue
    raise RuntimeError("the server ended before it listened")
