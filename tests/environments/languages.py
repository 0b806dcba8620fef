"""One function in each language: the same answers to the same events.

``{"do": "echo", "value": v}`` answers v and how often this process was asked; ``throw``, ``exit`` (status 3), ``sleep``, ``memory``;
``tmp`` writes "kept" to its /tmp unless it is there, and says which; ``layer`` reads /opt/data.txt; ``context`` and ``print`` speak for themselves.
"""

from __future__ import annotations

import functools
import io
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lablib.environments.runtimes.toolchains import TOOLCHAINS, find
from lablib.packaging import from_path
from lablib.toolbox import workshop
from tests.support import make_zip, require

PYTHON = """
import json, os, time
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    do = event["do"]
    if do == "throw":
        raise ValueError("bad")
    if do == "exit":
        os._exit(3)
    if do == "sleep":
        time.sleep(60)
    if do == "memory":
        return len(bytearray(400 * 1024 * 1024))
    if do == "tmp":
        if os.path.exists("/tmp/kept"):
            return "was there"
        open("/tmp/kept", "w").close()
        return "is new"
    if do == "layer":
        return open("/opt/data.txt").read()
    if do == "print":
        print("one line")
    if do == "context":
        return {"id": context.aws_request_id, "name": context.function_name, "version": context.function_version,
                "memory": str(context.memory_limit_in_mb), "arn": context.invoked_function_arn,
                "left": context.get_remaining_time_in_millis(), "trace": os.environ.get("_X_AMZN_TRACE_ID")}
    return {"value": event.get("value"), "count": count}
"""

NODE = """
import fs from "node:fs";
let count = 0;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const handler = async (event, context) => {
  count += 1;
  switch (event.do) {
    case "throw": throw new TypeError("bad");
    case "exit": process.exit(3);
    case "sleep": await sleep(60000); break;
    case "memory": return Buffer.alloc(400 * 1024 * 1024, 1).length;
    case "tmp":
      if (fs.existsSync("/tmp/kept")) return "was there";
      fs.writeFileSync("/tmp/kept", "");
      return "is new";
    case "layer": return fs.readFileSync("/opt/data.txt", "utf8");
    case "print": console.log("one line"); break;
    case "context":
      return { id: context.awsRequestId, name: context.functionName, version: context.functionVersion, memory: context.memoryLimitInMB,
               arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID ?? null };
  }
  return { value: event.value ?? null, count };
};
"""

RUBY = """
$count = 0
def lambda_handler(event:, context:)
  $count += 1
  case event['do']
  when 'throw' then raise ArgumentError, 'bad'
  when 'exit' then exit!(3)
  when 'sleep' then sleep(60)
  when 'memory' then return ('x' * (400 * 1024 * 1024)).length
  when 'tmp'
    return 'was there' if File.exist?('/tmp/kept')
    File.write('/tmp/kept', '')
    return 'is new'
  when 'layer' then return File.read('/opt/data.txt')
  when 'print' then puts 'one line'
  when 'context'
    return { id: context.aws_request_id, name: context.function_name, version: context.function_version, memory: context.memory_limit_in_mb,
             arn: context.invoked_function_arn, left: context.get_remaining_time_in_millis, trace: ENV['_X_AMZN_TRACE_ID'] }
  end
  { value: event['value'], count: $count }
end
"""

