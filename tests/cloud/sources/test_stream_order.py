"""Streams: for random records, failures, settings and resharding, order is kept and nothing is skipped. Pure, without a cloud."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from lablib.cloud.moto_seam.journals import Entry, Stream
from lablib.cloud.sources.mappings.mapping import Settings
from lablib.cloud.sources.mappings.streams.batches import Again, Drop, End, Item, Run, Sleep
from lablib.cloud.sources.mappings.streams.lane import Lane
from lablib.cloud.sources.mappings.streams.shards import Shards
from tests.cloud.sources.lanes import BROKE, OK, PARTIAL, THROTTLED, WORKED, failures, pick, sequences

class World:
    """A stream whose shards are split and merged, a mapping that is changed, and a function that does what it likes.

    At every moment it is checked that a key's records are in one hand at a time and in order; in the end, that each was
    done once.
    """

    KEYS = [str(number) for number in range(6)]

    def __init__(self, random: Random) -> None:
        self.random, self.now, self.sequence = random, 0.0, 0
        self.stream = Stream("arn", "kinesis", 0.0, lambda: math.inf)
        self.open: dict[str, list[str]] = {}
        self._open(self.KEYS, ())
        self.settings = self._settings()
        self.shards = Shards(0.0, pick)
        self.running: dict[Lane, Run] = {}
        self.put: dict[str, list[int]] = {key: [] for key in self.KEYS}
        self.done: dict[str, list[int]] = {key: [] for key in self.KEYS}

    def _settings(self) -> Settings:
        choose = self.random.choice
        return Settings(
            batch_size=choose([1, 2, 5, 20]), window_s=choose([0, 0, 5]), response_types=choose([(), PARTIAL]),
            starting_position="TRIM_HORIZON", parallelization=choose([1, 2, 4]), bisect=choose([False, True]),
            maximum_retries=choose([-1, 0, 2]), tumbling_window_s=choose([0, 0, 10]),
        )  # fmt: skip

    def _open(self, keys: list[str], parents: tuple[str, ...]) -> None:
        shard = self.stream.add(f"shard-{len(self.stream.shards)}", self.sequence, parents)
        self.open[shard.id] = keys

    def _close(self, shard: str) -> list[str]:
        self.stream.shards[shard].closed = True
        return self.open.pop(shard)

    # what may happen

    def a_record(self) -> None:
        key = self.random.choice(self.KEYS)
        [shard] = [id for id, keys in self.open.items() if key in keys]
        self.sequence += 1
        content = None if self.random.random() < 0.1 else "x"
        self.stream.shards[shard].append(Entry(self.sequence, key, self.now, content))
        if content is not None:
            self.put[key].append(self.sequence)

    def a_split(self) -> None:
        shard = self.random.choice(list(self.open))
        if len(self.open[shard]) > 1:
            keys = self._close(shard)
            at = self.random.randrange(1, len(keys))
            self._open(keys[:at], (shard,))
            self._open(keys[at:], (shard,))

    def a_merge(self) -> None:
        if len(self.open) > 1:
            one, other = self.random.sample(sorted(self.open), 2)
            self._open(self._close(one) + self._close(other), (one, other))

    def a_change(self) -> None:
        self.settings = self._settings()
        self.shards.changed(self.settings)

    def an_end(self, *, well: bool = False) -> None:
        """Of an invocation that runs."""
        if not self.running:
            return
        lane = self.random.choice(list(self.running))
        run = self.running.pop(lane)
        found = sequences(run)
        fate = "works" if well else self.random.choice(["works", "works", "breaks", "reports", "throttled"])
        if fate == "throttled":
            lane.refused(self.now, THROTTLED)
        elif fate == "breaks":
            lane.ran(self.now, b"{}", BROKE)
        elif fate == "reports" and found:
            at = self.random.randrange(len(found))
            named = [str(found[at]), str(self.random.choice(found[at:]))]
            lane.ran(self.now, failures(*named), WORKED)
            if lane.settings.partial:
                self._finish(run.batch.items[:0] if at == 0 else [item for item in run.batch.items][:at], run)
            else:
                self._finish(run.batch.items, run)
        else:
            lane.ran(self.now, OK, WORKED)
            self._finish(run.batch.items, run)

    def _finish(self, items: list[Item], run: Run | Drop) -> None:
        for item in items:
            self.done[item.entry.key].append(item.entry.sequence)

    def a_look(self) -> float:
        """At every lane that is not at work; when there is something to do again, at the latest."""
        due = math.inf
        for lane in self.shards.lanes(self.stream, self.settings):
            if lane in self.running or lane not in self.shards:
                continue
            step = lane.next(self.now)
            if isinstance(step, Run):
                self._check(step)
                self.running[lane] = step
            elif isinstance(step, Drop):
                self._finish(step.batch.items, step)
                due = self.now
            elif isinstance(step, End):
                self.shards.ended(lane, self.settings)
                due = self.now
            elif isinstance(step, Again):
                due = self.now
            elif isinstance(step, Sleep):
                assert step.until > self.now
                due = min(due, step.until)
        return due

    def _check(self, run: Run) -> None:
        assert len(run.batch.items) <= max(20, self.settings.batch_size)
        busy = {item.entry.key for other in self.running.values() for item in other.batch.items}
        mine: dict[str, list[int]] = {}
        for item in run.batch.items:
            mine.setdefault(item.entry.key, []).append(item.entry.sequence)
        assert not busy & set(mine), "a key in two hands at a time"
        for key, found in mine.items():
            after = len(self.done[key])
            assert found == self.put[key][after : after + len(found)], "a record was skipped, repeated or overtaken"

    def settle(self) -> None:
        """Let everything come to its end, with a function that works from now on."""
        for _ in range(10_000):
            due = self.a_look()
            if self.running:
                self.an_end(well=True)
            elif due == math.inf:
                break
            else:
                self.now = max(self.now, due)
        assert self.done == self.put


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(20, 200))
def test_order_is_kept_and_nothing_is_skipped(random: Random, moments: int) -> None:
    world = World(random)
    for _ in range(moments):
        what = random.choice(["record"] * 8 + ["look"] * 6 + ["end"] * 5 + ["time"] * 2 + ["split", "merge", "change"])
        if what == "record":
            world.a_record()
        elif what == "look":
            world.a_look()
        elif what == "end":
            world.an_end()
        elif what == "time":
            world.now += random.choice([0.5, 3, 40])
        elif what == "split":
            world.a_split()
        elif what == "merge":
            world.a_merge()
        else:
            world.a_change()
    world.settle()


def test_a_shard_is_not_shared_out_anew_once_one_lane_has_come_to_its_end() -> None:
    """What the property above found: the others would have begun where one still was, and the first one's records again."""
    stream = Stream("arn", "kinesis", 0.0, lambda: math.inf)
    shard = stream.add("shard", 0)
    two = Settings(batch_size=10, starting_position="TRIM_HORIZON", parallelization=2)
    shards = Shards(0.0, pick)
    lanes = shards.lanes(stream, two)
    for sequence, key in enumerate("aabbccdd", 1):
        shard.append(Entry(sequence, key, 0.0, "x"))
    shard.closed = True
    seen = []
    for lane in list(lanes):
        while not isinstance(step := lane.next(0.0), End):
            assert isinstance(step, Run)
            seen += sequences(step)
            lane.ran(0.0, OK, WORKED)
        shards.ended(lane, two)
        one = replace(two, parallelization=1)
        shards.changed(one)
    assert sorted(seen) == list(range(1, 9)) and shards.lanes(stream, one) == []
