"""What is due again and again: one timer of the cloud's clock for each entry, and the next as soon as one fires."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lablib.cloud.clock import Clock, Timer


@dataclass(frozen=True)
class Entry:
    """Something that is due at moments of the cloud's time, in seconds since 1970.

    Attributes
    ----------
    what
        Names it for the person who waits: "the schedule nightly".
    next
        The first moment later than another; None when there is none any more.
    fire
        Called at each, with the moment and whether it is the last. What it awaits counts as running.
    """

    what: str
    next: Callable[[float], float | None]
    fire: Callable[[float, bool], Awaitable[None] | None]


class Timetable:
    """Entries by name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timers: dict[str, Timer] = {}

    def set(self, name: str, entry: Entry, after: float) -> None:
        """Have an entry fire from its first moment later than `after`; in place of another of this name."""
        self.cancel(name)
        self._plan(name, entry, entry.next(after))

    def _plan(self, name: str, entry: Entry, moment: float | None) -> None:
        if moment is None:
            return

        def fire() -> Awaitable[None] | None:
            # Planned before it fires: what it starts may change or cancel the entry.
            del self._timers[name]
            following = entry.next(moment)
            self._plan(name, entry, following)
            return entry.fire(moment, following is None)

        self._timers[name] = self._clock.at(moment, fire, entry.what)

    def cancel(self, name: str) -> None:
        """An entry fires no more; nothing if there is none."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def clear(self) -> None:
        """Nothing is due."""
        for name in list(self._timers):
            self.cancel(name)
