"""Lambda's bill: AWS's own examples to the cent, and what a caller may ask."""

from __future__ import annotations

import doctest
import json
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.models import pricing
from lablib.models.pricing import Durable, ManagedInstances, SnapStart, bill, break_even, estimate, running, servers

EXAMPLES = json.loads(Path(__file__).with_name("pricing_examples.json").read_text(encoding="utf-8"))["examples"]
OFFICIAL = {example["id"]: example for example in EXAMPLES}

MOBILE = {"duration_ms": 120, "memory_mb": 1536}
INPUTS: dict[str, dict[str, Any]] = {
    "functions-1-mobile-backend": {"requests": 3_000_000, **MOBILE},
    "functions-3-bert-ephemeral": {"requests": 6_000_000, "duration_ms": 280, "memory_mb": 4096, "ephemeral_mb": 2048},
    "pc-1-launch-day": {
        "requests": 2_500_000, **MOBILE, "provisioned": 100, "provisioned_hours": 8,
        "provisioned_requests": 500_000, "provisioned_duration_ms": 100,
    },
    "snapstart-telemetry": {
        "requests": 7_440_000, "duration_ms": 2000, "memory_mb": 1024, "cold_start_rate": 0.01,
        "snapstart": SnapStart(cached_hours=744), "free_tier": False,
    },
    "esm-sqs-2": {"requests": 30_000_000, "duration_ms": 1000, "memory_mb": 1024, "poller_unit_hours": 8000, "free_tier": False},
    "durable-claims": {
        "requests": 2_000_000, "duration_ms": 16_000, "memory_mb": 1024, "architecture": "arm64",
        "durable": Durable(operations=4_000_000, written_gb=104, kept_days=7 + 14),
    },
    "edge": {"requests": 10_000_000, "duration_ms": 10, "memory_mb": 128, "edge": True},
}  # fmt: skip

LINES = {
    "requests": "requests", "compute": "compute", "compute_od": "compute", "compute_pc": "compute on provisioned concurrency",
    "pc": "provisioned concurrency", "ephemeral": "ephemeral storage", "esm": "event pollers (SQS)",
    "snapstart_cache": "SnapStart cache", "snapstart_restore": "SnapStart restores",
    "operations": "durable operations", "data_written": "durable data written", "data_retained": "durable data kept",
}  # fmt: skip
"""A printed line's name in the file, and in a Bill."""


@pytest.mark.parametrize("example", OFFICIAL)
def test_an_official_example_comes_out_to_the_cent(example: str) -> None:
    made = estimate(**INPUTS[example])
    printed = dict(OFFICIAL[example]["official"])
    total = Decimal(str(printed.pop("total")))
    printed.pop("snapstart", None)  # the sum of two lines
    assert {line.name: line.cents for line in made.lines} == {LINES[name]: Decimal(str(usd)) for name, usd in printed.items()}
    assert made.printed_total == total == round(made.total, 2)
    assert f"{total:,.2f} USD" in str(made).split("\n")[-1]




def test_other_examples_of_the_page() -> None:
    """Provisioned concurrency 2; tenant isolation, whose page rounds the price itself; Managed Instances."""
    event = estimate(
        requests=0, duration_ms=280, memory_mb=4096, provisioned=7, provisioned_hours=24, provisioned_requests=2_000_000,
        free_tier=False,
    )  # fmt: skip
    assert [str(line.cents) for line in event.lines] == ["0.40", "0.00", "10.08", "21.78"] and str(event.printed_total) == "32.26"
    tenants = estimate(requests=10_000_000, duration_ms=2000, memory_mb=1024, tenant_environments=200_000, free_tier=False)
    assert [str(line.cents) for line in tenants.lines[1:]] == ["333.33", "33.33"]  # 33.4 there
    instances = estimate(
        requests=100_000_000, duration_ms=200, memory_mb=2048, free_tier=False,
        managed_instances=ManagedInstances(hours=2000, usd_per_hour=0.1632, paid_usd_per_hour=0.0457),
    )  # fmt: skip
    assert [str(line.cents) for line in instances.lines] == ["20.00", "91.40", "48.96"]
    streamed = estimate(requests=3_000_000, duration_ms=500, memory_mb=1536, streamed_gb=976.5625, free_tier=False)
    assert str(streamed.lines[-1].cents) == "7.81"


def test_what_is_billed_is_rounded_up_to_a_millisecond() -> None:
    a_little = estimate(requests=1, duration_ms=0.01, memory_mb=1024, free_tier=False)
    assert a_little.lines[1].quantity == Decimal("0.001")
    cold = estimate(requests=10, duration_ms=133.61, init_ms=80, cold_start_rate=0.5, memory_mb=1024, free_tier=False)
    assert cold.lines[1].quantity == (5 * 214 + 5 * 134) / Decimal(1000), "one line's INIT and duration together"
    five_minutes = estimate(requests=0, duration_ms=1, memory_mb=1024, provisioned=2, provisioned_hours=0.01)
    assert five_minutes.lines[2].quantity == 600


