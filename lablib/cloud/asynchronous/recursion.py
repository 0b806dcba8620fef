"""Recursive loops: a function that one request chain runs again and again is stopped, unless it says that it means to.

Source: Developer Guide, invocation-recursion, 2026; that the seventeenth run is the first that is stopped: AWS Compute Blog,
"Detecting and stopping recursive loops in AWS Lambda functions", 2023.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lablib.cloud.functions import Functions, FunctionVersion
from lablib.cloud.telemetry import trace as tracing
from lablib.models import limits

# The service model's words; those of AWS's answer could not be confirmed.
STOPPED = (
    "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and stopped "
    "your function's invocation."
)


class Records(Protocol):
    """`lablib.cloud.telemetry.metrics.Metrics`."""

    def record(
        self, metric: str, function_name: str | None, value: float = 1.0, *, qualifier: str | None = None, unit: str = "Count"
    ) -> None: ...


class Recursion(Exception):
    """A function runs in a loop: this invocation is one too many."""

    def __init__(self) -> None:
        super().__init__(STOPPED)


class Chains:
    """Request chains: the tracing headers that go through this cloud's functions.

    Parameters
    ----------
    now
        The cloud's time.
    """

    def __init__(self, functions: Functions, metrics: Records, now: Callable[[], float]) -> None:
        self._functions, self._metrics, self._now = functions, metrics, now

    def follow(self, version: FunctionVersion, header: str | None) -> str:
        """The tracing header that a function gets, for a request that came with `header`."""
        return str(tracing.follow(header, version, self._now()))

    def check(self, name: str, qualifier: str | None, header: str) -> None:
        """Raise `Recursion` if the invocation that gets this header would go round once too often, and count it."""
        trace = tracing.Trace.read(header)
        if trace is None or trace.runs(self._functions.arn(name)) <= limits.RECURSIVE_RUNS:
            return
        if self._functions.function(name).recursive_loop == "Terminate":
            self._metrics.record("RecursiveInvocationsDropped", name, qualifier=qualifier)
            raise Recursion
