"""A month's bill from what is expected to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from lablib.models.limits import (
    EPHEMERAL_STORAGE_MB, MANAGED_INSTANCES_MEMORY_MB, MANAGED_INSTANCES_TIMEOUT_S, MEMORY_MB, TIMEOUT_S,
)  # fmt: skip
from lablib.models.pricing.bill import Bill, Line, charged
from lablib.models.pricing.numbers import EXACT, ZERO, gigabytes, number, up
from lablib.models.pricing.options import Durable, ManagedInstances, Number, SnapStart
from lablib.models.pricing.prices import (
    FREE_GB_S, FREE_REQUESTS, FREE_STREAMED_GB, PROVISIONED_STEP_S, must_be_verified, price,
)  # fmt: skip

ARCHITECTURES = ("x86_64", "arm64")
_POLLED = {"sqs": "SQS", "kafka": "Kafka"}


def estimate(
    *,
    requests: Number,
    duration_ms: Number,
    memory_mb: int,
    architecture: str = "x86_64",
    region: str = "us-east-1",
    init_ms: Number = 0,
    cold_start_rate: Number = 0,
    ephemeral_mb: int = EPHEMERAL_STORAGE_MB.default,
    provisioned: int = 0,
    provisioned_hours: Number = 0,
    provisioned_requests: Number = 0,
    provisioned_duration_ms: Number | None = None,
    snapstart: SnapStart | None = None,
    streamed_gb: Number = 0,
    poller_unit_hours: Number | Mapping[str, Number] = 0,
    durable: Durable | None = None,
    tenant_environments: Number = 0,
    managed_instances: ManagedInstances | None = None,
    edge: bool = False,
    free_tier: bool = True,
) -> Bill:
    """What a month of a function costs, line by line.

    Parameters
    ----------
    requests : whole number
        Invocations in the month, on demand.
    duration_ms : number
        Milliseconds that one runs; rounded up to a whole one, as the bill does.
    memory_mb : int
        128 to 10,240. 1,024 MB are one GB.
    architecture : "x86_64" or "arm64"
    region : str
        A Region whose prices could be verified.
    init_ms, cold_start_rate : number
        INIT of a cold start in milliseconds, and the share of requests (0 to 1) that meet one. INIT is billed with its
        invocation, since 2025-08-01 for every kind of function. With `snapstart`, the milliseconds billed of a restore.
    ephemeral_mb : int
        Size of /tmp; what is above 512 MB is charged while the function runs.
    provisioned, provisioned_hours : number
        Environments of provisioned concurrency, and for how long; rounded up to five minutes.
    provisioned_requests, provisioned_duration_ms : number
        Invocations that these serve, besides `requests`, and how long one runs (without it, `duration_ms`).
    snapstart : SnapStart, optional
    streamed_gb : number
        GB streamed beyond the first 6 MB of each response.
    poller_unit_hours : number, or mapping of "sqs" or "kafka" to number
        Event poller units of provisioned event source mappings; a number is SQS.
    durable : Durable, optional
    tenant_environments : number
        Environments made for single tenants.
    managed_instances : ManagedInstances, optional
        In the place of duration, instances are charged.
    edge : bool
        Lambda@Edge: its own prices, no free tier.
    free_tier : bool
        Take off what an account has free each month. Provisioned concurrency's duration has none; its requests count (as in
        AWS's own example, although the text beside it denies it).

    Returns
    -------
    Bill

    Raises
    ------
    ValueError
        A number that cannot be, what AWS does not combine, or a Region whose price could not be verified: the text says which.
    """
    with localcontext(EXACT):
        must_be_verified(region)
        must_be_architecture(architecture)
        _must_be_options(snapstart, durable, managed_instances)
        instances = managed_instances is not None
        longest_ms = (MANAGED_INSTANCES_TIMEOUT_S if instances else TIMEOUT_S.highest) * 1000
        gb = gigabytes(memory_mb, MANAGED_INSTANCES_MEMORY_MB if instances else MEMORY_MB.highest)
        asked = _Work.of("", requests, duration_ms, longest_ms, init_ms, cold_start_rate)
        served_ms = duration_ms if provisioned_duration_ms is None else provisioned_duration_ms
        served = _Work.of("provisioned_", provisioned_requests, served_ms, longest_ms)
        kept = number("provisioned", provisioned, whole=True) * _kept_seconds(provisioned_hours)
        tmp_gb = extra_gb(ephemeral_mb)
        _must_combine(kept, served, snapstart, managed_instances, tmp_gb)
        if edge:
            others = (kept, snapstart, instances, tmp_gb, durable, tenant_environments, streamed_gb, poller_unit_hours)
            if architecture != "x86_64" or any(others):
                raise ValueError("Lambda@Edge has requests and duration on x86_64 alone: leave the other options out.")
            return Bill(tuple(_at_the_edge(asked, gb)), region, architecture)
        gb_s = None if instances else asked.seconds * gb
        lines = on_demand(asked.requests + served.requests, gb_s, architecture, region, free_tier)
        if managed_instances:
            lines += managed_instances.lines(region)
        if kept:
            lines += on_provisioned(kept * gb, served.seconds * gb, architecture, region)
        if tmp_gb:
            lines += charged("ephemeral storage", price("ephemeral storage", region), (asked.seconds + served.seconds) * tmp_gb)
        if snapstart:
            lines += snapstart.lines(gb, asked.cold, architecture, region)
        lines += _streamed(streamed_gb, region, free_tier)
        lines += _polled(poller_unit_hours, region)
        if tenants := number("tenant_environments", tenant_environments):
            lines += charged("tenant environments", price(f"{architecture} tenant environments", region), tenants * gb)
        return Bill((*lines, *(durable.lines(region) if durable else ())), region, architecture)


@dataclass(frozen=True)
class _Work:
    """Invocations of one kind: how many, how many of them cold, and the seconds that are billed for all."""

    requests: Decimal
    cold: Decimal
    seconds: Decimal

    @classmethod
    def of(
        cls, kind: str, requests: object, duration_ms: object, longest_ms: int, init_ms: object = 0, rate: object = 0
    ) -> _Work:
        """`kind` stands before the parameters' names when one is refused."""
        count = number(f"{kind}requests", requests, whole=True)
        runs = number(f"{kind}duration_ms", duration_ms, highest=longest_ms)
        init = number("init_ms", init_ms)
        cold = count * number("cold_start_rate", rate, highest=1)
        return cls(count, cold, (cold * up(init + runs) + (count - cold) * up(runs)) / 1000)


