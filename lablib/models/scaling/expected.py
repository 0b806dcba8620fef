"""A `Result` from what the fluid engine computed."""

from __future__ import annotations

import numpy as np

from lablib.models.scaling.fluid import Fluid
from lablib.models.scaling.numbers import Floats
from lablib.models.scaling.result import Result, Series, Spread

_KEPT = 1_000
"""Durations of the sample that percentiles are made of."""


def expected(fluid: Fluid, steps: int) -> Result:
    """Run it, and sum up; levels over time on `steps` steps."""
    flow, function, limits = fluid.run(), fluid.function, fluid.limits
    seconds = float(flow.edges[-1])
    edges = np.linspace(0.0, seconds, steps + 1)

    def flows(values: Floats) -> Floats:
        """A second, in each step of the result."""
        upto = np.concatenate(([0.0], np.cumsum(values)))
        return np.asarray(np.diff(np.interp(edges, flow.edges, upto)) / np.diff(edges))

    levels = {name: flows(getattr(flow, name) * fluid.widths) for name in ("environments", "busy", "queue")}
    series = Series(edges, flows(flow.came), flows(flow.cold), flows(flow.refused + flow.rate_refused), **levels)
    environments, busy, queue = (float(series_of.mean()) for series_of in levels.values())
    served, cold, ready = float(flow.served.sum()), float(flow.cold.sum()), float(flow.on_provisioned.sum())
    refusals = {limits.refusal: float(flow.refused.sum()), limits.rate_refusal: float(flow.rate_refused.sum())}
    waiting, oldest = _waiting(fluid)
    rounding = float((np.ceil(fluid.warm * 1000 - 1e-6) / 1000 - fluid.warm).mean())
    lasts = fluid.mean + rounding
    return Result(
        engine="fluid", seconds=seconds,
        requests=float(flow.came.sum()), served=served, failed=fluid.backlog.failed, pending=fluid.backlog.pending,
        invocations=served, cold_starts=cold, on_provisioned=ready,
        throttles={reason: count for reason, count in refusals.items() if count >= 0.5},
        environments=environments, busy=busy, queue=queue,
        most_environments=flow.most_environments, most_busy=flow.most_environments, most_queued=fluid.backlog.most,
        lifespan_s=environments * seconds / (cold + limits.provisioned) if cold + limits.provisioned else float("nan"),
        latency=_latency(fluid, cold), waiting=waiting, oldest_s=oldest,
        billed_s=(served - ready) * lasts + cold * fluid.init_s, billed_provisioned_s=ready * lasts,
        memory_mb=function.memory_mb, provisioned=limits.provisioned, series=series,
    )  # fmt: skip


def _latency(fluid: Fluid, cold: float) -> Spread:
    served = fluid.backlog.served.copy()
    served[0] = max(0.0, served[0] - cold)
    warm, first = (np.sort(sample)[:: sample.size // _KEPT] for sample in (fluid.warm, fluid.cold))
    rng = np.random.default_rng(0)
    waited = np.zeros(warm.size)
    values = [warm]
    for wait in fluid.backlog.waits:
        # With jitter anything up to twice the mean is as likely.
        waited = waited + (rng.uniform(0.0, 2 * wait, warm.size) if fluid.backlog.jitter else wait)
        values.append(waited + warm)
    return _spread(np.concatenate([*values, first]), np.repeat(np.append(served, cold), warm.size))


def _waiting(fluid: Fluid) -> tuple[Spread, float]:
    """Who was served after a wait, gave up after it, or still waits: halfway to the next attempt."""
    backlog = fluid.backlog
    if not backlog.waits.size:
        return _spread(np.zeros(0), np.zeros(0)), 0.0
    halfway = (backlog.ages[1:] + backlog.ages[:-1]) / 2
    values = np.concatenate([backlog.ages[1:], backlog.ages[-1:], halfway])
    weights = np.concatenate([backlog.served[1:], [backlog.failed], backlog.due[-1][1:]])
    there = values[weights >= 0.5]
    return _spread(values, weights), float(there.max()) if there.size else 0.0


def _spread(values: Floats, weights: Floats) -> Spread:
    """Of values that count as often as their weights say."""
    values, weights = values[weights > 0], weights[weights > 0]
    if not values.size:
        return Spread(*[float("nan")] * 5)
    order = np.argsort(values)
    values, upto = values[order], np.cumsum(weights[order])
    places = np.searchsorted(upto, np.array([0.5, 0.9, 0.99]) * upto[-1])
    p50, p90, p99 = values[places].tolist()
    return Spread(float((values * weights[order]).sum() / upto[-1]), p50, p90, p99, float(values[-1]))
