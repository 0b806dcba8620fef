"""When an event is tried again, and when it is given up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.asynchronous.policy import Again, Over, Progress, Step, backoff, expired, failed, refused, succeeded

DAY = 86_400
MOMENTS = st.floats(1_700_000_000, 1_900_000_000)


def test_the_retries_of_a_failing_function() -> None:
    """At most a second early, never late: after one minute, then after two."""
    first = failed(Progress(1000.0), 2, DAY, 1003.25)
    assert first == Again(Progress(1000.0, runs=1), 1063.0)
    second = failed(first.progress, 2, DAY, 1064.0)
    assert second == Again(Progress(1000.0, runs=2), 1184.0)
    assert failed(second.progress, 2, DAY, 1185.0) == Over(Progress(1000.0, runs=3), "RetriesExhausted")


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_as_many_retries_as_are_set(retries: int) -> None:
    step: Step = Again(Progress(0.0), 0.0)
    while isinstance(step, Again):
        step = failed(step.progress, retries, DAY, step.at)
    assert step == Over(Progress(0.0, runs=retries + 1), "RetriesExhausted")


def test_back_off_doubles_from_one_second_to_five_minutes() -> None:
    assert [backoff(number) for number in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert backoff(10**9) == 300


# What was captured in 2023 with a maximum age of 60 s and of 100 s (approximateInvokeCount 1 and 2), and its condition.
@pytest.mark.parametrize("age, runs", [(60, 1), (100, 2), (181, 3)])
def test_nobody_waits_for_a_retry_that_would_come_too_late(age: int, runs: int) -> None:
    step: Step = Again(Progress(500.0), 500.0)
    while isinstance(step, Again):
        step = failed(step.progress, 2, age, step.at)
    assert step.progress.runs == runs
    assert step.condition == ("RetriesExhausted" if runs == 3 else "EventAgeExceeded")


@given(MOMENTS, st.integers(60, 21_600), st.floats(0.0, 5.0))
def test_a_throttled_event_is_tried_until_its_age(accepted: float, age: int, each: float) -> None:
    """Each attempt takes `each` seconds."""
    step: Step = Again(Progress(accepted), accepted)
    tried: list[float] = []
    while isinstance(step, Again):
        assert not expired(step.progress, age, step.at)
        tried.append(step.at)
        step = refused(step.progress, age, step.at + each)
    assert step == Over(Progress(accepted, 0, len(tried)), "EventAgeExceeded")
    assert accepted + age - (tried[-1] + each) <= 300, "given up no more than one back-off early"
    for number, (one, other) in enumerate(zip(tried, tried[1:]), start=1):
        wait = backoff(number)
        assert wait - 1 < other - (one + each) <= wait + 1e-6 or other == one + each


@given(MOMENTS, st.integers(0, 2), st.integers(60, 21_600), st.lists(st.tuples(st.booleans(), st.floats(0, 900)), max_size=200))
def test_any_course_comes_to_an_end(accepted: float, retries: int, age: int, course: list[tuple[bool, float]]) -> None:
    """An event is never tried past its age, never more often than allowed, and time goes forward."""
    step: Step = Again(Progress(accepted), accepted)
    for fails, takes in course:
        if not isinstance(step, Again):
            break
        begun, now = step, step.at + takes
        step = failed(step.progress, retries, age, now) if fails else refused(step.progress, age, now)
        assert step.progress.runs == begun.progress.runs + fails <= retries + 1
        if isinstance(step, Again):
            assert now <= step.at < accepted + age
        elif step.condition == "RetriesExhausted":
            assert step.progress.runs == retries + 1
        else:
            assert step.condition == "EventAgeExceeded" and now + 300 >= accepted + age


def test_success() -> None:
    assert succeeded(Progress(0.0, 1, 4)) == Over(Progress(0.0, 2, 4), "Success")
