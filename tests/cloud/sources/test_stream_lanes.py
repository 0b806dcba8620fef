"""What a mapping of a stream does with records, on a clock that the test moves: pure, without a cloud."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lablib.cloud.sources.mappings.streams import reports
from lablib.cloud.sources.mappings.streams.batches import Again, Drop, End, Idle, Run, Sleep, Step
from tests.cloud.sources.lanes import BROKE, OK, PARTIAL, THROTTLED, WORKED, Bench, failures, sequences

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
    ["", "null", "[]", '""', "{}", '{"batchItemFailures": []}', '{"batchItemFailures": null}', '{"statusCode": 200}'],
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
