"""One call for every run: which engine, and its figures as a `Result`."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np

from lablib.models.scaling.arrivals import Arrivals, Recorded
from lablib.models.scaling.callers import Caller, Polled, Synchronous
from lablib.models.scaling.draws import Draws
from lablib.models.scaling.exact import Loss
from lablib.models.scaling.expected import expected
from lablib.models.scaling.fleet import Fleet, Ledger, push
from lablib.models.scaling.fluid import Fluid, why_not
from lablib.models.scaling.numbers import positive, whole
from lablib.models.scaling.polled import Poller
from lablib.models.scaling.recorder import Recorder
from lablib.models.scaling.result import Result, Series, Span, Spread
from lablib.models.scaling.rules import Function, Limits
from lablib.models.scaling.sketch import Sketch

Engine = Literal["auto", "exact", "fluid"]

EXACT = 20_000_000
"""Requests up to which "auto" follows each: some ten seconds of computing."""
MOST = 2_000_000_000
"""Requests that it follows at all: a quarter of an hour."""
SPANS = 100_000
"""Requests of a run that keeps every invocation, at most."""


def simulate(
    function: Function,
    arrivals: Arrivals,
    seconds: float | None = None,
    *,
    limits: Limits | None = None,
    caller: Caller | None = None,
    seed: int = 0,
    steps: int = 240,
    trace: bool = False,
    engine: Engine = "auto",
    detail: int = 1_440,
) -> Result:
    """Run a function's fleet.

    Parameters
    ----------
    function, arrivals
        What runs, and when requests come.
    seconds
        For how long they come; a recording says so itself.
    limits
        A new account's unless said otherwise.
    caller
        Who calls: a client that does not retry unless said otherwise.
    seed
        The same seed gives the same run.
    steps
        In how many steps the levels over time are kept.
    trace
        Keep every invocation as a `Span`: of 100,000 requests at most.
    engine
        "exact": request by request. "fluid": expected values, however many requests come. "auto": the first for up to 20 million
        requests, and for what the second cannot do.
    detail
        Steps that the fluid engine computes, at least.

    Raises
    ------
    ValueError
        For what makes no sense; it says what to give.

    Examples
    --------
    >>> result = simulate(Function(0.2, init=0.4), Poisson(20), 60, limits=Limits(reserved=3))
    >>> result.most_environments
    3
    """
    limits, caller = Limits() if limits is None else limits, Synchronous() if caller is None else caller
    _must_be_given(function, arrivals, limits, caller)
    if seconds is None:
        if not isinstance(arrivals, Recorded):
            raise ValueError("say for how many seconds requests come: simulate(function, arrivals, 60)")
        seconds = arrivals.seconds
    seconds = positive("seconds", seconds)
    whole("steps", steps, least=1, most=1_000_000)
    if engine not in get_args(Engine):
        raise ValueError(f"engine is one of {', '.join(get_args(Engine))}; it was {engine!r}")

    def fresh() -> tuple[Draws, Recorder]:
        return Draws(function, arrivals, seconds, whole("seed", seed)), Recorder(seconds, steps)

    draws, recorder = fresh()
    if trace and (engine == "fluid" or draws.path[1][-1] > SPANS):
        raise ValueError(f"about {draws.path[1][-1]:,.0f} requests would come: the exact engine traces {SPANS:,} at most")
    if engine == "fluid" or (engine == "auto" and draws.path[1][-1] > EXACT):
        reason = why_not(function, limits, caller, draws)
        if reason is None and not isinstance(caller, Polled):
            finer = steps * math.ceil(whole("detail", detail, least=1) / steps)
            return expected(Fluid(function, limits, caller, draws, finer), steps)
        if engine == "fluid":
            raise ValueError(f"the fluid engine is for large numbers of alike requests, and here {reason}: use engine='exact'")
    if draws.path[1][-1] > MOST:
        raise ValueError(f"about {draws.path[1][-1]:,.4g} requests would come: the exact engine follows {MOST:,} at most")
    if isinstance(caller, Synchronous) and caller.attempts == 1 and not limits.provisioned and not trace:
        if Loss(function, limits, draws, recorder).run():
            return _result(function, limits, recorder, ())
        draws, recorder = fresh()
    fleet = Fleet(function, limits, draws, recorder, synchronous=isinstance(caller, Synchronous))
    ledger = Ledger(recorder, trace=trace)
    if isinstance(caller, Polled):
        Poller(fleet, caller, ledger, seconds).run()
    else:
        push(fleet, caller, ledger, seconds)
    fleet.end()
    ledger.flush()
    return _result(function, limits, recorder, tuple(ledger.spans))


def _must_be_given(function: object, arrivals: object, limits: object, caller: object) -> None:
    """Raises ValueError, with an example, for something of another kind."""
    for name, given, right, example in (
        ("function", function, isinstance(function, Function), "Function(duration=0.2)"),
        ("arrivals", arrivals, hasattr(arrivals, "path") and hasattr(arrivals, "blocks"), "Poisson(50)"),
        ("limits", limits, isinstance(limits, Limits), "Limits(reserved=10)"),
        ("caller", caller, isinstance(caller, Caller), "Synchronous(attempts=3)"),
    ):
        if not right:
            raise ValueError(f"{name} is for instance {example}; it was {given!r:.80}")


def _result(function: Function, limits: Limits, recorder: Recorder, spans: tuple[Span, ...]) -> Result:
    series = Series(
        edges=np.linspace(0.0, recorder.seconds, recorder.steps + 1),
        arrivals=recorder.arrivals.per_second,
        cold_starts=recorder.colds.per_second,
        throttles=recorder.refusals.per_second,
        environments=recorder.environments.means(),
        busy=recorder.busy.means(),
        queue=recorder.queue.means(),
    )
    environments, made = float(series.environments.mean()), recorder.cold + limits.provisioned
    return Result(
        engine="exact", seconds=recorder.seconds,
        requests=recorder.requests, served=recorder.served, failed=recorder.given_up,
        pending=recorder.requests - recorder.served - recorder.given_up,
        invocations=recorder.invocations, cold_starts=recorder.cold, on_provisioned=recorder.on_provisioned,
        throttles=dict(recorder.throttles),
        environments=environments, busy=float(series.busy.mean()), queue=float(series.queue.mean()),
        most_environments=recorder.most_environments, most_busy=recorder.most_busy, most_queued=recorder.most_queued,
        lifespan_s=environments * recorder.seconds / made if made else float("nan"),
        latency=_spread(recorder.latency), waiting=_spread(recorder.waiting), oldest_s=recorder.oldest_s,
        billed_s=recorder.billed_s, billed_provisioned_s=recorder.billed_provisioned_s,
        memory_mb=function.memory_mb, provisioned=limits.provisioned, series=series, spans=spans,
    )  # fmt: skip


def _spread(sketch: Sketch) -> Spread:
    at = sketch.percentile
    longest = sketch.most if sketch.count else float("nan")
    return Spread(sketch.mean, at(50), at(90), at(99), longest)
