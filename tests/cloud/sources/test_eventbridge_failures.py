"""EventBridge: what it refuses, and where an event ends up that a target does not take."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from lablib.cloud.clock import Clock
from lablib.cloud.sources.eventbridge.delivering import Deliveries
from lablib.cloud.sources.eventbridge.inputs import Occasion
from lablib.cloud.sources.eventbridge.targets import NotDelivered, Parcel
from lablib.models.buses import delivery_backoff
from tests.cloud.api.harness import refused
from tests.cloud.sources.failures import WAYS, failing, runs
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, arn, permit, received, service_role
from tests.cloud.sources.test_eventbridge import ORDER, put, rule, rule_arn
from tests.support import CloudUnderTest

SHOP = {"source": ["shop"]}


def allow(cloud: CloudUnderTest, *actions: str) -> str:
    """The ARN of the tests' role, which may do these."""
    role = cloud.role()
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}
    cloud.client("iam").put_role_policy(RoleName="lambda-test-role", PolicyName="more", PolicyDocument=json.dumps(document))
    return role


def attributes(letter: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {name: (value["DataType"], value["StringValue"]) for name, value in letter["MessageAttributes"].items()}


@pytest.mark.parametrize("statement, settings, tries", WAYS)
def test_where_an_event_goes_that_a_function_fails_at(
    cloud: CloudUnderTest, statement: str, settings: dict[str, Any], tries: int
) -> None:
    """EventBridge has done its part: the function's own retries and dead-letter queue follow. Another target notices nothing."""
    letters, undelivered, queue = Queue(cloud, "letters"), Queue(cloud, "undelivered"), Queue(cloud, "q")
    name = failing(cloud, statement, settings, letters)
    permit(cloud, name, "events.amazonaws.com")
    rule(cloud, "r", SHOP, {"Arn": arn(cloud, name), "DeadLetterConfig": {"Arn": undelivered.arn}}, {"Arn": queue.arn})
    cloud.client("events").put_events(Entries=[ORDER])
    assert len(queue.bodies(wait=5)) == 1
    cloud.advance(600)
    [letter] = letters.bodies()
    assert letter["detail"] == json.loads(ORDER["Detail"]) and runs(cloud, name) == tries
    assert undelivered.take() == []


def test_where_an_event_goes_that_a_target_does_not_take(cloud: CloudUnderTest) -> None:
    """Without permission or without a target nothing is tried again: the event is in the dead-letter queue at once."""
    closed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"},
                                                     "Action": "sqs:SendMessage", "Resource": "*"}]}  # fmt: skip
    cloud.client("sqs").create_queue(QueueName="closed", Attributes={"Policy": json.dumps(closed)})
    cloud.client("sqs").create_queue(QueueName="without")  # a policy: it takes from the account's principals alone
    cloud.client("sns").create_topic(Name="without")
    cloud.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    stranger, elsewhere = cloud.function(TELLS), cloud.function(TELLS)
    role = service_role(cloud, "poor", ["events.amazonaws.com"])
    other = service_role(cloud, "other", ["lambda.amazonaws.com"], "kinesis:*")
    permit(cloud, elsewhere, "events.amazonaws.com", rule_arn(cloud, "another"))
    here = f"{cloud.region}:{ACCOUNT}"
    endpoints: list[tuple[dict[str, Any], str]] = [
        ({"Arn": arn(cloud, stranger)}, "NO_PERMISSIONS"),
        ({"Arn": arn(cloud, elsewhere)}, "NO_PERMISSIONS"),
        ({"Arn": arn(cloud, "none")}, "NO_RESOURCE"),
        ({"Arn": f"arn:aws:sqs:{here}:none"}, "NO_RESOURCE"),
        ({"Arn": f"arn:aws:sqs:{here}:closed"}, "NO_PERMISSIONS"),
        ({"Arn": f"arn:aws:sqs:{here}:without"}, "NO_PERMISSIONS"),
        ({"Arn": f"arn:aws:sns:{here}:none"}, "NO_RESOURCE"),
        ({"Arn": f"arn:aws:sns:{here}:without"}, "NO_PERMISSIONS"),
        ({"Arn": f"arn:aws:events:{here}:event-bus/none"}, "NO_RESOURCE"),
        ({"Arn": f"arn:aws:logs:{here}:log-group:/aws/events/none"}, "NO_RESOURCE"),
        ({"Arn": f"arn:aws:kinesis:{here}:stream/s", "RoleArn": role}, "NO_PERMISSIONS"),
        ({"Arn": f"arn:aws:kinesis:{here}:stream/s", "RoleArn": other}, "NO_PERMISSIONS"),
        ({"Arn": f"arn:aws:states:{here}:stateMachine:none", "RoleArn": role}, "NO_PERMISSIONS"),
    ]
    letters = [Queue(cloud, f"letters{number}") for number in range(len(endpoints))]
    for number, ((target, _), queue) in enumerate(zip(endpoints, letters)):
        rule(cloud, f"r{number}", SHOP, {**target, "DeadLetterConfig": {"Arn": queue.arn}})
    put(cloud, ORDER)
    for number, ((target, code), queue) in enumerate(zip(endpoints, letters)):
        taken = queue.take()
        assert len(taken) == 1, target
        [letter] = taken
        found = attributes(letter)
        assert json.loads(letter["Body"])["detail"] == json.loads(ORDER["Detail"])
        assert found.pop("ERROR_MESSAGE")[1], target
        assert found == {
            "RULE_ARN": ("String", rule_arn(cloud, f"r{number}")), "TARGET_ARN": ("String", target["Arn"]),
            "ERROR_CODE": ("String", code), "RETRY_ATTEMPTS": ("Number", "0"),
        }, target  # fmt: skip
    assert received(cloud, stranger) == received(cloud, elsewhere) == []


