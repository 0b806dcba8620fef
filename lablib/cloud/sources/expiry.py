"""Items of DynamoDB whose time to live is over go, on the cloud's clock; their table's stream tells of it."""

from __future__ import annotations

from lablib.cloud.clock import Timer
from lablib.cloud.moto_seam import engine, expiry
from lablib.cloud.sources.context import SourceContext


class TimeToLive:
    """Deletes items when they are due. Where no table has a time to live it does nothing."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._timer: Timer | None = None
        expiry.on_due = lambda when: context.soon(self._due, when)

    def reset(self) -> None:
        """Forget what is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self, when: float) -> None:
        if self._timer is not None and self._timer.when <= when:
            return
        self.reset()
        self._timer = self._context.clock.at(when, self._sweep, "items whose time to live is over")

    async def _sweep(self) -> None:
        self._timer = None
        following = await engine.call(expiry.expire, self._context.clock.now())
        if following is not None:
            self._due(following)
