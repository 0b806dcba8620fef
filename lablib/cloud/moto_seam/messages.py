"""The messages of one queue of moto's, in an order in which nothing has to be looked for.

moto keeps a list, and goes through all of it at every receive, delete and count. Here what is ready stands in one heap and what
becomes ready later in another; a FIFO queue's message waits while others of its group are in flight; a receipt handle says
itself whose it is. Times are milliseconds on the cloud's clock.

Touches: of a `moto.sqs.models.Message`: `receipt_handle`, `sent_timestamp`, `approximate_receive_count`,
`approximate_first_receive_timestamp`, `visible_at`, `id`, `sequence_number`.
"""

from __future__ import annotations

import base64
import binascii
import heapq
import itertools
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

# SQS: a message of a FIFO queue with the id of one sent less than 5 minutes ago is not put into it. SQS Developer Guide, 2026.
DEDUPLICATION_MS = 300_000
# Sequence numbers of FIFO queues have 20 digits and leave room between two (seen in AWS's answers).
_FIRST_SEQUENCE, _SEQUENCE_STEP = 18_849_496_460_467_696_128, 256

_HANDLE = struct.Struct(">8sQI")


class WrongHandle(ValueError):
    """No receipt handle of this queue."""


@dataclass(eq=False, slots=True)
class Entry:
    """A message in its queue.

    Attributes
    ----------
    due
        When it can be received, if it cannot be now; else 0.
    in_flight
        Received, and hidden until `due`.
    queued
        Whether the heap of what is ready, or its group, holds it.
    """

    number: int
    message: Any
    group: str | None
    due: float = 0.0
    in_flight: bool = False
    queued: bool = False
    gone: bool = False

    def __lt__(self, other: Entry) -> bool:
        return self.number < other.number


@dataclass(slots=True)
class _Group:
    """A message group of a FIFO queue: how many are in flight, and those that wait for them."""

    in_flight: int = 0
    waiting: list[Entry] = field(default_factory=list)


