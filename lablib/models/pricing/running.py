"""The bill of what really ran, from its REPORT lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import localcontext

from lablib.models.limits import EPHEMERAL_STORAGE_MB
from lablib.models.pricing.bill import Bill, charged
from lablib.models.pricing.estimating import extra_gb, must_be_architecture, on_demand
from lablib.models.pricing.numbers import EXACT, ZERO, gigabytes, number
from lablib.models.pricing.prices import must_be_verified, price
from lablib.models.report import Report, parse_report


def bill_of(
    reports: Iterable[Report | str] | Report | str,
    *,
    architecture: str = "x86_64",
    region: str = "us-east-1",
    ephemeral_mb: int = EPHEMERAL_STORAGE_MB.default,
    free_tier: bool = True,
) -> Bill:
    """What invocations cost on demand, each by its own Billed Duration and Memory Size.

    Parameters
    ----------
    reports : iterable of Report or str, or one of them
        As `lab.reports` gives them, or REPORT lines as they stand in a log; of one function or of several. Failed and
        repeated invocations have lines of their own, and cost as much as others.
    architecture, region, ephemeral_mb, free_tier
        As `estimate` takes them: a REPORT line says nothing of them.

    Raises
    ------
    ValueError
        A line that is no REPORT line; a Region or an architecture as in `estimate`.

    Examples
    --------
    >>> line = "REPORT RequestId: 1  Duration: 133.61 ms  Billed Duration: 214 ms  Memory Size: 128 MB  Max Memory Used: 31 MB"
    >>> print(bill_of([line], free_tier=False))
    requests    1 requests x 0.0000002    = 0.000000200 USD
    compute   0.02675 GB-s x 0.0000166667 = 0.000000446 USD
    total                                   0.000000646 USD
    """
    with localcontext(EXACT):
        must_be_verified(region)
        must_be_architecture(architecture)
        several: Iterable[object] = reports if isinstance(reports, Iterable) and not isinstance(reports, str) else [reports]
        runs = [_read(report) for report in several]
        seconds = [number("a Billed Duration", run.billed_duration_ms) / 1000 for run in runs]
        gb_s = sum((taken * gigabytes(run.memory_size_mb) for taken, run in zip(seconds, runs, strict=True)), ZERO)
        lines = on_demand(number("reports", len(runs)), gb_s, architecture, region, free_tier)
        if tmp_gb := extra_gb(ephemeral_mb):
            lines += charged("ephemeral storage", price("ephemeral storage", region), sum(seconds, ZERO) * tmp_gb)
        return Bill(tuple(lines), region, architecture)


def _read(report: object) -> Report:
    found = parse_report(report) if isinstance(report, str) else report
    if not isinstance(found, Report):
        raise ValueError(f"reports takes what lab.reports gives, or REPORT lines of a log; this is none: {report!r:.120}")
    return found
