"""Lambda against a server that is always on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any, Final

from lablib.models.pricing.estimating import estimate
from lablib.models.pricing.numbers import EXACT, number
from lablib.models.pricing.options import Number

ALWAYS_ON_USD_PER_HOUR: Final = Decimal("0.0416")
"""One t3.medium (2 vCPUs, 4 GB, Linux) on demand in us-east-1. Amazon EC2 On-Demand pricing, as read by a third party on
2026-04-17; without disk, load balancer, a second one for when it fails, and your time."""

HOURS_PER_MONTH: Final = Decimal(730)
"""AWS Pricing Calculator's month, 2026."""


@dataclass(frozen=True)
class BreakEven:
    """From where on a server is cheaper.

    Attributes
    ----------
    requests : int
        The most requests in a month for which Lambda costs no more than the server.
    server_usd, lambda_usd : Decimal
        USD of that month: the server's, and Lambda's at that many requests.
    requests_per_second : float
        The same, spread evenly over the month.
    concurrency : float
        How many of them run at once, on average (Little's law): whether one server could carry them is another question.
    """

    requests: int
    server_usd: Decimal
    lambda_usd: Decimal
    requests_per_second: float
    concurrency: float

    def __str__(self) -> str:
        return (
            f"up to {self.requests:,} requests a month ({self.requests_per_second:,.2f} a second, "
            f"{self.concurrency:,.2f} at once) Lambda costs no more than the server's {self.server_usd:,.2f} USD"
        )

    __repr__ = __str__


def break_even(
    *,
    duration_ms: Number,
    memory_mb: int,
    server_usd_per_hour: Number = ALWAYS_ON_USD_PER_HOUR,
    hours: Number = HOURS_PER_MONTH,
    **function: Any,
) -> BreakEven:
    """How many requests a month Lambda serves for the price of a server that is always on.

    Parameters
    ----------
    duration_ms, memory_mb : number
        Of one invocation, as `estimate` takes them.
    server_usd_per_hour : number
        What the server costs; by default a t3.medium.
    hours : number
        Hours in the month.
    **function
        What else `estimate` takes: architecture, region, init_ms, cold_start_rate, free_tier, ...

    Raises
    ------
    ValueError
        As `estimate`; a server or a month that costs nothing; a function that costs more than the server before its first
        request.

    Examples
    --------
    >>> break_even(duration_ms=100, memory_mb=512)
    up to 36,033,503 requests a month (13.71 a second, 1.37 at once) Lambda costs no more than the server's 30.37 USD
    """
    if "requests" in function:
        raise ValueError("break_even looks for the number of requests: leave requests out, or ask estimate.")
    with localcontext(EXACT):
        server = number("server_usd_per_hour", server_usd_per_hour) * number("hours", hours)
        if not server:
            raise ValueError("server_usd_per_hour and hours take numbers above 0: a server that costs nothing is always cheaper.")

        def cost(requests: int) -> Decimal:
            return estimate(requests=requests, duration_ms=duration_ms, memory_mb=memory_mb, **function).total

        if cost(0) > server:
            raise ValueError(f"This function costs {cost(0):.2f} USD before its first request, and the server {server:.2f} USD.")
        low, high = 0, 1
        while cost(high) <= server:
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if cost(middle) <= server else (low, middle)
        seconds = number("hours", hours) * 3600
        busy = low * number("duration_ms", duration_ms) / 1000
        return BreakEven(low, server, cost(low), float(low / seconds), float(busy / seconds))
