"""Mapping templates: bodies written in the Velocity Template Language, as ``$input``, ``$context`` and ``$util`` see a request.

`airspeed` is the engine, loaded with the first template. Source: API Gateway Developer Guide, "Mapping template transformations",
"Variables for data transformations", 2026. What Velocity itself does with an object that is printed whole (Java's own form of
it) is not imitated.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from lablib.cloud.sources.rest.failures import Failure

_OVERRIDE = re.compile(
    r"#set\(\s*\$\{?(context\.(?:request|response)Override\.(?:header|querystring|path))"
    r"(?:\.([\w-]+)|\[(['\"])([^'\"]+)\3\])\}?\s*=(?!=)"
)


@dataclass(frozen=True)
class Values:
    """What a template knows.

    Attributes
    ----------
    parameters
        ``path``, ``querystring`` and ``header``: what ``$input.params()`` gives.
    """

    body: str
    parameters: Mapping[str, Mapping[str, str]]
    context: Mapping[str, Any]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Filled:
    """A template's text, and what it changed: status and headers of a response, headers, query and path of a request."""

    text: str
    status: int | None
    headers: Mapping[str, str]
    request: Mapping[str, Mapping[str, str]]


def fill(template: str, values: Values) -> Filled:
    """Write a template.

    Raises
    ------
    Failure
        It is no Velocity, or fails.
    """
    from airspeed import TemplateExecutionError, TemplateSyntaxError

    context = _Quiet(deepcopy(dict(values.context)))
    context["responseOverride"] = {"header": {}, "status": 0}
    context["requestOverride"] = {"header": {}, "path": {}, "querystring": {}}
    known = {
        "input": _Input(values), "util": _Util(), "context": context, "stageVariables": _Quiet(values.variables),
    }  # fmt: skip
    try:
        text = _compiled(template).merge(known)
    except TemplateSyntaxError as error:
        raise _broken(error) from error
    except TemplateExecutionError as error:
        cause = error.__cause__ or error.__context__
        raise (cause if isinstance(cause, Failure) else _broken(error)) from error
    override = context["responseOverride"]
    status = override.get("status")
    return Filled(
        text, status if isinstance(status, int) and 200 <= status <= 599 else None,
        {name: str(value) for name, value in override["header"].items()},
        {kind: {name: str(value) for name, value in given.items()} for kind, given in context["requestOverride"].items()},
    )  # fmt: skip


def _broken(error: Exception) -> Failure:
    return Failure(
        "API_CONFIGURATION_ERROR", log=(f"Execution failed due to configuration error: Unable to transform request: {error}",)
    )


@lru_cache(maxsize=256)
def _compiled(template: str) -> Any:
    return _engine().Template(_with_overrides(template))


@cache
def _engine() -> Any:
    """airspeed, with more of the methods that a Java string or map has."""
    import airspeed

    methods = airspeed.__additional_methods__
    methods[str].update(_STRING_METHODS)
    methods[dict].update(_MAP_METHODS)
    methods[_Quiet] = methods[dict]
    return airspeed


_STRING_METHODS: dict[str, Callable[..., Any]] = {
    "substring": lambda text, begin, end=None: text[begin:end], "toUpperCase": str.upper, "toLowerCase": str.lower,
    "trim": str.strip, "equals": lambda text, other: text == other, "isEmpty": lambda text: not text,
    "indexOf": lambda text, part: text.find(part), "endsWith": lambda text, end: text.endswith(end),
    "toString": str, "concat": lambda text, more: text + more,
    "equalsIgnoreCase": lambda text, other: text.lower() == str(other).lower(),
}  # fmt: skip
_MAP_METHODS: dict[str, Callable[..., Any]] = {
    "size": len, "isEmpty": lambda given: not given, "containsKey": lambda given, key: key in given,
    "entrySet": lambda given: [{"key": key, "value": value} for key, value in given.items()],
}  # fmt: skip


