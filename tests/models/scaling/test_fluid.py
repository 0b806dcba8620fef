"""The fluid engine against the exact one, wherever both can run."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lablib.models.scaling import (
    NO_LIMITS, Asynchronous, Bursty, Caller, Every, Exponential, Function, Limits, LogNormal, Periodic, Poisson, Polled, Recorded,
    Result, Steps, Synchronous, erlang_b, simulate, steady,
)  # fmt: skip
from lablib.models.scaling.arrivals import Arrivals
from lablib.models.scaling.crowd import Peaks, blocked

AGREE = {
    "steady": (Function(Exponential(0.2), init=0.5), Poisson(5_000), 60, NO_LIMITS, Synchronous()),
    "day": (Function(LogNormal(0.5, 0.5), init=1), Periodic(2_000, 0.8, 100), 100, Limits(account=3_000), Synchronous()),
    "steps": (Function(0.1, init=1), Steps(((0, 5_000), (20, 20_000), (30, 3_000))), 60, NO_LIMITS, Synchronous()),
    "spike": (Function(Exponential(0.5), init=0.5), Steps(((0, 500), (10, 6_000), (20, 500))), 30, Limits(account=9_000), Synchronous()),
    "bursts": (Function(0.1, init=0.5), Bursty(3_000, 20_000, 10, 5), 60, NO_LIMITS, Synchronous()),
    "overload": (Function(0.2, init=0.3), Poisson(8_000), 60, Limits(), Synchronous()),
    "rate": (Function(Exponential(0.05), init=0.1), Poisson(6_000), 20, Limits(account=400), Synchronous()),
    "growth": (Function(Exponential(0.5), init=0.2), Poisson(6_000), 60, Limits(account=10_000), Synchronous()),
    "retries": (Function(Exponential(0.2)), Poisson(2_500), 40, Limits(account=400), Synchronous(attempts=3)),
    "queue": (Function(Exponential(0.5)), Steps(((0, 1_500), (10, 100))), 40, Limits(account=400), Asynchronous()),
    "provisioned": (Function(Exponential(0.5), init=0.2), Poisson(3_000), 20, Limits(account=4_000, provisioned=800), Synchronous()),
}


@pytest.mark.parametrize("name", AGREE)
def test_engines_agree(name: str) -> None:
    """Within 2 % of the mean of three exact runs, and of what chance makes of that; rare things within 0.02 % of the requests."""
    function, arrivals, seconds, limits, caller = AGREE[name]
    fluid = run(function, arrivals, seconds, limits, caller, "fluid")
    seeds = range(1 if isinstance(arrivals, Bursty) else 3)  # each seed has bursts of its own
    exact = [run(function, arrivals, seconds, limits, caller, "exact", seed) for seed in seeds]
    for figure in (
        "requests", "served", "failed", "throttled", "environments", "most_environments", "cold_starts", "busy", "queue", "billed_s",
    ):  # fmt: skip
        found = [getattr(one, figure) for one in exact]
        least = 2e-4 * fluid.requests if figure in ("failed", "throttled") else 0.0
        bound = max(least, 0.02 * np.mean(found) + 2 * np.std(found) / math.sqrt(len(found)))
        assert getattr(fluid, figure) == pytest.approx(np.mean(found), abs=bound), figure
    assert fluid.latency.p50 == pytest.approx(np.mean([one.latency.p50 for one in exact]), rel=0.05)


def run(
    function: Function, arrivals: Arrivals, seconds: float, limits: Limits, caller: Caller, engine: str, seed: int = 0
) -> Result:  # fmt: skip
    return simulate(function, arrivals, seconds, limits=limits, caller=caller, engine=engine, seed=seed)  # type: ignore[arg-type]


def test_a_day_at_a_million_requests_a_second() -> None:
    day = simulate(Function(0.1, init=0.5), Periodic(1_000_000), 86_400, limits=Limits(account=200_000))
    assert day.engine == "fluid"
    assert day.requests == pytest.approx(86_400e6, rel=1e-6)
    assert day.busy == pytest.approx(100_000, rel=0.001)
    assert day.most_environments == pytest.approx(180_000, rel=0.02)
    assert day.series.arrivals.max() / day.series.arrivals.min() == pytest.approx(9, rel=0.01)


@pytest.mark.parametrize("rates", [((0, 50_000),), ((0, 500), (20, 50_000), (40, 500))])
def test_no_more_work_than_exist(rates: tuple[tuple[float, float], ...]) -> None:
    """Also in the first step, which holds every INIT of a fleet that begins."""
    for limits in (Limits(reserved=10), Limits(), Limits(account=200_000)):
        series = simulate(Function(0.25, init=0.5), Steps(rates), 60, limits=limits, engine="fluid", steps=80, detail=80).series
        assert (series.busy <= series.environments + 1e-9).all()


def test_the_engine_that_fits_is_taken() -> None:
    assert simulate(Function(1), Poisson(10), 10).engine == "exact"
    assert simulate(Function(1), Poisson(100_000), 1_000, limits=Limits(account=1_000)).engine == "fluid"


@pytest.mark.parametrize("arrivals,words,caller", [
    (Poisson(10), "fewer than 200 environments would work at a time", Synchronous()),
    (Every(1, 1_000), "a timer's and a recording's", Synchronous()),
    (Recorded([1.0] * 1_000), "a timer's and a recording's", Synchronous()),
    (Poisson(1_000), "the pollers of a queue", Polled()),
])  # fmt: skip
def test_what_it_cannot_do_it_says(arrivals: Arrivals, words: str, caller: Caller) -> None:
    with pytest.raises(ValueError, match=words + ".*: use engine='exact'"):
        simulate(Function(1), arrivals, 10, caller=caller, engine="fluid")
    with pytest.raises(ValueError, match="engine is one of auto, exact, fluid"):
        simulate(Function(1), arrivals, 10, engine="quick")  # type: ignore[arg-type]


@pytest.mark.parametrize("room,load", [(100, 90), (1_000, 1_000), (1_000, 950), (1_000, 2_000), (20_000, 20_100)])
def test_erlang_b_of_a_large_fleet(room: int, load: float) -> None:
    assert blocked(room, load) == pytest.approx(erlang_b(room, load), rel=1e-3)
    assert blocked(0, load) == 1.0 and blocked(room, 0.1 * room) == 0.0


@pytest.mark.parametrize("rps,duration_s,idle_s", [(1_000, 0.2, 600), (1_000, 0.5, 10), (1e6, 0.1, 600)])
def test_environments_are_those_of_the_long_run(rps: float, duration_s: float, idle_s: float) -> None:
    edges = np.linspace(0, 4 * idle_s, 241)
    peaks = Peaks(edges, np.full(240, rps * duration_s), duration_s, idle_s, math.inf)
    assert peaks.means()[-1] == pytest.approx(steady(rps, duration_s, idle_s).environments, rel=0.01)
