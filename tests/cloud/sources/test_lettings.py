"""Queues and topics let in what their policies say."""

from __future__ import annotations

import json

from tests.cloud.sources.support import Queue
from tests.support import CloudUnderTest


def test_a_queue_without_a_policy_gets_nothing(cloud: CloudUnderTest) -> None:
    """The owner of both is not enough: SNS is another principal, and so is EventBridge."""
    sns, events = cloud.client("sns"), cloud.client("events")
    closed, dead = Queue(cloud, "closed", public=False), Queue(cloud, "dead")
    topic = sns.create_topic(Name="t")["TopicArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead.arn})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=closed.arn, Attributes={"RedrivePolicy": redrive})
    events.put_rule(Name="r", EventPattern='{"source": ["mine"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": closed.arn, "DeadLetterConfig": {"Arn": dead.arn}}])
    sns.publish(TopicArn=topic, Message="hello")
    events.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": "{}"}])
    cloud.advance(1)
    assert closed.take() == [] and len(dead.take()) == 2
