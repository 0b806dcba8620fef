"""What the tests of queues as event sources share."""

from __future__ import annotations

from typing import Any

from tests.cloud.sources.support import Queue, received
from tests.support import CloudUnderTest

# Each message says what becomes of it: {"id": …, "fails": how often}; how often it came says SQS.
STRICT = """
import json
def lambda_handler(event, context):
    print("EVENT " + json.dumps(event))
    for record in event["Records"]:
        message = json.loads(record["body"])
        if int(record["attributes"]["ApproximateReceiveCount"]) <= message.get("fails", 0):
            raise ValueError(message["id"])
"""


def mapping(cloud: CloudUnderTest, queue: Queue, name: str, **more: Any) -> str:
    """A mapping from the queue to a function that is Enabled; its UUID."""
    made = cloud.client("lambda").create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=name, **more)
    assert state(cloud, made["UUID"]) == "Enabled"
    return str(made["UUID"])


def state(cloud: CloudUnderTest, uuid: str) -> str:
    """A mapping's state."""
    return str(cloud.client("lambda").get_event_source_mapping(UUID=uuid)["State"])


def send(cloud: CloudUnderTest, queue: Queue, *bodies: str, **more: Any) -> None:
    """Up to ten messages at once."""
    entries = [{"Id": str(number), "MessageBody": body, **more} for number, body in enumerate(bodies)]
    assert not cloud.client("sqs").send_message_batch(QueueUrl=queue.url, Entries=entries).get("Failed")


def batches(cloud: CloudUnderTest, name: str) -> list[list[str]]:
    """The bodies of each batch that the function got."""
    return [[record["body"] for record in event["Records"]] for event in received(cloud, name)]
