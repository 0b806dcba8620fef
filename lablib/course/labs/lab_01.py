"""The exercises of lab 01: event and context, a function zipped and created by hand, an update with its version."""

from __future__ import annotations

import re
from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, RUNS, TYPE, Exercise, Layer
from lablib.course.matchers import (
    NO_RETURN, Test, answers_with_fields, call, callable_named, deployed, equals, extra_key, failed, own_error, raised, runs,
)  # fmt: skip
from lablib.course.verdict import HOLDS, Answer, fails, shown, written
from lablib.course.watch import watched

TEA: Final[dict[str, Any]] = {"items": [{"price": 4, "quantity": 2}, {"price": 3, "quantity": 1}]}
"""The example event of 01.1, as the notebook shows it: it costs 11."""
_HIDDEN_ORDER: Final[dict[str, Any]] = {"items": [{"price": 10, "quantity": 3}, {"price": 2, "quantity": 5}]}

_REPLY = "def lambda_handler(event, context):\n    return {reply}\n"
"""Source that a check hands to the learner's `create` and `release`."""


def _receipt(event: dict[str, Any], total: int) -> Test:
    def test(bench: Bench) -> Answer:
        answered = bench.invoke("receipt", event)
        wanted = {"total": total, "function": "receipt", "request": answered.request_id}
        if answered.error:
            causes = {"KeyError": "an order may have no items; the key is always there."}
            return failed("receipt", event, shown(wanted), answered, causes)
        return equals(event, answered.payload, wanted, lambda got: _wrong_receipt(event, got, wanted))

    return test


def _wrong_receipt(event: dict[str, Any], got: dict[str, Any], wanted: dict[str, Any]) -> str:
    if got["total"] != wanted["total"]:
        if got["total"] == sum(item["price"] for item in event["items"]):
            return "the quantity is missing: each item costs price times quantity."
        if got["total"] == 11:
            return "11 is the example's total; add up what this event holds."
        return "add price times quantity over all items."
    if got["function"] != wanted["function"]:
        return "context.function_name is the function's name."
    if got["request"] != wanted["request"]:
        return "every invocation has an id of its own: context.aws_request_id."
    return extra_key(got, *wanted)


def _create(bench: Bench, name: str, reply: str) -> Answer:
    """Have the learner's `create` make a function that answers `reply`, and call it."""
    bench.will_make(name)
    source, given = _REPLY.format(reply=repr(reply)), _asked_create(name)
    _, error = call(bench, "create", name, source)
    wanted = f'a function "{name}" that answers {shown(reply)}'
    if error:
        return raised(error, input=given, expected=wanted, likely=_refused(error, name))
    if bench.configuration(name) is None:
        likely = "create_function was not called, or not with the name you are given."
        return fails(input=given, expected=wanted, got="no function of that name", likely=likely)
    answered = bench.invoke(name, {})
    if answered.error:
        return fails(input=given, expected=wanted, got=answered.error, likely=_unimportable(answered.error))
    if answered.payload == reply:
        return HOLDS
    return fails(input=given, expected=wanted, got=f"it answers {shown(answered.payload)}", likely=_OTHER_CODE)


def _asked_create(name: str) -> str:
    return f'create("{name}", source)'


_OTHER_CODE = "the zip holds other code than the source you are given; make it inside the function, of `source`."


def _refused(error: str, name: str) -> str:
    """Why `create`, asked to make `name`, raised."""
    if "bytes-like object is required" in error:
        return "ZipFile wants bytes, and a BytesIO is none: its getvalue() gives them."
    if "unzip" in error.lower() or "zip file" in error.lower():
        return "ZipFile wants the bytes of a zip: close the archive (leave its `with`) before you take them."
    if "ResourceConflict" in error and name in error:
        return "the function exists already; this name was free when the check began, so create_function ran twice."
    if "ResourceConflict" in error:
        return "you used another name than the one given, and that one is taken."
    if not _from_aws(error):
        return own_error("create")
    return "the text of the error says which argument AWS refuses."


def _from_aws(error: str) -> bool:
    """Whether boto3 raised it: "An error occurred (Code) when calling ...", or its own check of the arguments."""
    return "when calling the" in error or error.startswith(("ParamValidationError", "WaiterError"))


def _unimportable(error: str) -> str:
    if "ImportModuleError" in error:
        return "the file must be called as the handler says, and lie at the top of the zip, in no folder; make the zip inside the function."
    if "HandlerNotFound" in error or "MalformedHandlerName" in error:
        return "Handler is file.function: lambda_function.lambda_handler."
    return _OTHER_CODE  # the source that a check hands over does not fail