GO = """
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

var count int

type event struct {
	Do    string `json:"do"`
	Value any    `json:"value"`
}

func handle(ctx context.Context, event event) (any, error) {
	count++
	switch event.Do {
	case "throw":
		return nil, errors.New("bad")
	case "panic":
		panic("at the disco")
	case "exit":
		os.Exit(3)
	case "sleep":
		time.Sleep(time.Minute)
	case "memory":
		block := make([]byte, 400<<20)
		for at := 0; at < len(block); at += 4096 {
			block[at] = 1
		}
		return len(block), nil
	case "tmp":
		kept := os.TempDir() + "/kept"
		if _, err := os.Stat(kept); err == nil {
			return "was there", nil
		}
		return "is new", os.WriteFile(kept, nil, 0o600)
	case "layer":
		text, err := os.ReadFile("/opt/data.txt")
		return string(text), err
	case "stream":
		return strings.NewReader("as it is"), nil
	case "print":
		fmt.Println("one line")
	case "context":
		about, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{"id": about.AwsRequestID, "name": lambdacontext.FunctionName, "version": lambdacontext.FunctionVersion,
			"memory": strconv.Itoa(lambdacontext.MemoryLimitInMB), "arn": about.InvokedFunctionArn,
			"left": time.Until(deadline).Milliseconds(), "trace": ctx.Value("x-amzn-trace-id")}, nil
	}
	return map[string]any{"value": event.Value, "count": count}, nil
}

func main() { lambda.Start(handle) }
"""

JAVA = """
import com.amazonaws.services.lambda.runtime.*;
import java.io.*;
import java.nio.file.*;
import java.util.*;

public class Handler implements RequestHandler<Map<String, Object>, Object> {
    private int count;
    public Object handleRequest(Map<String, Object> event, Context context) {
        count++;
        try {
            switch ((String) event.get("do")) {
                case "throw": throw new IllegalStateException("bad");
                case "exit": Runtime.getRuntime().halt(3); break;
                case "sleep": Thread.sleep(60000); break;
                case "tmp":
                    Path kept = Paths.get(System.getProperty("java.io.tmpdir"), "kept");
                    if (Files.exists(kept)) return "was there";
                    Files.createFile(kept);
                    return "is new";
                case "layer": return new String(Files.readAllBytes(Paths.get("/opt/data.txt")), "UTF-8");
                case "print": System.out.println("one line"); break;
                case "context":
                    Map<String, Object> about = new HashMap<>();
                    about.put("id", context.getAwsRequestId());
                    about.put("name", context.getFunctionName());
                    about.put("version", context.getFunctionVersion());
                    about.put("memory", "" + context.getMemoryLimitInMB());
                    about.put("arn", context.getInvokedFunctionArn());
                    about.put("left", context.getRemainingTimeInMillis());
                    return about;
            }
        } catch (IOException | InterruptedException error) {
            throw new RuntimeException(error);
        }
        Map<String, Object> answer = new HashMap<>();
        answer.put("value", event.get("value"));
        answer.put("count", count);
        return answer;
    }
}
"""

CSHARP = """
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Amazon.Lambda.Core;
using Amazon.Lambda.Serialization.SystemTextJson;

[assembly: LambdaSerializer(typeof(DefaultLambdaJsonSerializer))]

public class Asked { public string Do { get; set; } public object Value { get; set; } }

public class Function
{
    private int count;

    public object FunctionHandler(Asked asked, ILambdaContext context)
    {
        count++;
        switch (asked.Do)
        {
            case "throw": throw new InvalidOperationException("bad");
            case "exit": Environment.Exit(3); break;
            case "sleep": Thread.Sleep(60000); break;
            case "memory":
                var block = new byte[400 * 1024 * 1024];
                for (var at = 0; at < block.Length; at += 4096) block[at] = 1;
                return block.Length;
            case "tmp":
                var kept = Path.Combine(Path.GetTempPath(), "kept");
                if (File.Exists(kept)) return "was there";
                File.WriteAllText(kept, "");
                return "is new";
            case "layer": return File.ReadAllText("/opt/data.txt");
            case "print": Console.WriteLine("one line"); break;
            case "context":
                return new Dictionary<string, object> {
                    ["id"] = context.AwsRequestId, ["name"] = context.FunctionName, ["version"] = context.FunctionVersion,
                    ["memory"] = context.MemoryLimitInMB.ToString(), ["arn"] = context.InvokedFunctionArn,
                    ["left"] = context.RemainingTime.TotalMilliseconds };
        }
        return new Dictionary<string, object> { ["value"] = asked.Value, ["count"] = count };
    }
}
"""

