"""The threads in which moto's interpreter works, on the cloud's clock.

The interpreter starts a thread for what may time out, and waits by `threading.Event`, `Thread.join` and `time.sleep`. Its modules
get these instead. A thread that waits until a moment has a timer of the cloud's clock and is at rest; one that works counts as
running; what it waits for wakes it before whoever brought that is at rest itself. All threads of one execution are a `Run`, and
end with it, wherever they wait.

Touches: nothing of moto; `corrections` puts `Thread`, `Event` and `sleep` into its modules.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

log = logging.getLogger("lablib.cloud")

# The interpreter's number for "no limit": https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html, 99,999,999 s.
FOREVER = 99_999_999


class Ended(BaseException):
    """Raised in a thread whose execution is over. Not an `Exception`: the interpreter would call that a failed state."""


class Alarm(Protocol):
    """A timer of the cloud's clock."""

    def cancel(self) -> None: ...


class Time(Protocol):
    """The cloud's clock, as its event loop may use it (`lablib.cloud.clock`)."""

    def now(self) -> float: ...
    def at(self, when: float, callback: Callable[[], None], what: str) -> Alarm: ...
    def busy(self, what: str) -> AbstractContextManager[None]: ...


# Guards all that follows; held for a few lines at a time, by the event loop too.
_mutex = threading.RLock()
_here = threading.local()
_time: Time | None = None
_soon: Callable[[Callable[[], None]], None] = lambda fn: fn()


def follow(time: Time, soon: Callable[[Callable[[], None]], None]) -> None:
    """From here on time is this clock's. `soon` has a function called on its event loop, in order."""
    global _time, _soon
    _time, _soon = time, soon


class Wait:
    """A thread that waits. `woken` says whether something came, and not just its time or its execution's end."""

    def __init__(self, run: Run) -> None:
        self.run, self.thread = run, _thread_here()
        self.over = threading.Lock()
        self.over.acquire()
        self.done = self.woken = False
        self.alarm: Alarm | None = None

    def wake(self, *, woken: bool) -> None:
        with _mutex:
            if self.done:
                return
            self.done, self.woken = True, woken
            self.run.waits.discard(self)
            self.run.works(1)
        self.over.release()

    def arm(self, when: float) -> None:
        """On the event loop."""
        with _mutex:
            if not self.done and _time is not None:
                self.alarm = _time.at(when, lambda: self.wake(woken=False), f"a wait of {self.run.what}")

    def disarm(self) -> None:
        """On the event loop."""
        if self.alarm is not None:
            self.alarm.cancel()


