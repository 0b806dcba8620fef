"""Every check on the running cloud: the stub is ⏳, the solution is ✅, each wrong answer gets its own ❌ reason.

The stubs and the solutions are the notebooks' own cells.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import nbformat
import pytest

from lablib.course import check
from lablib.course.catalogue import LABS
from lablib.course.progress import HOME_VARIABLE, Progress
from lablib.course.verdict import Verdict
from tests.support import CloudUnderTest

ROOT = Path(__file__).resolve().parents[2]
MAGIC = "%%lambda_function "


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: its code, the layer that should catch it, and words of the reason it should get."""

    exercise: str
    label: str
    code: str
    layer: str
    reason: str


def handler(body: str, above: str = "") -> str:
    indented = "\n".join(f"    {line}" for line in body.strip("\n").split("\n"))
    return f"{above}\ndef lambda_handler(event, context):\n{indented}\n"


WAIT_ACTIVE = 'client.get_waiter("function_active_v2").wait(FunctionName={name})'


def create(zip_name: str = "lambda_function.py", settings: str = "MemorySize=512, Timeout=10", **other: str) -> str:
    """A `create` with one thing changed."""
    last = other.get("last", 'return made["FunctionArn"]')
    return f"""
def create(name, source):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("{zip_name}", {other.get("content", "source")})
    made = client.create_function(
        FunctionName={other.get("name", "name")}, Runtime=RUNTIME, Role=role_arn,
        Handler="{other.get("handler", "lambda_function.lambda_handler")}",
        Code={{"ZipFile": {other.get("bytes", "box.getvalue()")}}}, {settings})
    {other.get("wait", WAIT_ACTIVE.format(name=other.get("name", "name")))}
    {last}
"""


def release(*steps: str) -> str:
    """A `release` of the given steps, after the zip is made."""
    body = "\n    ".join(steps)
    return f"""
def release(name, source):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("lambda_function.py", source)
    {body}
"""


CREATE = (
    'client.create_function(FunctionName=name, Runtime=RUNTIME, Role=role_arn, Handler="lambda_function.lambda_handler", '
    'Code={"ZipFile": box.getvalue()})'
)
WAIT = 'client.get_waiter("function_updated_v2").wait(FunctionName=name)'
UPDATE = "client.update_function_code(FunctionName=name, ZipFile=box.getvalue())"
PUBLISH = 'number = client.publish_version(FunctionName=name)["Version"]'
RECEIPT = '"function": context.function_name, "request": context.aws_request_id}'
TOTAL = 'total = sum(i["price"] * i["quantity"] for i in event["items"])\n'

