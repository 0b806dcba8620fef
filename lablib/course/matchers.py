"""Matchers: each makes a function of the bench that returns (ok, reason)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Final

from lablib.course.bench import Answered, Bench
from lablib.course.verdict import HOLDS, Answer, NotStarted, fails, shown, written

Test = Callable[[Bench], Answer]
Likely = Callable[[Any], str]
"""From what came out, the likely cause. What came out is a dictionary with the expected one's keys and kinds of values."""

Fields = Mapping[str, type | tuple[type, ...]]
"""A key to the type, or the types, that its value may have."""


def deployed(name: str) -> Test:
    """A function of that name exists. One that was never deployed is not started."""

    def test(bench: Bench) -> Answer:
        if bench.configuration(name) is None:
            raise NotStarted
        return HOLDS

    return test


def runs(name: str, event: Any, causes: Mapping[str, str] | None = None) -> Test:
    """The function answers `event` with anything but an error."""

    def test(bench: Bench) -> Answer:
        answered = bench.invoke(name, event)
        return failed(name, event, "an answer", answered, causes) if answered.error else HOLDS

    return test


def failed(name: str, event: Any, expected: str, answered: Answered, causes: Mapping[str, str] | None = None) -> Answer:
    """The function raised: its own error, with the cause that `causes`, or Lambda's kind of error, gives."""
    kind, _, message = (answered.error or "").partition(": ")
    likely = (causes or {}).get(kind) or _cause(kind, message) or f'see its traceback with: lab.invoke("{name}", {shown(event)})'
    return fails(input=shown(event), expected=expected, got=f"an error, {answered.error}", likely=likely)


def _cause(kind: str, message: str) -> str:
    """What Lambda's own kinds of error come from; nothing for an error of the handler's code."""
    if kind == "Runtime.UserCodeSyntaxError":
        return f"Python could not read the cell: {message.split(': ', 1)[-1]}."
    return {
        "Runtime.HandlerNotFound": "name the function lambda_handler.",
        "Runtime.MarshalError": "the answer cannot be written as JSON: return only dict, list, text, numbers, True/False, None.",
        "Runtime.ImportModuleError": "Lambda has Python's own modules and boto3; the cell imports something else.",
        "Runtime.ExitError": "its process ended before it answered: look for an exit, or for more memory than it has.",
        "UnboundLocalError": "what a function assigns is its own there: change the object instead (as with .update), or say `global` first.",
        "Sandbox.Timedout": "it ran into its timeout: look for a loop that never ends, or a sleep.",
    }.get(kind, "")


def answers(name: str, event: Any, expected: Mapping[str, Any], likely: Likely, causes: Mapping[str, str] | None = None) -> Test:
    """The function answers `event` with exactly `expected`. `likely` is asked when the answer has its shape."""

    def test(bench: Bench) -> Answer:
        answered = bench.invoke(name, event)
        if answered.error:
            return failed(name, event, shown(expected), answered, causes)
        return equals(event, answered.payload, expected, likely)

    return test


def equals(event: Any, got: Any, expected: Mapping[str, Any], likely: Likely) -> Answer:
    """What a function answered is exactly `expected`."""
    if got == expected:
        return HOLDS
    cause = misshapen(got, expected) or likely(got)
    return fails(input=shown(event), expected=shown(expected), got=shown(got), likely=cause)


def misshapen(got: Any, expected: Mapping[str, Any], what: str = "handler", given: str = "event") -> str:
    """Why `got` has not the keys and kinds of values of `expected`; nothing when it has."""
    if got is None:
        return f"for this {given} the {what} ends without `return`."
    if not isinstance(got, dict):
        return f"for this {given} the {what} returns no dictionary."
    fields = {key: (int, float) if type(value) in (int, float) else type(value) for key, value in expected.items()}
    return _wrong_field(got, fields, shown if what == "handler" else written)


def extra_key(got: Mapping[str, Any], *wanted: str) -> str:
    """The sentence about a key that nobody asked for; nothing when there is none."""
    extra = [key for key in got if key not in wanted]
    return f'the answer has the key "{extra[0]}" too; nobody asked for it.' if extra else ""


def answers_with_fields(name: str, event: Any, fields: Fields) -> Test:
    """The function answers `event` with an object that has `fields`, each of its type."""

    def test(bench: Bench) -> Answer:
        wanted = "an object with " + ", ".join(f'"{key}" ({_named(kind)})' for key, kind in fields.items())
        answered = bench.invoke(name, event)
        if answered.error:
            return failed(name, event, wanted, answered)
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
                expected=f"a function `{name}`", got=f"`{name}` is {written(found)}",
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
    except (Exception, SystemExit) as error:  # the learner's error is the check's finding, not its failure
        return None, f"{type(error).__name__}: {error}"


def raised(error: str, *, input: str, expected: str, likely: str) -> Answer:
    """The notebook's function raised `error`, as `call` gives it."""
    return fails(input=input, expected=expected, got=came_out(None, error), likely=likely)


def came_out(got: Any, error: str | None) -> str:
    """What a call of the notebook's function came to: its error, or its result as it is written in Python."""
    return f"an error, {error}" if error else written(got)


def own_error(name: str) -> str:
    """The likely cause when no other is known."""
    return f"your code raised it; call {name} yourself to see the traceback."


NO_RETURN: Final = "the function ends without `return`."


def asked(name: str, *arguments: Any) -> str:
    """The call as it is written in Python."""
    return f"{name}({', '.join(map(written, arguments))})"


def works(name: str, *arguments: Any, expected: str) -> Test:
    """The notebook's function, called with `arguments`, ends with anything but an error. `expected` says what of."""

    def test(bench: Bench) -> Answer:
        _, error = call(bench, name, *deepcopy(arguments))
        return HOLDS if not error else raised(error, input=asked(name, *arguments), expected=expected, likely=own_error(name))

    return test


def _named(kind: type | tuple[type, ...]) -> str:
    words = {str: "text", int: "whole number", float: "number", bool: "true or false", list: "list"}
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return "number" if float in kinds else " or ".join(words.get(k, k.__name__) for k in kinds)


def _wrong_field(got: Mapping[str, Any], fields: Fields, show: Callable[[Any], str] = shown) -> str:
    for key, kind in fields.items():
        if key not in got:
            return f'the key "{key}" is missing, or spelled differently.'
        if not isinstance(got[key], kind) or (isinstance(got[key], bool) and kind is not bool):
            return f'"{key}" is {show(got[key])}, which is no {_named(kind)}.'
    return ""
