"""The simulator of fleets: its speed beside simfaas's, on simfaas's own example; its memory; its figures beside closed forms."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from lablib.models.scaling import (
    NO_LIMITS, Exponential, Function, Limits, LogNormal, Periodic, Poisson, Result, azure_sample, erlang_b, simulate,
)  # fmt: skip
from tests.bench.table import Goal, Row, at_most

SIMFAAS_HOW = "pip install simfaas==0.2.2 into an environment of its own, then LAB_SIMFAAS=…/bin/python"

# simfaas 0.2.2's README, 2026-11-23: 0.9 arrivals a second, 1.991 s warm, 2.244 s cold, gone after 600 s.
EXAMPLE = Function(Exponential(1.991), cold=Exponential(2.244), idle_s=600)
_SIMFAAS = """
import json, sys, time
from simfaas.ServerlessSimulator import ServerlessSimulator
found = []
for _ in range(int(sys.argv[1])):
    run = ServerlessSimulator(
        arrival_rate=0.9, warm_service_rate=1 / 1.991, cold_service_rate=1 / 2.244, expiration_threshold=600, max_time=float(sys.argv[2])
    )
    began = time.perf_counter()
    run.generate_trace(debug_print=False, progress=False)
    took = time.perf_counter() - began
    answer = run.get_result_dict()
    found.append([answer["reqs_total"] / took, answer["prob_cold"], answer["inst_count_avg"], answer["inst_running_count_avg"]])
print(json.dumps(found))
"""
_RUNS = 8
_T_99 = 3.499
"""Student's t for 99 % and one degree of freedom less than runs."""


@dataclass(frozen=True)
class Effort:
    """Seconds that simfaas's example is simulated, here for its speed and in each run that is compared; requests of the run whose
    memory is measured, and of each Erlang run."""

    example_s: float
    simfaas_s: float
    memory: float
    erlang: float


FULL = Effort(1e6, 2.5e5, 10e6, 12e6)
QUICK = Effort(2e4, 2e4, 2e5, 2e5)


def rows(effort: Effort) -> list[Row]:
    return [*_beside_simfaas(effort), _memory(effort), _erlang(effort), *_quick_answers()]


def _beside_simfaas(effort: Effort) -> list[Row]:
    rates = []
    for seed in range(3):
        began = time.perf_counter()
        run = simulate(EXAMPLE, Poisson(0.9), effort.example_s, seed=seed)
        rates.append(run.requests / (time.perf_counter() - began))
    here = sorted(rates)[1]
    # As long as simfaas's: each run begins with no environments.
    runs = [simulate(EXAMPLE, Poisson(0.9), effort.simfaas_s, seed=seed) for seed in range(4 * _RUNS)]
    theirs = _simfaas(effort)
    rate = mean(run[0] for run in theirs) if theirs else None
    beside = "" if rate is None else f" (simfaas: {rate:,.0f})"
    found = [Row(f"simulated requests of simfaas's example{beside}", "requests/s", here, goals=[
        Goal("10 × simfaas's", None if rate is None else here >= 10 * rate)])]  # fmt: skip
    names = ("cold starts of that, %", "environments of that", "at work of that")
    ours = [mean(figures) for figures in zip(*[(run.cold_start_probability, run.environments, run.busy) for run in runs])]
    for place, (name, value) in enumerate(zip(names, ours), start=1):
        scale, within, said = 100 if "%" in name else 1, None, ""
        if theirs:
            sample = [run[place] for run in theirs]
            half = _T_99 * stdev(sample) / math.sqrt(len(sample))
            within, said = abs(value - mean(sample)) <= half, f" (simfaas: {scale * mean(sample):.3f} ± {scale * half:.3f})"
        found.append(Row(name + said, "mean", scale * value, goals=[Goal("simfaas's 99 % interval", within)]))
    return found


def _simfaas(effort: Effort) -> list[list[float]]:
    """Requests a second, cold starts, environments and those at work, of each of some runs; nothing without simfaas."""
    python = os.environ.get("LAB_SIMFAAS")
    if not python:
        return []
    command = [python, "-c", _SIMFAAS, str(_RUNS), str(effort.simfaas_s)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _memory(effort: Effort) -> Row:
    code = (
        "import resource\nfrom lablib.models.scaling import *\n"
        f"simulate(Function(Exponential(0.2), init=0.5), Poisson(2_000), {effort.memory / 2_000})\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    peak = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    return Row(f"peak memory of {effort.memory:,.0f} simulated requests", "MB", peak, goals=[at_most(peak, 300, "300 MB")])


def _erlang(effort: Effort) -> Row:
    worst = 0.0
    for servers in (1, 2, 5, 10, 20):
        for part in (1.0, 1.5, 2.0):
            limits = Limits(account=servers, scaling=math.inf, requests_per_concurrency=math.inf)
            function = Function(Exponential(1), cold=Exponential(1), idle_s=math.inf)
            load = servers * part
            run = simulate(function, Poisson(load), effort.erlang / load, limits=limits, seed=servers)
            worst = max(worst, abs(run.failure_probability / erlang_b(servers, load) - 1))
    return Row("loss against Erlang B, the worst of 15", "% off", 100 * worst, goals=[at_most(worst, 0.01, "1 %")])


def _quick_answers() -> list[Row]:
    day, day_s = _timed(lambda: simulate(Function(0.1, init=0.5), Periodic(1e6), 86_400, limits=Limits(account=200_000)))
    sample = azure_sample()
    _, sample_s = _timed(lambda: simulate(Function(1), sample))
    assert day.engine == "fluid"
    worst = max(_apart(name) for name in _AGREE)
    return [
        Row("the recorded Azure sample", "ms", 1000 * sample_s, goals=[at_most(sample_s, 0.1, "100 ms")]),
        Row("a day at a million requests a second", "s", day_s, goals=[at_most(day_s, 1.0, "1 s")]),
        Row("the fluid engine against the exact one, the worst figure", "% off", 100 * worst, goals=[at_most(worst, 0.02, "2 %")]),
    ]


# Function, traffic, seconds and limits: loads of 1,000 and more, so that chance moves three runs' mean by less than the goal.
_AGREE: dict[str, tuple[Function, Any, float, Limits]] = {
    "steady": (Function(Exponential(0.2), init=0.5), Poisson(10_000), 100, NO_LIMITS),
    "day": (Function(LogNormal(0.5, 0.5), init=1), Periodic(3_000, 0.8, 200), 200, Limits(account=4_000)),
    "overload": (Function(Exponential(0.2), init=0.3), Poisson(8_000), 100, Limits()),
}


def _apart(name: str) -> float:
    """By how much the fluid engine's worst figure is off, as a part."""
    function, arrivals, seconds, limits = _AGREE[name]
    fluid = simulate(function, arrivals, seconds, limits=limits, engine="fluid")
    exact = [simulate(function, arrivals, seconds, limits=limits, engine="exact", seed=seed) for seed in range(3)]
    figures = ("requests", "served", "failed", "environments", "most_environments", "busy", "cold_starts", "billed_s")
    return max(_off(fluid, exact, figure) for figure in figures)


def _off(fluid: Result, exact: list[Result], figure: str) -> float:
    wanted = mean(getattr(run, figure) for run in exact)
    return abs(getattr(fluid, figure) / wanted - 1) if wanted > 0.001 * fluid.requests or "environments" in figure else 0.0


def _timed(run: Any) -> tuple[Result, float]:
    """What it gives, and the least of three times."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        found = run()
        times.append(time.perf_counter() - began)
    return found, min(times)