# The bootstrap of AWS's tutorial (DG runtimes-walkthrough), but for an error and for an id that its handler can use.
BASH = r"""#!/bin/sh
set -euo pipefail
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"
API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation"
while true
do
  HEADERS="$(mktemp)"
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "$API/next")
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  rm "$HEADERS"
  COUNT=$((COUNT + 1))
  ANSWER=response
  $(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA"
  curl -sS "$API/$REQUEST_ID/$ANSWER" -d "$RESPONSE" > /dev/null
done
"""

BASH_FUNCTION = r"""
COUNT=0
handler () {
  case "$1" in
    *throw*) ANSWER=error RESPONSE='{"errorMessage":"bad","errorType":"Oops"}' ;;
    *exit*) exit 3 ;;
    *sleep*) sleep 60 ;;
    *memory*) RESPONSE=$(head -c 250000000 /dev/zero | tr '\0' x) ;;
    *tmp*) if [ -e "${TMPDIR:-/tmp}/kept" ]; then RESPONSE='"was there"'; else touch "${TMPDIR:-/tmp}/kept"; RESPONSE='"is new"'; fi ;;
    *layer*) RESPONSE="\"$(cat /opt/data.txt)\"" ;;
    *print*) echo "one line"; RESPONSE="{\"value\":null,\"count\":$COUNT}" ;;
    *) RESPONSE="{\"value\":$(echo "$1" | sed 's/.*"value": *//; s/}$//'),\"count\":$COUNT}" ;;
  esac
}
"""


@dataclass(frozen=True)
class Language:
    """A runtime under test.

    Attributes
    ----------
    needs
        Programs it cannot do without.
    files
        Makes the package with the function above.
    thrown
        The error type of ``throw``.
    broken
        Packages whose INIT fails: what is wrong -> (files, handler, error type, a part of the message, REPORT's error type).
    maps
        Whether /tmp and /opt are its own without namespaces too.
    memory_ends_it
        Whether it dies of too much memory; Java, whose heap ends before, throws an error.
    """

    runtime: str
    needs: tuple[str, ...]
    handler: str
    files: Callable[[], Mapping[str, bytes]]
    thrown: str
    broken: Mapping[str, tuple[Mapping[str, str], str, str, str, str]] = field(default_factory=dict)
    maps: bool = True
    has_context: bool = True
    memory_ends_it: bool = True

    def require(self) -> None:
        for program in self.needs:
            require(find(program), program, TOOLCHAINS[program].install)

    def environ(self) -> dict[str, str]:
        """The variables of a function of 512 MB that belong to this language."""
        return {
            "_HANDLER": self.handler, "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.runtime}", "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/23/[$LATEST]stream",
            "LAMBDA_TASK_ROOT": "/var/task", "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin", "LANG": "en_US.UTF-8",
        }  # fmt: skip


def text(**files: str) -> Callable[[], Mapping[str, bytes]]:
    return lambda: {name.replace("__", "."): content.encode() for name, content in files.items()}


def package(files: Mapping[str, str | bytes]) -> bytes:
    """A zip in which `bootstrap` may be executed, as `zip` makes one."""
    out = io.BytesIO(make_zip({name: content for name, content in files.items() if name != "bootstrap"}))
    if "bootstrap" in files:
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, files["bootstrap"])
    return out.getvalue()


@functools.cache
def go_binary(source: str = GO) -> bytes:
    """Built as AWS's documentation says; the module comes from the module proxy once, and then from Go's own cache."""
    folder = Path(tempfile.mkdtemp())
    (folder / "main.go").write_text(source)
    (folder / "go.mod").write_text("module function\n\ngo 1.21\n\nrequire github.com/aws/aws-lambda-go v1.55.1\n")
    go = str(find("go"))
    environ = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    for order in ("mod download github.com/aws/aws-lambda-go", "build -tags lambda.norpc -o bootstrap ."):
        ran = subprocess.run([go, *order.split()], cwd=folder, env=environ, capture_output=True, text=True)
        if ran.returncode:
            pytest.fail(ran.stderr)
    return (folder / "bootstrap").read_bytes()


