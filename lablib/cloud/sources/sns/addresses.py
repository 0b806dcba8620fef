"""Messages that are posted to addresses of HTTP, as far as they are on this machine.

SNS asks an address first whether it wants to be subscribed (SubscriptionConfirmation); here every address is subscribed at once.
"""

from __future__ import annotations

from collections.abc import Callable

from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam import notifications
from lablib.cloud.moto_seam.topics import Notification
from lablib.cloud.sources.underway import UnderWay
from lablib.models import buses

_PATIENCE = 15.0  # seconds of real time for an answer. SNS Developer Guide, "Amazon SNS message delivery retries", 2026
_AGENT = "Amazon Simple Notification Service Agent"

Ended = Callable[[Notification, str | None], None]


class Addresses:
    """Posts.

    Parameters
    ----------
    ended
        ``ended(notification, failure)``: it has been taken (None), or will not be.
    """

    def __init__(self, clock: Clock, ended: Ended) -> None:
        self._clock, self._ended = clock, ended
        self._under_way = UnderWay(clock)

    def post(self, notification: Notification) -> None:
        """Post a message, and return at once."""
        self._start(notification, 0)

    def _start(self, notification: Notification, retries: int) -> None:
        what = f"a message of {notification.topic} on its way to {notification.endpoint}"
        self._under_way.start(self._attempt(notification, retries), what)

    async def _attempt(self, notification: Notification, retries: int) -> None:
        failure, again = await _posted(notification)
        if failure is None or not again or retries >= buses.POST_RETRIES:
            self._ended(notification, failure)
            return
        self._under_way.later(
            self._clock.now() + buses.POST_RETRY_S, lambda: self._start(notification, retries + 1),
            f"the next attempt to post to {notification.endpoint}",
        )  # fmt: skip

    async def reset(self) -> None:
        """Forget what is under way."""
        await self._under_way.reset()


async def _posted(notification: Notification) -> tuple[str | None, bool]:
    """What went wrong (None: nothing), and whether it is worth trying again: not after a refusal of the other side's, 4xx."""
    from tornado.httpclient import AsyncHTTPClient

    raw = notification.raw
    headers = {
        "Content-Type": "text/plain; charset=UTF-8", "User-Agent": _AGENT, "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": str(notification.envelope["MessageId"]), "x-amz-sns-topic-arn": notification.topic,
        "x-amz-sns-subscription-arn": notification.subscription, **({"x-amz-sns-rawdelivery": "true"} if raw is not None else {}),
    }  # fmt: skip
    body = notifications.body(notification.envelope) if raw is None else raw
    client = AsyncHTTPClient(force_instance=True)  # the shared one posts ten at a time, and counts the wait as the answer's
    try:
        answer = await client.fetch(
            notification.endpoint, method="POST", headers=headers, body=body, request_timeout=_PATIENCE, raise_error=False,
            follow_redirects=False,
        )  # fmt: skip
    except (OSError, ValueError) as error:  # nobody there, an address that is none, or one that is not on this machine
        return f"{type(error).__name__}: {error}", True
    finally:
        client.close()
    if 200 <= answer.code < 300:
        return None, False
    return f"it answered {answer.code}", answer.code == 429 or not 400 <= answer.code < 500
