"""What the tests of event sources share: a function that tells what it got, and queues that AWS's services may send to."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.support import CloudUnderTest

ACCOUNT = "123456789012"

TELLS = """
import json
def lambda_handler(event, context):
    print("EVENT " + json.dumps(event))
"""


def received(cloud: CloudUnderTest, name: str) -> list[Any]:
    """The events that a function got that prints each after ``EVENT``, in order; none if it has not run."""
    logs, group = cloud.client("logs"), f"/aws/lambda/{name}"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [event["message"] for page in pages for event in page["events"]]
    return [json.loads(line.removeprefix("EVENT ")) for line in lines if line.startswith("EVENT ")]


def arn(cloud: CloudUnderTest, name: str) -> str:
    """The ARN of a function."""
    return f"arn:aws:lambda:{cloud.region}:{ACCOUNT}:function:{name}"


def permit(cloud: CloudUnderTest, name: str, principal: str, source: str | None = None, **more: Any) -> None:
    """Let a service invoke a function."""
    given = {"SourceArn": source} if source is not None else {}
    cloud.client("lambda").add_permission(
        FunctionName=name, StatementId=uuid.uuid4().hex, Action="lambda:InvokeFunction", Principal=principal, **given, **more
    )  # fmt: skip


def service_role(cloud: CloudUnderTest, name: str, services: list[str], *actions: str) -> str:
    """The ARN of a new role that these services may assume, and that may do this."""
    iam = cloud.client("iam")
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if actions:
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=document)
    return str(role)


def public_topic(cloud: CloudUnderTest, name: str) -> str:
    """The ARN of a topic to which every service may publish."""
    sns = cloud.client("sns")
    arn = sns.create_topic(Name=name)["TopicArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return str(arn)


class Queue:
    """A queue of SQS, and what is in it. Of a `public` one the policy lets everybody send."""

    def __init__(self, cloud: CloudUnderTest, name: str, *, public: bool = True, **attributes: str) -> None:
        self._client = cloud.client("sqs")
        self.arn = f"arn:aws:sqs:{cloud.region}:{ACCOUNT}:{name}"
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": self.arn}
        policy = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})} if public else {}
        self.url = self._client.create_queue(QueueName=name, Attributes={**policy, **attributes})["QueueUrl"]

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
        """Every message's body, which is JSON."""
        return [json.loads(message["Body"]) for message in self.take(wait=wait)]
