"""Every check on the running cloud: the stub is ⏳, the solution is ✅, each wrong answer gets its own ❌ reason.

The stubs and the solutions are the notebooks' own cells.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import nbformat
import pytest

from lablib.course import check
from lablib.course.catalogue import LABS
from lablib.course.labs import LAB_NUMBERS
from lablib.course.progress import HOME_VARIABLE, Progress
from lablib.course.verdict import Verdict
from lablib.local import LocalCloud
from tests.course.wrong.wrong import Wrong, handler
from tests.course.wrong.wrong_01 import create, release
from tests.support import CloudUnderTest

ROOT = Path(__file__).resolve().parents[2]
MAGIC = "%%lambda_function "
SETTINGS = {"--timeout": "Timeout", "--memory": "MemorySize"}
OF_LABS = [import_module(f"tests.course.wrong.wrong_{number}") for number in LAB_NUMBERS]
WRONG: list[Wrong] = [wrong for module in OF_LABS for wrong in module.WRONG]
RIGHT = {label: right for module in OF_LABS for label, right in getattr(module, "RIGHT", {}).items()}


class OneOfEach(CloudUnderTest):
    """The cloud under test. A client is made once for each service: making it takes longer than most of what a check asks."""

    def __init__(self, process: LocalCloud) -> None:
        super().__init__(process)
        self._made: dict[str, Any] = {}

    def client(self, service: str, **settings: Any) -> Any:
        if settings:
            return super().client(service, **settings)
        if service not in self._made:
            self._made[service] = super().client(service)
        return self._made[service]


class Learner:
    """Someone who runs cells against the cloud under test, as the notebook's kernel would, with the names of `began`."""

    def __init__(self, cloud: CloudUnderTest, began: Mapping[str, Any]) -> None:
        self.cloud = cloud
        self.namespace = dict(began)

    def run(self, source: str) -> None:
        """One cell: deployed when its first line is the magic, else run."""
        if source.startswith(MAGIC):
            first, code = source.split("\n", 1)
            name, *options = first.removeprefix(MAGIC).split()
            given = dict(zip(options[::2], options[1::2], strict=True))  # --timeout 1
            runtime = given.pop("--runtime", None)
            script: dict[str, Any] = {"Runtime": runtime, "Handler": "bootstrap"} if runtime else {}
            settings = {SETTINGS[option]: int(value) for option, value in given.items()}
            self.cloud.function({"bootstrap": code} if runtime else code, name=name, **settings, **script)
        else:
            exec(source, self.namespace)

    def check(self, exercise: str) -> Verdict:
        return check(self.cloud, exercise, self.namespace)


@pytest.fixture(scope="module")
def empty_cloud(cloud_process: CloudUnderTest) -> CloudUnderTest:
    cloud_process.reset()
    return OneOfEach(cloud_process.process)


@pytest.fixture(scope="module")
def began(empty_cloud: CloudUnderTest) -> Mapping[str, Any]:
    """What the first cells of the labs make, where their exercises use it."""
    names: dict[str, Any] = {
        "io": io, "json": json, "zipfile": zipfile, "client": empty_cloud.client("lambda"), "role_arn": empty_cloud.role(),
        "RUNTIME": f"python3.{sys.version_info.minor}", "boto3": boto3, "lab": empty_cloud,
    }
    for module in OF_LABS:
        if hasattr(module, "namespace"):
            names |= module.namespace(empty_cloud)
    return names


