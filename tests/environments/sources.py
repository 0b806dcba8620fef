"""The functions of languages.py, one in each language."""

from __future__ import annotations

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
	"io"
	"os"
	"strconv"
	"strings"
	"testing/iotest"
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
	case "half":
		return io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("bad"))), nil
	case "large":
		return strings.Repeat("x", 7<<20), nil
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
