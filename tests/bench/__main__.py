"""`python -m tests.bench`: the floor, this cloud and ministack in one run, as one table with goals.

`--quick` measures everything once or twice, for a look; its figures are noise.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lablib.environments.host import cores
from tests.bench import bare, calls, canvas, course, events, growth, kernel, limits, runtimes, scaling, targets
from tests.bench.memory import pss_mb, tree
from tests.bench.table import Goal, Row, at_most, render, times_faster, times_the_rate

SHARES_MB = (128, 256, 512, 1024)
ENVIRONMENTS = 20


@dataclass(frozen=True)
class Effort:
    """How often each thing is measured, and for how many seconds."""

    rounds: int
    colds: int
    rate_s: float
    timeouts: int
    share_s: float
    kernels: int
    functions: int
    invocations: int
    runtime_colds: int
    runtime_calls: int
    events: events.Effort
    scaling: scaling.Effort
    steps: int
    run_alls: int
    play_s: int


FULL = Effort(
    rounds=15, colds=15, rate_s=4.0, timeouts=5, share_s=5.0, kernels=3, functions=200, invocations=1000,
    runtime_colds=9, runtime_calls=60, events=events.FULL, scaling=scaling.FULL, steps=20, run_alls=3, play_s=5,
)  # fmt: skip
QUICK = Effort(
    rounds=1, colds=2, rate_s=0.3, timeouts=1, share_s=0.5, kernels=1, functions=4, invocations=20, runtime_colds=1, runtime_calls=3,
    events=events.QUICK, scaling=scaling.QUICK, steps=1, run_alls=0, play_s=1,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a look: every figure from one or two measurements")
    effort = QUICK if parser.parse_args().quick else FULL
    print(f"{platform.system()} {platform.machine()}, {cores():g} cores, Python {platform.python_version()}")
    if (load := os.getloadavg()[0]) > 0.5:
        print(f"Something else runs here (load average {load:.1f}): every figure in ms and calls/s is worse than it is.")
    rows = everything(effort)
    print(render(rows))
    if not any(row.ministack for row in rows):
        print(f"ministack is not installed: {targets.MINISTACK_HOW}")
    if "LAB_SIMFAAS" not in os.environ:
        print(f"simfaas was not asked: {scaling.SIMFAAS_HOW}")
    return 0


def everything(effort: Effort) -> list[Row]:
    """Every row, in the table's order; what is slow to set up is closed again before the next."""
    rows: list[Row] = []
    running = [targets.floor(), targets.here()]
    peer = targets.ministack()
    if peer:
        running.append(peer)
    try:
        rows += _memory_idle(running)
        rows += _calls(running, effort)
        rows += _memory_after(running)
        rows += runtimes.rows(running[0], running[1], effort.runtime_colds, effort.runtime_calls)
    finally:
        for target in running:
            target.close()
    rows += events.rows(targets.here, targets.ministack, effort.events)
    rows += _limits(effort)
    rows += _environments()
    rows += _growth(effort)
    rows += _kernel(effort)
    rows += scaling.rows(effort.scaling)
    rows += course.pictures(effort.steps)
    rows += canvas.rows(effort.play_s)
    rows += course.run_all(effort.run_alls)
    return rows


def _memory_idle(running: list[targets.Target]) -> list[Row]:
    by = {target.name: target for target in running}
    peer = by.get("ministack")
    return [
        Row("start to first answer", "s", by["here"].first_answer_s, ministack=peer and peer.first_answer_s),
        _memory("memory idle", running),
    ]


def _memory_after(running: list[targets.Target]) -> list[Row]:
    return [_memory("memory after these calls", running)]


def _memory(what: str, running: list[targets.Target]) -> Row:
    pss = {target.name: pss_mb(tree(target.pid)) for target in running}
    return Row(what, "MB PSS", pss["here"], ministack=pss.get("ministack"))