@pytest.fixture
def at_the_cloud(empty_cloud: CloudUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's default session, pointed at the cloud as `lablib.start` does."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", empty_cloud.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", empty_cloud.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", empty_cloud.credentials.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", empty_cloud.credentials.secret_access_key)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def learner(
    empty_cloud: CloudUnderTest, began: Mapping[str, Any], at_the_cloud: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Learner:
    """A learner without progress, and without functions but for `hello`, which the labs' first cells make."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    someone = Learner(empty_cloud, began)
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


def first_line(exercise: str) -> str:
    """The magic with the function's name and its options, of an exercise whose cell deploys; else nothing."""
    first = SOLUTIONS[exercise].split("\n")[0]
    return first if first.startswith(MAGIC) else ""


def answered_with(exercise: str, code: str) -> str:
    """The exercise's cell with somebody's own code in it, which may have a first line of its own."""
    return code if code.startswith(MAGIC) else f"{first_line(exercise)}\n{code}".lstrip("\n")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_nothing_yet_is_not_started(learner: Learner, exercise: str) -> None:
    verdict = learner.check(exercise)
    assert verdict.mark == "⏳" and verdict.text.startswith("not started yet: ")


@pytest.mark.parametrize("exercise", EXERCISES)
def test_stub_is_not_started_and_solution_is_done(learner: Learner, exercise: str, tmp_path: Path) -> None:
    learner.run(STUBS[exercise])
    verdict = learner.check(exercise)
    assert (verdict.mark, Progress(tmp_path).done()) == ("⏳", frozenset()), verdict
    if first := first_line(exercise):
        learner.namespace["client"].delete_function(FunctionName=first.split()[1])
    learner.run(SOLUTIONS[exercise])
    before = set(functions(learner))
    verdict = learner.check(exercise)
    assert verdict.mark == "✅" and verdict.text.startswith("done: defined, runs, right type, right on the example"), verdict
    assert Progress(tmp_path).done() == {exercise}
    assert set(functions(learner)) == before, "a check removes what it made"


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.exercise} {wrong.label}")
def test_wrong_answers_get_a_reason(learner: Learner, wrong: Wrong, tmp_path: Path) -> None:
    learner.run(answered_with(wrong.exercise, wrong.code))
    verdict = learner.check(wrong.exercise)
    assert verdict.mark == "❌", verdict
    assert verdict.text.startswith(f"not yet: {wrong.layer}? No.\n"), verdict
    assert wrong.reason in " ".join(verdict.text.split())
    assert not [line for line in solved_lines(wrong.exercise) if line in verdict.text], "a verdict never shows the solution"
    assert "   expected: " in verdict.text and "   got:      " in verdict.text and "   likely:   " in verdict.text
    assert Progress(tmp_path).done() == frozenset()
    assert not [name for name in functions(learner) if name.startswith("check-")]


@pytest.mark.parametrize(("exercise", "code"), RIGHT.values(), ids=RIGHT)
def test_who_solves_it_in_another_way_passes(learner: Learner, exercise: str, code: str) -> None:
    learner.run(answered_with(exercise, code))
    assert learner.check(exercise).done, learner.check(exercise)


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
def test_other_ways_to_wait_count(learner: Learner, code: str) -> None:
    learner.run(code)
    assert learner.check("01.2").done, learner.check("01.2")


def test_no_wait_is_seen_with_a_client_made_in_the_function(learner: Learner) -> None:
    learner.run(OWN_WAYS["a client of its own"].replace('client.get_waiter("function_active_v2").wait(FunctionName=name)', "pass"))
    assert "not yet: waits until it is Active?" in learner.check("01.2").text


def test_publishing_with_the_update_needs_no_wait(learner: Learner) -> None:
    learner.run(release('return client.update_function_code(FunctionName=name, ZipFile=box.getvalue(), Publish=True)["Version"]'))
    assert learner.check("01.3").done, learner.check("01.3")


def test_a_check_of_a_bootstrap_leaves_no_version_and_no_layer(learner: Learner) -> None:
    client = learner.namespace["client"]
    before = client.list_layers()["Layers"]  # a wrong answer of another test may have made one of its own
    for exercise in ("03.1", "03.3"):
        learner.run(SOLUTIONS[exercise])
        assert learner.check(exercise).done
    assert [one["Version"] for one in client.list_versions_by_function(FunctionName="parrot")["Versions"]] == ["$LATEST"]
    assert client.list_layers()["Layers"] == before


def test_a_version_of_the_learners_own_stays_and_may_have_answered_before(learner: Learner) -> None:
    learner.run(SOLUTIONS["03.1"])
    kept = learner.namespace["client"].publish_version(FunctionName="parrot")["Version"]
    assert [learner.check("03.1").done for _ in range(2)] == [True, True]
    versions = learner.namespace["client"].list_versions_by_function(FunctionName="parrot")["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", kept]


def functions(learner: Learner) -> list[str]:
    return [found["FunctionName"] for found in learner.namespace["client"].list_functions()["Functions"]]
