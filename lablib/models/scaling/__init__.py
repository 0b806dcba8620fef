"""How Lambda scales one function, as a model to compute with.

::

    from lablib.models.scaling import Function, Limits, Poisson, simulate

    fleet = simulate(Function(duration=0.2, init=0.4), Poisson(50), 60, limits=Limits(reserved=10), seed=1)
    fleet.most_environments, fleet.cold_starts, fleet.throttles, fleet.latency.p99, fleet.series.environments

`simulate` one call for every run; a `Result` comes out
`rules` the `Function` and the `Limits` that it runs in
`arrivals` when requests come: `Poisson`, `Bursty`, `Periodic`, `Steps`, `Every`, `Recorded`
`recorded` a production trace: `azure_sample`, `azure_functions`
`durations` how long they take: a number, `Constant`, `Exponential`, `LogNormal`, `Uniform`, `Measured`
`callers` who calls: `Synchronous` (retries with back-off), `Asynchronous` (Lambda's queue), `Polled` (an SQS queue)
`result` what comes out: `Result`, its `Series` over time, each `Span` of a traced run
`closed` arithmetic to check against: Little's law, Erlang B and C, ``max(RPS × d, RPS / 10)``, steady traffic
`exact` the engine where refused requests are lost; `fleet` with every rule; `polled` of a queue's pollers
`fluid` the engine for what cannot be followed request by request: expected flows; with `crowd` (how many work, and how many
exist), `surge` (a sudden rise), `backlog` (who comes again), and `expected` (its `Result`)
`draws` all random numbers, from one seed; `recorder` and `sketch` count; `numbers` refuses what makes no sense

Times are seconds. One function, alone in its account. The environment that was used last serves next; it goes after `idle_s`
idle seconds (ten minutes here; AWS documents neither), and none is too old. A request for which an environment is made waits for
that one. Errors of the function are not modelled.
"""

from __future__ import annotations

from lablib.models.scaling.arrivals import Arrivals, Bursty, Every, Periodic, Poisson, Recorded, Steps
from lablib.models.scaling.callers import Asynchronous, Caller, Polled, Synchronous
from lablib.models.scaling.closed import Steady, concurrency, concurrency_needed, erlang_b, erlang_c, mean_wait, steady
from lablib.models.scaling.durations import Constant, Duration, Exponential, LogNormal, Measured, Uniform
from lablib.models.scaling.recorded import azure_functions, azure_sample
from lablib.models.scaling.result import Result, Series, Span, Spread
from lablib.models.scaling.rules import NO_LIMITS, Function, Limits
from lablib.models.scaling.simulate import simulate

__all__ = [
    "NO_LIMITS", "Arrivals", "Asynchronous", "Bursty", "Caller", "Constant", "Duration", "Every", "Exponential", "Function",
    "Limits", "LogNormal", "Measured", "Periodic", "Poisson", "Polled", "Recorded", "Result", "Series", "Span", "Spread",
    "Steady", "Steps", "Synchronous", "Uniform", "azure_functions", "azure_sample", "concurrency", "concurrency_needed",
    "erlang_b", "erlang_c", "mean_wait", "simulate", "steady",
]  # fmt: skip
