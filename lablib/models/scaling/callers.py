"""Who calls, and what they do about a throttle: a client that waits, Lambda's queue of events, or the poller of an SQS queue."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lablib.models import limits, mappings
from lablib.models.scaling.numbers import number, positive, whole

_MORE_PER_S = mappings.SQS_CONCURRENCY_PER_MINUTE / 60


@dataclass(frozen=True)
class Synchronous:
    """A client that waits for its answer, and sees a throttle (429).

    Attributes
    ----------
    attempts
        How often it tries altogether: 1, it never retries; boto3's standard mode tries 3 times.
    base_s, most_s
        Before attempt n + 1 it waits ``min(base_s * 2 ** (n - 1), most_s)`` seconds: 1 and 20 in boto3's standard mode
        (botocore 1.44.5, retries/standard.py).
    jitter
        It waits a random part of that, as boto3 does.
    """

    attempts: int = 1
    base_s: float = 1.0
    most_s: float = 20.0
    jitter: bool = True

    def __post_init__(self) -> None:
        whole("attempts", self.attempts, least=1)
        positive("base_s", self.base_s)
        positive("most_s", self.most_s)

    def wait(self, attempt: int, random: float) -> float | None:
        """Seconds after the `attempt`-th attempt, 1 for the first; None: it gives up. `random` is from 0 to 1."""
        if attempt >= self.attempts:
            return None
        longest = min(self.base_s * 2.0 ** min(attempt - 1, 60), self.most_s)
        return longest * random if self.jitter else longest


@dataclass(frozen=True)
class Asynchronous:
    """Lambda's own queue: an event that is throttled is tried again after 1 s, then 2, 4 … 300, until it is too old.

    Attributes
    ----------
    oldest_s
        MaximumEventAgeInSeconds: 6 hours by default.
    """

    oldest_s: float = limits.ASYNC_EVENT_AGE_S.default

    def __post_init__(self) -> None:
        number("oldest_s", self.oldest_s, least=limits.ASYNC_EVENT_AGE_S.lowest, most=limits.ASYNC_EVENT_AGE_S.highest)

    def wait(self, attempt: int, random: float) -> float:
        """Seconds after the `attempt`-th refusal."""
        first, most = limits.ASYNC_BACKOFF_S
        return float(min(most, first * 2.0 ** min(attempt - 1, 60)))


@dataclass(frozen=True)
class Polled:
    """An event source mapping on a standard SQS queue: requests are messages, an invocation takes up to `batch` of them.

    It runs 5 batches at a time at first, 300 more for every minute of backlog, and 1,250 or `maximum_concurrency` at most
    (models.mappings). A batch that is throttled waits 1 s, then 2, 4 … 60, in its place: AWS gives no figures, these are ours.
    """

    batch: int = mappings.SQS_BATCH.default
    maximum_concurrency: int | None = None

    def __post_init__(self) -> None:
        number("batch", whole("batch", self.batch), least=mappings.SQS_BATCH.lowest, most=mappings.SQS_BATCH.highest)
        if self.maximum_concurrency is not None:
            least, most = mappings.MAXIMUM_CONCURRENCY
            number("maximum_concurrency", whole("maximum_concurrency", self.maximum_concurrency), least=least, most=most)

    @property
    def most(self) -> int:
        """Batches at a time, in the end."""
        return self.maximum_concurrency or mappings.SQS_HIGHEST_CONCURRENCY

    @property
    def first(self) -> int:
        """Batches at a time, at first."""
        return min(mappings.SQS_FIRST_CONCURRENCY, self.most)

    def at_a_time(self, backlog_s: float) -> int:
        """Batches at a time, after so many seconds of backlog."""
        return min(self.most, self.first + int(backlog_s * _MORE_PER_S + 1e-6))

    def grows_after(self, running: int) -> float:
        """Seconds of backlog after which more than `running` batches may run; infinite if never."""
        return math.inf if running >= self.most else max(0, running + 1 - self.first) / _MORE_PER_S

    def wait(self, attempt: int, random: float) -> float:
        """Seconds after the `attempt`-th refusal of a batch."""
        first, most = mappings.SQS_THROTTLED_AGAIN_S
        return min(most, first * 2.0 ** min(attempt - 1, 60))


Caller = Synchronous | Asynchronous | Polled
