"""What every runtime does alike: one table of behaviours, for each language, with namespaces and without."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lablib.environments import RuntimeUnavailable
from tests.environments.conftest import Function, Plane
from tests.environments.languages import LANGUAGES, Language

BROKEN = [(name, what) for name, language in LANGUAGES.items() for what in language.broken]


@pytest.fixture(scope="module", params=list(LANGUAGES))
def language(request: pytest.FixtureRequest) -> Language:
    found: Language = LANGUAGES[request.param]
    found.require()
    return found


def deploy(plane: Plane, language: Language, **settings: Any) -> Function:
    given = {"runtime": language.runtime, "handler": language.handler, "environ": language.environ(), "files": language.files(), "timeout_s": 20.0}
    return plane.function("", **(given | settings))


@pytest.fixture(scope="module")
def function(plane: Plane, language: Language, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    layer = tmp_path_factory.mktemp("layer")
    (layer / "data.txt").write_text("from a layer")
    function = deploy(plane, language, layers=(layer,))
    yield function
    function.destroy()


def test_the_state_of_a_process_is_kept(plane: Plane, language: Language) -> None:
    function = deploy(plane, language)
    first = function({"do": "echo", "value": {"é": [1, 2.5, None, True]}})
    assert json.loads(first.payload) == {"value": {"é": [1, 2.5, None, True]}, "count": 1}
    assert first.init_ms is not None and 0 < first.max_memory_mb < 150
    second = function({"do": "echo", "value": 2})
    assert json.loads(second.payload) == {"value": 2, "count": 2} and second.init_ms is None


def test_an_error_is_the_functions_and_the_process_stays(function: Function, language: Language) -> None:
    before = function.answer({"do": "echo", "value": 1})["count"]
    outcome = function({"do": "throw"})
    error = json.loads(outcome.payload)
    assert (error["errorType"], error["errorMessage"]) == (language.thrown, "bad")
    assert (outcome.function_error, outcome.status, outcome.error_type) == ("Unhandled", "success", None)
    assert function.answer({"do": "echo", "value": 1})["count"] == before + 2


def test_a_process_that_ends_is_started_again_with_its_tmp(plane: Plane, language: Language) -> None:
    function = deploy(plane, language)
    assert [function.answer({"do": "tmp"}) for _ in range(2)] == ["is new", "was there"]
    outcome = function({"do": "exit"})
    assert json.loads(outcome.payload)["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert (outcome.status, outcome.error_type) == ("error", "Runtime.ExitError")
    assert function.answer({"do": "tmp"}) == "was there"
    assert deploy(plane, language).answer({"do": "tmp"}) == "is new"


def test_a_timeout_ends_it(plane: Plane, language: Language) -> None:
    seconds = language.restart_s
    function = deploy(plane, language, timeout_s=seconds, memory_mb=1769)
    outcome = function({"do": "sleep"})
    error = json.loads(outcome.payload)
    message = f"Error: Task timed out after {seconds:.2f} seconds"
    assert error["errorType"] == "Sandbox.Timedout" and error["errorMessage"].endswith(message)
    assert (outcome.status, outcome.duration_ms) == ("timeout", seconds * 1000)
    assert function.answer({"do": "echo", "value": 1})["count"] == 1


def test_too_much_memory_ends_it(plane: Plane, language: Language) -> None:
    if not language.memory_ends_it:
        pytest.skip("its heap ends before: it throws an error, here as on AWS")
    function = deploy(plane, language, memory_mb=160)
    outcome = function({"do": "memory"})
    assert json.loads(outcome.payload)["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert (outcome.status, outcome.error_type, outcome.max_memory_mb) == ("error", "Runtime.OutOfMemory", 160)
    assert function.answer({"do": "echo", "value": 1})["count"] == 1


def test_layers_are_in_opt(plane: Plane, function: Function, language: Language) -> None:
    if not plane.facts["namespaces"] and not language.maps:
        pytest.skip("without namespaces this language's own calls reach the machine's /opt: doctor says so")
    assert function.answer({"do": "layer"}) == "from a layer"


def test_the_context(function: Function, language: Language) -> None:
    if not language.has_context:
        pytest.skip("there is none: the Runtime API's headers are all it has")
    context = function.answer({"do": "context"})
    assert len(context.pop("id")) == 36
    assert 15_000 < context.pop("left") <= 20_000
    assert not context.pop("trace", None)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    assert context == {"name": "f", "version": "$LATEST", "memory": "512", "arn": arn}


def test_what_it_prints_is_logged(function: Function) -> None:
    function({"do": "print"})
    assert [line for line in function.lines if re.search(r"(^|\t(INFO|info)\t)one line$", line)]


@pytest.mark.parametrize(("name", "what"), BROKEN)
def test_an_init_that_fails(plane: Plane, name: str, what: str) -> None:
    language = LANGUAGES[name]
    language.require()
    files, handler, error_type, message, reported = language.broken[what]
    package = {path: content.encode() for path, content in files.items()}
    function = deploy(plane, language, files=package, handler=handler, environ=language.environ() | {"_HANDLER": handler})
    for _ in range(2):
        outcome = function({"do": "echo"})
        error = json.loads(outcome.payload)
        assert error["errorType"] == error_type and message in error["errorMessage"]
        assert (outcome.function_error, outcome.status, outcome.error_type) == ("Unhandled", "error", reported)
    kinds = [(item.kind, item.fields.get("phase")) for item in function.items if item.kind != "app"]
    assert kinds[:4] == [("init_start", None), ("init_report", "init"), ("init_report", "invoke"), ("start", None)]


def test_a_bootstrap_that_may_not_be_executed(plane: Plane, tmp_path: Path) -> None:
    (tmp_path / "bootstrap").write_text("#!/bin/bash\n")
    outcome = plane.function("", runtime="provided.al2023", code=tmp_path)()
    error = json.loads(outcome.payload)
    assert error["errorType"] == outcome.error_type == "Runtime.InvalidEntrypoint"
    assert error["errorMessage"].endswith("Error: fork/exec /var/task/bootstrap: permission denied")


def test_a_bootstrap_of_a_layer(plane: Plane, tmp_path: Path) -> None:
    LANGUAGES["custom"].require()
    files = LANGUAGES["custom"].files()
    (tmp_path / "bootstrap").write_bytes(files["bootstrap"])
    (tmp_path / "bootstrap").chmod(0o755)
    function = deploy(plane, LANGUAGES["custom"], files={"function.sh": files["function.sh"]}, layers=(tmp_path,))
    assert function.answer({"do": "echo", "value": 5})["value"] == 5


@pytest.mark.parametrize("runtime", ["custom", "cobol85"])
def test_a_runtime_that_nobody_runs_is_refused_by_name(plane: Plane, runtime: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=f"The runtime {runtime} does not run in the local cloud"):
        plane.function("", runtime=runtime)
