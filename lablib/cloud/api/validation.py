"""The service model's constraints, in AWS's words.

AWS answers all of a request's broken constraints at once, as ``ValidationException`` (400)::

    2 validation errors detected: Value '127' at 'memorySize' failed to satisfy constraint: Member must have value
    greater than or equal to 128; Value null at 'role' failed to satisfy constraint: Member must not be null

The model's ceilings are those of every kind of function that exists; `CEILINGS` are those of a default function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from lablib.cloud.api.errors import LambdaError
from lablib.models import limits

# Shape: largest value for a default function. botocore 1.44.5 allows 5,400 s (Managed Instances) and 32,768 MB
# (Managed Instances; GPU functions), see models/limits.
CEILINGS: dict[str, int] = {
    "Timeout": limits.TIMEOUT_S.highest,
    "MemorySize": limits.MEMORY_MB.highest,
    "EphemeralStorageSize": limits.EPHEMERAL_STORAGE_MB.highest,
}

# The enums of these members are checked by the operations, since AWS answers another error for them.
_CHECKED_ELSEWHERE = {"runtime"}

# AWS checks these not at all: InvokeWithResponseStream took "Event" too (captured, third party, 2026).
_UNCHECKED_SHAPES = {"ResponseStreamingInvocationType"}

# Enums that AWS lists in another order than the model (captured, third party, 2025).
_LISTED_AS = {"EventSourcePosition": ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"]}

# Lists whose members may be null, as far as AWS's words tell (captured, 2024).
_MAY_HAVE_NULLS = {"CompatibleArchitectures"}

_NUMBERS = {"integer", "long", "double", "float"}
_SIZED = {"string", "list", "map", "blob"}

# Java's classes for letters, separators and digits, which Python's `re` does not have.
_UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": r"\s", r"\p{ASCII}": r"[\x00-\x7f]"}
_ANYTHING = re.compile(".*", re.DOTALL)


def validate(shape: StructureShape | None, parameters: dict[str, Any]) -> None:
    """Raise ``ValidationException`` if the parameters break a constraint of the input's shape."""
    if shape is None:
        return
    problems = list(_structure(shape, parameters, ""))
    if problems:
        fail(*problems)


def fail(*problems: str) -> None:
    """Raise ``ValidationException`` for these broken constraints."""
    count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
    raise LambdaError("ValidationException", f"{count}: {'; '.join(problems)}")


def problem(shown: str, path: str, constraint: str) -> str:
    """One broken constraint: what was given (as AWS shows it), where, and what it breaks."""
    return f"Value {shown} at '{path}' failed to satisfy constraint: Member must {constraint}"


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield problem("null", _join(path, name), "not be null")
    for name, item in value.items():
        yield from _value(shape.members[name], item, _join(path, name))


def _join(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member


def _value(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if value is None:
        yield problem("null", path, "not be null")
        return
    if isinstance(shape, StructureShape):
        if not shape.is_document_type:
            yield from _structure(shape, value, path)
        return
    if path not in _CHECKED_ELSEWHERE and shape.name not in _UNCHECKED_SHAPES:
        yield from (problem(_shown(shape, value), path, broken) for broken in _broken(shape, value))
    if isinstance(shape, ListShape):
        yield from _list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map(shape, value, path)


def _list(shape: ListShape, items: list[Any], path: str) -> Iterator[str]:
    """What is wrong with a list's members: AWS says it of the whole list if they are simple, else of each."""
    if isinstance(shape.member, StructureShape | ListShape | MapShape):
        for number, item in enumerate(items, start=1):
            yield from _value(shape.member, item, f"{path}.{number}.member")
    elif any(True for item in items for _ in _broken(shape.member, item)):
        told = list(_constraints(shape.member)) + ([] if shape.name in _MAY_HAVE_NULLS else ["not be null"])
        if shape.name == "CompatibleRuntimes":
            yield problem(_shown(shape, items), path, told[0])
        else:
            yield problem(_shown(shape, items), path, f"satisfy constraint: {_together(told)}")


def _map(shape: MapShape, items: dict[str, Any], path: str) -> Iterator[str]:
    """What is wrong with a map's keys and values: AWS says it of the whole map, with all that they must satisfy."""
    for what, member, given in (("keys", shape.key, items.keys()), ("value", shape.value, items.values())):
        if isinstance(member, StructureShape | ListShape | MapShape):
            for key, item in items.items():
                yield from _value(member, item, f"{path}.{key}.member")
        elif any(True for item in given for _ in _broken(member, item)):
            constraint = f"Map {what} must satisfy constraint: {_together([*_constraints(member), 'not be null'])}"
            yield f"Value {_shown(shape, items)} at '{path}' failed to satisfy constraint: {constraint}"


def _shown(shape: Shape, value: Any) -> str:
    if shape.metadata.get("sensitive") or isinstance(value, bytes):
        return "***"
    if isinstance(value, list):
        return f"'[{', '.join(map(_written, value))}]'"
    if isinstance(value, dict):
        return f"'{{{', '.join(f'{key}={_written(item)}' for key, item in value.items())}}}'"
    return f"'{value}'"


def _written(item: Any) -> str:
    return "null" if item is None else str(item)


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    """The constraints of a simple shape that a value breaks: null too, since a list or a map may hold it."""
    if value is None:
        yield "not be null"
        return
    size = value if shape.type_name in _NUMBERS else len(value) if shape.type_name in _SIZED else None
    least, most = _bounds(shape)
    if size is not None and least is not None and size < least:
        yield _at_least(shape, least)
    if size is not None and most is not None and size > most:
        yield _at_most(shape, most)
    if isinstance(shape, StringShape):
        if shape.enum and value not in shape.enum:
            yield _one_of(shape)
        pattern = shape.metadata.get("pattern")
        if pattern and not compiled(pattern).fullmatch(value):
            yield _like(pattern)


def _constraints(shape: Shape) -> Iterator[str]:
    """All constraints of a shape, in the order in which AWS lists them."""
    least, most = _bounds(shape)
    if most is not None:
        yield _at_most(shape, most)
    if least is not None:
        yield _at_least(shape, least)
    if isinstance(shape, StringShape):
        if shape.enum:
            yield _one_of(shape)
        if shape.metadata.get("pattern"):
            yield _like(shape.metadata["pattern"])


def _bounds(shape: Shape) -> tuple[float | None, float | None]:
    metadata = shape.metadata
    return metadata.get("min"), CEILINGS.get(shape.name, metadata.get("max"))


def _together(constraints: list[str]) -> str:
    return f"[{', '.join(f'Member must {constraint}' for constraint in constraints)}]"


def _measured(shape: Shape) -> str:
    return "value" if shape.type_name in _NUMBERS else "length"


def _at_least(shape: Shape, least: float) -> str:
    return f"have {_measured(shape)} greater than or equal to {least}"


def _at_most(shape: Shape, most: float) -> str:
    return f"have {_measured(shape)} less than or equal to {most}"


def _one_of(shape: StringShape) -> str:
    return f"satisfy enum value set: [{', '.join(_LISTED_AS.get(shape.name, shape.enum))}]"


def _like(pattern: str) -> str:
    return f"satisfy regular expression pattern: {pattern}"


@lru_cache(maxsize=None)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a model (Java's dialect) for Python; what Python cannot say is not checked. Lambda's are all understood."""
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return _ANYTHING
