"""What is given to a function at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lablib.cloud.moto_seam.journals import Entry
from lablib.cloud.sources.mappings.streams.windows import Span

# Why records were given up. "RetryAttemptsExhausted" is documented (DG kinesis-on-failure-destination, 2026), the other captured.
Condition = Literal["RetryAttemptsExhausted", "RecordAgeExceeded"]


@dataclass(frozen=True, slots=True)
class Item:
    """A record, and its JSON in the event."""

    entry: Entry
    text: bytes


@dataclass(frozen=True)
class Response:
    """What the last attempt came to, for the record of a failure.

    Attributes
    ----------
    request_id, trace
        Of that attempt.
    function_error
        None where the function ran and reported records that failed.
    """

    request_id: str
    status: int = 200
    executed_version: str | None = None
    function_error: str | None = None
    trace: str | None = None


@dataclass(eq=False)
class Batch:
    """Records that are tried together until they are done or given up.

    Attributes
    ----------
    attempts
        How often the function has run with just these.
    failures
        How often they failed or were refused: what the pause before the next attempt depends on.
    due
        Not to be tried before.
    over
        All attempts are used up.
    response
        None before the first attempt.
    span
        Their tumbling window.
    final, early
        The window's last invocation, which has no records; before its time, since its state has become too large.
    """

    items: list[Item]
    span: Span | None = None
    attempts: int = 0
    failures: int = 0
    due: float = 0.0
    over: bool = False
    response: Response | None = None
    final: bool = False
    early: bool = False

    def part(self, items: list[Item], *, due: float = 0.0) -> Batch:
        """Some of them, as a batch of their own."""
        return Batch(items, self.span, due=due, response=self.response)


@dataclass(frozen=True)
class Run:
    """Call the function."""

    batch: Batch
    state: Mapping[str, Any] = field(default_factory=dict)

    def event(self, shard: str, arn: str) -> bytes:
        """What the function gets."""
        records = b'{"Records":[' + b",".join(item.text for item in self.batch.items) + b"]"
        span = self.batch.span
        if span is None:
            return records + b"}"
        told = {
            "window": span.told(), "state": self.state, "shardId": shard, "eventSourceARN": arn,
            "isFinalInvokeForWindow": self.batch.final, "isWindowTerminatedEarly": self.batch.early,
        }  # fmt: skip
        return records + b"," + json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()[1:]


@dataclass(frozen=True)
class Drop:
    """Give records up."""

    batch: Batch
    condition: Condition


@dataclass(frozen=True)
class Sleep:
    """There is something to do at this moment; before it, if records come."""

    until: float


@dataclass(frozen=True)
class Idle:
    """There is nothing to do until records come."""


@dataclass(frozen=True)
class Again:
    """Ask again at once: many records were passed over, and others want to work too."""


@dataclass(frozen=True)
class End:
    """All is read, and nothing will follow."""


Step = Run | Drop | Sleep | Idle | Again | End
