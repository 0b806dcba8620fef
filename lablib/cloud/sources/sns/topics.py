"""Functions that are subscribed to topics."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.errors import LambdaError
from lablib.cloud.moto_seam import deliveries, engine, notifications, topics
from lablib.cloud.moto_seam.topics import Notification
from lablib.cloud.sources.calling import Source
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.lettings import admits, lets_in
from lablib.cloud.sources.sns import checks, filters
from lablib.cloud.sources.sns.addresses import Addresses
from lablib.cloud.sources.underway import UnderWay
from lablib.cloud.web import Answer, Request

log = logging.getLogger("lablib.cloud")

SERVICE = "sns.amazonaws.com"
NAMESPACE = "AWS/SNS"  # of the metrics: SNS Developer Guide, "Monitoring Amazon SNS topics using CloudWatch", 2026


class Topics:
    """The topics of one cloud, as far as moto does not know what to do.

    What a function does not get for want of permission, or because it is gone, is not tried again: such errors are the client's
    ("Amazon SNS message delivery retries", SNS Developer Guide, 2026). It goes to the subscription's dead-letter queue.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._under_way = UnderWay(context.clock)
        self._addresses = Addresses(context.clock, self._ended)
        topics.listen(topics.Listener(
            function=lambda notification: context.soon(self._deliver, notification),
            address=lambda notification: context.soon(self._addresses.post, notification),
            admits=lambda queue, topic: admits(SERVICE, queue, topic, context.account),
            matches=filters.matches, check=checks.check_attribute, check_message=checks.check_message,
            count=lambda metric, topic: context.soon(self._count, metric, topic),
        ))  # fmt: skip

    async def answer(self, request: Request) -> Answer | None:
        """The certificate that messages are signed with, for who asks for it by AWS's address; None for any other request."""
        if request.path != f"/{notifications.CERTIFICATE}" or not request.headers.get("Host", "").startswith("sns."):
            return None
        return Answer(200, {"Content-Type": "application/x-pem-file"}, await engine.call(notifications.certificate))

    async def reset(self) -> None:
        """Forget what is under way."""
        await self._addresses.reset()
        await self._under_way.reset()

    def _deliver(self, notification: Notification) -> None:
        source = Source(SERVICE, notification.topic, self._context.account)
        try:
            self._context.caller.send(notification.endpoint, event_of(notification), source, trace=notification.trace)
        except LambdaError as error:
            self._ended(notification, error.message)
        else:
            self._ended(notification, None)

    def _ended(self, notification: Notification, failure: str | None) -> None:
        """A subscriber has got a message, or will not: `failure` says why."""
        if failure is None:
            self._count("NumberOfNotificationsDelivered", notification.topic)
            return
        log.warning("a message of %s did not get to %s: %s", notification.topic, notification.endpoint, failure)
        self._count("NumberOfNotificationsFailed", notification.topic)
        if notification.dead_letter is not None:
            queue = notification.dead_letter
            self._under_way.start(self._redrive(notification, queue), f"a message of {notification.topic} on its way to {queue}")

    async def _redrive(self, notification: Notification, queue: str) -> None:
        """A dead-letter queue gets what a queue would have got: captured, August 2023."""
        try:
            if not await lets_in(SERVICE, queue, notification.topic, self._context.account):
                raise deliveries.NotTaken("its policy does not let the topic in")
            body = notification.raw if notification.raw is not None else notifications.body(notification.envelope)
            await engine.call(deliveries.send_message, queue, body, {}, notification.trace)
            self._count("NumberOfNotificationsRedrivenToDlq", notification.topic)
        except deliveries.NotTaken as error:
            log.warning("nor did it get to the dead-letter queue %s: %s", queue, error)
            self._count("NumberOfNotificationsFailedToRedriveToDlq", notification.topic)

    def _count(self, metric: str, topic: str) -> None:
        name = topic.rpartition(":")[2]
        self._context.metrics.add(metric, (("TopicName", name),), 1.0, namespace=NAMESPACE)


def event_of(notification: Notification) -> dict[str, Any]:
    """The event of a function: one record, with other names than a queue gets (``SigningCertUrl``), none of them left out.

    A function's ``SignatureVersion`` is always 1, whichever the topic signs with: captured, 2025.
    """
    sent: Mapping[str, Any] = notification.envelope
    message = {
        "Type": sent["Type"], "MessageId": sent["MessageId"], "TopicArn": sent["TopicArn"], "Subject": sent.get("Subject"),
        "Message": sent["Message"], "Timestamp": sent["Timestamp"], "SignatureVersion": "1", "Signature": sent["Signature"],
        "SigningCertUrl": sent["SigningCertURL"], "UnsubscribeUrl": sent["UnsubscribeURL"],
        "MessageAttributes": sent.get("MessageAttributes", {}),
    }  # fmt: skip
    return {"Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": notification.subscription, "Sns": message,
    }]}  # fmt: skip
