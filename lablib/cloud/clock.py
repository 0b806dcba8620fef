"""The cloud's time: real time plus an offset, and what is due when.

Nobody waits a night for a nightly schedule: `Clock.advance` moves the offset from one due event to the next, and lets what each
starts come to rest before it goes on. Nothing that happens inside a function looks at this clock.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

log = logging.getLogger("lablib.cloud")

# How long, in seconds of real time, what an event started may take to come to rest.
PATIENCE = 60.0
_NAMED = 5  # of what still runs, in the sentence that says so
_FEW = 128  # timers, among which those that were cancelled need not be looked for

Callback = Callable[[], Awaitable[None] | None]


class StillRunning(Exception):
    """The cloud did not come to rest. `running` says what was still at work."""

    def __init__(self, running: list[str], waited: float) -> None:
        self.running = running
        more = len(running) - _NAMED
        named = [*running[:_NAMED], *([f"and {more} more"] if more > 0 else [])]
        names = ", ".join(named) or "events that keep falling due"
        super().__init__(f"after {waited:.0f} s of real time this still runs: {names}")


class WasReset(Exception):
    """The cloud was emptied while its time was moved on."""


@dataclass(eq=False)
class Timer:
    """Something due at a moment of the cloud's time."""

    when: float
    number: int
    callback: Callback
    what: str
    cancelled: bool = False

    def __lt__(self, other: Timer) -> bool:
        return (self.when, self.number) < (other.when, other.number)

    def cancel(self) -> None:
        """It will not fire. Doing it twice, or after it fired, changes nothing."""
        self.cancelled = True


@dataclass(frozen=True)
class Advance:
    """What an advance came to: the time now, by how much it moved, how much of what was asked for is left (seconds)."""

    now: float
    advanced: float
    remaining: float


