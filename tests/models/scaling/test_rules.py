"""Lambda's limits, and callers who meet them."""

from __future__ import annotations

import math

import pytest

from lablib.models.scaling import (
    Asynchronous, Bursty, Every, Exponential, Function, Limits, Measured, Periodic, Poisson, Polled, Recorded, Steps, Synchronous,
    LogNormal, Uniform, simulate,
)  # fmt: skip

RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"


def at_once(count: int, at: float = 0.0) -> Recorded:
    return Recorded([at] * count, [1.0] * count)


def test_a_reservation_is_the_most() -> None:
    run = simulate(Function(1), at_once(12), limits=Limits(reserved=10))
    assert (run.served, run.failed, run.throttles) == (10, 2, {RESERVED: 2})
    stopped = simulate(Function(1), at_once(12), limits=Limits(reserved=0))
    assert (stopped.served, stopped.throttle_probability, stopped.environments) == (0, 1.0, 0.0)


def test_the_fleet_grows_by_a_thousand_and_then_by_a_hundred_a_second() -> None:
    run = simulate(Function(60), Steps(((0, 1_000_000), (0.1, 0), (5.0, 1_000_000), (5.1, 0))), 10, limits=Limits(account=5_000))
    assert run.cold_starts == pytest.approx(1_000 + 500 + 10, abs=15)


def test_ten_requests_a_second_for_each() -> None:
    """DG lambda-concurrency, 2026: 20,000 requests of 50 ms a second need 1,000 at a time, but are throttled at 10,000 a second."""
    busy = simulate(Function(0.05, init=0.05), Poisson(20_000), 20)
    assert busy.throttles["FunctionInvocationRateLimitExceeded"] / 20 == pytest.approx(9_500, rel=0.03)
    calm = simulate(Function(0.05, init=0.05), Poisson(20_000), 5, limits=Limits(account=2_500, scaling=3_000))
    assert calm.throttled == 0
    queued = simulate(Function(0.05, init=0.05), Poisson(10_000), 5, limits=Limits(account=900), caller=Asynchronous())
    assert set(queued.throttles) <= {"ConcurrentInvocationLimitExceeded"}


def test_provisioned_concurrency_is_warm_and_spills_over() -> None:
    run = simulate(Function(1, init=2), at_once(7), limits=Limits(provisioned=5), trace=True)
    assert [span.cold for span in run.spans] == [False] * 5 + [True] * 2
    assert (run.on_provisioned, run.cold_starts, run.most_environments) == (5, 2, 7)
    assert (run.billed_provisioned_s, run.billed_s) == (5, 6)
    quick = simulate(Function(0.01), Every(0.02), 2, limits=Limits(provisioned=1))  # 50 a second, of which 10 after the first
    assert 19 <= quick.on_provisioned <= 30 and quick.cold_starts == 1
    inside = simulate(Function(1), at_once(7), limits=Limits(provisioned=5, reserved=6))
    assert (inside.served, inside.failed) == (6, 1)


def test_what_a_run_costs() -> None:
    """By hand: 6 requests; on demand 1 + 2 s and, as that one is still at work, 1 + 1 s; 2 provisioned ones work for 4 s, and are
    kept for 300 s at least."""
    function, limits = Function(1, init=1, memory_mb=1024), Limits(provisioned=2)
    run = simulate(function, Recorded([0, 0, 0, 2, 2, 2], [1, 1, 2, 1, 1, 1]), limits=limits)
    assert (run.billed_s, run.billed_provisioned_s, run.cold_starts) == (5, 4, 2)
    bill = run.bill()
    assert [(line.name, float(line.quantity)) for line in bill.lines] == [
        ("requests", 6), ("compute", 5), ("provisioned concurrency", 600), ("compute on provisioned concurrency", 4),
    ]  # fmt: skip
    assert float(run.bill().amount("compute")) == pytest.approx(5 * 0.0000166667)
    with pytest.raises(ValueError, match="mars-north-1"):
        run.bill(region="mars-north-1")


def test_a_client_retries() -> None:
    limits = Limits(reserved=1)
    run = simulate(Function(1), at_once(2), 10, limits=limits, caller=Synchronous(attempts=3, jitter=False), trace=True)
    assert [(span.start, span.end) for span in run.spans] == [(0, 1), (1, 2)]
    assert (run.latency.longest, run.waiting.longest, run.throttled, run.failed) == (2, 1, 1, 0)
    three = simulate(Function(3), Recorded([0, 0], [3, 3]), 10, limits=limits, caller=Synchronous(attempts=2, jitter=False))
    assert (three.served, three.failed, three.throttled) == (1, 1, 2)
    once = simulate(Function(1), at_once(2), 10, limits=limits)
    assert once.failed == 1


def test_an_event_waits_longer_and_longer() -> None:
    """1, 2, 4 s … after each refusal: at 0, 1, 3, 7, 15."""
    busy = Recorded([0, 0], [10, 1])
    run = simulate(Function(1), busy, 60, limits=Limits(reserved=1), caller=Asynchronous(), trace=True)
    assert [(span.request, span.start) for span in run.spans] == [(1, 0), (2, 15)]
    assert (run.throttled, run.most_queued, run.oldest_s) == (4, 1, 15)
    assert run.series.queue.sum() * 60 / 240 == pytest.approx(15)
    old = simulate(Function(1), Recorded([0, 0], [200, 1]), 300, limits=Limits(reserved=1), caller=Asynchronous(oldest_s=60))
    assert (old.served, old.failed, old.pending) == (1, 1, 0)
    off = simulate(Function(1), at_once(2), 60, limits=Limits(reserved=0), caller=Asynchronous())
    assert (off.failed, off.throttled) == (2, 2)


