"""What a schedule's target means: one request to another service, in the name of the target's role.

Sources: EventBridge Scheduler User Guide "Managing targets" (templated and universal), "Adding context attributes", read
2026-11-23.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam.schedules import Schedule
from lablib.models.timestamps import whole_seconds

_UNIVERSAL = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:([a-z0-9]+):([a-zA-Z0-9]+)")
_ATTRIBUTE = re.compile(r"<aws\.scheduler\.(schedule-arn|scheduled-time|execution-id|attempt-number)>")
# Operations that only read are no universal targets: "Unsupported API actions", User Guide.
READS = (
    "get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "discover", "validate",
    "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList", "testMigration", "retrieve",
    "testConnection", "translateDocument", "isAuthorized", "invokeModel",
)  # fmt: skip
# A universal target calls a service as AWS's SDK for Java does (its service id, in small letters and without spaces); where
# botocore has another name.
_NAMES = {
    "eventbridge": "events", "cloudwatchlogs": "logs", "sfn": "stepfunctions", "cognitoidentityprovider": "cognito-idp",
}  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One request: botocore's name of the service, the operation as in the API, its parameters."""

    service: str
    operation: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One run of a schedule, due at `scheduled` (seconds since 1970)."""

    schedule: Schedule
    scheduled: float
    execution_id: str

    @property
    def scheduled_time(self) -> str:
        """``2022-03-22T18:59:43Z``."""
        return whole_seconds(self.scheduled)

    def input(self, attempt: int, account: str) -> str:
        """What the target gets at an attempt, 1 for the first: its Input with the context attributes filled in, or the default."""
        given = self.schedule.target.get("Input")
        if given is None:
            return json.dumps(self._notification(account))
        values = {
            "schedule-arn": self.schedule.arn, "scheduled-time": self.scheduled_time, "execution-id": self.execution_id,
            "attempt-number": str(attempt),
        }  # fmt: skip
        return _ATTRIBUTE.sub(lambda found: values[found[1]], str(given))

    def _notification(self, account: str) -> dict[str, Any]:
        # `detail` is a string here, unlike in a rule's event (seen in events of AWS's that third parties show, 2023).
        return {
            "version": "0", "id": str(uuid.uuid4()), "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": account, "time": self.scheduled_time, "region": self.schedule.region,
            "resources": [self.schedule.arn], "detail": "{}",
        }  # fmt: skip


class NotHere(Exception):
    """A target that AWS has and this cloud has not."""


class NoTarget(Exception):
    """An ARN that is no target, or whose parameters are not given; its text is for the API's caller."""


def call(target: Mapping[str, Any], text: str) -> Call:
    """The request that a target means with an input.

    Raises `NoTarget`, `NotHere`, or `ValueError` if a universal target's input is no JSON.
    """
    arn = str(target["Arn"])
    if found := _UNIVERSAL.fullmatch(arn):
        service, operation = found[1], found[2]
        content = json.loads(text)
        if not isinstance(content, dict):
            raise ValueError("the input of a universal target is a JSON object")
        return Call(_NAMES.get(service, service), operation[0].upper() + operation[1:], content)
    parts = arn.split(":", 5)
    templated = _TEMPLATED.get(parts[2]) if len(parts) == 6 else None
    if templated is None and len(parts) == 6 and parts[2] in _ELSEWHERE:
        raise NotHere(f"This local cloud's schedules have no targets like {arn} yet.")
    if templated is None:
        raise NoTarget(f"Provided Arn is not in correct format. Arn: {arn}")
    return templated(target, arn, text)


def universal(arn: str) -> tuple[str, str] | None:
    """The service and the operation of a universal target's ARN; None for another."""
    found = _UNIVERSAL.fullmatch(arn)
    return (found[1], found[2]) if found else None


def _lambda(target: Mapping[str, Any], arn: str, text: str) -> Call:
    return Call("lambda", "Invoke", {"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()})


def _sqs(target: Mapping[str, Any], arn: str, text: str) -> Call:
    _, _, _, region, account, name = arn.split(":", 5)
    parameters: dict[str, Any] = {"QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/{name}", "MessageBody": text}
    if group := target.get("SqsParameters", {}).get("MessageGroupId"):
        parameters["MessageGroupId"] = group
    return Call("sqs", "SendMessage", parameters)


def _sns(target: Mapping[str, Any], arn: str, text: str) -> Call:
    return Call("sns", "Publish", {"TopicArn": arn, "Message": text})


def _states(target: Mapping[str, Any], arn: str, text: str) -> Call:
    return Call("stepfunctions", "StartExecution", {"stateMachineArn": arn, "input": text})


def _events(target: Mapping[str, Any], arn: str, text: str) -> Call:
    given = target.get("EventBridgeParameters")
    if given is None:
        raise NoTarget("EventBridgeParameters must be specified for an EventBridge target")
    entry = {"EventBusName": arn, "Source": given["Source"], "DetailType": given["DetailType"], "Detail": text}
    return Call("events", "PutEvents", {"Entries": [entry]})


def _kinesis(target: Mapping[str, Any], arn: str, text: str) -> Call:
    given = target.get("KinesisParameters")
    if given is None:
        raise NoTarget("KinesisParameters must be specified for a Kinesis target")
    name = arn.rpartition("/")[2]
    return Call("kinesis", "PutRecord", {"StreamName": name, "PartitionKey": given["PartitionKey"], "Data": text.encode()})


# Templated targets that AWS has besides: the User Guide's "Using templated targets", 2026.
_ELSEWHERE = ("codebuild", "codepipeline", "ecs", "firehose", "inspector", "sagemaker")
# By the service in the target's ARN.
_TEMPLATED: Mapping[str, Callable[[Mapping[str, Any], str, str], Call]] = {
    "lambda": _lambda, "sqs": _sqs, "sns": _sns, "states": _states, "events": _events, "kinesis": _kinesis,
}  # fmt: skip
