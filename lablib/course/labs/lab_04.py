"""The exercises of lab 04: calls that are sent again when they are throttled, the concurrency a service needs, a limit."""

from __future__ import annotations

import time
from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, RUNS, TYPE, Exercise, Layer
from lablib.course.matchers import NO_RETURN, Test, asked, call, callable_named, own_error, raised, works
from lablib.course.verdict import HOLDS, Answer, fails, written
from lablib.course.watch import watched

_ECHO: Final = """
import time

def lambda_handler(event, context):
    time.sleep(event["seconds"])
    return event["number"]
"""
"""A function whose answer says which event it was."""


# --- 04.1: send_all ------------------------------------------------------------------


def _sent(bench: Bench, layer: str, seconds: list[float], reserved: int | None = None) -> tuple[str, Any, str | None]:
    """What was asked of the learner's `send_all`, its result, its error; `reserved` units for the function it calls."""
    name = bench.make(f"check-04-1-{layer}", _ECHO)
    if reserved is not None:
        bench.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    events = [{"number": number, "seconds": long} for number, long in enumerate(seconds)]
    got, error = call(bench, "send_all", name, events)
    limit = "" if reserved is None else f", with {reserved} reserved"
    return f'send_all("{name}", {len(events)} events){limit}', got, error


def _sends(bench: Bench) -> Answer:
    given, _, error = _sent(bench, "runs", [0.0])
    return HOLDS if not error else raised(error, input=given, expected="a list with one answer", likely=_UNSENT)


_UNSENT = own_error("send_all")


def _sends_type(bench: Bench) -> Answer:
    given, got, error = _sent(bench, "type", [0.0, 0.0])
    wanted = "a list with an answer for each event"
    if error:
        return raised(error, input=given, expected=wanted, likely=_UNSENT)
    if isinstance(got, list) and len(got) == 2:
        return HOLDS
    if got is None:
        likely = NO_RETURN
    elif isinstance(got, list):
        likely = "each event has one answer: no more, and none left out."
    else:
        likely = "list(...) makes a list of what pool.map gives."
    return fails(input=given, expected=wanted, got=written(got), likely=likely)


def _sends_all(layer: str, seconds: list[float], reserved: int | None) -> Test:
    def test(bench: Bench) -> Answer:
        given, got, error = _sent(bench, layer, seconds, reserved)
        wanted = list(range(len(seconds)))
        if error:
            return raised(error, input=given, expected=written(wanted), likely=_unpatient(error))
        if got != wanted:
            return fails(input=given, expected=written(wanted), got=written(got), likely=_wrong_answers(got, wanted))
        left = bench.client.get_function_concurrency(FunctionName=f"check-04-1-{layer}").get("ReservedConcurrentExecutions")
        if left == reserved:
            return HOLDS
        said = "nothing" if left is None else str(left)
        return fails(input=given, expected=f"{reserved} reserved, as before", got=f"{said} reserved", likely=_LIMIT_STAYS)

    return test


_LIMIT_STAYS: Final = "the limit protects something: leave it as it is, and send again what it refuses."


def _unpatient(error: str) -> str:
    if "TooManyRequests" in error:
        return "a call was throttled, and that ended it: catch TooManyRequestsException, pause, and send the event again."
    return _UNSENT


def _wrong_answers(got: Any, wanted: list[int]) -> str:
    if not isinstance(got, list):
        return "return the list of answers."
    if None in got:
        return "some events were throttled and given up: each has to be sent until it is answered."
    if len(got) < len(wanted):
        return "an event that was throttled has no answer: send it again until it has one."
    if all(isinstance(one, int) for one in got) and sorted(got) == wanted:
        return "the answers are in the order in which they came; bring them into the order of the events."
    return "each answer is what the function returned: read the reply's Payload as JSON."


_MOST_REFUSALS: Final = 40
"""For each second that it takes. At most two events wait: with a pause of 0.05 s they are refused 40 times a second on however
slow a machine, without one hundreds of times."""


