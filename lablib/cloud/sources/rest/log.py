"""The execution log of a request, line by line as API Gateway words it.

Captured logs of test invocations, 2015 to 2020, and of stages, 2018 to 2025.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone

# Of one line; what is longer ends so. API Gateway Developer Guide, "Important notes", 2026 (1,024 bytes with the date).
_LONGEST = 1000


class Log:
    """What is said of one request. `now` is the cloud's clock."""

    def __init__(self, now: Callable[[], float], request_id: str) -> None:
        self._now = now
        self._lines = [f"Execution log for request {request_id}"]

    def say(self, text: str) -> None:
        """Add a line."""
        at = datetime.fromtimestamp(self._now(), timezone.utc)
        self._lines.append(f"{at:%a %b %d %H:%M:%S} UTC {at:%Y} : {text}")

    def body(self, what: str, text: str) -> None:
        """Add a line with a body, or as much of it as a line has room for."""
        self.say(f"{what}: {text}" if len(text) <= _LONGEST else f"{what}: {text[:_LONGEST]} [TRUNCATED]")

    @property
    def text(self) -> str:
        """The whole log."""
        return "\n".join(self._lines) + "\n"


def braces(pairs: Iterable[tuple[str, str]] | Mapping[str, str]) -> str:
    """``{a=1, b=2}``; of several values of a name each."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return "{" + ", ".join(f"{name}={value}" for name, value in items) + "}"
