"""Long polls of SQS, in both of its protocols."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lablib.cloud import polls
from lablib.cloud.arrivals import Arrivals
from lablib.cloud.clock import Clock
from lablib.cloud.polls import Polls, receive_of
from lablib.cloud.web import Answer, Request
from tests.cloud.sources.support import Queue
from tests.support import CloudUnderTest

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"}


def started(work: Callable[[], Any]) -> Future[Any]:
    """Work in a thread of its own."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run).start()
    return future


def queue(cloud: CloudUnderTest, **attributes: str) -> str:
    return str(cloud.client("sqs").create_queue(QueueName="queue", Attributes=attributes)["QueueUrl"])


def receive(cloud: CloudUnderTest, url: str, **parameters: Any) -> Future[Any]:
    sqs = cloud.client("sqs")
    return started(lambda: [message["Body"] for message in sqs.receive_message(QueueUrl=url, **parameters).get("Messages", [])])


def until_it_polls(cloud: CloudUnderTest) -> None:
    """Wait until the cloud has looked once for a poll: its timer is what the next step stops at."""
    while cloud.lab("GET", "/_lab/doctor").body["waiting_polls"] == 0:
        pass


def test_a_poll_ends_as_soon_as_a_message_arrives(cloud: CloudUnderTest) -> None:
    url = queue(cloud)
    waiting = receive(cloud, url, WaitTimeSeconds=20)
    until_it_polls(cloud)
    assert cloud.client("s3").list_buckets()["Buckets"] == []  # moto is free meanwhile
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    assert waiting.result(10) == ["hello"]


def test_a_message_of_another_service_ends_it_too(cloud: CloudUnderTest) -> None:
    public, sns = Queue(cloud, "public"), cloud.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=public.arn)
    waiting = receive(cloud, public.url, WaitTimeSeconds=20)
    until_it_polls(cloud)
    sns.publish(TopicArn=topic, Message="hello")
    assert json.loads(waiting.result(10)[0])["Message"] == "hello"


def test_the_wait_is_the_clouds_time(cloud: CloudUnderTest) -> None:
    url = queue(cloud)
    waiting = receive(cloud, url, WaitTimeSeconds=20)
    until_it_polls(cloud)
    cloud.advance(21)
    assert waiting.result(10) == []


def test_a_queues_own_wait_counts(cloud: CloudUnderTest) -> None:
    url = queue(cloud, ReceiveMessageWaitTimeSeconds="20")
    assert receive(cloud, url, WaitTimeSeconds=0).result(10) == []
    waiting = receive(cloud, url)
    until_it_polls(cloud)
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    assert waiting.result(10) == ["hello"]


def test_a_hidden_message_ends_a_poll_when_it_shows(cloud: CloudUnderTest) -> None:
    url = queue(cloud, VisibilityTimeout="10")
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    assert receive(cloud, url).result(10) == ["hello"]
    waiting = receive(cloud, url, WaitTimeSeconds=20)
    until_it_polls(cloud)
    cloud.advance(11)
    assert waiting.result(10) == ["hello"]


def test_who_has_gone_takes_no_message(cloud: CloudUnderTest) -> None:
    url = queue(cloud)
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    request = AWSRequest("POST", cloud.url + "/", headers=JSON, data=body)
    key = cloud.credentials
    SigV4Auth(Credentials(key.access_key_id, key.secret_access_key), "sqs", cloud.region).add_auth(request)
    parts = urlsplit(cloud.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("POST", "/", body, dict(request.headers.items()))
    until_it_polls(cloud)
    connection.close()
    while cloud.lab("GET", "/_lab/doctor").body["waiting_polls"]:
        pass
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    assert receive(cloud, url).result(10) == ["hello"]


def test_emptying_the_cloud_ends_polls(cloud: CloudUnderTest) -> None:
    waiting = receive(cloud, queue(cloud), WaitTimeSeconds=20)
    until_it_polls(cloud)
    cloud.reset()
    with pytest.raises(Exception, match="NonExistentQueue|QueueDoesNotExist"):
        waiting.result(10)


def test_many_polls_wait_at_the_same_time(cloud: CloudUnderTest) -> None:
    url = queue(cloud)
    waiting = [receive(cloud, url, WaitTimeSeconds=20) for _ in range(8)]
    while cloud.lab("GET", "/_lab/doctor").body["waiting_polls"] != 8:
        pass
    cloud.client("sqs").send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(number), "MessageBody": str(number)} for number in range(8)]
    )
    cloud.advance(25)
    assert sorted(sum((one.result(10) for one in waiting), [])) == [str(number) for number in range(8)]


def test_only_its_own_queue_wakes_a_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Request] = []

    async def answer(request: Request) -> Answer:
        looks.append(request)
        return Answer(200, {}, b'{"Messages": [{}]}' if len(looks) == 2 else b"{}")

    async def nothing_due(*_: object) -> None:
        return None

    async def polled() -> list[int]:
        arrivals, seen = Arrivals(asyncio.get_running_loop()), []
        monkeypatch.setattr(polls.engine, "call", nothing_due)
        receive = polls.Receive("queue", 20, Request("POST", "/", "", {}, b""))
        polling = asyncio.ensure_future(Polls(Clock(), arrivals).receive(receive, "us-east-1", answer, asyncio.Event()))
        for name in ("other", "queue.fifo", "queue"):
            for _ in range(20):  # turns of the loop, in which it could look
                await asyncio.sleep(0)
            arrivals.tell(f"arn:aws:sqs:us-east-1:123456789012:{name}")
            seen.append(len(looks))
        await polling
        return [*seen, len(looks)]

    assert asyncio.run(polled()) == [1, 1, 1, 2]


def test_both_protocols_are_read() -> None:
    body = json.dumps({"QueueUrl": "http://127.0.0.1:1/123456789012/queue", "WaitTimeSeconds": 5, "MaxNumberOfMessages": 3}).encode()
    found = receive_of(Request("POST", "/", "", JSON, body))
    assert found is not None
    assert (found.queue, found.wait, json.loads(found.at_once.body)["WaitTimeSeconds"]) == ("queue", 5, 0)
    form = urlencode({"Action": "ReceiveMessage", "QueueUrl": "http://h/1/queue", "WaitTimeSeconds": "5"})
    found = receive_of(Request("POST", "/", "", FORM, form.encode()))
    assert found is not None
    assert (found.queue, found.wait, b"WaitTimeSeconds=0" in found.at_once.body) == ("queue", 5, True)
    found = receive_of(Request("GET", "/123456789012/queue", "Action=ReceiveMessage", {}, b""))
    assert found is not None
    assert (found.queue, found.wait, "WaitTimeSeconds=0" in found.at_once.query) == ("queue", None, True)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (JSON, b"no JSON"),
        (JSON, b"[]"),
        (JSON, b'{"WaitTimeSeconds": 5}'),
        (JSON, b'{"QueueUrl": "q", "WaitTimeSeconds": 21}'),
        (JSON, b'{"QueueUrl": "q", "WaitTimeSeconds": "5"}'),
        ({"X-Amz-Target": "AmazonSQS.SendMessage"}, b"{}"),
        (FORM, b"Action=SendMessage"),
        (FORM, b"Action=ReceiveMessage&WaitTimeSeconds=-1"),
    ],
)
def test_what_is_no_receive_or_a_wrong_one_is_motos_to_refuse(headers: dict[str, str], body: bytes) -> None:
    assert receive_of(Request("POST", "/", "", headers, body)) is None
