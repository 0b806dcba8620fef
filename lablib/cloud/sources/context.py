"""What every event source is given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec

from lablib.cloud.arrivals import Arrivals
from lablib.cloud.authentication.authority import Authority
from lablib.cloud.clock import Clock
from lablib.cloud.functions import Functions
from lablib.cloud.scaling.concurrency import Concurrency
from lablib.cloud.sources.calling import Caller
from lablib.cloud.telemetry.metrics import Metrics

P = ParamSpec("P")


@dataclass(frozen=True)
class SourceContext:
    """The cloud as an event source sees it.

    Attributes
    ----------
    url
        Where this cloud answers: ``http://127.0.0.1:PORT``.
    role_allows
        ``await role_allows(role_arn, action, resource_arn)``: whether a role's policies allow an action.
    arrivals
        Tells, by the ARN of a queue or a stream, when there is something new in it.
    authority
        Verifies signatures, for addresses that anybody may call; None where every key is taken.
    """

    loop: asyncio.AbstractEventLoop
    caller: Caller
    functions: Functions
    clock: Clock
    metrics: Metrics
    concurrency: Concurrency
    url: str
    account: str
    region: str
    role_allows: Callable[[str, str, str], Awaitable[bool]]
    arrivals: Arrivals
    authority: Authority | None

    def soon(self, fn: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have `fn` called on the event loop, in the order in which this is called: for what moto's threads tell.

        It runs before a request that is answered after this call gets its answer, so that the cloud is not at rest in between.
        """
        self.loop.call_soon_threadsafe(lambda: fn(*args, **kwargs))
