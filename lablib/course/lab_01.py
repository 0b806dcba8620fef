"""The exercises of lab 01: event and context, a function zipped and created by hand, an update with its version."""

from __future__ import annotations

import re
from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import CLOUD, DEFINED, EXAMPLE, HIDDEN, TYPE, Exercise, Layer
from lablib.course.matchers import Test, answers_with_fields, call, callable_named, deployed, failed
from lablib.course.verdict import HOLDS, Answer, fails, shown

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
            return failed(event, wanted, answered, {"KeyError": "an order may have no items; the key is always there."})
        got = answered.payload
        if got == wanted:
            return HOLDS
        return fails(input=shown(event), expected=shown(wanted), got=shown(got), likely=_wrong_receipt(event, got, wanted))

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
    return "the answer has exactly three keys: total, function, request."


def _create(bench: Bench, name: str, reply: str) -> Answer:
    """Have the learner's `create` make a function that answers `reply`, and call it."""
    bench.will_make(name)
    source, given = _REPLY.format(reply=repr(reply)), f'create("{name}", source)'
    _, error = call(bench, "create", name, source)
    wanted = f'a function "{name}" that answers {shown(reply)}'
    if error:
        return fails(input=given, expected=wanted, got=f"an error, {error}", likely=_refused(error))
    if bench.configuration(name) is None:
        likely = "create_function was not called, or not with the name you are given."
        return fails(input=given, expected=wanted, got="no function of that name", likely=likely)
    answered = bench.invoke(name, {})
    if answered.error:
        return fails(input=given, expected=wanted, got=answered.error, likely=_unimportable(answered.error))
    if answered.payload == reply:
        return HOLDS
    likely = "the zip holds other code than the source you are given."
    return fails(input=given, expected=wanted, got=f"it answers {shown(answered.payload)}", likely=likely)


def _refused(error: str) -> str:
    if "unzip" in error.lower() or "zip file" in error.lower():
        return "ZipFile wants the bytes of a zip: close the archive (leave its `with`) before you take them."
    if "ResourceConflict" in error:
        return "the function exists already; this name was free when the check began, so create_function ran twice."
    return "the text of the error says which argument AWS refuses."


def _unimportable(error: str) -> str:
    if "ImportModuleError" in error:
        return "the file must be called as the handler says, and lie at the top of the zip, in no folder."
    if "HandlerNotFound" in error:
        return "Handler is file.function: lambda_function.lambda_handler."
    return "the function was created, and its code fails."


def _settings(bench: Bench) -> Answer:
    name = bench.will_make("check-01-2-settings")
    call(bench, "create", name, _REPLY.format(reply="'ok'"))
    found = bench.configuration(name) or {}
    got = {key: found.get(key) for key in ("MemorySize", "Timeout")}
    wanted = {"MemorySize": 512, "Timeout": 10}
    if got == wanted:
        return HOLDS
    likely = "create_function takes MemorySize (MB) and Timeout (s); without them it is 128 MB and 3 s."
    return fails(input=f'create("{name}", source)', expected=shown(wanted), got=shown(got), likely=likely)


def _created_type(bench: Bench) -> Answer:
    name = bench.will_make("check-01-2-type")
    got, error = call(bench, "create", name, _REPLY.format(reply="'ok'"))
    wanted = "the new function's ARN, as text"
    given = f'create("{name}", source)'
    if error:
        return fails(input=given, expected=wanted, got=f"an error, {error}", likely=_refused(error))
    if isinstance(got, str) and re.fullmatch(rf"arn:[\w-]+:lambda:[\w-]+:\d{{12}}:function:{name}", got):
        return HOLDS
    likely = 'create_function answers a dictionary; return its "FunctionArn".'
    if isinstance(got, str) and got.startswith("arn:"):
        likely = "that is another function's ARN; use the name you are given."
    return fails(input=given, expected=wanted, got=shown(got), likely=likely)


def _base(bench: Bench, name: str) -> str:
    """A function for `release` to update, with the role of one that the learner made; removed when the check ends."""
    import io
    import zipfile

    bench.will_make(name)
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("lambda_function.py", _REPLY.format(reply="'before'"))
    like = bench.any_function()
    bench.client.create_function(
        FunctionName=name, Runtime=like["Runtime"], Role=like["Role"], MemorySize=512,
        Handler="lambda_function.lambda_handler", Code={"ZipFile": box.getvalue()},
    )
    bench.client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return name


