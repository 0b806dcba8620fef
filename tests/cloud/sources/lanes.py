"""What the tests of a stream's lanes share: one lane, on a clock that the test moves."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from lablib.cloud.moto_seam.journals import Entry, Shard
from lablib.cloud.sources.mappings.mapping import Settings
from lablib.cloud.sources.mappings.streams.batches import Drop, Item, Response, Run, Sleep, Step
from lablib.cloud.sources.mappings.streams.lane import Lane

PARTIAL = ("ReportBatchItemFailures",)
OK = b"null"
WORKED = Response("id", executed_version="$LATEST")
BROKE = Response("id", executed_version="$LATEST", function_error="Unhandled")
THROTTLED = Response("id", 429)


def pick(entry: Entry, shard: str) -> Item | None:
    """Every record, but those whose content is None: a filter holds them back."""
    return None if entry.content is None else Item(entry, json.dumps([entry.key, entry.content]).encode())


def failures(*sequences: object) -> bytes:
    return json.dumps({"batchItemFailures": [{"itemIdentifier": sequence} for sequence in sequences]}).encode()


class Bench:
    """One lane of one shard. Time is `now`."""

    def __init__(self, retention: float = math.inf, **changes: Any) -> None:
        self.now = 1000.0
        self.shard = Shard("shard", 0, lambda: math.inf)
        self.settings = replace(Settings(batch_size=3), **changes)
        self.lane = Lane(self.shard, 0, 1, 0, self.settings, pick, lambda: retention)
        self.put_so_far = 0

    def put(self, count: int = 1, content: Any = "x", key: str = "k") -> None:
        for _ in range(count):
            self.put_so_far += 1
            self.shard.append(Entry(self.put_so_far, key, self.now, content))

    def next(self) -> Step:
        return self.lane.next(self.now)

    def batch(self) -> list[int]:
        """The sequence numbers of the batch that is to run now."""
        step = self.next()
        assert isinstance(step, Run), step
        return sequences(step)

    def works(self, payload: bytes = OK) -> list[int]:
        batch = self.batch()
        self.lane.ran(self.now, payload, WORKED)
        return batch

    def breaks(self) -> list[int]:
        batch = self.batch()
        self.lane.ran(self.now, b"{}", BROKE)
        return batch

    def wait(self) -> float:
        """Move to where it wants to be looked at again; how long that was."""
        step = self.next()
        assert isinstance(step, Sleep), step
        before, self.now = self.now, step.until
        return self.now - before

    def drops(self) -> tuple[list[int], str, int]:
        step = self.next()
        assert isinstance(step, Drop), step
        return sequences(step), step.condition, step.batch.attempts


def sequences(step: Run | Drop) -> list[int]:
    return [item.entry.sequence for item in step.batch.items]