class Run:
    """The threads of one execution.

    Attributes
    ----------
    what
        Its name for the person who waits.
    definition
        What it runs.
    finished
        Set when the last of its threads has ended.
    """

    def __init__(self, what: str, definition: str | None = None) -> None:
        self.what, self.definition = what, definition
        self.waits: set[Wait] = set()
        self.ended = False
        self.finished = threading.Event()
        self.alive = 0
        self._working = 0
        self._counted: AbstractContextManager[None] | None = None

    def works(self, by: int) -> None:
        """So many threads more (or fewer) work, and do not wait. The caller holds the mutex."""
        before, self._working = self._working, self._working + by
        if (before > 0) != (self._working > 0):
            _soon(self._count)

    def _count(self) -> None:
        """Tell the clock, on its event loop, whether this runs: as it is now, whatever has changed since this was asked for."""
        with _mutex:
            if self._working > 0 and self._counted is None and _time is not None:
                self._counted = _time.busy(self.what)
                self._counted.__enter__()
            elif self._working == 0 and self._counted is not None:
                counted, self._counted = self._counted, None
                counted.__exit__(None, None, None)

    def end(self) -> None:
        """End every thread of this where it waits, or as soon as it would wait, start another or call a service."""
        with _mutex:
            self.ended = True
            for wait in list(self.waits):
                wait.wake(woken=False)

    def start(self, target: Callable[..., None], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None) -> None:
        """Run `target` in a thread of this execution's."""
        with _mutex:
            if self.ended:
                raise Ended
            self.works(1)
            self.alive += 1
        threading.Thread(target=self._work, args=(target, args, kwargs or {}), name=self.what, daemon=True).start()

    def _work(self, target: Callable[..., None], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        _here.run = self
        try:
            target(*args, **kwargs)
        except Ended:
            log.debug("a thread of %s has ended with it", self.what)
        except Exception:
            log.exception("a thread of %s failed", self.what)
        finally:
            with _mutex:
                self.works(-1)
                self.alive -= 1
                if self.alive == 0:
                    self.finished.set()


def run_here() -> Run | None:
    """The execution that this thread works for."""
    return getattr(_here, "run", None)


def _thread_here() -> Thread | None:
    return getattr(_here, "thread", None)


def check() -> None:
    """Raise `Ended` if the execution that this thread works for is over, or nobody waits for this thread any more."""
    run, thread = run_here(), _thread_here()
    if run is not None and (run.ended or (thread is not None and thread.given_up)):
        raise Ended


def give_up() -> None:
    """Nobody waits for the thread that this one has started last, nor for any that it has started: they end where they wait."""
    child: Thread | None = getattr(_here, "child", None)
    if child is None:
        return
    with _mutex:
        child.abandoned = True
        for wait in list(child.run.waits):
            if wait.thread is not None and wait.thread.given_up:
                wait.wake(woken=False)


class Event:
    """As `threading.Event`, in place of which it stands in the interpreter's modules."""

    def __init__(self) -> None:
        self._set = False
        self._waits: list[Wait] = []

    def is_set(self) -> bool:
        return self._set

    def set(self) -> None:
        with _mutex:
            self._set = True
            waits, self._waits = self._waits, []
            for wait in waits:
                wait.wake(woken=True)

    def clear(self) -> None:
        with _mutex:
            self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait, at most so many seconds of the cloud's time. Says whether it was set."""
        run = run_here()
        assert run is not None, "only threads of an execution wait for its events"
        with _mutex:
            check()
            if self._set:
                return True
            wait = Wait(run)
            self._waits.append(wait)
            run.waits.add(wait)
            if timeout is not None and timeout < FOREVER:
                when = (_time.now() if _time is not None else 0.0) + max(0.0, timeout)
                _soon(lambda: wait.arm(when))
            run.works(-1)  # after the timer was asked for: at no moment is nothing to come
        wait.over.acquire()
        with _mutex:
            if wait in self._waits:
                self._waits.remove(wait)
        _soon(wait.disarm)
        check()
        return wait.woken


class Thread:
    """As `threading.Thread`, for a thread of the same execution as the one that makes it."""

    def __init__(
        self, group: None = None, target: Callable[..., None] | None = None, name: str | None = None,
        args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None, *, daemon: bool | None = None,
    ) -> None:  # fmt: skip
        run = run_here()
        assert run is not None and target is not None, "the interpreter starts threads from an execution's own alone"
        self.run, self._target, self._args, self._kwargs = run, target, args, kwargs
        self._parent, self.abandoned = _thread_here(), False
        self._done = Event()
        self.name = name or run.what
        self.native_id: int | None = None

    @property
    def given_up(self) -> bool:
        """Whether nobody waits for this any more, or for one that it was started by."""
        return self.abandoned or (self._parent is not None and self._parent.given_up)

    def start(self) -> None:
        check()
        _here.child = self
        self.run.start(self._work)

    def _work(self) -> None:
        _here.thread = self
        self.native_id = threading.get_native_id()
        try:
            self._target(*self._args, **(self._kwargs or {}))
        finally:
            self._done.set()

    def join(self, timeout: float | None = None) -> None:
        self._done.wait(timeout)

    def is_alive(self) -> bool:
        return not self._done.is_set()


def sleep(seconds: float) -> None:
    """As `time.sleep`, of the cloud's time."""
    Event().wait(seconds)
