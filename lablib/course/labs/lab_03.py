"""The exercises of lab 03: a runtime's loop in bash, one that reports failures, and one that functions share in a layer."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, HIDDEN, RUNS, TYPE, Exercise, Layer
from lablib.course.matchers import (
    NO_RETURN, Test, answers, answers_with_fields, call, callable_named, equals, extra_key, failed, own_error, raised,
)  # fmt: skip
from lablib.course.verdict import HOLDS, Answer, NotStarted, fails, shown, written

ONE: Final[dict[str, Any]] = {"n": 1}
"""The example event of 03.1, as the notebook shows it."""
_NESTED: Final[dict[str, Any]] = {"name": "José", "tags": ["a  b", "*", "$HOME"], "of": {"n": 2.5}}

NUMBER: Final[dict[str, Any]] = {"n": 21}
NO_NUMBER: Final[dict[str, Any]] = {"name": "Ada"}
"""The example events of 03.2: one that can be doubled, one that cannot."""
_NO_NUMBER_ERROR: Final = "NoNumber: the event has no n"

_ANSWERS = 'a function that answers "{reply}" through the layer'
_BOOTSTRAP: Final = """#!/bin/bash
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"; headers=$(mktemp)
while true; do
  curl -sS -o /dev/null -D "$headers" "$api/next"
  id=$(grep -i request-id "$headers" | cut -d' ' -f2 | tr -d '\\r')
  curl -sS -o /dev/null -d '"{reply}"' "$api/$id/response"
done
"""
"""The runtime that a check hands to the learner's `share`; each answers with a word of its own."""


# --- 03.1 and 03.2: a bootstrap ---------------------------------------------------------


def _own_loop(name: str) -> Test:
    """A function that Lambda's own runtimes do not run: its bootstrap has the loop."""

    def test(bench: Bench) -> Answer:
        found = bench.configuration(name)
        if found is None:
            raise NotStarted
        runtime = str(found.get("Runtime"))
        if runtime.startswith("provided"):
            return HOLDS
        likely = f"with it Lambda brings the loop; yours is a bootstrap: %%lambda_function {name} --runtime provided.al2023"
        return fails(expected="a runtime of your own", got=f"the managed runtime {runtime}", likely=likely)

    return test


def _causes(name: str, error: str) -> dict[str, str]:
    """What the ends of a bootstrap come from."""
    kind = error.partition(": ")[0]
    known = {
        "Sandbox.Timedout": "it took the event and nobody answered: post with the id from this event's headers, "
        f'without the line\'s end that clings to it; what curl said is in lab.logs("{name}").',
        "NoNumber": 'this event has an n: give `handler` all of it, "$event" in double quotes, and post what it prints to …/response.',
        "Runtime.ExitError": "the script ended before it had answered: a slip, an exit, or no loop; "
        f'what bash said is in lab.logs("{name}").',
        "Runtime.InvalidEntrypoint": "the script's first line has to be #!/bin/bash.",
    }
    return known if kind in known else {kind: "it was posted to …/error; an answer goes to …/response."}


def _answers_at_all(name: str, event: dict[str, Any]) -> Test:
    def test(bench: Bench) -> Answer:
        answered = bench.invoke(name, event)
        if answered.error:
            return failed(name, event, "an answer", answered, _causes(name, answered.error))
        if answered.payload is None or isinstance(answered.payload, str):
            got = answered.payload or "nothing"
            return fails(input=shown(event), expected="an answer in JSON", got=got, likely=_no_json(got))
        return HOLDS

    return test


def _no_json(got: str) -> str:
    if got == "nothing":
        return "it was posted without a body: what stands after curl's -d came to nothing."
    if "$" in got:
        return "between single quotes bash puts nothing in for a $ name; use double quotes."
    if '{"' in got:
        return "its quotes are right; a value is empty or no number. Bash allows no spaces around =, and only $((…)) calculates."
    return 'callers expect JSON: in bash, write its quotes as \\" inside "…".'


def _repeats(event: dict[str, Any]) -> Test:
    """`parrot` answers with the event as it came; which call it is depends on what was called before."""

    def test(bench: Bench) -> Answer:
        answered = bench.invoke("parrot", event)
        if answered.error:
            return failed("parrot", event, "an answer", answered, _causes("parrot", answered.error))
        counted = answered.payload.get("call", 1) if isinstance(answered.payload, dict) else 1
        return equals(event, answered.payload, {"call": counted, "event": event}, lambda got: _wrong_event(got, event))

    return test


