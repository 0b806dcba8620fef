"""The timeline: what its rows and bars say, by its data."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lablib.models.report import Report
from lablib.models.timeline import Environment, Invocation
from lablib.view.timeline import MOST, timeline


def call(number: int, began: float, ms: float, init: float | None = None, **other: Any) -> Invocation:
    line = Report(f"r{number}", ms, round(ms) + 1, 512, 40, init_duration_ms=init, **other)
    return Invocation(began, began + ms, line, None if init is None else began - init)


TWO = (
    Environment("s/[$LATEST]aaaa", (call(1, 40, 100, 40.0), call(3, 200, 50), call(4, 600_300, 1_000, status="timeout"))),
    Environment("s/[$LATEST]bbbb", (call(2, 90, 20, 45.0),)),
)


def test_each_invocation_says_who_answered_it() -> None:
    picture = timeline("counter", TWO)
    told = []
    for number in range(1, 5):
        picture.set(invocation=number)
        told.append(picture.sentence.split(" Time runs")[0])
    assert told == [
        "Invocation 1 of 4 was answered by environment 1 of 2, a new one: 40 ms to start up, then 100 ms in the handler. "
        "No other was at work.",
        "Invocation 2 of 4 was answered by environment 2 of 2, a new one: 45 ms to start up, then 20 ms in the handler. "
        "2 environments were at work just then.",
        "Invocation 3 of 4 was answered by environment 1 of 2, which had answered 1 before and rested 60 ms: 50 ms in the handler. "
        "No other was at work.",
        "Invocation 4 of 4 was answered by environment 1 of 2, which had answered 2 before and rested 10 min: 1.0 s in the handler, "
        "where it ran into its timeout. No other was at work.",
    ]


def test_the_axis_is_said() -> None:
    picture = timeline("counter", TWO)
    told = set()
    for kind in ("cut", "order", "scale"):
        picture.set(axis=kind)
        told.add((picture.sentence, picture.svg()))
    assert len({sentence for sentence, _ in told}) == len({drawing for _, drawing in told}) == 3


def test_the_fixed_line_holds_nothing_measured() -> None:
    assert not re.search(r"\d", timeline("counter", TWO).still)


def test_one_invocation_has_no_slider() -> None:
    picture = timeline("counter", TWO[1:])
    assert list(picture.state) == ["axis"] and picture.sentence.startswith("Invocation 1 of 1")


def test_an_environment_that_started_up_ahead_says_so() -> None:
    line = Report("r1", 9.0, 10, 512, 40, init_duration_ms=40.0)
    picture = timeline("counter", [Environment("s/[1]aaaa", (Invocation(60_000, 60_009, line, 10),))])
    assert "environment 1 of 1, which had started up 60.0 s ahead, in 40 ms: 9.0 ms in the handler." in picture.sentence


def test_a_failure_is_said() -> None:
    one = Environment("s/[1]aaaa", (call(1, 40, 10, 5.0, status="error", error_type="Runtime.ExitError"),))
    assert "where it failed (Runtime.ExitError)" in timeline("counter", [one]).sentence


def test_more_than_can_be_drawn_is_said() -> None:
    many = [Environment(f"s/[1]{row:04x}", (call(row, 100 + row, 50, 40.0),)) for row in range(MOST + 30)]
    picture = timeline("counter", many)
    assert picture.sentence.startswith(f"Invocation 1 of {MOST + 30} ")
    assert picture.sentence.endswith(f"The first {MOST} are drawn.")
    assert len(picture.svg()) < 250_000


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="invoke the function first"):
        timeline("counter", [])
