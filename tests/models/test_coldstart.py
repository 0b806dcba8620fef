"""Cold starts: the published measurements, what is drawn as a study found it, and the chance of one by traffic."""

from __future__ import annotations

import doctest
import json
import math
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lablib.models import coldstart
from lablib.models.coldstart import (
    ARCHITECTURES, COLD_START_S, GAP_S, MEMORIES_MB, PACKAGES, SOURCE, LogNormal, Weibull, chance, chances, draw, measurements,
    published, runtimes,
)
from lablib.models.lifecycle import IDLE_S
from lablib.models.scaling import NO_LIMITS, Exponential, Function, Poisson, simulate

FOLDER = Path(str(coldstart.__file__)).parent


# --- published ------------------------------------------------------------------------------


def test_source_is_what_the_file_says() -> None:
    header = json.loads((FOLDER / "lambda-perf-2026.json").read_text(encoding="utf-8"))
    assert header["source"] == f"{SOURCE.url.removeprefix('https://')} @{SOURCE.commit}, {SOURCE.licence}"
    assert (header["files"], header["unit"]) == (SOURCE.days, "ms init duration")
    assert (header["first"], header["last"]) == (f"data/{SOURCE.first}.json", f"data/{SOURCE.last}.json")
    note = (FOLDER / "lambda-perf-2026.md").read_text(encoding="utf-8")
    assert SOURCE.commit in note and SOURCE.url in note and "Apache License 2.0" in note and "What was changed" in note


def test_every_row_is_read() -> None:
    found = measurements()
    assert len(found) == 620 and len({(m.runtime, m.package, m.architecture, m.memory_mb) for m in found}) == 620
    assert {m.package for m in found} == set(PACKAGES) and {m.architecture for m in found} == set(ARCHITECTURES)
    assert {m.memory_mb for m in found} == set(MEMORIES_MB) and {m.runtime for m in found} == set(runtimes())
    for m in found:
        assert 0 < m.p10 <= m.p50 <= m.p90 <= m.p99 <= m.slowest and m.starts > 1_000 and m.first_invoke_ms > 0


@pytest.mark.parametrize(
    ("runtime", "p50", "p99", "small", "large"),
    [
        ("rust (prov.al2023)", 16.5, 47, 1.3, 1.3), ("go (prov.al2023)", 50.8, 74, 1.6, 1.6),
        ("python3.14", 121.6, 280, 2.1, 2.0),
        ("nodejs24.x", 144.5, 225, 28.7, 4.1), ("java25", 214.9, 532, 240, 10.8), ("ruby3.4", 228.2, 491, 11.7, 2.6),
        ("java21", 249.5, 596, 96.8, 6.7), ("dotnet8", 254.8, 606, 722, 75.5), ("dotnet10", 276.1, 708, 809, 82.9),
    ],
)  # fmt: skip
def test_the_published_figures(runtime: str, p50: float, p99: float, small: float, large: float) -> None:
    """As printed in the course's notes of 2026-11-23."""
    least, most = published(runtime, memory_mb=128), published(runtime, memory_mb=1024)
    assert (least.p50, least.first_invoke_ms, most.first_invoke_ms) == pytest.approx((p50, small, large), rel=0.02, abs=0.06)
    assert least.p99 == pytest.approx(p99, rel=0.02)
    assert least.first_answer_ms == least.p50 + least.first_invoke_ms


def test_memory_leaves_init_alone() -> None:
    """The lesson of lab 07, in the published figures: INIT's medians differ by a fifth at most, mostly by less than a tenth."""
    spreads = []
    for kind in {(m.runtime, m.package, m.architecture) for m in measurements()}:
        medians = [m.p50 for m in measurements() if (m.runtime, m.package, m.architecture) == kind]
        assert len(medians) == len(MEMORIES_MB)
        spreads.append(max(medians) / min(medians))
    assert max(spreads) < 1.2 and sum(spread < 1.1 for spread in spreads) / len(spreads) > 0.95


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"runtime": "python3"}, r"'python3' was not measured; near it are .*'python3\.14'.* lists all 40"),
        ({"runtime": "cobol"}, r"'cobol' was not measured; some that were"), ({"runtime": 7}, "7 was not measured"),
        ({"package": "jar"}, "package: 'jar' was not measured; give 'zip' or 'image'"),
        ({"architecture": "arm"}, "architecture: 'arm' was not measured; give 'x86_64' or 'arm64'"),
        ({"memory_mb": 300}, r"memory_mb: 300 MB was not measured; give one of 128, 256, 512, 1024\."),
        ({"memory_mb": "128"}, "memory_mb: '128'"), ({"memory_mb": True}, "memory_mb: True"),
        ({"runtime": "quarkus (prov.al2)", "architecture": "arm64"}, "as zip on arm64; give image on x86_64 or zip on x86_64"),
    ],
)  # fmt: skip
def test_what_was_not_measured_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        published(**{"runtime": "python3.13", **given})


# --- distributions --------------------------------------------------------------------------


@pytest.mark.parametrize("fit", [COLD_START_S, GAP_S, LogNormal(2, 0.1), Weibull(1, 1), Weibull(5, 0.5)])
def test_a_distribution_has_the_mean_and_deviation_it_was_given(fit: LogNormal | Weibull) -> None:
    """By its quantiles, so without chance: the mean of a million equally probable slices."""
    sliced = np.array([fit.quantile((i + 0.5) / 20_000) for i in range(20_000)])
    assert sliced.mean() == pytest.approx(fit.mean, rel=0.01)
    values = fit.sample(np.random.default_rng(3), 1_000_000)
    assert np.median(values) == pytest.approx(fit.quantile(0.5), rel=0.01)
    assert (values.mean(), values.std()) == (pytest.approx(fit.mean, rel=0.03), pytest.approx(fit.sd, rel=0.2))


