"""Exercise 06.3: what calls a function again and again, until a long job is done."""

from __future__ import annotations

from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, RUNS, TYPE, Exercise, Layer
from lablib.course.matchers import NO_RETURN, Test, call, callable_named, came_out, own_error, raised
from lablib.course.verdict import HOLDS, Answer, fails, written

_PIECEWISE: Final = """
seen = {{"starts": [], "again": [], "beyond": [], "without": 0}}

def lambda_handler(event, context):
    if "report" in event:
        return seen
    if "start" not in event:
        seen["without"] += 1
        raise ValueError("the event has no start")
    start, names = event["start"], event["names"]
    if start in seen["starts"]:
        seen["again"].append(start)
        raise ValueError("these pictures are made already")
    if start >= len(names):
        seen["beyond"].append(start)
        raise ValueError("no picture has this place")
    seen["starts"].append(start)
    piece = names[start : start + {size}]
    if "broken.jpg" in piece:
        raise ValueError("broken.jpg is no picture")
    end = start + len(piece)
    return {{"made": ["small-" + name for name in piece], "next": end if end < len(names) else None}}
"""
"""A function that makes `size` pictures in each call, and remembers what it was asked. Its environment is used again, since the
calls come one after the other and an error does not end it."""

_TWO: Final = ["a.jpg", "b.jpg"]
_WANTED: Final = "the list of all pictures"


def _run(bench: Bench, layer: str, size: int, names: list[str]) -> tuple[str, Any, str | None]:
    """Have the learner's `run_all` work through `names`: what was asked, its result, its error."""
    name = bench.make(f"check-06-3-{layer}", _PIECEWISE.format(size=size))
    got, error = call(bench, "run_all", name, list(names))
    return name, got, error


def _given(name: str, names: list[str]) -> str:
    return f'run_all("{name}", {written(names)})'


def _cause(bench: Bench, name: str, error: str | None) -> str:
    """What the function saw says more than the error that followed from it; nothing when it saw nothing wrong."""
    seen = bench.invoke(name, {"report": True}).payload
    if not isinstance(seen, dict):
        return ""
    if seen["without"]:
        return 'the event needs both keys, "names" and "start".'
    if seen["again"]:
        return f"start {seen['again'][0]} came twice: each call begins where the last answer's next says."
    if seen["beyond"]:
        return f"start {seen['beyond'][0]} is beyond the last name: begin where the answer's next says, and end when it is None."
    if error and any(word in error for word in ("Payload", "JSON", "StreamingBody")):
        return "Payload is JSON text both ways: json.dumps for the event, json.load for what comes back."
    not_called = "the function that you are given was not called: FunctionName=function, from start 0 (False to `while start`)."
    return "" if seen["starts"] else not_called


def _runs(bench: Bench) -> Answer:
    name, _, error = _run(bench, "runs", 5, _TWO)
    if not error:
        return HOLDS
    likely = _cause(bench, name, error) or own_error("run_all")
    return raised(error, input=_given(name, _TWO), expected=_WANTED, likely=likely)


def _type(bench: Bench) -> Answer:
    name, got, _ = _run(bench, "type", 5, _TWO)
    if isinstance(got, list):
        return HOLDS
    likely = NO_RETURN if got is None else "return the pictures of all calls in one list."
    return fails(input=_given(name, _TWO), expected=_WANTED, got=written(got), likely=likely)


def _makes_all(layer: str, size: int, names: list[str]) -> Test:
    wanted = [f"small-{name}" for name in names]

    def test(bench: Bench) -> Answer:
        name, got, error = _run(bench, layer, size, names)
        likely = _cause(bench, name, error)
        if got == wanted and not likely:
            return HOLDS
        shows = came_out(got, error)
        likely = likely or _wrong(got, wanted)
        return fails(input=f"{_given(name, names)}, {size} in each call", expected=written(wanted), got=shows, likely=likely)

    return test


def _wrong(got: Any, wanted: list[str]) -> str:
    if not isinstance(got, list):
        return "return the pictures of all calls in one list."
    if any(isinstance(part, list) for part in got):
        return "a list stands in the list: extend adds what is in an answer, append adds the answer's list itself."
    if got and got == wanted[-len(got) :]:
        return "these are the last call's pictures alone: gather what every call has made."
    if got == wanted[: len(got)]:
        return "the last pictures are missing: call again until next is None, and keep what that call has made too."
    return "the pictures of all calls, in the order of the names."


def _fails_aloud(bench: Bench) -> Answer:
    names = [*_TWO, "broken.jpg", "d.jpg"]
    name, got, error = _run(bench, "fails", 1, names)
    if error:
        return HOLDS
    return fails(
        input=f"{_given(name, names)}; the third call fails", expected="an error, of whichever kind", got=written(got),
        likely="a call that fails has HTTP status 200 too: raise an error when its answer has a FunctionError.",
    )


RUN_ALL: Final = Exercise("06.3", "the Python function `run_all`", (
    Layer(DEFINED, callable_named("run_all")),
    Layer(RUNS, _runs),
    Layer(TYPE, _type),
    Layer(EXAMPLE, _makes_all("example", 1, _TWO)),
    Layer(HIDDEN, _makes_all("hidden", 3, ["Zoë.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg"])),
    Layer("says so when a call fails", _fails_aloud),
))  # fmt: skip
