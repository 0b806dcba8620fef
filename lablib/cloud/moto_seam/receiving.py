"""Messages of a queue for event source mappings: received and deleted many at a time, in one hold of the lock.

Touches: of a `moto.sqs.models.Message`: `id`, `receipt_handle`, `body`, `body_md5`, `attribute_md5`, `message_attributes`,
`system_attributes`, `sender_id`, `sent_timestamp`, `approximate_receive_count`, `approximate_first_receive_timestamp`,
`group_id`, `deduplication_id`, `sequence_number`; of a `Queue`: `visibility_timeout`, `fifo_queue`, `_messages`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam import clockwork, engine, queues
from lablib.cloud.moto_seam.messages import WrongHandle

# Of a message as a record of an event: what is not its body or its attributes' values, in bytes, at most.
_AROUND = 1500


class NoSuchQueue(LookupError):
    """There is no such queue in this account."""


@dataclass(frozen=True)
class QueueFacts:
    """What a mapping has to know of its queue; the timeout is in seconds."""

    visibility_timeout: int
    fifo: bool


@dataclass(frozen=True)
class Message:
    """A message that was received.

    Attributes
    ----------
    attributes
        What SQS says of it, by its names there: ``SentTimestamp``.
    message_attributes
        What its sender said, as SQS has it: ``DataType`` with ``StringValue`` or ``BinaryValue``.
    md5_of_attributes
        None where there are none.
    """

    id: str
    handle: str
    body: str
    md5: str
    attributes: Mapping[str, str]
    message_attributes: Mapping[str, Mapping[str, Any]]
    md5_of_attributes: str | None


@dataclass(frozen=True)
class Found:
    """What one look at a queue came to.

    Attributes
    ----------
    batches
        As many as were asked for, or fewer; none of them empty.
    hidden_until
        When the messages of these batches are received again unless they are deleted; seconds since 1970.
    drained
        There was not as much as was asked for, so nothing more can be received now.
    next_due
        When the next message that is hidden or delayed can be received; seconds since 1970.
    """

    batches: tuple[tuple[Message, ...], ...]
    hidden_until: float
    drained: bool
    next_due: float | None


def facts(arn: str) -> QueueFacts | None:
    """What there is to know of a queue; None if there is none. The caller need not hold the lock."""
    with engine.lock:
        queue = _queue(arn)
        return None if queue is None else QueueFacts(int(queue.visibility_timeout), bool(queue.fifo_queue))


def exchange(arn: str, done: Sequence[str], sizes: Sequence[int], most_bytes: int) -> Found:
    """Delete messages by their handles, then receive up to ``len(sizes)`` batches of at most so many messages each.

    A batch's messages make at most `most_bytes` of JSON, if it has more than one. The caller need not hold the lock.

    Raises
    ------
    NoSuchQueue
        It is gone.
    """
    with engine.lock:
        queue = _queue(arn)
        if queue is None:
            raise NoSuchQueue(arn)
        for handle in done:
            try:
                queue._messages.delete(handle)
            except WrongHandle:
                continue  # of a queue that was deleted meanwhile, and is another one now
        if done and queue.fifo_queue:
            queues.on_arrival(arn)  # what waited in a group may be received now
        batches: list[tuple[Message, ...]] = []
        drained = False
        hidden_until = clockwork.now() + queue.visibility_timeout
        for size in sizes:
            room = _Room(most_bytes)
            taken = queues.take(queue, size, queue.visibility_timeout, room.fits)
            if taken:
                batches.append(tuple(map(_message, taken)))
            if len(taken) < size and not room.full:
                drained = True
                break
        due = queue._messages.next_due(clockwork.now() * 1000)
        return Found(tuple(batches), hidden_until, drained, None if due is None else due / 1000)


class _Room:
    """How much more goes into a batch."""

    def __init__(self, most_bytes: int) -> None:
        self._left, self._empty, self.full = most_bytes, True, False

    def fits(self, message: Any) -> bool:
        size = _AROUND + len(json.dumps(message.body)) + len(json.dumps(message.message_attributes, default=_length_of))
        if size > self._left and not self._empty:
            self.full = True
            return False
        self._left, self._empty = self._left - size, False
        return True


def _length_of(value: bytes) -> str:
    return "=" * (len(value) * 4 // 3 + 4)  # as base64


def _queue(arn: str) -> Any | None:
    _, _, _, region, account, name = arn.split(":", 5)
    return queues.find(region, name) if account == engine.place.account else None


def _message(message: Any) -> Message:
    sent = message.message_attributes
    return Message(
        message.id, message.receipt_handle, message.body, message.body_md5, _attributes(message), dict(sent),
        message.attribute_md5 if sent else None,
    )  # fmt: skip


def _attributes(message: Any) -> dict[str, str]:
    """In the order in which AWS writes them (captured events, 2023 to 2026)."""
    given: dict[str, Any] = {
        "DeadLetterQueueSourceArn": getattr(message, "dead_letter_source", None),
        "ApproximateReceiveCount": message.approximate_receive_count,
        "AWSTraceHeader": (message.system_attributes or {}).get("AWSTraceHeader", {}).get("StringValue"),
        "SentTimestamp": message.sent_timestamp,
        "SequenceNumber": message.sequence_number,
        "MessageGroupId": message.group_id,
        "SenderId": message.sender_id,
        "MessageDeduplicationId": message.deduplication_id,
        "ApproximateFirstReceiveTimestamp": message.approximate_first_receive_timestamp,
    }
    return {name: str(value) for name, value in given.items() if value is not None}
