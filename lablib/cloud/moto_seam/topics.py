"""SNS: moto keeps topics and subscriptions; what a subscription gets of a message is AWS's; functions get it from the listener.

moto calls its own Lambda with placeholders, makes an RSA key for every subscription and a certificate for every message, delivers
to a hundred subscriptions, posts to addresses under the lock, and keeps every message for ever. Here a message for a queue is put
into it at once, in order; one for a function or an address goes to whoever listens; what a queue does not take goes to the
subscription's dead-letter queue. Filters, and which attributes a subscription may have, are the listener's. Other protocols stay
moto's.

Touches: `moto.sns.models.Topic`'s `publish`, `subscriptions_confimed`, `arn`, `fifo_topic`, `content_based_deduplication`,
`sns_backend`; `Subscription`'s `publish`, `arn`, `attributes`, `endpoint`, `protocol`, `_parse_message_structure`; `SNSBackend`'s
`publish`, `publish_batch`, `subscriptions`, `_get_topic_subscriptions`, `_find_subscription`, `_validate_filter_policy`;
`moto.sns.models.InvalidParameterValue`, `SNSInvalidParameter`, `moto.sns.responses.SNSNotFoundError`, `SNSResponse`'s
`subscribe`, `set_subscription_attributes`, `backend`, `_get_param`; `moto.sqs.models.sqs_backends`, `SQSBackend.send_message`.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam import clockwork, engine, notifications
from lablib.cloud.moto_seam.notifications import Attributes
from lablib.models import limits

log = logging.getLogger("lablib.cloud")


class Refused(Exception):
    """A request that SNS refuses with InvalidParameter; the text is its whole message."""


@dataclass(frozen=True)
class Notification:
    """A message on its way to a function, or to an address of HTTP.

    Attributes
    ----------
    envelope
        As a queue would get it: names and order are SNS's.
    raw
        What a subscription with raw delivery gets; None for one without.
    dead_letter
        The ARN of the subscription's dead-letter queue.
    trace
        The tracing header of what was published.
    """

    topic: str
    subscription: str
    endpoint: str
    envelope: Mapping[str, Any]
    raw: str | None
    dead_letter: str | None
    trace: str | None


@dataclass(frozen=True)
class Listener:
    """Who decides. Everything is called in moto's thread, under the lock.

    Attributes
    ----------
    function, address
        Deliver to a function; post to an address.
    admits
        ``admits(queue, topic)``: whether a queue's policy lets a topic in.
    matches
        ``matches(policy, scope, attributes, message)``: whether a filter policy lets a message through.
    check
        ``check(name, value, attributes)``: raise `Refused` for a subscription's attribute; `attributes` are all that it has, or
        is to have.
    check_message
        ``check_message(message, subject, structure, attributes)``: raise `Refused`.
    count
        ``count(metric, topic)``.
    """

    function: Callable[[Notification], None]
    address: Callable[[Notification], None]
    admits: Callable[[str, str], bool]
    matches: Callable[[str, str, Attributes, str], bool]
    check: Callable[[str, str, Mapping[str, Any]], None]
    check_message: Callable[[str, str | None, str | None, Attributes], None]
    count: Callable[[str, str], None]


_NOBODY = Listener(
    function=lambda notification: None, address=lambda notification: None, admits=lambda queue, topic: True,
    matches=lambda policy, scope, attributes, message: True,
    check=lambda name, value, attributes: None, check_message=lambda message, subject, structure, attributes: None,
    count=lambda metric, topic: None,
)  # fmt: skip
_listener = _NOBODY


def listen(listener: Listener) -> None:
    """From here on `listener` decides."""
    global _listener
    _listener = listener
    clockwork.when_loaded("moto.sns.models", _correct_models)
    clockwork.when_loaded("moto.sns.responses", _correct_answers)


# --- publishing ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Message:
    """A message that was published."""

    topic: Any
    id: str
    text: str
    subject: str | None
    attributes: Attributes
    group: str | None
    deduplication: str | None
    sequence: str | None


def _publish(
    topic: Any, message: str, subject: str | None = None, message_attributes: Attributes | None = None,
    group_id: str | None = None, deduplication_id: str | None = None, message_structure: str | None = None,
) -> str:  # fmt: skip
    """In the place of `Topic.publish`."""
    if topic.fifo_topic and not deduplication_id and topic.content_based_deduplication:
        deduplication_id = hashlib.sha256(message.encode()).hexdigest()
    sequence = notifications.next_sequence_number(topic) if topic.fifo_topic else None
    published = _Message(
        topic, str(uuid.uuid4()), message, subject, message_attributes or {}, group_id, deduplication_id, sequence
    )
    _listener.count("NumberOfMessagesPublished", topic.arn)
    found = topic.sns_backend._get_topic_subscriptions(topic)
    for subscription in found:
        if not _passes(subscription, published):
            _listener.count("NumberOfNotificationsFilteredOut", topic.arn)
            continue
        text = subscription._parse_message_structure(message, subscription.protocol) if message_structure == "json" else message
        way = _WAYS.get(subscription.protocol)
        if way is None:
            subscription.publish(text, published.id, subject=subject, message_attributes=message_attributes)
        else:
            way(subscription, published, text)
    return published.id


def _passes(subscription: Any, published: _Message) -> bool:
    policy = subscription.attributes.get("FilterPolicy")
    scope = subscription.attributes.get("FilterPolicyScope") or "MessageAttributes"
    return not policy or _listener.matches(policy, scope, published.attributes, published.text)


def _to_function(subscription: Any, published: _Message, text: str) -> None:
    _listener.function(_notification(subscription, published, text))


def _to_address(subscription: Any, published: _Message, text: str) -> None:
    _listener.address(_notification(subscription, published, text))


def _notification(subscription: Any, published: _Message, text: str) -> Notification:
    raw = text if subscription.attributes.get("RawMessageDelivery") else None
    return Notification(
        published.topic.arn, subscription.arn, subscription.endpoint, _envelope(subscription, published, text), raw,
        notifications.dead_letter_of(subscription), engine.trace,
    )  # fmt: skip


def _to_queue(subscription: Any, published: _Message, text: str) -> None:
    """Put a message into a queue, or into the subscription's dead-letter queue if it is not taken."""
    body, attributes = notifications.body(_envelope(subscription, published, text)), None
    if subscription.attributes.get("RawMessageDelivery"):
        body, attributes = text, notifications.of_queue(published.attributes)
    letters = notifications.dead_letter_of(subscription)
    try:
        if not _listener.admits(subscription.endpoint, published.topic.arn):
            raise PermissionError(f"the policy of {subscription.endpoint} does not let {published.topic.arn} in")
        _send(subscription.endpoint, body, attributes, published)
    except Exception as error:  # whatever moto's SQS raises
        log.warning("a message of %s did not get to %s: %s", published.topic.arn, subscription.endpoint, error)
        _listener.count("NumberOfNotificationsFailed", published.topic.arn)
        if letters is not None:
            _to_dead_letters(letters, body, attributes, published)
    else:
        _listener.count("NumberOfNotificationsDelivered", published.topic.arn)


