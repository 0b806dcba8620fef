"""Functions of other runtimes through the API: what AWS sets for each, their packages, layers and logs, and one whose toolchain is missing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lablib.environments import RuntimeUnavailable
from tests.environments.conftest import Plane
from tests.environments.languages import LANGUAGES, package
from tests.support import CloudUnderTest, make_zip

ID = "[0-9a-f-]{36}"
REPORT = rf"REPORT RequestId: {ID}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB\tMax Memory Used: \d+ MB"
START, END = rf"START RequestId: {ID} Version: \$LATEST\n", rf"END RequestId: {ID}\n"


@pytest.fixture(params=["cloud", "cloud_shared"], ids=["namespaces", "shared"])
def either(request: pytest.FixtureRequest) -> CloudUnderTest:
    found: CloudUnderTest = request.getfixturevalue(request.param)
    return found


def deploy(cloud: CloudUnderTest, name: str, files: Mapping[str, str | bytes] | None = None, **settings: Any) -> str:
    language = LANGUAGES[name]
    language.require()
    code = {"ZipFile": package(files or language.files())}
    return cloud.function({}, Runtime=language.runtime, Handler=language.handler, Code=code, Timeout=20, **settings)


def invoke(cloud: CloudUnderTest, name: str, event: object) -> tuple[Any, str]:
    """(the answer, the log's tail)"""
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
    return json.load(answer["Payload"]), base64.b64decode(answer["LogResult"]).decode()


# As INIT_START calls them.
NAMED = {"nodejs": "nodejs:22", "ruby": "ruby:3.3", "java": "java:17", "dotnet": "dotnet:8", "go": "provided:al2023", "custom": "provided:al2"}


@pytest.mark.parametrize("name", list(NAMED))
def test_a_function_and_its_log(either: CloudUnderTest, name: str) -> None:
    function = deploy(either, name)
    answer, tail = invoke(either, function, {"do": "print"})
    assert answer["count"] == 1
    assert re.fullmatch(rf"{START}(\S+\t\S+\t(INFO|info)\t)?one line\n{END}{REPORT}\tInit Duration: [\d.]+ ms\t\n", tail), tail
    answer, tail = invoke(either, function, {"do": "echo", "value": [1]})
    assert answer == {"value": [1], "count": 2} and re.fullmatch(rf"{START}{END}{REPORT}\t\n", tail)
    events = either.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    assert events[0]["message"].startswith(f"INIT_START Runtime Version: {NAMED[name]}.local\t")


ENVIRONMENTS = {
    "nodejs": ("exports.handler = async () => process.env", "index.js", "index.handler"),
    "ruby": ("def handler(event:, context:)\n  ENV.to_h\nend", "index.rb", "index.handler"),
    "custom": (LANGUAGES["custom"].files()["bootstrap"].decode(), "bootstrap", "function.handler"),
}
SHELL = 'COUNT=0\nhandler () { RESPONSE="{$(env -0 | sed -z \'s/"//g; s/=/":"/; s/^/"/; s/$/",/\' | tr -d "\\0\\n" | sed "s/,$//")}"; }\n'


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_the_variables_are_those_of_the_runtime(cloud: CloudUnderTest, name: str) -> None:
    source, file, handler = ENVIRONMENTS[name]
    LANGUAGES[name].require()
    files = {file: source, **({"function.sh": SHELL} if name == "custom" else {})}
    function = cloud.function({}, Runtime=LANGUAGES[name].runtime, Handler=handler, Code={"ZipFile": package(files)},
                              Environment={"Variables": {"OWN": "mine"}})  # fmt: skip
    seen, _ = invoke(cloud, function, {})
    assert (seen["OWN"], seen["_HANDLER"], seen["LAMBDA_TASK_ROOT"]) == ("mine", handler, "/var/task")
    assert not {"PYTHONPATH", "_LAMBDA_TELEMETRY_LOG_FD", "TMPDIR"} & set(seen)
    expected: dict[str, dict[str, str | None]] = {
        "nodejs": {
            "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x",
            "NODE_PATH": "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task",
        },
        "ruby": {
            "AWS_EXECUTION_ENV": "AWS_Lambda_ruby3.3", "RUBYLIB": "/var/task:/var/runtime/lib:/opt/ruby/lib", "GEM_HOME": "/var/runtime",
            "GEM_PATH": "/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0:/var/runtime/ruby/3.3.0",
        },
        "custom": {"AWS_EXECUTION_ENV": None, "NODE_PATH": None, "GEM_PATH": None},
    }  # fmt: skip
    assert {variable: seen.get(variable) for variable in expected[name]} == expected[name]


def test_layers_of_a_node_function_in_order(either: CloudUnderTest) -> None:
    LANGUAGES["nodejs"].require()
    client, arns = either.client("lambda"), []
    for text in ("first", "second"):
        files = {"nodejs/node_modules/lib/index.js": f"module.exports = '{text}'", f"nodejs/node_modules/{text}/index.js": "module.exports = 1"}
        arns.append(client.publish_layer_version(LayerName=text, Content={"ZipFile": make_zip(files)})["LayerVersionArn"])
    source = "exports.handler = async () => [require('lib'), require('first') + require('second')]"
    function = either.function({}, Runtime="nodejs22.x", Handler="index.handler", Code={"ZipFile": make_zip({"index.js": source})}, Layers=arns)
    assert invoke(either, function, {})[0] == ["second", 2]


def test_a_toolchain_that_is_missing_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    plane = Plane(tmp_path, "off")
    try:
        wanted = "The runtime ruby3.4 cannot run on this machine: ruby is not installed. To install it: .*install ruby"
        with pytest.raises(RuntimeUnavailable, match=wanted):
            plane.function("", runtime="ruby3.4")
    finally:
        plane.close()
