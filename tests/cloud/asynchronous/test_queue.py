"""The queue, on a clock that the test moves: no event is lost, none comes to its end twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cloud.asynchronous.bench import BROKEN, FAILS, LOST, OK, QUEUE, THROTTLED, TOPIC, Bench, on_the_bench

DAY = 86_400.0


def test_accepted_at_once_and_run_soon(tmp_path: Path) -> None:
    async def scene(bench: Bench) -> None:
        bench.function()
        header = bench.put("r", payload=b' {"n": 1e400} ')
        assert bench.runs.attempts == [] and len(bench.queue) == 1
        await bench.clock.rest()
        assert bench.attempts("r") == [0.0] and bench.runs.attempts[0].trace == header and len(bench.queue) == 0
        [(arn, body, attributes)] = bench.neighbours.sent
        assert (arn, attributes) == (QUEUE, {}) and '"requestPayload":{"n": 1e400},"responseContext":' in body
        assert bench.metrics.of("AsyncEventsReceived") == bench.metrics.of("AsyncEventAge") == 1
        assert bench.metrics.of("AsyncEventsDropped") == 0

    on_the_bench(tmp_path, scene)


# course: (when it is tried, condition, approximateInvokeCount, status)
COURSES = {
    "well": ([OK], [0], "Success", 1, 200),
    "fails once": ([FAILS, OK], [0, 60], "Success", 1, 200),
    "fails": ([FAILS] * 3, [0, 60, 180], "RetriesExhausted", 3, 200),
    "throttled": ([THROTTLED] * 4, [0, 1, 3, 7, 15], "Success", 1, 200),
    "supervisor lost": ([LOST, LOST], [0, 1, 3], "Success", 1, 200),
    "a mistake of ours": ([BROKEN], [0, 1], "Success", 1, 200),
    "fails after a throttle": ([THROTTLED, FAILS, THROTTLED, FAILS, FAILS], [0, 1, 61, 62, 182], "RetriesExhausted", 3, 200),
}


@pytest.mark.parametrize("course, at, condition, runs, status", COURSES.values(), ids=COURSES)
def test_courses(tmp_path: Path, course: list[str], at: list[float], condition: str, runs: int, status: int) -> None:
    async def scene(bench: Bench) -> None:
        bench.function()
        bench.put("r", *course)
        await bench.clock.advance(DAY)
        assert bench.attempts("r") == at
        assert len({(attempt.request_id, attempt.trace) for attempt in bench.runs.attempts}) == 1
        [record] = bench.neighbours.records()["r"]
        assert record["requestContext"]["condition"] == condition
        assert record["requestContext"]["approximateInvokeCount"] == runs
        assert record["responseContext"]["statusCode"] == status
        assert bench.metrics.of("AsyncEventsDropped") == (condition != "Success")

    on_the_bench(tmp_path, scene)


def test_throttled_until_its_age(tmp_path: Path) -> None:
    """Never run: the record says 429, and has no response."""

    async def scene(bench: Bench) -> None:
        bench.function(maximum_age_s=3600, dead_letter=QUEUE)
        bench.put("r", *[THROTTLED] * 100)
        await bench.clock.advance(DAY)
        assert 3300 <= bench.attempts("r")[-1] < 3600
        [record] = bench.neighbours.records()["r"]
        context = record["requestContext"]
        assert (context["condition"], context["approximateInvokeCount"]) == ("EventAgeExceeded", 0)
        assert record["responseContext"] == {"statusCode": 429} and "responsePayload" not in record
        (_, body, attributes), _ = bench.neighbours.sent
        assert body == "{}" and attributes["ErrorCode"] == ("Number", "429")
        assert attributes["ErrorMessage"] == ("String", "Rate Exceeded.")

    on_the_bench(tmp_path, scene)


def test_a_function_with_no_concurrency_at_all(tmp_path: Path) -> None:
    async def scene(bench: Bench) -> None:
        bench.function(dead_letter=TOPIC)
        bench.functions.function("f").reserved_concurrency = 0
        bench.put("r")
        await bench.clock.rest()
        assert bench.runs.attempts == []
        (_, body, attributes), (_, record, _) = bench.neighbours.sent
        assert body == "{}" and set(attributes) == {"RequestID", "ErrorMessage"}
        assert json.loads(record)["requestContext"]["condition"] == "ZeroReservedConcurrency"
        assert "responseContext" not in json.loads(record)

    on_the_bench(tmp_path, scene)


def test_a_function_that_is_deleted_meanwhile(tmp_path: Path) -> None:
    """What it said about its events holds on."""

    async def scene(bench: Bench) -> None:
        bench.function(dead_letter=QUEUE)
        bench.put("r", FAILS)
        await bench.clock.advance(1)
        bench.functions.delete("f")
        await bench.clock.advance(DAY)
        assert bench.attempts("r") == [0]
        [record] = bench.neighbours.records()["r"]
        assert record["requestContext"]["condition"] == "RetriesExhausted" and record["responseContext"] == {"statusCode": 404}
        gone = "Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST"
        assert bench.neighbours.sent[0][2]["ErrorMessage"] == ("String", gone)

    on_the_bench(tmp_path, scene)


def test_what_cannot_be_delivered_is_counted(tmp_path: Path) -> None:
    async def scene(bench: Bench) -> None:
        bench.function(dead_letter=QUEUE, maximum_retries=0, on_failure=TOPIC)
        bench.neighbours.refusing = {QUEUE}
        bench.neighbours.denied = {"sns:Publish"}
        bench.put("r", FAILS)
        await bench.clock.rest()
        assert bench.neighbours.sent == []
        assert bench.metrics.of("DeadLetterErrors") == bench.metrics.of("DestinationDeliveryFailures") == 1

    on_the_bench(tmp_path, scene)


def test_a_chain_of_destinations_that_goes_round_is_stopped(tmp_path: Path) -> None:
    """Two functions that are each other's destination run 16 times each; the next event is dropped."""

    async def scene(bench: Bench) -> None:
        for name, other in (("f", "g"), ("g", "f")):
            bench.function(name, on_success=bench.functions.arn(other), on_failure=QUEUE)
        bench.put("r")
        await bench.clock.advance(DAY)
        assert [attempt.name for attempt in bench.runs.attempts] == ["f", "g"] * 16
        [[record]] = bench.neighbours.records().values()
        assert record["requestContext"]["condition"] == "RecursiveInvocation"
        assert record["responseContext"] == {"statusCode": 400}
        assert bench.metrics.totals["RecursiveInvocationsDropped", "f"] == 1

    on_the_bench(tmp_path, scene)


