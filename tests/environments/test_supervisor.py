"""Orders that overtake one another, and a supervisor that cannot be started."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lablib.environments import DataPlane, DataPlaneError, EnvironmentSpec
from lablib.environments.supervisor import Supervisor


class Toolchain:
    """Runtimes that take their time to be found."""

    def __init__(self) -> None:
        self.found = asyncio.Event()

    async def of(self, runtime: str) -> Any:
        await self.found.wait()
        raise AssertionError("the environment is made although it was ended")


class Replies:
    """The cloud's end of the socket."""

    def __init__(self) -> None:
        self.replies: dict[int, dict[str, Any]] = {}

    def send(self, message: dict[str, Any], payload: bytes = b"") -> None:
        self.replies[message["reply"]] = message


def test_an_environment_that_is_ended_before_it_is_made_is_not_made(tmp_path: Path) -> None:
    """As when the cloud is emptied while the first Node.js function waits for its toolchain."""

    async def story() -> None:
        supervisor, toolchain, cloud = Supervisor({"folder": str(tmp_path)}), Toolchain(), Replies()
        supervisor._runtimes, supervisor._protocol = toolchain, cloud  # type: ignore[assignment]
        spec = EnvironmentSpec(
            id="e", function_name="f", runtime="nodejs22.x", handler="index.handler", memory_mb=128, timeout_s=3, ephemeral_mb=512,
            code=tmp_path, environ={},
        )  # fmt: skip
        supervisor._on_frame({"op": "create", "environment": "e", "number": 1, "spec": spec.to_wire()}, b"")
        await asyncio.sleep(0)
        supervisor._on_frame({"op": "destroy", "environment": "e", "number": 2}, b"")
        for _ in range(3):
            await asyncio.sleep(0)
        toolchain.found.set()
        for _ in range(3):
            await asyncio.sleep(0)
        assert "emptied" in cloud.replies[1]["error"] and "error" not in cloud.replies[2]
        assert not supervisor._environments and not supervisor._tasks

    asyncio.run(story())


def test_a_supervisor_that_cannot_be_started_is_started_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        plane = DataPlane(tmp_path / "plane")
        with monkeypatch.context() as no_memory:
            no_memory.setattr(subprocess, "Popen", fail)
            for _ in range(2):
                with pytest.raises(DataPlaneError, match="cannot be started: .*Cannot allocate memory"):
                    await plane.start()
        assert "namespaces" in await plane.start()
        await plane.close()

    def fail(*arguments: object, **settings: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    asyncio.run(story())


def test_who_waits_for_a_supervisor_that_runs_can_be_cancelled(tmp_path: Path) -> None:
    """A cloud that is being emptied cancels what would start an environment, at whatever moment that is."""

    async def story() -> None:
        plane = DataPlane(tmp_path / "plane")
        await plane.start()
        for turns in range(4):
            waiting = asyncio.ensure_future(plane.start())
            for _ in range(turns):
                await asyncio.sleep(0)
            if waiting.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await waiting
        await plane.close()

    asyncio.run(story())
