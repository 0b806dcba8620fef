"""What Lambda's limits allow one function, and the function itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lablib.models import lifecycle, limits
from lablib.models.scaling.durations import Constant, Duration, as_duration
from lablib.models.scaling.numbers import number, positive, whole


@dataclass(frozen=True)
class Limits:
    """Limits of one function, alone in its account. The defaults are a new account's (DG gettingstarted-limits, 2026).

    Attributes
    ----------
    account
        Concurrency of the account that this function may use; what other functions hold is not in it.
    reserved
        Reserved concurrency: its most, and nobody else's. None: it has none. 0 stops the function.
    provisioned
        Environments of provisioned concurrency, ready from second 0 on. What goes beyond them, or beyond 10 requests a second
        each, runs on demand. They are part of the reservation, if there is one.
    scaling
        Environments that the function may grow by at once; they come back over 10 seconds, continuously.
    requests_per_concurrency
        Requests a second for each unit of concurrency (asynchronous and polled invocations are not held to it).
    """

    account: int = limits.ACCOUNT_CONCURRENCY
    reserved: int | None = None
    provisioned: int = 0
    scaling: float = limits.SCALING_ENVIRONMENTS
    requests_per_concurrency: float = limits.REQUESTS_PER_SECOND_PER_CONCURRENCY

    def __post_init__(self) -> None:
        whole("account", self.account, least=1)
        most = max(0, self.account - limits.UNRESERVED_CONCURRENCY_KEPT)
        if self.reserved is not None and whole("reserved", self.reserved) > most:
            kept = limits.UNRESERVED_CONCURRENCY_KEPT
            raise ValueError(
                f"reserved is at most {most:,}, as {kept} of the account's {self.account:,} stay unreserved; it was {self.reserved:,}"
            )
        if whole("provisioned", self.provisioned) > self.concurrency:
            raise ValueError(f"provisioned is at most {self.concurrency:,}, the function's concurrency; it was {self.provisioned:,}")
        number("scaling", self.scaling, least=1)
        number("requests_per_concurrency", self.requests_per_concurrency, open_below=True)

    @property
    def concurrency(self) -> int:
        """Invocations of this function at a time, at most."""
        return self.account if self.reserved is None else self.reserved

    @property
    def on_demand(self) -> int:
        """Of them, those without provisioned concurrency."""
        return self.concurrency - self.provisioned

    @property
    def requests_per_second(self) -> float:
        """Synchronous requests a second, at most."""
        return self.concurrency * self.requests_per_concurrency

    @property
    def refusal(self) -> str:
        """The reason of a throttle for concurrency, or for growing too fast (ThrottleReason, botocore 1.44.5)."""
        return ("" if self.reserved is None else "ReservedFunction") + "ConcurrentInvocationLimitExceeded"

    @property
    def rate_refusal(self) -> str:
        """The reason of a throttle for requests per second."""
        return ("" if self.reserved is None else "Reserved") + "FunctionInvocationRateLimitExceeded"

    @property
    def scaling_per_second(self) -> float:
        return self.scaling / limits.SCALING_PERIOD_S


NO_LIMITS = Limits(account=10**9, scaling=math.inf, requests_per_concurrency=math.inf)
"""As if Lambda had none: for closed forms, and for other platforms."""


@dataclass(frozen=True)
class Function:
    """One function, as the fleet sees it.

    Attributes
    ----------
    duration
        Of the handler, in seconds: a distribution, or a number.
    init
        INIT of a new environment, in seconds: a request that is cold waits for it, then takes `duration`.
    cold
        What a cold request takes altogether, where that was measured or fitted: then `init` is not used.
    idle_s
        An environment goes when it was idle for so long. AWS documents no figure; ten minutes are this project's (models.lifecycle).
    memory_mb
        For the cost.
    """

    duration: Duration | float
    init: Duration | float = 0.0
    cold: Duration | float | None = None
    idle_s: float = lifecycle.IDLE_S
    memory_mb: int = 128

    def __post_init__(self) -> None:
        number("idle_s", self.idle_s)
        positive("memory_mb", self.memory_mb)
        for value in (self.warm, self.first):
            if not value.mean > 0:
                raise ValueError("a request takes longer than 0 seconds: give a duration above 0")

    @property
    def warm(self) -> Duration:
        """Of a warm request."""
        return as_duration("duration", self.duration)

    @property
    def first(self) -> Duration:
        """Of a cold request, altogether; only its mean is exact where it is INIT and duration together."""
        if self.cold is not None:
            return as_duration("cold", self.cold)
        return Constant(self.warm.mean + as_duration("init", self.init).mean)


class TokenBucket:
    """A rate: so many per second, continuously, and at most `capacity` of them saved up. Times never go backward."""

    def __init__(self, capacity: float, per_second: float) -> None:
        self.capacity, self.per_second = capacity, per_second
        self.tokens, self.at = capacity, 0.0

    def available(self, now: float) -> bool:
        """Whether there is one to take."""
        if self.capacity == math.inf:
            return True
        self.tokens = min(self.capacity, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        return self.tokens >= 1 - 1e-9

    def take(self, now: float) -> bool:
        """Take one, if there is one."""
        taken = self.available(now)
        if taken:
            self.tokens -= 1
        return taken
