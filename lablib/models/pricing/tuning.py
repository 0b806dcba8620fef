"""Power tuning: what an invocation takes and costs at each memory size, from REPORT lines alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from lablib.models.limits import vcpus
from lablib.models.pricing.estimating import estimate
from lablib.models.report import Report

_MILLION = 1_000_000


@dataclass(frozen=True)
class Tuned:
    """One size.

    Attributes
    ----------
    memory_mb : int
    billed_ms : int
        The median of its warm runs, rounded up.
    usd : Decimal
        USD of a million such requests, without the free tier.
    """

    memory_mb: int
    billed_ms: int
    usd: Decimal


def warm_times(reports: Iterable[Report]) -> dict[int, list[int]]:
    """Memory (MB) to the billed milliseconds of its warm runs that did not fail; smallest memory first."""
    found: dict[int, list[int]] = {}
    for report in sorted(reports, key=lambda one: one.memory_size_mb):
        if not report.cold and report.restore_duration_ms is None and report.status is None:
            found.setdefault(report.memory_size_mb, []).append(report.billed_duration_ms)
    return found


def tuned(reports: Iterable[Report], architecture: str = "x86_64") -> tuple[Tuned, ...]:
    """Every size that has a warm run, smallest first. Raises ValueError when there is none."""
    found = [at(memory, median(times), architecture) for memory, times in warm_times(reports).items()]
    if not found:
        raise ValueError("None of these REPORT lines is of a warm run: invoke the function at least twice at each memory size.")
    return tuple(found)


def at(memory_mb: int, ms: float, architecture: str = "x86_64") -> Tuned:
    """A size whose invocation takes `ms`: its bill is `estimate`'s."""
    bill = estimate(requests=_MILLION, duration_ms=ms, memory_mb=memory_mb, architecture=architecture, free_tier=False)
    return Tuned(memory_mb, int(-(-ms // 1)), bill.total)


def cpu_bound_ms(memory_mb: int, ms: float, other_mb: int) -> float:
    """From what a handler that only computes, on one thread, takes at one size: what it takes at another."""
    return ms * min(1.0, vcpus(memory_mb)) / min(1.0, vcpus(other_mb))