def _to_dead_letters(queue: str, body: str, attributes: Mapping[str, Any] | None, published: _Message) -> None:
    try:
        if not _listener.admits(queue, published.topic.arn):
            raise PermissionError(f"the policy of {queue} does not let {published.topic.arn} in")
        _send(queue, body, attributes, published)
        _listener.count("NumberOfNotificationsRedrivenToDlq", published.topic.arn)
    except Exception as error:  # whatever moto's SQS raises
        log.warning("nor did it get to the dead-letter queue %s: %s", queue, error)
        _listener.count("NumberOfNotificationsFailedToRedriveToDlq", published.topic.arn)


def _send(queue: str, body: str, attributes: Mapping[str, Any] | None, published: _Message) -> None:
    from moto.sqs.models import sqs_backends

    _, _, _, region, account, name = queue.split(":", 5)
    sqs_backends[account][region].send_message(
        name, body, message_attributes=dict(attributes) if attributes else None, group_id=published.group,
        deduplication_id=published.deduplication, validate_group_id=False,
    )  # fmt: skip


def _envelope(subscription: Any, published: _Message, text: str) -> dict[str, Any]:
    return notifications.envelope(
        published.topic, subscription.arn, published.id, text, published.subject, published.attributes, published.sequence
    )


_PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
_WAYS: dict[str, Callable[[Any, _Message, str], None]] = {
    "lambda": _to_function, "sqs": _to_queue, "http": _to_address, "https": _to_address,
}  # fmt: skip


# --- corrections --------------------------------------------------------------------


