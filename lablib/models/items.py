"""The size of a DynamoDB item. Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats", 2026."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# An item's attributes by name: ``{"id": {"S": "a"}}``, binary values as base64.
Image = Mapping[str, Mapping[str, Any]]


def size_of(image: Image) -> int:
    """Bytes of an item: of its attributes' names, in UTF-8, and of their values."""
    return sum(len(name.encode()) + _size(value) for name, value in image.items())


def _size(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return _number(content)
    if kind == "B":
        return _binary(content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + _size(each) for each in content)
    if kind in ("SS", "NS", "BS"):
        return sum(_size({kind[0]: each}) for each in content)
    return 1  # true, false, null


def _number(text: str) -> int:
    """A byte for each two significant digits, one more, and one for a sign."""
    digits = text.lower().partition("e")[0].lstrip("+-").replace(".", "").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def _binary(text: str) -> int:
    return len(text) // 4 * 3 - text.count("=")
