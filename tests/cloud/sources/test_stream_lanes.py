"""What a mapping of a stream does with records, on a clock that the test moves: pure, without a cloud."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lablib.cloud.moto_seam.journals import Entry, Shard, Stream
from lablib.cloud.sources.mappings.mapping import Settings
from lablib.cloud.sources.mappings.streams import reports
from lablib.cloud.sources.mappings.streams.batches import (
    Again, Drop, End, Idle, Item, Response, Run, Sleep, Step,
)  # fmt: skip
from lablib.cloud.sources.mappings.streams.lane import Lane
from lablib.cloud.sources.mappings.streams.shards import Shards

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


# --- batches -------------------------------------------------------------------------


def test_batches_are_as_large_as_they_may_be() -> None:
    bench = Bench()
    bench.put(7)
    assert [bench.works(), bench.works(), bench.works()] == [[1, 2, 3], [4, 5, 6], [7]]
    assert bench.next() == Idle()


def test_a_batching_window_begins_with_its_first_record() -> None:
    bench = Bench(window_s=20)
    assert bench.next() == Idle()
    bench.put(1)
    assert bench.wait() == 20
    assert bench.works() == [1]
    bench.put(2)
    assert bench.next() == Sleep(bench.now + 20)
    bench.now += 5
    bench.put(1)
    assert bench.works() == [2, 3, 4]  # it is full
    bench.put(1)
    bench.shard.closed = True
    assert bench.works() == [5]  # no more will come
    assert bench.next() == End()


def test_a_batch_has_room_for_six_megabytes() -> None:
    bench = Bench(batch_size=100)
    bench.put(9, content="x" * 1_000_000)
    assert [bench.works(), bench.works()] == [[1, 2, 3, 4, 5, 6], [7, 8, 9]]


def test_what_a_filter_holds_back_is_passed_over() -> None:
    bench = Bench(batch_size=2)
    for number in range(12):
        bench.put(content=None if number % 3 else "x")
    assert [bench.works(), bench.works(), bench.next()] == [[1, 4], [7, 10], Idle()]
    bench.put(1500, content=None)
    assert bench.next() == Again()  # others want to work too
    assert bench.next() == Idle()


# --- failures ------------------------------------------------------------------------


def test_a_failure_is_tried_again_for_ever_and_ever_later() -> None:
    bench = Bench()
    bench.put(4)
    pauses = []
    for _ in range(12):
        assert bench.breaks() == [1, 2, 3]
        pauses.append(bench.wait())
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert [bench.works(), bench.works()] == [[1, 2, 3], [4]]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_so_many_retries_and_no_more(retries: int) -> None:
    bench = Bench(maximum_retries=retries)
    bench.put(4)
    for _ in range(retries):
        bench.breaks()
        bench.wait()
    bench.breaks()
    assert bench.drops() == ([1, 2, 3], "RetryAttemptsExhausted", retries + 1)
    assert bench.works() == [4]


def test_a_throttle_is_no_retry() -> None:
    bench = Bench(maximum_retries=0)
    bench.put(1)
    for pause in (1, 2, 4):
        bench.batch()
        bench.lane.refused(bench.now, THROTTLED)
        assert bench.wait() == pause
    bench.breaks()
    assert bench.drops() == ([1], "RetryAttemptsExhausted", 1)


def test_records_that_are_too_old_are_given_up_and_no_others() -> None:
    bench = Bench(maximum_record_age_s=60)
    bench.put(1)
    bench.now += 40
    bench.put(1)
    for pause in (1, 2, 4, 8):
        assert bench.breaks() == [1, 2]
        assert bench.wait() == pause
    assert bench.breaks() == [1, 2]
    assert bench.wait() == 5  # the pause would be longer
    assert bench.drops() == ([1], "RecordAgeExceeded", 5)
    assert bench.wait() == 11
    assert bench.works() == [2]
    bench.put(1)
    bench.now += 60
    assert bench.drops() == ([3], "RecordAgeExceeded", 0)  # it was never sent
    assert bench.next() == Idle()


def test_a_record_lives_as_long_as_the_stream_keeps_it() -> None:
    bench = Bench(retention=100)
    bench.put(1)
    waited = 0.0
    while waited < 100:
        bench.breaks()
        waited += bench.wait()
    assert waited == 100 and bench.drops()[:2] == ([1], "RecordAgeExceeded")


def test_bisection_finds_the_one_that_fails() -> None:
    bench = Bench(batch_size=8, bisect=True, maximum_retries=1)
    bench.put(8)
    seen: list[list[int]] = []
    dropped = []
    while not isinstance(step := bench.next(), Idle):
        if isinstance(step, Run):
            seen.append(sequences(step))
            bench.lane.ran(bench.now, OK, BROKE if 6 in sequences(step) else WORKED)
        elif isinstance(step, Drop):
            dropped.append((sequences(step), step.batch.attempts))
        elif isinstance(step, Sleep):
            bench.now = step.until
    assert seen == [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4], [5, 6, 7, 8], [5, 6], [5], [6], [6], [7, 8]]
    assert dropped == [([6], 2)]  # to split takes no attempt


# --- reports of failed records -------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", '""', "{}", '{"batchItemFailures": []}', '{"batchItemFailures": null}', '"done"', '{"statusCode": 200}'],
)
def test_answers_that_are_a_success(answer: str) -> None:
    assert reports.read(answer.encode(), [7, 8], partial=True).failed_from is None


@pytest.mark.parametrize(
    "failed, index",
    [
        ([{"itemIdentifier": "9"}], 2),
        ([{"itemIdentifier": "9"}, {"itemIdentifier": "8"}], 1),
        ([{"itemIdentifier": "7"}], 0),
        ([{"itemIdentifier": 8}], 0),
        ([{"itemIdentifier": ""}], 0),
        ([{"itemIdentifier": None}], 0),
        ([{"itemIdentifier": "no such"}], 0),
        ([{"itemIdentifier": "9"}, {"itemIdentifier": "no such"}], 0),
        ([{"foo": "9"}], 0),
        ([{}], 0),
        (["9"], 0),
        ({"itemIdentifier": "9"}, 0),
    ],
)
def test_where_the_next_attempt_begins(failed: Any, index: int) -> None:
    answer = json.dumps({"batchItemFailures": failed}).encode()
    assert reports.read(answer, [7, 8, 9], partial=True).failed_from == index
    assert reports.read(answer, [7, 8, 9], partial=False).failed_from is None


def test_what_is_no_json_is_a_failure_where_reports_are_read() -> None:
    assert reports.read(b"<html>", [7], partial=True).failed_from == 0
    assert reports.read(b"<html>", [7], partial=False).failed_from is None


def test_the_rest_begins_at_the_lowest_that_failed_with_all_its_attempts() -> None:
    bench = Bench(response_types=PARTIAL, maximum_retries=2)
    bench.put(4)
    assert bench.works(failures("3", "2")) == [1, 2, 3]
    for pause in (1, 2, 4):
        assert bench.wait() == pause
        assert bench.works(failures("2")) == [2, 3]
    assert bench.drops() == ([2, 3], "RetryAttemptsExhausted", 3)
    assert bench.works() == [4]


def test_a_report_and_bisection() -> None:
    bench = Bench(batch_size=8, response_types=PARTIAL, bisect=True)
    bench.put(8)
    assert bench.works(failures("5")) == [1, 2, 3, 4, 5, 6, 7, 8]
    bench.wait()
    assert bench.breaks() == [5, 6, 7, 8]
    assert [bench.works(failures("5")), bench.works(), bench.works()] == [[5, 6], [5], [6]]
    assert [bench.works(), bench.next()] == [[7, 8], Idle()]


# --- tumbling windows ----------------------------------------------------------------


class Told:
    """What a function is told of its window."""

    def __init__(self, step: Step) -> None:
        assert isinstance(step, Run), step
        event = json.loads(step.event("shard", "arn"))
        self.records = [item.entry.sequence for item in step.batch.items]
        self.window = (event["window"]["start"][-9:-1], event["window"]["end"][-9:-1])
        self.state, self.final, self.early = event["state"], event["isFinalInvokeForWindow"], event["isWindowTerminatedEarly"]
        assert (event["shardId"], event["eventSourceARN"], len(event["Records"])) == ("shard", "arn", len(self.records))


def state(**members: Any) -> bytes:
    return json.dumps({"state": members}).encode()


def test_a_window_hands_its_state_on_and_ends_with_it() -> None:
    bench = Bench(tumbling_window_s=30)  # it is 1000 s after midnight: 00:16:40
    bench.put(4)
    told = Told(bench.next())
    assert (told.records, told.window, told.state, told.final) == ([1, 2, 3], ("00:16:30", "00:17:00"), {}, False)
    bench.works(state(n=3))
    told = Told(bench.next())
    assert (told.records, told.state) == ([4], {"n": 3})
    bench.breaks()
    bench.wait()
    assert Told(bench.next()).state == {"n": 3}  # what failed has left none
    bench.works(state(n=4))
    bench.now = 1019.9
    bench.put(1)
    bench.now = 1020
    bench.put(1)
    assert Told(bench.next()).records == [5]
    bench.works(state(n=5))
    told = Told(bench.next())
    assert (told.records, told.window, told.state, told.final, told.early) == (
        [], ("00:16:30", "00:17:00"), {"n": 5}, True, False,
    )  # fmt: skip
    bench.works()
    told = Told(bench.next())
    assert (told.records, told.window, told.state, told.final) == ([6], ("00:17:00", "00:17:30"), {}, False)
    bench.works(state(n=1))
    assert bench.wait() == 30 + 120  # "waits for up to 2 minutes"
    assert Told(bench.next()).final
    bench.works()
    assert bench.next() == Idle()


def test_a_window_whose_state_is_too_large_ends_early() -> None:
    bench = Bench(tumbling_window_s=30)
    bench.put(6)
    large = "x" * 2**20
    bench.works(state(n=large))
    told = Told(bench.next())
    assert (told.records, told.final, told.early, told.state) == ([], True, True, {"n": large})
    bench.works()
    told = Told(bench.next())
    assert (told.records, told.state, told.window) == ([4, 5, 6], {}, ("00:16:30", "00:17:00"))


def test_a_window_ends_with_its_shard() -> None:
    bench = Bench(tumbling_window_s=900)
    bench.put(1)
    bench.works(state(n=1))
    bench.shard.closed = True
    assert Told(bench.next()).final
    bench.works()
    assert bench.next() == End()


def test_a_last_invocation_that_fails_is_tried_again_and_given_up() -> None:
    bench = Bench(tumbling_window_s=30, maximum_retries=1)
    bench.put(1)
    bench.works(state(n=1))
    bench.wait()
    bench.breaks()
    bench.wait()
    told = Told(bench.next())
    assert told.final and told.state == {"n": 1}
    bench.breaks()
    assert bench.drops() == ([], "RetryAttemptsExhausted", 2)
    assert bench.next() == Idle()


# --- any records, any failures, any settings -----------------------------------------


class World:
    """A stream whose shards are split and merged, a mapping that is changed, and a function that does what it likes.

    At every moment it is checked that a key's records are in one hand at a time and in order; in the end, that each was done once.
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
