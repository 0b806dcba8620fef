"""Filter policies of subscriptions: patterns on a message's attributes, or on its body.

Sentences, with their places, as SNS answered in May 2024 and October 2025; it shows a policy without its spaces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lablib.cloud.moto_seam.topics import Refused
from lablib.cloud.sources import patterns
from lablib.models import buses

ATTRIBUTES, BODY = "MessageAttributes", "MessageBody"

_PLACE = re.compile(r'\[Source: \(String\)".*"(?:\[truncated \d+ chars\])?; line', re.DOTALL)
_REDACTED = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line"


def check(policy: str, scope: str) -> None:
    """Raise `Refused` for a policy that SNS does not take."""
    try:
        content = json.loads(policy)
    except ValueError as error:
        raise Refused(f"FilterPolicy: failed to parse JSON. {_said(policy) or error}") from None
    try:
        patterns.compile(_compact(content), patterns.SNS)
    except patterns.TooManyCombinations:
        raise Refused("FilterPolicy: Filter policy is too complex") from None
    except patterns.InvalidPattern as error:
        raise Refused(f"FilterPolicy: {error.reason}") from None
    if len(content) > buses.FILTER_KEYS:
        raise Refused(f"FilterPolicy: Filter policy can not have more than {buses.FILTER_KEYS} keys")
    if scope == ATTRIBUTES and _nested(content):
        raise Refused("Filter policy scope MessageAttributes does not support nested filter policy")
    if _combinations(content) > buses.FILTER_COMBINATIONS:
        raise Refused("FilterPolicy: Filter policy is too complex")


def _said(policy: str) -> str | None:
    """What AWS's parser says of a text that is no JSON. Here SNS does not show the text."""
    try:
        patterns.compile(policy, patterns.SNS)
    except patterns.InvalidPattern as error:
        return _PLACE.sub(lambda found: _REDACTED, error.reason)
    return None


def _compact(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def _nested(policy: Mapping[str, Any]) -> bool:
    """Whether a name of a policy has names below it; those in ``$or`` are not below anything."""
    for name, value in policy.items():
        if isinstance(value, dict) or (name == "$or" and any(_nested(choice) for choice in value)):
            return True
    return False


def _combinations(policy: Mapping[str, Any], depth: int = 1, so_far: int = 1) -> int:
    """What SNS counts: the numbers of values multiplied, each by how deep it lies; the choices of ``$or`` added up."""
    for name, value in policy.items():
        if isinstance(value, dict):
            so_far = _combinations(value, depth + 1, so_far)
        elif name == "$or":
            so_far = sum(_combinations(choice, depth, so_far) for choice in value)
        else:
            so_far *= len(value) * depth
    return so_far


def matches(policy: str, scope: str, attributes: Mapping[str, Mapping[str, str]], message: str) -> bool:
    """Whether a policy, which is one that SNS takes, lets a message through."""
    return _compiled(policy).matches(_values(attributes)) if scope == ATTRIBUTES else _body_matches(policy, message)


@lru_cache(maxsize=1024)
def _compiled(policy: str) -> patterns.Pattern:
    return patterns.compile(policy, patterns.SNS)


def _body_matches(policy: str, message: str) -> bool:
    try:
        body = json.loads(message)
    except ValueError:
        return False
    return isinstance(body, dict) and _compiled(policy).matches(body)


def _values(attributes: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A message's attributes as a pattern sees them. SNS looks at those of the types String, String.Array and Number alone."""
    values: dict[str, Any] = {}
    for name, attribute in attributes.items():
        kind, value = attribute["Type"], attribute["Value"]
        if kind == "String":
            values[name] = value
        elif kind in ("String.Array", "Number"):
            try:
                values[name] = json.loads(value)
            except ValueError:  # an attribute that is not what it says matches nothing
                continue
    return values
