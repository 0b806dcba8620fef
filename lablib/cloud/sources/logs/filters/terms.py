"""Words that a line has or has not, in any place and as part of others: ``ERROR`` is in ``ERRORCODE``. Case counts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lablib.cloud.sources.logs.filters.comparisons import expression
from lablib.cloud.sources.logs.filters.scanner import InvalidPattern, Scanner

_WORD = re.compile(r"[A-Za-z0-9_]+")
_NOT_WORD = re.compile(r'[^A-Za-z0-9_\s"]+')


@dataclass(frozen=True)
class Terms:
    """``a "b c"`` (all of them), ``-d`` (not that), ``?e ?f`` (one of them, where there is nothing else)."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    expressions: int = field(default=0, init=False)
    names_parts: bool = field(default=False, init=False)

    def matches(self, message: str) -> bool:
        if self.wanted or self.unwanted:  # a question mark beside other terms has no effect
            return all(term in message for term in self.wanted) and not any(term in message for term in self.unwanted)
        return not self.optional or any(term in message for term in self.optional)

    def part(self, message: str, name: str) -> str | None:
        """Terms name nothing."""
        return None

    def extracted(self, message: str) -> dict[str, str]:
        """Terms name nothing."""
        return {}


@dataclass(frozen=True)
class Expression:
    """An expression that is the whole pattern."""

    expression: re.Pattern[str]
    expressions: int = field(default=1, init=False)
    names_parts: bool = field(default=False, init=False)

    def matches(self, message: str) -> bool:
        return self.expression.search(message) is not None

    def part(self, message: str, name: str) -> str | None:
        """An expression names nothing."""
        return None

    def extracted(self, message: str) -> dict[str, str]:
        """An expression names nothing."""
        return {}


def read(text: str) -> Terms | Expression:
    """Read a pattern. Raises `InvalidPattern`."""
    scanner = Scanner(text.strip())
    if scanner.next() == "%":
        alone = Expression(expression(scanner))
        if not scanner.ended:
            raise InvalidPattern
        return alone
    found: dict[str, list[str]] = {"": [], "-": [], "?": []}
    while not scanner.ended:
        sign = scanner.take("-", "?") or ""
        scanner.skip_spaces()
        found[sign].append(_term(scanner))
    return Terms(tuple(found[""]), tuple(found["-"]), tuple(found["?"]))


def _term(scanner: Scanner) -> str:
    quoted = scanner.quoted()
    if quoted is not None:
        return quoted
    word = scanner.match(_WORD)
    if word is None or not (scanner.next() == "" or scanner.next().isspace()):
        raise InvalidPattern(scanner.match(_NOT_WORD))
    return word