def _correct_models(models: Any) -> None:
    backend = models.SNSBackend
    publish, batch = backend.publish, backend.publish_batch

    def checked_publish(
        backend: Any, message: str, arn: str | None, phone_number: str | None = None, subject: str | None = None,
        message_attributes: Attributes | None = None, message_structure: str | None = None, **more: Any,
    ) -> str:  # fmt: skip
        try:
            _listener.check_message(message, subject, message_structure, message_attributes or {})
        except Refused as refused:
            raise models.InvalidParameterValue(str(refused)) from None
        given = {"subject": subject, "message_attributes": message_attributes, "message_structure": message_structure, **more}
        return str(publish(backend, message, arn, phone_number=phone_number, **given))

    def publish_batch(backend: Any, topic_arn: str, publish_batch_request_entries: list[dict[str, Any]]) -> Any:
        size = sum(len(str(entry.get("Message", "")).encode(errors="surrogatepass")) for entry in publish_batch_request_entries)
        if size > limits.TOPIC_MESSAGE_BYTES:
            too_long = type("BatchRequestTooLong", (models.SNSInvalidParameter,), {"code": "BatchRequestTooLong"})
            raise too_long("The length of all the messages put together is more than the limit.")
        return batch(backend, topic_arn, publish_batch_request_entries)

    backend.publish_batch = publish_batch
    models.Topic.publish = _publish
    models.Topic.subscriptions_confimed = property(_confirmed, lambda topic, count: None)
    backend.publish = checked_publish
    backend._validate_filter_policy = lambda backend, value, scope: None  # it is checked before


def _confirmed(topic: Any) -> int:
    return len(topic.sns_backend._get_topic_subscriptions(topic))


def _correct_answers(responses: Any) -> None:
    subscribe, set_attributes = responses.SNSResponse.subscribe, responses.SNSResponse.set_subscription_attributes

    def checked_subscribe(response: Any) -> Any:
        attributes = dict(response._get_param("Attributes", {}) or {})
        known = {"TopicArn": response._get_param("TopicArn"), **attributes}
        try:
            for name, value in attributes.items():
                _check(name, value, known, "Attributes Reason: ")
            _check_endpoint(response, attributes)
        except Refused as refused:
            raise responses.SNSInvalidParameter(str(refused)) from None
        return subscribe(response)

    def checked_set_attributes(response: Any) -> Any:
        subscription = response.backend.subscriptions.get(response._get_param("SubscriptionArn"))
        if subscription is None:
            raise responses.SNSNotFoundError("Subscription does not exist")
        name, value = response._get_param("AttributeName"), response._get_param("AttributeValue") or ""
        try:
            _check(name, value, {**subscription.attributes, name: value}, "")
        except Refused as refused:
            raise responses.SNSInvalidParameter(str(refused)) from None
        answer = set_attributes(response)
        if not value:  # an empty value takes the attribute away
            subscription.attributes.pop(name, None)
        return answer

    responses.SNSResponse.subscribe = checked_subscribe
    responses.SNSResponse.set_subscription_attributes = checked_set_attributes


def _check(name: str, value: str, attributes: Mapping[str, Any], reason: str) -> None:
    try:
        _listener.check(name, value, attributes)
    except Refused as refused:
        raise Refused(f"Invalid parameter: {reason}{refused}") from None


def _check_endpoint(response: Any, attributes: Mapping[str, str]) -> None:
    topic_arn, protocol = response._get_param("TopicArn"), response._get_param("Protocol")
    endpoint = response._get_param("Endpoint") or ""
    if protocol not in _PROTOCOLS:
        raise Refused(f"Invalid parameter: Amazon SNS does not support this protocol string: {protocol}")
    if protocol == "lambda":
        if endpoint.count(":") not in (6, 7) or endpoint.split(":")[2] != "lambda":
            raise Refused("Invalid parameter: Lambda endpoint ARN")  # unconfirmed, as SQS's
        if topic_arn.endswith(".fifo"):  # as people report it
            raise Refused("Invalid parameter: Invalid parameter: Endpoint Reason: Please use FIFO SQS queue")
    present = response.backend._find_subscription(topic_arn, endpoint, protocol)
    if present is not None and any(not _same(present.attributes.get(name), value) for name, value in attributes.items()):
        raise Refused("Invalid parameter: Attributes Reason: Subscription already exists with different attributes")


def _same(present: Any, value: str) -> bool:
    return str(present).lower() == value.lower() if isinstance(present, bool) else present == value