def _wrong_event(got: dict[str, Any], event: dict[str, Any]) -> str:
    if extra := extra_key(got, "call", "event"):
        return extra
    if got["event"] == ONE and event != ONE:
        return "that is the example's event; put in what curl got from …/next."
    return 'the event goes in as it came: "$event" between double quotes, or bash changes spaces and stars in it.'


def _counts(bench: Bench) -> Answer:
    """Two calls in an environment of their own, which a new version gets; unchanged code gives the version that is there."""
    before = bench.versions("parrot")
    version = bench.client.publish_version(FunctionName="parrot")["Version"]
    if version not in before:
        bench.afterwards(lambda: bench.client.delete_function(FunctionName="parrot", Qualifier=version))
    bench.client.get_waiter("published_version_active").wait(FunctionName="parrot", Qualifier=version)
    payloads = [bench.invoke("parrot", ONE, version).payload for _ in range(2)]
    got = [payload.get("call", 0) if isinstance(payload, dict) else 0 for payload in payloads]
    first = got[0] if version in before else 1  # one that the learner published may have answered before
    if got == [first, first + 1] and first:
        return HOLDS
    if got == [1, 1]:
        likely = "nothing is remembered: the count lives in a variable that the loop changes, and a script without a loop starts anew."
    elif got[0] == 0:
        likely = "the first call is number 1: count before you answer."
    else:
        likely = "the count goes up by one with each event, and starts at 1 in a new environment."
    seen = f"calls number {got[0]} and {got[1]}"
    return fails(input="two calls in a new environment", expected="calls number 1 and 2", got=seen, likely=likely)


def _doubles(event: dict[str, Any], double: int) -> Test:
    return answers("careful", event, {"double": double}, _wrong_double, {"NoNumber": "this event has an n; answer it."})


def _wrong_double(got: dict[str, Any]) -> str:
    if extra := extra_key(got, "double"):
        return extra
    return 'post what `handler` prints for this event: $(handler "$event").'


def _reports_failure(bench: Bench) -> Answer:
    answered = bench.invoke("careful", NO_NUMBER)
    if answered.error == _NO_NUMBER_ERROR:
        return HOLDS
    kind = (answered.error or "").partition(": ")[0]
    if not answered.error:
        likely = "it was posted to …/response, so the caller takes it for an answer; a failure goes to …/error."
    elif kind == "Runtime.ExitError":
        likely = "the runtime itself ended; it outlives its handler's failures, or each costs a cold start."
    elif kind == "Sandbox.Timedout":
        likely = 'nobody told Lambda that the handler failed: post to …/error, with the event\'s id. Curl\'s words are in lab.logs("careful").'
    elif kind == "error":
        likely = 'Lambda passes on what you post: an object with "errorType" and "errorMessage", in JSON.'
    else:
        likely = "compare the two, letter by letter."
    got = f"an error, {answered.error}" if answered.error else shown(answered.payload)
    return fails(input=shown(NO_NUMBER), expected=f"an error, {_NO_NUMBER_ERROR}", got=got, likely=likely)


# --- 03.3: a layer ----------------------------------------------------------------------


def _shared(bench: Bench, name: str, reply: str) -> tuple[Any, str | None]:
    """What the learner's `share` returns of a runtime that answers `reply`; its layer goes when the check ends."""
    bench.afterwards(lambda: _forget(bench, name))
    return call(bench, "share", name, _BOOTSTRAP.replace("{reply}", reply))


def _forget(bench: Bench, name: str) -> None:
    for version in bench.client.list_layer_versions(LayerName=name)["LayerVersions"]:
        bench.client.delete_layer_version(LayerName=name, VersionNumber=version["Version"])


def _asked(name: str) -> str:
    return f'share("{name}", bootstrap)'


