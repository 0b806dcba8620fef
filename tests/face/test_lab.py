"""What Lab does with the door's answers, without a cloud behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from lablib.advice import advice
from lablib.errors import CloudIsGone, LabError, RejectedByAWS, StillRunning
from lablib.lab import Lab
from lablib.local import Answer, Credentials, LocalCloud
from tests.support import CloudUnderTest


class FakeDoor:
    """A cloud that is only its door: it answers what it was told to and keeps what it was asked."""

    url, region, credentials = "http://127.0.0.1:9", "us-east-1", Credentials.random()

    def __init__(self, *answers: tuple[int, Mapping[str, object]]):
        self.answers = list(answers)
        self.asked: list[str] = []

    def door(self, method: str, path: str) -> Answer:
        self.asked.append(f"{method} {path}")
        return Answer(*self.answers.pop(0))

    def close(self) -> None:
        self.asked.append("close")


def lab_on(door: FakeDoor) -> Lab:
    return Lab(cast(LocalCloud, door))


def advanced(remaining: float) -> tuple[int, Mapping[str, Any]]:
    return 200, {"now": 0.0, "advanced": 1.0, "remaining": remaining}


def test_wait_adds_up_its_units_and_goes_some_hours_at_a_time() -> None:
    door = FakeDoor(advanced(0), advanced(0))
    assert lab_on(door).wait(seconds=1, minutes=1, hours=1, days=0.25) is True
    assert door.asked == ["POST /_lab/clock/advance?seconds=21600", "POST /_lab/clock/advance?seconds=3661.0"]


def test_until_is_asked_before_and_after_each_event() -> None:
    door = FakeDoor(advanced(50), advanced(20), advanced(0))
    answers = iter([False, False, True])
    assert lab_on(door).wait(minutes=1, until=lambda: next(answers)) is True
    assert door.asked == ["POST /_lab/clock/advance?seconds=60&step=true", "POST /_lab/clock/advance?seconds=50.0&step=true"]


@pytest.mark.parametrize("amount", ["1", None, float("nan"), float("inf"), [1]])
def test_wait_takes_numbers(amount: Any) -> None:
    with pytest.raises(LabError, match=re.escape(f"lab.wait takes numbers, as in lab.wait(minutes=3); minutes was given as {amount!r}.")):
        lab_on(FakeDoor()).wait(minutes=amount)


def test_until_is_a_function() -> None:
    with pytest.raises(LabError, match="it takes a function, as in until=lambda: "):
        lab_on(FakeDoor()).wait(minutes=1, until=cast(Any, True))


def test_until_already_true_waits_for_nothing() -> None:
    door = FakeDoor()
    assert lab_on(door).wait(days=1, until=lambda: True) is True
    assert door.asked == []


def test_what_until_raises_is_the_learners_to_see() -> None:
    def broken() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lab_on(FakeDoor()).wait(minutes=1, until=broken)


def test_when_something_still_runs_wait_says_what() -> None:
    door = FakeDoor((409, {"message": "After 60 s of real time thumbnail still runs.", "running": ["thumbnail"]}))
    with pytest.raises(StillRunning, match="thumbnail still runs"):
        lab_on(door).wait(minutes=1)


def test_a_refusal_of_the_door_is_said() -> None:
    with pytest.raises(LabError, match="The local cloud refused /_lab/reset: no"):
        lab_on(FakeDoor((403, {"message": "no"}))).reset()


def test_a_closed_lab_says_so_and_closes_once() -> None:
    door = FakeDoor()
    lab = lab_on(door)
    lab.close()
    lab.close()
    assert door.asked == ["close"]
    asked: list[Callable[[], object]] = [
        lab.reset, lambda: lab.check("00.1"), lambda: lab.deploy("f", "."), lambda: lab.invoke("f"), lambda: lab.logs("f"),
        lambda: lab.reports("f"), lambda: lab.wait(minutes=1, until=lambda: True), lambda: lab.client("s3"),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(CloudIsGone, match="This lab is closed"):
            ask()


def test_a_function_that_is_not_there_is_answered_with_those_that_are(cloud: CloudUnderTest) -> None:
    lab = Lab(cloud.process)
    for ask in (lab.invoke, lab.logs, lab.reports):
        with pytest.raises(RejectedByAWS, match=r"^ResourceNotFoundException: .*:hello\. Run the cell .*; this cloud has no functions\.$"):
            ask("hello")
    names = [cloud.function("x = 1", name) for name in ("look", "basket")]
    with pytest.raises(RejectedByAWS, match=r":hello\. Run the cell that deploys it; this cloud has: basket, look\.$"):
        lab.invoke("hello")
    for number in range(10):
        cloud.function("x = 1", f"more-{number}")
    with pytest.raises(RejectedByAWS, match=r"this cloud has: basket, look, more-0, .*more-7 and 2 more\.$"):
        lab.invoke("hello")
    with pytest.raises(RejectedByAWS) as missing:
        lab.invoke(names[0], qualifier="7")
    assert str(missing.value).endswith(f"{names[0]} has no version or alias 7; it has: $LATEST.")


def test_a_throttle_says_which_limit_it_was_and_what_to_do(cloud: CloudUnderTest) -> None:
    cloud.function("def lambda_handler(event, context): pass", "f")
    cloud.client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    with pytest.raises(RejectedByAWS) as refused:
        Lab(cloud.process).invoke("f")
    said = r"TooManyRequestsException: Rate Exceeded\. All of its reserved concurrency is in use, or that is 0: .*\(put_function_concurrency\)\."
    assert re.fullmatch(rf"{said} \(Reason: ReservedFunctionConcurrentInvocationLimitExceeded\.\)", str(refused.value))
    assert refused.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


@pytest.mark.parametrize("reason", ["ConcurrentInvocationLimitExceeded", "FunctionInvocationRateLimitExceeded", "SomethingNew"])
def test_every_throttle_has_a_next_step(reason: str) -> None:
    said = advice(None, "f", RejectedByAWS("TooManyRequestsException: Rate Exceeded.", "TooManyRequestsException", reason))
    assert re.match(r"[A-Z][^.]+ (call|Call) [^.]+\. \(|Call again later\. \(", said) and reason in said


def test_a_version_whose_snapshot_is_being_made_says_how_to_wait() -> None:
    refused = RejectedByAWS("SnapStartNotReadyException: …", "SnapStartNotReadyException")
    assert 'client.get_waiter("published_version_active").wait(' in advice(None, "f", refused, "1")


def test_a_dry_run_says_that_nothing_ran(cloud: CloudUnderTest) -> None:
    cloud.function("def lambda_handler(event, context): pass", "f")
    assert "allowed (204)" in str(Lab(cloud.process).invoke("f", kind="DryRun"))


@pytest.mark.parametrize("name", ["two words", "x" * 65])
def test_a_name_that_no_function_can_have_is_answered_with_the_rule(cloud: CloudUnderTest, name: str) -> None:
    with pytest.raises(RejectedByAWS, match=r"^ValidationException: .*\. A function's name has letters, digits, - and _, at most 64 of them\.$"):
        Lab(cloud.process).invoke(name)


def test_functions_that_share_a_log_group_and_logs_in_json(cloud: CloudUnderTest) -> None:
    lab = Lab(cloud.process)
    source = "def lambda_handler(event, context): print('this is', context.function_name)"
    for name, form in (("one", "JSON"), ("two", "Text")):
        cloud.function(source, name, LoggingConfig={"LogFormat": form, "LogGroup": "/shared"})
        for _ in range(2):
            lab.invoke(name)
    for name in ("one", "two"):
        cold, warm = lab.reports(name)
        assert (cold.cold, warm.cold, warm.memory_size_mb) == (True, False, 512)
        assert [line for line in lab.logs(name) if line.startswith("this is")] == [f"this is {name}"] * 2
