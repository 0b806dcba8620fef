"""When an event is tried again, and when it is given up. Pure arithmetic: no clock, no queue.

- After a function's error: again after one minute, then after two; `retries` times at most.
- After a throttle (429) or an error of the platform's (5xx): again after 1 s, 2 s, 4 s … 300 s, as long as its age allows.
- Whatever would be tried at its maximum age or later is given up at once.

Source: Developer Guide, invocation-async-error-handling, 2026; that nobody waits for a retry which would come too late: captured
destination records of 2023.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from lablib.models import limits

# "ZeroReservedConcurrency" and "RecursiveInvocation" are on no page of AWS's; the others are in captured records.
Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency", "RecursiveInvocation"]


@dataclass(frozen=True)
class Progress:
    """How far an event has come.

    Attributes
    ----------
    accepted
        When it was accepted, in seconds.
    runs
        How often its function has run with it: a record's ``approximateInvokeCount``.
    refusals
        How often it was throttled, or the platform failed, since then.
    """

    accepted: float
    runs: int = 0
    refusals: int = 0


@dataclass(frozen=True)
class Again:
    """The event is tried again, at this moment."""

    progress: Progress
    at: float


@dataclass(frozen=True)
class Over:
    """The event has come to its end."""

    progress: Progress
    condition: Condition


Step = Again | Over


def expired(progress: Progress, age_s: float, now: float) -> bool:
    """Whether an event is too old to be tried at `now`."""
    return now - progress.accepted >= age_s


def succeeded(progress: Progress) -> Step:
    """Its function has answered."""
    return Over(replace(progress, runs=progress.runs + 1), "Success")


def failed(progress: Progress, retries: int, age_s: float, now: float) -> Step:
    """Its function has failed; `now` is when."""
    progress = replace(progress, runs=progress.runs + 1, refusals=0)
    if progress.runs > retries:
        return Over(progress, "RetriesExhausted")
    return _again(progress, limits.ASYNC_RETRY_DELAYS_S[progress.runs - 1], age_s, now)


def refused(progress: Progress, age_s: float, now: float) -> Step:
    """It was throttled, or the platform failed; `now` is when."""
    progress = replace(progress, refusals=progress.refusals + 1)
    return _again(progress, backoff(progress.refusals), age_s, now)


def backoff(refusals: int) -> float:
    """Seconds until the next attempt, after so many refusals in a row (1 or more)."""
    shortest, longest = limits.ASYNC_BACKOFF_S
    return float(min(longest, shortest * 2 ** min(refusals - 1, 16)))


def _again(progress: Progress, delay: float, age_s: float, now: float) -> Step:
    # The queue looks at whole seconds, and not later than it should: what failed together is tried again together. Ours.
    at = max(now, float(math.floor(now + delay)))
    if expired(progress, age_s, at):
        return Over(progress, "EventAgeExceeded")
    return Again(progress, at)
