"""The exercises of lab 00: a handler that remembers too much, one that answers, and a REPORT line read."""

from __future__ import annotations

import re
from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, TYPE, Exercise, Layer
from lablib.course.matchers import Test, answers, answers_with_fields, call, callable_named, deployed
from lablib.course.verdict import HOLDS, Answer, fails, shown

EXAMPLE_LINE: Final = (
    "REPORT RequestId: 8f507cfc-0000-4000-8000-000000000001\tDuration: 133.61 ms\tBilled Duration: 214 ms\t"
    "Memory Size: 128 MB\tMax Memory Used: 31 MB\tInit Duration: 80.00 ms"
)
"""A cold REPORT line with the Developer Guide's own figures (lambda-runtime-environment, read 2026-11-23)."""

_NAME_MISSING = {"KeyError": 'this event has no "name"; event.get("name") does not raise.'}


def _greeting(got: Any) -> str:
    text = str(got.get("greeting", ""))
    if "Ada" in text:
        return "the handler always greets Ada; the name is in the event."
    if "None" in text:
        return "a missing name became None; give event.get a second value."
    return "compare the two texts letter by letter: comma, space, exclamation mark."


def _holds_only(event: dict[str, Any]) -> Test:
    """`basket_fixed` answers with this event's items and no others."""
    items = event["items"]

    def likely(got: Any) -> str:
        if len(got["items"]) > len(items):
            return "an earlier call's things are in it: the list is made above the handler, in an environment that is used again."
        if got["items"] == items:
            return '"count" is how many items the answer holds.'
        return "the answer holds this event's items, in their order."

    return answers("basket_fixed", event, {"items": items, "count": len(items)}, likely)


def _holds_only_again(bench: Bench) -> Answer:
    """Two more events: the second one meets the environment that the first one warmed."""
    for items in (["jam", "bread"], []):
        holds, reason = _holds_only({"items": items})(bench)
        if not holds:
            return holds, reason
    return HOLDS


def _reads(bench: Bench, line: str, expected: dict[str, Any], title: str) -> Answer:
    got, error = call(bench, "read_report", line)
    if error:
        return fails(
            input=title, expected=shown(expected), got=f"an error, {error}",
            likely="not every REPORT line has an Init Duration; look before you take it apart.",
        )
    if got == expected:
        return HOLDS
    return fails(input=title, expected=shown(expected), got=shown(got), likely=_misread(line, got, expected))


def _misread(line: str, got: dict[str, Any], expected: dict[str, Any]) -> str:
    if got["cold"] != expected["cold"]:
        return "only a cold start's line has an Init Duration."
    if got["billed_ms"] != expected["billed_ms"]:
        durations = re.findall(r"(?:^|\t| )Duration: ([\d.]+) ms", line)
        if durations and float(got["billed_ms"]) in {float(durations[0]), float(int(float(durations[0])))}:
            return "that is Duration; Billed Duration has INIT in it and is rounded up."
        return "take the number that follows `Billed Duration:`."
    return "the answer has exactly two keys, cold and billed_ms."


def _right_type(bench: Bench) -> Answer:
    got, error = call(bench, "read_report", EXAMPLE_LINE)
    wanted = "a dictionary with cold (True or False) and billed_ms (a whole number)"
    if error:
        return fails(input="the example line", expected=wanted, got=f"an error, {error}", likely="your code raised on it.")
    if not isinstance(got, dict) or not {"cold", "billed_ms"} <= got.keys():
        likely = 'end with return {"cold": ..., "billed_ms": ...}.'
        return fails(input="the example line", expected=wanted, got=shown(got), likely=likely)
    if not isinstance(got["cold"], bool) or not isinstance(got["billed_ms"], int) or isinstance(got["billed_ms"], bool):
        likely = "text taken out of a line stays text: int(...) makes a number of it, `in` gives True or False."
        return fails(input="the example line", expected=wanted, got=shown(got), likely=likely)
    return HOLDS


def _real_lines(bench: Bench) -> Answer:
    """Two fresh REPORT lines of `hello`: a new environment's, then the same one's when it is warm."""
    _fresh_environment(bench)
    for start in ("cold", "warm"):
        line = next(text for text in bench.invoke("hello", {}).log if text.startswith("REPORT"))
        billed = re.search(r"Billed Duration: (\d+) ms", line)
        expected = {"cold": start == "cold", "billed_ms": int(billed[1]) if billed else 0}
        holds, reason = _reads(bench, line, expected, f"the REPORT line of a {start} start")
        if not holds:
            return holds, reason
    return HOLDS


def _fresh_environment(bench: Bench) -> None:
    """A changed configuration gets a new environment, as on AWS: turn the description over."""
    now = (bench.configuration("hello") or {}).get("Description", "")
    bench.client.update_function_configuration(FunctionName="hello", Description="" if now else "lab 00")
    bench.client.get_waiter("function_updated_v2").wait(FunctionName="hello", WaiterConfig={"Delay": 1})


EXERCISES: Final = (
    Exercise("00.1", "the function `basket_fixed`", (
        Layer(DEFINED, deployed("basket_fixed")),
        Layer(TYPE, answers_with_fields("basket_fixed", {"items": ["tea"]}, {"items": list, "count": int})),
        Layer(EXAMPLE, _holds_only({"items": ["tea"]})),
        Layer(HIDDEN, _holds_only_again),
    )),
    Exercise("00.2", "the function `greet`", (
        Layer(DEFINED, deployed("greet")),
        Layer(TYPE, answers_with_fields("greet", {"name": "Ada"}, {"greeting": str})),
        Layer(EXAMPLE, answers("greet", {"name": "Ada"}, {"greeting": "Hello, Ada!"}, _greeting)),
        Layer(HIDDEN, answers("greet", {"name": "Zoë"}, {"greeting": "Hello, Zoë!"}, _greeting)),
        Layer("right without a name", answers("greet", {}, {"greeting": "Hello, stranger!"}, _greeting, _NAME_MISSING)),
    )),
    Exercise("00.3", "the Python function `read_report`", (
        Layer(DEFINED, callable_named("read_report")),
        Layer(TYPE, _right_type),
        Layer(EXAMPLE, lambda bench: _reads(bench, EXAMPLE_LINE, {"cold": True, "billed_ms": 214}, "the example line")),
        Layer(HIDDEN, _real_lines),
    )),
)