def test_a_template_that_comes_to_no_json(cloud: CloudUnderTest) -> None:
    """An object loses its quotes inside a string's. A string with a quote in it breaks the document."""
    queue, letters = Queue(cloud, "q"), Queue(cloud, "letters")
    transformer = {"InputPathsMap": {"x": "$.detail.x"}, "InputTemplate": '{"said": "<x>"}'}
    rule(cloud, "r", SHOP, {"Arn": queue.arn, "InputTransformer": transformer, "DeadLetterConfig": {"Arn": letters.arn}})
    put(cloud, ORDER | {"Detail": '{"x": {"a": "b"}}'}, ORDER | {"Detail": '{"x": "a \\"b\\""}'})
    assert queue.bodies() == [{"said": "{a:b}"}]
    [letter] = letters.take()
    assert attributes(letter)["ERROR_CODE"] == ("String", "INVALID_JSON")


def test_a_state_machine(cloud: CloudUnderTest) -> None:
    role = service_role(cloud, "both", ["states.amazonaws.com", "events.amazonaws.com"], "states:*")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    letters = Queue(cloud, "letters")
    rule(cloud, "r", SHOP, {"Arn": machine, "RoleArn": role, "InputPath": "$.detail"},
         {"Arn": machine + "x", "RoleArn": role, "DeadLetterConfig": {"Arn": letters.arn}})  # fmt: skip
    put(cloud, ORDER)
    [execution] = states.list_executions(stateMachineArn=machine)["executions"]
    found = states.describe_execution(executionArn=execution["executionArn"])
    assert (found["status"], json.loads(found["input"])) == ("SUCCEEDED", json.loads(ORDER["Detail"]))
    [letter] = letters.take()
    assert attributes(letter)["ERROR_CODE"] == ("String", "NO_RESOURCE")


def test_a_loop_is_stopped(cloud: CloudUnderTest) -> None:
    """A function that puts an event on the bus that calls it runs sixteen times."""
    name = cloud.function(
        "import boto3\ndef lambda_handler(event, context):\n    print('RUN')\n"
        "    boto3.client('events').put_events(Entries=[{'Source': 'shop', 'DetailType': 'again', 'Detail': '{}'}])\n"
    )
    allow(cloud, "events:PutEvents")
    permit(cloud, name, "events.amazonaws.com")
    rule(cloud, "r", SHOP, {"Arn": arn(cloud, name)})
    put(cloud, ORDER)
    assert runs(cloud, name) == 16


def test_a_slow_target_delays_nobody(cloud: CloudUnderTest) -> None:
    name = cloud.function("import time\ndef lambda_handler(event, context): time.sleep(2)")
    queue, events = Queue(cloud, "q"), cloud.client("events")
    permit(cloud, name, "events.amazonaws.com")
    rule(cloud, "r", SHOP, {"Arn": arn(cloud, name)}, {"Arn": queue.arn})
    events.put_events(Entries=[ORDER])
    queue.take(wait=5)
    began = time.monotonic()
    for _ in range(5):
        events.put_events(Entries=[ORDER] * 10)
    taken = 0
    while taken < 50 and (messages := queue.take(wait=5)):
        taken += len(messages)
    assert taken == 50 and time.monotonic() - began < 2


