"""Provisioned concurrency's environments: made ahead, all or none, replaced without a gap. Without processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from lablib.cloud.functions import LATEST
from lablib.cloud.functions.aliases import Alias
from lablib.cloud.scaling.placement import Placed
from lablib.models import lifecycle
from tests.cloud.scaling.placing import Places, version


def run(test: Callable[[Places], Awaitable[None]]) -> None:
    async def work() -> None:
        await test(Places())

    asyncio.run(work())


async def invoked(places: Places, number: str = "1", *, failed: bool = False) -> Placed:
    """The environment that one invocation ran in."""
    placed = await places.acquire(version(number=number))
    placed.failed = failed
    places.release(placed)
    return placed


def test_an_invocation_while_they_are_made_runs_on_demand() -> None:
    async def test(places: Places) -> None:
        function = places.function()
        places.plane.hold = asyncio.Event()
        allocation = places.provisioning.put(function, "1", 2)
        await asyncio.sleep(0)
        placed = await invoked(places)
        assert (placed.initialization_type, allocation.status) == ("on-demand", "IN_PROGRESS")
        places.plane.hold.set()
        await places.rest()
        assert allocation.status == "READY"
        assert (await invoked(places)).initialization_type == "provisioned-concurrency"
        assert (await invoked(places, "2")).initialization_type == "on-demand"

    run(test)


def test_while_it_grows_those_of_before_serve() -> None:
    async def test(places: Places) -> None:
        function = places.function()
        places.provisioning.put(function, "1", 1)
        await places.rest()
        places.plane.hold = asyncio.Event()
        allocation = places.provisioning.put(function, "1", 3)
        await asyncio.sleep(0)
        assert (allocation.status, allocation.serving) == ("IN_PROGRESS", 1)
        busy = await places.acquire(version(number="1"))
        assert busy.provisioned and not (await invoked(places)).provisioned
        places.plane.hold.set()
        await places.rest()
        assert (await invoked(places)).provisioned and allocation.serving == 3

    run(test)


def test_one_failed_init_leaves_none_of_the_new_ones() -> None:
    async def test(places: Places) -> None:
        function = places.function()
        places.plane.bad = {"1"}
        allocation = places.provisioning.put(function, "1", 3)
        await places.rest()
        assert (allocation.status, allocation.reason, places.plane.made) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE", {})
        places.plane.bad = set()
        places.provisioning.put(function, "1", 3)
        await places.rest()
        assert (allocation.status, allocation.reason, len(places.plane.made)) == ("READY", None, 3)

    run(test)


def test_what_the_machine_cannot_make_says_why() -> None:
    async def test(places: Places) -> None:
        places.plane.broken = True
        allocation = places.provisioning.put(places.function(), "1", 3)
        await places.rest()
        assert (allocation.status, allocation.reason) == ("FAILED", "no more processes")

    run(test)


def test_fewer_end_what_is_spare_and_what_works_ends_as_it_began() -> None:
    async def test(places: Places) -> None:
        function = places.function()
        places.provisioning.put(function, "1", 3)
        await places.rest()
        busy = [await places.acquire(version(number="1")) for _ in range(3)]
        places.provisioning.put(function, "1", 1)
        await places.rest()
        assert len(places.plane.made) == 3
        for placed in busy:
            places.release(placed)
        await places.rest()
        assert len(places.plane.made) == 1 and (await invoked(places)).provisioned

    run(test)


def test_one_that_failed_is_replaced_and_serves_until_then() -> None:
    async def test(places: Places) -> None:
        places.provisioning.put(places.function(), "1", 1)
        await places.rest()
        places.plane.hold = asyncio.Event()
        old = await invoked(places, failed=True)
        await asyncio.sleep(0)
        assert await invoked(places, failed=True) is old, "no capacity is lost"
        assert len(places.provisioning._replacing) == 1
        places.plane.hold.set()
        await places.rest()
        new = await invoked(places)
        assert new is not old and new.provisioned and set(places.plane.made) == {new.id}

    run(test)


def test_of_several_the_one_that_failed_comes_last() -> None:
    async def test(places: Places) -> None:
        places.provisioning.put(places.function(), "1", 2)
        await places.rest()
        places.plane.hold = asyncio.Event()
        old = await invoked(places, failed=True)
        assert await invoked(places) is not old

    run(test)


def test_one_whose_replacement_fails_serves_on() -> None:
    async def test(places: Places) -> None:
        places.provisioning.put(places.function(), "1", 1)
        await places.rest()
        places.plane.bad = {"1"}
        old = await invoked(places, failed=True)
        await places.rest()
        assert await invoked(places) is old

    run(test)


def test_neither_idling_nor_age_loses_capacity() -> None:
    async def test(places: Places) -> None:
        places.provisioning.put(places.function(), "1", 2)
        await places.rest()
        before = set(places.plane.made)
        await places.clock.advance(lifecycle.IDLE_S * 3)
        assert set(places.plane.made) == before
        await places.clock.advance(lifecycle.OLDEST_S)
        await places.rest()
        assert len(places.plane.made) == 2 and not before & set(places.plane.made)
        assert (await invoked(places)).id in places.plane.made

    run(test)


def test_it_follows_its_alias_and_ends_where_that_goes_to_latest() -> None:
    async def test(places: Places) -> None:
        function = places.function(live="1")
        allocation = places.provisioning.put(function, "live", 2)
        await places.rest()
        function.aliases["live"] = Alias("live", "2", "", "")
        places.changed("f")
        assert not (await invoked(places, "1")).provisioned, "the old version has it no more"
        await places.rest()
        assert list(places.made()) == ["2", "2"] and (await invoked(places, "2")).provisioned
        function.aliases["live"] = Alias("live", LATEST, "", "")
        places.changed("f")
        await places.rest()
        assert (allocation.status, list(places.made())) == ("FAILED", [])

    run(test)


def test_called_off_while_it_is_made_it_leaves_nothing() -> None:
    async def test(places: Places) -> None:
        function = places.function()
        places.plane.hold = asyncio.Event()
        places.provisioning.put(function, "1", 3)
        await asyncio.sleep(0)
        places.provisioning.put(function, "1", 2)
        for _ in range(5):
            await asyncio.sleep(0)
        places.provisioning.delete(function, "1")
        await places.rest()
        assert (places.plane.made, places.concurrency.unreserved) == ({}, 1000)

    run(test)


def test_asked_for_again_while_it_is_made_it_comes_to_the_last_number() -> None:
    async def test(places: Places) -> None:
        function = places.function()
        for count in (3, 1, 4, 2):
            allocation = places.provisioning.put(function, "1", count)
            for _ in range(count):
                await asyncio.sleep(0)
        await places.rest()
        assert (allocation.status, allocation.serving, list(places.made())) == ("READY", 2, ["1", "1"])

    run(test)


def test_after_the_supervisor_died_they_are_made_anew() -> None:
    async def test(places: Places) -> None:
        allocation = places.provisioning.put(places.function(), "1", 2)
        await places.rest()
        places.plane.made.clear()
        places.placement.lost()
        places.provisioning.lost()
        assert (allocation.status, (await invoked(places)).provisioned) == ("IN_PROGRESS", False)
        await places.rest()
        assert (allocation.status, (await invoked(places)).provisioned) == ("READY", True)

    run(test)


def test_not_all_are_started_at_once() -> None:
    async def test(places: Places) -> None:
        places.provisioning.put(places.function(), "1", 100)
        await places.rest()
        assert places.plane.most_starting <= 16 and len(places.plane.made) == 100

    run(test)
