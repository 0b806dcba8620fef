"""Event invoke configurations, dead-letter queues and recursion: what is kept, and what AWS refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.cloud.api.harness import ROLE, Api, refused

HERE = "us-east-1:123456789012"
QUEUE, TOPIC, BUS = f"arn:aws:sqs:{HERE}:q", f"arn:aws:sns:{HERE}:t", f"arn:aws:events:{HERE}:event-bus/default"
BUCKET, OTHER = "arn:aws:s3:::b", f"arn:aws:lambda:{HERE}:function:other"
FUNCTION = f"arn:aws:lambda:{HERE}:function:f"
INVALID, MISSING = ("InvalidParameterValueException", 400), ("ResourceNotFoundException", 404)
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793"


@pytest.fixture
def f(api: Api) -> Api:
    """An API with a function `f`, a function `other`, and every kind of destination."""
    api.targets = {QUEUE, TOPIC, BUS, BUCKET, f"{QUEUE}.fifo", f"{TOPIC}.fifo"}
    api.create("f")
    api.create("other")
    return api


def to(success: str | None = None, failure: str | None = None) -> dict[str, Any]:
    config = {}
    if success is not None:
        config["OnSuccess"] = {"Destination": success}
    if failure is not None:
        config["OnFailure"] = {"Destination": failure}
    return {"DestinationConfig": config}


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_put_and_get(f: Api) -> None:
    put = f.client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
    assert put["LastModified"].timestamp() == pytest.approx(f.clock.now(), abs=60)
    assert shown(put) == shown(f.client.get_function_event_invoke_config(FunctionName="f")) == {
        "LastModified": put["LastModified"], "FunctionArn": f"{FUNCTION}:$LATEST", "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 60, "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
    }  # fmt: skip


def test_last_modified_travels_as_a_float(f: Api) -> None:
    bodies: list[bytes] = []
    f.client.meta.events.register("response-received.lambda.*", lambda response_dict, **_: bodies.append(response_dict["body"]))
    f.client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    assert isinstance(json.loads(bodies[-1])["LastModified"], float)


def test_put_replaces_and_update_changes(f: Api) -> None:
    f.client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=1, **to(QUEUE, BUCKET))
    updated = f.client.update_function_event_invoke_config(FunctionName="f", MaximumEventAgeInSeconds=100)
    assert (updated["MaximumRetryAttempts"], updated["MaximumEventAgeInSeconds"]) == (1, 100)
    assert updated["DestinationConfig"] == to(QUEUE, BUCKET)["DestinationConfig"]
    for unchanged in ({"OnSuccess": {}}, {"OnFailure": {}}, {"OnFailure": {"Destination": BUCKET}}):
        updated = f.client.update_function_event_invoke_config(FunctionName="f", DestinationConfig=unchanged)
        assert updated["DestinationConfig"] == to(QUEUE, BUCKET)["DestinationConfig"]
    updated = f.client.update_function_event_invoke_config(FunctionName="f", DestinationConfig={"OnFailure": {"Destination": ""}})
    assert updated["DestinationConfig"] == {**to(QUEUE)["DestinationConfig"], "OnFailure": {}}
    assert updated["MaximumRetryAttempts"] == 1
    put = f.client.put_function_event_invoke_config(FunctionName="f", **to(TOPIC))
    assert "MaximumRetryAttempts" not in put and put["DestinationConfig"]["OnSuccess"] == {"Destination": TOPIC}


def test_each_qualifier_has_its_own(f: Api) -> None:
    f.client.publish_version(FunctionName="f")
    f.client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    names = ["f", "f:1", "f:live"]
    for number, name in enumerate(names):
        f.client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=number)
    found = [f.client.get_function_event_invoke_config(FunctionName=name)["MaximumRetryAttempts"] for name in names]
    assert found == [0, 1, 2]
    listed = f.client.list_function_event_invoke_configs(FunctionName="f")["FunctionEventInvokeConfigs"]
    assert [one["FunctionArn"].removeprefix(FUNCTION) for one in listed] == [":$LATEST", ":1", ":live"]
    pages = f.client.get_paginator("list_function_event_invoke_configs").paginate(
        FunctionName="f", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["FunctionEventInvokeConfigs"]) for page in pages] == [2, 1]
    f.client.delete_alias(FunctionName="f", Name="live")
    f.client.delete_function_event_invoke_config(FunctionName="f", Qualifier="1")
    assert len(f.client.list_function_event_invoke_configs(FunctionName="f")["FunctionEventInvokeConfigs"]) == 1
    f.client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    for name in ("f:1", "f:live"):
        assert refused(f.client.get_function_event_invoke_config, FunctionName=name).code == MISSING[0]


@pytest.mark.parametrize("arn", [QUEUE, TOPIC, BUS, OTHER, f"{OTHER}:$LATEST"])
def test_destinations(f: Api, arn: str) -> None:
    answer = f.client.put_function_event_invoke_config(FunctionName="f", **to(arn, arn))
    assert answer["DestinationConfig"]["OnSuccess"] == {"Destination": arn}


def test_a_bucket_takes_failures(f: Api) -> None:
    f.client.put_function_event_invoke_config(FunctionName="f", **to(failure=BUCKET))
    assert f.role_asked == [("s3:PutObject", f"{BUCKET}/aws/lambda/async/f/*"), ("s3:ListBucket", BUCKET)]


NO_CONFIG = f"The function {FUNCTION}:$LATEST doesn't have an EventInvokeConfig"
NO_FUNCTION = "The function doesn't exist."
CONFIG = "The provided destination config DestinationConfig"
KINESIS = f"arn:aws:kinesis:{HERE}:stream/s"
CALLS: dict[str, tuple[str, dict[str, Any], tuple[str, int], str]] = {
    "nothing to put": ("put", {}, INVALID, "You must specify at least one of error handling or destination setting."),
    "nothing to update": ("update", {}, INVALID, "You must specify at least one of error handling or destination setting."),
    "no function to put": ("put", {"FunctionName": "no", "MaximumRetryAttempts": 1}, MISSING, NO_FUNCTION),
    "no version to put": ("put", {"Qualifier": "7", "MaximumRetryAttempts": 1}, MISSING, NO_FUNCTION),
    "no alias to put": ("put", {"Qualifier": "live", "MaximumRetryAttempts": 1}, MISSING, NO_FUNCTION),
    "none to update": ("update", {"MaximumRetryAttempts": 1}, MISSING, NO_CONFIG),
    "none to get": ("get", {}, MISSING, NO_CONFIG),
    "none to delete": ("delete", {}, MISSING, NO_CONFIG),
    "no function to get": ("get", {"FunctionName": "no"}, MISSING, NO_CONFIG.replace("f:$", "no:$")),
    "three retries": (
        "put", {"MaximumRetryAttempts": 3}, ("ValidationException", 400),
        "1 validation error detected: Value '3' at 'maximumRetryAttempts' failed to satisfy constraint: "
        "Member must have value less than or equal to 2",
    ),
    "too young": (
        "put", {"MaximumEventAgeInSeconds": 59}, ("ValidationException", 400),
        "1 validation error detected: Value '59' at 'maximumEventAgeInSeconds' failed to satisfy constraint: "
        "Member must have value greater than or equal to 60",
    ),
    "too old": (
        "put", {"MaximumEventAgeInSeconds": 21601}, ("ValidationException", 400),
        "1 validation error detected: Value '21601' at 'maximumEventAgeInSeconds' failed to satisfy constraint: "
        "Member must have value less than or equal to 21600",
    ),
    "a stream": (
        "put", to(failure=KINESIS), INVALID, f"{CONFIG}(onSuccess=null, onFailure=OnFailure(destination={KINESIS})) is invalid.",
    ),
    "a bucket for success": (
        "put", to(BUCKET, QUEUE), INVALID,
        f"{CONFIG}(onSuccess=OnSuccess(destination={BUCKET}), onFailure=OnFailure(destination={QUEUE})) is invalid.",
    ),
    "itself": ("put", to(FUNCTION), INVALID, "You can't specify the function as a destination for itself."),
    "no such function": ("put", to(f"{FUNCTION}-7"), INVALID, f"The destination ARN {FUNCTION}-7 is invalid."),
    "no such version": ("put", to(f"{OTHER}:7"), INVALID, f"The destination ARN {OTHER}:7 is invalid."),
    "no such queue": ("put", to(f"{QUEUE}7"), INVALID, f"The destination ARN {QUEUE}7 is invalid."),
    "no such bucket": ("put", to(failure=f"{BUCKET}7"), INVALID, f"The destination ARN {BUCKET}7 is invalid."),
    "a FIFO queue": ("put", to(f"{QUEUE}.fifo"), INVALID, f"The destination ARN {QUEUE}.fifo is invalid."),
    "a FIFO topic": ("put", to(f"{TOPIC}.fifo"), INVALID, "FIFO-type Amazon SNS topics aren't supported as a destination."),
}  # fmt: skip


@pytest.mark.parametrize("operation, given, error, message", CALLS.values(), ids=CALLS)
def test_refusals(f: Api, operation: str, given: dict[str, Any], error: tuple[str, int], message: str) -> None:
    call = getattr(f.client, f"{operation}_function_event_invoke_config")
    answer = refused(call, **({"FunctionName": "f"} | given))
    assert ((answer.code, answer.status), answer.message) == (error, message)


DENIED = {
    "queue": (QUEUE, "sqs:SendMessage"), "topic": (TOPIC, "sns:Publish"), "bus": (BUS, "events:PutEvents"),
    "function": (OTHER, "lambda:InvokeFunction"),
}  # fmt: skip


@pytest.mark.parametrize("arn, action", DENIED.values(), ids=DENIED)
def test_the_role_must_be_allowed(f: Api, arn: str, action: str) -> None:
    f.role_denied = {(action, arn)}
    answer = refused(f.client.put_function_event_invoke_config, FunctionName="f", **to(arn))
    words = f"The function's execution role does not have permissions to call {action.partition(':')[2]} on {arn}"
    assert ((answer.code, answer.status), answer.message) == (INVALID, words)


# --- dead-letter queues -----------------------------------------------------------------


def dead(arn: str) -> dict[str, Any]:
    return {"DeadLetterConfig": {"TargetArn": arn}}


def test_a_dead_letter_queue_is_part_of_the_configuration(f: Api) -> None:
    f.create("g", **dead(QUEUE))
    assert f.client.publish_version(FunctionName="g")["DeadLetterConfig"] == {"TargetArn": QUEUE}
    assert f.client.update_function_configuration(FunctionName="g", **dead(TOPIC))["DeadLetterConfig"] == {"TargetArn": TOPIC}
    kept = f.client.update_function_configuration(FunctionName="g", DeadLetterConfig={})
    assert kept["DeadLetterConfig"] == {"TargetArn": TOPIC}
    assert "DeadLetterConfig" not in f.client.update_function_configuration(FunctionName="g", **dead(""))
    assert f.client.get_function_configuration(FunctionName="g:1")["DeadLetterConfig"] == {"TargetArn": QUEUE}
    assert "DeadLetterConfig" not in f.client.get_function_configuration(FunctionName="f")


SENTENCE = "The provided execution role does not have permissions to call"
BAD = "Invalid dead letter queue ARN: "
DEAD = {
    "another service": (
        OTHER, f"{BAD}The service specified by the TargetArn is not supported for dead letter configuration.",
    ),
    "another region": (
        "arn:aws:sqs:eu-west-1:123456789012:q",
        f"{BAD}The resource specified by the TargetArn must be in the same region as the Lambda function it's associated with.",
    ),
    "a FIFO queue": (f"{QUEUE}.fifo", f"{BAD}FIFO SQS queue is not supported for dead letter configuration"),
    "a FIFO topic": (f"{TOPIC}.fifo", f"{BAD}FIFO SNS topic is not supported for dead letter configuration"),
    "no such queue": (f"{QUEUE}7", f"{SENTENCE} SendMessage on SQS ({QUEUE}7 does not exist)"),
    "a queue it may not use": (f"{QUEUE}-denied", f"{SENTENCE} SendMessage on SQS"),
    "a topic it may not use": (f"{TOPIC}-denied", f"{SENTENCE} Publish on SNS"),
}  # fmt: skip


@pytest.mark.parametrize("operation", ["create", "update"])
@pytest.mark.parametrize("arn, message", DEAD.values(), ids=DEAD)
def test_dead_letter_queues_that_are_refused(f: Api, operation: str, arn: str, message: str) -> None:
    f.targets |= {f"{QUEUE}-denied", f"{TOPIC}-denied"}
    f.role_denied = {("sqs:SendMessage", f"{QUEUE}-denied"), ("sns:Publish", f"{TOPIC}-denied")}
    if operation == "update":
        answer = refused(f.client.update_function_configuration, FunctionName="f", **dead(arn))
    else:
        given = {"FunctionName": "g", "Runtime": "python3.12", "Handler": "a.b", "Role": ROLE, "Code": {"ZipFile": b""}}
        answer = refused(f.client.create_function, **given, **dead(arn))
    assert ((answer.code, answer.status), answer.message) == (INVALID, message)


# --- InvokeAsync, recursion -------------------------------------------------------------


def test_invoke_async(f: Api) -> None:
    answer = f.client.invoke_async(FunctionName="f", InvokeArgs=b"[1]")
    assert answer["Status"] == answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert "x-amzn-trace-id" not in answer["ResponseMetadata"]["HTTPHeaders"]
    assert [(put.name, put.payload) for put in f.events.accepted] == [("f", b"[1]")]
    largest = b'"' + b"x" * 262_142 + b'"'
    assert f.client.invoke_async(FunctionName="f", InvokeArgs=largest)["Status"] == 202


ASYNC: dict[str, tuple[dict[str, Any], tuple[str, int]]] = {
    "no JSON": ({"InvokeArgs": b"x"}, ("InvalidRequestContentException", 400)),
    "no function": ({"FunctionName": "no"}, MISSING),
    "over 256 KB": ({"InvokeArgs": b'"' + b"x" * 262_143 + b'"'}, ("RequestEntityTooLargeException", 413)),
}


@pytest.mark.parametrize("given, error", ASYNC.values(), ids=ASYNC)
def test_invoke_async_refuses(f: Api, given: dict[str, Any], error: tuple[str, int]) -> None:
    answer = refused(f.client.invoke_async, **({"FunctionName": "f", "InvokeArgs": b"{}"} | given))
    assert (answer.code, answer.status) == error and f.events.accepted == []


def test_recursion_is_terminated_unless_allowed(f: Api) -> None:
    assert f.client.get_function_recursion_config(FunctionName="f")["RecursiveLoop"] == "Terminate"
    assert f.client.put_function_recursion_config(FunctionName="f", RecursiveLoop="Allow")["RecursiveLoop"] == "Allow"
    assert f.client.get_function_recursion_config(FunctionName=FUNCTION)["RecursiveLoop"] == "Allow"


RECURSION: dict[str, tuple[dict[str, Any], tuple[str, int]]] = {
    "another word": ({"RecursiveLoop": "Maybe"}, ("ValidationException", 400)),
    "no word": ({}, ("ValidationException", 400)),
    "no function": ({"FunctionName": "no", "RecursiveLoop": "Allow"}, MISSING),
}


@pytest.mark.parametrize("given, error", RECURSION.values(), ids=RECURSION)
def test_recursion_config_refuses(f: Api, given: dict[str, Any], error: tuple[str, int]) -> None:
    answer = refused(f.client.put_function_recursion_config, **({"FunctionName": "f"} | given))
    assert (answer.code, answer.status) == error


def test_the_seventeenth_run_in_one_chain_is_refused(f: Api) -> None:
    header = TRACE

    def add(params: dict[str, Any], **_: Any) -> None:
        """As botocore does inside a function."""
        params["headers"]["X-Amzn-Trace-Id"] = header

    f.client.meta.events.register("before-call.lambda", add)
    for _ in range(16):
        f.client.invoke(FunctionName="f")
        header = str(f.invoker.invoked[-1].trace)
    answer = refused(f.client.invoke, FunctionName="f")
    assert (answer.code, answer.status) == ("RecursiveInvocationException", 400) and "recursive loop" in answer.message
    assert f.metrics.counted == [("RecursiveInvocationsDropped", "f", None)] and len(f.invoker.invoked) == 16
    f.client.invoke(FunctionName="other")
    f.client.invoke(FunctionName="f", InvocationType="Event")  # the queue drops it
    assert f.events.accepted[-1].trace == header
    f.client.put_function_recursion_config(FunctionName="f", RecursiveLoop="Allow")
    f.client.invoke(FunctionName="f")
    assert len(f.invoker.invoked) == 18


def test_what_others_change_while_destinations_are_looked_at_is_kept(f: Api) -> None:
    f.client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=2)
    configs = f.functions.function("f").event_invoke
    f.meanwhile = lambda: configs.update({"$LATEST": replace(configs["$LATEST"], maximum_retries=0)})
    f.client.update_function_event_invoke_config(FunctionName="f", **to(failure=QUEUE))
    config = f.client.get_function_event_invoke_config(FunctionName="f")
    assert (config["MaximumRetryAttempts"], config["DestinationConfig"]["OnFailure"]) == (0, {"Destination": QUEUE})