def test_tiers_begin_where_the_free_tier_ends() -> None:
    made = estimate(requests=20_000_000, duration_ms=900_000, memory_mb=1024)
    assert [(line.name, line.quantity) for line in made.lines[1:]] == [
        ("compute", 6 * 10**9), ("compute, tier 2", 9 * 10**9), ("compute, tier 3", 3 * 10**9 - 400_000),
    ]  # fmt: skip
    assert made.amount("compute") == sum(line.amount for line in made.lines[1:])
    arm = estimate(requests=20_000_000, duration_ms=900_000, memory_mb=1024, architecture="arm64", free_tier=False)
    assert [line.quantity for line in arm.lines[1:]] == [75 * 10**8, Decimal("10.5") * 10**9]


def test_the_free_tier_takes_no_more_than_there_is() -> None:
    made = estimate(requests=1000, duration_ms=100, memory_mb=1024)
    assert made.total == 0 and [line.free for line in made.lines] == [1000, 100]
    assert estimate(requests=1000, duration_ms=100, memory_mb=1024, free_tier=False).total > 0
    assert estimate(requests=0, duration_ms=0, memory_mb=128).total == 0


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.floats(0, 900_000), st.sampled_from([128, 1769, 10_240]))
def test_more_requests_never_cost_less(requests: int, more: int, duration_ms: float, memory_mb: int) -> None:
    one, other = (estimate(requests=n, duration_ms=duration_ms, memory_mb=memory_mb) for n in (requests, requests + more))
    assert one.total <= other.total
    with localcontext(prec=60):
        assert other.total == sum(line.quantity * line.unit_price for line in other.lines)


def test_the_callers_decimal_context_and_kind_of_number_change_nothing() -> None:
    wanted = estimate(requests=3_000_000, **MOBILE).total
    with localcontext() as context:
        context.prec = 3
        made = estimate(requests=3e6, duration_ms=np.float64(120), memory_mb=1536)
        assert (made.total, str(made.printed_total)) == (wanted, "2.73") and "2.73 USD" in str(made)
    assert estimate(requests=np.int64(3_000_000), duration_ms=Decimal(120), memory_mb=1536).total == wanted


@pytest.mark.parametrize("region", ["eu-west-1", "af-south-1", "us-gov-west-1"])
def test_a_region_that_could_not_be_verified_is_refused_by_name(region: str) -> None:
    for ask in (
        lambda: estimate(requests=1, **MOBILE, region=region), lambda: pricing.bill_of([], region=region),
        lambda: pricing.price("requests", region),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f'"{region}" could not be verified, and none is guessed. Verified are "us-east-1"'):
            ask()


def test_what_was_verified_of_a_region_alone_is_used() -> None:
    here, there = (estimate(requests=3_000_000, **MOBILE, region=region) for region in ("us-east-1", "sa-east-1"))
    assert here.total == there.total
    for more, what in (
        ({"architecture": "arm64"}, "arm64 duration"), ({"provisioned": 1, "provisioned_hours": 1}, "provisioned concurrency"),
        ({"ephemeral_mb": 1024}, "ephemeral storage"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"{what} in sa-east-1 could not be verified"):
            estimate(requests=1, **MOBILE, region="sa-east-1", **more)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="beyond 6,000,000,000 GB-s"):
        estimate(requests=10**9, duration_ms=10_000, memory_mb=1024, region="sa-east-1")


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"requests": -1}, "requests takes a whole number, 0 or more; it was given as -1"),
    ({"requests": 1.5}, "requests takes a whole number"),
    ({"requests": "many"}, "requests takes a whole number, 0 or more; it was given as 'many'"),
    ({"requests": True}, "requests takes a whole number"),
    ({"duration_ms": float("nan")}, "duration_ms takes a number, 0 to 900,000"),
    ({"duration_ms": 900_001}, "duration_ms takes a number, 0 to 900,000"),
    ({"memory_mb": 0}, "memory_mb takes 128 to 10,240"),
    ({"memory_mb": 20_000}, "memory_mb takes a whole number, 0 to 10,240"),
    ({"architecture": "arm"}, 'architecture takes "x86_64" or "arm64"'),
    ({"region": "Mars"}, "region takes a Region's name; it was given as 'Mars'"),
    ({"region": None}, "region takes a Region's name"),
    ({"init_ms": float("inf")}, "init_ms takes a number"),
    ({"cold_start_rate": 1.5}, "cold_start_rate takes a number, 0 to 1"),
    ({"ephemeral_mb": 100}, "ephemeral_mb takes 512 to 10,240"),
    ({"provisioned_requests": 5}, "give provisioned and provisioned_hours too"),
    ({"snapstart": SnapStart(1), "ephemeral_mb": 1024}, "SnapStart goes with neither"),
    ({"snapstart": SnapStart(-1)}, "SnapStart's cached_hours takes a number"),
    ({"snapstart": SnapStart(1), "architecture": "arm64"}, "arm64 SnapStart cache in us-east-1 could not be verified"),
    ({"managed_instances": ManagedInstances(1, 1), "snapstart": SnapStart(1)}, "Managed Instances go with neither"),
    ({"snapstart": True}, "snapstart takes a SnapStart(...)"),
    ({"durable": {"operations": 1}}, "durable takes a Durable(...)"),
    ({"poller_unit_hours": {"mq": 1}}, 'a number, or "sqs" and "kafka"'),
    ({"durable": Durable(operations=0.5)}, "Durable's operations takes a whole number"),
    ({"requests": 10**400}, "requests takes a whole number, and no month has so much"),
    ({"streamed_gb": 1e300}, "streamed_gb takes a number, and no month has so much"),
    ({"init_ms": Decimal("sNaN")}, "init_ms takes a number, 0 or more; it was given as Decimal('sNaN')"),
    ({"edge": True, "architecture": "arm64"}, "Lambda@Edge has requests and duration on x86_64 alone"),
)