def _creates(bench: Bench) -> Answer:
    name = bench.will_make("check-01-2-runs")
    _, error = call(bench, "create", name, _REPLY.format(reply="'ok'"))
    if not error:
        return HOLDS
    return raised(error, input=_asked_create(name), expected=_NEW_ARN, likely=_refused(error, name))


def _waits_until_active(bench: Bench) -> Answer:
    name = bench.will_make("check-01-2-waits")
    with watched(bench.namespace) as watch:
        call(bench, "create", name, _REPLY.format(reply="'ok'"))
    if watch.asked_until_active():
        return HOLDS
    return fails(
        input=_asked_create(name), expected="it returns when the function's State is Active",
        got="it returns, and nobody asked for the State since create_function",
        likely="a new function is Pending at first; the waiter function_active_v2 asks until it is Active.",
    )


def _settings(bench: Bench) -> Answer:
    name = bench.will_make("check-01-2-settings")
    call(bench, "create", name, _REPLY.format(reply="'ok'"))
    found = bench.configuration(name) or {}
    got = {key: found.get(key) for key in ("MemorySize", "Timeout")}
    wanted = {"MemorySize": 512, "Timeout": 10}
    if got == wanted:
        return HOLDS
    likely = "create_function takes MemorySize (MB) and Timeout (s); without them it is 128 MB and 3 s."
    return fails(input=f'create("{name}", source)', expected=written(wanted), got=written(got), likely=likely)


_NEW_ARN = "the new function's ARN, as text"


def _created_type(bench: Bench) -> Answer:
    name = bench.will_make("check-01-2-type")
    got, error = call(bench, "create", name, _REPLY.format(reply="'ok'"))
    if error:
        return raised(error, input=_asked_create(name), expected=_NEW_ARN, likely=_refused(error, name))
    if isinstance(got, str) and re.fullmatch(rf"arn:[\w-]+:lambda:[\w-]+:\d{{12}}:function:{name}", got):
        return HOLDS
    likely = 'create_function answers a dictionary; return its "FunctionArn".'
    if isinstance(got, str) and got.startswith("arn:"):
        likely = "that is another function's ARN; use the name you are given."
    elif got is None:
        likely = NO_RETURN
    return fails(input=_asked_create(name), expected=_NEW_ARN, got=written(got), likely=likely)


def _base(bench: Bench, name: str) -> str:
    """A function for `release` to update; removed when the check ends."""
    return bench.make(name, _REPLY.format(reply="'before'"))


_NEW_VERSION = 'the version that was published, as text, such as "1"'


def _release(bench: Bench, layer: str) -> tuple[str, Any, str | None]:
    """What was asked of the learner's `release`, its result, its error."""
    name = _base(bench, f"check-01-3-{layer}")
    got, error = call(bench, "release", name, _REPLY.format(reply="'new'"))
    return f'release("{name}", source)', got, error


def _released(bench: Bench) -> Answer:
    given, _, error = _release(bench, "runs")
    return raised(error, input=given, expected=_NEW_VERSION, likely=_unreleased(error)) if error else HOLDS


def _released_type(bench: Bench) -> Answer:
    given, got, error = _release(bench, "type")
    if error:
        return raised(error, input=given, expected=_NEW_VERSION, likely=_unreleased(error))
    if isinstance(got, str) and got != "$LATEST":
        return HOLDS
    if got == "$LATEST":
        likely = "$LATEST is the code you can still change; publish_version's answer has the new number."
    elif got is None:
        likely = NO_RETURN
    else:
        likely = 'publish_version answers a dictionary; return its "Version", which is text.'
    return fails(input=given, expected=_NEW_VERSION, got=written(got), likely=likely)


def _waits_until_updated(bench: Bench) -> Answer:
    with watched(bench.namespace) as watch:
        given, _, _ = _release(bench, "waits")
    if watch.asked_until_updated():
        return HOLDS
    return fails(
        input=given, expected="the version is published when LastUpdateStatus is Successful",
        got="nobody asked for it between update_function_code and publish_version",
        likely="an update takes its time, and AWS refuses to publish meanwhile; wait with function_updated_v2.",
    )