class Clock:
    """Real time plus an offset, in seconds since 1970.

    `now` may be called from any thread; everything else belongs to the event loop's.

    Parameters
    ----------
    real
        What the real time is. A test passes its own.
    """

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self._real = real
        self._offset = 0.0
        self._era = 0  # how many times it was reset
        self._timers: list[Timer] = []
        self._crowded = _FEW
        self._numbers = itertools.count()
        self._running: dict[int, str] = {}
        self._changed = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._advancing = asyncio.Lock()
        self._before_moving: list[Callable[[], Awaitable[None]]] = []
        self._before_resting: list[Callable[[], Awaitable[None]]] = []

    @property
    def offset(self) -> float:
        """By how many seconds the cloud's time is ahead of the real one."""
        return self._offset

    def now(self) -> float:
        """The cloud's time."""
        return self._real() + self._offset

    def to_cloud(self, real: float) -> float:
        """The cloud's time at a moment of real time since the last advance."""
        return real + self._offset

    def at(self, when: float, callback: Callback, what: str) -> Timer:
        """Have `callback` called at a moment of the cloud's time. What it awaits counts as running until it is done.

        `what` names it for the person who waits: "the retry of thumbnail's event".
        """
        timer = Timer(when, next(self._numbers), callback, what)
        heapq.heappush(self._timers, timer)
        if len(self._timers) >= self._crowded:
            self._tidy()
        self._set_alarm()
        return timer

    def _tidy(self) -> None:
        """Forget what was cancelled before it came to the top, and what that holds."""
        self._timers = [timer for timer in self._timers if not timer.cancelled]
        heapq.heapify(self._timers)
        self._crowded = max(_FEW, 2 * len(self._timers))

    def after(self, seconds: float, callback: Callback, what: str) -> Timer:
        """`at`, so many seconds from now."""
        return self.at(self.now() + seconds, callback, what)

    def before_moving(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Have `callback` awaited each time before the offset moves, so that what belongs to the time before is written down in it."""
        self._before_moving.append(callback)

    def before_resting(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Have `callback` awaited before the cloud counts as at rest, so that what is kept back is let go."""
        self._before_resting.append(callback)

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Count something that runs: the cloud is not at rest inside the ``with``."""
        number = self._begin(what)
        try:
            yield
        finally:
            self._end(number)

    def _begin(self, what: str) -> int:
        number = next(self._numbers)
        self._running[number] = what
        return number

    def _end(self, number: int) -> None:
        # A reset may have dropped it.
        self._running.pop(number, None)
        if not self._running:
            self._changed.set()

    @property
    def running(self) -> list[str]:
        """What runs now, in the order in which it began."""
        return list(self._running.values())

    async def rest(self, timeout: float = PATIENCE) -> None:
        """Wait until nothing runs and nothing is due.

        Raises
        ------
        StillRunning
            It did not come to that within `timeout` seconds of real time.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._settle()
        except TimeoutError:
            raise StillRunning(self.running, timeout) from None

    async def _settle(self) -> None:
        # What has just finished may have handed over to a callback that the loop has yet to run: it gets a few turns.
        quiet_turns = 0
        while quiet_turns < 3:
            self._fire_due()
            if self._running:
                self._changed.clear()
                await self._changed.wait()
                quiet_turns = 0
            else:
                if quiet_turns == 0:
                    for callback in self._before_resting:
                        await callback()
                await asyncio.sleep(0)
                quiet_turns += 1

    async def advance(self, seconds: float, step: bool = False) -> Advance:
        """Move the cloud's time on, from due event to due event; after each, wait until the cloud is at rest.

        Parameters
        ----------
        seconds
            By how much, in the cloud's time; zero or more.
        step
            Stop after the first event, when what it started has come to rest.

        Raises
        ------
        StillRunning
            Something ran on for a minute of real time. The clock stays where it had come to.
        WasReset
            It was reset meanwhile, and stays as that left it.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"seconds must be zero or more, not {seconds}")
        async with self._advancing:
            era, start, target = self._era, self._offset, self._offset + seconds
            await self.rest()
            while (timer := self._next()) is not None and timer.when - self._real() <= target:
                await self._move(max(self._offset, timer.when - self._real()), era)
                await self.rest()
                if step:
                    return self._advance(start, target)
            await self._move(target, era)
            await self.rest()
            return self._advance(start, target)

    async def _move(self, offset: float, era: int) -> None:
        if offset > self._offset:
            for callback in self._before_moving:
                await callback()
        if self._era != era:
            raise WasReset("The cloud was emptied while its clock was moved on.")
        self._offset = max(self._offset, offset)

    def _advance(self, start: float, target: float) -> Advance:
        self._set_alarm()
        return Advance(self.now(), self._offset - start, max(0.0, target - self._offset))

    def reset(self) -> None:
        """Real time again, with nothing due and nothing counted as running. For a cloud that is being emptied."""
        self._offset = 0.0
        self._era += 1
        self._timers.clear()
        self._running.clear()
        for task in self._tasks:
            task.cancel()
        self._changed.set()
        self._set_alarm()

    def _next(self) -> Timer | None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0] if self._timers else None

    def _due(self) -> Timer | None:
        timer = self._next()
        return timer if timer is not None and timer.when <= self.now() else None

    def _fire_due(self) -> None:
        while self._due() is not None:
            timer = heapq.heappop(self._timers)
            # So that a second cancel, or a look at it, says the truth.
            timer.cancelled = True
            task = asyncio.ensure_future(self._run(timer, self._begin(timer.what)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._set_alarm()

    async def _run(self, timer: Timer, number: int) -> None:
        try:
            outcome = timer.callback()
            if outcome is not None:
                await outcome
        except Exception:
            log.exception("%s failed", timer.what)
        finally:
            self._end(number)

    def _set_alarm(self) -> None:
        """Have the next timer fire in real time too, when nobody advances the clock."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        timer = self._next()
        if timer is not None:
            delay = max(0.0, timer.when - self.now())
            self._alarm = asyncio.get_running_loop().call_later(delay, self._fire_due)
