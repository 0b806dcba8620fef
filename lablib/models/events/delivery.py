"""What one event leads to: when the function runs, how often when it fails, and what becomes of the event.

Delays are AWS's where AWS gives them (`limits`, `mappings`); how long a stream's poller pauses AWS does not say, and the figures
are those of the local cloud.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Final

from lablib.models.events.sources import Again, Source
from lablib.models.limits import ASYNC_BACKOFF_S, ASYNC_EVENT_AGE_S, ASYNC_RETRY_DELAYS_S
from lablib.models.mappings import STREAM_BACKOFF_S, STREAM_RETENTION_S
from lablib.models.queues import LONGEST_VISIBILITY_S, RETENTION_S, VISIBILITY_S

_LOOK_S: Final = 31_536_000
"""A year: every event is gone by then."""


@dataclass(frozen=True)
class Retry:
    """What lets a failed event run again.

    Attributes
    ----------
    rule : str
        When it runs again, as a sentence.
    kept_s : float
        Seconds that the event is kept for another run, unless that is configured otherwise.
    fate : str
        What becomes of an event that no run has handled, as a clause.
    told_by : str
        Where AWS says so, and when that was read.
    """

    rule: str
    kept_s: float
    fate: str
    told_by: str


RETRIES: Final[dict[Again, Retry]] = {
    "caller": Retry(
        "Lambda runs it once, and hands the error to the caller, who may call again.", 0.0,
        "Nothing keeps the event: the caller may send it again", "DG invocation-retries, 2026",
    ),
    "queue": Retry(
        f"Lambda runs it again after {ASYNC_RETRY_DELAYS_S[0]} s, and after {ASYNC_RETRY_DELAYS_S[1]} s more. "
        f"One that was throttled, or met an error of Lambda's own, it tries again after {ASYNC_BACKOFF_S[0]} s, doubled each time up to {ASYNC_BACKOFF_S[1]} s.",
        float(ASYNC_EVENT_AGE_S.default), "Lambda drops the event, unless the function has a dead-letter queue or a destination",
        "DG invocation-async-error-handling, 2026",
    ),
    "visibility": Retry(
        "The message that was taken is hidden; when its visibility timeout has passed, a poller takes it again.",
        float(RETENTION_S),
        "The message comes back until it expires, or until the queue's own rule moves it to a dead-letter queue",
        "DG services-sqs-errorhandling, 2026",
    ),
    "shard": Retry(
        "The poller sends the same batch again, with growing pauses, and reads nothing behind it from that shard.",
        float(STREAM_RETENTION_S),
        "That part of the stream, its shard, waits: nothing behind this record is delivered before it is handled or expires",
        "DG invocation-retries; BOTO CreateEventSourceMapping, 2026-11-17",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One run of the function: seconds after the event, and whether it went well."""

    at_s: float
    ok: bool


@dataclass(frozen=True)
class Outcome:
    """What an event led to.

    Attributes
    ----------
    runs : tuple of Run
        Those within the time that was looked at.
    more : bool
        Whether further runs follow.
    handled : bool
        Whether a run went well.
    fate : str
        What becomes of an event that no run has handled, as a clause; empty when one has.
    """

    runs: tuple[Run, ...]
    more: bool
    handled: bool
    fate: str


def deliver(source: Source, failures: int | None = 0, within_s: float = 600, visibility_s: float = VISIBILITY_S) -> Outcome:
    """What one event of `source` leads to; a run takes no time.

    Parameters
    ----------
    failures
        So many runs fail before one goes well; None: all fail.
    within_s
        How long one looks, in seconds.
    visibility_s
        The visibility timeout of a queue of SQS, in seconds.

    Raises
    ------
    ValueError
        A number out of its bounds, or none at all; a queue's timeout of 0, which would leave no pause.
    """
    if failures is not None and (type(failures) is not int or failures < 0):
        raise ValueError(f"failures is a number of runs, 0 or more, or None for all, and not {failures!r}.")
    bounds = (("within_s", within_s, 0, _LOOK_S), ("visibility_s", visibility_s, 1, LONGEST_VISIBILITY_S))
    for name, value, least, most in bounds:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise ValueError(f"{name} is a number of seconds, {least} to {most:,}, and not {value!r:.80}.")
    runs: list[Run] = []
    more, kept_s = False, RETRIES[source.again].kept_s
    for number, at in enumerate(accumulate(_pauses(source.again, visibility_s), initial=0.0)):
        if at > min(within_s, kept_s):
            more = at <= kept_s
            break
        runs.append(Run(at, failures is not None and number >= failures))
        if runs[-1].ok:
            break
    handled = runs[-1].ok
    return Outcome(tuple(runs), more, handled, "" if handled else RETRIES[source.again].fate)


def _pauses(again: Again, visibility_s: float) -> Iterator[float]:
    """Seconds between a failed run and the next; ends where there is no next."""
    if again == "queue":
        yield from map(float, ASYNC_RETRY_DELAYS_S)
    elif again == "visibility":
        yield from repeat(float(visibility_s))
    elif again == "shard":
        pause, longest = map(float, STREAM_BACKOFF_S)
        while True:
            yield pause
            pause = min(pause * 2, longest)
