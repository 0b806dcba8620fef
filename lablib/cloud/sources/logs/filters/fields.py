"""A line's parts by their places, with spaces between them: ``[ip, user, ..., status = 4*, bytes > 1000]``.

What stands between square brackets or double quotes is one part, without them. The last field takes the rest of the line, as
AWS's own pattern for Lambda's logs has it (``[timestamp=*Z, request_id="*-*", event]``); that it does so everywhere is
unconfirmed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from lablib.cloud.sources.logs.filters import comparisons
from lablib.cloud.sources.logs.filters.comparisons import Comparison, number_of
from lablib.cloud.sources.logs.filters.scanner import InvalidPattern, Scanner, Test, any_of

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_NOT_NAME = re.compile(r"[^A-Za-z0-9_\s,\]-]+")
_PART = re.compile(r'\[(?P<bracketed>[^\]]*)\](?=\s|$)|"(?P<quoted>[^"]*)"(?=\s|$)|(?P<plain>\S+)')
ELLIPSIS = "..."


@dataclass(frozen=True)
class Field:
    """A place in a line; `test` is what its part has to be like."""

    name: str | None
    test: Test[str] | None = None


@dataclass(frozen=True)
class Fields:
    """The places from the left, and those from the right if something may be between (`after`)."""

    before: tuple[Field, ...]
    after: tuple[Field, ...] | None
    expressions: int
    names_parts: bool = field(default=True, init=False)

    def matches(self, message: str) -> bool:
        return self._placed(message) is not None

    def part(self, message: str, name: str) -> str | None:
        """The part of this place."""
        return self.extracted(message).get(name)

    def extracted(self, message: str) -> dict[str, str]:
        """The parts by ``$name``, and by ``$number`` where the pattern names none."""
        placed = self._placed(message) or {}
        return {f"${name}": part for name, part in placed.items()}

    def _placed(self, message: str) -> Mapping[str, str] | None:
        parts = list(_PART.finditer(message))
        count = len(self.before) + len(self.after or ())
        if len(parts) < count:
            return None
        texts = [_text(part) for part in parts]
        if self.after is None:
            if len(parts) > count:
                texts[count - 1 :] = [message[parts[count - 1].start() :].rstrip()]
            fields = list(self.before)
        else:
            between = [Field(None)] * (len(texts) - count)
            fields = [*self.before, *between, *self.after]
        if not all(place.test is None or place.test(text) for place, text in zip(fields, texts, strict=True)):
            return None
        return {place.name or str(number): text for number, (place, text) in enumerate(zip(fields, texts, strict=True), 1)}


def _text(part: re.Match[str]) -> str:
    return next(found for found in (part["bracketed"], part["quoted"], part["plain"]) if found is not None)


def read(text: str) -> Fields:
    """Read a pattern, from its opening bracket to its closing one. Raises `InvalidPattern`."""
    scanner, seen = Scanner(text), [0]
    scanner.take("[")
    found: list[Field | None] = []
    while True:
        found.append(None if scanner.take(ELLIPSIS) else _field(scanner, seen))
        if scanner.take("]"):
            break
        if not scanner.take(","):
            raise InvalidPattern(scanner.match(_NOT_NAME))
    if not scanner.ended or found.count(None) > 1:
        raise InvalidPattern
    if None not in found:
        return Fields(_places(found), None, seen[0])
    middle = found.index(None)
    return Fields(_places(found[:middle]), _places(found[middle + 1 :]), seen[0])


def _places(found: list[Field | None]) -> tuple[Field, ...]:
    return tuple(place for place in found if place is not None)


def _field(scanner: Scanner, seen: list[int]) -> Field:
    """A name, conditions on it, or nothing: a place without a name."""
    scanner.skip_spaces()
    names: list[str] = []
    if scanner.next() in (",", "]", ""):
        return Field(None)
    plain = _plain(scanner)
    if plain is not None:
        return Field(plain)
    test = any_of(scanner, partial(_condition, names=names, seen=seen))
    if len(set(names)) != 1:
        raise InvalidPattern  # conditions on other fields belong to them
    return Field(names[0], test)


_ALONE = re.compile(r"[A-Za-z0-9_-]+(?=\s*[,\]])")


def _plain(scanner: Scanner) -> str | None:
    return scanner.match(_ALONE)


def _condition(scanner: Scanner, names: list[str], seen: list[int]) -> Test[str]:
    scanner.skip_spaces()
    name = scanner.match(_NAME)
    if name is None:
        raise InvalidPattern(scanner.match(_NOT_NAME))
    names.append(name)
    comparison: Comparison = comparisons.read(scanner)
    seen[0] += comparison.expression is not None
    return lambda text: comparison.holds(text, number_of(text))
