"""The fluid engine: expected flows in some thousands of steps, for traffic that cannot be followed request by request.

In each step the load is what Little's law says, what is refused Erlang B (`crowd.blocked`: it holds for any distribution of
durations, and comes to ``1 - room / load`` in an overload), and the environments are as many as worked at the most lately
(`crowd.Peaks`). A sudden rise is followed in small steps of its own (`surge`). It wants large numbers: 200 at work at the peak,
or twice as many as may work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from lablib.models.scaling.arrivals import Every, Recorded
from lablib.models.scaling.backlog import Backlog
from lablib.models.scaling.callers import Asynchronous, Caller, Polled, Synchronous
from lablib.models.scaling.crowd import Peaks, blocked
from lablib.models.scaling.draws import Draws
from lablib.models.scaling.numbers import Floats
from lablib.models.scaling.rules import Function, Limits
from lablib.models.scaling.surge import Surge, surge

LEAST_LOAD = 200.0
"""Environments at work at the peak, at least: below, chance is what there is to see."""

_RISES = 5_000
_SAMPLE = 8_000


@dataclass
class Flow:
    """What flows in each step: numbers of requests, and levels at its end."""

    edges: Floats
    came: Floats
    served: Floats = field(init=False)
    cold: Floats = field(init=False)
    refused: Floats = field(init=False)
    rate_refused: Floats = field(init=False)
    environments: Floats = field(init=False)
    busy: Floats = field(init=False)
    queue: Floats = field(init=False)
    on_provisioned: Floats = field(init=False)
    short: "np.ndarray" = field(init=False)
    most_environments: float = 0.0

    def __post_init__(self) -> None:
        for name in ("served", "cold", "refused", "rate_refused", "environments", "busy", "queue", "on_provisioned"):
            setattr(self, name, np.zeros(self.came.size))
        self.short = np.zeros(self.came.size, dtype=bool)


def why_not(function: Function, limits: Limits, caller: Caller, draws: Draws) -> str | None:
    """Why the fluid engine cannot run this; None: it can."""
    if isinstance(draws.arrivals, (Every, Recorded)):
        return "a timer's and a recording's requests are followed one by one"
    if isinstance(caller, Polled):
        return "the pollers of a queue are followed one by one"
    rates = _rates(draws.path)
    load = rates.max(initial=0.0) * function.warm.mean
    if load < LEAST_LOAD and load < 2 * limits.concurrency:  # deep in an overload chance is not to be seen
        return f"fewer than {LEAST_LOAD:g} environments would work at a time: chance is what there is to see"
    if function.idle_s < 10 * function.warm.mean:
        return "environments go almost as soon as they are idle"
    if limits.provisioned and rates.max() > limits.provisioned * limits.requests_per_concurrency:
        return "more than 10 requests a second come for each environment of provisioned concurrency"
    if int(_jumps(draws.path).sum()) > _RISES:
        return "traffic changes too often"
    return None


class Fluid:
    """One run. `why_not` has been asked."""

    def __init__(self, function: Function, limits: Limits, caller: Synchronous | Asynchronous, draws: Draws, steps: int) -> None:
        self.function, self.limits, self.synchronous = function, limits, isinstance(caller, Synchronous)
        rng = np.random.default_rng(0)
        self.mean = function.warm.mean
        self.init_s = function.first.mean - self.mean
        self.warm = function.warm.sample(rng, _SAMPLE)
        drawn = np.array([draws.cold(0.0)[0] for _ in range(_SAMPLE)])
        self.cold = drawn if function.cold is not None else self.warm + drawn
        times, expected = draws.path
        edges = np.union1d(np.linspace(0.0, draws.seconds, steps + 1), times[1:-1][_jumps(draws.path)])
        self.flow = Flow(edges, np.diff(np.interp(edges, times, expected)))
        self.widths = np.diff(edges)
        self.rates = self.flow.came / self.widths
        self.backlog = Backlog(caller, edges)
        self._surge: tuple[float, float, Surge] | None = None
        self._initialising = 0.0  # seconds of INIT that are ahead
        self._load, self._works, self._bucket = 0.0, 0.0, limits.requests_per_second

    def run(self) -> Flow:
        """All steps."""
        flow, limits = self.flow, self.limits
        peaks = Peaks(flow.edges, self._settling(self.rates * self.mean), self.mean, self.function.idle_s, limits.concurrency)
        wanted, floors = peaks.means(), np.zeros(flow.came.size)
        tokens, environments, rate, held = limits.scaling, float(limits.provisioned), 0.0, False
        for step, width in enumerate(self.widths.tolist()):
            before, load = environments, self.rates[step] * self.mean
            if self.rates[step] > 1.1 * rate and environments < load + 3 * math.sqrt(load):
                self._rise(step, rate, environments, tokens)
            rate = self.rates[step]
            floors[step] = self._floor(float(flow.edges[step]))
            aim = min(max(wanted[step], floors[step]), limits.concurrency)
            if held:  # what was wanted once and could not be had is not made when it is no longer wanted
                now = max(load, self._load)
                aim = min(aim, max(before, now + 4 * math.sqrt(now)))
            able = tokens + limits.scaling_per_second * width
            short = aim - before > able
            held = short or (held and aim < min(wanted[step], limits.concurrency))
            environments = before + able if short else aim
            tokens = min(limits.scaling, able - max(0.0, environments - before))
            room = environments if short else float(limits.concurrency)
            if short and not self._in_surge(float(flow.edges[step])):  # else it knows of INIT
                self._initialising += (environments - before) * self.init_s
                busy_with_init = min(self._initialising / width, room)
                self._initialising -= busy_with_init * width
                room -= busy_with_init
            self._pass(step, room)
            flow.environments[step] = environments
            flow.short[step] = short or held
        self._count_cold(peaks, wanted, floors)
        return flow

    def _pass(self, step: int, room: float) -> None:
        """Requests of one step: served, or refused for want of room, or for their rate."""
        flow, width = self.flow, float(self.widths[step])
        able = self._bucket + self.limits.requests_per_second * width if self.synchronous else math.inf
        fades, lost, part = math.exp(-width / self.mean), 0.0, 0.0
        for _ in range(6):
            tried = self.backlog.tried(step, flow.came[step], part)
            passing = min(tried, able / (1 - lost)) if lost < 1 else tried
            aim = passing * self.mean / width
            load = aim + (self._load - aim) * fades
            # As many begin as it takes until so many work as Erlang B says of that load.
            begin = (load * (1 - blocked(room, load)) - self._works * fades) / (1 - fades) * width / self.mean
            served = min(max(0.0, begin), passing * (1 - self._lost_in_surge(step, tried)), able)
            lost = 1 - served / passing if passing > 0 else 0.0
            found = 1 - served / tried if tried > 0 else 0.0
            if abs(found - part) < 1e-9:
                break
            part = found
        self._load = load
        if self.synchronous and able < math.inf:
            self._bucket = min(self.limits.requests_per_second, able - served)
        flow.served[step], flow.refused[step] = served, tried * lost
        flow.rate_refused[step] = max(0.0, tried - served - tried * lost)
        flow.queue[step] = self.backlog.step(step, flow.came[step], part)
        works = served / width * self.mean
        flow.busy[step] = works + (self._works - works) * (1 - fades) * self.mean / width
        self._works = works + (self._works - works) * fades
        if ready := self.limits.provisioned:
            flow.on_provisioned[step] = served * (1 - blocked(ready, flow.busy[step]))

    def _rise(self, step: int, before: float, environments: float, tokens: float) -> None:
        """Traffic rises all at once."""
        start = float(self.flow.edges[step])
        found = surge(
            before=before, after=float(self.rates[step]), environments=environments, busy=min(self._load, environments),
            warm=self.warm, cold=self.cold, room=self.limits.concurrency, tokens=tokens,
            tokens_per_s=self.limits.scaling_per_second, most_s=float(self.flow.edges[-1]) - start,
        )  # fmt: skip
        if found.environments > self._floor(start):
            self._surge = start, start + found.lasted_s + self.function.idle_s, found

    def _floor(self, now: float) -> float:
        """Environments that a surge has left, or that are provisioned."""
        if self._surge is None or now >= self._surge[1]:
            return float(self.limits.provisioned)
        return max(self._surge[2].environments, float(self.limits.provisioned))

    def _in_surge(self, now: float) -> bool:
        return self._surge is not None and now < self._surge[0] + self._surge[2].times[-1]

    def _lost_in_surge(self, step: int, tried: float) -> float:
        """The part of a step's requests that a surge's first seconds refuse."""
        if self._surge is None or not tried:
            return 0.0
        start, _, found = self._surge
        before, after = np.interp(self.flow.edges[step : step + 2] - start, found.times, found.refused)
        return float(min(1.0, max(0.0, (after - before) / tried)))

    def _settling(self, load: Floats) -> Floats:
        """The load follows the rate with the delay of a duration."""
        now, found = 0.0, []
        for aim, width in zip(load.tolist(), self.widths.tolist()):
            now = aim + (now - aim) * math.exp(-width / self.mean)
            found.append(now)
        return np.array(found)

    def _count_cold(self, peaks: Peaks, wanted: Floats, floors: Floats) -> None:
        """New environments: what the fleet grows by, and those that chance asks for and takes away again."""
        flow, most = self.flow, float(self.limits.concurrency)
        grown = np.maximum(np.diff(flow.environments, prepend=float(self.limits.provisioned)), 0.0)
        flow.cold = np.where(flow.short | (floors > wanted), grown, np.maximum(peaks.new(floors), grown))
        flow.most_environments = float(flow.environments.max())
        if not flow.short.any():
            flow.most_environments = min(most, max(flow.most_environments, peaks.highest()))
        flow.busy = _no_more_than(flow.environments, flow.busy + flow.cold * self.init_s / self.widths, self.widths)


def _no_more_than(most: Floats, levels: Floats, widths: Floats) -> Floats:
    """`levels`, held to `most`: what is above it in one step is done in the next. INIT begins in one, and may end in another."""
    left, held = 0.0, []
    for top, level, width in zip(most.tolist(), levels.tolist(), widths.tolist()):
        work = level * width + left
        done = min(work, top * width)
        held.append(done / width)
        left = work - done
    return np.array(held)


def _rates(path: tuple[Floats, Floats]) -> Floats:
    times, expected = path
    return np.asarray(np.diff(expected) / np.diff(times))


def _jumps(path: tuple[Floats, Floats]) -> np.ndarray:
    """Where the rate changes by more than a tenth from one line of the path to the next."""
    rates = _rates(path)
    return np.abs(np.diff(rates)) > 0.1 * np.maximum(rates[1:], rates[:-1])