def test_the_study() -> None:
    assert (COLD_START_S.mean, COLD_START_S.sd, GAP_S.mean, GAP_S.sd) == (3.24, 7.10, 1.25, 3.66)
    assert 0.1 <= COLD_START_S.median <= 2.0, "the medians of its Regions lie between 0.1 s and 2 s"
    assert GAP_S.shape < 1, "they come in bursts"
    assert Weibull(1, 1).shape == pytest.approx(1), "which without bursts is the exponential distribution"


def test_drawing_repeats_itself() -> None:
    one, again, other = draw(1_000, seed=4), draw(1_000, seed=4), draw(1_000, seed=5)
    assert np.array_equal(one.at_s, again.at_s) and np.array_equal(one.took_s, again.took_s)
    assert not np.array_equal(one.took_s, other.took_s)
    assert one.at_s.shape == one.took_s.shape == (1_000,) and bool(np.all(np.diff(one.at_s) >= 0)) and one.took_s.min() > 0
    assert draw(10, took=LogNormal(1, 1e-6)).took_s == pytest.approx(np.ones(10), rel=1e-3)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, "1", None, True])
def test_bad_amounts_are_refused(bad: Any) -> None:
    for make in (LogNormal, Weibull):
        for given in ((bad, 1.0), (1.0, bad)):
            with pytest.raises(ValueError, match="give a positive number of seconds, not"):
                make(*given)
    for keyword in ("duration_s", "kept_s"):
        with pytest.raises(ValueError, match=f"{keyword}: give a positive number of seconds"):
            chance(1, **{keyword: bad})
    if bad is not True:
        with pytest.raises(ValueError, match="rate_per_s: give .*requests per second"):
            chance(bad if bad != "1" else "one")


@pytest.mark.parametrize(("given", "says"), [
    ({"count": 0}, "count: give a whole number from 1"), ({"count": 2.5}, "count"), ({"count": 10**9}, "to 50,000,000"),
    ({"count": 1, "took": 3}, "took: give a LogNormal or a Weibull"), ({"count": 1, "gaps": None}, "gaps: give"),
    ({"count": True}, "count"), ({"count": 1, "seed": -1}, "seed"), ({"count": 1, "seed": "x"}, "seed"),
])  # fmt: skip
def test_bad_orders_are_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        draw(**given)


def test_shares_and_spreads_have_bounds() -> None:
    for bad in (0, 1, -0.5, math.nan, "half", True):
        for fit in (COLD_START_S, GAP_S):
            with pytest.raises(ValueError, match="share: give a number between 0 and 1"):
                fit.quantile(bad)  # type: ignore[arg-type]
    for make in (LogNormal, Weibull):
        with pytest.raises(ValueError, match="too far apart"):
            make(1, 1e6)
    with pytest.raises(ValueError, match="rate_per_s: give"):
        chance(10**400)


# --- traffic --------------------------------------------------------------------------------


@pytest.mark.parametrize("per_hour", [0.1, 1, 6, 30])
def test_with_requests_that_take_no_time_it_is_the_chance_of_a_long_pause(per_hour: float) -> None:
    assert chance(per_hour / 3600, 1e-6) == pytest.approx(math.exp(-per_hour / 3600 * IDLE_S), rel=1e-4)
    assert chance(per_hour / 3600, 1e-300) == pytest.approx(math.exp(-per_hour / 3600 * IDLE_S), rel=1e-4)


@pytest.mark.parametrize(("rate", "duration", "kept"), [(0.01, 1, 60), (1, 2, 5), (5, 1, 2), (20, 0.5, 1), (0.05, 0.1, 600)])
def test_it_agrees_with_the_simulator(rate: float, duration: float, kept: float) -> None:
    """The same rule, request by request: two who know nothing of each other."""
    function = Function(duration=Exponential(duration), idle_s=kept)
    run = simulate(function, Poisson(rate), 400_000 / rate, limits=NO_LIMITS, seed=1)
    assert chance(rate, duration, kept) == pytest.approx(run.cold_starts / run.requests, rel=0.03, abs=2e-4)


def test_it_agrees_with_simfaas() -> None:
    """Its published example: 0.9 arrivals/s, 1.991 s, kept for 600 s; 0.14 % of requests are cold (and take 2.244 s)."""
    assert 100 * chance(0.9, 1.991, 600) == pytest.approx(0.14, abs=0.015)


def test_more_requests_are_not_always_fewer_cold_starts() -> None:
    """Two that overlap need two environments, and the second cools down again."""
    once, often, always = chances([0.02, 0.09, 100.0])
    assert once < often > always


def test_many_rates_at_once_are_one_by_one() -> None:
    rates = [1e-5, 1e-3, 0.1, 5.0, 300.0]
    assert chances(rates, 2.0) == pytest.approx([chance(rate, 2.0) for rate in rates], abs=1e-9)
    assert chances(rates, 2.0).shape == (5,)


def test_what_is_too_much_for_it_is_said() -> None:
    with pytest.raises(ValueError, match=r"20,000 requests would be at work at once, .* ask lablib\.models\.scaling"):
        chance(20_000, 1.0)
    for bad in ([], [[1.0]], [1.0, -1.0], None):
        with pytest.raises(ValueError, match="rate_per_s"):
            chances(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("module", ["published", "traffic"])
def test_examples(module: str) -> None:
    found = import_module(f"lablib.models.coldstart.{module}")
    assert doctest.testmod(found).failed == 0
