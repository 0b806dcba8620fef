"""`lab.deploy` of sources in every language, run by the local cloud: what is chosen, what is said, what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lablib.deployment import Settings, deploy, remarks, this_architecture
from lablib.environments.runtimes import toolchains
from lablib.errors import SourceError
from lablib.packaging import Package, from_path
from lablib.packaging.workshop import STILL_COMPILING
from tests.support import CloudUnderTest, require

JAVA = """package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;

public class Hello implements RequestHandler<Map<String, String>, String> {
    @Override
    public String handleRequest(Map<String, String> event, Context context) {
        return "Hello, " + event.get("name") + ", from " + context.getFunctionName();
    }
}
"""
CSHARP = """using Amazon.Lambda.Core;

[assembly: LambdaSerializer(typeof(Amazon.Lambda.Serialization.SystemTextJson.DefaultLambdaJsonSerializer))]

namespace Greeting;

public class Function
{
    public async Task<string> FunctionHandler(Dictionary<string, string> input, ILambdaContext context)
    {
        await Task.Delay(1);
        return $"Hello, {input["name"]}, from {context.FunctionName}";
    }
}
"""
GO = """package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type Event struct {
	Name string `json:"name"`
}

func handle(ctx context.Context, event Event) (string, error) {
	if event.Name == "nobody" {
		return "", fmt.Errorf("nobody is there")
	}
	return fmt.Sprintf("Hello, %s, from %s", event.Name, lambdacontext.FunctionName), nil
}

func main() { lambda.Start(handle) }
"""
NODE = """export const handler = async (event, context) => `Hello, ${event.name}, from ${context.functionName}`;
"""
RUBY = """def lambda_handler(event:, context:)
  "Hello, #{event['name']}, from #{context.function_name}"
end
"""
SHELL = """#!/bin/bash
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
while true; do
  headers=$(mktemp)
  event=$(curl -sS -LD "$headers" "$api/next")
  id=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$headers" | tr -d '[:space:]' | cut -d: -f2)
  name=$(echo "$event" | sed 's/.*"name": *"\\([^"]*\\)".*/\\1/')
  curl -sS -X POST "$api/$id/response" -d "\\"Hello, $name, from $AWS_LAMBDA_FUNCTION_NAME\\""
done
"""

# file, source, what it needs, the runtimes it may get, its handler
LANGUAGES = [
    ("Hello.java", JAVA, "javac", ("java11", "java17", "java21", "java25"), "example.Hello::handleRequest"),
    ("Hello.cs", CSHARP, "mcs", ("dotnet8", "dotnet10"), "Hello::Greeting.Function::FunctionHandler"),
    ("hello.go", GO, "go", ("provided.al2023",), "bootstrap"),
    ("index.mjs", NODE, "node", ("nodejs22.x", "nodejs24.x"), "index.handler"),
    ("hello.rb", RUBY, "ruby", ("ruby3.3", "ruby3.4", "ruby4.0"), "hello.lambda_handler"),
    ("bootstrap", SHELL, "curl", ("provided.al2023",), "bootstrap"),
]


@pytest.fixture(params=["cloud", "cloud_shared"], ids=["namespaces", "shared"])
def deployed(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[Any, str]]:
    """Deploy with `lab.deploy`'s own function; a Lambda client, and what was printed."""
    cloud: CloudUnderTest = request.getfixturevalue(request.param)

    def run(name: str, source: Path, **given: Any) -> tuple[Any, str]:
        lambda_ = cloud.client("lambda")
        unset = dict.fromkeys(("handler", "runtime", "role", "layers", "environment"))
        settings: dict[str, Any] = {**unset, "memory": 512, "timeout": 10}
        deploy(lambda_, cloud.client("iam"), name, source, Settings(**{**settings, **given}))
        # On a machine that has never compiled Go.
        return lambda_, capsys.readouterr().out.replace(f"{STILL_COMPILING}\n", "")

    return run


@pytest.mark.parametrize(("file", "source", "needs", "runtimes", "handler"), LANGUAGES, ids=[file for file, *_ in LANGUAGES])
def test_a_lone_file(  # type: ignore[no-untyped-def]
    deployed, tmp_path: Path, file: str, source: str, needs: str, runtimes: tuple[str, ...], handler: str
) -> None:
    require(toolchains.find(needs), needs, toolchains.TOOLCHAINS[needs].install)
    (tmp_path / file).write_text(source)
    lambda_, said = deployed("hello", tmp_path / file)
    configuration = lambda_.get_function_configuration(FunctionName="hello")
    assert configuration["Runtime"] in runtimes
    assert configuration["Handler"] == handler
    assert said.splitlines()[0] == f"hello: created, {configuration['Runtime']}, handler {handler}, 512 MB, timeout 10 s"
    for _ in range(2):
        answer = lambda_.invoke(FunctionName="hello", Payload=json.dumps({"name": "Ada"}))
        assert "FunctionError" not in answer, answer["Payload"].read()
        assert json.loads(answer["Payload"].read()) == "Hello, Ada, from hello"


