"""Asynchronous invocation in the whole cloud: real functions, queues, topics, buckets and buses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import CloudUnderTest

FLAKY = """
import os, time
RUNS = {}
def lambda_handler(event, context):
    run = RUNS[context.aws_request_id] = RUNS.get(context.aws_request_id, 0) + 1
    print("run", run, os.environ["_X_AMZN_TRACE_ID"])
    if run <= event.get("fails", 0):
        raise ValueError("x" * event.get("long", 3))
    return {"run": run, "für": event}
"""


class Queue:
    """A queue of SQS, and what is in it."""

    def __init__(self, cloud: CloudUnderTest, name: str) -> None:
        self._client = cloud.client("sqs")
        self.url = self._client.create_queue(QueueName=name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{cloud.region}:123456789012:{name}"

    def take(self, *, wait: int = 0) -> list[dict[str, Any]]:
        """Every message; the first one is waited for, `wait` seconds at most."""
        taken: list[dict[str, Any]] = []
        while messages := self._receive(wait if not taken else 0):
            taken += messages
            gone = [{"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]} for number, one in enumerate(messages)]
            self._client.delete_message_batch(QueueUrl=self.url, Entries=gone)
        return taken

    def _receive(self, wait: int) -> list[dict[str, Any]]:
        found: dict[str, Any] = self._client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=wait, MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )  # fmt: skip
        return found.get("Messages", [])

    def bodies(self, *, wait: int = 0) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.take(wait=wait)]


def send(cloud: CloudUnderTest, name: str, event: Any, **more: Any) -> dict[str, Any]:
    """Invoke asynchronously; the headers of the answer."""
    answer = cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **more)
    assert answer["StatusCode"] == 202
    headers: dict[str, Any] = answer["ResponseMetadata"]["HTTPHeaders"]
    return headers


def runs(cloud: CloudUnderTest, name: str) -> list[str]:
    """What the function printed at each run."""
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"].strip() for event in events if event["message"].startswith("run ")]


def configure(cloud: CloudUnderTest, name: str, **config: Any) -> None:
    cloud.client("lambda").put_function_event_invoke_config(FunctionName=name, **config)


def to(*, success: str | None = None, failure: str | None = None) -> dict[str, Any]:
    config = {"OnSuccess": {"Destination": success}, "OnFailure": {"Destination": failure}}
    return {name: both for name, both in config.items() if both["Destination"]}


def test_two_retries_after_one_and_two_minutes_with_the_same_request(cloud: CloudUnderTest) -> None:
    name, queue = cloud.function(FLAKY), Queue(cloud, "ends")
    configure(cloud, name, DestinationConfig=to(success=queue.arn, failure=queue.arn))
    headers = send(cloud, name, {"fails": 9})
    cloud.advance(0)
    assert len(runs(cloud, name)) == 1
    cloud.advance(58)
    assert len(runs(cloud, name)) == 1
    cloud.advance(2)
    assert len(runs(cloud, name)) == 2
    cloud.advance(118)
    assert len(runs(cloud, name)) == 2 and queue.bodies() == []
    cloud.advance(2)
    seen = runs(cloud, name)
    trace = headers["x-amzn-trace-id"]
    assert seen == [f"run 1 {trace}", f"run 2 {trace}", f"run 3 {trace}"]
    [record] = queue.bodies()
    assert list(record) == [
        "version", "timestamp", "requestContext", "requestPayload", "responseContext", "responsePayload",
    ]  # fmt: skip
    assert record["requestContext"] == {
        "requestId": headers["x-amzn-requestid"],
        "functionArn": f"arn:aws:lambda:{cloud.region}:123456789012:function:{name}:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    assert record["requestPayload"] == {"fails": 9} and record["responsePayload"]["errorType"] == "ValueError"
    assert record["version"] == "1.0" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["timestamp"])
    cloud.advance(86400)
    assert len(runs(cloud, name)) == 3 and queue.bodies() == []
