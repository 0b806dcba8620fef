"""JSON paths, as far as EventBridge has them: names with dots or brackets, indices, wildcards.

Source: "Amazon EventBridge input transformation", EventBridge User Guide, 2026.
"""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"""\.(?P<name>[^.\[\]]+)|\[(?P<index>-?\d+|\*)\]|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]""")


class BadPath(ValueError):
    """A path that EventBridge does not know."""


class Missing(LookupError):
    """Nothing lies at a path."""


def steps_of(path: str) -> list[str | int]:
    """The steps of a path; ``*`` is one too. Raises `BadPath`."""
    if not path.startswith("$"):
        raise BadPath(path)
    rest, steps = path[1:], list[str | int]()
    if rest == ".":
        return steps
    while rest:
        found = _STEP.match(rest)
        if found is None:
            raise BadPath(path)
        index = found["index"]
        steps.append(int(index) if index not in (None, "*") else index or found["name"] or found["quoted"])
        rest = rest[found.end() :]
    return steps


def value_at(event: Any, path: str) -> Any:
    """What lies at a path; behind a wildcard, a list. Raises `Missing`, or `BadPath`."""
    steps = steps_of(path)
    found = [event]
    for step in steps:
        found = [inner for value in found for inner in _below(value, step)]
    if "*" in steps:
        return found
    if not found:
        raise Missing(path)
    return found[0]


def _below(value: Any, step: str | int) -> list[Any]:
    if step == "*":
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if isinstance(step, int):
        return [value[step]] if isinstance(value, list) and -len(value) <= step < len(value) else []
    return [value[step]] if isinstance(value, dict) and step in value else []
