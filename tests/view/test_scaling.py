"""The picture of scaling: what it draws is the simulation's, and its sentence says the same."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from matplotlib.figure import Figure

from lablib.models.scaling import Asynchronous, Synchronous
from lablib.view import scaling as view
from lablib.view.scaling import run, scaling, tell
from lablib.view.theme import Palette

START: dict[str, Any] = scaling().state


def scene(**moved: Any) -> Any:
    made = view._Scene(Figure(), Palette.light())
    made.show({**START, **moved})
    return made


def test_the_sentence() -> None:
    assert scaling().sentence == (
        "100 requests a second at the peak (steady) × 500 ms = 50 at a time. Concurrency a new account's, 1,000; called by clients "
        "that give up: 109 environments at the most, 1.84 % of calls cold, nothing throttled. Of those answered, half are within 500 ms, "
        "99 % within 1.0 s. 60 seconds of this cost 0.026 USD."
    )
    assert "199 requests in 21 minutes, as they were recorded" in tell({**START, "traffic": "recorded"})
    assert "80 % of requests lost" in tell({**START, "rate": 10_000})
    assert "for more than 10 requests a second each" in tell({**START, "duration": 0.05, "limit": (1_000, 100), "rate": 2_500})
    assert "of attempts throttled, as no fleet grows faster" in tell({**START, "traffic": "rise", "rate": 10_000, "limit": (10_000, None)})
    queued = tell({**START, "limit": (1_000, 10), "caller": Asynchronous()})
    assert "0 % of requests lost" in queued and "wait." in queued
    crowd = tell({**START, "limit": (1_000, 10), "rate": 1_000_000})
    assert "99.99 % of attempts throttled" in crowd and "100 %" not in crowd, "some are answered"


def test_every_step_says_something_else() -> None:
    for control in scaling()._controls:
        values = [value for _, value in getattr(control, "options", None) or control.steps]  # type: ignore[union-attr]
        assert START[control.name] in values
        told = [tell({**START, control.name: value}) for value in values]
        assert all(one != other for one, other in itertools.pairwise(told)) and len(set(told)) == len(told)


@pytest.mark.parametrize("moved", [{}, {"traffic": "bursts", "rate": 10_000}, {"traffic": "recorded"}, {"limit": (1_000, 10)}])
def test_lines_are_the_simulation(moved: dict[str, Any]) -> None:
    drawn, found = scene(**moved), run(**{**START, **moved})
    for line, name in (("_came", "arrivals"), ("_refused", "throttles"), ("_exist", "environments"), ("_work", "busy"), ("_wait", "queue")):
        xs, ys = getattr(drawn, line).get_data()
        assert xs.tolist() == found.series.edges.tolist() and ys[:-1].tolist() == getattr(found.series, name).tolist(), name
        assert 0 <= ys.min() and ys.max() <= getattr(drawn, line).axes.get_ylim()[1]
    assert drawn._most.get_visible() == (found.throttled > 0)


def test_any_size_is_answered_by_the_engine_that_fits() -> None:
    assert run("steady", 100, 0.5, (1_000, None), Synchronous()).engine == "exact"
    crowd = run("day", 1_000_000, 0.1, (200_000, None), Synchronous())
    # A fleet grows by 1,000 environments at once and by 1,000 in ten seconds.
    assert crowd.engine == "fluid" and crowd.most_environments == pytest.approx(1_000 + 60 * 100, rel=0.02)
    for traffic, rate, limit in itertools.product(("steady", "rise", "day", "bursts"), (1, 2_500), ((1_000, 10), (200_000, None))):
        assert run(traffic, rate, 0.1, limit, Asynchronous()).requests > 0