def _shares(bench: Bench) -> Answer:
    name = "check-03-3-runs"
    _, error = _shared(bench, name, "ok")
    if not error:
        return HOLDS
    likely = "the text of the error says which call AWS refuses."
    if "bytes-like object is required" in error:
        likely = "ZipFile wants bytes, and a BytesIO is none: its getvalue() gives them."
    elif "is in it twice" in error:
        likely = "the zip of an earlier call is in the box still: each call needs a BytesIO of its own."
    elif "unzip" in error.lower() or "zip file" in error.lower():
        likely = "ZipFile wants the bytes of a zip: close the archive (leave its `with`) before you take them."
    elif "when calling the" not in error and not error.startswith("ParamValidationError"):
        likely = own_error("share")
    return raised(error, input=_asked(name), expected="the ARN of a layer's version", likely=likely)


def _arn(bench: Bench) -> Answer:
    """Of the second version too, whose number nobody knows before."""
    name = "check-03-3-type"
    _shared(bench, name, "first")
    got, _ = _shared(bench, name, "second")
    versions = bench.client.list_layer_versions(LayerName=name)["LayerVersions"]
    if versions and got == versions[0]["LayerVersionArn"]:  # newest first
        return HOLDS
    likely = 'publish_layer_version answers a dictionary; return its "LayerVersionArn".'
    if got is None:
        likely = NO_RETURN
    elif isinstance(got, str) and ":layer:" in got:
        likely = "that is another layer's ARN; use the name you are given."
        if f":layer:{name}" in got:
            likely = 'that is not the version this call published: its ARN, with its number at the end, is "LayerVersionArn".'
    expected = "the ARN of the layer's new version, as text"
    return fails(input=f"{_asked(name)}, for the second time", expected=expected, got=written(got), likely=likely)


def _runs_through(name: str, *replies: str) -> Test:
    """Share runtimes one after the other, under one name; a function without a bootstrap then answers through each."""

    def test(bench: Bench) -> Answer:
        arns = [_shared(bench, name, reply)[0] for reply in replies]
        for arn, reply in zip(arns, replies, strict=True):
            source, wanted = io.BytesIO(), _ANSWERS.format(reply=reply)
            with zipfile.ZipFile(source, "w") as archive:
                archive.writestr("note.txt", "no bootstrap here")
            bench.make(
                name, "", Runtime="provided.al2023", Handler="note", Layers=[arn], Code={"ZipFile": source.getvalue()}
            )
            answered = bench.invoke(name, {})
            if answered.error:
                return fails(input=_asked(name), expected=wanted, got=f"an error, {answered.error}", likely=_unstarted(answered.error))
            if answered.payload != reply:
                likely = "the layer holds another bootstrap than the one you are given."
                return fails(input=_asked(name), expected=wanted, got=f"it answers {shown(answered.payload)}", likely=likely)
        return HOLDS

    return test


def _unstarted(error: str) -> str:
    """Why a layer's bootstrap did not start."""
    if "permission denied" in error:
        return "the file in the zip is not marked as a program: the bug hunt above has the same cause."
    if "find valid bootstrap" in error:
        return "Lambda looks for a file called bootstrap, in no folder of the zip."
    return "the layer holds another bootstrap than the one you are given."


EXERCISES: Final = (
    Exercise(
        "03.1", "the function `parrot`",
        (
            Layer(DEFINED, _own_loop("parrot")),
            Layer(RUNS, _answers_at_all("parrot", ONE)),
            Layer(TYPE, answers_with_fields("parrot", ONE, {"call": int, "event": dict})),
            Layer(EXAMPLE, _repeats(ONE)),
            Layer(HIDDEN, _repeats(_NESTED)),
            Layer("counts its calls", _counts),
        ),
    ),
    Exercise(
        "03.2", "the function `careful`",
        (
            Layer(DEFINED, _own_loop("careful")),
            Layer(RUNS, _answers_at_all("careful", NUMBER)),
            Layer(TYPE, answers_with_fields("careful", NUMBER, {"double": int})),
            Layer(EXAMPLE, _doubles(NUMBER, 42)),
            Layer(HIDDEN, _doubles({"n": 1200}, 2400)),
            Layer("reports a failure", _reports_failure),
        ),
    ),
    Exercise(
        "03.3", "the Python function `share`",
        (
            Layer(DEFINED, callable_named("share")),
            Layer(RUNS, _shares),
            Layer(TYPE, _arn),
            Layer(EXAMPLE, _runs_through("check-03-3-example", "shared")),
            Layer("right on runtimes you have not seen", _runs_through("check-03-3-hidden", "first", "second")),
        ),
    ),
)
