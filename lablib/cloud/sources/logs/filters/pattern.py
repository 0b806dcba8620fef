"""A pattern of whichever kind its first character says."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from lablib.cloud.sources.logs.filters import documents, fields, terms
from lablib.cloud.sources.logs.filters.scanner import InvalidPattern
from lablib.models import limits


class FilterPattern(Protocol):
    """A pattern of CloudWatch Logs."""

    @property
    def expressions(self) -> int:
        """How many expressions are in it."""
        ...

    def matches(self, message: str) -> bool:
        """Whether a log event's message is as the pattern says."""
        ...

    @property
    def names_parts(self) -> bool:
        """Whether it says what a message consists of, so that a part can be taken from it."""
        ...

    def part(self, message: str, name: str) -> str | None:
        """The part of a message that ``$field`` or ``$.selector`` means, as text."""
        ...

    def extracted(self, message: str) -> dict[str, str]:
        """What the pattern names in a message that it matches: ``$field`` or ``$.selector``, and its text."""
        ...


@lru_cache(maxsize=256)
def compiled(text: str) -> FilterPattern:
    """Read a pattern; an empty one matches everything.

    Raises
    ------
    InvalidPattern
    """
    stripped = text.strip()
    found: FilterPattern
    if stripped.startswith("{"):
        found = documents.read(stripped)
    elif stripped.startswith("["):
        found = fields.read(stripped)
    else:
        return terms.read(stripped)
    if found.expressions > limits.PATTERN_EXPRESSIONS:
        raise InvalidPattern
    return found
