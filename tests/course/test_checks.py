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
    client.get_waiter("function_active_v2").wait(FunctionName={other.get("name", "name")})
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
    Wrong("00.2", "bare text", handler('return f"Hello, {event.get(\'name\', \'stranger\')}!"'),
          "right type", "the handler returns the bare value"),
    Wrong("00.2", "another key", handler('return {"message": "Hello, Ada!"}'), "right type", 'the key "greeting" is missing'),
    Wrong("00.2", "punctuation", handler('return {"greeting": "Hello " + event["name"]}'),
          "right on the example", "always greets Ada; the name is in the event"),
    Wrong("00.2", "a constant", handler('return {"greeting": "Hello, Ada!"}'),
          "right on an event you have not seen", "the handler always greets Ada"),
    Wrong("00.2", "key error", handler('return {"greeting": f"Hello, {event[\'name\']}!"}'),
          "right without a name", 'event.get("name") does not raise'),
    Wrong("00.2", "None", handler('return {"greeting": f"Hello, {event.get(\'name\')}!"}'),
          "right without a name", "a missing name became None"),
    Wrong("00.2", "syntax", "def lambda_handler(event, context)\n    return 1", "right type", "Runtime.UserCodeSyntaxError"),
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
    Wrong("01.2", "no zip", create(bytes="source.encode()"), "right type", "ZipFile wants the bytes of a zip"),
    Wrong("01.2", "the answer itself", create(last="return made"), "right type", 'return its "FunctionArn"'),
    Wrong("01.2", "a fixed name", create(name='"mine"'), "right type", "that is another function's ARN"),
    Wrong("01.2", "other code", create(content="'def lambda_handler(event, context): return 1'"),
          "right on the example", "the zip holds other code"),
    Wrong("01.2", "defaults", create(settings=""), "right side effects in the cloud", "without them it is 128 MB and 3 s"),
    Wrong("01.3", "publishes first", release(PUBLISH, UPDATE, "return number"), "right on the example", "published before the new code"),
    Wrong("01.3", "no version", release(UPDATE, 'return "1"'), "right on the example", "nothing was published"),
    Wrong("01.3", "$LATEST", release("return " + UPDATE + '["Version"]'), "right type", "$LATEST is the code you can still change"),
    Wrong("01.3", "a number", release(UPDATE, PUBLISH, "return int(number)"), "right type", 'return its "Version", which is text'),
    Wrong("01.3", "always 1", release(UPDATE, PUBLISH, 'return "1"'), "right on an event you have not seen", "not one of your own"),
    Wrong("01.3", "deletes the old", release(
        UPDATE, PUBLISH,
        'if number != "1": client.delete_function(FunctionName=name, Qualifier=str(int(number) - 1))', "return number"),
        "right side effects in the cloud", "never deletes the function or an older version"),
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
    """A learner without functions and without progress, but for `hello`, which the labs' first cells make."""
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
    assert verdict.mark == "✅" and verdict.text.startswith("done: defined, right type, right on the example"), verdict
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


def functions(learner: Learner) -> list[str]:
    return [found["FunctionName"] for found in learner.namespace["client"].list_functions()["Functions"]]