def test_one_that_may_loop_is_not_stopped(tmp_path: Path) -> None:
    async def scene(bench: Bench) -> None:
        bench.function()
        bench.functions.function("f").recursive_loop = "Allow"
        header = None
        for number in range(40):
            header = bench.put(str(number), trace=header)
        await bench.clock.rest()
        assert len(bench.runs.attempts) == 40

    on_the_bench(tmp_path, scene)


def test_a_slow_or_throttled_function_delays_no_other(tmp_path: Path) -> None:
    async def scene(bench: Bench) -> None:
        bench.function("slow")
        bench.function("quick")
        bench.runs.held = asyncio.Event()
        for number in range(300):
            bench.put(f"slow {number}", name="slow")
        while len(bench.runs.attempts) < 50:
            await asyncio.sleep(0)
        held, bench.runs.held = bench.runs.held, None
        bench.put("q", name="quick")
        for _ in range(20):
            await asyncio.sleep(0)
        assert bench.neighbours.records().keys() == {"q"}
        held.set()
        await bench.clock.rest()
        assert len(bench.neighbours.records()) == 301

    on_the_bench(tmp_path, scene)


def test_a_throttled_functions_queue_is_read_slowly(tmp_path: Path) -> None:
    """A thousand events for a function that may not run cost as many attempts as one; then all of them run."""

    async def scene(bench: Bench) -> None:
        bench.function()
        bench.runs.limit = 0
        for number in range(1000):
            bench.put(str(number))
        await bench.clock.advance(600)
        assert len(bench.runs.attempts) < 50 + 60
        bench.runs.limit = 8
        await bench.clock.advance(600)
        assert len(bench.neighbours.records()) == 1000 and bench.runs.most == 8
        assert len(bench.runs.attempts) < 1400

    on_the_bench(tmp_path, scene)


def test_a_new_event_finds_out_that_a_function_may_run_again(tmp_path: Path) -> None:
    """Once a second at most; the event that was refused keeps to its back-off."""

    async def scene(bench: Bench) -> None:
        bench.function()
        bench.runs.limit = 0
        bench.put("old")
        await bench.clock.advance(300)
        tried, bench.runs.limit = len(bench.runs.attempts), None
        assert tried == 9, "at 0, 1, 3, 7, 15, 31, 63, 127 and 255 s; the next attempt is at 511 s"
        for number in range(3):
            bench.put(str(number))
            await bench.clock.rest()
        assert bench.neighbours.records().keys() == {"0", "1", "2"} and len(bench.queue) == 1
        await bench.clock.advance(300)
        assert "old" in bench.neighbours.records()

    on_the_bench(tmp_path, scene)


def test_reset_forgets_everything(tmp_path: Path) -> None:
    async def scene(bench: Bench) -> None:
        bench.function()
        bench.runs.held = asyncio.Event()
        for number in range(100):
            bench.put(str(number))
        await asyncio.sleep(0)
        await bench.queue.reset()
        assert len(bench.queue) == 0 and bench.runs.running == 0
        bench.runs.held.set()
        await bench.clock.advance(DAY)
        assert bench.neighbours.sent == []

    on_the_bench(tmp_path, scene)


EVENTS = st.lists(st.lists(st.sampled_from([OK, FAILS, THROTTLED, LOST, BROKEN]), max_size=12), min_size=1, max_size=25)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(EVENTS, st.integers(1, 5), st.integers(0, 2), st.sampled_from([60, 200, 21_600]), st.sets(st.integers(0, 400), max_size=5))
def test_every_event_comes_to_exactly_one_end(
    tmp_path: Path, courses: list[list[str]], limit: int, retries: int, age: int, pauses: set[int]
) -> None:
    """Whatever becomes of the attempts, and whenever the clock is moved."""

    async def scene(bench: Bench) -> None:
        bench.function(maximum_retries=retries, maximum_age_s=age)
        bench.runs.limit = limit
        for number, course in enumerate(courses):
            bench.put(str(number), *course)
        for pause in sorted(pauses):
            await bench.clock.advance(pause)
        await bench.clock.advance(2 * DAY)
        assert len(bench.queue) == 0 and bench.runs.most <= limit
        records = bench.neighbours.records()
        assert records.keys() == {str(number) for number in range(len(courses))}
        for number, course in enumerate(courses):
            [record] = records[str(number)]
            context, tried = record["requestContext"], bench.attempts(str(number))
            assert context["approximateInvokeCount"] <= retries + 1 and tried == sorted(tried)
            if context["condition"] == "Success":
                assert set(course) - {FAILS, THROTTLED, LOST, BROKEN} or course.count(FAILS) <= retries
            elif context["condition"] == "RetriesExhausted":
                assert context["approximateInvokeCount"] == retries + 1
            else:
                assert context["condition"] == "EventAgeExceeded" and all(at < age for at in tried)

    on_the_bench(tmp_path, scene)
