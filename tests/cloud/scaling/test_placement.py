"""Which environment serves an invocation, and when it goes: without processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lablib.cloud.functions.aliases import Alias
from lablib.cloud.functions.version import FunctionVersion
from lablib.cloud.scaling.placement import Placed, Throttled
from lablib.environments import DataPlaneError
from lablib.models import lifecycle
from tests.cloud.scaling.placing import Places, version


def run(test: Callable[[Places], Awaitable[None]], concurrency: int = 2) -> None:
    async def work() -> None:
        await test(Places(concurrency))

    asyncio.run(work())


def test_one_more_than_the_account_may_have_is_refused_with_its_reason() -> None:
    async def test(places: Places) -> None:
        first, _second = await places.acquire(version()), await places.acquire(version("other"))
        with pytest.raises(Throttled) as refused:
            await places.acquire(version())
        assert (refused.value.reason, str(refused.value)) == ("ConcurrentInvocationLimitExceeded", "Rate Exceeded.")
        places.release(first)
        assert await places.acquire(version()) is first

    run(test)


def test_a_start_that_fails_takes_no_room() -> None:
    async def test(places: Places) -> None:
        places.plane.broken = True
        for _ in range(5):
            with pytest.raises(DataPlaneError):
                await places.acquire(version())
        places.plane.broken = False
        assert await places.acquire(version()) is not await places.acquire(version())

    run(test)


def test_a_caller_that_goes_while_its_environment_starts_leaves_none() -> None:
    async def test(places: Places) -> None:
        waiting = asyncio.ensure_future(places.acquire(version()))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await places.rest()
        assert (places.plane.made, places.concurrency.running) == ({}, 0)

    run(test)


def test_what_was_starting_when_the_cloud_was_emptied_does_not_run() -> None:
    async def test(places: Places) -> None:
        starting = asyncio.ensure_future(places.acquire(version()))
        await asyncio.sleep(0)
        await places.placement.reset()
        with pytest.raises(DataPlaneError, match="ended before"):
            await starting
        assert places.plane.made == {}
        await places.acquire(version())
        await places.acquire(version())

    run(test)


def test_a_function_that_changes_while_its_environment_is_prepared_leaves_none() -> None:
    async def test(places: Places) -> None:
        places.credentials.clear()
        starting = asyncio.ensure_future(places.acquire(version()))
        await asyncio.sleep(0)
        places.placement.changed("f", {version(generation="g2").generation})
        places.credentials.set()
        places.release(await starting)
        await asyncio.sleep(0)
        assert places.plane.made == {}, "it served what it was made for, and nothing more could use it"

    run(test)


def test_an_old_generation_serves_nothing_more() -> None:
    async def test(places: Places) -> None:
        idle, busy = await places.acquire(version()), await places.acquire(version())
        places.release(idle)
        new = version(generation="g2")
        places.placement.changed("f", {new.generation})
        await asyncio.sleep(0)
        assert set(places.plane.made) == {busy.id}, "the idle one goes at once"
        serving = await places.acquire(new)
        places.release(busy)
        await asyncio.sleep(0)
        assert set(places.plane.made) == {serving.id}, "the busy one goes when it has ended"

    run(test, 3)


def test_the_one_that_was_used_last_is_taken_and_the_others_go() -> None:
    async def test(places: Places) -> None:
        three = [await places.acquire(version()) for _ in range(3)]
        for placed in three:
            places.release(placed)
        for _ in range(3):
            await places.clock.advance(lifecycle.IDLE_S / 3 + 1)
            assert await places.acquire(version()) is three[2]
            places.release(three[2])
        await asyncio.sleep(0)
        assert set(places.plane.made) == {three[2].id}

    run(test, 3)


def test_a_thousand_environments_are_found_in_no_time() -> None:
    """Not by looking at each: a thousand that are idle make a thousand invocations no slower than one makes one."""

    async def test(places: Places) -> None:
        looked = 0

        class Counting(dict[str, Placed]):
            def values(self):  # type: ignore[no-untyped-def]
                nonlocal looked
                looked += 1
                return super().values()

        for placed in [await places.acquire(version(), synchronous=False) for _ in range(1000)]:
            places.release(placed)
        places.placement._environments = Counting(places.placement._environments)
        for _ in range(1000):
            places.release(await places.acquire(version(), synchronous=False))
        assert looked == 0

    run(test, 1000)


class Placing(RuleBasedStateMachine):
    """Any sequence of invocations, failures, changes, settings and waits, against what must hold of environments at any time."""

    @initialize(concurrency=st.integers(4, 12))
    def begin(self, concurrency: int) -> None:
        self.loop = asyncio.new_event_loop()
        self.busy: list[Placed] = []

        async def make() -> Places:
            return Places(concurrency)

        self.places = self.loop.run_until_complete(make())
        for name in "ab":
            self.places.function(name, live="1")
        self.account, self.generation = concurrency, 1

    def do(self, work: Awaitable[object]) -> None:
        async def then_rest() -> None:
            await work
            await self.places.rest()

        self.loop.run_until_complete(then_rest())

    @rule(name=st.sampled_from("ab"), number=st.sampled_from(["$LATEST", "1", "2"]))
    def invoke(self, name: str, number: str) -> None:
        wanted = self.places.functions[name].find(number)
        assert wanted is not None
        self.do(self._invoke(wanted))

    async def _invoke(self, wanted: FunctionVersion) -> None:
        await self.places.clock.advance(1)  # so that no rate is met
        concurrency, names = self.places.concurrency, (wanted.name, wanted.version)
        free = concurrency.provisioned_running(*names) < concurrency.provisioned_ready(*names)
        try:
            placed = await self.places.acquire(wanted, synchronous=False)
        except Throttled:
            assert not free
            return
        assert placed.provisioned is free, "what was made ahead is used first"
        assert placed not in self.busy, "an environment has one invocation at a time"
        assert placed.id in self.places.plane.made, "it is there"
        assert placed.version == wanted, "it runs what was asked for"
        assert placed.admitted is not None and placed.provisioned is placed.admitted.provisioned
        self.busy.append(placed)

    @precondition(lambda self: self.busy)
    @rule(which=st.integers(0, 20), failed=st.booleans())
    def over(self, which: int, failed: bool) -> None:
        placed = self.busy.pop(which % len(self.busy))
        placed.failed = failed

        async def release() -> None:
            self.places.release(placed)

        self.do(release())

    @rule(name=st.sampled_from("ab"), qualifier=st.sampled_from(["2", "live"]), count=st.integers(0, 3))
    def provision(self, name: str, qualifier: str, count: int) -> None:
        async def put() -> None:
            function = self.places.functions[name]
            if count:
                self.places.provisioning.put(function, qualifier, count)
            else:
                self.places.provisioning.delete(function, qualifier)

        self.do(put())

    @rule(name=st.sampled_from("ab"), number=st.sampled_from(["1", "2"]))
    def point(self, name: str, number: str) -> None:
        """The alias to a version."""

        async def move() -> None:
            self.places.functions[name].aliases["live"] = Alias("live", number, "", "")
            self.places.changed(name)

        self.do(move())

    @rule(name=st.sampled_from("ab"))
    def update(self, name: str) -> None:
        async def change() -> None:
            self.generation += 1
            self.places.functions[name].latest = version(name, generation=f"g{self.generation}")
            self.places.changed(name)

        self.do(change())

    @rule(seconds=st.sampled_from([1.0, lifecycle.IDLE_S / 2, lifecycle.IDLE_S + 1, lifecycle.OLDEST_S + 1]))
    def wait(self, seconds: float) -> None:
        before = set(self.places.plane.made)
        self.do(self.places.clock.advance(seconds))
        working = {placed.id for placed in self.busy}
        if seconds > lifecycle.IDLE_S:
            kept = {key for key, spec in self.places.plane.made.items() if spec.initialization_type == "on-demand"}
            assert kept <= working, "who is idle for so long goes"
        if seconds > lifecycle.OLDEST_S:
            assert before & set(self.places.plane.made) <= working, "who is so old goes"

    @invariant()
    def as_many_as_were_asked_for_are_ready(self) -> None:
        if not hasattr(self, "places"):
            return
        working = {placed.id for placed in self.busy}
        for name, function in self.places.functions.items():
            for allocation in function.provisioned.values():
                assert allocation.status == "READY" and allocation.serving == allocation.requested
                assert not any(placed.failed for placed in allocation.initialized if placed not in self.busy), "it is replaced"
                assert len({placed.id for placed in allocation.initialized} & set(self.places.plane.made)) == allocation.requested
            asked = sum(one.requested for one in function.provisioned.values())
            there = [key for key, spec in self.places.plane.made.items() if spec.function_name == name and spec.initialization_type != "on-demand"]
            assert asked <= len(there) <= asked + len(working)

    @invariant()
    def what_runs_is_counted(self) -> None:
        if hasattr(self, "places"):
            assert self.places.concurrency.running == len(self.busy)

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.run_until_complete(self.places.placement.reset())
            self.loop.close()


Placing.TestCase.settings = settings(deadline=None, max_examples=100, stateful_step_count=40)
TestPlacing = Placing.TestCase
