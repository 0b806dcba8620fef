"""Throttling: more invocations at a time than the account may have. A thousand cannot be had on a laptop, so the limit is lower here."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lablib.cloud.clock import Clock
from lablib.cloud.concurrency import Concurrency
from lablib.cloud.placement import Placement, Throttled
from lablib.environments import DataPlaneError


class FakeDataPlane:
    """Makes environments that are nothing; `broken` makes none."""

    def __init__(self) -> None:
        self.made: set[str] = set()
        self.broken = False

    async def create(self, spec: Any) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise DataPlaneError("no more processes")
        self.made.add(spec.id)

    async def destroy(self, name: str) -> None:
        self.made.discard(name)

    async def destroy_all(self) -> None:
        self.made.clear()


def version(name: str = "f", generation: str = "g1") -> Any:
    return SimpleNamespace(
        name=name, version="$LATEST", generation=generation, runtime="python3.12", handler="f.h", memory_size=128, timeout=3,
        ephemeral_storage=512, code=Path("/nowhere"), layers=(), log_group=f"/aws/lambda/{name}",
    )  # fmt: skip


async def no_variables(*_: Any) -> dict[str, str]:
    return {}


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def placement(plane: FakeDataPlane, concurrency: int = 2) -> Placement:
    return Placement(plane, Clock(), no_variables, Concurrency(concurrency))  # type: ignore[arg-type]


def test_one_more_than_the_account_may_have_is_refused_with_its_reason() -> None:
    async def test() -> None:
        places = placement(FakeDataPlane())
        first, _second = await places.acquire(version()), await places.acquire(version("other"))
        with pytest.raises(Throttled) as refused:
            await places.acquire(version())
        assert (refused.value.reason, str(refused.value)) == ("ConcurrentInvocationLimitExceeded", "Rate Exceeded.")
        places.release(first)
        assert await places.acquire(version()) is first

    run(test())


def test_a_start_that_fails_takes_no_room() -> None:
    async def test() -> None:
        plane = FakeDataPlane()
        places = placement(plane)
        plane.broken = True
        for _ in range(5):
            with pytest.raises(DataPlaneError):
                await places.acquire(version())
        plane.broken = False
        assert await places.acquire(version()) is not await places.acquire(version())

    run(test())


def test_what_was_starting_when_the_cloud_was_emptied_does_not_run() -> None:
    async def test() -> None:
        plane = FakeDataPlane()
        places = placement(plane)
        starting = asyncio.ensure_future(places.acquire(version()))
        await asyncio.sleep(0)
        await places.reset()
        with pytest.raises(DataPlaneError, match="emptied"):
            await starting
        assert plane.made == set()
        await places.acquire(version())
        await places.acquire(version())

    run(test())


def test_an_old_generation_serves_nothing_more() -> None:
    async def test() -> None:
        plane = FakeDataPlane()
        places = placement(plane, 3)
        idle, busy = await places.acquire(version()), await places.acquire(version())
        places.release(idle)
        places.changed("f", {"g2"})
        await asyncio.sleep(0)
        assert plane.made == {busy.id}, "the idle one goes at once"
        new = await places.acquire(version(generation="g2"))
        places.release(busy)
        await asyncio.sleep(0)
        assert plane.made == {new.id}, "the busy one goes when it has ended"

    run(test())