WRONG = (
    Wrong("00.1", "remembers", handler('items.extend(event["items"])\nreturn {"items": items, "count": len(items)}', "items = []"),
          "right on the example", "an earlier call's things are in it"),
    Wrong("00.1", "prints", handler('print(event["items"])'), "right type", "prints its answer, or ends without `return`"),
    Wrong("00.1", "count is text", handler('return {"items": event["items"], "count": str(len(event["items"]))}'),
          "right type", '"count" is "1", which is no whole number'),
    Wrong("00.1", "always one", handler('return {"items": event["items"], "count": 1}'),
          "right on an event you have not seen", '"count" is how many items the answer holds'),
    Wrong("00.1", "a constant", handler('return {"items": ["tea"], "count": 1}'),
          "right on an event you have not seen", "this event's items, in their order"),
    Wrong("00.1", "none when empty", handler('if event["items"]:\n    return {"items": event["items"], "count": len(event["items"])}'),
          "right on an event you have not seen", "for this event the handler ends without `return`"),
    Wrong("00.1", "a note when empty", handler('items = event["items"]\nreturn {"items": items, "count": len(items)} if items else {"note": 1}'),
          "right on an event you have not seen", 'the key "items" is missing'),
    Wrong("00.1", "another key too", handler('return {"items": event["items"], "count": len(event["items"]), "total": 1}'),
          "right on the example", 'the answer has the key "total" too'),
    Wrong("00.1", "a list in a list", handler('items = []\nitems.append(event["items"])\nreturn {"items": items, "count": len(items)}'),
          "right on the example", "append put a list into the list; use extend, or list(...)"),
    Wrong("00.2", "bare text", handler('return f"Hello, {event.get(\'name\', \'stranger\')}!"'),
          "right type", "the handler returns the bare value"),
    Wrong("00.2", "another key", handler('return {"message": "Hello, Ada!"}'), "right type", 'the key "greeting" is missing'),
    Wrong("00.2", "punctuation", handler('return {"greeting": "Hello " + event["name"]}'),
          "right on the example", "compare the two texts letter by letter"),
    Wrong("00.2", "another key too", handler('return {"greeting": f"Hello, {event[\'name\']}!", "by": 1}'),
          "right on the example", 'the answer has the key "by" too; nobody asked for it'),
    Wrong("00.2", "no f", handler('return {"greeting": "Hello, {name}!"}'), "right on the example", "put f before the quotes"),
    Wrong("00.2", "returns at times", handler('if event.get("name") == "Ada":\n    return {"greeting": "Hello, Ada!"}'),
          "right on an event you have not seen", "for this event the handler ends without `return`"),
    Wrong("00.2", "bare at times", handler('return {"greeting": "Hello, Ada!"} if event.get("name") == "Ada" else "Hello!"'),
          "right on an event you have not seen", "for this event the handler returns no dictionary"),
    Wrong("00.2", "another name", 'def handler(event, context):\n    return {}', "runs", "name the function lambda_handler"),
    Wrong("00.2", "a set", handler("return {event['name']}"), "runs", "return only dict, list, text, numbers, True/False, None"),
    Wrong("00.2", "no end", handler("while True:\n    pass"), "runs", "it ran into its timeout"),
    Wrong("00.2", "exits", handler("raise SystemExit"), "runs", "its process ended before it answered"),
    Wrong("00.2", "a library", handler("return 1", "import requests_of_mine"), "runs", "the cell imports something else"),
    Wrong("00.2", "an unknown name", handler("return nam"), "runs", 'see its traceback with: lab.invoke("greet", {"name": "Ada"})'),
    Wrong("00.2", "a constant", handler('return {"greeting": "Hello, Ada!"}'),
          "right on an event you have not seen", "the handler always greets Ada"),
    Wrong("00.2", "key error", handler('return {"greeting": f"Hello, {event[\'name\']}!"}'),
          "right without a name", 'event.get("name") does not raise'),
    Wrong("00.2", "None", handler('return {"greeting": f"Hello, {event.get(\'name\')}!"}'),
          "right without a name", "a missing name became None"),
    Wrong("00.2", "syntax", "def lambda_handler(event, context)\n    return 1", "runs", "Python could not read the cell: expected ':'"),
    Wrong("00.3", "text", 'def read_report(line):\n    return {"cold": "Init" in line, "billed_ms": "214"}',
          "right type", "text taken out of a line stays text"),
    Wrong("00.3", "a tuple", "def read_report(line):\n    return True, 214", "right type", "end with return {"),
    Wrong("00.3", "duration", 'def read_report(line):\n    ms = float(line.split("Duration: ")[1].split(" ms")[0])\n'
          '    return {"cold": "Init" in line, "billed_ms": int(ms)}', "right on the example", "that is Duration; Billed Duration has"),
    Wrong("00.3", "a constant", 'def read_report(line):\n    return {"cold": True, "billed_ms": 214}',
          "right on an event you have not seen", "take the number that follows `Billed Duration:`"),
    Wrong("00.3", "always cold", 'def read_report(line):\n    billed = int(line.split("Billed Duration: ")[1].split(" ms")[0])\n'
          '    return {"cold": True, "billed_ms": billed}', "right on an event you have not seen", "only a cold start's line has"),
    Wrong("00.3", "needs init", 'def read_report(line):\n    init = line.split("Init Duration: ")[1]\n'
          '    return {"cold": bool(init), "billed_ms": int(line.split("Billed Duration: ")[1].split(" ms")[0])}',
          "right on an event you have not seen", "not every REPORT line has an Init Duration"),
    Wrong("00.3", "nothing when warm", 'def read_report(line):\n    if "Init" in line:\n'
          '        return {"cold": True, "billed_ms": int(line.split("Billed Duration: ")[1].split(" ms")[0])}',
          "right on an event you have not seen", "for this line the function ends without `return`"),
    Wrong("00.3", "text when warm", 'def read_report(line):\n    if "Init" not in line: return "warm"\n'
          '    return {"cold": True, "billed_ms": int(line.split("Billed Duration: ")[1].split(" ms")[0])}',
          "right on an event you have not seen", "for this line the function returns no dictionary"),
    Wrong("00.3", "no number when warm", 'def read_report(line):\n    cold = "Init" in line\n'
          '    return {"cold": cold, "billed_ms": int(line.split("Billed Duration: ")[1].split(" ms")[0]) if cold else None}',
          "right on an event you have not seen", '"billed_ms" is None, which is no number'),
    Wrong("00.3", "exits", 'def read_report(line):\n    raise SystemExit("stop")', "runs", "SystemExit: stop"),
    Wrong("00.3", "raises", 'def read_report(line):\n    return line["cold"]', "runs", "a line of your own: read_report(line)"),
    Wrong("01.1", "nothing when empty", handler('if not event["items"]: return\n' + TOTAL + 'return {"total": total, ' + RECEIPT),
          "right on an empty order", "for this event the handler ends without `return`"),
    Wrong("01.1", "no quantity", handler('total = sum(i["price"] for i in event["items"])\nreturn {"total": total, ' + RECEIPT),
          "right on the example", "the quantity is missing"),
    Wrong("01.1", "a constant", handler('return {"total": 11, ' + RECEIPT), "right on an event you have not seen", "11 is the example's"),
    Wrong("01.1", "text", handler(TOTAL + 'return {"total": str(total), ' + RECEIPT), "right type", '"total" is "11", which is no number'),
    Wrong("01.1", "its own id", handler(TOTAL + 'return {"total": total, "function": "receipt", "request": "1"}'),
          "right on the example", "every invocation has an id of its own"),
    Wrong("01.1", "handler's name", handler(TOTAL + 'return {"total": total, "function": "lambda_handler", "request": ""}'),
          "right on the example", "context.function_name is the function's name"),
    Wrong("01.1", "fails when empty", handler('first, *rest = event["items"]\n' + TOTAL + 'return {"total": total, ' + RECEIPT),
          "right on an empty order", "ValueError"),
    Wrong("01.2", "a folder", create("src/lambda_function.py"), "right on the example", "lie at the top of the zip"),
    Wrong("01.2", "another handler", create(handler="lambda_function.handler"), "right on the example", "Handler is file.function"),
    Wrong("01.2", "no zip", create(bytes="source.encode()"), "runs", "ZipFile wants the bytes of a zip"),
    Wrong("01.2", "the box itself", create(bytes="box"), "runs", "a BytesIO is none: its getvalue() gives them"),
    Wrong("01.2", "raises", create(last="return mad"), "runs", "call create yourself to see the traceback"),
    Wrong("01.2", "a name that is taken", create(name='"hello"'), "runs", "you used another name than the one given"),
    Wrong("01.2", "an argument", create(settings='MemorySize="a lot"'), "runs", "which argument AWS refuses"),
    Wrong("01.2", "no dot", create(handler="lambda_function"), "right on the example", "Handler is file.function"),
    Wrong("01.2", "a box made earlier", create(content="'def lambda_handler(event, context): return event[\"n\"]'"),
          "right on the example", "the zip holds other code than the source you are given"),
    Wrong("01.2", "no wait", create(wait="pass"), "waits until it is Active", "the waiter function_active_v2 asks until it is Active"),
    Wrong("01.2", "the answer itself", create(last="return made"), "right type", 'return its "FunctionArn"'),
    Wrong("01.2", "a fixed name", create(name='"mine"'), "right type", "you used another name than the one given"),
    Wrong("01.2", "other code", create(content="'def lambda_handler(event, context): return 1'"),
          "right on the example", "the zip holds other code"),
    Wrong("01.2", "defaults", create(settings=""), "right memory and timeout", "without them it is 128 MB and 3 s"),
    Wrong("01.3", "no wait", release(UPDATE, PUBLISH, "return number"), "waits until it is updated", "wait with function_updated_v2"),
    Wrong("01.3", "creates", release(CREATE, PUBLISH, "return number"), "runs", "update_function_code, in place of create_function"),
    Wrong("01.3", "deletes and creates", release("client.delete_function(FunctionName=name)", CREATE, 'return "1"'),
          "right on the example", "release deletes the function, and its versions with it"),
    Wrong("01.3", "a fixed name", release(
        'client.update_function_code(FunctionName="hello", ZipFile=box.getvalue())',
        'client.get_waiter("function_updated_v2").wait(FunctionName="hello")',
        'return client.publish_version(FunctionName="hello")["Version"]'),
        "right on the example", "another function's version was published; use the name you are given"),
    Wrong("01.3", "raises", release("return publish(name)"), "runs", "call release yourself to see the traceback"),
    Wrong("01.3", "no return", release(UPDATE, WAIT, PUBLISH), "right type", "ends without `return`"),
    Wrong("01.3", "publishes first", release(PUBLISH, UPDATE, "return number"), "right on the example", "published before the new code"),
    Wrong("01.3", "no version", release(UPDATE, 'return "1"'), "right on the example", "nothing was published"),
    Wrong("01.3", "$LATEST", release("return " + UPDATE + '["Version"]'), "right type", "$LATEST is the code you can still change"),
    Wrong("01.3", "a number", release(UPDATE, PUBLISH, "return int(number)"), "right type", 'return its "Version", which is text'),
    Wrong("01.3", "its own number", release(UPDATE, WAIT, PUBLISH, 'return "99"'), "right on the example", "not one of your own"),
    Wrong("01.3", "deletes the old", release(
        UPDATE, WAIT, PUBLISH,
        'if number != "1": client.delete_function(FunctionName=name, Qualifier=str(int(number) - 1))', "return number"),
        "older versions stay", "never deletes the function or an older version"),
)