class Messages:
    """The messages of one queue. Iterating gives them in the order in which they came."""

    def __init__(self) -> None:
        self._nonce = os.urandom(8)
        self._numbers = itertools.count(1)
        self._sent: dict[tuple[str | None, str], tuple[float, Any]] = {}  # by group and deduplication id
        self.clear()

    def clear(self) -> None:
        """Take everything out. Handles that were given out stay this queue's."""
        self._entries: dict[int, Entry] = {}
        self._ready: list[Entry] = []
        self._later: list[tuple[float, Entry]] = []
        self._groups: dict[str, _Group] = {}
        self._in_flight = self._hidden = 0

    def __iter__(self) -> Iterator[Any]:
        return (entry.message for entry in self._entries.values())

    # --- what there is --------------------------------------------------------------

    def counts(self, now: float, oldest: float = 0.0) -> tuple[int, int, int]:
        """How many can be received, how many are in flight, how many are delayed. What was sent before `oldest` is dropped."""
        self._settle(now, oldest)
        return len(self._entries) - self._hidden, self._in_flight, self._hidden - self._in_flight

    def shown(self, now: float) -> list[Any]:
        """The messages that can be received, by their times alone."""
        self._settle(now)
        return [entry.message for entry in self._entries.values() if not entry.due]

    def next_due(self, now: float) -> float | None:
        """When the next message that is hidden now shows."""
        self._settle(now)
        while self._later and not _awaited(*self._later[0]):
            heapq.heappop(self._later)
        return self._later[0][0] if self._later else None

    def duplicate(self, message: Any, group: str | None, deduplication_id: str, now: float) -> Any | None:
        """The message of the last minutes that this one repeats; if there is none, this is the one."""
        while self._sent and next(iter(self._sent.values()))[0] + DEDUPLICATION_MS <= now:
            del self._sent[next(iter(self._sent))]
        before = self._sent.get((group, deduplication_id))
        if before is not None:
            return before[1]
        self._sent[group, deduplication_id] = (now, message)
        return None

    # --- what is done to it -----------------------------------------------------------

    def add(self, message: Any, group: str | None, due: float, now: float) -> None:
        """Put a message in, to be received from `due` on. `group` is None in a queue that is not FIFO."""
        entry = Entry(next(self._numbers), message, group)
        self._entries[entry.number] = entry
        if group is not None and message.sequence_number is None:
            message.sequence_number = str(_FIRST_SEQUENCE + entry.number * _SEQUENCE_STEP)
        if due > now:
            self._hide(entry, due, in_flight=False)
        else:
            self._show(entry)

    def take(
        self, now: float, most: int, hidden_ms: float, oldest: float, over: Callable[[Any], bool], fits: Callable[[Any], bool]
    ) -> tuple[list[Any], list[Any]]:
        """Receive messages, each with a handle of its own.

        Parameters
        ----------
        hidden_ms
            For how long nobody else gets them.
        oldest
            What was sent before is dropped.
        over
            Whether a message has been received too often: those are taken out instead, and are the second list.
        fits
            Asked before each: the first that does not fit ends it.
        """
        self._settle(now, oldest)
        taken: list[Entry] = []
        dead: list[Any] = []
        mine: set[str] = set()
        while len(taken) < most and (entry := self._next(mine)) is not None:
            if over(entry.message):
                dead.append(entry.message)
                self._remove(entry)
            elif not fits(entry.message):
                self._show(entry)
                break
            else:
                taken.append(entry)
                if entry.group is not None:
                    mine.add(entry.group)
                self._receive(entry, now, hidden_ms)
        for entry in taken:
            if not entry.due:
                self._show(entry)
        return [entry.message for entry in taken], dead

    def delete(self, handle: str) -> None:
        """Take out the message that a handle was given for, also if another has received it since; one that is gone is no error.

        Raises
        ------
        WrongHandle
            It is none of this queue's.
        """
        entry = self._of(handle)
        if entry is not None:
            self._remove(entry)

    def get(self, handle: str) -> Any | None:
        """The message that a handle was given for; None if it is gone. Raises `WrongHandle`."""
        entry = self._of(handle)
        return None if entry is None else entry.message

    def in_flight(self, handle: str, now: float) -> Any | None:
        """The same, if it is hidden still from its receiver's visibility timeout; else None."""
        self._settle(now)
        entry = self._of(handle)
        return entry.message if entry is not None and entry.in_flight else None

    def hide(self, handle: str, now: float, hidden_ms: float) -> None:
        """Have a message received again after so long; 0: at once. Raises `WrongHandle`."""
        self._settle(now)
        entry = self._of(handle)
        if entry is None:
            return
        self._unhide(entry)
        if hidden_ms > 0:
            self._hide(entry, now + hidden_ms, in_flight=True)
        else:
            self._show(entry)

    # --- within -----------------------------------------------------------------------

    def _settle(self, now: float, oldest: float = 0.0) -> None:
        """What is due is ready, and what is too old is gone."""
        while self._later and self._later[0][0] <= now:
            due, entry = heapq.heappop(self._later)
            if _awaited(due, entry):
                self._unhide(entry)
                self._show(entry)
        while self._entries and (first := next(iter(self._entries.values()))).message.sent_timestamp < oldest:
            self._remove(first)

    def _next(self, mine: set[str]) -> Entry | None:
        """The next that can be received now; `mine` are groups of which this receive has got some already."""
        while self._ready:
            entry = heapq.heappop(self._ready)
            if entry.gone or entry.due:
                entry.queued = False
                continue
            group = self._groups.get(entry.group) if entry.group is not None else None
            if group is not None and group.in_flight and entry.group not in mine:
                group.waiting.append(entry)
                continue
            entry.queued = False
            return entry
        return None

    def _receive(self, entry: Entry, now: float, hidden_ms: float) -> None:
        message = entry.message
        message.approximate_receive_count += 1
        message.approximate_first_receive_timestamp = message.approximate_first_receive_timestamp or int(now)
        header = _HANDLE.pack(self._nonce, entry.number, message.approximate_receive_count)
        message.receipt_handle = "AQEB" + base64.b64encode(header + os.urandom(100)).decode()
        message.visible_at = now + hidden_ms
        if hidden_ms > 0:
            self._hide(entry, now + hidden_ms, in_flight=True)

    def _of(self, handle: str) -> Entry | None:
        try:
            raw = base64.b64decode(handle.removeprefix("AQEB"), validate=True)
            nonce, number, _ = _HANDLE.unpack_from(raw)
        except (binascii.Error, struct.error, ValueError):
            raise WrongHandle(handle) from None
        if nonce != self._nonce or not handle.startswith("AQEB"):
            raise WrongHandle(handle)
        return self._entries.get(number)

    def _hide(self, entry: Entry, due: float, *, in_flight: bool) -> None:
        entry.due, entry.in_flight = due, in_flight
        self._hidden += 1
        if in_flight:
            self._in_flight += 1
            if entry.group is not None:
                self._groups.setdefault(entry.group, _Group()).in_flight += 1
        heapq.heappush(self._later, (due, entry))

    def _unhide(self, entry: Entry) -> None:
        if not entry.due:
            return
        entry.due = 0.0
        self._hidden -= 1
        if not entry.in_flight:
            return
        entry.in_flight = False
        self._in_flight -= 1
        group = self._groups[entry.group] if entry.group is not None else None
        if group is not None:
            group.in_flight -= 1
            if not group.in_flight:
                del self._groups[str(entry.group)]
                for waiting in group.waiting:
                    heapq.heappush(self._ready, waiting)

    def _show(self, entry: Entry) -> None:
        if not entry.queued:
            entry.queued = True
            heapq.heappush(self._ready, entry)

    def _remove(self, entry: Entry) -> None:
        self._unhide(entry)
        entry.gone = True
        del self._entries[entry.number]


def _awaited(due: float, entry: Entry) -> bool:
    """Whether this is still the moment at which a message shows."""
    return not entry.gone and entry.due == due
