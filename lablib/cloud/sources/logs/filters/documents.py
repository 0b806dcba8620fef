"""A line that is JSON: ``{ $.level = "ERROR" && ($.latency > 1e3 || $.user IS NULL) }``.

What a selector does not find, and what is an object or an array, is neither equal nor unequal to anything.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lablib.cloud.sources.logs.filters import comparisons
from lablib.cloud.sources.logs.filters.scanner import InvalidPattern, Scanner, Test, any_of

_SELECTOR = re.compile(r"\$(?:\.[A-Za-z0-9_-]+(?:\[\d+\])*)+")
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]")
_NOT_SELECTOR = re.compile(r"[^A-Za-z0-9_\s{}()]+")
_MISSING: Any = object()


@dataclass(frozen=True)
class Documents:
    """A test of a line's JSON; `selectors` are those of the pattern."""

    test: Test[Any]
    selectors: tuple[str, ...]
    expressions: int
    names_parts: bool = field(default=True, init=False)

    def matches(self, message: str) -> bool:
        document = _document(message)
        return document is not _MISSING and self.test(document)

    def part(self, message: str, name: str) -> str | None:
        """What a selector finds, of the pattern's or not."""
        return text(select(_document(message), name)) if _SELECTOR.fullmatch(name) else None

    def extracted(self, message: str) -> dict[str, str]:
        """What the pattern's selectors find, as text."""
        document = _document(message)
        found = {selector: text(select(document, selector)) for selector in self.selectors}
        return {selector: value for selector, value in found.items() if value is not None}


def _document(message: str) -> Any:
    if not message.lstrip().startswith(("{", "[")):
        return _MISSING
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return _MISSING


def select(document: Any, selector: str) -> Any:
    """What a selector such as ``$.users[0].id`` finds; a value that is equal to nothing if there is none."""
    found = document
    for name, index in _STEP.findall(selector):
        if name:
            found = found.get(name, _MISSING) if isinstance(found, dict) else _MISSING
        else:
            found = found[int(index)] if isinstance(found, list) and int(index) < len(found) else _MISSING
    return found


def text(value: Any) -> str | None:
    """A value of JSON as text; None for what is none, null, an object or an array."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def read(given: str) -> Documents:
    """Read a pattern, from its opening brace to its closing one. Raises `InvalidPattern`."""
    scanner, selectors, seen = Scanner(given), dict[str, None](), [0]
    scanner.take("{")
    test = any_of(scanner, partial(_condition, selectors=selectors, seen=seen))
    if not scanner.take("}"):
        raise InvalidPattern(scanner.match(_NOT_SELECTOR))
    if not scanner.ended:
        raise InvalidPattern
    return Documents(test, tuple(selectors), seen[0])


def _condition(scanner: Scanner, selectors: dict[str, None], seen: list[int]) -> Test[Any]:
    scanner.skip_spaces()
    selector = scanner.match(_SELECTOR)
    if selector is None:
        raise InvalidPattern(scanner.match(_NOT_SELECTOR))
    selectors[selector] = None
    if scanner.next() and scanner.next() not in " \t\r\n=!<>":
        raise InvalidPattern(scanner.match(_NOT_SELECTOR))
    if scanner.take("NOT"):
        _word(scanner, "EXISTS")
        return lambda document: select(document, selector) is _MISSING
    if scanner.take("IS"):
        wanted = {"NULL": None, "TRUE": True, "FALSE": False}[_word(scanner, "NULL", "TRUE", "FALSE")]
        return lambda document: select(document, selector) is wanted
    comparison = comparisons.read(scanner)
    seen[0] += comparison.expression is not None
    return lambda document: _holds(comparison, select(document, selector))


def _word(scanner: Scanner, *words: str) -> str:
    found = scanner.take(*words)
    if found is None:
        raise InvalidPattern
    return found


def _holds(comparison: comparisons.Comparison, value: Any) -> bool:
    found = text(value)
    if found is None:
        return False
    return comparison.holds(found, value if isinstance(value, int | float) and not isinstance(value, bool) else None)
