"""The exercises of lab 00: a handler that remembers too much, one that answers, and a REPORT line read."""

from __future__ import annotations

import re
from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, RUNS, TYPE, Exercise, Layer
from lablib.course.matchers import (
    Likely, Test, answers, answers_with_fields, call, callable_named, deployed, extra_key, misshapen, raised, runs,
)  # fmt: skip
from lablib.course.verdict import HOLDS, Answer, fails, written

EXAMPLE_LINE: Final = (
    "REPORT RequestId: 8f507cfc-0000-4000-8000-000000000001\tDuration: 133.61 ms\tBilled Duration: 214 ms\t"
    "Memory Size: 128 MB\tMax Memory Used: 31 MB\tInit Duration: 80.00 ms"
)
"""A cold REPORT line with the Developer Guide's own figures (lambda-runtime-environment, read 2026-11-23)."""

_NAME_MISSING = {"KeyError": 'this event has no "name"; event.get("name") does not raise.'}


def _greeting(event: dict[str, Any]) -> Likely:
    """Why the greeting for this event is another one."""
    name = event.get("name")

    def likely(got: Any) -> str:
        text = got["greeting"]
        if extra := extra_key(got, "greeting"):
            return extra
        if "{" in text:
            return "the braces stayed: put f before the quotes."
        if name != "Ada" and "Ada" in text:
            return "the handler always greets Ada; the name is in the event."
        if name is None and "None" in text:
            return "a missing name became None; give event.get a second value."
        return "compare the two texts letter by letter: comma, space, exclamation mark."

    return likely


def _greets(event: dict[str, Any], greeting: str, causes: dict[str, str] | None = None) -> Test:
    return answers("greet", event, {"greeting": greeting}, _greeting(event), causes)


def _holds_only(event: dict[str, Any]) -> Test:
    """`basket_fixed` answers with this event's items and no others."""
    items = event["items"]

    def likely(got: Any) -> str:
        if extra := extra_key(got, "items", "count"):
            return extra
        if any(isinstance(item, list) for item in got["items"]):
            return "append put a list into the list; use extend, or list(...)."
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


def _reads(bench: Bench, line: str, expected: dict[str, Any], given: str) -> Answer:
    got, error = call(bench, "read_report", line)
    if error:
        likely = "not every REPORT line has an Init Duration; look before you take it apart."
        return raised(error, input=given, expected=written(expected), likely=likely)
    if got == expected:
        return HOLDS
    likely = misshapen(got, expected, "function", "line") or _misread(line, got, expected)
    return fails(input=given, expected=written(expected), got=written(got), likely=likely)


def _misread(line: str, got: dict[str, Any], expected: dict[str, Any]) -> str:
    if got["cold"] != expected["cold"]:
        return "only a cold start's line has an Init Duration."
    if got["billed_ms"] != expected["billed_ms"]:
        durations = re.findall(r"(?:^|\t| )Duration: ([\d.]+) ms", line)
        if durations and float(got["billed_ms"]) in {float(durations[0]), float(int(float(durations[0])))}:
            return "that is Duration; Billed Duration has INIT in it and is rounded up."
        return "take the number that follows `Billed Duration:`."
    return extra_key(got, "cold", "billed_ms")


_WANTED = "a dictionary with cold (True or False) and billed_ms (a whole number)"


def _reads_at_all(bench: Bench) -> Answer:
    _, error = call(bench, "read_report", EXAMPLE_LINE)
    if not error:
        return HOLDS
    likely = "see its traceback with a line of your own: read_report(line)"
    return raised(error, input=f"the example line, {EXAMPLE_LINE!r}", expected=_WANTED, likely=likely)


def _right_type(bench: Bench) -> Answer:
    got, _ = call(bench, "read_report", EXAMPLE_LINE)
    if not isinstance(got, dict) or not {"cold", "billed_ms"} <= got.keys():
        likely = 'end with return {"cold": ..., "billed_ms": ...}.'
        return fails(input="the example line", expected=_WANTED, got=written(got), likely=likely)
    if not isinstance(got["cold"], bool) or not isinstance(got["billed_ms"], int) or isinstance(got["billed_ms"], bool):
        likely = "text taken out of a line stays text: int(...) makes a number of it, `in` gives True or False."
        return fails(input="the example line", expected=_WANTED, got=written(got), likely=likely)
    return HOLDS


def _real_lines(bench: Bench) -> Answer:
    """Two fresh REPORT lines: those of a new function's first call, and of the next one, which is warm."""
    name = bench.make("check-00-3", "def lambda_handler(event, context):\n    return event\n")
    for start in ("cold", "warm"):
        line = next(text for text in bench.invoke(name, {}).log if text.startswith("REPORT"))
        billed = re.search(r"Billed Duration: (\d+) ms", line)
        expected = {"cold": "Init Duration" in line, "billed_ms": int(billed[1]) if billed else 0}
        holds, reason = _reads(bench, line, expected, f"the line of a {start} start, {line!r}")
        if not holds:
            return holds, reason
    return HOLDS


EXERCISES: Final = (
    Exercise("00.1", "the function `basket_fixed`", (
        Layer(DEFINED, deployed("basket_fixed")),
        Layer(RUNS, runs("basket_fixed", {"items": ["tea"]})),
        Layer(TYPE, answers_with_fields("basket_fixed", {"items": ["tea"]}, {"items": list, "count": int})),
        Layer(EXAMPLE, _holds_only({"items": ["tea"]})),
        Layer(HIDDEN, _holds_only_again),
    )),
    Exercise("00.2", "the function `greet`", (
        Layer(DEFINED, deployed("greet")),
        Layer(RUNS, runs("greet", {"name": "Ada"})),
        Layer(TYPE, answers_with_fields("greet", {"name": "Ada"}, {"greeting": str})),
        Layer(EXAMPLE, _greets({"name": "Ada"}, "Hello, Ada!")),
        Layer(HIDDEN, _greets({"name": "Zoë"}, "Hello, Zoë!")),
        Layer("right without a name", _greets({}, "Hello, stranger!", _NAME_MISSING)),
    )),
    Exercise("00.3", "the Python function `read_report`", (
        Layer(DEFINED, callable_named("read_report")),
        Layer(RUNS, _reads_at_all),
        Layer(TYPE, _right_type),
        Layer(EXAMPLE, lambda bench: _reads(bench, EXAMPLE_LINE, {"cold": True, "billed_ms": 214}, "the example line")),
        Layer(HIDDEN, _real_lines),
    )),
)
