"""Long polls of SQS: a ReceiveMessage that waits holds neither moto's lock nor the event loop.

moto implements the wait by sleeping. Here every look is a ReceiveMessage with WaitTimeSeconds=0; between two looks the poll waits
until something arrives in its queue, until the next hidden or delayed message shows, or until its time is over, all on
the cloud's clock.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from lablib.cloud.arrivals import Arrivals
from lablib.cloud.clock import Clock
from lablib.cloud.moto_seam import engine, queues
from lablib.cloud.web import Answer, Request

# AWS: WaitTimeSeconds is 0 to 20. Whatever else is asked for gets moto's own error.
LONGEST = 20


@dataclass(frozen=True)
class Receive:
    """A ReceiveMessage: its queue, how long it would wait (None: as the queue says), and the same request without a wait."""

    queue: str
    wait: int | None
    at_once: Request


def receive_of(request: Request) -> Receive | None:
    """Read a ReceiveMessage of either protocol of SQS; None for any other request, or one that moto will refuse."""
    target = request.headers.get("X-Amz-Target")
    if target is not None:
        return _from_json(request) if target == "AmazonSQS.ReceiveMessage" else None
    return _from_query(request)


def _from_json(request: Request) -> Receive | None:
    try:
        content = json.loads(request.body)
        queue, wait = str(content["QueueUrl"]), content.get("WaitTimeSeconds")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if wait is not None and (not isinstance(wait, int) or not 0 <= wait <= LONGEST):
        return None
    body = json.dumps(content | {"WaitTimeSeconds": 0}).encode()
    return Receive(queue.rstrip("/").rpartition("/")[2], wait, replace(request, body=body))


def _from_query(request: Request) -> Receive | None:
    in_body = request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    text = request.body.decode("latin-1") if in_body else request.query
    values = dict(parse_qsl(text, keep_blank_values=True))
    if values.get("Action") != "ReceiveMessage":
        return None
    wait = values.get("WaitTimeSeconds")
    if wait is not None and (not wait.isdigit() or int(wait) > LONGEST):
        return None
    changed = urlencode(values | {"WaitTimeSeconds": "0"})
    at_once = replace(request, body=changed.encode()) if in_body else replace(request, query=changed)
    queue = values.get("QueueUrl", request.path).rstrip("/").rpartition("/")[2]
    return Receive(queue, int(wait) if wait is not None else None, at_once)


class Polls:
    """The polls of this cloud; `waiting` counts those that wait now."""

    def __init__(self, clock: Clock, arrivals: Arrivals) -> None:
        self._clock, self._arrivals = clock, arrivals
        self.waiting = 0

    async def receive(
        self, receive: Receive, region: str, answer: Callable[[Request], Awaitable[Answer]], gone: asyncio.Event
    ) -> Answer:
        """Answer a ReceiveMessage, at the latest when its wait is over. Once its client is `gone` it takes no more messages."""
        wait = receive.wait
        if wait is None:
            wait = await engine.call(queues.wait_seconds, region, receive.queue)
        deadline = self._clock.now() + wait
        arrived = asyncio.Event()
        stop = self._arrivals.listen(queues.arn(region, receive.queue), arrived.set)
        try:
            while True:
                arrived.clear()
                found = await answer(receive.at_once)
                if found.status != 200 or _has_messages(found) or self._clock.now() >= deadline or gone.is_set():
                    return found
                shows = await engine.call(queues.next_visible, region, receive.queue)
                await self._pause(min(deadline, deadline if shows is None else shows), arrived, gone)
        finally:
            stop()

    async def _pause(self, until: float, arrived: asyncio.Event, gone: asyncio.Event) -> None:
        # moto reckons in milliseconds.
        due = asyncio.Event()
        timer = self._clock.at(until + 0.002, due.set, "a waiting ReceiveMessage")
        waits = [asyncio.ensure_future(event.wait()) for event in (arrived, due, gone)]
        self.waiting += 1
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.waiting -= 1
            timer.cancel()
            for wait in waits:
                wait.cancel()


def _has_messages(answer: Answer) -> bool:
    if answer.body.startswith(b"{"):
        return b'"Messages": [{' in answer.body or b'"Messages":[{' in answer.body
    return b"<Message>" in answer.body