def _unreleased(error: str) -> str:
    if "already exist" in error:
        return "the function exists, and release keeps it: update_function_code, in place of create_function."
    if "ResourceConflict" in error:
        return "an update still runs; the waiter function_updated_v2 waits until it is through."
    if "bytes-like object is required" in error:
        return "ZipFile wants bytes, and a BytesIO is none: its getvalue() gives them."
    if not _from_aws(error):
        return own_error("release")
    return "the text of the error says which call AWS refuses."


def _releases(name: str, *replies: str) -> Test:
    """Release `replies` one after the other; each version then answers its own.

    Which number it has is not known before: those of a function that was deleted never come back.
    """

    def test(bench: Bench) -> Answer:
        _base(bench, name)
        for time, reply in enumerate(replies, 1):
            source, given = _REPLY.format(reply=repr(reply)), f'release("{name}", source), for the time no. {time}'
            before = bench.versions(name)
            with watched(bench.namespace) as watch:
                got, error = call(bench, "release", name, source)
            wanted = f"a new version, which answers {shown(reply)}"
            if error:
                return raised(error, input=given, expected=wanted, likely=_unreleased(error))
            new = [number for number in bench.versions(name) if number not in before]
            if not new:
                if watch.made("DeleteFunction"):
                    likely = "release deletes the function, and its versions with it: update the code of the one that is there."
                elif watch.made("PublishVersion"):
                    likely = "another function's version was published; use the name you are given."
                else:
                    likely = "nothing was published: publish_version makes a version that never changes."
                return fails(input=given, expected=wanted, got=f"no new version (release returns {written(got)})", likely=likely)
            answered = bench.invoke(name, {}, new[-1])
            if answered.error:
                return fails(input=given, expected=wanted, got=answered.error, likely=_unimportable(answered.error))
            if answered.payload != reply:
                likely = "the version was published before the new code was in: update, wait, then publish."
                return fails(input=given, expected=wanted, got=f"it answers {shown(answered.payload)}", likely=likely)
            if got != new[-1]:
                likely = "return the number that publish_version answered, not one of your own."
                return fails(input=given, expected=wanted, got=f"release returns {written(got)}", likely=likely)
        return HOLDS

    return test


def _old_versions_stay(bench: Bench) -> Answer:
    name = _base(bench, "check-01-3-stay")
    call(bench, "release", name, _REPLY.format(reply="'first'"))
    first = bench.versions(name)
    call(bench, "release", name, _REPLY.format(reply="'second'"))
    both = bench.versions(name)
    answer = bench.invoke(name, {}, first[0]).payload if first and first[0] in both else None
    if len(first) == 1 and len(both) == 2 and answer == "first":
        return HOLDS
    older = f"; the older one answers {shown(answer)}" if answer is not None else ""
    return fails(
        input="two releases", expected='two versions; the older one still answers "first"',
        got=f"{len(first)} after the first release, {len(both)} after the second{older}",
        likely="one release publishes one version, and never deletes the function or an older version.",
    )


_FIELDS: Final[dict[str, type | tuple[type, ...]]] = {"total": (int, float), "function": str, "request": str}

EXERCISES: Final = (
    Exercise("01.1", "the function `receipt`", (
        Layer(DEFINED, deployed("receipt")),
        Layer(RUNS, runs("receipt", TEA)),
        Layer(TYPE, answers_with_fields("receipt", TEA, _FIELDS)),
        Layer(EXAMPLE, _receipt(TEA, 11)),
        Layer(HIDDEN, _receipt(_HIDDEN_ORDER, 40)),
        Layer("right on an empty order", _receipt({"items": []}, 0)),
    )),
    Exercise("01.2", "the Python function `create`", (
        Layer(DEFINED, callable_named("create")),
        Layer(RUNS, _creates),
        Layer(TYPE, _created_type),
        Layer(EXAMPLE, lambda bench: _create(bench, "check-01-2-example", "made by hand")),
        Layer("right on a source you have not seen", lambda bench: _create(bench, "check-01-2-hidden", "naïve café")),
        Layer("right memory and timeout", _settings),
        Layer("waits until it is Active", _waits_until_active),
    )),
    Exercise("01.3", "the Python function `release`", (
        Layer(DEFINED, callable_named("release")),
        Layer(RUNS, _released),
        Layer(TYPE, _released_type),
        Layer(EXAMPLE, _releases("check-01-3-example", "new")),
        Layer("right on sources you have not seen", _releases("check-01-3-hidden", "second edition", "third edition")),
        Layer("waits until it is updated", _waits_until_updated),
        Layer("older versions stay", _old_versions_stay),
    )),
)
