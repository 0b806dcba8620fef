"""The AWS CLI drives the service from end to end: what it prints, and how it fails."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import CloudUnderTest, make_zip, require

SOURCE = """
VERSION = {version}
def lambda_handler(event, context):
    print("said", VERSION)
    if event.get("fail"):
        raise ValueError("why")
    try:
        import from_layer
        return [VERSION, event, from_layer.NAME]
    except ImportError:
        return [VERSION, event]
"""


class Cli:
    """`aws`, with this cloud's variables, in a folder of its own."""

    def __init__(self, cloud: CloudUnderTest, folder: Path) -> None:
        self.folder = folder
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
            "AWS_ENDPOINT_URL": cloud.url, "AWS_REGION": cloud.region, "AWS_DEFAULT_REGION": cloud.region,
            "AWS_ACCESS_KEY_ID": cloud.credentials.access_key_id, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SECRET_ACCESS_KEY": cloud.credentials.secret_access_key, "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1",
        }  # fmt: skip

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "awscli", *arguments], cwd=self.folder, env=self.environ, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip

    def __call__(self, *arguments: str) -> Any:
        """What a command prints, parsed from JSON, or as text with ``--output text``; None if nothing."""
        ran = self.run(*arguments)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip() if "text" in arguments else json.loads(ran.stdout or "null")

    def refused(self, *arguments: str) -> str:
        """What a command says that must fail because the service refuses it."""
        ran = self.run(*arguments)
        assert ran.returncode not in (0, 252), ran.stdout + ran.stderr
        return ran.stderr.strip()

    def invoke(self, name: str, event: object = (), *more: str) -> tuple[dict[str, Any], Any]:
        """The command's answer, and what it wrote into the file."""
        answer = self("lambda", "invoke", "--function-name", name, "--payload", json.dumps(event or {}), *more, "out.json")
        return answer, json.loads((self.folder / "out.json").read_text() or "null")


@pytest.fixture
def aws(cloud: CloudUnderTest, tmp_path: Path) -> Cli:
    require(importlib.util.find_spec("awscli"), "The AWS CLI", "pip install -e '.[test]'")
    for version in (1, 2):
        (tmp_path / f"{version}.zip").write_bytes(make_zip({"app.py": SOURCE.format(version=version)}))
    (tmp_path / "layer.zip").write_bytes(make_zip({"python/from_layer.py": "NAME = 'layer'"}))
    return Cli(cloud, tmp_path)


def created(aws: Cli, cloud: CloudUnderTest, name: str = "f") -> Any:
    return aws(
        "lambda", "create-function", "--function-name", name, "--runtime", "python3.12", "--handler", "app.lambda_handler",
        "--role", cloud.role(), "--zip-file", "fileb://1.zip", "--memory-size", "256", "--timeout", "5",
        "--environment", "Variables={STAGE=test}", "--tags", "team=shop",
    )  # fmt: skip


def test_create_invoke_and_read_the_log(aws: Cli, cloud: CloudUnderTest) -> None:
    function = created(aws, cloud)
    assert (function["State"], function["MemorySize"]) == ("Pending", 256)
    assert function["Environment"] == {"Variables": {"STAGE": "test"}}
    aws("lambda", "wait", "function-active-v2", "--function-name", "f")
    answer, result = aws.invoke("f", {"n": 1}, "--log-type", "Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"], result) == (200, "$LATEST", [1, {"n": 1}])
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "said 1\n" in tail and "\nREPORT RequestId: " in tail
    said = aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/f", "--filter-pattern", "said",
               "--query", "events[].message")  # fmt: skip
    assert said == ["said 1\n"]
    failed, error = aws.invoke("f", {"fail": True})
    assert (failed["StatusCode"], failed["FunctionError"], error["errorType"]) == (200, "Unhandled", "ValueError")
    assert aws.invoke("f", {}, "--invocation-type", "Event") == ({"StatusCode": 202}, None)
    assert aws.invoke("f", {}, "--invocation-type", "DryRun")[0] == {"StatusCode": 204}
    assert aws("lambda", "get-function", "--function-name", "f", "--query", "Tags.team", "--output", "text") == "shop"


