"""The pictures of lab 08: their figures are the model's, and every control says something else."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from lablib.models.pricing import break_even, estimate
from lablib.models.pricing.tuning import at, cpu_bound_ms, tuned
from lablib.models.report import Report
from lablib.view.bill import amounts, monthly_bill
from lablib.view.picture import Picture
from lablib.view.tuning import cheapest, power_tuning


def run(memory: int, ms: int, init: float | None = None, status: str | None = None) -> Report:
    return Report("id", float(ms), ms + int(init or 0), memory, 30, init_duration_ms=init, status=status)


RUNS = [
    run(1024, 185), run(512, 400, 80.0), run(512, 390), run(128, 1660), run(512, 410), run(512, 398),
    run(1769, 120), run(3538, 120), run(3538, 3000, status="timeout"),
]  # fmt: skip


def test_a_size_is_the_median_of_its_warm_runs_and_costs_what_estimate_says() -> None:
    sizes = tuned(RUNS)
    assert [(one.memory_mb, one.billed_ms) for one in sizes] == [(128, 1660), (512, 398), (1024, 185), (1769, 120), (3538, 120)]
    for one in sizes:
        assert one.usd == estimate(requests=1_000_000, duration_ms=one.billed_ms, memory_mb=one.memory_mb, free_tier=False).total
    assert sizes[0].usd > tuned(RUNS, "arm64")[0].usd
    with pytest.raises(ValueError, match="None of these REPORT lines is of a warm run"):
        tuned([run(512, 400, 80.0)])


def test_what_computes_takes_as_long_as_its_share_of_a_vcpu_makes_it() -> None:
    assert cpu_bound_ms(1769, 100, 128) == pytest.approx(1382, abs=1)
    assert cpu_bound_ms(1769, 100, 3538) == 100 and cpu_bound_ms(3538, 100, 1769) == 100


def test_cheapest_in_time() -> None:
    sizes = tuned(RUNS)
    chosen = {deadline: found.memory_mb if (found := cheapest(sizes, deadline)) else None for deadline in (2000, 400, 150, 100)}
    assert chosen == {2000: 1024, 400: 1024, 150: 1769, 100: None}


def test_tuning_tells_the_runs() -> None:
    picture = power_tuning(reports=RUNS)
    picture.set(memory=512, deadline=150)
    assert picture.sentence == (
        "At 512 MB a warm call takes 398 ms, and a million calls cost 3.52 USD at the price of x86_64. "
        "That misses a deadline of 150 ms. The cheapest size that meets it is 1,769 MB: 120 ms, 3.66 USD."
    )
    picture.set(deadline=100)
    assert picture.sentence.endswith("No size meets it.")
    picture.set(architecture="arm64")
    assert "2.85 USD at the price of arm64" in picture.sentence
    assert power_tuning(reports=[run(512, 40)]).svg().startswith("<svg"), "one size is enough to draw"
    assert at(512, 398).usd == tuned(RUNS)[1].usd


def test_the_bars_are_the_bill() -> None:
    picture = monthly_bill()
    picture.set(requests=100_000_000, cold=1.0)
    requests, handler, init, total, server = amounts(picture.state)
    whole = estimate(requests=100_000_000, duration_ms=100, memory_mb=512, init_ms=400, cold_start_rate=1)
    assert Decimal(str(round(total, 6))) == round(whole.total, 6) and total == pytest.approx(requests + handler + init)
    assert server == pytest.approx(30.368)
    assert "That is more than the server's 30.37 USD" in picture.sentence
    picture.set(requests=1_000)
    assert "cost 0.00 USD after the free tier" in picture.sentence and "less than the server's" in picture.sentence
    picture.set(free_tier=False, cold=0.0)
    assert "cost less than 0.01 USD without the free tier: less than 0.01 for requests, less than 0.01 for the handler, 0.00 for INIT" in picture.sentence


def test_the_bill_says_where_the_server_becomes_cheaper_and_what_it_would_carry() -> None:
    picture = monthly_bill()
    even = break_even(duration_ms=100, memory_mb=512, init_ms=400, cold_start_rate=0.01)
    assert f"it is cheaper from {even.requests + 1:,} requests on" in picture.sentence
    picture.set(requests=1_000_000_000, duration_ms=900_000, cold=0.0)
    assert "On average 342,465.75 of these run at once" in picture.sentence


@pytest.mark.parametrize("make", [monthly_bill, power_tuning])
def test_every_step_says_something_else(make: Callable[[], Picture]) -> None:
    picture = make()
    for control in picture._controls:
        values = [value for _, value in getattr(control, "steps", ()) or getattr(control, "options", ())]
        told = []
        for value in values:
            picture.set(**{control.name: value})
            told.append(picture.sentence)
        assert len(set(told)) == len(values) > 1, control.name
        picture.set(**{control.name: control.start})
