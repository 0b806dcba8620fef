"""What each kind of source brings to event source mappings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from lablib.cloud.functions import FunctionVersion
from lablib.cloud.sources.mappings.mapping import Mapping, Settings


class Poller(Protocol):
    """Reads the source of one mapping and calls its function. Everything here is called on the event loop.

    While nothing is due it does nothing at all: it hears of arrivals (`lablib.cloud.arrivals`), and what becomes due later is a
    timer of the cloud's clock. A batch that is being processed keeps the cloud busy.
    """

    def start(self) -> None:
        """Begin to read, or go on where `stop` came. Called when the mapping is to be ``Enabled``."""
        ...

    async def stop(self) -> None:
        """Read nothing from this moment on, and return when the invocations that run have ended."""
        ...

    def changed(self) -> None:
        """The mapping's settings or its function are others from now on."""
        ...

    def abandon(self) -> None:
        """The cloud is being emptied: drop everything at once, and write nothing any more."""
        ...


@dataclass(frozen=True)
class Proposal:
    """A mapping as it would be: for a kind's own checks.

    Attributes
    ----------
    version
        The function's version that would be called now: its role and its timeout.
    creating
        Whether it is a new one.
    given
        The members that the request named.
    """

    source_arn: str
    version: FunctionVersion
    settings: Settings
    creating: bool
    given: frozenset[str]


@dataclass(frozen=True)
class Kind:
    """A kind of source.

    Attributes
    ----------
    service
        As in the ARN of the source: ``sqs``.
    members
        The members of ``CreateEventSourceMapping`` that it takes, beside those that all take; others are refused by name.
    defaults
        A mapping of which nothing was said.
    reason
        ``StateTransitionReason`` after a change that somebody asked for.
    first_result
        ``LastProcessingResult`` of a new mapping; None where there is none.
    exists
        Words for a second mapping of the same source and function, with ``{source}``, ``{function}`` and ``{uuid}``.
    check
        ``await check(proposal)`` raises `LambdaError` for what AWS refuses of this kind: limits, a source that is not there, a
        role that may not read it.
    poller
        Makes a mapping's poller.
    """

    service: str
    members: frozenset[str]
    defaults: Settings
    reason: str
    first_result: str | None
    exists: str
    check: Callable[[Proposal], Awaitable[None]]
    poller: Callable[[Mapping], Poller]
