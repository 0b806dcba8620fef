"""What a function may have besides requests and duration, as `estimate` takes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lablib.models.pricing.bill import Line, charged
from lablib.models.pricing.numbers import ONE, number
from lablib.models.pricing.prices import (
    MANAGEMENT_FEE, RETENTION_DAYS, RETENTION_MONTH_DAYS, SNAPSHOT_LEAST_HOURS, Price, Tier, price,
)  # fmt: skip

Number = int | float | Decimal


@dataclass(frozen=True)
class SnapStart:
    """A snapshot that is kept, and environments that are restored from it (Python and .NET; on Java it costs nothing).

    Attributes
    ----------
    cached_hours : number
        Hours in which the version was active; 3 at least are charged.
    restores : number, optional
        Environments restored. Without it every cold start is a restore: requests x cold_start_rate.
    """

    cached_hours: Number
    restores: Number | None = None

    def lines(self, gb: Decimal, cold_starts: Decimal, architecture: str, region: str) -> Iterator[Line]:
        """`gb` is the function's memory."""
        hours = max(number("SnapStart's cached_hours", self.cached_hours), SNAPSHOT_LEAST_HOURS)
        restores = cold_starts if self.restores is None else number("SnapStart's restores", self.restores)
        yield from charged("SnapStart cache", price(f"{architecture} SnapStart cache", region), gb * hours * 3600)
        yield from charged("SnapStart restores", price(f"{architecture} SnapStart restores", region), gb * restores)


@dataclass(frozen=True)
class Durable:
    """What durable executions add to their invocations.

    Attributes
    ----------
    operations : number
        Executions started, steps, waits, ...
    written_gb : number
        GB that they write: the executions' input and the operations' results.
    kept_days : number
        Days for which it is kept: while they run, and the retention after it (14 by default).
    """

    operations: Number
    written_gb: Number = 0
    kept_days: Number = RETENTION_DAYS

    def lines(self, region: str) -> Iterator[Line]:
        written = number("Durable's written_gb", self.written_gb)
        months = number("Durable's kept_days", self.kept_days) / RETENTION_MONTH_DAYS
        operations = number("Durable's operations", self.operations, whole=True)
        yield from charged("durable operations", price("durable operations", region), operations)
        yield from charged("durable data written", price("durable data written", region), written)
        yield from charged("durable data kept", price("durable data kept", region), written * months)


@dataclass(frozen=True)
class ManagedInstances:
    """EC2 instances of the account's own that Lambda manages: no duration is charged.

    Attributes
    ----------
    hours : number
        Instance-hours in the month, over all instances.
    usd_per_hour : number
        The instance type's EC2 on-demand price: the management fee, 15 %, is of this.
    paid_usd_per_hour : number, optional
        What EC2 charges, where a savings plan makes it less.
    """

    hours: Number
    usd_per_hour: Number
    paid_usd_per_hour: Number | None = None

    def lines(self, region: str) -> Iterator[Line]:
        hours = number("ManagedInstances' hours", self.hours)
        list_price = number("ManagedInstances' usd_per_hour", self.usd_per_hour)
        given = self.usd_per_hour if self.paid_usd_per_hour is None else self.paid_usd_per_hour
        paid = number("ManagedInstances' paid_usd_per_hour", given)
        for name, usd in (("EC2 instances", paid), ("management fee", list_price * MANAGEMENT_FEE)):
            yield from charged(name, Price(name, region, "hours", (Tier(None, usd * ONE),), "the caller"), hours)
