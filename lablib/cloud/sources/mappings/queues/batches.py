"""One batch of a queue's messages, and its way through the function."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

from lablib.cloud.api.errors import LambdaError
from lablib.cloud.sources.calling import Caller
from lablib.cloud.sources.mappings.answers import failures
from lablib.cloud.sources.mappings.mapping import Mapping
from lablib.cloud.telemetry.trace import Trace

log = logging.getLogger("lablib.cloud")

# What passes: the same batch is tried again while its messages are hidden.
_PASSES = {"TooManyRequestsException", "ResourceConflictException", "SnapStartNotReadyException"}


@dataclass(frozen=True)
class Item:
    """A message of a batch: its id and its handle, its record in JSON, and the trace that came with it."""

    id: str
    handle: str
    record: bytes
    trace: str | None


@dataclass(frozen=True, eq=False)
class Batch:
    """Messages for one invocation, received by this mapping and hidden from others until `hidden_until` (the cloud's clock)."""

    items: tuple[Item, ...]
    hidden_until: float

    def __len__(self) -> int:
        return len(self.items)

    @property
    def size(self) -> int:
        """Of its records, in bytes."""
        return sum(len(item.record) + 1 for item in self.items)

    @property
    def event(self) -> bytes:
        """What the function gets."""
        return b'{"Records":[' + b",".join(item.record for item in self.items) + b"]}"

    def trace(self, function_arn: str) -> str | None:
        """The tracing header that the invocation goes on with: of its messages', the one that has come round most often.

        Which one AWS takes is unconfirmed; this one stops a loop wherever one message is in one.
        """
        read = [(Trace.read(item.trace), item.trace) for item in self.items]
        found = [(trace.runs(function_arn), header) for trace, header in read if trace is not None]
        return max(found, key=lambda each: each[0])[1] if found else None

    def with_more(self, other: Batch) -> Batch:
        """Both together; they are hidden as long as the first of them."""
        return Batch(self.items + other.items, min(self.hidden_until, other.hidden_until))


@dataclass(frozen=True)
class Ended:
    """What an invocation came to.

    Attributes
    ----------
    done
        The messages that are to be deleted.
    outcome
        ``passes`` if it did not run, and may a little later.
    """

    done: tuple[Item, ...]
    outcome: Literal["well", "failed", "passes"]


async def run(caller: Caller, mapping: Mapping, batch: Batch) -> Ended:
    """Call the function with a batch and wait for its answer."""
    function_arn = mapping.function_arn
    unqualified = ":".join(function_arn.split(":")[:7])
    try:
        result = await caller.invoke(
            function_arn, batch.event, None, trace=batch.trace(unqualified), synchronous=False
        )  # fmt: skip
    except LambdaError as error:
        if error.code in _PASSES:
            return Ended((), "passes")
        log.warning("a batch of %s did not run: %s: %s", mapping.source_arn, error.code, error.message)
        return Ended((), "failed")
    if result.outcome.function_error:
        return Ended((), "failed")
    if not mapping.settings.partial:
        return Ended(batch.items, "well")
    failed = failures(result.outcome.payload, {item.id for item in batch.items})
    if failed is None:
        return Ended((), "failed")
    return Ended(tuple(item for item in batch.items if item.id not in failed), "well")
