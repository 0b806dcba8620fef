"""Who may run: each rule of concurrency and rates, and all of them together, on a clock of the test's own."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from lablib.cloud.scaling.concurrency import CONCURRENT, RATE, RESERVED_CONCURRENT, RESERVED_RATE, Admitted, Concurrency, Throttled, TokenBucket
from lablib.models import limits

NOW = 1_795_000_000.0  # the seconds of a real clock: so large that adding a tenth rounds


def fill(account: Concurrency, function: str, count: int, version: str = "$LATEST", **how: bool) -> list[Admitted]:
    """Let `count` invocations run, with nobody waiting unless `how` says so: so no rate is met."""
    return [account.admit(function, version, NOW, **({"synchronous": False} | how)) for _ in range(count)]


def account_is_full(account: Concurrency) -> None:
    fill(account, "a", 60)
    fill(account, "b", 40)


def others_use_what_is_unreserved(account: Concurrency) -> None:
    account.configure("mine", 30, {})
    fill(account, "other", 70)


def reservation_is_full(account: Concurrency) -> None:
    account.configure("f", 5, {})
    fill(account, "f", 5)


def stopped(account: Concurrency) -> None:
    account.configure("f", 0, {})


def all_of_a_reservation_is_provisioned(account: Concurrency) -> None:
    account.configure("f", 5, {"1": 5})


def reservation_and_provisioned_are_full(account: Concurrency) -> None:
    account.configure("f", 5, {"1": 2})
    fill(account, "f", 2, "1")
    fill(account, "f", 3)


def provisioned_of_others_is_set_aside(account: Concurrency) -> None:
    account.configure("other", None, {"1": 90})
    fill(account, "f", 10)


def a_reservation_was_made_smaller(account: Concurrency) -> None:
    account.configure("f", 5, {})
    fill(account, "f", 5)
    account.configure("f", 3, {})


def provisioned_was_taken_away_while_it_runs(account: Concurrency) -> None:
    account.configure("f", 3, {"1": 3})
    fill(account, "f", 3, "1")
    account.configure("f", 3, {})


def reserved_rate(account: Concurrency) -> None:
    account.configure("f", 3, {})
    for _ in range(30):
        account.release(account.admit("f", "$LATEST", NOW))


def account_rate(account: Concurrency) -> None:
    for number in range(1000):
        account.release(account.admit(f"f{number % 7}", "$LATEST", NOW))


def account_rate_met_by_reserved(account: Concurrency) -> None:
    account.configure("mine", 50, {})
    for number in range(1000):
        account.release(account.admit("mine" if number % 2 else "another", "$LATEST", NOW))


REFUSED: dict[str, tuple[Callable[[Concurrency], None], str, str, str]] = {
    "the account is full": (account_is_full, "c", "$LATEST", CONCURRENT),
    "what is unreserved is full": (others_use_what_is_unreserved, "other", "$LATEST", CONCURRENT),
    "a reservation is full": (reservation_is_full, "f", "$LATEST", RESERVED_CONCURRENT),
    "another version of it": (reservation_is_full, "f", "1", RESERVED_CONCURRENT),
    "a reservation of 0": (stopped, "f", "$LATEST", RESERVED_CONCURRENT),
    "all provisioned: $LATEST": (all_of_a_reservation_is_provisioned, "f", "$LATEST", RESERVED_CONCURRENT),
    "all provisioned: another version": (all_of_a_reservation_is_provisioned, "f", "2", RESERVED_CONCURRENT),
    "provisioned and reserved are full": (reservation_and_provisioned_are_full, "f", "1", RESERVED_CONCURRENT),
    "others' provisioned concurrency": (provisioned_of_others_is_set_aside, "f", "$LATEST", CONCURRENT),
    "a smaller reservation": (a_reservation_was_made_smaller, "f", "$LATEST", RESERVED_CONCURRENT),
    "provisioned, taken away": (provisioned_was_taken_away_while_it_runs, "f", "1", RESERVED_CONCURRENT),
    "a reservation's requests per second": (reserved_rate, "f", "$LATEST", RESERVED_RATE),
    "the account's requests per second": (account_rate, "f", "$LATEST", RATE),
    "they count those of a reservation": (account_rate_met_by_reserved, "other", "$LATEST", RATE),
}


@pytest.mark.parametrize("before, function, version, reason", REFUSED.values(), ids=REFUSED)
def test_refused(before: Callable[[Concurrency], None], function: str, version: str, reason: str) -> None:
    account = Concurrency(100)
    before(account)
    running = account.running
    for _ in range(2):  # a refusal uses nothing up
        with pytest.raises(Throttled) as refused:
            account.admit(function, version, NOW)
        assert (refused.value.reason, str(refused.value)) == (reason, "Rate Exceeded.")
    assert account.running == running


ADMITTED: dict[str, tuple[Callable[[Concurrency], None], str, str]] = {
    "a reservation, though all others are busy": (others_use_what_is_unreserved, "mine", "$LATEST"),
    "provisioned, though all others are busy": (provisioned_of_others_is_set_aside, "other", "1"),
    "the rest of a reservation": (all_of_a_reservation_is_provisioned, "f", "1"),
    "nobody else stops with a function": (stopped, "other", "$LATEST"),
}


@pytest.mark.parametrize("before, function, version", ADMITTED.values(), ids=ADMITTED)
def test_admitted(before: Callable[[Concurrency], None], function: str, version: str) -> None:
    account = Concurrency(100)
    before(account)
    account.admit(function, version, NOW)


def test_what_runs_when_concurrency_is_set_aside_runs_on() -> None:
    """For a while more runs than the account may have; what AWS does then is unconfirmed."""
    account = Concurrency(10)
    running = fill(account, "f", 10)
    account.configure("mine", 4, {})
    fill(account, "mine", 4)
    for one in running[:4]:
        with pytest.raises(Throttled):
            account.admit("f", "$LATEST", NOW)
        account.release(one)
    with pytest.raises(Throttled):
        account.admit("f", "$LATEST", NOW)
    account.release(running[4])
    account.admit("f", "$LATEST", NOW)


def test_an_event_of_the_queue_is_held_to_no_rate() -> None:
    account = Concurrency(1)
    for _ in range(100):
        account.release(account.admit("f", "$LATEST", NOW, synchronous=False))
    account.release(account.admit("f", "$LATEST", NOW))


def test_rates_are_refilled_continuously_and_not_saved_up() -> None:
    account = Concurrency(1)

    def at(now: float) -> int:
        done = 0
        try:
            while True:
                account.release(account.admit("f", "$LATEST", now))
                done += 1
        except Throttled:
            return done

    # An hour later, as after lab.wait(hours=1), there is one second's worth, and not an hour's.
    assert [at(NOW), at(NOW + 0.1), at(NOW + 0.55), at(NOW + 3600), at(NOW + 3600.2)] == [10, 1, 4, 10, 2]


def test_a_clock_that_went_back_gives_nothing() -> None:
    bucket = TokenBucket(2, 1)
    assert bucket.take(NOW) and bucket.take(NOW)
    assert not bucket.take(NOW - 3600)
    assert bucket.take(NOW - 3599)


def test_beyond_its_number_or_its_rate_provisioned_concurrency_spills_over() -> None:
    account = Concurrency(100)
    account.configure("f", None, {"1": 2})
    kinds = [fill(account, "f", 1, "1")[0] for _ in range(3)]
    assert [(one.provisioned, one.spilled) for one in kinds] == [(True, False), (True, False), (False, True)]
    for one in kinds:
        account.release(one)
    served = 2
    while (one := account.admit("f", "1", NOW)).provisioned:
        account.release(one)
        served += 1
    assert served == 20, "ten requests per second for each"
    assert account.admit("f", "1", NOW + 0.1).provisioned
    assert fill(account, "f", 1, "2")[0] == Admitted("f", "2", provisioned=False)


def test_what_provisioned_concurrency_lacks_runs_on_demand() -> None:
    account = Concurrency(100)
    account.configure("f", 2, {"1": 1})
    moved = account.beyond(account.admit("f", "1", NOW))
    assert (moved.provisioned, moved.spilled) == (False, True)
    again = account.admit("f", "1", NOW)
    assert again.provisioned
    with pytest.raises(Throttled):
        account.beyond(again)
    assert account.running_of("f") == 2


def test_a_function_grows_by_a_thousand_environments_in_ten_seconds() -> None:
    account = Concurrency(5000)
    for _ in range(limits.SCALING_ENVIRONMENTS):
        account.scale("f", NOW)
    with pytest.raises(Throttled, match="Rate Exceeded."):
        account.scale("f", NOW)
    account.scale("other", NOW)
    grown = 0
    with pytest.raises(Throttled) as refused:
        while True:
            account.scale("f", NOW + 1)
            grown += 1
    assert (grown, refused.value.reason) == (100, CONCURRENT)
    with pytest.raises(Throttled):
        for number in range(1001):
            account.scale("f", NOW + 3600)
    assert number == 1000


def test_what_is_set_aside_is_told() -> None:
    account = Concurrency(1000)
    account.configure("a", 300, {"1": 100})
    account.configure("b", None, {"1": 50, "2": 25})
    assert account.unreserved == 1000 - 300 - 75
    fill(account, "a", 1, "1")
    fill(account, "b", 1, "2")
    fill(account, "b", 1)
    assert (account.running, account.running_of("b"), account.unreserved_running) == (3, 2, 1)
    assert (account.provisioned_running("b", "2"), account.provisioned_ready("b", "2")) == (1, 25)
    account.deleted("a")
    account.configure("b", None, {})
    assert account.unreserved == 1000


FUNCTIONS, VERSIONS = st.sampled_from("abc"), st.sampled_from(["$LATEST", "1", "2"])
seconds = st.floats(0, 4, allow_nan=False)


class Rules(RuleBasedStateMachine):
    """Any sequence of settings, invocations and moments, beside a plain model of who may run."""

    running = Bundle("running")

    @initialize(account=st.integers(10, 30))
    def begin(self, account: int) -> None:
        self.account, self.now = Concurrency(account), NOW
        self.reserved: dict[str, int] = {}
        self.provisioned: dict[str, dict[str, int]] = {}
        self.runs: Counter[tuple[str, bool]] = Counter()
        self.times: dict[str, deque[float]] = {}

    def aside(self) -> int:
        return sum(self.reserved.get(name, sum(self.provisioned.get(name, {}).values())) for name in "abc")

    @rule(name=FUNCTIONS, reserved=st.none() | st.integers(0, 8), counts=st.lists(st.integers(0, 3), min_size=2, max_size=2))
    def configure(self, name: str, reserved: int | None, counts: list[int]) -> None:
        """As the API lets it be: provisioned within reserved, and nothing that runs in the way (that, a test of its own has)."""
        if any(function == name for function, _ in self.runs.elements()):
            return
        used = sum(self.runs[other, False] for other in "abc" if other not in self.reserved)
        before = self.reserved.pop(name, None), self.provisioned.pop(name, {})
        provisioned = {version: count for version, count in zip(["1", "2"], counts, strict=True) if count}
        total = sum(provisioned.values())
        mine = total if reserved is None else reserved
        if total > mine or self.aside() + mine + used > self.account.account:
            if before[0] is not None:
                self.reserved[name] = before[0]
            self.provisioned[name] = before[1]
            return
        if reserved is not None:
            self.reserved[name] = reserved
        self.provisioned[name] = provisioned
        if before[0] != reserved:
            self.times.pop(name, None)
        self.account.configure(name, reserved, provisioned)

    @rule(elapsed=seconds)
    def wait(self, elapsed: float) -> None:
        self.now += elapsed

    @rule(target=running, name=FUNCTIONS, version=VERSIONS, synchronous=st.booleans())
    def invoke(self, name: str, version: str, synchronous: bool) -> Admitted | None:
        before = self.account.running
        try:
            admitted = self.account.admit(name, version, self.now, synchronous=synchronous)
        except Throttled as refused:
            assert self.account.running == before
            self._check_refusal(name, version, refused.reason, synchronous)
            return None
        assert self.account.running == before + 1
        self.runs[name, admitted.provisioned] += 1
        if synchronous:
            for key in ("account", name):
                self.times.setdefault(key, deque()).append(self.now)
        return admitted

    def _check_refusal(self, name: str, version: str, reason: str, synchronous: bool) -> None:
        """Nobody is refused what is free."""
        on_demand = self.runs[name, False]
        if reason == RESERVED_CONCURRENT:
            assert on_demand == self.reserved[name] - sum(self.provisioned[name].values())
        elif reason == CONCURRENT:
            used = sum(self.runs[other, False] for other in "abc" if other not in self.reserved)
            assert name not in self.reserved and used == self.account.account - self.aside()
        else:
            assert synchronous and (reason == RATE or name in self.reserved)

    @rule(admitted=consumes(running))
    def over(self, admitted: Admitted | None) -> None:
        if admitted is not None:
            self.account.release(admitted)
            self.runs[admitted.function, admitted.provisioned] -= 1

    @invariant()
    def nobody_has_more_than_is_theirs(self) -> None:
        if not hasattr(self, "account"):
            return
        assert self.account.running == self.runs.total() <= self.account.account
        for name, reserved in self.reserved.items():
            assert self.runs[name, False] + self.runs[name, True] <= reserved
        for name, provisioned in self.provisioned.items():
            assert self.runs[name, True] <= sum(provisioned.values())

    @invariant()
    def no_rate_is_passed(self) -> None:
        """In any span of seconds at most ten for each unit of concurrency, and ten more that were there at its beginning."""
        if not hasattr(self, "account"):
            return
        for key, limit in {"account": self.account.account, **self.reserved}.items():
            times = self.times.get(key, deque())
            for first, since in enumerate(times):
                assert len(times) - first <= 10 * limit * (1 + times[-1] - since) + 0.01


Rules.TestCase.settings = settings(deadline=None, max_examples=300, stateful_step_count=60)
TestRules = Rules.TestCase


@given(st.lists(st.tuples(seconds, st.integers(1, 40)), max_size=20), st.integers(1, 30))
def test_no_rate_is_passed_in_any_span(bursts: list[tuple[float, int]], per_second: int) -> None:
    bucket, now = TokenBucket(per_second, per_second), NOW
    taken: list[float] = []
    for wait, tries in bursts:
        now += wait
        taken += [now for _ in range(tries) if bucket.take(now)]
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= per_second * (1 + taken[last] - taken[first]) + 0.01
