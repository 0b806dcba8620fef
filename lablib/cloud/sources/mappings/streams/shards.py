"""Which shards a mapping reads, from where, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Callable

from lablib.cloud.moto_seam.journals import Entry, Shard, Stream
from lablib.cloud.sources.mappings.mapping import Settings
from lablib.cloud.sources.mappings.streams.batches import Item
from lablib.cloud.sources.mappings.streams.lane import Lane

Pick = Callable[[Entry, str], Item | None]


class Shards:
    """The lanes of one mapping: a shard's begin when those of the shards that it came from have ended.

    Parameters
    ----------
    created
        When the mapping was, on the cloud's clock: ``LATEST`` is what arrived since then.
    """

    def __init__(self, created: float, pick: Pick) -> None:
        self._created, self._pick = created, pick
        self._stream: Stream | None = None
        self._again = False  # the stream was deleted, and there is another of its name
        self._lanes: dict[str, list[Lane]] = {}
        self._ended: set[str] = set()
        self._from: dict[str, int] = {}  # where the next lanes of a shard begin, once those that it has have come there

    def lanes(self, stream: Stream, settings: Settings) -> list[Lane]:
        """Every lane that may work now."""
        if stream is not self._stream:
            self._again = self._again or self._stream is not None
            self._forget()
            self._stream = stream
        for shard in stream.shards.values():
            if shard.id not in self._lanes and shard.id not in self._ended and self._may_begin(stream, shard):
                self._begin(shard, self._position(shard, settings), settings)
        return [lane for lanes in self._lanes.values() for lane in lanes]

    def __contains__(self, lane: Lane) -> bool:
        return lane in self._lanes.get(lane.shard.id, ())

    def gone(self) -> None:
        """The stream was deleted. What comes under its name later is read from its beginning."""
        if self._stream is not None:
            self._again = True
            self._forget()

    def changed(self, settings: Settings) -> None:
        """The mapping's settings are others."""
        for id, lanes in self._lanes.items():
            for lane in lanes:
                lane.settings = settings
            # Where one has come to the shard's end the others follow, as they are.
            whole = len(lanes) == lanes[0].lanes and id not in self._from
            if whole and len(lanes) != settings.parallelization:
                # Each goes on to where the foremost is. Then others share the keys out anew, and none is overtaken.
                self._from[id] = max(lane.read_to for lane in lanes)
                for lane in lanes:
                    lane.stop_at = self._from[id]

    def ended(self, lane: Lane, settings: Settings) -> None:
        """A lane has come to its end."""
        id = lane.shard.id
        self._lanes[id].remove(lane)
        if self._lanes[id]:
            return
        del self._lanes[id]
        if id in self._from:
            self._begin(lane.shard, self._from.pop(id), settings)
        else:
            self._ended.add(id)

    def _forget(self) -> None:
        self._stream = None
        self._lanes.clear()
        self._ended.clear()
        self._from.clear()

    def _may_begin(self, stream: Stream, shard: Shard) -> bool:
        return all(parent in self._ended or parent not in stream.shards for parent in shard.parents)

    def _begin(self, shard: Shard, after: int, settings: Settings) -> None:
        assert self._stream is not None
        count = settings.parallelization
        self._lanes[shard.id] = [
            Lane(shard, number, count, after, settings, self._pick, self._stream.retention) for number in range(count)
        ]

    def _position(self, shard: Shard, settings: Settings) -> int:
        if self._again or settings.starting_position == "TRIM_HORIZON":
            return shard.first
        moment = settings.starting_timestamp if settings.starting_position == "AT_TIMESTAMP" else None
        return shard.before(self._created if moment is None else moment)
