"""The cloud's clock, on a real time that the test moves."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable

import pytest

from lablib.cloud.clock import Clock, StillRunning, WasReset


class Real:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def run(test: Callable[[Clock, Real], Awaitable[None]]) -> None:
    async def main() -> None:
        real = Real()
        await test(Clock(real), real)

    asyncio.run(main())


def test_time_is_real_time_plus_the_offset() -> None:
    async def test(clock: Clock, real: Real) -> None:
        assert clock.now() == 1000
        await clock.advance(60)
        assert (clock.now(), clock.offset, clock.to_cloud(990)) == (1060, 60, 1050)
        real.seconds += 5
        assert clock.now() == 1065

    run(test)


def test_events_fire_in_order_each_at_its_moment_and_what_they_start_rests_before_the_next() -> None:
    async def test(clock: Clock, real: Real) -> None:
        seen: list[tuple[str, float]] = []

        async def slow() -> None:
            for _ in range(20):
                await asyncio.sleep(0)
            seen.append(("slow ended", clock.now()))
            clock.after(10, lambda: seen.append(("retry", clock.now())), "a retry")

        clock.after(90, lambda: seen.append(("third", clock.now())), "third")
        clock.after(30, slow, "slow")
        clock.after(30, lambda: seen.append(("second", clock.now())), "second")
        done = await clock.advance(60)
        assert seen == [("second", 1030), ("slow ended", 1030), ("retry", 1040)]
        assert (done.now, done.advanced, done.remaining) == (1060, 60, 0)
        await clock.advance(30)
        assert seen[-1] == ("third", 1090)

    run(test)


def test_a_step_stops_after_the_next_event() -> None:
    async def test(clock: Clock, real: Real) -> None:
        for seconds in (10, 20):
            clock.after(seconds, lambda: None, "an event")
        first = await clock.advance(100, step=True)
        assert (first.now, first.advanced, first.remaining) == (1010, 10, 90)
        second = await clock.advance(first.remaining, step=True)
        assert (second.now, second.remaining) == (1020, 80)
        assert (await clock.advance(second.remaining, step=True)).now == 1100

    run(test)


def test_a_cancelled_timer_does_not_fire() -> None:
    async def test(clock: Clock, real: Real) -> None:
        fired: list[str] = []
        timer = clock.after(10, lambda: fired.append("no"), "an event")
        timer.cancel()
        timer.cancel()
        await clock.advance(20)
        assert fired == []

    run(test)


def test_timers_fire_in_real_time_too() -> None:
    async def main() -> None:
        clock = Clock()
        fired = asyncio.Event()
        clock.after(0.01, fired.set, "an event")
        await asyncio.wait_for(fired.wait(), 5)

    asyncio.run(main())


def test_rest_says_what_still_runs() -> None:
    async def test(clock: Clock, real: Real) -> None:
        with clock.busy("the invocation 1 of thumbnail"):
            with pytest.raises(StillRunning, match="the invocation 1 of thumbnail") as caught:
                await clock.rest(timeout=0.01)
            assert caught.value.running == ["the invocation 1 of thumbnail"]
        await clock.rest(timeout=1)

    run(test)


def test_an_advance_waits_for_what_runs_already() -> None:
    async def test(clock: Clock, real: Real) -> None:
        ended: list[float] = []

        async def work() -> None:
            with clock.busy("work"):
                for _ in range(50):
                    await asyncio.sleep(0)
                ended.append(clock.now())

        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        await clock.advance(60)
        assert ended == [1000]
        await task

    run(test)


def test_events_that_beget_events_for_ever_are_given_up() -> None:
    async def test(clock: Clock, real: Real) -> None:
        def again() -> None:
            clock.after(0, again, "itself")

        again()
        with pytest.raises(StillRunning):
            await clock.rest(timeout=0.05)
        clock.reset()

    run(test)


def test_a_failing_event_is_logged_and_the_advance_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def test(clock: Clock, real: Real) -> None:
        def fail() -> None:
            raise RuntimeError("broken")

        clock.after(10, fail, "the nightly schedule")
        assert (await clock.advance(60)).now == 1060

    run(test)
    assert "the nightly schedule failed" in caplog.text


def test_two_advances_follow_one_another() -> None:
    async def test(clock: Clock, real: Real) -> None:
        await asyncio.gather(clock.advance(10), clock.advance(20))
        assert clock.now() == 1030

    run(test)


def test_reset_is_real_time_with_nothing_due() -> None:
    async def test(clock: Clock, real: Real) -> None:
        fired: list[str] = []
        clock.after(10, lambda: fired.append("no"), "an event")
        await clock.advance(5)
        clock.reset()
        assert (clock.now(), clock.offset, clock.running) == (1000, 0, [])
        await clock.advance(60)
        assert fired == []

    run(test)


def test_an_advance_ends_with_a_reset_and_the_clock_stays_where_that_left_it() -> None:
    async def test(clock: Clock, real: Real) -> None:
        with clock.busy("an invocation"):
            clock.after(10, lambda: None, "an event")
            advancing = asyncio.ensure_future(clock.advance(60))
            await asyncio.sleep(0)
            clock.reset()
        with pytest.raises(WasReset, match="emptied while its clock"):
            await advancing
        assert (clock.now(), clock.offset) == (1000, 0)
        assert (await clock.advance(5)).now == 1005

    run(test)


def test_what_is_cancelled_does_not_pile_up() -> None:
    """Each environment has a timer for its end; a function that is deployed again and again would leave thousands."""

    class Held:
        pass

    async def test(clock: Clock, real: Real) -> None:
        fired, gone = [], []
        clock.after(50, lambda: fired.append("kept"), "an event")
        for _ in range(1000):
            held = Held()
            gone.append(weakref.ref(held))
            clock.after(100, lambda held=held: fired.append(held), "an end").cancel()
        assert sum(reference() is not None for reference in gone) < 200
        await clock.advance(200)
        assert fired == ["kept"]

    run(test)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_time_moves_forward_only(seconds: float) -> None:
    async def test(clock: Clock, real: Real) -> None:
        with pytest.raises(ValueError, match="zero or more"):
            await clock.advance(seconds)

    run(test)


def test_what_belongs_to_a_time_is_written_down_before_time_moves() -> None:
    async def test(clock: Clock, real: Real) -> None:
        written: list[float] = []

        async def write() -> None:
            written.append(clock.now())

        clock.before_moving(write)
        clock.after(10, lambda: None, "an event")
        await clock.advance(60)
        await clock.advance(0)
        assert written == [1000, 1010]

    run(test)


def test_what_is_kept_back_is_let_go_before_the_cloud_rests() -> None:
    """And what that starts is waited for, however often it comes to that."""

    async def test(clock: Clock, real: Real) -> None:
        kept, seen = [3], []

        async def let_go() -> None:
            while kept:
                left = kept.pop()
                seen.append(left)
                clock.at(clock.now(), lambda left=left: kept.append(left - 1) if left > 1 else None, "somebody who waited for it")

        clock.before_resting(let_go)
        await clock.rest()
        assert seen == [3, 2, 1] and not kept

    run(test)


def test_of_what_still_runs_the_sentence_names_the_first_few() -> None:
    names = [f"the invocation {number} of thumbnail" for number in range(20)]
    error = StillRunning(names, 60)
    assert error.running == names
    assert str(error).startswith("after 60 s of real time this still runs: the invocation 0 of thumbnail, the invocation 1")
    assert str(error).endswith("the invocation 4 of thumbnail, and 15 more")
    assert str(StillRunning(names[:5], 60)).endswith(names[4])
