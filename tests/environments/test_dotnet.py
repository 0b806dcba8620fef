"""C# functions, from outside: our bootstrap on the machine's .NET, with namespaces and without."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from lablib.environments.runtimes import csharp, toolchains
from tests.environments.conftest import Function, Plane
from tests.support import require

SOURCE = """
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Amazon.Lambda.Core;
using Amazon.Lambda.Serialization.SystemTextJson;

[assembly: LambdaSerializer(typeof(DefaultLambdaJsonSerializer))]

namespace Lab
{
    public class Order
    {
        public string Item { get; set; }
        public int Count { get; set; }
        public List<double> Prices { get; set; }
    }
    public class Receipt { public string Text { get; set; } public double Total { get; set; } public string Note { get; set; } }

    public class Function
    {
        static Function() { Started(); }
        private int calls;
        private static void Started() { Console.WriteLine("static initialiser"); }

        public Receipt Pojo(Order order, ILambdaContext context)
        {
            return new Receipt { Text = order.Count + " " + order.Item, Total = order.Prices.Sum() };
        }
        public async Task<string> Greet(string name) { await Task.Delay(1); return $"Hello, {name} ü"; }
        public static int Twice(int number, ILambdaContext context) => 2 * number;
        public Dictionary<string, int> Calls(object anything) => new Dictionary<string, int> { ["calls"] = ++calls };
        public Stream Raw(Stream input)
        {
            return new MemoryStream(Encoding.UTF8.GetBytes(new StreamReader(input).ReadToEnd().ToUpper()));
        }
        public void Nothing(int number) { }
        public async Task NothingLater() { await Task.Yield(); }
        public string Talks(object anything, ILambdaContext context)
        {
            Console.WriteLine("printed");
            Console.Error.WriteLine("failed");
            context.Logger.LogLine("logged");
            context.Logger.LogWarning("careful with {what}", "fire");
            context.Logger.LogDebug("not shown");
            LambdaLogger.Log("too");
            return string.Join("|", context.FunctionName, context.FunctionVersion, context.MemoryLimitInMB,
                context.InvokedFunctionArn, context.LogGroupName, context.ClientContext != null, context.AwsRequestId.Length,
                context.RemainingTime.TotalSeconds > 3);
        }
        public string Fails(object anything) { throw new InvalidOperationException("broken", new IOException("the disk")); }
        public async Task<string> FailsLater(object anything) { await Task.Delay(1); throw new ArgumentException("later"); }
        public string Sleeps(int ms) { Thread.Sleep(ms); return "awake"; }
        public string Exits(int code) { Environment.Exit(code); return ""; }
        public string Writes(string text)
        {
            var path = Path.Combine(Path.GetTempPath(), "note.txt");
            File.WriteAllText(path, text);
            return File.ReadAllText(path);
        }
        public int Eats(int mb)
        {
            var eaten = new List<byte[]>();
            for (var i = 0; i < mb; i++) { var one = new byte[1 << 20]; Array.Fill(one, (byte)1); eaten.Add(one); }
            return eaten.Count;
        }
        public async void Never(int number) { await Task.Yield(); }
        public string Twins(int a) => "a";
        public string Twins(string a) => "b";
    }
    public class Broken { public Broken() { throw new Exception("not today"); } public string Handle(object anything) => ""; }
}
"""


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require(toolchains.find("dotnet"), ".NET", toolchains.TOOLCHAINS["dotnet"].install)
    runs = csharp.dotnet()
    require(toolchains.find("mcs") or list(runs.root.glob("sdk/*")), "a C# compiler", toolchains.TOOLCHAINS["mcs"].install)
    folder = tmp_path_factory.mktemp("dotnet")
    (folder / "Lab.cs").write_text(SOURCE)
    (folder / "code").mkdir()
    libraries = csharp.lambda_libraries(runs)
    references = [libraries / f"{name}.dll" for name in (csharp.CORE, csharp.SERIALIZATION)]
    command = csharp.arguments(runs, "library", folder / "code" / "Lab.dll", [str(folder / "Lab.cs")], references)
    subprocess.run([*csharp.compiler(runs).command, *command], check=True)
    return folder / "code"


@pytest.fixture
def dotnet(plane: Plane, assembly: Path) -> object:
    def function(method: str, **settings: object) -> Function:
        return plane.function("", runtime="dotnet8", handler=f"Lab::Lab.Function::{method}", code=assembly, **settings)

    return function


EVENTS = [
    ("Pojo", {"item": "books", "Count": 2, "PRICES": [1.5, 2]}, {"Text": "2 books", "Total": 3.5}),
    ("Greet", "Zoë", "Hello, Zoë ü"),
    ("Twice", 21, 42),
    ("Raw", "abc", "ABC"),
]


@pytest.mark.parametrize(("method", "event", "answer"), EVENTS, ids=[method for method, *_ in EVENTS])
def test_handlers_written_for_aws(dotnet, method: str, event: object, answer: object) -> None:  # type: ignore[no-untyped-def]
    function = dotnet(method)
    assert function.answer(event) == answer
    function.destroy()


@pytest.mark.parametrize("method", ["Nothing", "NothingLater"])
def test_handlers_without_an_answer(dotnet, method: str) -> None:  # type: ignore[no-untyped-def]
    outcome = dotnet(method)(1)
    assert (outcome.function_error, outcome.payload) == (None, b"")


def test_a_warm_environment_keeps_its_object(dotnet) -> None:  # type: ignore[no-untyped-def]
    function = dotnet("Calls")
    assert [function.answer({})["calls"] for _ in range(3)] == [1, 2, 3]
    function.destroy()


def test_context_and_logs(dotnet) -> None:  # type: ignore[no-untyped-def]
    function = dotnet("Talks")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    assert function.answer({}) == f"f|$LATEST|512|{arn}|/aws/lambda/f|True|36|True"
    lines = [line.split("\t") for line in function.lines]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line[0]) for line in lines)
    assert [line[2:] for line in lines] == [
        ["info", "static initialiser"], ["info", "printed"], ["fail", "failed"], ["info", "logged"],
        ["warn", "careful with fire"],
        ["info", "too"],
    ]  # fmt: skip
    assert [len(line[1]) for line in lines] == [0, 36, 36, 36, 36, 36]
    function.destroy()


def test_an_exception_is_awss_error_object(dotnet) -> None:  # type: ignore[no-untyped-def]
    outcome = dotnet("Fails")({})
    error = json.loads(outcome.payload)
    assert outcome.function_error == "Unhandled"
    assert list(error) == ["errorType", "errorMessage", "stackTrace", "cause"]
    assert (error["errorType"], error["errorMessage"]) == ("InvalidOperationException", "broken")
    assert error["stackTrace"] == ["at Lab.Function.Fails(Object anything)"]
    assert error["cause"] == {"errorType": "IOException", "errorMessage": "the disk"}
    error = json.loads(dotnet("FailsLater")({}).payload)
    assert (error["errorType"], error["errorMessage"]) == ("ArgumentException", "later")
    error = json.loads(dotnet("Twice")("no number").payload)
    assert error["errorType"] == "JsonSerializerException"
    assert error["errorMessage"].startswith("Error converting the Lambda event JSON payload to type System.Int32: ")


VALID = "The valid format is 'ASSEMBLY::TYPE::METHOD'."
MISTAKES = [
    ("Lab.Function.Twice", f"Invalid lambda function handler: 'Lab.Function.Twice'. {VALID}"),
    ("Lab::::Twice", f"Invalid lambda function handler: 'Lab::::Twice', the type is missing. {VALID}"),
    ("None::Lab.Function::Twice", "Could not find the specified handler assembly with the file name 'None"),
    ("Lab::Lab.None::Twice", "Unable to load type 'Lab.None' from assembly 'Lab'."),
    ("Lab::Lab.Function::None",
     "Unable to find method 'None' in type 'Lab.Function' from assembly 'Lab': Found no methods matching"),
    ("Lab::Lab.Function::Twins", "The method 'Twins' in type 'Lab.Function' appears to have a number of overloads."),
    ("Lab::Lab.Function::Never",
     "The method 'Void Never(Int32)' cannot be used as a Lambda Handler because it is an 'async void' method."),
]


@pytest.mark.parametrize(("handler", "message"), MISTAKES, ids=[handler for handler, _ in MISTAKES])
def test_what_cannot_be_loaded(plane: Plane, assembly: Path, handler: str, message: str) -> None:
    outcome = plane.function("", runtime="dotnet8", handler=handler, code=assembly)({})
    error = json.loads(outcome.payload)
    assert error["errorType"] == "LambdaValidationException"
    assert error["errorMessage"].startswith(message)
    assert outcome.status == "error"


def test_a_constructor_that_throws(plane: Plane, assembly: Path) -> None:
    outcome = plane.function("", runtime="dotnet8", handler="Lab::Lab.Broken::Handle", code=assembly)({})
    assert json.loads(outcome.payload)["errorMessage"] == "not today"


def test_an_assembly_for_a_newer_dotnet(plane: Plane, assembly: Path, tmp_path: Path) -> None:
    config = {"runtimeOptions": {"framework": {"name": "Microsoft.NETCore.App", "version": "99.0.0"}}}
    (tmp_path / "Lab.runtimeconfig.json").write_text(json.dumps(config))
    outcome = plane.function("", runtime="dotnet10", handler="Lab::Lab.Function::Twice", code=tmp_path)(1)
    assert "Lab was built for .NET 99.0.0, and this machine has .NET " in json.loads(outcome.payload)["errorMessage"]


def test_timeout_exit_and_memory(dotnet) -> None:  # type: ignore[no-untyped-def]
    slow = dotnet("Sleeps", timeout_s=3.0, memory_mb=1769)
    outcome = slow(60_000)
    assert (outcome.status, json.loads(outcome.payload)["errorType"]) == ("timeout", "Sandbox.Timedout")
    ended = dotnet("Exits")
    for status in (3, 4):  # started again for the second
        message = json.loads(ended(status).payload)["errorMessage"]
        assert message.endswith(f"Runtime exited with error: exit status {status}")
    outcome = dotnet("Eats", memory_mb=192, timeout_s=20.0)(1000)
    assert (json.loads(outcome.payload)["errorType"], outcome.error_type) == ("Runtime.ExitError", "Runtime.OutOfMemory")


def test_tmp_is_the_functions(dotnet) -> None:  # type: ignore[no-untyped-def]
    assert dotnet("Writes").answer("a note") == "a note"
    assert not Path("/tmp/note.txt").exists()


def test_logs_as_json(dotnet, plane: Plane, assembly: Path) -> None:  # type: ignore[no-untyped-def]
    environ = {
        "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "WARN", "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_LOG_GROUP_NAME": "g",
    }  # fmt: skip
    function = dotnet("Talks", environ=environ)
    function({})
    said = [json.loads(line) for line in function.lines]
    assert [(one["level"], one["message"]) for one in said] == [("Error", "failed"), ("Warning", "careful with fire")]
    assert list(said[1]) == ["timestamp", "level", "requestId", "message", "what"]
    assert said[1]["what"] == "fire"
