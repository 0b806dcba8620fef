"""How many batches of a queue run at a time, and what one mapping has to do with another."""

from __future__ import annotations

from typing import Any

from tests.cloud.sources.queues import batches, mapping, send, state
from tests.cloud.sources.support import TELLS, Queue, received
from tests.support import CloudUnderTest

# Waits until as many as its message says run at a time, or somebody says that it is enough; both by way of a queue.
HELD = """
import boto3, json, os
def lambda_handler(event, context):
    print("EVENT " + json.dumps(event), flush=True)
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=os.environ["BEGUN"], MessageBody='"begun"')
    while not sqs.receive_message(QueueUrl=os.environ["GO"], WaitTimeSeconds=20).get("Messages"):
        pass
"""


class Held:
    """A function whose invocations begin and then wait for leave to end."""

    def __init__(self, cloud: CloudUnderTest) -> None:
        self._sqs = cloud.client("sqs")
        self.begun, self.go = Queue(cloud, "begun"), Queue(cloud, "go", VisibilityTimeout="3600")
        self.name = cloud.function(
            HELD, Timeout=60, Environment={"Variables": {"BEGUN": self.begun.url, "GO": self.go.url}}
        )  # fmt: skip

    def wait_for(self, count: int) -> None:
        """Until so many more have begun."""
        while count > 0:
            count -= len(self.begun.take(wait=20))
        assert count == 0

    def let_go(self, count: int) -> None:
        for _ in range(count):
            self._sqs.send_message(QueueUrl=self.go.url, MessageBody="go")


def highest(cloud: CloudUnderTest, name: str) -> float:
    """How many invocations of a function ran at a time, at most."""
    found: dict[str, Any] = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="ConcurrentExecutions", Dimensions=[{"Name": "FunctionName", "Value": name}],
        StartTime="2020-01-01", EndTime="2100-01-01", Period=315360000, Statistics=["Maximum"],
    )  # fmt: skip
    return float(max(point["Maximum"] for point in found["Datapoints"]))


def test_no_more_batches_than_its_maximum_concurrency(cloud: CloudUnderTest) -> None:
    held, queue = Held(cloud), Queue(cloud, "jobs", VisibilityTimeout="60")
    uuid = mapping(cloud, queue, held.name, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    send(cloud, queue, *"abcdef")
    held.wait_for(2)
    held.let_go(1)
    held.wait_for(1)
    cloud.client("lambda").update_event_source_mapping(UUID=uuid, ScalingConfig={"MaximumConcurrency": 3})
    held.wait_for(1)
    held.let_go(5)
    held.wait_for(2)
    cloud.advance(1)
    assert sorted(sum(batches(cloud, held.name), [])) == list("abcdef")
    assert (highest(cloud, held.name), queue.take()) == (3, [])


def test_five_batches_at_first(cloud: CloudUnderTest) -> None:
    """And more of them a moment later, while there is a backlog."""
    held, queue = Held(cloud), Queue(cloud, "jobs", VisibilityTimeout="60")
    send(cloud, queue, *"abcdefgh")
    mapping(cloud, queue, held.name, BatchSize=1)
    held.wait_for(8)
    held.let_go(8)
    cloud.advance(1)
    assert queue.take() == []


def test_what_runs_ends_when_it_is_disabled(cloud: CloudUnderTest) -> None:
    held, queue, client = Held(cloud), Queue(cloud, "jobs", VisibilityTimeout="60"), cloud.client("lambda")
    uuid = mapping(cloud, queue, held.name, BatchSize=1)
    send(cloud, queue, "running")
    held.wait_for(1)
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    send(cloud, queue, "not received")
    assert state(cloud, uuid) == "Disabling"
    held.let_go(1)
    cloud.advance(1)
    assert state(cloud, uuid) == "Disabled"
    cloud.advance(120)
    assert (batches(cloud, held.name), [message["Body"] for message in queue.take()]) == ([["running"]], ["not received"])


def test_what_runs_ends_when_it_is_deleted(cloud: CloudUnderTest) -> None:
    held, queue, client = Held(cloud), Queue(cloud, "jobs", VisibilityTimeout="60"), cloud.client("lambda")
    uuid = mapping(cloud, queue, held.name)
    send(cloud, queue, "running")
    held.wait_for(1)
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert state(cloud, uuid) == "Deleting"
    held.let_go(1)
    cloud.advance(120)
    assert (client.list_event_source_mappings()["EventSourceMappings"], queue.take()) == ([], [])


def test_a_slow_mapping_delays_no_other(cloud: CloudUnderTest) -> None:
    held, slow, quick = Held(cloud), Queue(cloud, "slow", VisibilityTimeout="60"), Queue(cloud, "quick")
    name = cloud.function(TELLS)
    mapping(cloud, slow, held.name, BatchSize=1)
    mapping(cloud, quick, name)
    send(cloud, slow, "a", "b")
    held.wait_for(2)
    send(cloud, quick, "one")
    while not received(cloud, name):
        pass
    held.let_go(2)
    cloud.advance(1)
    assert batches(cloud, name) == [["one"]]


def test_a_reset_ends_what_runs(cloud: CloudUnderTest) -> None:
    held, queue = Held(cloud), Queue(cloud, "jobs", VisibilityTimeout="60")
    mapping(cloud, queue, held.name)
    send(cloud, queue, "running")
    held.wait_for(1)
    cloud.reset()
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    mapping(cloud, queue, name)
    send(cloud, queue, "one")
    cloud.advance(120)
    assert batches(cloud, name) == [["one"]]


def test_idle_pollers_do_nothing(cloud: CloudUnderTest) -> None:
    """Twenty mappings of empty queues: an hour has no event in it."""
    name = cloud.function(TELLS)
    for number in range(20):
        mapping(cloud, Queue(cloud, f"q{number}"), name)
    assert cloud.advance(1).body["remaining"] == 0
    stepped = cloud.advance(3600, step=True).body
    assert stepped["remaining"] == 0
