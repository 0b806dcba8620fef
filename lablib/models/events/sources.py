"""The sources of events that the course uses: who calls the function, and how that is set up.

Sources: DG = AWS Lambda Developer Guide, "Invoking Lambda with events from other AWS services" (which service calls how) and
"Understanding retry behavior in Lambda", with the page that each source names; read 2026-11-23.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from lablib.models import mappings

Delivery = Literal["synchronous", "asynchronous", "polled"]
"""Pushed by a caller that waits; pushed by one that goes on; fetched by Lambda's own pollers."""

Again = Literal["caller", "queue", "visibility", "shard"]
"""Who lets a failed event run again: nobody but the caller; Lambda's queue for asynchronous events; the queue of SQS, whose
message is visible again; Lambda's poller, which stays at the batch of its shard."""


@dataclass(frozen=True)
class Source:
    """One source of events.

    Attributes
    ----------
    key, name : str
        "s3", "Amazon S3".
    delivery : Delivery
    happens : str
        What makes an event, as a clause: "a file is uploaded".
    set_up : str
        What is configured, and where.
    allowed_by : str
        Whose permission is asked.
    look_in : str
        Where in the event the message itself is, as Python.
    most : int
        Records that one event holds at most, unless it is configured otherwise; 1 for an event that is no list.
    again : Again
        Who lets a failed event run again.
    hears : str
        What whoever caused the event hears of a failure, as a sentence.
    told_by : str
        Where AWS says so, and when that was read.
    """

    key: str
    name: str
    delivery: Delivery
    happens: str
    set_up: str
    allowed_by: str
    look_in: str
    most: int
    again: Again
    hears: str
    told_by: str


def _pushed(key: str, name: str, happens: str, set_up: str, allowed_by: str, look_in: str, hears: str, told_by: str) -> Source:
    """A source that hands its event to Lambda and goes on."""
    return Source(key, name, "asynchronous", happens, set_up, allowed_by, look_in, 1, "queue", hears, told_by)


def _asked(key: str, name: str, happens: str, set_up: str, allowed_by: str, look_in: str, hears: str, told_by: str) -> Source:
    """A source that waits for the answer."""
    return Source(key, name, "synchronous", happens, set_up, allowed_by, look_in, 1, "caller", hears, told_by)


_POLICY = "the function's policy, which names {}"
_ROLE = "the function's role, which may read the {}"

SOURCES: Final[tuple[Source, ...]] = (
    _pushed("s3", "Amazon S3", "a file is uploaded", "a notification of the bucket", _POLICY.format("s3.amazonaws.com"),
            'event["Records"][0]["s3"]["object"]["key"]', "The upload succeeded, so whoever uploaded hears nothing.",
            "DG with-s3; S3 User Guide, Event message structure, 2026"),
    _pushed("sns", "Amazon SNS", "a message is published to a topic", "a subscription of the topic",
            _POLICY.format("sns.amazonaws.com"), 'event["Records"][0]["Sns"]["Message"]',
            "Publishing succeeded, so the publisher hears nothing.", "DG with-sns, 2026"),
    _pushed("eventbridge", "Amazon EventBridge", "an event on a bus matches a rule", "a target of the rule",
            _POLICY.format("events.amazonaws.com"), 'event["detail"]', "put_events succeeded, so its sender hears nothing.",
            "EventBridge User Guide, AWS service event structure, 2026"),
    _pushed("schedule", "EventBridge Scheduler", "the time has come", "a schedule and its target",
            "the schedule's own role, which may invoke the function", 'event["time"]', "There is nobody to hear it.",
            "DG with-eventbridge-scheduler; Scheduler User Guide, Schedule types, 2026"),
    _pushed("logs", "CloudWatch Logs", "a log line matches a filter", "a subscription filter of the log group",
            _POLICY.format("logs.amazonaws.com"), 'gzip.decompress(base64.b64decode(event["awslogs"]["data"]))',
            "Whoever wrote the line hears nothing.", "CloudWatch Logs User Guide, Subscription filters, 2026"),
    _pushed("program-later", "A program that goes on", "a program calls Invoke with InvocationType=\"Event\"",
            "nothing but credentials", "the program's own credentials", "event",
            "The program got 202 at once and hears nothing more.",
            "DG invocation-async, 2026"),
    Source("sqs", "Amazon SQS", "polled", "a message is sent to a queue", "an event source mapping", _ROLE.format("queue"),
           'event["Records"][0]["body"]', mappings.SQS_BATCH.default, "visibility",
           "Sending succeeded, so the sender hears nothing.", "DG with-sqs, services-sqs-errorhandling, 2026"),
    Source("dynamodb", "DynamoDB Streams", "polled", "an item of a table changes", "an event source mapping",
           _ROLE.format("stream"), 'event["Records"][0]["dynamodb"]["NewImage"]', mappings.STREAM_BATCH.default, "shard",
           "Writing succeeded, so the writer hears nothing.", "DG with-ddb, 2026"),
    Source("kinesis", "Kinesis Data Streams", "polled", "a record is put into a stream", "an event source mapping",
           _ROLE.format("stream"), 'base64.b64decode(event["Records"][0]["kinesis"]["data"])', mappings.STREAM_BATCH.default,
           "shard", "Writing succeeded, so the writer hears nothing.", "DG with-kinesis, 2026"),
    _asked("http-api", "API Gateway, HTTP API", "an HTTP request comes in", "an integration of the API",
           _POLICY.format("apigateway.amazonaws.com"), 'event["body"]', "The client gets HTTP status 500.",
           "DG services-apigateway; API Gateway Developer Guide, payload format 2.0, 2026"),
    _asked("rest-api", "API Gateway, REST API", "an HTTP request comes in", "an integration of the API's method",
           _POLICY.format("apigateway.amazonaws.com"), 'event["body"]', "The client gets HTTP status 502.",
           "DG services-apigateway-errors; API Gateway Developer Guide, proxy integration input, 2026"),
    _asked("function-url", "Function URL", "an HTTP request comes in", "the function's own address",
           "the function's policy, which names who may call", 'event["body"]', "The client gets HTTP status 502.",
           "DG urls-invocation, 2026"),
    _asked("step-functions", "Step Functions", "a workflow comes to a Task state", "the state's resource",
           "the state machine's role, which may invoke the function", "event",
           "The workflow learns the error: its own Retry and Catch decide.",
           "Step Functions Developer Guide, connect-lambda, 2026"),
    _asked("lex", "Amazon Lex V2", "a bot needs an answer", "the code hook of the bot's alias",
           _POLICY.format("lexv2.amazonaws.com"), 'event["sessionState"]["intent"]', "The chat gets an error in place of an answer.",
           "Lex V2 Developer Guide, Enabling custom logic with Lambda, 2026"),
    _asked("program", "A program that waits", "a program calls Invoke", "nothing but credentials",
           "the program's own credentials", "event", "The program gets status 200 with a FunctionError.", "DG invocation-sync, 2026"),
)  # fmt: skip
"""In the order in which the lab's picture lists them: pushed and left, fetched, pushed and waited for."""

_BY_KEY: Final = {one.key: one for one in SOURCES}


def source(key: str) -> Source:
    """The source called `key`. Raises ValueError, naming those that there are."""
    if not isinstance(key, str) or key not in _BY_KEY:
        raise ValueError(f"There is no source {key!r}; there is {', '.join(_BY_KEY)}.")
    return _BY_KEY[key]
