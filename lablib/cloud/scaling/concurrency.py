"""Whether one more invocation may run: Lambda's rules of concurrency, as arithmetic.

Nothing here starts, waits or looks at a clock; `placement` does. What the rules are: DG lambda-concurrency, scaling-behavior and
provisioned-concurrency, 2026.

::

    the account's concurrency (1,000)
    |-- reserved for a function: its own, and its limit
    |     `-- provisioned for its versions: theirs alone, the rest is on demand
    |-- provisioned for versions of a function without a reservation
    `-- unreserved: everybody else, and what goes beyond provisioned concurrency

Lambda's limits on how often the API itself may be called (15/s) are not enforced: a notebook that is run from top to bottom would
meet them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lablib.models import limits

# The model's reasons (ThrottleReason, botocore 1.44.5). Its documentation says of Invoke which of the first two is which; of the
# rates no page does: theirs are named after them. Of a function's scaling rate no reason is known; it limits concurrency.
# A refusal has no Retry-After, though the model knows that header: no captured one has it.
CONCURRENT = "ConcurrentInvocationLimitExceeded"
RESERVED_CONCURRENT = "ReservedFunctionConcurrentInvocationLimitExceeded"
RATE = "FunctionInvocationRateLimitExceeded"
RESERVED_RATE = "ReservedFunctionInvocationRateLimitExceeded"


K = TypeVar("K")


class Throttled(Exception):
    """No environment may be had. `reason` is the API's, as in TooManyRequestsException."""

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.")
        self.reason = reason


class TokenBucket:
    """A rate: so many per second, continuously, and at most `capacity` of them saved up.

    The times it is given are seconds on any clock; one that goes backward refills nothing, one that jumps ahead fills it at most.
    """

    def __init__(self, capacity: float, per_second: float) -> None:
        self.capacity, self.per_second = capacity, per_second
        self._tokens, self._at = capacity, float("-inf")

    def available(self, now: float) -> bool:
        """Whether there is one to take."""
        if now > self._at:
            self._tokens = min(self.capacity, self._tokens + (now - self._at) * self.per_second)
        self._at = now
        # A hair below one is a rounding error of the seconds, which are large numbers.
        return self._tokens >= 1 - 1e-4

    def take(self, now: float) -> bool:
        """Take one, if there is one."""
        taken = self.available(now)
        if taken:
            self._tokens -= 1
        return taken


@dataclass(frozen=True)
class Admitted:
    """Leave to run one invocation; give it back with `Concurrency.release`.

    Attributes
    ----------
    provisioned
        On the version's provisioned concurrency.
    spilled
        The version has provisioned concurrency, and this invocation goes beyond it.
    """

    function: str
    version: str
    provisioned: bool
    spilled: bool = False


@dataclass
class _Pool:
    """What one function has: its reservation, and environments that are ready, by version."""

    reserved: int | None = None
    provisioned: dict[str, int] = field(default_factory=dict)
    rate: TokenBucket | None = None
    provisioned_rates: dict[str, TokenBucket] = field(default_factory=dict)

    @property
    def set_aside(self) -> int:
        """Of the account's concurrency; nobody else has it."""
        return sum(self.provisioned.values()) if self.reserved is None else self.reserved