class Learner:
    """Someone who runs cells against the cloud under test, as the notebook's kernel would."""

    def __init__(self, cloud: CloudUnderTest) -> None:
        self.cloud = cloud
        self.namespace: dict[str, Any] = {
            "io": io, "json": json, "zipfile": zipfile, "client": cloud.client("lambda"), "role_arn": cloud.role(),
            "RUNTIME": f"python3.{sys.version_info.minor}",
        }

    def run(self, source: str) -> None:
        """One cell: deployed when its first line is the magic, else run."""
        if source.startswith(MAGIC):
            first, code = source.split("\n", 1)
            self.cloud.function(code, name=first.removeprefix(MAGIC).split()[0])
        else:
            exec(source, self.namespace)

    def check(self, exercise: str) -> Verdict:
        return check(self.cloud, exercise, self.namespace)


@pytest.fixture(scope="module")
def empty_cloud(cloud_process: CloudUnderTest) -> CloudUnderTest:
    cloud_process.reset()
    return cloud_process


@pytest.fixture
def learner(empty_cloud: CloudUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Learner:
    """A learner without progress, and without functions but for `hello`, which the labs' first cells make."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    someone = Learner(empty_cloud)
    for name in functions(someone):
        someone.namespace["client"].delete_function(FunctionName=name)
    someone.run(MAGIC + "hello\n" + handler('return "hello"'))
    return someone


def exercise_cells(folder: str) -> Mapping[str, str]:
    """Exercise id to the source of the cell before its check."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).glob("*.ipynb")):
        code = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        for before, source in zip(code, code[1:], strict=False):
            if source.startswith('lab.check("'):
                found[source.split('"')[1]] = before
    return found


STUBS, SOLUTIONS = exercise_cells("labs"), exercise_cells("solutions")
EXERCISES = [exercise for lab in LABS for exercise in lab.exercises]


def solved_lines(exercise: str) -> list[str]:
    """The lines that only the solution has."""
    return [line.strip() for line in set(SOLUTIONS[exercise].split("\n")) - set(STUBS[exercise].split("\n")) if "###" not in line]


def names(exercise: str) -> str:
    """What the exercise's cell defines."""
    first = SOLUTIONS[exercise].split("\n")[0]
    return first.removeprefix(MAGIC) if first.startswith(MAGIC) else first.split()[1].split("(")[0]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_nothing_yet_is_not_started(learner: Learner, exercise: str) -> None:
    verdict = learner.check(exercise)
    assert verdict.mark == "⏳" and verdict.text.startswith("not started yet: ")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_stub_is_not_started_and_solution_is_done(learner: Learner, exercise: str, tmp_path: Path) -> None:
    learner.run(STUBS[exercise])
    verdict = learner.check(exercise)
    assert (verdict.mark, Progress(tmp_path).done()) == ("⏳", frozenset()), verdict
    if SOLUTIONS[exercise].startswith(MAGIC):
        learner.namespace["client"].delete_function(FunctionName=names(exercise))
    learner.run(SOLUTIONS[exercise])
    before = set(functions(learner))
    verdict = learner.check(exercise)
    assert verdict.mark == "✅" and verdict.text.startswith("done: defined, runs, right type, right on the example"), verdict
    assert Progress(tmp_path).done() == {exercise}
    assert set(functions(learner)) == before, "a check removes what it made"


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.exercise} {wrong.label}")
def test_wrong_answers_get_a_reason(learner: Learner, wrong: Wrong, tmp_path: Path) -> None:
    magic = SOLUTIONS[wrong.exercise].startswith(MAGIC)
    learner.run(f"{MAGIC}{names(wrong.exercise)}\n{wrong.code}" if magic else wrong.code)
    verdict = learner.check(wrong.exercise)
    assert verdict.mark == "❌", verdict
    assert verdict.text.startswith(f"not yet: {wrong.layer}? No.\n"), verdict
    assert wrong.reason in " ".join(verdict.text.split())
    assert not [line for line in solved_lines(wrong.exercise) if line in verdict.text], "a verdict never shows the solution"
    assert "   expected: " in verdict.text and "   got:      " in verdict.text and "   likely:   " in verdict.text
    assert Progress(tmp_path).done() == frozenset()
    assert not [name for name in functions(learner) if name.startswith("check-")]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_at_least_three_wrong_answers_each_with_its_own_reason(exercise: str) -> None:
    reasons = {wrong.reason for wrong in WRONG if wrong.exercise == exercise}
    assert len(reasons) >= 3


