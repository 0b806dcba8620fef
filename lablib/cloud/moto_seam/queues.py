"""SQS's queues: what moto does otherwise than AWS, and when a queue has something to receive.

moto's own wait sleeps under the lock; ours is in `lablib.cloud.polls`. Messages are kept in `messages.Messages` in place of
moto's list; the rest of SQS is moto's.

Touches: `moto.sqs.models.sqs_backends`, `_filter_message_attributes`, `SQSBackend.queues`, `.get_queue`, `.send_message`,
`.receive_message`, `.change_message_visibility`, `.create_queue`, `.delete_queue`, `Queue._messages`, `.messages`,
`.add_message`, `.delete_message`, `.approximate_number_of_messages`, `.approximate_number_of_messages_delayed`,
`.approximate_number_of_messages_not_visible`, `.queue_arn`, `.fifo_queue`, `.visibility_timeout`, `.dead_letter_queue`,
`.redrive_policy`, `.deduplication_scope`, `.message_retention_period`, `.receive_message_wait_time_seconds`; of a `Message`:
`group_id`, `deduplication_id`, `delayed_until`, `sent_timestamp`, `id`, `sequence_number`, and ours: `dead_letter_source`,
`received_elsewhere`; `moto.sqs.responses.SQSResponse.receive_message`, `._get_param`, `._get_queue_name`, `.sqs_backend`;
`moto.sqs.exceptions`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from lablib.cloud.moto_seam import clockwork, engine
from lablib.cloud.moto_seam.messages import Messages, WrongHandle
from lablib.models.queues import LONGEST_VISIBILITY_S

# Told a queue's ARN when it has, or is going to have, a message that can be received and could not be before; also when it
# comes or goes. Called under the lock, in whatever thread moto runs.
on_arrival: Callable[[str], None] = lambda arn: None


def arn(region: str, name: str) -> str:
    """The ARN of a queue of this account, whether or not there is one."""
    return f"arn:aws:sqs:{region}:{engine.place.account}:{name}"


def find(region: str, name: str) -> Any | None:
    """moto's queue, if there is one. The caller holds the lock."""
    from moto.sqs.models import sqs_backends

    backends = sqs_backends[engine.place.account]
    return backends[region].queues.get(name) if region in backends else None


def wait_seconds(region: str, name: str) -> int:
    """The queue's own ReceiveMessageWaitTimeSeconds; 0 when there is no such queue."""
    with engine.lock:
        queue = find(region, name)
        return int(queue.receive_message_wait_time_seconds) if queue is not None else 0


def next_visible(region: str, name: str) -> float | None:
    """When the next message that is hidden or delayed now can be received, in seconds since 1970 on the cloud's clock."""
    with engine.lock:
        queue = find(region, name)
        due = queue._messages.next_due(clockwork.now() * 1000) if queue is not None else None
    return None if due is None else due / 1000


def take(
    queue: Any, most: int, hidden_s: float, fits: Callable[[Any], bool] = lambda message: True
) -> list[Any]:  # fmt: skip
    """Receive from one of moto's queues; what was received too often goes to its dead-letter queue. The caller holds the lock."""
    now, dead_letters = clockwork.now() * 1000, queue.dead_letter_queue
    limit = queue.redrive_policy["maxReceiveCount"] if dead_letters is not None and queue.redrive_policy else None
    taken, dead = queue._messages.take(
        now, most, hidden_s * 1000, _oldest(queue, now),
        lambda message: limit is not None and _received_here(message) >= limit, fits,
    )  # fmt: skip
    for message in dead:
        message.dead_letter_source = queue.queue_arn
        message.received_elsewhere = message.approximate_receive_count
        dead_letters._messages.add(message, _group(dead_letters, message), 0.0, now)
        on_arrival(dead_letters.queue_arn)
    return list(taken)


def _received_here(message: Any) -> int:
    """How often a message was received from the queue it is in; ``ApproximateReceiveCount`` is that of all queues."""
    return int(message.approximate_receive_count) - int(getattr(message, "received_elsewhere", 0))


def correct_sqs() -> None:
    """Have queues keep their messages as `Messages`, say when one arrives, and messages carry the trace of who sends them.

    Loads moto's SQS; once is enough.
    """
    from moto.sqs.models import Queue, SQSBackend
    from moto.sqs.responses import SQSResponse

    Queue._messages = property(_kept, _emptied)
    Queue.messages = property(lambda queue: queue._messages.shown(clockwork.now() * 1000))
    for place, name in enumerate(("", "_not_visible", "_delayed")):
        setattr(Queue, f"approximate_number_of_messages{name}", property(_count(place)))
    Queue.add_message = _add
    Queue.delete_message = _delete
    SQSBackend.receive_message = _receive
    SQSBackend.change_message_visibility = _change_visibility
    SQSBackend.send_message = _with_trace(SQSBackend.send_message)
    SQSResponse.receive_message = _naming_dead_letters(SQSResponse.receive_message)
    SQSBackend.create_queue = _telling(SQSBackend.create_queue)
    SQSBackend.delete_queue = _telling(SQSBackend.delete_queue)


