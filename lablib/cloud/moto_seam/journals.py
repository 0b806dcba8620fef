"""What Kinesis streams and the streams of DynamoDB tables hold: shards of records, in order.

moto's own lists are not used for it (`kinesis` and `dynamodb` say why). They write here, under the lock; users' GetRecords read
here through moto, and the pollers of event source mappings without it: that takes microseconds, and waits for nothing of moto's.

Touches: nothing of moto.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from lablib.cloud.moto_seam import clockwork

Kind = Literal["kinesis", "dynamodb"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record.

    Attributes
    ----------
    sequence
        Its sequence number: greater than that of every record before it in its shard, and in the shards that its shard came from.
    key
        What order is kept for: the partition key; of a table's record its item's key.
    arrived
        When, in seconds since 1970 on the cloud's clock.
    content
        Of Kinesis the data, as base64; of DynamoDB what a stream record says besides where it is from.
    """

    sequence: int
    key: str
    arrived: float
    content: Any


class Shard:
    """The records of one shard, oldest first. It may be read from any thread.

    Parameters
    ----------
    first
        The sequence number that every record's exceeds.
    retention
        After how many seconds a record goes.
    """

    def __init__(
        self, id: str, first: int, retention: Callable[[], float], parents: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.id, self.first, self.parents = id, first, parents
        self.closed = False
        self.last = first
        self._retention = retention
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def append(self, entry: Entry) -> None:
        with self._lock:
            self._trim()
            self._entries.append(entry)
            self.last = entry.sequence

    def read(self, after: int, limit: int) -> list[Entry]:
        """The next records after a sequence number, `limit` at most."""
        with self._lock:
            self._trim()
            start = bisect_right(self._entries, after, key=_sequence)
            return self._entries[start : start + limit]

    def before(self, moment: float) -> int:
        """The sequence number after which the records are that arrived at a moment or later."""
        with self._lock:
            index = bisect_left(self._entries, moment, key=_arrival)
            return self._entries[index - 1].sequence if index else self.first

    def ended(self, after: int) -> bool:
        """Whether nothing follows a sequence number, and nothing ever will."""
        with self._lock:
            return self.closed and (not self._entries or self._entries[-1].sequence <= after)

    def _trim(self) -> None:
        if self._entries:
            old = bisect_left(self._entries, clockwork.now() - self._retention(), key=_arrival)
            if old:
                del self._entries[:old]


def _sequence(entry: Entry) -> int:
    return entry.sequence


def _arrival(entry: Entry) -> float:
    return entry.arrived


@dataclass(eq=False)
class Stream:
    """A stream.

    Attributes
    ----------
    created
        In seconds since 1970 on the cloud's clock.
    facts
        Of a table's stream: what DescribeStream says of it.
    disabled
        Since when a table's stream gets no more records. It can be read for its retention after that.
    """

    arn: str
    kind: Kind
    created: float
    retention: Callable[[], float]
    facts: Mapping[str, Any] = field(default_factory=dict)
    disabled: float | None = None
    shards: dict[str, Shard] = field(default_factory=dict)

    def add(self, id: str, first: int, parents: tuple[str, ...] = ()) -> Shard:
        """A new shard."""
        shard = Shard(id, first, self.retention, parents)
        # A new dictionary, so that whoever goes through the old one is not disturbed.
        self.shards = {**self.shards, id: shard}
        return shard


_streams: dict[str, Stream] = {}

# Told the ARN of a stream whenever it has new records or shards, has ended, or is gone: by whoever holds moto's lock.
on_change: Callable[[str], None] = lambda arn: None  # noqa: E731


def of(arn: str) -> Stream | None:
    """The stream of an ARN, or of a consumer that is registered with it; None if there is none that can be read."""
    stream = _streams.get(arn.partition("/consumer/")[0])
    return None if stream is None or _over(stream) else stream


def all() -> list[Stream]:
    """Every stream that can be read, in the order in which they were made."""
    return [stream for stream in list(_streams.values()) if not _over(stream)]


def add(stream: Stream) -> None:
    """There is a new stream, or one of this name again."""
    for old in [other.arn for other in _streams.values() if _over(other)]:
        del _streams[old]
    _streams[stream.arn] = stream
    changed(stream.arn)


def _over(stream: Stream) -> bool:
    return stream.disabled is not None and clockwork.now() >= stream.disabled + stream.retention()


def remove(arn: str) -> None:
    """A stream is gone, with its records."""
    _streams.pop(arn, None)
    changed(arn)


# Streams that have changed in an operation which is not over.
_held: set[str] | None = None


def changed(arn: str) -> None:
    """Say that a stream has changed."""
    if _held is not None:
        _held.add(arn)
    else:
        on_change(arn)


@contextmanager
def at_once() -> Iterator[None]:
    """Say only at the end what has changed: what is written together is read together. The caller holds moto's lock."""
    global _held
    before, _held = _held, set()
    try:
        yield
    finally:
        held, _held = _held, before
        for arn in held:
            changed(arn)


def forget() -> None:
    """There is no stream any more. Nobody is told."""
    _streams.clear()
