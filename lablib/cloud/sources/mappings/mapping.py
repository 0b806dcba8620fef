"""One event source mapping: what it joins, its settings, its state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lablib.cloud.sources.mappings.kinds import Kind, Poller

State = Literal["Creating", "Enabling", "Enabled", "Disabling", "Disabled", "Updating", "Deleting"]

RESTING: frozenset[State] = frozenset({"Enabled", "Disabled"})


@dataclass(frozen=True)
class Settings:
    """What a mapping is told to do. Members that its kind of source does not have keep their defaults.

    Attributes
    ----------
    batch_size, window_s
        A function gets at most so many records at a time, and waits at most so many seconds until there are so many.
    filters
        Patterns, of which a record must match one.
    response_types
        ``("ReportBatchItemFailures",)`` or nothing.
    metrics
        ``("EventCount",)`` or nothing.
    kms_key
        Named with the filters, and not used: nothing here is encrypted.
    maximum_concurrency
        A queue: how many batches at a time, at most.
    pollers
        A queue in provisioned mode: the fewest and the most pollers.
    starting_position, starting_timestamp
        A stream: ``TRIM_HORIZON``, ``LATEST`` or ``AT_TIMESTAMP``, which is in seconds since 1970.
    parallelization
        A stream: batches at a time from each shard.
    bisect, maximum_retries, maximum_record_age_s, on_failure
        A stream: what becomes of a batch that failed; -1 is for ever. `on_failure` is an ARN.
    tumbling_window_s
        A stream: how long state is kept; 0 for none.
    """

    batch_size: int
    window_s: int = 0
    filters: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    kms_key: str | None = None
    maximum_concurrency: int | None = None
    pollers: tuple[int, int] | None = None
    starting_position: str | None = None
    starting_timestamp: float | None = None
    parallelization: int = 1
    bisect: bool = False
    maximum_retries: int = -1
    maximum_record_age_s: int = -1
    tumbling_window_s: int = 0
    on_failure: str | None = None

    @property
    def partial(self) -> bool:
        """Whether the function says which of a batch's records failed."""
        return "ReportBatchItemFailures" in self.response_types


@dataclass(eq=False)
class Mapping:
    """One mapping.

    Attributes
    ----------
    function_arn
        What is called, with the version or alias if one was named.
    name
        The function's name alone.
    reason
        ``StateTransitionReason``: who made the last change.
    last_modified
        In seconds since 1970.
    last_result
        ``LastProcessingResult``, of the kinds that have one; the poller writes it.
    poller
        Reads the source, for as long as there is the mapping: what it knows of where it is outlasts a pause.
    settled
        Set while no change is under way.
    """

    uuid: str
    arn: str
    kind: Kind
    source_arn: str
    function_arn: str
    name: str
    settings: Settings
    state: State
    reason: str
    last_modified: float
    last_result: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    poller: Poller = field(init=False)

    @property
    def enabled(self) -> bool:
        """Whether it polls, or is about to."""
        return self.state in ("Creating", "Enabling", "Enabled", "Updating")