def test_metrics(cloud: CloudUnderTest) -> None:
    queue, events = Queue(cloud, "q"), cloud.client("events")
    events.create_event_bus(Name="shop")
    rule(cloud, "good", SHOP, {"Arn": queue.arn})
    rule(cloud, "bad", SHOP, {"Arn": queue.arn + "x", "DeadLetterConfig": {"Arn": queue.arn}}, bus="shop")
    put(cloud, ORDER, ORDER | {"EventBusName": "shop"})
    metrics = cloud.client("cloudwatch").list_metrics(Namespace="AWS/Events")["Metrics"]
    of_rule = {
        name: {metric["MetricName"] for metric in metrics if {"Name": "RuleName", "Value": name} in metric["Dimensions"]}
        for name in ("good", "bad")
    }
    triggered = {"MatchedEvents", "TriggeredRules", "Invocations"}
    assert of_rule == {"good": triggered, "bad": triggered | {"FailedInvocations", "InvocationsSentToDlq"}}
    [failed] = [one["Dimensions"] for one in metrics if one["MetricName"] == "FailedInvocations" and len(one["Dimensions"]) == 2]
    assert {"Name": "EventBusName", "Value": "shop"} in failed


# --- what is refused ----------------------------------------------------------------

EVENT = {"id": "1", "source": "shop", "detail-type": "d", "account": ACCOUNT, "region": "r", "time": "2022-07-13T13:48:01Z"}


def test_a_pattern_is_asked_about_an_event(cloud: CloudUnderTest) -> None:
    events = cloud.client("events")

    def ask(pattern: str, event: str) -> Any:
        return events.test_event_pattern(EventPattern=pattern, Event=event)

    assert ask(json.dumps(SHOP), json.dumps(EVENT))["Result"] is True
    assert ask(json.dumps({"source": ["Shop"]}), json.dumps(EVENT))["Result"] is False
    error = refused(lambda: ask('{"a": 1}', json.dumps(EVENT)))
    assert error.code == "InvalidEventPatternException" and error.message == (
        'Event pattern is not valid. Reason: "a" must be an object or an array\n'
        ' at [Source: (String)"{"a": 1}"; line: 1, column: 8]'
    )
    for event in ("text", '"text"', "[]", '{"source": "shop"}'):
        error = refused(lambda: ask(json.dumps(SHOP), event))  # noqa: B023
        assert (error.code, error.message) == ("ValidationException", "Parameter Event is not valid.")


def test_rules_that_are_refused(cloud: CloudUnderTest) -> None:
    events = cloud.client("events")
    bus = f"arn:aws:events:{cloud.region}:{ACCOUNT}:event-bus/default"
    reason, place = "Empty arrays are not allowed", '[Source: (String)"{"source": []}"; line: 1, column: 14]'
    message = f"Event pattern is not valid. Reason: {reason}\n at {place}"
    for call in (
        lambda: events.put_rule(Name="r", EventPattern='{"source": []}'),
        lambda: events.create_archive(ArchiveName="a", EventSourceArn=bus, EventPattern='{"source": []}'),
    ):
        error = refused(call)
        assert (error.code, error.message) == ("InvalidEventPatternException", message)
    assert events.list_rules()["Rules"] == []
    forty = [{"b": [str(number)]} for number in range(40)]
    many = {"a": {"$or": forty, "c": {"$or": forty}}}
    assert refused(lambda: events.put_rule(Name="r", EventPattern=json.dumps(many))).code == "LimitExceededException"
    pattern = json.dumps({"source": ["x" * 4096]})
    error = refused(lambda: events.put_rule(Name="a b", EventPattern=pattern, State="ON"))
    assert (error.code, error.message) == ("ValidationException", (
        "3 validation errors detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular "
        f"expression pattern: [\\.\\-_A-Za-z0-9]+; Value '{pattern}' at 'eventPattern' failed to satisfy constraint: Member must "
        "have length less than or equal to 4096; Value 'ON' at 'state' failed to satisfy constraint: Member must satisfy enum "
        "value set: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]"
    ))  # fmt: skip


TEMPLATE = {"InputPathsMap": {"a": "$.detail"}}


