"""Closed forms, against figures that others printed."""

from __future__ import annotations

import math

import pytest

from lablib.models.scaling import concurrency, concurrency_needed, erlang_b, erlang_c, mean_wait, steady


@pytest.mark.parametrize("rps,duration_s,wanted", [
    (100, 1, 100), (100, 0.5, 50), (200, 0.25, 50), (5_000, 0.2, 1_000), (20_000, 0.05, 2_000), (30_000, 0.02, 3_000),
])  # fmt: skip
def test_what_the_guide_computes(rps: float, duration_s: float, wanted: float) -> None:
    """DG lambda-concurrency, 2026."""
    assert concurrency_needed(rps, duration_s) == pytest.approx(wanted)
    assert concurrency(rps, duration_s) == pytest.approx(rps * duration_s)


@pytest.mark.parametrize("servers,load,wanted", [(1, 1, 1 / 2), (2, 1, 1 / 5), (3, 2, 4 / 19), (0, 5, 1), (5, 0, 0)])
def test_erlang_b(servers: int, load: float, wanted: float) -> None:
    assert erlang_b(servers, load) == pytest.approx(wanted)


def test_erlang_b_of_many() -> None:
    """The definition, in logarithms, where factorials overflow."""
    servers, load = 1_000, 980.0
    logs = [k * math.log(load) - math.lgamma(k + 1) for k in range(servers + 1)]
    assert erlang_b(servers, load) == pytest.approx(1 / sum(math.exp(log - logs[-1]) for log in logs))


def test_erlang_c() -> None:
    assert erlang_c(1, 0.5) == pytest.approx(0.5)  # M/M/1: as often as it is busy
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(3, 3.0) == 1.0
    assert mean_wait(1, 0.5, 1.0) == pytest.approx(1.0)  # M/M/1: load / (rate of service - rate of arrival)
    assert mean_wait(2, 5, 1) == math.inf


def test_one_environment_is_cold_after_a_long_silence() -> None:
    """Rare requests: cold is who comes after more than ten idle minutes, exp(-rate × 600) of them."""
    for rps in (1e-5, 1e-4, 1e-3):
        assert steady(rps, 0.01).cold_start_probability == pytest.approx(math.exp(-600 * rps), rel=0.01)


@pytest.mark.parametrize("call,words", [
    (lambda: concurrency(-1, 1), "rps is a number, at least 0 and at most 1e.15; it was -1"),
    (lambda: concurrency_needed(1, math.nan), "duration_s is a number, at least 0 and at most 1e.15; it was nan"),
    (lambda: erlang_b(2.5, 1), "servers is a whole number, at least 0; it was 2.5"),  # type: ignore[arg-type]
    (lambda: steady("ten", 1), "rps is a number, more than 0; it was 'ten'"),  # type: ignore[arg-type]
    (lambda: steady(1, 0), "duration_s is a number, more than 0; it was 0"),
    (lambda: steady(math.inf, 1), "rps is a finite number"),
    (lambda: steady(1e12, 1), "rps × duration_s is a number, at least 0 and at most 1e.10"),
    (lambda: erlang_b(10**18, 1), "servers is a number, at least 0 and at most 1e.07"),
    (lambda: erlang_b(5, 10**400), "load is a number, at least 0"),
    (lambda: erlang_c(5, "x"), "load is a number, at least 0; it was 'x'"),  # type: ignore[arg-type]
    (lambda: mean_wait(-1, 5, 1), "servers is a number, at least 0"),
    (lambda: mean_wait(None, 5, 1), "servers is a number, at least 0"),  # type: ignore[arg-type]
])  # fmt: skip
def test_what_makes_no_sense_is_refused(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        call()  # type: ignore[operator]