@pytest.mark.parametrize(("given", "said"), WRONG, ids=[str(given) for given, _ in WRONG])
def test_what_cannot_be_is_refused_in_words(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as refused:
        estimate(**{"requests": 1, "duration_ms": 1, "memory_mb": 128, **given})
    assert said in str(refused.value)


LINE = "REPORT RequestId: 1\tDuration: {d} ms\tBilled Duration: {b} ms\tMemory Size: {m} MB\tMax Memory Used: 31 MB"


def test_the_bill_of_what_ran_is_each_lines_own() -> None:
    lines = [LINE.format(d=133.61, b=214, m=128) + "\tInit Duration: 80.00 ms", LINE.format(d=2.2, b=3, m=1024)]
    made = running.bill_of(lines, free_tier=False)
    assert made.lines[0].quantity == 2 and made.lines[1].quantity == Decimal("0.214") / 8 + Decimal("0.003")
    same = estimate(requests=1, duration_ms=133.61, init_ms=80, cold_start_rate=1, memory_mb=128, free_tier=False)
    assert running.bill_of(lines[:1], free_tier=False).total == same.total
    assert running.bill_of(lines).total == 0 and running.bill_of([]).total == 0
    assert running.bill_of(lines, ephemeral_mb=1536).amount("ephemeral storage") == Decimal("0.217") * Decimal("0.0000000309")
    assert running.bill_of(lines[0], free_tier=False).total == same.total
    for wrong in (["END RequestId: 1"], [3], None):
        with pytest.raises(ValueError, match="this is none"):
            running.bill_of(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("more", [{}, {"free_tier": False}, {"architecture": "arm64", "init_ms": 200, "cold_start_rate": 0.01}])
def test_a_server_is_cheaper_from_one_request_more(more: dict[str, Any]) -> None:
    found = break_even(duration_ms=100, memory_mb=512, **more)
    assert found.server_usd == Decimal("0.0416") * 730
    costs = [estimate(requests=found.requests + n, duration_ms=100, memory_mb=512, **more).total for n in (0, 1)]
    assert costs[0] == found.lambda_usd <= found.server_usd < costs[1]
    assert found.concurrency == pytest.approx(found.requests_per_second * 0.1)


def test_what_break_even_cannot_answer() -> None:
    for more, said in (
        ({"server_usd_per_hour": 0}, "numbers above 0"), ({"server_usd_per_hour": "cheap"}, "server_usd_per_hour takes a number"),
        ({"requests": 3}, "leave requests out"), ({"provisioned": 100, "provisioned_hours": 730}, "before its first request"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            break_even(duration_ms=100, memory_mb=512, **more)  # type: ignore[arg-type]


def test_a_price_has_a_name() -> None:
    for item in ([], "coffee"):
        with pytest.raises(ValueError, match="in us-east-1 could not be verified"):
            pricing.price(item)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="region takes a Region's name"):
        pricing.price("requests", [])  # type: ignore[arg-type]


def test_every_price_says_where_it_was_read() -> None:
    assert all("2026" in one.source and one.usd > 0 for one in pricing.PRICES.values())


@pytest.mark.parametrize("module", [pricing, bill, running, servers])
def test_examples_in_the_docstrings(module: Any) -> None:
    assert doctest.testmod(module).failed == 0
