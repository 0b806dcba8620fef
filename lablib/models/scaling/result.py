"""What came out of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Literal

import numpy as np

from lablib.models.pricing import Bill
from lablib.models.pricing.estimating import must_be_architecture, on_demand, on_provisioned
from lablib.models.pricing.numbers import EXACT, gigabytes, up
from lablib.models.pricing.prices import PROVISIONED_STEP_S, must_be_verified
from lablib.models.scaling.numbers import Floats


@dataclass(frozen=True)
class Span:
    """One invocation, in a run with ``trace=True``.

    Attributes
    ----------
    request
        Its number, from 1 on in the order of arrival (of a batch: its first message's).
    environment
        0, 1, 2 … in the order in which they were made; those of provisioned concurrency come first.
    arrival, start, end
        Seconds. It begins with INIT if it is cold.
    init_s
        Of that, INIT; 0 where it is warm or INIT is not known apart.
    """

    request: int
    environment: int
    arrival: float
    start: float
    end: float
    cold: bool
    init_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Series:
    """Levels over time; every array has one value for each step.

    Attributes
    ----------
    edges
        Where steps begin and end, in seconds: one value more.
    arrivals, cold_starts, throttles
        A second.
    environments, busy, queue
        Mean numbers in each step: environments that exist, those that work, requests that wait (in a queue, or to be retried).
    """

    edges: Floats
    arrivals: Floats
    cold_starts: Floats
    throttles: Floats
    environments: Floats
    busy: Floats
    queue: Floats


@dataclass(frozen=True)
class Spread:
    """Seconds: a mean, percentiles and the longest. NaN where there was nothing."""

    mean: float
    p50: float
    p90: float
    p99: float
    longest: float


@dataclass(frozen=True, eq=False)
class Result:
    """Figures of a run.

    Attributes
    ----------
    engine
        "exact": request by request. "fluid": expected values, which may be fractions.
    seconds
        How long it was.
    requests, served, failed, pending
        What came; of these, what got its answer (also after the end, if it ran by then), was given up (throttled at the last
        attempt, or too old), waits at the end.
    invocations, cold_starts
        What ran (with batches fewer than were served), and those that began with a new environment.
    throttles
        Refusals by reason, as in TooManyRequestsException; a request that is retried may meet several.
    environments, busy, queue
        Means over the run.
    most_environments, most_busy, most_queued
        At any moment.
    lifespan_s
        Of an environment, on average: from its cold start until it was idle for too long. NaN if none went.
    latency, waiting
        Of requests that were served, from arrival to answer; of those that had to wait, the wait.
    oldest_s
        The longest wait: the age of the oldest message, at its highest.
    billed_s, billed_provisioned_s
        Seconds, each invocation rounded up to the millisecond, INIT included; on provisioned concurrency apart.
    series
        The same over time.
    spans
        Each invocation, where ``trace=True`` asked for it.
    """

    engine: Literal["exact", "fluid"]
    seconds: float
    requests: float
    served: float
    failed: float
    pending: float
    invocations: float
    cold_starts: float
    on_provisioned: float
    throttles: dict[str, float]
    environments: float
    busy: float
    queue: float
    most_environments: float
    most_busy: float
    most_queued: float
    lifespan_s: float
    latency: Spread
    waiting: Spread
    oldest_s: float
    billed_s: float
    billed_provisioned_s: float
    memory_mb: int
    provisioned: int
    series: Series = field(repr=False)
    spans: tuple[Span, ...] = field(default=(), repr=False)

    @property
    def idle(self) -> float:
        """Environments that exist and do nothing, on average."""
        return self.environments - self.busy

    @property
    def throttled(self) -> float:
        """Refusals, for whatever reason."""
        return float(np.sum(list(self.throttles.values())))

    @property
    def cold_start_probability(self) -> float:
        """Of an invocation."""
        return self.cold_starts / self.invocations if self.invocations else 0.0

    @property
    def throttle_probability(self) -> float:
        """Of an attempt: refusals of all that was tried."""
        tried = self.invocations + self.throttled
        return self.throttled / tried if tried else 0.0

    @property
    def failure_probability(self) -> float:
        """Of a request: given up."""
        return self.failed / self.requests if self.requests else 0.0

    @property
    def gb_seconds(self) -> float:
        """Billed, on demand."""
        return self.billed_s * self.memory_mb / 1024

    def bill(self, *, architecture: str = "x86_64", region: str = "us-east-1", free_tier: bool = False) -> Bill:
        """What the run costs, as `lablib.models.pricing` reckons: requests, compute, and provisioned concurrency if there is any.

        Raises
        ------
        ValueError
            An unknown architecture, or a Region whose prices could not be verified.
        """
        with localcontext(EXACT):
            must_be_verified(region)
            must_be_architecture(architecture)
            gb = gigabytes(self.memory_mb)
            lines = on_demand(Decimal(round(self.invocations)), Decimal(str(self.billed_s)) * gb, architecture, region, free_tier)
            if self.provisioned:
                kept = self.provisioned * up(Decimal(str(self.seconds)), PROVISIONED_STEP_S)
                lines += on_provisioned(kept * gb, Decimal(str(self.billed_provisioned_s)) * gb, architecture, region)
            return Bill(tuple(lines), region, architecture)
