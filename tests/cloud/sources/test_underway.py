"""What a source has begun: kept, counted, and ended with the cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from lablib.cloud.clock import Clock
from lablib.cloud.sources.underway import UnderWay


def on_a_loop(test: Callable[[Clock, UnderWay], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = Clock(lambda: 0.0)
        await test(clock, UnderWay(clock))

    asyncio.run(run())


def test_what_runs_counts_until_it_is_done() -> None:
    async def test(clock: Clock, under_way: UnderWay) -> None:
        go, done = asyncio.Event(), list[str]()

        async def work() -> None:
            await go.wait()
            done.append("work")

        under_way.start(work(), "the work")
        asyncio.get_running_loop().call_soon(lambda: asyncio.get_running_loop().call_soon(go.set))
        await clock.rest()
        assert done == ["work"] and clock.running == []

    on_a_loop(test)


def test_a_mistake_is_logged_and_ends_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    async def test(clock: Clock, under_way: UnderWay) -> None:
        async def mistaken() -> None:
            raise ZeroDivisionError

        under_way.start(mistaken(), "the first")
        await under_way.finish()
        assert clock.running == []

    on_a_loop(test)
    assert "the first met a mistake of this cloud's" in caplog.text and "ZeroDivisionError" in caplog.text


def test_a_reset_ends_what_runs_and_what_is_due() -> None:
    async def test(clock: Clock, under_way: UnderWay) -> None:
        done = list[str]()

        async def work(name: str) -> None:
            await asyncio.Event().wait()
            done.append(name)

        under_way.start(work("begun"), "the one that has begun")
        await asyncio.sleep(0)
        under_way.start(work("not begun"), "the one that has not")
        under_way.later(60, lambda: done.append("later"), "the one that is due")
        under_way.later(30, lambda: done.append("sooner"), "the one that was due before")
        await under_way.reset()
        assert clock.running == []
        await clock.advance(3600)
        assert done == []
        under_way.later(clock.now() + 60, lambda: done.append("after"), "one of the emptied cloud's")
        await clock.advance(61)
        assert done == ["after"]

    on_a_loop(test)
