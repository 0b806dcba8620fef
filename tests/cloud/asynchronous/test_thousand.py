"""A thousand asynchronous events through errors, timeouts, exits, kills and throttles: each comes to exactly one end."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support import CloudUnderTest

EVENTS, CONCURRENCY, SENDERS = 1000, 8, 4

# Each run draws what becomes of it; also with a fresh environment, so that no course repeats itself.
HANDLER = """
import os, random, time
draw = random.SystemRandom().random
def lambda_handler(event, context):
    chance = draw()
    if chance < 0.20:
        raise ValueError(event)
    if chance < 0.22:
        os._exit(3)
    if chance < 0.23:
        time.sleep(30)
    return event
"""


def processes(file: str, text: str) -> list[int]:
    """Processes with this text in this file of theirs under /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and text.encode() in (entry / file).read_bytes():
                found.append(int(entry.name))
    return found


def children(parent: int) -> list[int]:
    return processes("status", f"\nPPid:\t{parent}\n")


@contextmanager
def killer(cloud: CloudUnderTest, name: str) -> Iterator[Counter[str]]:
    """Four times a second kills a runtime of this function, busy or not; every eighth time the supervisor of all of them."""
    killed: Counter[str] = Counter()
    over = threading.Event()

    def kill() -> None:
        for round in itertools.count(1):
            if over.wait(0.25):
                return
            what = "supervisor" if round % 8 == 0 else "runtime"
            runtimes = processes("environ", f"AWS_LAMBDA_FUNCTION_NAME={name}\0")
            for pid in children(cloud.process.pid) if what == "supervisor" else random.sample(runtimes, min(1, len(runtimes))):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed[what] += 1

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def drain(cloud: CloudUnderTest, url: str) -> list[dict[str, Any]]:
    """Every message in a queue."""
    sqs, found = cloud.client("sqs"), []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", []):  # fmt: skip
        found += messages
        entries = [{"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]} for number, one in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return found


def records(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [json.loads(message["Body"]) for message in messages]


def test_each_of_a_thousand_events_is_accounted_for_once(cloud: CloudUnderTest) -> None:
    name = cloud.function(HANDLER, Timeout=1, MemorySize=1769)
    sqs, client = cloud.client("sqs"), cloud.client("lambda")
    urls = {end: sqs.create_queue(QueueName=end)["QueueUrl"] for end in ("well", "failed", "dead")}
    arns = {end: f"arn:aws:sqs:{cloud.region}:123456789012:{end}" for end in urls}
    destinations = {"OnSuccess": {"Destination": arns["well"]}, "OnFailure": {"Destination": arns["failed"]}}
    client.update_function_configuration(FunctionName=name, DeadLetterConfig={"TargetArn": arns["dead"]})
    client.put_function_event_invoke_config(FunctionName=name, DestinationConfig=destinations)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=CONCURRENCY)

    def send(number: int) -> tuple[str, int]:
        answer = client.invoke(FunctionName=name, InvocationType="Event", Payload=str(number))
        assert answer["StatusCode"] == 202
        return answer["ResponseMetadata"]["RequestId"], number

    with killer(cloud, name) as killed, ThreadPoolExecutor(SENDERS) as pool:
        sent = dict(pool.map(send, range(EVENTS)))
        cloud.advance(6 * 3600 + 600)

    well, failed = records(drain(cloud, urls["well"])), records(drain(cloud, urls["failed"]))
    ends = Counter(record["requestContext"]["requestId"] for record in (*well, *failed))
    assert ends == Counter(sent.keys()), "each request id once, and no other"
    for record in (*well, *failed):
        assert record["requestPayload"] == sent[record["requestContext"]["requestId"]]
    for record in well:
        assert record["requestContext"]["condition"] == "Success" and record["responsePayload"] == record["requestPayload"]
    for record in failed:
        context = record["requestContext"]
        assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 3), record
    dead = Counter(message["MessageAttributes"]["RequestID"]["StringValue"] for message in drain(cloud, urls["dead"]))
    assert dead == Counter(record["requestContext"]["requestId"] for record in failed)
    assert len(well) > 900, "a first attempt goes well three times in four: more than that were tried again"
    assert killed["runtime"] > 2 and killed["supervisor"], killed