def test_a_check_never_raises(learner: Learner) -> None:
    assert repr(learner.check("77.7")).startswith("❌ 77.7 not found: there is no such exercise. There is 00.1, 00.2")

    class NoCloud:
        def client(self, service: str) -> Any:
            raise ConnectionError("nobody listens")

    verdict = check(NoCloud(), "00.2", {})
    assert (verdict.mark, verdict.text) == ("❌", "could not be checked: ConnectionError: nobody listens")


def test_a_variable_in_the_way_is_said(learner: Learner) -> None:
    learner.namespace["read_report"] = 3
    assert "a variable took the name" in learner.check("00.3").text


def test_progress_that_cannot_be_kept_is_said_with_the_verdict(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "file"))
    learner.run(SOLUTIONS["00.2"])
    verdict = learner.check("00.2")
    assert verdict.done and "Your progress cannot be kept" in verdict.text


def test_a_check_needs_no_function_but_the_learners(learner: Learner) -> None:
    """00.3 and 01.3 make functions of their own, with a role of their own when the lab has none; both are gone afterwards."""
    learner.namespace["client"].delete_function(FunctionName="hello")
    learner.run(SOLUTIONS["00.3"])
    assert learner.check("00.3").done
    learner.run(SOLUTIONS["01.3"])
    assert learner.check("01.3").done
    assert functions(learner) == []
    roles = [role["RoleName"] for role in learner.cloud.client("iam").list_roles()["Roles"]]
    assert not [name for name in roles if "check" in name]


