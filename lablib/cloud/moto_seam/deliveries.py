"""What Lambda sends to other services: messages, notifications, events, objects.

Touches: `moto.sqs.models.sqs_backends`, `SQSBackend.queues`, `send_message`; `moto.sns.models.sns_backends`, `SNSBackend.topics`,
`publish`; `moto.events.models.events_backends`, `EventsBackend.event_buses`, `put_events`; `moto.s3.models.s3_backends`,
`S3Backend.head_bucket`, `put_object`; `moto.awslambda` nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from lablib.cloud.moto_seam import engine

# (type, value) by name
Attributes = Mapping[str, tuple[str, str]]


class NotTaken(Exception):
    """A service did not take what it was sent; the text is what it said."""


def exists(arn: str) -> bool:
    """Whether there is such a queue, topic, event bus or bucket in this account. The caller need not hold the lock."""
    _, _, service, region, account, name = arn.split(":", 5)
    if service != "s3" and account != engine.place.account:
        return False
    with engine.lock:
        if service == "sqs":
            from moto.sqs.models import sqs_backends

            return region in sqs_backends[account] and name in sqs_backends[account][region].queues
        if service == "sns":
            from moto.sns.models import sns_backends

            return region in sns_backends[account] and arn in sns_backends[account][region].topics
        if service == "events":
            from moto.events.models import events_backends

            buses = events_backends[account][region].event_buses if region in events_backends[account] else {}
            return name.removeprefix("event-bus/") in buses
        return service == "s3" and _has_bucket(name)


def _has_bucket(name: str) -> bool:
    from moto.s3.exceptions import MissingBucket
    from moto.s3.models import s3_backends

    try:
        s3_backends[engine.place.account]["aws"].head_bucket(name)
    except MissingBucket:
        return False
    return True


def send_message(arn: str, body: str, attributes: Attributes, trace: str | None, group: str | None = None) -> None:
    """Put a message into a queue, with ``AWSTraceHeader``. Raises `NotTaken`. The caller need not hold the lock.

    `group` is its MessageGroupId, where the queue is FIFO; the queue must deduplicate by content then.
    """
    from moto.sqs.models import sqs_backends

    _, _, _, region, account, name = arn.split(":", 5)
    given = {key: {"DataType": kind, "StringValue": value} for key, (kind, value) in attributes.items()}
    with _giving(arn, trace):
        sqs_backends[account][region].send_message(name, body, message_attributes=given, group_id=group)


def publish(arn: str, message: str, attributes: Attributes, trace: str | None, subject: str | None = None) -> None:
    """Publish to a topic. Raises `NotTaken`. The caller need not hold the lock."""
    from moto.sns.models import sns_backends

    _, _, _, region, account, _ = arn.split(":", 5)
    given = {key: {"Type": kind, "Value": value} for key, (kind, value) in attributes.items()}
    with _giving(arn, trace):
        sns_backends[account][region].publish(message, arn, subject=subject, message_attributes=given)


def put_event(
    bus: str, detail_type: str, detail: str, resources: list[str], trace: str | None, source: str = "lambda"
) -> None:  # fmt: skip
    """Put an event of an AWS service's on a bus. Raises `NotTaken`. The caller need not hold the lock."""
    from moto.events.models import events_backends

    _, _, _, region, account, _ = bus.split(":", 5)
    event = {
        "EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": detail, "Resources": resources,
    }  # fmt: skip
    with _giving(bus, trace):
        [entry] = events_backends[account][region].put_events([event])
    if "ErrorCode" in entry:
        raise NotTaken(f"{entry['ErrorCode']}: {entry['ErrorMessage']}")


def put_object(arn: str, key: str, body: bytes, trace: str | None) -> None:
    """Put an object into a bucket. Raises `NotTaken`. The caller need not hold the lock."""
    from moto.s3.models import s3_backends

    with _giving(arn, trace):
        s3_backends[engine.place.account]["aws"].put_object(arn.rpartition(":")[2], key, body)


@contextmanager
def _giving(arn: str, trace: str | None) -> Iterator[None]:
    """Under the lock, with what is sent carrying the trace; whatever moto raises is `NotTaken`."""
    with engine.lock, engine.carrying(trace):
        if not exists(arn):
            raise NotTaken(f"there is no {arn}")
        try:
            yield
        except Exception as error:  # moto's services have no exception in common
            raise NotTaken(f"{type(error).__name__}: {getattr(error, 'message', None) or error}") from error
