"""What a target gets of an event: all of it, a part, a constant, or what a template makes of it.

What a variable becomes, in a string and outside one, and what becomes of one that is not there: answers of EventBridge, captured
in 2024. Source of the rest: "Amazon EventBridge input transformation", EventBridge User Guide, 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.sources.eventbridge import paths

Event = Mapping[str, Any]
Target = Mapping[str, Any]

_VARIABLE = re.compile(r"<([^<>\s]+)>")
PREDEFINED = frozenset({
    "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event", "aws.events.event.json", "aws.events.event.ingestion-time",
})  # fmt: skip
# The order in which EventBridge has the members of <aws.events.event>, which has no detail.
_WITHOUT_DETAIL = ("id", "account", "detailType", "time", "source", "region", "resources", "version")


class InvalidInput(ValueError):
    """A template's outcome is no JSON."""


@dataclass(frozen=True)
class Occasion:
    """What a template's predefined variables come from. `ingested`: when EventBridge got the event, as events have times."""

    rule_arn: str
    rule_name: str
    ingested: str


def compact(value: Any) -> str:
    """JSON as EventBridge hands it on, without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def input_of(target: Target, event: Event, occasion: Occasion) -> str:
    """The text that a target gets. Raises `InvalidInput`."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath") is not None:
        try:
            return compact(paths.value_at(event, target["InputPath"]))
        except (paths.Missing, paths.BadPath):
            return "null"  # what AWS sends then could not be confirmed
    if target.get("InputTransformer"):
        return transformed(target["InputTransformer"], event, occasion)
    return compact(event)


def transformed(transformer: Mapping[str, Any], event: Event, occasion: Occasion) -> str:
    """What a template makes of an event: a string's lines as they are, JSON without spaces."""
    template = transformer["InputTemplate"]
    values = dict(_predefined(event, occasion))
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        try:
            values[name] = paths.value_at(event, path)
        except (paths.Missing, paths.BadPath):
            values[name] = ""
    document = is_document(template)
    filled = fill(template, values, document)
    if not document:
        return filled
    try:
        return compact(json.loads(filled, strict=False))
    except ValueError as error:
        raise InvalidInput(f"the template's outcome is no JSON: {error}") from None


def is_document(template: str) -> bool:
    """Whether a template is a JSON document, and no string. A variable and nothing else is one: its value."""
    return template.lstrip().startswith(("{", "[")) or _VARIABLE.fullmatch(template.strip()) is not None


def fill(template: str, values: Mapping[str, Any], document: bool) -> str:
    """A template with its variables replaced."""

    def replaced(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        if document and not _in_string(template, found.start()):
            return compact(value)
        return _in_text(value)

    return _VARIABLE.sub(replaced, template)


def variables_of(template: str) -> list[str]:
    """The names of a template's variables."""
    return _VARIABLE.findall(template)


def _in_text(value: Any) -> str:
    """A value inside a string: strings as they are, unescaped; objects and lists as JSON that has lost its quotes."""
    if isinstance(value, str):
        return value
    return compact(value).replace('"', "") if isinstance(value, (dict, list)) else compact(value)


def _in_string(template: str, at: int) -> bool:
    """Whether a place in a JSON document is inside one of its strings."""
    inside, escaped = False, False
    for character in template[:at]:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = inside
        elif character == '"':
            inside = not inside
    return inside


def _predefined(event: Event, occasion: Occasion) -> Mapping[str, Any]:
    short = {"detailType": event.get("detail-type"), **{name: event.get(name) for name in _WITHOUT_DETAIL if name in event}}
    return {
        "aws.events.rule-arn": occasion.rule_arn, "aws.events.rule-name": occasion.rule_name,
        "aws.events.event": {name: short[name] for name in _WITHOUT_DETAIL if name in short},
        "aws.events.event.json": dict(event), "aws.events.event.ingestion-time": occasion.ingested,
    }  # fmt: skip
