"""The services that receive records and dead letters, as moto has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lablib.cloud.asynchronous.deliveries import NotDelivered
from lablib.cloud.asynchronous.targets import Target
from lablib.cloud.moto_seam import deliveries, engine

Allows = Callable[[str, str, str], Awaitable[bool]]


class Services:
    """The cloud's own services.

    Parameters
    ----------
    allows
        ``await allows(role, action, resource)``: whether the role's policies allow it.
    """

    def __init__(self, allows: Allows) -> None:
        self._allows = allows

    async def send(self, target: Target, body: str, attributes: dict[str, tuple[str, str]], trace: str | None) -> None:
        """A message to a queue or a topic."""
        if target.service == "sqs":
            await self._give(lambda: deliveries.send_message(target.arn, body, attributes, trace))
        else:
            await self._give(lambda: deliveries.publish(target.arn, body, attributes, trace))

    async def put_event(self, target: Target, detail_type: str, detail: str, resources: list[str], trace: str | None) -> None:
        """An event to an event bus."""
        await self._give(lambda: deliveries.put_event(target.arn, detail_type, detail, resources, trace))

    async def put_object(self, target: Target, key: str, body: str, trace: str | None) -> None:
        """An object into a bucket."""
        await self._give(lambda: deliveries.put_object(target.arn, key, body.encode(), trace))

    async def role_allows(self, role: str, action: str, resource: str) -> bool:
        """Whether a role's policies allow an action."""
        return await self._allows(role, action, resource)

    async def _give(self, work: Callable[[], None]) -> None:
        try:
            await engine.call(work)
        except deliveries.NotTaken as error:
            raise NotDelivered(str(error)) from error