def _pauses(bench: Bench) -> Answer:
    began = time.monotonic()
    with watched(bench.namespace) as watch:
        given, got, error = _sent(bench, "pauses", [0.25, 0.25, 0.25], 1)
    most = round(_MOST_REFUSALS * (time.monotonic() - began))
    if error or got != [0, 1, 2]:
        return fails(input=given, expected="[0, 1, 2]", got=error or written(got), likely=_unpatient(error or ""))
    if watch.refused <= most:
        return HOLDS
    return fails(
        input=given, expected=f"at most {_MOST_REFUSALS} refused calls a second", got="many more",
        likely="a throttled event is sent again at once, over and over; let it rest first, 0.1 s or longer.",
    )


# --- 04.2: needed --------------------------------------------------------------------


def _need(bench: Bench, rate: int, duration_ms: int, wanted: int) -> Answer:
    given = asked("needed", rate, duration_ms)
    got, error = call(bench, "needed", rate, duration_ms)
    if error:
        return raised(error, input=given, expected=written(wanted), likely=own_error("needed"))
    if got == wanted and not isinstance(got, bool):
        return HOLDS
    return fails(input=given, expected=written(wanted), got=written(got), likely=_misjudged(got, rate, duration_ms))


def _misjudged(got: Any, rate: int, duration_ms: int) -> str:
    """Why `got` is not the larger of the two limits, rounded up."""
    work, often = rate * duration_ms / 1000, rate / 10
    if got is None:
        return "for these numbers the function ends without `return`."
    if not isinstance(got, (int, float)):
        return "return a whole number."
    if work >= 1 and abs(got - 1000 * work) < 1:
        return "the duration is in milliseconds; 1,000 of them make a second."
    if got == 50:
        return "50 is the example's answer; work it out of what the function is given."
    if abs(got - (work + often)) <= 1:
        return "not the sum of the two: the larger one is enough for both."
    if often > work and abs(got - work) <= 1:
        return "that is rate × duration alone; each unit also allows only 10 calls a second."
    if work > often and abs(got - often) <= 1:
        return "that is a tenth of the rate alone; long calls need rate × duration."
    if got == max(work, often) + 1:
        return "a whole number is rounded up already: math.ceil leaves it as it is."
    if abs(got - max(work, often)) < 1:
        return "round up: what is left over needs an environment too."
    return "the larger of rate × duration (in seconds) and rate ÷ 10, rounded up."


def _needs_type(bench: Bench) -> Answer:
    got, _ = call(bench, "needed", 100, 500)
    if isinstance(got, int) and not isinstance(got, bool):
        return HOLDS
    likely = "an environment is whole: math.ceil makes a whole number, rounded up."
    if got is None:
        likely = NO_RETURN
    return fails(input="needed(100, 500)", expected="a whole number", got=written(got), likely=likely)


_SERVICES: Final = ((5_000, 200, 1_000), (20_000, 50, 2_000), (30_000, 20, 3_000), (7, 350, 3), (12, 10, 2))
"""Calls a second, milliseconds of one, what they need; the first three are the guide's (DG lambda-concurrency, read 2026-11-23)."""


def _needs_elsewhere(bench: Bench) -> Answer:
    for service in _SERVICES:
        holds, reason = _need(bench, *service)
        if not holds:
            return holds, reason
    return HOLDS


# --- 04.3: protect -------------------------------------------------------------------


def _protected(bench: Bench, layer: str, connections: int, each: int) -> tuple[str, str, Any, str | None]:
    """The function that the learner's `protect` was to limit, what was asked, its result, its error."""
    name = bench.make(f"check-04-3-{layer}", _ECHO)
    got, error = call(bench, "protect", name, connections, each)
    return name, f'protect("{name}", {connections}, {each})', got, error


_LIMIT = "the concurrency that is reserved, a whole number"


def _protects(bench: Bench) -> Answer:
    _, given, _, error = _protected(bench, "runs", 12, 2)
    return HOLDS if not error else raised(error, input=given, expected=_LIMIT, likely=_unprotected(error))


