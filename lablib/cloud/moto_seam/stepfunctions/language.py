"""The States Language, where moto reads or computes it otherwise than AWS.

Touches, below `moto.stepfunctions.parser.asl`: `Preprocessor._inner_string_of`, ``from_string_literal`` and ``IntrinsicParser``
in `parse.preprocessor`; `Preprocessor._replace_escaped_characters` in `parse.intrinsic.preprocessor`; `StateChoice._eval_state`;
``StateData`` in `component.state.state`; `utils.encoding.to_json_str`; `StringIntrinsicFunction._eval_body`;
`Base64Encode._eval_body`, `Base64Decode._eval_body`; `FailureEvent`, `FailureEventException`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lablib.cloud.moto_seam import clockwork


def install(parser: str) -> None:
    """Have all this done when the interpreter, whose package is `parser`, loads."""
    for name, correct in _CORRECTIONS.items():
        clockwork.when_loaded(f"{parser}.{name}", correct)


def written(moment: datetime) -> str:
    """A moment as the context object has it: ``2019-03-26T20:14:13.192Z``."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def to_json(value: Any, separators: tuple[str, str] | None = None) -> str:
    """JSON as AWS shows it: without spaces, in letters as they are, with times as `written` has them."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=_as_text)


def _as_text(value: object) -> str:
    return written(value) if isinstance(value, datetime) else str(value)


def _write_json(module: Any) -> None:
    module.to_json_str = to_json


def _write_times(module: Any) -> None:
    def data(EnteredTime: str, Name: str) -> dict[str, Any]:
        return {"EnteredTime": written(datetime.fromisoformat(EnteredTime)), "Name": Name}

    module.StateData = data


def _read_strings(module: Any) -> None:
    """A definition's strings are JSON's: moto leaves their escapes as they stand, or reads them as Python's."""

    def text_of(context: Any) -> str | None:
        written = context.getText()
        if written == "null":
            return None
        return str(json.loads(written, strict=False)) if written.startswith('"') else str(written)

    module.Preprocessor._inner_string_of = staticmethod(lambda parser_rule_context: text_of(parser_rule_context))
    module.from_string_literal = lambda parser_rule_context: text_of(parser_rule_context)
    module.IntrinsicParser = _OfJson(module.IntrinsicParser)


class _OfJson:
    """The parser of intrinsic functions, for a function as it stands in JSON."""

    # A new line stays as it is written: inside an intrinsic function's own quotes it is one.
    _ESCAPES = re.compile(r'\\(u[0-9a-fA-F]{4}(?:\\ud[c-f][0-9a-fA-F]{2})?|["\\/])')

    def __init__(self, parser: Any) -> None:
        self._parser = parser

    def parse(self, text: str) -> Any:
        return self._parser.parse(self._ESCAPES.sub(lambda found: str(json.loads(f'"{found.group()}"')), text))


def _quote_quotes(module: Any) -> None:
    r"""``\'`` in an intrinsic function is a quotation mark."""
    original = module.Preprocessor._replace_escaped_characters
    ours = staticmethod(lambda found: "'" if found.group(1) == "'" else original(found))
    module.Preprocessor._replace_escaped_characters = ours


# That AWS says just this is as others have reported it.
_NO_CHOICE = (
    "An error occurred while executing the state '{name}' (entered at the event id #{event}). "
    "Failed to transition out of the state. The state does not point to a next state."
)


def _name_no_choice(module: Any) -> None:
    original = module.StateChoice._eval_state

    def evaluate(state: Any, env: Any) -> None:
        try:
            original(state, env)
        except RuntimeError as error:
            if "No branching option" not in str(error.args[0]):
                raise
            cause = _NO_CHOICE.format(name=state.name, event=env.event_history_context.source_event_id)
            raise failed(env, "ExecutionFailed", "States.NoChoiceMatched", cause) from error

    module.StateChoice._eval_state = evaluate


def failed(env: Any, event_type: str, error: str, cause: str) -> Exception:
    """What the interpreter raises for a state that has failed."""
    from moto.stepfunctions.parser.api import HistoryEventType
    from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
    from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException

    details = {f"{event_type[0].lower()}{event_type[1:]}EventDetails": {"error": error, "cause": cause}}
    failure = FailureEvent(env=env, error_name=ErrorName(error), event_type=HistoryEventType(event_type), event_details=details)
    raised: Exception = FailureEventException(failure_event=failure)
    return raised


def _name_intrinsic_failures(module: Any) -> None:
    original = module.StringIntrinsicFunction._eval_body

    def evaluate(string: Any, env: Any) -> None:
        try:
            original(string, env)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            # What is wrong with an argument moto says by whatever exception comes of it.
            raise failed(env, "ExecutionFailed", "States.IntrinsicFailure", str(error)) from error

    module.StringIntrinsicFunction._eval_body = evaluate


def _base64(convert: Callable[[str], str], name: str) -> Callable[[Any], None]:
    """Base64 of any text; moto's is of ASCII alone."""

    def correct(module: Any) -> None:
        def evaluate(function: Any, env: Any) -> None:
            function.argument_list.eval(env=env)
            [text] = env.stack.pop()
            if len(text) > function.MAX_INPUT_CHAR_LEN:
                raise ValueError(f"The input of States.{name} is longer than {function.MAX_INPUT_CHAR_LEN} characters")
            env.stack.append(convert(text))

        getattr(module, name)._eval_body = evaluate

    return correct


_FUNCTIONS = "asl.component.intrinsic.function.statesfunction.encoding_decoding"
_CORRECTIONS: dict[str, Callable[[Any], None]] = {
    "asl.utils.encoding": _write_json,
    "asl.parse.preprocessor": _read_strings,
    "asl.parse.intrinsic.preprocessor": _quote_quotes,
    "asl.component.state.choice.state_choice": _name_no_choice,
    "asl.component.state.state": _write_times,
    "asl.component.common.string.string_expression": _name_intrinsic_failures,
    f"{_FUNCTIONS}.base_64_encode": _base64(lambda text: base64.b64encode(text.encode()).decode(), "Base64Encode"),
    f"{_FUNCTIONS}.base_64_decode": _base64(lambda text: base64.b64decode(text).decode(), "Base64Decode"),
}