def _calls(running: list[targets.Target], effort: Effort) -> list[Row]:
    clouds = running[1:]
    for target in clouds:
        target.deploy("silent", calls.SILENT)
        target.deploy("printing", calls.PRINTING)
        target.deploy("sleeping", calls.SLEEPING)
    warm = calls.warm_ms(running, "silent", effort.rounds)
    printing = calls.warm_ms(running, "printing", effort.rounds)
    cold = {target.name: calls.cold_ms(target, effort.colds) for target in clouds}
    bare_cold = bare.cold_ms(effort.colds)
    rate = {target.name: calls.rate(target, "silent", 8, effort.rate_s) for target in running}
    sleeps = {target.name: calls.sleeps_s(target, "sleeping") for target in clouds}
    other = "ministack"
    return [
        Row("warm, silent handler", "ms", warm["here"], warm["floor"], warm.get(other), [
            at_most(warm["here"], warm["floor"] + 3, "floor + 3 ms"), times_faster(warm["here"], warm.get(other), 5)]),
        Row("warm, printing handler", "ms", printing["here"], printing["floor"], printing.get(other), [
            times_faster(printing["here"], printing.get(other), 2)]),
        Row("cold", "ms", cold["here"], bare_cold, cold.get(other), [
            at_most(cold["here"], bare_cold + 40, "bare process + 40 ms"), times_faster(cold["here"], cold.get(other), 2)]),
        Row("8 clients", "calls/s", rate["here"], rate["floor"], rate.get(other), [
            Goal("half the floor's", rate["here"] >= rate["floor"] / 2), times_the_rate(rate["here"], rate.get(other), 2)]),
        Row("80 sleeps of 100 ms, 8 environments", "s", sleeps["here"], 1.0, sleeps.get(other), [
            at_most(sleeps["here"], 1.2, "1.2 s")]),
    ]  # fmt: skip


def _limits(effort: Effort) -> list[Row]:
    target = targets.here()
    try:
        with limits.busy(target):
            reported, waited = limits.timeouts_s(target, effort.timeouts)
            found = limits.shares(target, SHARES_MB, effort.share_s)
    finally:
        target.close()
    return [
        Row("timeout of 1 s, beside a writer: REPORT's duration", "s", reported, 1.0, goals=[at_most(reported, 1.1, "1.1 s")]),
        Row("timeout of 1 s, beside a writer: the caller waited", "s", waited, 1.0, goals=[at_most(waited, 1.1, "1.1 s")]),
        *(
            Row(f"CPU at {memory:,} MB, beside a writer, of its share", "%", 100 * share, 100.0, goals=[
                Goal("95 to 105 %", 0.95 <= share <= 1.05)])
            for memory, share in found.items()
        ),
    ]  # fmt: skip


def _environments() -> list[Row]:
    """20 environments against 20 bare runtime processes: what belongs to environments, without cloud and supervisor."""
    target = targets.here()
    try:
        target.deploy("holding", calls.HOLDING)
        callers = [calls.caller(target, "holding") for _ in range(ENVIRONMENTS)]
        before = tree(target.pid)
        with ThreadPoolExecutor(ENVIRONMENTS) as pool:
            list(pool.map(lambda call: call(), callers))
        here = pss_mb([pid for pid in tree(target.pid) if pid not in before])
        streams = target.client("logs").describe_log_streams(logGroupName="/aws/lambda/holding")["logStreams"]
        assert len(streams) == ENVIRONMENTS, f"{len(streams)} environments, not {ENVIRONMENTS}"
    finally:
        target.close()
    bare_mb = bare.memory_mb(ENVIRONMENTS)
    return [Row(f"{ENVIRONMENTS} environments", "MB PSS", here, bare_mb, goals=[at_most(here, 1.1 * bare_mb, "bare + 10 %")])]


def _growth(effort: Effort) -> list[Row]:
    """What the cloud keeps, each of a cloud of its own."""
    found = []
    for weigh, count in ((growth.of_invocations_mb, effort.invocations), (growth.of_functions_mb, effort.functions)):
        target = targets.here()
        try:
            found.append(weigh(target, count))
        finally:
            target.close()
    return [
        Row(f"{effort.invocations:,} more warm invocations, their logs deleted", "MB PSS", found[0], goals=[
            at_most(found[0], 1.0, "1 MB")]),
        Row(f"{effort.functions} functions invoked once, then idle", "MB PSS", found[1], goals=[at_most(found[1], 60, "60 MB")]),
    ]  # fmt: skip


def _kernel(effort: Effort) -> list[Row]:
    measured = [kernel.measure() for _ in range(effort.kernels)]
    first = sorted(seconds for seconds, _ in measured)[len(measured) // 2]
    weight = max(megabytes for _, megabytes in measured)
    return [
        Row("import lablib to first result, in a ready kernel", "s", first, goals=[at_most(first, 2.5, "2.5 s")]),
        Row("kernel and cloud, S3, SQS, DynamoDB, Lambda used", "MB PSS", weight, goals=[at_most(weight, 230, "230 MB")]),
    ]


if __name__ == "__main__":
    sys.exit(main())