def test_an_error_in_go_is_awss(deployed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    require(toolchains.find("go"), "go", toolchains.TOOLCHAINS["go"].install)
    (tmp_path / "hello.go").write_text(GO)
    lambda_, _ = deployed("hello", tmp_path / "hello.go")
    answer = lambda_.invoke(FunctionName="hello", Payload=b'{"name": "nobody"}')
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read()) == {"errorMessage": "nobody is there", "errorType": "errorString"}


def test_a_program_for_another_processor(deployed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    require(toolchains.find("go"), "go", toolchains.TOOLCHAINS["go"].install)
    (tmp_path / "hello.go").write_text(GO)
    here = this_architecture()
    other = "x86_64" if here == "arm64" else "arm64"
    lambda_, said = deployed("hello", tmp_path / "hello.go")
    assert lambda_.get_function_configuration(FunctionName="hello")["Architectures"] == [here]
    assert "Note" not in said
    lambda_, said = deployed("hello", tmp_path / "hello.go", architecture=other)
    assert lambda_.get_function_configuration(FunctionName="hello")["Architectures"] == [other]
    assert said.splitlines() == [
        "hello: updated, provided.al2023, handler bootstrap, 512 MB, timeout 10 s",
        f"Note: this machine is {here}: a program for {other} runs on AWS, and not here.",
    ]


def test_csharp_says_that_it_is_for_the_local_cloud(deployed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    require(toolchains.find("mcs"), "mcs", toolchains.TOOLCHAINS["mcs"].install)
    (tmp_path / "Hello.cs").write_text(CSHARP)
    _, said = deployed("hello", tmp_path / "Hello.cs")
    assert "compiled it against a subset of Amazon.Lambda.Core: this package is for the local cloud only.\n" in said
    (tmp_path / "Hello.cs").write_text("\n".join(line for line in CSHARP.splitlines() if "LambdaSerializer" not in line))
    _, said = deployed("hello", tmp_path / "Hello.cs")
    assert "It names no serializer: unless its handler takes and returns a Stream, add [assembly: Amazon.Lambda.Core." in said


BROKEN = [
    ("Hello.java", JAVA.replace("getFunctionName", "getName"), "javac", "Hello.java:10: error: cannot find symbol"),
    ("Hello.cs", CSHARP.replace("context.FunctionName", "context.Name"), "mcs", "Hello.cs(12,"),
    ("hello.go", GO.replace("event.Name ==", "event.Nam =="), "go", "./hello.go:16:11: event.Nam undefined"),
]


@pytest.mark.parametrize(("file", "source", "needs", "said"), BROKEN, ids=[file for file, *_ in BROKEN])
def test_a_compilers_words_are_the_learners(tmp_path: Path, file: str, source: str, needs: str, said: str) -> None:
    from lablib.deployment import packaged

    require(toolchains.find(needs), needs, toolchains.TOOLCHAINS[needs].install)
    (tmp_path / file).write_text(source)
    settings = Settings(None, None, None, None, None, 128, 3)
    with pytest.raises(SourceError) as raised:
        packaged(tmp_path / file, settings)
    assert str(raised.value).startswith(f"{file} does not compile:\n\n")
    assert said in str(raised.value)


SCRIPTS = [
    ("index.mjs", "\nexport const handler = async (event => {\n", "node", r"index\.mjs, line \d: SyntaxError: .+\. Invoking it will fail\."),
    ("f.rb", "def lambda_handler(event:, context:\n  1\nend\n", "ruby", r"f\.rb, line \d: syntax error.+\. Invoking it will fail\."),
    ("index.mjs", NODE, "node", None),
    ("f.rb", RUBY, "ruby", None),
]


@pytest.mark.parametrize(("file", "code", "needs", "said"), SCRIPTS)
def test_a_script_that_cannot_be_read_is_warned_of(tmp_path: Path, file: str, code: str, needs: str, said: str | None) -> None:
    require(toolchains.find(needs), needs, toolchains.TOOLCHAINS[needs].install)
    (tmp_path / file).write_text(code)
    package = from_path(tmp_path / file)
    assert package.default_handler is not None
    warned = remarks(package, package.default_handler, Settings(None, None, None, None, None, 128, 3))
    assert (not warned) if said is None else re.fullmatch(f"Warning: {said}", warned[0]), warned


def test_a_cell_whose_handler_nothing_suggests_is_asked_for_it() -> None:
    package = Package(b"PK", None, is_cell=True, family="java")
    settings = Settings(None, "java17", None, None, None, 128, 3)
    with pytest.raises(SourceError) as raised:
        deploy(None, None, "two", package, settings)
    assert str(raised.value) == (
        "Nothing in this cell tells which method is the handler. Name it: --handler example.Hello::handleRequest."
    )


def test_a_handler_that_nothing_suggests_is_asked_for(deployed, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    require(toolchains.find("javac"), "javac", toolchains.TOOLCHAINS["javac"].install)
    (tmp_path / "Two.java").write_text('public class Two { public String one() { return ""; } public int two() { return 2; } }')
    with pytest.raises(SourceError, match="Name it: handler=\"example.Hello::handleRequest\""):
        deployed("two", tmp_path / "Two.java")
    lambda_, _ = deployed("two", tmp_path / "Two.java", handler="Two::one")
    assert json.loads(lambda_.invoke(FunctionName="two")["Payload"].read()) == ""