@functools.cache
def compiled(name: str, source: str) -> Mapping[str, bytes]:
    """What lab.deploy makes of one source file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_text(source)
        with zipfile.ZipFile(io.BytesIO(from_path(file, workshop()).content)) as archive:
            return {entry: archive.read(entry) for entry in archive.namelist()}


LANGUAGES = {
    "python": Language(
        "python3.12", (), "lambda_function.lambda_handler", text(lambda_function__py=PYTHON), "ValueError",
        {"init": ({"lambda_function.py": "1 / 0"}, "lambda_function.lambda_handler", "ZeroDivisionError", "division by zero", "Runtime.Unknown"),
         "import": ({"lambda_function.py": "import nothing"}, "lambda_function.lambda_handler", "Runtime.ImportModuleError",
                    "No module named 'nothing'", "Runtime.ImportModuleError")},
    ),
    "nodejs": Language(
        "nodejs22.x", ("node",), "index.handler", text(index__mjs=NODE), "TypeError",
        {"init": ({"index.js": "throw new RangeError('at init')"}, "index.handler", "RangeError", "at init", "Runtime.Unknown"),
         "import": ({"index.js": "require('nothing')"}, "index.handler", "Runtime.ImportModuleError",
                    "Error: Cannot find module 'nothing'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs",
                    "Runtime.ImportModuleError")},
    ),
    "ruby": Language(
        "ruby3.3", ("ruby",), "lambda_function.lambda_handler", text(lambda_function__rb=RUBY), "Function<ArgumentError>",
        {"init": ({"lambda_function.rb": "raise 'at init'"}, "lambda_function.lambda_handler", "Init<RuntimeError>", "at init", "Runtime.Unknown"),
         "import": ({"lambda_function.rb": "require 'nothing'"}, "lambda_function.lambda_handler", "Init<LoadError>",
                    "cannot load such file -- nothing", "Runtime.Unknown")},
    ),
    "go": Language(
        "provided.al2023", ("go",), "bootstrap", lambda: {"bootstrap": go_binary()}, "errorString",
        {"missing": ({"main": "1"}, "bootstrap", "Runtime.InvalidEntrypoint",
                     "Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]", "Runtime.InvalidEntrypoint")},
        maps=False,
    ),
    "java": Language(
        "java17", ("java", "javac"), "Handler::handleRequest", lambda: compiled("Handler.java", JAVA), "java.lang.IllegalStateException",
        maps=False, memory_ends_it=False,
    ),
    "dotnet": Language(
        "dotnet8", ("dotnet", "mcs"), "Function::Function::FunctionHandler", lambda: compiled("Function.cs", CSHARP), "InvalidOperationException",
        maps=False,
    ),
    "custom": Language(
        "provided.al2", ("bash", "curl"), "function.handler", text(bootstrap=BASH, function__sh=BASH_FUNCTION), "Oops",
        {"format": ({"bootstrap": "\x7fELF"}, "x", "Runtime.InvalidEntrypoint", "Error: fork/exec /var/task/bootstrap: exec format error",
                    "Runtime.InvalidEntrypoint"),
         "interpreter": ({"bootstrap": "#!/no/such\n"}, "x", "Runtime.InvalidEntrypoint",
                         "Error: fork/exec /var/task/bootstrap: no such file or directory", "Runtime.InvalidEntrypoint"),
         "init": ({"bootstrap": "#!/bin/bash\nexit 4\n"}, "x", "Runtime.ExitError", "Error: Runtime exited with error: exit status 4",
                  "Runtime.ExitError")},
        maps=False, has_context=False,
    ),
}  # fmt: skip
