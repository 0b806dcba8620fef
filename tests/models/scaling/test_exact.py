"""The simulator against small examples that can be followed by hand, a naive simulation, and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lablib.models.scaling import (
    NO_LIMITS, Constant, Duration, Exponential, Function, Limits, LogNormal, Poisson, Recorded, Result, Steps, azure_functions,
    azure_sample, erlang_b, simulate, steady,
)  # fmt: skip
from lablib.models.scaling.sketch import Sketch

# Lambda's ten requests on environments A to F (DG lambda-concurrency, 2026): which each gets; the times are ours, in that order.
TEN = Recorded(
    times=(0, 1, 2, 3, 4, 6.5, 8, 9.5, 10.5, 12), durations=(6, 6.5, 7, 8.5, 11, 6.5, 6, 5, 4, 2)
)  # fmt: skip


def test_the_ten_requests_of_the_guide() -> None:
    run = simulate(Function(1), TEN, trace=True)
    assert "".join("ABCDEF"[span.environment] for span in run.spans) == "ABCDEABCFD"
    assert [span.cold for span in run.spans] == [letter == "1" for letter in "1111100010"]
    assert (run.cold_starts, run.most_environments, run.most_busy) == (6, 6, 6)


def naive(times: list[float], lasts: list[float], init: float, idle_s: float, room: int) -> tuple[int, int, list[float]]:
    """Every environment looked at for every request: cold starts, refusals, latencies."""
    fleet: list[float] = []  # when each is free
    cold = lost = 0
    latencies = []
    for now, takes in zip(times, lasts):
        fleet = [free for free in fleet if free > now or free + idle_s > now]
        idle = [free for free in fleet if free <= now]
        if idle:
            fleet.remove(max(idle))
        elif sum(free > now for free in fleet) >= room:
            lost += 1
            continue
        else:
            cold += 1
            takes += init
        fleet.append(now + takes)
        latencies.append(takes)
    return cold, lost, latencies


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("room", [4, 1000])
@pytest.mark.parametrize("trace", [False, True])
def test_against_a_naive_simulation(seed: int, room: int, trace: bool) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(0.5, 2000)).tolist()
    lasts = rng.exponential(2.0, 2000).tolist()
    cold, lost, latencies = naive(times, lasts, 0.7, 5.0, room)
    run = simulate(Function(1, init=0.7, idle_s=5.0), Recorded(times, lasts), limits=Limits(account=room), trace=trace)
    assert (run.cold_starts, run.throttled, run.served) == (cold, lost, len(latencies))
    assert run.latency.mean == pytest.approx(np.mean(latencies))
    assert run.latency.p99 == pytest.approx(np.percentile(latencies, 99, method="inverted_cdf"), rel=0.01)


@pytest.mark.parametrize("limits", [Limits(), Limits(reserved=30), Limits(scaling=20), Limits(account=25, requests_per_concurrency=4)])
@pytest.mark.parametrize("duration", [Constant(0.3), Exponential(0.3), LogNormal(0.3, 0.6)])
def test_both_exact_engines_are_one(limits: Limits, duration: Duration) -> None:
    function = Function(duration, init=Exponential(0.5), idle_s=20)
    arrivals = Steps(((0, 20), (60, 110), (90, 2), (200, 60)))
    quick = simulate(function, arrivals, 260, limits=limits, seed=3)
    whole = simulate(function, arrivals, 260, limits=limits, seed=3, trace=True)
    for name in ("requests", "served", "failed", "cold_starts", "throttles", "most_environments", "most_busy"):
        assert getattr(quick, name) == getattr(whole, name), name
    for name in ("environments", "busy", "billed_s", "lifespan_s"):
        assert getattr(quick, name) == pytest.approx(getattr(whole, name)), name
    assert quick.latency.p90 == pytest.approx(whole.latency.p90)
    for name in ("environments", "busy", "throttles", "cold_starts"):
        assert getattr(quick.series, name) == pytest.approx(getattr(whole.series, name), abs=1e-6), name


@pytest.mark.parametrize("servers", [1, 5, 20, 100])
@pytest.mark.parametrize("part", [0.7, 1.0, 1.5])
def test_loss_is_erlangs(servers: int, part: float) -> None:
    function = Function(Exponential(1), cold=Exponential(1), idle_s=math.inf)
    limits = Limits(account=servers, scaling=math.inf, requests_per_concurrency=math.inf)
    run = simulate(function, Poisson(servers * part), 300_000 / (servers * part), limits=limits, seed=1)
    # The benchmark holds a grid to 1 % with runs that are long enough for it.
    assert run.failure_probability == pytest.approx(erlang_b(servers, servers * part), rel=0.06, abs=5e-4)


def test_little() -> None:
    run = simulate(Function(LogNormal(0.5, 1)), Poisson(40), 5_000, limits=NO_LIMITS)
    assert run.busy == pytest.approx(run.invocations / run.seconds * run.latency.mean, rel=1e-3)
    assert run.queue == 0 and math.isnan(run.waiting.mean)


@pytest.mark.parametrize("rps,duration_s,idle_s", [(0.9, 1.991, 600), (0.01, 1, 600), (0.002, 5, 600), (50, 0.2, 20)])
@pytest.mark.parametrize("kind", [Constant, Exponential])
def test_the_long_run_without_a_simulation(rps: float, duration_s: float, idle_s: float, kind: type[Exponential]) -> None:
    run = simulate(Function(kind(duration_s), idle_s=idle_s), Poisson(rps), 500_000 / rps, limits=NO_LIMITS)
    wanted = steady(rps, duration_s, idle_s)
    assert run.environments == pytest.approx(wanted.environments, rel=0.02)
    assert run.cold_start_probability == pytest.approx(wanted.cold_start_probability, rel=0.1)


def test_levels_over_time_are_exact() -> None:
    run = simulate(Function(1, init=1, idle_s=3), Recorded((0.0, 1.0, 8.0), (2.0, 2.0, 2.0)), 10, steps=10)
    assert run.series.busy.tolist() == [1, 2, 2, 1, 0, 0, 0, 0, 1, 1]
    assert run.series.environments.tolist() == [1, 2, 2, 2, 2, 2, 1, 0, 1, 1]
    assert run.series.cold_starts.tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    assert (run.environments, run.lifespan_s, run.billed_s) == (1.4, pytest.approx(14 / 3), 9)


def test_the_same_seed_is_the_same_run() -> None:
    def run(seed: int) -> Result:
        return simulate(Function(Exponential(1)), Poisson(5), 100, seed=seed)

    assert run(1).series.busy.tolist() == run(1).series.busy.tolist() != run(2).series.busy.tolist()


def test_the_recorded_trace() -> None:
    functions, sample = azure_functions(), azure_sample()
    assert len(functions) == 31 and sum(len(one.times) for one in functions.values()) == len(sample.times) == 199
    assert sample.seconds == pytest.approx(1260.0557980537415)
    run = simulate(Function(1), sample)
    assert run.served == 199 and run.busy * run.seconds == pytest.approx(sum(sample.durations or ()), rel=1e-6)
    alone = [simulate(Function(1), one).cold_starts for one in functions.values()]
    assert sum(alone) > run.cold_starts


def test_percentiles() -> None:
    seconds = np.random.default_rng(0).lognormal(0, 2, 100_000)
    sketch = Sketch()
    sketch.add(seconds)
    for percent in (0, 1, 50, 99, 99.9, 100):
        assert sketch.percentile(percent) == pytest.approx(np.percentile(seconds, percent), rel=0.01)
    with pytest.raises(ValueError, match="percent is a number, at least 0 and at most 100"):
        sketch.percentile(101)