def test_versions_aliases_and_layers(aws: Cli, cloud: CloudUnderTest) -> None:
    created(aws, cloud)
    aws("lambda", "wait", "function-active-v2", "--function-name", "f")
    assert aws("lambda", "publish-version", "--function-name", "f", "--query", "Version", "--output", "text") == "1"
    updated = aws("lambda", "update-function-code", "--function-name", "f", "--zip-file", "fileb://2.zip", "--publish")
    assert updated["Version"] == "2"
    alias = aws("lambda", "create-alias", "--function-name", "f", "--name", "live", "--function-version", "1")
    assert alias["AliasArn"].endswith(":function:f:live")
    answer, result = aws.invoke("f", {}, "--qualifier", "live")
    assert (answer["ExecutedVersion"], result) == ("1", [1, {}])
    moved = aws(
        "lambda", "update-alias", "--function-name", "f", "--name", "live", "--function-version", "2",
        "--routing-config", "AdditionalVersionWeights={1=0.0}",
    )  # fmt: skip
    assert moved["FunctionVersion"] == "2" and aws.invoke("f:live")[1] == [2, {}]
    layer = aws("lambda", "publish-layer-version", "--layer-name", "l", "--zip-file", "fileb://layer.zip",
                "--compatible-runtimes", "python3.12", "python3.13")  # fmt: skip
    aws("lambda", "update-function-configuration", "--function-name", "f", "--layers", layer["LayerVersionArn"])
    aws("lambda", "wait", "function-updated-v2", "--function-name", "f")
    assert aws.invoke("f")[1] == [2, {}, "layer"]
    versions = aws("lambda", "list-versions-by-function", "--function-name", "f", "--query", "Versions[].Version")
    assert versions == ["$LATEST", "1", "2"]


def test_concurrency_and_metrics(aws: Cli, cloud: CloudUnderTest) -> None:
    created(aws, cloud)
    aws("lambda", "wait", "function-active-v2", "--function-name", "f")
    aws("lambda", "put-function-concurrency", "--function-name", "f", "--reserved-concurrent-executions", "0")
    said = aws.refused("lambda", "invoke", "--function-name", "f", "out.json")
    assert "(TooManyRequestsException)" in said and "Rate Exceeded." in said
    aws("lambda", "delete-function-concurrency", "--function-name", "f")
    assert aws("lambda", "get-function-concurrency", "--function-name", "f") is None
    assert aws.invoke("f")[0]["StatusCode"] == 200
    throttles = aws(
        "cloudwatch", "get-metric-statistics", "--namespace", "AWS/Lambda", "--metric-name", "Throttles", "--dimensions",
        "Name=FunctionName,Value=f", "--start-time", "2020-01-01T00:00:00Z", "--end-time", "2100-01-01T00:00:00Z", "--period",
        "3153600000", "--statistics", "Sum", "--query", "Datapoints[0].Sum",
    )  # fmt: skip
    assert throttles == 1.0


def test_lists_tags_and_the_end(aws: Cli, cloud: CloudUnderTest) -> None:
    names = ["a", "b", "c"]
    for name in names:
        created(aws, cloud, name)
    query = ("--query", "Functions[].FunctionName")
    assert aws("lambda", "list-functions", "--page-size", "1", *query) == names
    first = aws("lambda", "list-functions", "--max-items", "2")
    assert len(first["Functions"]) == 2
    assert aws("lambda", "list-functions", "--starting-token", first["NextToken"], *query) == ["c"]
    arn = first["Functions"][0]["FunctionArn"]
    aws("lambda", "tag-resource", "--resource", arn, "--tags", "stage=test,team=shop")
    aws("lambda", "untag-resource", "--resource", arn, "--tag-keys", "team")
    assert aws("lambda", "list-tags", "--resource", arn) == {"Tags": {"stage": "test"}}
    aws("lambda", "delete-function", "--function-name", "a")
    assert "(ResourceNotFoundException) when calling the GetFunction operation: Function not found: " in aws.refused(
        "lambda", "get-function", "--function-name", "a"
    )


REFUSED = {
    "timeout": (("--timeout", "901"), "(ValidationException)"),
    "memory": (("--memory-size", "100000"), "(ValidationException)"),
    "runtime": (("--runtime", "python9.9"), "(InvalidParameterValueException)"),
    "role": (("--role", "arn:aws:iam::123456789012:role/nobody"), "(InvalidParameterValueException)"),
    "variables": (("--environment", "Variables={AWS_REGION=x}"), "(InvalidParameterValueException)"),
}


def test_what_is_refused(aws: Cli, cloud: CloudUnderTest) -> None:
    given = {
        "--function-name": "f", "--runtime": "python3.12", "--handler": "app.h", "--role": cloud.role(),
        "--zip-file": "fileb://1.zip",
    }  # fmt: skip
    for (option, value), error in REFUSED.values():
        said = aws.refused("lambda", "create-function", *(word for pair in (given | {option: value}).items() for word in pair))
        assert error in said and "when calling the CreateFunction operation" in said, said