class Concurrency:
    """What may run in one account at a time, and what does.

    Parameters
    ----------
    account
        Invocations at a time in the whole account.
    """

    def __init__(self, account: int = limits.ACCOUNT_CONCURRENCY) -> None:
        self.account = account
        self._pools: dict[str, _Pool] = {}
        self._on_demand: Counter[str] = Counter()
        self._provisioned: Counter[tuple[str, str]] = Counter()
        self._rate = _rate_of(account)
        self._scaling: dict[str, TokenBucket] = {}

    def reset(self) -> None:
        """Nothing is configured, and no rate is used up. What runs is still given back by whoever runs it."""
        self._pools.clear()
        self._scaling.clear()
        self._rate = _rate_of(self.account)

    # --- what is configured -----------------------------------------------------------

    def configure(self, function: str, reserved: int | None, provisioned: Mapping[str, int]) -> None:
        """Set what a function has: its reservation, and how many environments are ready for each version (none is no entry).

        What other functions run on concurrency that is set aside now runs on. AWS's pages do not say so: unconfirmed.
        """
        ready = {version: count for version, count in provisioned.items() if count}
        old = self._pools.pop(function, _Pool())
        if reserved is None and not ready:
            return
        pool = self._pools[function] = _Pool(reserved, ready)
        if reserved:
            pool.rate = old.rate if old.reserved == reserved else _rate_of(reserved)
        for version, count in ready.items():
            kept = old.provisioned.get(version) == count
            pool.provisioned_rates[version] = old.provisioned_rates[version] if kept else _rate_of(count)

    def deleted(self, function: str) -> None:
        """A function is gone; what still runs of it counts on."""
        self._pools.pop(function, None)
        self._scaling.pop(function, None)

    # --- one invocation ---------------------------------------------------------------

    def admit(self, function: str, version: str, now: float, *, synchronous: bool = True) -> Admitted:
        """Let one invocation run.

        Parameters
        ----------
        now
            Seconds on the cloud's clock.
        synchronous
            Whether somebody waits for the answer: an asynchronous invocation is not held to the requests per second.

        Raises
        ------
        Throttled
            It may not run, and nothing has changed.
        """
        pool = self._pools.get(function, _Pool())
        ready = pool.provisioned.get(version, 0)
        # Beyond ten requests per second for each, provisioned concurrency spills over, however few run.
        provisioned = self._provisioned[function, version] < ready and pool.provisioned_rates[version].available(now)
        if not provisioned:
            self._check_room(function, pool)
        if synchronous:
            self._check_rates(pool, now)
        if provisioned:
            pool.provisioned_rates[version].take(now)
            self._provisioned[function, version] += 1
        else:
            self._on_demand[function] += 1
        return Admitted(function, version, provisioned, spilled=ready > 0 and not provisioned)

    def beyond(self, admitted: Admitted) -> Admitted:
        """Run on demand what was to run on provisioned concurrency, because its environment is not there. Raises `Throttled`."""
        self._check_room(admitted.function, self._pools.get(admitted.function, _Pool()))
        self.release(admitted)
        self._on_demand[admitted.function] += 1
        return Admitted(admitted.function, admitted.version, provisioned=False, spilled=True)

    def release(self, admitted: Admitted) -> None:
        """The invocation is over."""
        if admitted.provisioned:
            _one_less(self._provisioned, (admitted.function, admitted.version))
        else:
            _one_less(self._on_demand, admitted.function)

    def scale(self, function: str, now: float) -> None:
        """Count one more environment of a function's, on demand. Raises `Throttled` if it grows too fast."""
        bucket = self._scaling.get(function)
        if bucket is None:
            per_second = limits.SCALING_ENVIRONMENTS / limits.SCALING_PERIOD_S
            bucket = self._scaling[function] = TokenBucket(limits.SCALING_ENVIRONMENTS, per_second)
        if not bucket.take(now):
            raise Throttled(CONCURRENT if self._pools.get(function, _Pool()).reserved is None else RESERVED_CONCURRENT)

    def _check_room(self, function: str, pool: _Pool) -> None:
        if pool.reserved is None:
            if self.unreserved_running >= self.unreserved:
                raise Throttled(CONCURRENT)
        elif self._running_on_demand(function) >= pool.reserved - sum(pool.provisioned.values()):
            raise Throttled(RESERVED_CONCURRENT)

    def _check_rates(self, pool: _Pool, now: float) -> None:
        if pool.rate is not None and not pool.rate.available(now):
            raise Throttled(RESERVED_RATE)
        if not self._rate.take(now):
            raise Throttled(RATE)
        if pool.rate is not None:
            pool.rate.take(now)

    # --- what runs ----------------------------------------------------------------------

    @property
    def running(self) -> int:
        """Invocations that run in the account."""
        return self._on_demand.total() + self._provisioned.total()

    def running_of(self, function: str) -> int:
        """Invocations of a function's that run."""
        provisioned = sum(count for (name, _), count in self._provisioned.items() if name == function)
        return self._on_demand[function] + provisioned

    def provisioned_running(self, function: str, version: str) -> int:
        """Invocations that run on a version's provisioned concurrency."""
        return self._provisioned[function, version]

    def provisioned_ready(self, function: str, version: str) -> int:
        """Environments that a version's provisioned concurrency has ready, in use or not."""
        return self._pools.get(function, _Pool()).provisioned.get(version, 0)

    @property
    def unreserved(self) -> int:
        """What functions without a reservation share."""
        return self.account - sum(pool.set_aside for pool in self._pools.values())

    @property
    def unreserved_running(self) -> int:
        """What runs of it."""
        functions = {*self._on_demand, *(name for name, _ in self._provisioned)}
        return sum(
            self._running_on_demand(name) for name in functions if self._pools.get(name, _Pool()).reserved is None
        )

    def _running_on_demand(self, function: str) -> int:
        """With what still runs on provisioned concurrency that was taken away meanwhile."""
        running = self._on_demand[function]
        ready = self._pools.get(function, _Pool()).provisioned
        for (name, version), count in self._provisioned.items():
            if name == function:
                running += max(0, count - ready.get(version, 0))
        return running


def _one_less(running: Counter[K], key: K) -> None:
    running[key] -= 1
    if running[key] <= 0:
        del running[key]


def _rate_of(concurrency: int) -> TokenBucket:
    requests = concurrency * limits.REQUESTS_PER_SECOND_PER_CONCURRENCY
    return TokenBucket(requests, requests)
