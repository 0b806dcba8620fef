"""How many batches of a queue run at a time: few at first, more while there is a backlog, fewer after failures.

DG services-sqs-scaling, 2026: five at first, then 300 more a minute, 1,250 at most or as many as ``MaximumConcurrency`` says;
after an error or a throttle the number falls. In provisioned mode the pollers say it.
"""

from __future__ import annotations

from lablib.cloud.sources.mappings.mapping import Settings
from lablib.models import mappings as limits


class Scaling:
    """The concurrency of one mapping. Times are seconds on the cloud's clock."""

    def __init__(self, settings: Settings) -> None:
        self._busy_since: float | None = None
        self._back = 0  # by how many fewer, after failures
        self.changed(settings)

    def changed(self, settings: Settings) -> None:
        """The mapping has other settings."""
        if settings.pollers is not None:
            fewest, most = settings.pollers
            self._first = fewest * limits.SQS_CONCURRENCY_PER_POLLER
            self._most = most * limits.SQS_CONCURRENCY_PER_POLLER
            self._per_second = limits.SQS_PROVISIONED_CONCURRENCY_PER_MINUTE / 60
        else:
            self._most = settings.maximum_concurrency or limits.SQS_HIGHEST_CONCURRENCY
            self._first = min(limits.SQS_FIRST_CONCURRENCY, self._most)
            self._per_second = limits.SQS_CONCURRENCY_PER_MINUTE / 60

    def limit(self, now: float) -> int:
        """How many batches may run now."""
        grown = self._grown(now)
        return max(min(limits.SQS_LOWEST_CONCURRENCY, self._most), min(self._most, self._first + grown) - self._back)

    def backlog(self, now: float) -> float | None:
        """All that may run does, and there may be more: it grows from now on. When there may be one more; None: never."""
        if self._busy_since is None:
            self._busy_since = now
        grown = self._grown(now)
        if self._first + grown >= self._most:
            return None
        return self._busy_since + (grown + 1) / self._per_second

    def _grown(self, now: float) -> int:
        # A moment on the clock is exact to less than a microsecond.
        return 0 if self._busy_since is None else int((now - self._busy_since) * self._per_second + 1e-4)

    def drained(self) -> None:
        """The queue has nothing more: it begins anew."""
        self._busy_since = None

    def failed(self, now: float) -> None:
        """A batch failed or was throttled."""
        if self.limit(now) > limits.SQS_LOWEST_CONCURRENCY:
            self._back += 1

    def succeeded(self) -> None:
        """A batch went well."""
        self._back = max(0, self._back - 1)