def _with_overrides(template: str) -> str:
    """``#set($context.responseOverride.header['X-A'] = …)``, and ``.X-A``, as airspeed can read it: a call of ``put``."""
    parts, at = [], 0
    for match in _OVERRIDE.finditer(template):
        end = _closing(template, match.end())
        name, key = match[1], match[2] or match[4]
        parts += [
            template[at : match.start()],
            f"#set($override = ${name}.put('{key}', {template[match.end() : end].strip()}))",
        ]
        at = end + 1
    return "".join([*parts, template[at:]])


def _closing(template: str, at: int) -> int:
    """Where the parenthesis closes that is open at this place; the end, if nowhere."""
    depth, quote = 1, ""
    for place in range(at, len(template)):
        sign = template[place]
        if quote or sign in "'\"":
            quote = "" if sign == quote else quote or sign
        elif sign in "()":
            depth += 1 if sign == "(" else -1
            if depth == 0:
                return place
    return len(template)


class _Quiet(dict[str, Any]):
    """What is not there is nothing, and not the reference's own text."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__({key: _Quiet(value) if isinstance(value, dict) else value for key, value in given.items()})

    def __missing__(self, key: str) -> str:
        if key in _engine().__additional_methods__[dict]:
            raise KeyError(key)  # it is a map's method that is asked for
        return ""


class _Input:
    """``$input``"""

    def __init__(self, values: Values) -> None:
        self._values = values
        self.body = values.body

    def params(self, name: str | None = None) -> Any:
        parameters = self._values.parameters
        if name is None:
            return {kind: dict(parameters[kind]) for kind in ("header", "path", "querystring")}
        # The order in which AWS looks: path, query, headers.
        for kind in ("path", "querystring", "header"):
            if name in parameters[kind]:
                return parameters[kind][name]
        lower = {key.lower(): value for key, value in parameters["header"].items()}
        return lower.get(name.lower(), "")

    def path(self, expression: str) -> Any:
        found = look(self._values.body, expression)
        return "" if found is None else found

    def json(self, expression: str) -> str:
        found = look(self._values.body, expression)
        return '""' if found is None else json.dumps(found, separators=(",", ":"), ensure_ascii=False)


class _Util:
    """``$util``"""

    @staticmethod
    def escapeJavaScript(text: Any) -> str:
        return json.dumps(str(text), ensure_ascii=False)[1:-1].replace("'", "\\'").replace("/", "\\/")

    @staticmethod
    def parseJson(text: str) -> Any:
        return json.loads(text)

    @staticmethod
    def urlEncode(text: str) -> str:
        return quote_plus(text)

    @staticmethod
    def urlDecode(text: str) -> str:
        return unquote_plus(text)

    @staticmethod
    def base64Encode(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    @staticmethod
    def base64Decode(text: str) -> str:
        return base64.b64decode(text).decode("utf-8", "replace")


def look(body: str, expression: str) -> Any:
    """What a JSONPath finds in a body; None if nothing. A body that is empty is ``{}``.

    Raises
    ------
    Failure
        The body is no JSON.
    """
    try:
        content = json.loads(body or "{}")
    except ValueError as error:
        text = f"Could not parse request body into json: {error}"
        raise Failure("BAD_REQUEST_BODY", text, log=(f"Execution failed: {text}",)) from error
    if expression == "$":
        return content
    parsed, single = _path(expression)
    found = [match.value for match in parsed.find(content)]
    if single:
        return found[0] if found else None
    return found


@lru_cache(maxsize=256)
def _path(expression: str) -> tuple[Any, bool]:
    """A JSONPath, and whether it can only find one thing."""
    from jsonpath_ng.ext.parser import parse

    if not expression.startswith("$"):
        expression = f"$.{expression}"
    several = any(sign in expression for sign in ("..", "*", "?", ":", ","))
    return parse(expression), not several