def test_a_queue_is_polled_in_batches() -> None:
    """5 batches at a time, and one more for every 0.2 s of backlog."""
    run = simulate(Function(10), Recorded([0.0] * 100), 30, caller=Polled(batch=10), trace=True)
    starts = [span.start for span in run.spans]
    assert run.served == 100 and run.invocations == 5 + 10
    assert starts[:5] == [0, 0, 0, 0, 0] and starts[5:8] == pytest.approx([0.2, 0.4, 0.6])
    capped = simulate(Function(10), Recorded([0.0] * 100), 100, caller=Polled(batch=1, maximum_concurrency=2))
    assert (capped.most_busy, capped.served, capped.pending) == (2, 20 + 2, 78)
    throttled = simulate(Function(1), Recorded([0.0] * 6), 60, limits=Limits(reserved=2), caller=Polled(batch=1))
    assert (throttled.served, throttled.failed) == (6, 0) and throttled.throttled >= 3


@pytest.mark.parametrize("arrivals,mean", [
    (Poisson(50), 50), (Periodic(50, 0.9, 100), 50), (Every(0.1, 5), 50), (Steps(((0, 90), (500, 10))), 50),
    (Bursty(20, 140, quiet_s=3, burst_s=1), 50),
])  # fmt: skip
def test_traffic_comes_at_its_rate(arrivals: Poisson, mean: float) -> None:
    run = simulate(Function(0.01), arrivals, 1_000, seed=4)
    assert run.requests / 1_000 == pytest.approx(mean, rel=0.05)
    assert run.series.arrivals.mean() == pytest.approx(run.requests / 1_000)


def test_day_and_night() -> None:
    rates = simulate(Function(0.01), Periodic(100, 0.8, 240), 240, steps=4).series.arrivals
    assert rates[0] == pytest.approx(rates[3], rel=0.1) and rates[1] == pytest.approx(100 * (1 + 0.8 * 2 / math.pi), rel=0.1)


@pytest.mark.parametrize("call,words", [
    (lambda: Poisson(-1), "rate is a number, more than 0; it was -1"),
    (lambda: Poisson("many"), "rate is a number"),  # type: ignore[arg-type]
    (lambda: Poisson(math.nan), "rate is a number"),
    (lambda: Periodic(1, swing=2), "swing is a number, at least 0 and at most 1"),
    (lambda: Steps(((5, 1),)), "the first from second 0 on"),
    (lambda: Recorded([]), "times is a list of at least one number"),
    (lambda: Recorded([1, 2], [1]), "one duration for each time"),
    (lambda: Recorded([math.nan]), "times are finite numbers"),
    (lambda: Every(0), "interval_s is a number, more than 0"),
    (lambda: Function(0), "a duration above 0"),
    (lambda: Function("fast"), "duration is a number"),  # type: ignore[arg-type]
    (lambda: Function(1, init=-1), "init is a number"),
    (lambda: Exponential(0), "mean is a number, more than 0"),
    (lambda: Uniform(2, 1), "high is at least low"),
    (lambda: Measured(["a"]), "seconds is a list of numbers"),  # type: ignore[list-item]
    (lambda: Limits(reserved=2_000), "reserved is at most 900, as 100 of the account's 1,000 stay unreserved; it was 2,000"),
    (lambda: Limits(reserved=901), "reserved is at most 900"),
    (lambda: Limits(account=10, reserved=1), "reserved is at most 0"),
    (lambda: Limits(reserved=2, provisioned=3), "provisioned is at most 2"),
    (lambda: Limits(account=0), "account is a whole number|account is a number"),
    (lambda: Synchronous(attempts=0), "attempts is"),
    (lambda: Asynchronous(oldest_s=30), "oldest_s is a number, at least 60"),
    (lambda: Polled(batch=0), "batch is a number"),
    (lambda: Polled(maximum_concurrency=1), "maximum_concurrency is a number, at least 2"),
    (lambda: simulate(Function(1), Poisson(1)), "say for how many seconds"),
    (lambda: simulate(Function(1), Poisson(1), 0), "seconds is a number, more than 0"),
    (lambda: simulate(Function(1), Poisson(1), 10, seed=-1), "seed is a number"),
    (lambda: simulate(Function(1), Poisson(1), 1e18), "about 1e.18 requests would come: the exact engine follows 2,000,000,000"),
    (lambda: simulate(Function(1), Every(1, requests=10**18), 10), "requests would come"),
    (lambda: simulate(Function(1), Bursty(1, 2, 1e-9, 1e-9), 60), "more than 1,000,000 bursts"),
    (lambda: simulate(Function(1), Poisson(1), 10, steps=10**9), "steps is a number, at least 1 and at most 1e.06"),
    (lambda: simulate(0.2, Poisson(1), 10), "function is for instance Function"),  # type: ignore[arg-type]
    (lambda: simulate(Function(1), 50, 10), "arrivals is for instance Poisson.50.; it was 50"),  # type: ignore[arg-type]
    (lambda: simulate(Function(1), Poisson(1), 10, limits=10), "limits is for instance Limits"),  # type: ignore[arg-type]
    (lambda: simulate(Function(1), Poisson(1), 10, caller="me"), "caller is for instance Synchronous"),  # type: ignore[arg-type]
    (lambda: Steps(3), "steps are .second, requests per second."),  # type: ignore[arg-type]
    (lambda: LogNormal(1, 1e300), "sd is at most 1,000 times the mean"),
    (lambda: simulate(Function(1), Poisson(1e6), 10, trace=True), "the exact engine traces 100,000 at most"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()  # type: ignore[operator]
