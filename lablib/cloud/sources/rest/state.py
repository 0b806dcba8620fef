"""Every REST API as moto has it, read again when something may have changed, so that no request waits for moto."""

from __future__ import annotations

import asyncio

from lablib.cloud.moto_seam import engine, rest_apis
from lablib.cloud.moto_seam.rest_apis import Definition, Everything
from lablib.cloud.sources.rest.routes import Routes

# Routes that are kept compiled; the oldest go first.
_MOST = 256


class State:
    """What there is, and the routes of each deployment."""

    def __init__(self) -> None:
        self._known = Everything()
        self._reading: asyncio.Task[Everything] | None = None
        self._routes: dict[tuple[str, str], Routes] = {}

    def changed(self) -> None:
        """Something may have changed: begin to read. A request that comes meanwhile waits for that."""
        self._reading = asyncio.ensure_future(engine.call(rest_apis.read))

    async def get(self) -> Everything:
        """All there is."""
        while (reading := self._reading) is not None:
            found = await asyncio.shield(reading)
            if self._reading is reading:  # else it changed again
                self._known, self._reading = found, None
        return self._known

    def routes(self, definition: Definition, deployment_id: str) -> Routes:
        """The routes of a deployment, which never change."""
        key = (definition.api_id, deployment_id)
        known = self._routes.get(key)
        if known is None:
            if len(self._routes) >= _MOST:
                del self._routes[next(iter(self._routes))]
            known = self._routes[key] = Routes(definition.resources)
        return known

    def reset(self) -> None:
        """There is nothing any more."""
        self._known, self._reading = Everything(), None
        self._routes.clear()
