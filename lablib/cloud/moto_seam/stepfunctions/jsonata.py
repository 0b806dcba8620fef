"""JSONata in state machines: jsonata-python in place of moto's evaluator, which needs a Java machine that moto does not bring.

Loaded by the first expression. Values are handed over as values; moto writes them into the expression, where a quotation mark
ends it.

Touches: `StringJSONata._eval_body` and `StringVariableSample._eval_body` in
`moto.stepfunctions.parser.asl.component.common.string.string_expression`, `States._states_data`, `VariableStore._outer_scope`,
`._inner_scope`; of jsonata-python: `Jsonata`, `.assign`, `.register_lambda`, `.set_output_convert_nulls`, `.evaluate`,
`Utils.NULL_VALUE`, `Timebox`, `JException`.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from lablib.cloud.moto_seam import clockwork
from lablib.cloud.moto_seam.stepfunctions import language, threads

ERROR = "States.QueryEvaluationError"

# Ours, as AWS documents neither: in ms and in calls, after which an expression is broken off.
_LONGEST_MS = 10_000
_DEEPEST = 500


class NotEvaluated(Exception):
    """An expression came to nothing; the text says why."""


def install(parser: str) -> None:
    """Have this done when the interpreter, whose package is `parser`, loads."""
    clockwork.when_loaded(f"{parser}.asl.component.common.string.string_expression", _ours)


def _ours(module: Any) -> None:
    def evaluate_here(string: Any, env: Any) -> None:
        try:
            result = evaluate(string.expression, _bindings(env), _field(env.next_state_name, string.expression))
        except NotEvaluated as error:
            raise language.failed(env, "EvaluationFailed", ERROR, str(error)) from error
        env.stack.append(result)

    module.StringJSONata._eval_body = evaluate_here
    sampled = module.StringVariableSample._eval_body

    def sample(string: Any, env: Any) -> None:
        """In a definition of JSONPath ``$name.part`` is a path into a variable: the same language as far as AWS allows it."""
        if not string.expression.startswith("$"):
            sampled(string, env)
            return
        evaluate_here(string, env)

    module.StringVariableSample._eval_body = sample


def _bindings(env: Any) -> dict[str, Any]:
    store = env.variable_store
    data = {name: value for name, value in env.states._states_data.items() if name != "errorOutput" or value is not None}
    return {**store._outer_scope, **store._inner_scope, "states": data}


def _field(state: str | None, expression: str) -> str | None:
    """The field of a state in which an expression stands: ``Output`` or ``Arguments/Payload``; None if that is not known."""
    run = threads.run_here()
    if run is None or run.definition is None:
        return None
    named = [found for name, found in _states(json.loads(run.definition)) if name == state]
    return next((place for found in named for place, text in _texts(found, "") if text[2:-2].strip() == expression), None)


def _states(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("States"), dict):
            yield from value["States"].items()
        for item in value.values():
            yield from _states(item)
    elif isinstance(value, list):
        for item in value:
            yield from _states(item)


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, f"{place}/{name}" if place else name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{place}[{number}]")


def evaluate(expression: str, bindings: dict[str, Any], field: str | None = None) -> Any:
    """What an expression of JSONata comes to, as JSON's types.

    Parameters
    ----------
    bindings
        Values by the name of their variable, without its ``$``.
    field
        Where the expression stands, for the words of an error.

    Raises
    ------
    NotEvaluated
        With AWS's words for a result that is undefined or not JSON, and the library's for the rest.
    """
    from jsonata.jexception import JException
    from jsonata.jsonata import Jsonata
    from jsonata.timebox import Timebox
    from jsonata.utils import Utils

    shown = f"The JSONata expression '{expression}'" + (f" specified for the field '{field}'" if field else "")
    try:
        compiled = Jsonata(expression)
        compiled.set_output_convert_nulls(False)
        Timebox(compiled.environment, _LONGEST_MS, _DEEPEST)
        for name, function in (_FUNCTIONS | _times(int(clockwork.now() * 1000))).items():
            compiled.register_lambda(name, function)
        for name, value in bindings.items():
            compiled.assign(name, _given(value, Utils.NULL_VALUE))
        result = compiled.evaluate(None)
    except (JException, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        # The library raises Python's own for what a value does not allow.
        raise NotEvaluated(f"{shown} threw an error: {getattr(error, 'error', '') or type(error).__name__}: {error}") from error
    if result is None:
        raise NotEvaluated(f"{shown} returned nothing (undefined).")
    try:
        return _returned(result, Utils.NULL_VALUE)
    except TypeError as error:
        raise NotEvaluated(f"{shown} returned an unsupported result type.") from error


def syntax_error(expression: str) -> str | None:
    """What is wrong with an expression as it is written; None if nothing is."""
    from jsonata.jexception import JException
    from jsonata.jsonata import Jsonata

    try:
        Jsonata(expression)
    except JException as error:
        return str(error)
    return None


def _given(value: Any, null: Any) -> Any:
    """As the library takes it: None is what is not defined, JSON's null an object of its own."""
    if value is None:
        return null
    if isinstance(value, dict):
        return {str(name): _given(item, null) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_given(item, null) for item in value]
    return value.isoformat() if isinstance(value, datetime | date) else value


def _returned(value: Any, null: Any) -> Any:
    if value is null or value is None:
        return None
    if isinstance(value, dict):
        return {str(name): _returned(item, null) for name, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [_returned(item, null) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, bool | int | float | str):
        return value
    raise TypeError(type(value).__name__)


# --- what AWS adds to JSONata -----------------------------------------------------------
# https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html, "JSONata functions provided by Step Functions"
# (2026)


def _partition(items: list[Any] | None = None, size: float | None = None) -> Any:
    if items is None or not size or size < 1:
        return None if items is None else _broken("$partition needs a size of 1 or more")
    step = int(size)
    return [list(items[start : start + step]) for start in range(0, len(items), step)]


def _range(first: float, last: float, step: float = 1) -> Any:
    if step == 0:
        return _broken("$range needs a step that is not 0")
    count = int((last - first) / step) + 1
    return [first + number * step for number in range(max(0, min(count, 1000)))]


_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def _hash(value: Any = None, algorithm: str = "SHA-256") -> Any:
    if algorithm not in _HASHES:
        return _broken(f"$hash knows {', '.join(_HASHES)}")
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return hashlib.new(_HASHES[algorithm], text.encode()).hexdigest()


def _random(seed: float | None = None) -> float:
    return random.random() if seed is None else random.Random(seed).random()


def _parse(text: str) -> Any:
    from jsonata.utils import Utils

    return _given(json.loads(text), Utils.NULL_VALUE)


def _eval(*_: Any) -> Any:
    return _broken("$eval is not supported; use $parse")


def _times(millis: int) -> dict[str, Callable[..., Any]]:
    """Time stands still while an expression is evaluated."""
    from jsonata.functions import Functions

    def now(picture: str | None = None, zone: str | None = None) -> Any:
        return Functions.datetime_from_millis(millis, picture, zone)

    return {"now": now, "millis": lambda: millis}


def _broken(why: str) -> Any:
    raise ValueError(why)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "partition": _partition, "range": _range, "hash": _hash, "random": _random, "uuid": lambda: str(uuid.uuid4()),
    "parse": _parse, "eval": _eval,
}  # fmt: skip
