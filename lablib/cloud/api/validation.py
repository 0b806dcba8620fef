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

# These enums are checked by the operations, since AWS answers another error for them.
_CHECKED_ELSEWHERE = {"Runtime"}

# Java's classes for letters, separators and digits, which Python's `re` does not have.
_UNICODE_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": r"\s"}


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
    if isinstance(shape, StructureShape):
        if not shape.is_document_type:
            yield from _structure(shape, value, path)
        return
    yield from (problem(_shown(shape, value), path, broken) for broken in _broken(shape, value))
    if isinstance(shape, ListShape):
        for number, item in enumerate(value, start=1):
            yield from _value(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _value(shape.key, key, f"{path}.key")
            yield from _value(shape.value, item, f"{path}.{key}.member")


def _shown(shape: Shape, value: Any) -> str:
    if shape.metadata.get("sensitive") or isinstance(value, bytes):
        return "***"
    if isinstance(value, list):
        return f"'[{', '.join(map(str, value))}]'"
    if isinstance(value, dict):
        return f"'{{{', '.join(f'{key}={item}' for key, item in value.items())}}}'"
    return f"'{value}'"


def _broken(shape: Shape, value: Any) -> Iterator[str]:
    metadata = shape.metadata
    if shape.type_name in ("integer", "long", "double", "float"):
        yield from _range("value", value, metadata.get("min"), CEILINGS.get(shape.name, metadata.get("max")))
    elif shape.type_name in ("string", "list", "map", "blob"):
        yield from _range("length", len(value), metadata.get("min"), metadata.get("max"))
    if isinstance(shape, StringShape):
        if shape.enum and value not in shape.enum and shape.name not in _CHECKED_ELSEWHERE:
            yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
        pattern = metadata.get("pattern")
        if pattern and not compiled(pattern).fullmatch(value):
            yield f"satisfy regular expression pattern: {pattern}"


def _range(what: str, size: float, least: float | None, most: float | None) -> Iterator[str]:
    if least is not None and size < least:
        yield f"have {what} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"have {what} less than or equal to {most}"


@lru_cache(maxsize=None)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model (Java's dialect) for Python."""
    for java, python in _UNICODE_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
