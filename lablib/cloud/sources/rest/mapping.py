"""Parameters from a request to its integration, and from an integration's answer to the client.

Source: API Gateway Developer Guide, "Parameter mapping source reference for REST APIs", 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lablib.cloud.sources.rest.call import Call, Lines, every, value_of
from lablib.cloud.sources.rest.failures import look_up
from lablib.cloud.sources.rest.reply import Reply
from lablib.cloud.sources.rest.templates import look

_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


@dataclass
class Mapped:
    """What an integration's request gets from parameters."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    query: list[tuple[str, str]] = field(default_factory=list)
    path: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, name: str, value: str) -> None:
        """Set one: a ``header``, of the ``querystring``, or of the ``path``; it replaces an earlier one of its name."""
        if kind == "path":
            self.path[name] = value
            return
        lines = self.headers if kind == "header" else self.query
        lines[:] = [line for line in lines if line[0].lower() != name.lower()] + [(name, value)]


def request_parameters(
    parameters: Mapping[str, str], call: Call, path: Mapping[str, str], context: Mapping[str, Any]
) -> Mapped:
    """``integration.request.…`` of an integration, from ``method.request.…``, ``context.…``, ``stageVariables.…`` or ``'text'``.

    What has no value is left out.
    """
    mapped = Mapped()
    for target, source in parameters.items():
        words = target.split(".", 3)
        if len(words) != 4 or words[:2] != ["integration", "request"]:
            continue
        value = _of_request(source, call, path, context)
        if value is not None:
            mapped.add(words[2], words[3], value)
    return mapped


def _of_request(source: str, call: Call, path: Mapping[str, str], context: Mapping[str, Any]) -> str | None:
    words = source.split(".", 3)
    if words[:2] != ["method", "request"] or len(words) < 3:
        return _elsewhere(source, context, call.variables)
    kind, name = words[2], words[3] if len(words) == 4 else ""
    if kind == "body":
        return call.text if not name else _text(look(call.text, name))
    if kind == "path":
        return path.get(name)
    if kind == "header":
        return call.header(name)
    if kind == "querystring":
        return dict(call.query).get(name)
    if kind == "multivalueheader":
        values = [value for given, value in call.headers if given.lower() == name.lower()]
    else:
        values = every(call.query).get(name, [])
    return ",".join(values) if values else None


def response_headers(
    parameters: Mapping[str, str], reply: Reply, context: Mapping[str, Any], variables: Mapping[str, str]
) -> Lines:
    """``method.response.header.…`` of an integration response, in the same way."""
    found: list[tuple[str, str]] = []
    for target, source in parameters.items():
        if not target.startswith("method.response.header."):
            continue
        value = _of_response(source, reply, context, variables)
        if value is not None:
            found.append((target.removeprefix("method.response.header."), value))
    return tuple(found)


def _of_response(source: str, reply: Reply, context: Mapping[str, Any], variables: Mapping[str, str]) -> str | None:
    words = source.split(".", 3)
    if words[:2] != ["integration", "response"] or len(words) < 3:
        return _elsewhere(source, context, variables)
    kind, name = words[2], words[3] if len(words) == 4 else ""
    if kind == "body":
        text = reply.body.decode("utf-8", "replace")
        return text if not name else _text(look(text, name))
    return value_of(reply.headers, name)


def _elsewhere(source: str, context: Mapping[str, Any], variables: Mapping[str, str]) -> str | None:
    if len(source) >= 2 and source[0] == source[-1] == "'":
        return source[1:-1]
    if source.startswith(("context.", "stageVariables.")):
        return look_up(source, {"context": context, "stageVariables": variables}) or None
    return None


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def with_variables(text: str, variables: Mapping[str, str]) -> str:
    """An address with ``${stageVariables.name}`` filled in; one that the stage does not have becomes nothing."""
    return _STAGE_VARIABLE.sub(lambda match: variables.get(match[1], ""), text)


def with_path(uri: str, path: Mapping[str, str]) -> str:
    """An address with ``{name}`` filled in. What is encoded already stays as it is."""
    for name, value in path.items():
        uri = uri.replace(f"{{{name}}}", quote(value, safe="/%:@!$&'()*+,;=~")).replace(f"{{{name}+}}", quote(value, safe="/%"))
    return uri
