"""Exercise 02.2: `connect` lets every new object of a bucket call a function, and that bucket alone."""

from __future__ import annotations

import json
import re
import threading
import time
from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, RUNS, TYPE, Exercise, Layer
from lablib.course.labs.lab_02_buckets import buckets
from lablib.course.matchers import NO_RETURN, call, callable_named, own_error, raised
from lablib.course.verdict import HOLDS, Answer, fails, written
from lablib.models import s3_events

_TELLS = "def lambda_handler(event, context):\n    print('KEY', event['Records'][0]['s3']['object']['key'])\n"
"""The function that a check lets a bucket call."""

_ARRIVES_S: Final = 20.0
"""Seconds that S3 gets to call: here it takes milliseconds, on AWS a second or two."""

_ARN = "the function's ARN, as text"


def _asked(bucket: str, name: str) -> str:
    return f'connect("{bucket}", "{name}")'


def _policy(bench: Bench, name: str) -> list[dict[str, Any]]:
    """The statements of a function's policy; none when it has no policy."""
    try:
        return list(json.loads(bench.client.get_policy(FunctionName=name)["Policy"])["Statement"])
    except bench.client.exceptions.ResourceNotFoundException:
        return []


def _sources(statement: dict[str, Any]) -> list[str]:
    """The ARNs that a statement asks the caller's source to have."""
    found = [values["AWS:SourceArn"] for values in statement.get("Condition", {}).values() if "AWS:SourceArn" in values]
    return [str(found[0])] if found else []


def _why_refused(bench: Bench, error: str, bucket: str, name: str) -> str:
    """Why `connect` raised."""
    if "Unable to validate" in error:
        return _not_permitted(bench, bucket, name)
    if "ResourceConflict" in error:
        return "that StatementId is taken: each permission needs an id of its own, such as uuid.uuid4().hex."
    if "ResourceNotFound" in error or "NoSuchBucket" in error:
        return "there is no such function or bucket: use the names that you are given."
    if "sourceArn" in error:
        return "SourceArn is no ARN: a bucket's is arn:aws:s3::: and its name."
    if "ARN" in error or "ParamValidation" in error or "when calling the" in error:
        return "the text of the error says which argument AWS refuses."
    return own_error("connect")


def _not_permitted(bench: Bench, bucket: str, name: str) -> str:
    """Why S3 may not call the function."""
    statements = _policy(bench, name)
    if not statements:
        return f"S3 asks the policy of {name} first, and it is empty: permit this function's call before you set up the notification."
    principals = [statement["Principal"].get("Service", "") for statement in statements if isinstance(statement["Principal"], dict)]
    if "s3.amazonaws.com" not in principals:
        return f"the policy permits {', '.join(principals) or 'somebody else'}; the caller is s3.amazonaws.com."
    if [f"arn:aws:s3:::{bucket}"] not in map(_sources, statements):
        return "SourceArn names something else; a bucket's ARN is arn:aws:s3::: and its name, nothing more."
    if all(statement["Action"] != "lambda:InvokeFunction" for statement in statements):
        return "the policy must allow lambda:InvokeFunction."
    return f"the policy is right; so the notification names another function than {name}."


def _runs(bench: Bench) -> Answer:
    name = bench.make("check-02-2", _TELLS)
    with buckets(bench, {}) as (bucket,):
        _, error = call(bench, "connect", bucket, name)
        if not error:
            return HOLDS
        likely = _why_refused(bench, error, bucket, name)
        return raised(error, input=_asked(bucket, name), expected=_ARN, likely=likely)


def _type(bench: Bench) -> Answer:
    name = bench.make("check-02-2", _TELLS)
    with buckets(bench, {}) as (bucket,):
        got, _ = call(bench, "connect", bucket, name)
    if isinstance(got, str) and re.fullmatch(rf"arn:[\w-]+:lambda:[\w-]+:\d{{12}}:function:{name}", got):
        return HOLDS
    likely = 'get_function_configuration answers a dictionary; its "FunctionArn" is what the bucket needs, and what you return.'
    if got is None:
        likely = NO_RETURN
    elif isinstance(got, str) and got.startswith("arn:"):
        likely = "that is another ARN; use the function that you are given."
    return fails(input=_asked(bucket, name), expected=_ARN, got=written(got), likely=likely)