def _released_type(bench: Bench) -> Answer:
    name = _base(bench, "check-01-3-type")
    got, error = call(bench, "release", name, _REPLY.format(reply="'new'"))
    wanted, given = 'the version that was published, as text: "1"', f'release("{name}", source)'
    if error:
        return fails(input=given, expected=wanted, got=f"an error, {error}", likely=_unreleased(error))
    if isinstance(got, str) and got != "$LATEST":
        return HOLDS
    if got == "$LATEST":
        likely = "$LATEST is the code you can still change; publish_version's answer has the new number."
    else:
        likely = 'publish_version answers a dictionary; return its "Version", which is text.'
    return fails(input=given, expected=wanted, got=shown(got), likely=likely)


def _unreleased(error: str) -> str:
    if "ResourceConflict" in error:
        return "an update still runs; the waiter function_updated_v2 waits until it is through."
    return "the text of the error says which call AWS refuses."


def _releases(name: str, *replies: str) -> Test:
    """Release `replies` one after the other; each version then answers its own."""

    def test(bench: Bench) -> Answer:
        _base(bench, name)
        for number, reply in enumerate(replies, 1):
            source, given = _REPLY.format(reply=repr(reply)), f'release("{name}", source), for the time no. {number}'
            got, error = call(bench, "release", name, source)
            wanted = f'version "{number}", which answers {shown(reply)}'
            if error:
                return fails(input=given, expected=wanted, got=f"an error, {error}", likely=_unreleased(error))
            if bench.configuration(name, str(number)) is None:
                likely = "nothing was published: publish_version makes a version that never changes."
                return fails(input=given, expected=wanted, got=f'no version "{number}" ({shown(got)})', likely=likely)
            answer = bench.invoke(name, {}, str(number)).payload
            if answer != reply:
                likely = "the version was published before the new code was in: update, wait, then publish."
                return fails(input=given, expected=wanted, got=f"it answers {shown(answer)}", likely=likely)
            if got != str(number):
                likely = "return the number that publish_version answered, not one of your own."
                return fails(input=given, expected=wanted, got=shown(got), likely=likely)
        return HOLDS

    return test


def _old_versions_stay(bench: Bench) -> Answer:
    name = _base(bench, "check-01-3-stay")
    for reply in ("first", "second"):
        call(bench, "release", name, _REPLY.format(reply=repr(reply)))
    versions = [v["Version"] for v in bench.client.list_versions_by_function(FunctionName=name)["Versions"]]
    answer = bench.invoke(name, {}, "1").payload if "1" in versions else None
    if versions == ["$LATEST", "1", "2"] and answer == "first":
        return HOLDS
    return fails(
        input="two releases", expected='versions $LATEST, 1 and 2; version 1 still answers "first"',
        got=f"versions {', '.join(versions)}" + (f"; version 1 answers {shown(answer)}" if "1" in versions else ""),
        likely="one release publishes one version, and never deletes the function or an older version.",
    )


_FIELDS: Final[dict[str, type | tuple[type, ...]]] = {"total": (int, float), "function": str, "request": str}

EXERCISES: Final = (
    Exercise("01.1", "the function `receipt`", (
        Layer(DEFINED, deployed("receipt")),
        Layer(TYPE, answers_with_fields("receipt", TEA, _FIELDS)),
        Layer(EXAMPLE, _receipt(TEA, 11)),
        Layer(HIDDEN, _receipt(_HIDDEN_ORDER, 40)),
        Layer("right on an empty order", _receipt({"items": []}, 0)),
    )),
    Exercise("01.2", "the Python function `create`", (
        Layer(DEFINED, callable_named("create")),
        Layer(TYPE, _created_type),
        Layer(EXAMPLE, lambda bench: _create(bench, "check-01-2-example", "made by hand")),
        Layer(HIDDEN, lambda bench: _create(bench, "check-01-2-hidden", "naïve café")),
        Layer(CLOUD, _settings),
    )),
    Exercise("01.3", "the Python function `release`", (
        Layer(DEFINED, callable_named("release")),
        Layer(TYPE, _released_type),
        Layer(EXAMPLE, _releases("check-01-3-example", "new")),
        Layer(HIDDEN, _releases("check-01-3-hidden", "second edition", "third edition")),
        Layer(CLOUD, _old_versions_stay),
    )),
)