@pytest.mark.parametrize(
    "target, message",
    [
        ({"Input": "{}", "InputPath": "$.detail"},
         "Only one of Input, InputPath, or InputTransformer must be provided for target t."),
        ({"InputTransformer": {**TEMPLATE, "InputTemplate": '"<b>"'}},
         "InputTemplate for target t contains invalid placeholder b."),
        ({"InputTransformer": {**TEMPLATE, "InputTemplate": "no quotes <a>"}}, "Invalid InputTemplate for target t : "),
        ({"InputTransformer": {**TEMPLATE, "InputTemplate": '{"a": <a>'}}, "Invalid InputTemplate for target t : "),
        ({"InputTransformer": {"InputPathsMap": {"a": "detail"}, "InputTemplate": '"<a>"'}},
         "Invalid InputTransformer for target t."),
        ({"InputTransformer": {"InputPathsMap": {"AWS.a": "$.detail"}, "InputTemplate": '"x"'}},
         "1 validation error detected: Value '{AWS.a=$.detail}' at 'targets.1.member.inputTransformer.inputPathsMap' failed"),
        ({"Input": "no json"}, "JSON syntax error in input for target t : "),
        ({"InputPath": "detail"}, "Invalid InputPath for target t."),
        ({"Arn": "arn:aws:states:REGION:123456789012:stateMachine:m"},
         "RoleArn is required for target arn:aws:states:REGION:123456789012:stateMachine:m."),
        ({"DeadLetterConfig": {"Arn": "arn:aws:sqs:REGION:123456789012:q.fifo"}}, "Parameter DeadLetterConfig.Arn is not valid"),
        ({"RetryPolicy": {"MaximumRetryAttempts": 186}}, "1 validation error detected: Value '186' at "),
        ({"RetryPolicy": {"MaximumEventAgeInSeconds": 86401}}, "1 validation error detected: Value '86401' at "),
        ({"Arn": "arn:aws:sqs:REGION:123456789012:q.fifo"}, "Parameter(s) SqsParameters must be specified for target: t."),
        ({"Arn": "queue"}, "Parameter queue is not valid. Reason: Provided Arn is not in correct format."),
    ],
)  # fmt: skip
def test_targets_that_are_refused(cloud: CloudUnderTest, target: dict[str, Any], message: str) -> None:
    events = cloud.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps(SHOP))
    whole = {"Id": "t", "Arn": "arn:aws:sqs:REGION:123456789012:q", **target}
    given = json.loads(json.dumps(whole).replace("REGION", cloud.region))
    error = refused(lambda: events.put_targets(Rule="r", Targets=[given]))
    assert error.code == "ValidationException" and error.message.startswith(message.replace("REGION", cloud.region))
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []


def test_a_rule_has_five_targets(cloud: CloudUnderTest) -> None:
    events = cloud.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps(SHOP))
    targets = [{"Id": str(number), "Arn": f"arn:aws:sqs:{cloud.region}:{ACCOUNT}:q{number}"} for number in range(6)]
    events.put_targets(Rule="r", Targets=targets[:5])
    events.put_targets(Rule="r", Targets=targets[2:4])
    error = refused(lambda: events.put_targets(Rule="r", Targets=targets[5:]))
    assert (error.code, error.message) == ("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


# --- retries, with a target that fails as it is told --------------------------------


class Failing:
    """A target that fails so many times, and notes when it was tried."""

    def __init__(self, clock: Clock, failures: int, error: Callable[[], Exception]) -> None:
        self.tried: list[float] = []
        self._clock, self._failures, self._error = clock, failures, error

    async def send(self, parcel: Parcel) -> None:
        self.tried.append(self._clock.now())
        if len(self.tried) <= self._failures:
            raise self._error()


def throttled() -> Exception:
    return NotDelivered("THROTTLING", "slow down", again=True)


def delivered(failures: int, policy: dict[str, int], error: Callable[[], Exception] = throttled) -> tuple[list[float], list[str]]:
    """When, in seconds after the first, a delivery is tried, and what is counted; two days pass."""
    counted: list[str] = []

    async def run() -> list[float]:
        clock = Clock(lambda: 1_800_000_000.0)
        target = Failing(clock, failures, error)
        context: Any = SimpleNamespace(clock=clock, account=ACCOUNT)
        deliveries = Deliveries(context, target, lambda metric, rule: counted.append(metric))
        parcel = {"Arn": "arn:aws:sqs:r:1:q", "RetryPolicy": policy}
        deliveries.deliver(parcel, {"id": "1"}, Occasion("arn:rule/r", "r", ""), None, frozenset())
        await clock.advance(2 * 86_400)
        await deliveries.reset()
        return [moment - target.tried[0] for moment in target.tried]

    return asyncio.run(run()), counted


def test_a_delivery_is_tried_again_with_a_growing_back_off() -> None:
    tried, counted = delivered(4, {})
    assert tried == [0, 1, 3, 7, 15] and counted == ["Invocations", *["RetryInvocationAttempts"] * 4]
    assert [delivery_backoff(number) for number in (1, 2, 10, 11, 200)] == [1, 2, 512, 600, 600]


@pytest.mark.parametrize(
    "policy, tries",
    [({"MaximumRetryAttempts": 0}, 1), ({"MaximumRetryAttempts": 3}, 4), ({"MaximumEventAgeInSeconds": 60}, 6), ({}, 153)],
)
def test_a_delivery_is_given_up(policy: dict[str, int], tries: int) -> None:
    tried, counted = delivered(10_000, policy)
    assert len(tried) == tries and counted[-1] == "FailedInvocations"
    assert tried[-1] <= policy.get("MaximumEventAgeInSeconds", 86_400)


def test_a_mistake_of_the_clouds_own_is_tried_again() -> None:
    tried, _ = delivered(1, {}, lambda: ValueError("a mistake"))
    assert tried == [0, 1]
    tried, counted = delivered(1, {}, lambda: NotDelivered("NO_RESOURCE", "gone"))
    assert tried == [0] and counted == ["Invocations", "FailedInvocations"]