def test_a_verdict_has_the_same_words_for_who_has_done_it_before(learner: Learner) -> None:
    before = repr(learner.check("00.2"))
    learner.run(SOLUTIONS["00.2"])
    assert learner.check("00.2").done
    learner.namespace["client"].delete_function(FunctionName="greet")
    assert repr(learner.check("00.2")) == before


def test_what_was_expected_is_said_as_it_is_written(learner: Learner) -> None:
    learner.run(MAGIC + "basket_fixed\n" + handler('return {"items": event["items"]}'))
    assert 'expected: an object with "items" (list), "count" (whole number)' in learner.check("00.1").text


def test_a_line_that_is_read_wrong_is_shown(learner: Learner) -> None:
    learner.run('def read_report(line):\n    return {"cold": True, "billed_ms": 214}')
    text = " ".join(learner.check("00.3").text.split())
    assert "the line of a cold start, 'REPORT RequestId: " in text and "got: {'cold': True, 'billed_ms': 214}" in text


OWN_WAYS = {
    "a client of its own": create().replace("    box = io", '    import boto3\n    client = boto3.client("lambda")\n    box = io', 1),
    "a loop of its own": create(
        wait='while client.get_function_configuration(FunctionName=name)["State"] != "Active":\n        pass'
    ),
}


@pytest.mark.parametrize("code", OWN_WAYS.values(), ids=OWN_WAYS)
def test_other_ways_to_wait_count(learner: Learner, code: str, at_the_cloud: None) -> None:
    learner.run(code)
    assert learner.check("01.2").done, learner.check("01.2")


def test_no_wait_is_seen_with_a_client_made_in_the_function(learner: Learner, at_the_cloud: None) -> None:
    learner.run(OWN_WAYS["a client of its own"].replace('client.get_waiter("function_active_v2").wait(FunctionName=name)', "pass"))
    assert "not yet: waits until it is Active?" in learner.check("01.2").text


def test_publishing_with_the_update_needs_no_wait(learner: Learner) -> None:
    learner.run(release('return client.update_function_code(FunctionName=name, ZipFile=box.getvalue(), Publish=True)["Version"]'))
    assert learner.check("01.3").done, learner.check("01.3")


@pytest.fixture
def at_the_cloud(empty_cloud: CloudUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's default session, pointed at the cloud as `lablib.start` does."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", empty_cloud.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", empty_cloud.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", empty_cloud.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", empty_cloud.credentials.secret_access_key)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def functions(learner: Learner) -> list[str]:
    return [found["FunctionName"] for found in learner.namespace["client"].list_functions()["Functions"]]
