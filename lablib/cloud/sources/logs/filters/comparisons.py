"""What stands right of an operator, and whether a value is as it says: text with wildcards, a number, an expression."""

from __future__ import annotations

import operator as ops
import re
from collections.abc import Callable
from dataclasses import dataclass

from lablib.cloud.sources.logs.filters.scanner import InvalidPattern, Scanner

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_BARE = re.compile(r"[A-Za-z0-9_.*+-]+")
_NOT_BARE = re.compile(r"[^A-Za-z0-9_.*+\s,\])}-]+")

_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "=": ops.eq, "!=": ops.ne, "<": ops.lt, "<=": ops.le, ">": ops.gt, ">=": ops.ge,
}  # fmt: skip
# Longer ones first. ``=!`` stands in AWS's examples for ``!=``.
OPERATORS = ("!=", "<=", ">=", "=!", "=", "<", ">")

# A filter pattern's expressions have neither groups nor spaces, nor characters beyond these.
_EXPRESSION = re.compile(r"%((?:[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|*+.]|\\[\x21-\x7e])*)%")
_NOT_IN_EXPRESSION = re.compile(r"%(?:[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|*+.]|\\[\x21-\x7e])*+[^%]")


@dataclass(frozen=True)
class Comparison:
    """An operator and what is right of it. `expression`, `number`: what kind of value that is; else it is a text."""

    operator: str
    text: str
    number: float | None = None
    expression: re.Pattern[str] | None = None

    def holds(self, text: str, number: float | None) -> bool:
        """Whether a value is as this says.

        Parameters
        ----------
        text, number
            The value as text, and as a number if it is one. That a text is compared with a number's digits is unconfirmed.
        """
        if self.expression is not None:
            return (self.expression.search(text) is not None) is (self.operator == "=")
        if self.number is not None and (number is not None or self.operator not in ("=", "!=")):
            return number is not None and _ORDERED[self.operator](number, self.number)
        return _like(self.text, text) is (self.operator == "=")


def _like(wanted: str, text: str) -> bool:
    """A wildcard stands for anything at the beginning or the end; within a text it is an asterisk."""
    if wanted.strip("*") == "" and wanted:
        return True
    begins, ends, core = not wanted.startswith("*"), not wanted.endswith("*"), wanted.removeprefix("*").removesuffix("*")
    if begins and ends:
        return text == core
    if begins:
        return text.startswith(core)
    return text.endswith(core) if ends else core in text


def number_of(text: str) -> float | None:
    """A text as a number, if it is one."""
    return float(text) if _NUMBER.fullmatch(text) else None


def read(scanner: Scanner) -> Comparison:
    """Read an operator and a value. Raises `InvalidPattern`."""
    operator = scanner.take(*OPERATORS)
    if operator is None:
        raise InvalidPattern
    operator = "!=" if operator == "=!" else operator
    scanner.skip_spaces()
    if scanner.next() == "%":
        return _only_equal(Comparison(operator, "", expression=expression(scanner)))
    quoted = scanner.quoted()
    if quoted is not None:
        return _only_equal(Comparison(operator, quoted))
    bare = scanner.match(_BARE)
    if bare is None:
        raise InvalidPattern(scanner.match(_NOT_BARE))
    number = number_of(bare)
    return Comparison(operator, bare, number) if number is not None else _only_equal(Comparison(operator, bare))


def _only_equal(comparison: Comparison) -> Comparison:
    """Texts are not greater or less than others."""
    if comparison.operator not in ("=", "!="):
        raise InvalidPattern
    return comparison


def expression(scanner: Scanner) -> re.Pattern[str]:
    """Read an expression between per cent signs. Raises `InvalidPattern`."""
    found = scanner.match(_EXPRESSION)
    if found is None:
        wrong = scanner.match(_NOT_IN_EXPRESSION)
        raise InvalidPattern(wrong[-1] if wrong is not None else None)
    try:
        return re.compile(found[1:-1])
    except re.error:
        raise InvalidPattern from None
