"""What a check says: not started, not yet with the reason, or done."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from typing import Any, Literal

Mark = Literal["⏳", "❌", "✅"]

_WIDTH = 100
"""Characters a line may have: what JupyterLab shows in half of a common window."""

_LONGEST = 240
"""Characters of a value that are shown; a reader compares the start of it."""


@dataclass(frozen=True)
class Reason:
    """Why a layer does not hold: what went in, what should have come out, what did, and the likely cause."""

    input: str
    expected: str
    got: str
    likely: str

    def lines(self) -> list[str]:
        pairs = (("input", self.input), ("expected", self.expected), ("got", self.got), ("likely", self.likely))
        return [line for name, text in pairs if text for line in labelled(f"   {name + ':':<9} ", text)]


Answer = tuple[bool, Reason | None]
"""What a matcher returns: whether it holds and, when not, why."""

HOLDS: Answer = (True, None)


def fails(*, input: str = "", expected: str, got: str, likely: str) -> Answer:
    """A matcher's answer when what it compared does not match."""
    return False, Reason(input, expected, got, likely)


class NotStarted(Exception):
    """The exercise is still its stub: raised by a layer, caught by the check."""


@dataclass(frozen=True)
class Verdict:
    """A check's result. Its text is what the notebook shows, and its wording is stable."""

    exercise: str
    mark: Mark
    text: str

    @property
    def done(self) -> bool:
        return self.mark == "✅"

    def __repr__(self) -> str:
        return f"{self.mark} {self.exercise} {self.text}"


def labelled(label: str, text: str) -> list[str]:
    """`text` after `label`, in lines that a notebook does not break, indented under the first."""
    one_line = re.sub(r"\s*\n\s*", " ", text)  # an error's own line breaks would leave the indented block
    return textwrap.wrap(
        one_line, _WIDTH, initial_indent=label, subsequent_indent=" " * len(label), break_long_words=False,
        break_on_hyphens=False, replace_whitespace=False, drop_whitespace=True,
    ) or [label.rstrip()]


def shown(value: Any) -> str:
    """An event or an answer: as JSON where it is JSON, else Python's repr; cut when long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return _cut(text)


def written(value: Any) -> str:
    """`value` as Python writes it, for what goes into or comes out of a Python function: True, None, a tuple; cut when long."""
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + f"... ({len(text)} characters)"