def _protects_type(bench: Bench) -> Answer:
    _, given, got, error = _protected(bench, "type", 12, 2)
    if error:
        return raised(error, input=given, expected=_LIMIT, likely=_unprotected(error))
    if isinstance(got, int) and not isinstance(got, bool):
        return HOLDS
    if got is None:
        likely = NO_RETURN
    elif isinstance(got, float):
        likely = "/ makes a number with a point; // makes a whole one."
    else:
        likely = "return the number itself."
    return fails(input=given, expected=_LIMIT, got=written(got), likely=likely)


def _unprotected(error: str) -> str:
    if "ParamValidationError" in error or "Parameter validation" in error:
        return "ReservedConcurrentExecutions is a whole number: // divides without a rest."
    if "UnreservedConcurrentExecution" in error:
        return "that is nearly all of the account's concurrency; a database of a few connections bears much less."
    if "ResourceNotFound" in error:
        return "use the function's name that you are given."
    return own_error("protect")


def _limits(layer: str, connections: int, each: int) -> Test:
    def test(bench: Bench) -> Answer:
        name, given, got, error = _protected(bench, layer, connections, each)
        wanted = connections // each
        if error:
            return raised(error, input=given, expected=written(wanted), likely=_unprotected(error))
        reserved = bench.client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
        if reserved != wanted:
            said = "nothing reserved" if reserved is None else f"{reserved} reserved"
            return fails(input=given, expected=f"{wanted} reserved", got=said, likely=_wrong_limit(reserved, connections, each))
        if got != wanted:
            return fails(input=given, expected=written(wanted), got=written(got), likely="return the number that you reserved.")
        return HOLDS

    return test


def _wrong_limit(reserved: int | None, connections: int, each: int) -> str:
    if reserved is None:
        return "put_function_concurrency was not called for this function."
    if reserved == 6:
        return "6 is the example's answer; work it out of what the function is given."
    if reserved == connections:
        return "each environment opens more than one connection; divide."
    if reserved * each > connections:
        return f"{reserved} environments open {reserved * each} connections, and the database accepts {connections}: round down."
    return "as many environments as the connections are enough for, and no fewer."


def _others_keep_theirs(bench: Bench) -> Answer:
    """A second function, which nobody asked to limit."""
    other = bench.make("check-04-3-other", _ECHO)
    _, given, _, _ = _protected(bench, "alone", 8, 4)
    left = bench.client.get_function_concurrency(FunctionName=other).get("ReservedConcurrentExecutions")
    if left is None:
        return HOLDS
    return fails(input=given, expected="other functions keep what they had", got=f"another one has {left} reserved",
                 likely="limit the function that you are given, and no other.")  # fmt: skip


EXERCISES: Final = (
    Exercise("04.1", "the Python function `send_all`", (
        Layer(DEFINED, callable_named("send_all")),
        Layer(RUNS, _sends),
        Layer(TYPE, _sends_type),
        Layer(EXAMPLE, _sends_all("example", [0.1, 0.2], None)),
        Layer("right on events that are throttled", _sends_all("hidden", [0.4, 0.1, 0.2, 0.1, 0.1], 2)),
        Layer("right on events that come too often", _sends_all("often", [0.0] * 14, 1)),
        Layer("pauses before it tries again", _pauses),
    )),
    Exercise("04.2", "the Python function `needed`", (
        Layer(DEFINED, callable_named("needed")),
        Layer(RUNS, works("needed", 100, 500, expected="50")),
        Layer(TYPE, _needs_type),
        Layer(EXAMPLE, lambda bench: _need(bench, 100, 500, 50)),
        Layer("right on services you have not seen", _needs_elsewhere),
    )),
    Exercise("04.3", "the Python function `protect`", (
        Layer(DEFINED, callable_named("protect")),
        Layer(RUNS, _protects),
        Layer(TYPE, _protects_type),
        Layer(EXAMPLE, _limits("example", 12, 2)),
        Layer("right on a database you have not seen", _limits("hidden", 7, 2)),
        Layer("limits no other function", _others_keep_theirs),
    )),
)
