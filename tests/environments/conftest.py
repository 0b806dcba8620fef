"""A data plane in a loop of its own, with namespaces where the kernel has them, and always without."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lablib.environments import DataPlane, EnvironmentSpec, Invocation, LogItem, Outcome
from lablib.environments.streams import ResponseStream

T = TypeVar("T")


@dataclass(frozen=True)
class Function:
    """One environment of a function under test."""

    plane: Plane
    id: str

    def __call__(self, event: object = None, stream: ResponseStream | None = None) -> Outcome:
        request_id = str(uuid.uuid4())
        payload = json.dumps(event).encode()
        invocation = Invocation(request_id, payload, "arn:aws:lambda:us-east-1:123456789012:function:f", client_context="{}")
        return self.plane.run(self.plane.data_plane.invoke(self.id, invocation, stream))

    def answer(self, event: object = None) -> Any:
        outcome = self(event)
        assert outcome.function_error is None, outcome
        return json.loads(outcome.payload)

    def destroy(self) -> None:
        self.plane.run(self.plane.data_plane.destroy(self.id))

    @property
    def lines(self) -> list[str]:
        return [text.removesuffix("\n") for text in self.texts]

    @property
    def texts(self) -> list[str]:
        return [item.text for item in self.items if item.kind == "app"]

    @property
    def items(self) -> list[LogItem]:
        return self.plane.logs.get(self.id, [])


class Plane:
    def __init__(self, folder: Path, isolation: str) -> None:
        self.folder = folder
        self.logs: dict[str, list[LogItem]] = {}
        self.lost = threading.Event()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        self.data_plane = DataPlane(
            folder / "data-plane", isolation=isolation, on_log=self._on_log, on_lost=self.lost.set
        )  # fmt: skip
        self.facts = self.run(self.data_plane.start())

    def _on_log(self, name: str, items: list[LogItem]) -> None:
        self.logs.setdefault(name, []).extend(items)

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 60) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def function(self, source: str, *, files: dict[str, bytes] | None = None, **settings: Any) -> Function:
        name = uuid.uuid4().hex
        code = self.folder / f"code-{name}"
        code.mkdir()
        (code / "lambda_function.py").write_text(source)
        for path, content in (files or {}).items():
            (code / path).parent.mkdir(parents=True, exist_ok=True)
            (code / path).write_bytes(content)
            (code / path).chmod(0o755)
        given: dict[str, Any] = {
            "id": name, "function_name": "f", "runtime": "python3.12", "handler": "lambda_function.lambda_handler",
            "memory_mb": 512, "timeout_s": 20.0, "ephemeral_mb": 512, "code": code,
            "environ": {
                "_HANDLER": "lambda_function.lambda_handler", "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
                "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "PATH": "/usr/bin:/bin",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "us-east-1", "PYTHONPATH": "/var/runtime",
                "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "AWS_LAMBDA_LOG_STREAM_NAME": f"2026/11/23/[$LATEST]{name}",
                "LAMBDA_TASK_ROOT": "/var/task", "LANG": "en_US.UTF-8", "_LAMBDA_TELEMETRY_LOG_FD": "3",
            },
        }  # fmt: skip
        if "initialization_type" in settings:
            given["environ"]["AWS_LAMBDA_INITIALIZATION_TYPE"] = settings["initialization_type"]
        self.run(self.data_plane.create(EnvironmentSpec(**(given | settings))))
        return Function(self, name)

    def close(self) -> None:
        self.run(self.data_plane.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture(scope="module", params=["auto", "off"], ids=["namespaces", "shared"])
def plane(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    plane = Plane(tmp_path_factory.mktemp("plane"), request.param)
    if request.param == "auto" and not plane.facts["namespaces"]:
        reason = plane.facts["reason"]
        plane.close()
        pytest.skip(f"this kernel has no user namespaces for us: {reason}")
    yield plane
    plane.close()