def must_be_architecture(architecture: object) -> None:
    """Raises ValueError for anything but the two that there are."""
    if architecture not in ARCHITECTURES:
        raise ValueError(f'architecture takes "x86_64" or "arm64"; it was given as {architecture!r}.')


def extra_gb(ephemeral_mb: object) -> Decimal:
    """GB of /tmp above what is free. Raises ValueError for a size that no function can have."""
    size = number("ephemeral_mb", ephemeral_mb, highest=EPHEMERAL_STORAGE_MB.highest, whole=True)
    if size < EPHEMERAL_STORAGE_MB.lowest:
        raise ValueError(
            f"ephemeral_mb takes {EPHEMERAL_STORAGE_MB.lowest} to {EPHEMERAL_STORAGE_MB.highest:,} (MB); "
            f"it was given as {ephemeral_mb!r}."
        )
    return (size - EPHEMERAL_STORAGE_MB.lowest) / 1024


def on_demand(requests: Decimal, gb_s: Decimal | None, architecture: str, region: str, free_tier: bool) -> list[Line]:
    """The two lines that every bill has: requests, and compute (None where no duration is charged)."""
    free = (FREE_REQUESTS, FREE_GB_S) if free_tier else (ZERO, ZERO)
    lines = [*charged("requests", price("requests", region), requests, free[0])]
    if gb_s is not None:
        lines += charged("compute", price(f"{architecture} duration", region), gb_s, free[1])
    return lines


def on_provisioned(kept_gb_s: Decimal, run_gb_s: Decimal, architecture: str, region: str) -> Iterator[Line]:
    """Provisioned concurrency: GB-s for which it was kept, and for which it ran."""
    kind = f"{architecture} provisioned concurrency"
    yield from charged("provisioned concurrency", price(kind, region), kept_gb_s)
    run = price(f"{architecture} duration on provisioned concurrency", region)
    yield from charged("compute on provisioned concurrency", run, run_gb_s)


def _streamed(streamed_gb: object, region: str, free_tier: bool) -> Iterator[Line]:
    if streamed := number("streamed_gb", streamed_gb):
        free = FREE_STREAMED_GB if free_tier else ZERO
        yield from charged("response streaming", price("response streaming", region), streamed, free)


def _polled(unit_hours: Number | Mapping[str, Number], region: str) -> Iterator[Line]:
    hours = unit_hours if isinstance(unit_hours, Mapping) else {"sqs": unit_hours}
    if unknown := set(hours) - set(_POLLED):
        raise ValueError(
            f'poller_unit_hours takes a number, or "sqs" and "kafka" with one each; it was given {sorted(map(str, unknown))}.'
        )
    for source, value in hours.items():
        if units := number("poller_unit_hours", value):
            name = f"event pollers ({_POLLED[source]})"
            yield from charged(name, price(name, region), units)


def _at_the_edge(work: _Work, gb: Decimal) -> Iterator[Line]:
    yield from charged("requests", price("Lambda@Edge requests"), work.requests)
    yield from charged("compute", price("Lambda@Edge duration"), work.seconds * gb * 8)  # its unit is 128 MB for a second


def _kept_seconds(hours: object) -> Decimal:
    return up(number("provisioned_hours", hours) * 3600, PROVISIONED_STEP_S)


def _must_be_options(*given: object) -> None:
    kinds = (("snapstart", SnapStart), ("durable", Durable), ("managed_instances", ManagedInstances))
    for value, (name, kind) in zip(given, kinds, strict=True):
        if value is not None and not isinstance(value, kind):
            raise ValueError(f"{name} takes a {kind.__name__}(...) of lablib.models.pricing; it was given as {value!r}.")


def _must_combine(
    kept: Decimal, served: _Work, snapstart: SnapStart | None, instances: ManagedInstances | None, tmp_gb: Decimal
) -> None:
    """What AWS does not combine. DG snapstart, provisioned-concurrency, lambda-managed-instances, 2026."""
    if served.requests and not kept:
        raise ValueError("provisioned concurrency serves provisioned_requests: give provisioned and provisioned_hours too.")
    if snapstart and (kept or tmp_gb):
        raise ValueError("SnapStart goes with neither provisioned concurrency nor more than 512 MB of /tmp: choose one.")
    if instances and (kept or snapstart):
        raise ValueError("Managed Instances go with neither provisioned concurrency nor SnapStart: choose one.")
