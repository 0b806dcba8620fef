"""Which metrics an invocation makes, and with what values.

Source: DG monitoring-metrics-types, 2026. That Errors and Throttles also come as 0, so that their average is a rate, is
seen on AWS and stands on no page.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from lablib.cloud.functions import FunctionVersion
from lablib.cloud.scaling.concurrency import Admitted, Concurrency
from lablib.cloud.scaling.placement import Placed
from lablib.cloud.telemetry.metrics import Dimensions, Metrics, dimensions_of
from lablib.environments import Outcome


class Measured:
    """Counts what runs, for the metrics of concurrency."""

    def __init__(self, metrics: Metrics, concurrency: Concurrency) -> None:
        self.metrics, self.concurrency = metrics, concurrency
        # By dimensions: the account's, a function's, those of a name it was called by.
        self.running: Counter[Dimensions] = Counter()

    def of(self, version: FunctionVersion, invoked_arn: str | None, begun: float) -> Invoked:
        """One invocation that begins; `invoked_arn` ends in the qualifier that it was called by."""
        qualifier = (invoked_arn or version.arn).removeprefix(version.arn).removeprefix(":") or None
        return Invoked(self, version, qualifier, begun)

    def reset(self) -> None:
        """Nothing runs."""
        self.running.clear()


@dataclass
class Invoked:
    """One invocation. Its metrics carry the time at which it was called, as AWS's do."""

    _measured: Measured
    _version: FunctionVersion
    _qualifier: str | None
    _begun: float
    _counted: tuple[Dimensions, ...] = ()

    def throttled(self) -> None:
        """It was refused: no invocation, and no error."""
        self._record("Throttles", 1.0)

    def running(self, placed: Placed) -> None:
        """It has its environment."""
        running = self._measured.running
        self._counted = dimensions_of(self._version.name, self._qualifier, self._version.version)
        for dimensions in self._counted:
            running[dimensions] += 1
            self._add("ConcurrentExecutions", dimensions, running[dimensions])
        concurrency = self._measured.concurrency
        self._add("UnreservedConcurrentExecutions", (), concurrency.unreserved_running)
        set_aside = concurrency.account - concurrency.unreserved
        self._add("ClaimedAccountConcurrency", (), concurrency.unreserved_running + set_aside)
        if placed.admitted is not None and (placed.admitted.provisioned or placed.admitted.spilled):
            self._provisioned(placed.admitted)

    def _provisioned(self, admitted: Admitted) -> None:
        """What only an invocation of a version with provisioned concurrency makes."""
        concurrency, name, version = self._measured.concurrency, self._version.name, self._version.version
        spilled = "ProvisionedConcurrencySpilloverInvocations"
        self._record(spilled if admitted.spilled else "ProvisionedConcurrencyInvocations", 1.0)
        busy, ready = concurrency.provisioned_running(name, version), concurrency.provisioned_ready(name, version)
        self._record("ProvisionedConcurrentExecutions", busy)
        for dimensions in self._counted:
            if ready and len(dimensions) > 1:  # of a version or alias alone
                self._add("ProvisionedConcurrencyUtilization", dimensions, busy / ready, "None")

    def ran(self, outcome: Outcome) -> None:
        """The function was run: it answered, or failed."""
        self._record("Invocations", 1.0)
        self._record("Errors", 1.0 if outcome.function_error or outcome.midstream_error else 0.0)
        self._record("Throttles", 0.0)
        self._record("Duration", round(outcome.duration_ms, 2), "Milliseconds")

    def over(self) -> None:
        """It has given its environment back."""
        running = self._measured.running
        for dimensions in self._counted:
            running[dimensions] -= 1
            if running[dimensions] <= 0:
                del running[dimensions]

    def _add(self, metric: str, dimensions: Dimensions, value: float, unit: str = "Count") -> None:
        self._measured.metrics.add(metric, dimensions, value, unit=unit, at=self._begun)

    def _record(self, metric: str, value: float, unit: str = "Count") -> None:
        self._measured.metrics.record(
            metric, self._version.name, value, qualifier=self._qualifier, executed_version=self._version.version,
            unit=unit, at=self._begun,
        )  # fmt: skip
