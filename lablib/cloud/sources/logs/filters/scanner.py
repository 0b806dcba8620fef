"""Reading a pattern's text from left to right; what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
Test = Callable[[T], bool]


class InvalidPattern(ValueError):
    """No pattern. Its text is CloudWatch Logs', where that names the characters that are wrong.

    Parameters
    ----------
    term
        Those characters; None where the pattern as a whole is refused.
    """

    def __init__(self, term: str | None = None) -> None:
        super().__init__(f"Invalid character(s) in term '{term}'" if term is not None else "Invalid filter pattern")
        self.term = term

    def sentence(self, kind: str) -> str:
        """CloudWatch Logs' sentence about a pattern of this kind, such as ``subscription filter``."""
        return str(self) if self.term is not None else f"Invalid {kind} pattern"


_SPACES = re.compile(r"\s*")


class Scanner:
    """A text and how far it is read."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    @property
    def ended(self) -> bool:
        """Whether nothing but spaces is left."""
        self.skip_spaces()
        return self._at == len(self._text)

    def skip_spaces(self) -> None:
        match = _SPACES.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def take(self, *literals: str) -> str | None:
        """Read one of these, after spaces; None if none of them is next."""
        self.skip_spaces()
        for literal in literals:
            if self._text.startswith(literal, self._at):
                self._at += len(literal)
                return literal
        return None

    def match(self, expression: re.Pattern[str]) -> str | None:
        """Read what matches here, right away; None if nothing does."""
        found = expression.match(self._text, self._at)
        if found is None or not found[0]:
            return None
        self._at = found.end()
        return found[0]

    def next(self) -> str:
        """The next character, without reading it; nothing at the end."""
        return self._text[self._at : self._at + 1]

    def quoted(self) -> str | None:
        """Read a text in double quotes, in which a backslash stands before a quote or another backslash."""
        if self.next() != '"':
            return None
        found = self.match(_QUOTED)
        if found is None:
            raise InvalidPattern
        return _ESCAPED.sub(r"\1", found[1:-1])


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')


def any_of(scanner: Scanner, leaf: Callable[[Scanner], Test[T]]) -> Test[T]:
    """Read tests joined with ``||`` and, binding more tightly, ``&&``, in parentheses or not."""
    choices = [_all_of(scanner, leaf)]
    while scanner.take("||"):
        choices.append(_all_of(scanner, leaf))
    return choices[0] if len(choices) == 1 else lambda subject: any(choice(subject) for choice in choices)


def _all_of(scanner: Scanner, leaf: Callable[[Scanner], Test[T]]) -> Test[T]:
    parts = [_one(scanner, leaf)]
    while scanner.take("&&"):
        parts.append(_one(scanner, leaf))
    return parts[0] if len(parts) == 1 else lambda subject: all(part(subject) for part in parts)


def _one(scanner: Scanner, leaf: Callable[[Scanner], Test[T]]) -> Test[T]:
    if not scanner.take("("):
        return leaf(scanner)
    inner = any_of(scanner, leaf)
    if not scanner.take(")"):
        raise InvalidPattern
    return inner
