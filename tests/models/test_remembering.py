"""What environments remember of nine calls."""

from __future__ import annotations

import itertools

import pytest

from lablib.models.remembering import ARRIVALS, CALLS, GROUP, PLACES, REST, calls, lost


def test_one_environment_remembers_while_calls_come_one_by_one() -> None:
    for place in PLACES:
        assert [call.answer for call in calls("single", place)] == list(range(1, CALLS + 1))
    assert {call.environment for call in calls("single", "variable")} == {0}


def test_each_environment_of_a_group_counts_for_itself() -> None:
    found = calls("group", "variable")
    assert [call.answer for call in found] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [call.environment for call in found] == [0, 1, 2] * 3
    assert [call.new for call in found] == [True] * GROUP + [False] * (CALLS - GROUP)
    assert found[-1].remembered == (3, 3, 3)


@pytest.mark.parametrize("place", ["variable", "tmp"])
def test_an_hour_of_rest_ends_what_is_inside(place: str) -> None:
    found = calls("rest", place)
    assert [call.answer for call in found] == [1, 2, 3, 4, 5, 1, 2, 3, 4]
    assert found[REST].environment == 1 and found[REST].alive == (False, True) and found[REST].remembered == (None, 1)


def test_reading_and_then_writing_loses_what_comes_at_once() -> None:
    assert [call.answer for call in calls("group", "read-write")] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert lost(calls("rest", "read-write")) == 0


@pytest.mark.parametrize("arrival", ARRIVALS)
def test_adding_in_one_step_is_always_right(arrival: str) -> None:
    found = calls(arrival, "add")
    assert lost(found) == 0 and found[-1].table == CALLS


def test_an_environment_answers_one_call_at_a_time() -> None:
    for arrival, place in itertools.product(ARRIVALS, PLACES):
        for first in range(0, CALLS, GROUP if arrival == "group" else CALLS):
            together = [call.environment for call in calls(arrival, place)[first : first + GROUP]]
            assert arrival != "group" or len(set(together)) == GROUP


def test_what_it_does_not_know_is_said() -> None:
    with pytest.raises(ValueError, match="Calls arrive as one of single, group, rest; you gave 'all'"):
        calls("all", "add")
    with pytest.raises(ValueError, match="A count is kept in one of variable, tmp, read-write, add; you gave None"):
        calls("single", None)  # type: ignore[arg-type]
