"""What a waiting ReceiveMessage has to know about its queue. moto's own wait sleeps under the lock; ours is in `lablib.cloud.polls`.

Touches: `moto.sqs.models.sqs_backends`, `SQSBackend.queues`, `Queue.receive_message_wait_time_seconds`, `Queue._messages`,
`Message.visible_at`, `.delayed_until` (milliseconds on the cloud's clock).
"""

from __future__ import annotations

from typing import Any

from lablib.cloud.moto_seam import engine


def _queue(region: str, name: str) -> Any | None:
    from moto.sqs.models import sqs_backends

    backends = sqs_backends[engine.place.account]
    return backends[region].queues.get(name) if region in backends else None


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
