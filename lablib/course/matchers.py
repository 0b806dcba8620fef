"""Matchers: each makes a function of the bench that returns (ok, reason)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lablib.course.bench import Answered, Bench
from lablib.course.verdict import HOLDS, Answer, NotStarted, fails, shown

Test = Callable[[Bench], Answer]
Likely = Callable[[Any], str]
"""From what came out, the likely cause."""


def deployed(name: str) -> Test:
    """A function of that name exists. One that was never deployed is not started."""

    def test(bench: Bench) -> Answer:
        if bench.configuration(name) is None:
            raise NotStarted
        return HOLDS

    return test


def failed(event: Any, expected: Any, answered: Answered, causes: Mapping[str, str]) -> Answer:
    """The function raised: its own error, with the cause that `causes` gives for the error's type."""
    kind = (answered.error or "").split(":")[0]
    likely = causes.get(kind, "the handler raised; its traceback is in the log that lab.invoke shows.")
    return fails(input=shown(event), expected=shown(expected), got=f"an error, {answered.error}", likely=likely)


def answers(name: str, event: Any, expected: Any, likely: Likely, causes: Mapping[str, str] | None = None) -> Test:
    """The function answers `event` with exactly `expected`."""

    def test(bench: Bench) -> Answer:
        answered = bench.invoke(name, event)
        if answered.error:
            return failed(event, expected, answered, causes or {})
        if answered.payload == expected:
            return HOLDS
        got = answered.payload
        return fails(input=shown(event), expected=shown(expected), got=shown(got), likely=likely(got))

    return test


def answers_with_fields(
    name: str, event: Any, fields: Mapping[str, type | tuple[type, ...]], causes: Mapping[str, str] | None = None
) -> Test:
    """The function answers `event` with an object that has `fields`, each of its type."""

    def test(bench: Bench) -> Answer:
        wanted = "an object with " + ", ".join(f'"{key}" ({_named(kind)})' for key, kind in fields.items())
        answered = bench.invoke(name, event)
        if answered.error:
            return failed(event, wanted, answered, causes or {})
        got = answered.payload
        if got is None:
            likely = "the handler prints its answer, or ends without `return`."
        elif not isinstance(got, dict):
            likely = "the handler returns the bare value; return a dictionary."
        else:
            likely = _wrong_field(got, fields)
        if not likely:
            return HOLDS
        return fails(input=shown(event), expected=wanted, got=shown(got), likely=likely)

    return test


def callable_named(name: str) -> Test:
    """The notebook defines a function of that name."""

    def test(bench: Bench) -> Answer:
        found = bench.namespace.get(name)
        if found is None:
            raise NotStarted
        if not callable(found):
            return fails(
                expected=f"a function `{name}`", got=f"`{name}` is {shown(found)}",
                likely=f"a variable took the name; run the cell that defines `{name}` again.",
            )
        return HOLDS

    return test


def call(bench: Bench, name: str, *arguments: Any) -> tuple[Any, str | None]:
    """Call the notebook's function: (its result, None) or (None, "KeyError: ...").

    Raises NotStarted when it is still the stub.
    """
    try:
        return bench.namespace[name](*arguments), None
    except NotImplementedError:
        raise NotStarted from None
    except Exception as error:  # the learner's error is the check's finding, not its failure
        return None, f"{type(error).__name__}: {error}"


def _named(kind: type | tuple[type, ...]) -> str:
    words = {str: "text", int: "whole number", float: "number", bool: "true or false", list: "list"}
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return "number" if float in kinds else " or ".join(words.get(k, k.__name__) for k in kinds)


def _wrong_field(got: Mapping[str, Any], fields: Mapping[str, type | tuple[type, ...]]) -> str:
    for key, kind in fields.items():
        if key not in got:
            return f'the key "{key}" is missing, or spelled differently.'
        if not isinstance(got[key], kind) or (isinstance(got[key], bool) and kind is not bool):
            return f'"{key}" is {shown(got[key])}, which is no {_named(kind)}.'
    return ""