def _upload_calls(bench: Bench) -> Answer:
    name = bench.make("check-02-2", _TELLS)
    with buckets(bench, {}) as (bucket,):
        call(bench, "connect", bucket, name)
        configured = _configured(bench, bucket, name)
        if not configured:
            likely = f"the bucket has no notification that names {name}: put_bucket_notification_configuration sets it."
            return _silent(bucket, name, "no call", likely)
        if "s3:ObjectCreated:Put" in _covered(configured):
            bench.service("s3").put_object(Bucket=bucket, Key="hello.txt", Body=b"hello")
            if _called(bench, name, "hello.txt"):
                return HOLDS
        likely = f"the notification is for {', '.join(configured)} with its filter; an upload is ObjectCreated, whatever its name."
        return _silent(bucket, name, "no call", likely)


def _silent(bucket: str, name: str, got: str, likely: str) -> Answer:
    asked = f'{_asked(bucket, name)}, then an upload of "hello.txt"'
    return fails(input=asked, expected=f"S3 calls {name} with the upload's event", got=got, likely=likely)


def _configured(bench: Bench, bucket: str, name: str) -> list[str]:
    """The events for which the bucket calls the function."""
    found = bench.service("s3").get_bucket_notification_configuration(Bucket=bucket).get("LambdaFunctionConfigurations", [])
    return [event for one in found if one["LambdaFunctionArn"].endswith(f":function:{name}") for event in one["Events"]]


def _covered(events: list[str]) -> frozenset[str]:
    """The single events that these stand for."""
    return frozenset[str]().union(*map(s3_events.covered, events))


def _called(bench: Bench, name: str, key: str) -> bool:
    """Whether the function tells of that key, in time."""
    last, pause = time.monotonic() + _ARRIVES_S, threading.Event()
    while time.monotonic() < last:
        if any(line.split() == ["KEY", key] for line in bench.log_lines(name, "KEY")):
            return True
        pause.wait(0.05)
    return False


def _two_buckets(bench: Bench) -> Answer:
    """A second bucket for the same function: both call it, whichever way an object comes about."""
    name = bench.make("check-02-2", _TELLS)
    with buckets(bench, {}, {}) as (first, second):
        call(bench, "connect", first, name)
        _, error = call(bench, "connect", second, name)
        given = f"{_asked(first, name)}, then {_asked(second, name)}"
        if error:
            likely = _why_refused(bench, error, second, name)
            return raised(error, input=given, expected="both buckets call it", likely=likely)
        created = s3_events.covered("s3:ObjectCreated:*")
        for bucket in (first, second):
            told = _covered(_configured(bench, bucket, name))
            if missing := sorted(created - told):
                likely = "copies and large uploads are new objects too: s3:ObjectCreated:* stands for all of them."
                return fails(input=given, expected="a call for every new object", got=f"none for {', '.join(missing)}", likely=likely)
            if extra := sorted(told - created):
                likely = "the function asked for new objects; a deletion has no object to read."
                return fails(input=given, expected="a call for new objects alone", got=f"one for {', '.join(extra)} too", likely=likely)
    return HOLDS


def _that_bucket_alone(bench: Bench) -> Answer:
    name = bench.make("check-02-2", _TELLS)
    with buckets(bench, {}) as (bucket,):
        call(bench, "connect", bucket, name)
        open_to = [statement for statement in _policy(bench, name) if _sources(statement) != [f"arn:aws:s3:::{bucket}"]]
    if not open_to:
        return HOLDS
    likely = "without a SourceArn any bucket may call it, of any account; the bucket's ARN narrows it."
    if _sources(open_to[0]):
        likely = "the pattern fits other buckets too; name this one."
    return fails(
        input=_asked(bucket, name), expected=f"a policy that permits arn:aws:s3:::{bucket} and nothing else",
        got=f"one that permits {(_sources(open_to[0]) or ['every source'])[0]}", likely=likely,
    )


CONNECT: Final = Exercise("02.2", "the Python function `connect`", (
    Layer(DEFINED, callable_named("connect")),
    Layer(RUNS, _runs),
    Layer(TYPE, _type),
    Layer(EXAMPLE, _upload_calls),
    Layer(HIDDEN, _two_buckets),
    Layer("only that bucket may call", _that_bucket_alone),
))
