"""Who waits for what arrives where: a message in a queue, a record in a stream.

The seam tells of an arrival from a thread of moto's, by the ARN of where it is; those who wait hear of it on the event loop, in
order, and before the request that caused it has its answer. Nobody looks at a queue to see whether there is something in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Arrivals:
    """Those who wait, by the ARN of what they wait at.

    `tell` may be called from any thread; everything else belongs to the event loop's.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._listeners: dict[str, list[Callable[[], None]]] = {}
        # Told, and not heard yet: of a hundred messages for one queue a listener hears once.
        self._told: set[str] = set()

    def tell(self, arn: str) -> None:
        """Something is there, or is going to be there, that was not before."""
        if arn in self._listeners and arn not in self._told:
            self._told.add(arn)
            self._loop.call_soon_threadsafe(self._hear, arn)

    def listen(self, arn: str, heard: Callable[[], None]) -> Callable[[], None]:
        """Have `heard` called at each arrival, until what this returns is called. Whoever listens looks once more after this."""
        self._listeners.setdefault(arn, []).append(heard)

        def stop() -> None:
            listeners = self._listeners.get(arn, [])
            if heard in listeners:
                listeners.remove(heard)
            if not listeners:
                self._listeners.pop(arn, None)

        return stop

    def tell_all(self) -> None:
        """Have everybody look: the cloud was emptied."""
        for arn in list(self._listeners):
            self._hear(arn)

    def _hear(self, arn: str) -> None:
        self._told.discard(arn)
        for heard in list(self._listeners.get(arn, ())):
            if heard in self._listeners.get(arn, ()):  # another may have stopped it meanwhile
                heard()
