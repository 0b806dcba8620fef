"""Reads the JSON of a pattern token by token, and says where a fault is, as AWS does.

AWS's sentences end in a place: `` at [Source: (String)"{"int": 42}"; line: 1, column: 11]``. It is where AWS's parser (Jackson)
stands when the fault shows: behind a number, a bracket or a literal, but behind the opening quote of a string that nobody has
asked for yet; and after a name, behind the first character of its value, which it has looked at already. Captured answers, 2024.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(r"[^\s,:\[\]{}\"']+")
_LITERALS = {"true": True, "false": False, "null": None}
_SHOWN = 500  # characters of a source that Jackson shows
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


class InvalidPattern(Exception):
    """A pattern that AWS refuses; the text is its whole message.

    Attributes
    ----------
    reason
        What stands behind "Reason: ".
    code
        The error that EventBridge answers with.
    """

    code = "InvalidEventPatternException"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Event pattern is not valid. Reason: {reason}")
        self.reason = reason


_AFFIX = "prefix/suffix match pattern must be a string"


@dataclass(frozen=True)
class Dialect:
    """What the patterns of a service lack of EventBridge's.

    Attributes
    ----------
    without
        Match expressions that it does not know.
    but
        Those that ``anything-but`` takes, each with the sentence about one that is no string.
    lists
        Whether these may have lists.
    """

    without: frozenset[str]
    but: Mapping[str, str]
    lists: bool


EVENTBRIDGE = Dialect(frozenset(), {
    "prefix": _AFFIX, "suffix": _AFFIX, "wildcard": "wildcard match pattern must be a string",
    "equals-ignore-case": "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
}, True)  # fmt: skip
# As SNS answered in May 2024.
SNS = Dialect(frozenset({"wildcard", "exactly"}), {"prefix": "prefix match pattern must be a string"}, False)


@dataclass(frozen=True)
class Token:
    """One token: a bracket, a ``name``, a ``string``, a ``number`` or a ``literal``; where it shows first, and where it ends."""

    kind: str
    value: Any
    shows: int
    end: int
    text: str = ""

    @property
    def numeric(self) -> bool:
        return self.kind == "number"


class Reader:
    """The tokens of a JSON text, one after the other."""

    def __init__(self, text: str, dialect: Dialect = EVENTBRIDGE) -> None:
        self._text = text
        self.dialect = dialect
        self._at = 0  # how far it is read
        self._stands = 0  # where a fault is said to be
        self._open: list[tuple[str, int]] = []
        self._first = True  # in its array or object
        self._pending: Token | None = None
        self.token = Token("", None, 0, 0)

    def next(self) -> Token:
        """The next token, or `InvalidPattern`."""
        if self._pending is not None:
            self.token, self._pending = self._pending, None
        else:
            self.token = self._read()
            self._stands = self.token.shows
        return self.token

    def text(self) -> str:
        """The current token as it is written; a string without its quotes. It is read to its end by this."""
        if self._pending is None:
            self._stands = self.token.end
        return self.token.text

    def fail(self, reason: str, twice: bool = False) -> NoReturn:
        """Refuse the pattern here. `twice`: where AWS's compiler catches its own error and names the place again."""
        raise InvalidPattern(reason + self._place(self._stands) * (2 if twice else 1))

    def _place(self, offset: int) -> str:
        return f"\n at {self._source(offset)}"

    def _source(self, offset: int) -> str:
        more = len(self._text) - _SHOWN
        cut = f"[truncated {more} chars]" if more > 0 else ""
        line = self._text.count("\n", 0, offset) + 1
        column = offset - (self._text.rfind("\n", 0, offset) + 1) + 1
        return f'[Source: (String)"{self._text[:_SHOWN]}"{cut}; line: {line}, column: {column}]'

    def _read(self) -> Token:
        character = self._peek()
        if self._open and character in "}]":
            return self._close(character)
        if self._open and not self._first:
            self._expect(",", f"comma to separate {'Object' if self._open[-1][0] == '{' else 'Array'} entries")
        self._first = False
        if self._open and self._open[-1][0] == "{":
            return self._name()
        return self._value()

    def _name(self) -> Token:
        if self._peek() != '"':
            self._unexpected("double-quote to start field name")
        name = self._string("name")
        self._expect(":", "a colon to separate field name and value")
        self._pending = self._value()
        return Token(name.kind, name.value, self._pending.shows, name.end, name.text)

    def _value(self) -> Token:
        character = self._peek()
        if character in "{[":
            self._open.append((character, self._at))
            self._at += 1
            self._first = True
            return Token(character, None, self._at, self._at, character)
        if character == '"':
            return self._string("string")
        if (number := _NUMBER.match(self._text, self._at)) is not None:
            return self._scalar("number", json.loads(number[0]), number[0])
        word = _WORD.match(self._text, self._at)
        if word is not None and word[0] in _LITERALS:
            return self._scalar("literal", _LITERALS[word[0]], word[0])
        if word is None or not (word[0][0].isalpha() or word[0][0] in "_$"):
            self._unexpected(f"a valid value {_VALUES}")
        self._stands = self._at + len(word[0])
        self.fail(f"Unrecognized token '{word[0]}': was expecting {_VALUES}")

    def _scalar(self, kind: str, value: Any, text: str) -> Token:
        self._at += len(text)
        return Token(kind, value, self._at, self._at, text)

    def _string(self, kind: str) -> Token:
        found = _STRING.match(self._text, self._at)
        try:
            value = json.loads(found[0]) if found is not None else None
        except ValueError:
            value = None
        if found is None or value is None:
            self._stands = len(self._text)
            self.fail("Unexpected end-of-input: was expecting closing quote for a string value")
        start, self._at = self._at, found.end()
        return Token(kind, value, start + 1, self._at, value)

    def _close(self, character: str) -> Token:
        opened, _ = self._open[-1]
        if opened + character not in ("{}", "[]"):
            self._stands = self._at
            marker = "]" if opened == "[" else "}"
            self.fail(f"Unexpected close marker '{character}': expected '{marker}'")
        self._open.pop()
        self._first = False
        self._at += 1
        return Token(character, None, self._at, self._at, character)

    def _peek(self) -> str:
        self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if self._at < len(self._text):
            return self._text[self._at]
        self._stands = self._at
        if not self._open:
            self.fail("Filter is not an object")
        opened, where = self._open[-1]
        what = "Object" if opened == "{" else "Array"
        self.fail(f"Unexpected end-of-input: expected close marker for {what} (start marker at {self._source(where)})")

    def _expect(self, character: str, what: str) -> None:
        if self._peek() != character:
            self._unexpected(what)
        self._at += 1

    def _unexpected(self, expected: str) -> NoReturn:
        found = self._text[self._at]
        self._stands = self._at
        self.fail(f"Unexpected character ('{found}' (code {ord(found)})): was expecting {expected}")
