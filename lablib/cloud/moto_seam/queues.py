"""When a queue has something to receive, and what moto's SQS does otherwise than AWS's.

moto's own wait sleeps under the lock; ours is in `lablib.cloud.polls`.

Touches: `moto.sqs.models.sqs_backends`, `SQSBackend.queues`, `.send_message`, `.create_queue`, `.delete_queue`,
`.change_message_visibility`, `Queue.add_message`, `.queue_arn`, `.receive_message_wait_time_seconds`, `Queue._messages`, `.messages`, `.approximate_number_of_messages`, `.approximate_number_of_messages_delayed`,
`.approximate_number_of_messages_not_visible`, `Message.visible_at`, `.delayed_until` (milliseconds on the cloud's clock).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lablib.cloud.moto_seam import clockwork, engine

# Told a queue's ARN when it has, or is going to have, a message that can be received and could not be before; also when it comes or
# goes. Called under the lock, in whatever thread moto runs.
on_arrival: Callable[[str], None] = lambda arn: None


def _queue(region: str, name: str) -> Any | None:
    from moto.sqs.models import sqs_backends

    backends = sqs_backends[engine.place.account]
    return backends[region].queues.get(name) if region in backends else None


def arn(region: str, name: str) -> str:
    """The ARN of a queue of this account, whether or not there is one."""
    return f"arn:aws:sqs:{region}:{engine.place.account}:{name}"


def wait_seconds(region: str, name: str) -> int:
    """The queue's own ReceiveMessageWaitTimeSeconds; 0 when there is no such queue."""
    with engine.lock:
        queue = _queue(region, name)
        return int(queue.receive_message_wait_time_seconds) if queue is not None else 0


def next_visible(region: str, name: str, now: float) -> float | None:
    """When the next message that is hidden or delayed now can be received, in seconds since 1970 on the cloud's clock."""
    with engine.lock:
        queue = _queue(region, name)
        if queue is None:
            return None
        moments = [max(message.visible_at, message.delayed_until) / 1000 for message in queue._messages]
    return min((moment for moment in moments if moment > now), default=None)


def correct_sqs() -> None:
    """Have a queue look at the time once when it counts its messages, say when one arrives, and messages carry their sender's trace.

    moto looks twice for each message, and counts at every send and thirty times at every receive: a thousand messages made a
    ReceiveMessage last a second. Loads moto's SQS; once is enough.
    """
    from moto.sqs.models import Queue, SQSBackend

    Queue.messages = property(_shown)
    Queue.approximate_number_of_messages = property(lambda queue: len(_shown(queue)))
    Queue.approximate_number_of_messages_delayed = property(_delayed)
    Queue.approximate_number_of_messages_not_visible = property(_hidden)
    SQSBackend.send_message = _with_trace(SQSBackend.send_message)
    Queue.add_message = _telling(Queue.add_message, lambda queue, message: queue.queue_arn)
    for name in ("create_queue", "delete_queue", "change_message_visibility"):
        setattr(SQSBackend, name, _telling(getattr(SQSBackend, name), _arn_of))


def _with_trace(original: Callable[..., Any]) -> Callable[..., Any]:
    """``AWSTraceHeader`` is the request's own tracing header, unless it says another: a function's botocore sends one."""

    def send_message(backend: Any, *args: Any, system_attributes: dict[str, Any] | None = None, **more: Any) -> Any:
        if engine.trace is not None:
            system_attributes = {"AWSTraceHeader": _string(engine.trace)} | (system_attributes or {})
        return original(backend, *args, system_attributes=system_attributes, **more)

    return send_message


def _telling(original: Callable[..., Any], arn_of: Callable[..., str]) -> Callable[..., Any]:
    """The same, and `on_arrival` hears of it."""

    def done(self: Any, *args: Any, **more: Any) -> Any:
        arn = arn_of(self, *args, **more)
        outcome = original(self, *args, **more)
        on_arrival(arn)
        return outcome

    return done


def _arn_of(backend: Any, name: str | None = None, *args: Any, queue_name: str | None = None, **more: Any) -> str:
    return f"arn:aws:sqs:{backend.region_name}:{backend.account_id}:{name or queue_name}"


def _string(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def _shown(queue: Any) -> list[Any]:
    now = clockwork.now() * 1000
    return [message for message in queue._messages if message.visible_at < now and message.delayed_until <= now]


def _delayed(queue: Any) -> int:
    now = clockwork.now() * 1000
    return sum(message.delayed_until > now for message in queue._messages)


def _hidden(queue: Any) -> int:
    now = clockwork.now() * 1000
    return sum(message.visible_at >= now for message in queue._messages)