def _kept(queue: Any) -> Messages:
    kept: Messages = queue.__dict__["messages_of_lablib"]
    return kept


def _emptied(queue: Any, nothing: list[Any]) -> None:
    """moto sets an empty list where it makes a queue and where it purges one."""
    queue.__dict__.setdefault("messages_of_lablib", Messages()).clear()


def _count(place: int) -> Callable[[Any], int]:
    def counted(queue: Any) -> int:
        now = clockwork.now() * 1000
        return int(queue._messages.counts(now, _oldest(queue, now))[place])

    return counted


def _oldest(queue: Any, now: float) -> float:
    """When what a queue keeps was sent at the earliest."""
    return float(now - queue.message_retention_period * 1000)


def _group(queue: Any, message: Any) -> str | None:
    return str(message.group_id) if queue.fifo_queue else None


def _add(queue: Any, message: Any) -> None:
    """A message that was sent; of one that a FIFO queue has had before, its sender learns the earlier's id."""
    now, group = clockwork.now() * 1000, _group(queue, message)
    if group is not None and message.deduplication_id:
        scope = group if queue.deduplication_scope == "messageGroup" else None
        before = queue._messages.duplicate(message, scope, message.deduplication_id, now)
        if before is not None:
            message.id, message.sequence_number = before.id, before.sequence_number
            return
        message.sequence_number = None  # moto draws one by lot, and they are to rise
    queue._messages.add(message, group, message.delayed_until, now)
    on_arrival(queue.queue_arn)


def _delete(queue: Any, receipt_handle: str) -> None:
    from moto.sqs.exceptions import ReceiptHandleIsInvalid

    try:
        queue._messages.delete(receipt_handle)
    except WrongHandle:
        raise ReceiptHandleIsInvalid from None
    if queue.fifo_queue:
        on_arrival(queue.queue_arn)  # what waited in its group may be received now


def _receive(
    backend: Any, queue_name: str, count: int, wait_seconds_timeout: int, visibility_timeout: int,
    message_attribute_names: list[str] | None = None,
) -> list[Any]:  # fmt: skip
    """What there is now: nobody waits here."""
    from moto.sqs.models import _filter_message_attributes

    received = [copy.copy(message) for message in take(backend.get_queue(queue_name), count, int(visibility_timeout or 0))]
    for message in received:
        _filter_message_attributes(message, message_attribute_names or [])
    return received


def _change_visibility(backend: Any, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
    from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid

    queue, now, hidden_ms = backend.get_queue(queue_name), clockwork.now() * 1000, int(visibility_timeout) * 1000
    try:
        message = queue._messages.in_flight(receipt_handle, now)
    except WrongHandle:
        raise ReceiptHandleIsInvalid from None
    if message is None:
        raise InvalidParameterValue(
            f"Value {receipt_handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available "
            "for visibility timeout change."
        )
    if now + hidden_ms - message.sent_timestamp > LONGEST_VISIBILITY_S * 1000:
        raise InvalidParameterValue(
            f"Value {visibility_timeout} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the "
            "message is beyond the limit [43200 seconds]"
        )
    queue._messages.hide(receipt_handle, now, hidden_ms)
    on_arrival(queue.queue_arn)


def _with_trace(original: Callable[..., Any]) -> Callable[..., Any]:
    """``AWSTraceHeader`` is the request's own tracing header, unless it says another: a function's botocore sends one."""

    def send_message(backend: Any, *args: Any, system_attributes: dict[str, Any] | None = None, **more: Any) -> Any:
        if engine.trace is not None:
            system_attributes = {"AWSTraceHeader": _string(engine.trace)} | (system_attributes or {})
        return original(backend, *args, system_attributes=system_attributes, **more)

    return send_message


def _naming_dead_letters(original: Callable[..., Any]) -> Callable[..., Any]:
    """A dead letter says which queue it was in first: moto does not know this attribute."""
    name = "DeadLetterQueueSourceArn"

    def receive_message(response: Any) -> Any:
        answer = original(response)
        asked = {*response._get_param("AttributeNames", []), *response._get_param("MessageSystemAttributeNames", [])}
        kept = response.sqs_backend.get_queue(response._get_queue_name())._messages
        for shown in answer.result.get("Messages", []) if asked & {"All", name} else ():
            source = getattr(kept.get(shown["ReceiptHandle"]), "dead_letter_source", None)
            if source is not None:
                shown.setdefault("Attributes", {})[name] = source
        return answer

    return receive_message


def _telling(original: Callable[..., Any]) -> Callable[..., Any]:
    """A queue comes or goes, and `on_arrival` hears of it."""

    def done(backend: Any, name: str | None = None, *args: Any, queue_name: str | None = None, **more: Any) -> Any:
        outcome = original(backend, name or queue_name, *args, **more)
        on_arrival(f"arn:aws:sqs:{backend.region_name}:{backend.account_id}:{name or queue_name}")
        return outcome

    return done


def _string(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}
