"""The log format JSON: the platform's events, the function's own lines, and their levels, in CloudWatch Logs and in LogResult."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from lablib.environments.runtimes import toolchains
from lablib.run import Run
from tests.support import CloudUnderTest, require

SOURCE = """
import json, logging, os, sys, time
log = logging.getLogger()
def lambda_handler(event, context):
    print("plain text")
    for level in ("debug", "info", "warning", "error"):
        getattr(log, level)("from logging at %s", level)
    for level in ("trace", "debug", "info", "warn", "error", "fatal"):
        print(json.dumps({"timestamp": "2026-11-23T10:00:00Z", "level": level, "message": f"printed at {level}"}))
    print(json.dumps({"level": "error", "message": "without a timestamp"}))
    print(json.dumps({"timestamp": "2026-11-23T10:00:00Z", "level": "loud", "message": "at no level"}))
    if event == "fail":
        raise ValueError("why")
    if event == "exit":
        os._exit(3)
    if event == "hang":
        time.sleep(60)
    return [os.environ["AWS_LAMBDA_LOG_FORMAT"], os.environ["AWS_LAMBDA_LOG_LEVEL"]]
"""


def events(cloud: CloudUnderTest, name: str) -> list[str]:
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
    return [event["message"] for page in pages for event in page["events"]]


def platform(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines if line.startswith('{"time":')]


def function(cloud: CloudUnderTest, application: str = "INFO", system: str = "INFO", **more: Any) -> str:
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": application, "SystemLogLevel": system}
    return cloud.function(SOURCE, LoggingConfig=logging, **more)


def test_the_events_of_an_invocation(cloud: CloudUnderTest) -> None:
    name = function(cloud, system="DEBUG")
    answer = cloud.client("lambda").invoke(FunctionName=name, LogType="Tail")
    assert json.load(answer["Payload"]) == ["JSON", "INFO"]
    lines = events(cloud, name)
    found = platform(lines)
    assert [event["type"] for event in found] == [
        f"platform.{what}" for what in ("initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report")
    ]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["time"]) for event in found)
    start, done, initialized, begun, ran, report = (event["record"] for event in found)
    assert start == {
        "initializationType": "on-demand", "phase": "init", "runtimeVersion": "python:3.11.local",
        "runtimeVersionArn": f"arn:aws:lambda:{cloud.region}::runtime:local", "functionName": name, "functionVersion": "$LATEST",
    }  # fmt: skip
    assert done == {"initializationType": "on-demand", "phase": "init", "status": "success"}
    assert initialized.items() >= done.items() and initialized["metrics"]["durationMs"] > 0
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert begun == {"requestId": request_id, "version": "$LATEST"}
    assert (ran["requestId"], ran["status"], ran["metrics"]["producedBytes"]) == (request_id, "success", len('["JSON", "INFO"]'))
    metrics = report["metrics"]
    assert (report["requestId"], report["status"], metrics["memorySizeMB"]) == (request_id, "success", 512)
    assert metrics["billedDurationMs"] >= metrics["durationMs"] + metrics["initDurationMs"]
    assert set(metrics) == {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs"}
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.split("\n") == [line.removesuffix("\n") for line in lines]


LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


@pytest.mark.parametrize("level", LEVELS)
def test_application_levels(cloud: CloudUnderTest, level: str) -> None:
    name = function(cloud, application=level)
    cloud.client("lambda").invoke(FunctionName=name)
    own = [line for line in events(cloud, name) if not line.startswith('{"time":')]
    said = [json.loads(line)["message"] if line.startswith("{") else line.strip() for line in own]
    passing = {name.lower() for name in LEVELS[LEVELS.index(level) :]}
    expected = {f"printed at {one}" for one in passing}
    expected |= {f"from logging at {one}" for one in ("debug", "info", "error") if one in passing}
    expected |= {"from logging at warning"} if "warn" in passing else set()
    expected |= {"plain text", "without a timestamp", "at no level"} if "info" in passing else set()
    assert set(said) == expected


SYSTEM = {
    ("DEBUG", "1"): ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"],
    ("INFO", "1"): ["initStart", "start", "report"],
    ("WARN", "1"): [],
    ("WARN", '"exit"'): ["runtimeDone", "report"],
    ("WARN", '"hang"'): ["runtimeDone", "report"],
}


@pytest.mark.parametrize("level, payload", SYSTEM, ids=str)
def test_system_levels(cloud: CloudUnderTest, level: str, payload: str) -> None:
    name = function(cloud, system=level, Timeout=1)
    cloud.client("lambda").invoke(FunctionName=name, Payload=payload)
    found = platform(events(cloud, name))
    assert [event["type"].removeprefix("platform.") for event in found] == SYSTEM[level, payload]
    status = {"1": "success", '"exit"': "error", '"hang"': "timeout"}[payload]
    assert {event["record"].get("status", status) for event in found} <= {status}
    if status == "error":
        assert found[-1]["record"]["errorType"] == "Runtime.ExitError"


def test_an_init_that_fails_warns(cloud: CloudUnderTest) -> None:
    logging = {"LogFormat": "JSON", "SystemLogLevel": "WARN"}
    name = cloud.function("raise ValueError('no')", LoggingConfig=logging)
    cloud.client("lambda").invoke(FunctionName=name)
    kinds = [(event["type"], event["record"].get("phase")) for event in platform(events(cloud, name))]
    assert kinds[:4] == [
        (f"platform.{kind}", phase) for phase in ("init", "invoke") for kind in ("initRuntimeDone", "initReport")
    ]


def test_an_error_is_one_json_line(cloud: CloudUnderTest) -> None:
    name = function(cloud)
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload='"fail"', LogType="Tail")
    [line] = [line for line in events(cloud, name) if '"errorType"' in line]
    said = json.loads(line)
    assert (said["level"], said["errorType"], said["errorMessage"]) == ("ERROR", "ValueError", "why")
    assert said["requestId"] == answer["ResponseMetadata"]["RequestId"]
    run = Run.from_response(name, answer)
    assert run.report is not None and run.report.cold and run.report.status is None
    assert run.logs[0] == "plain text" and run.error is not None and "ValueError: why" in str(run)
    assert "platform." not in "".join(run.logs) and '"errorType"' not in str(run)


def test_text_again(cloud: CloudUnderTest) -> None:
    name, client = function(cloud), cloud.client("lambda")
    client.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "Text"})
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    client.invoke(FunctionName=name)
    assert events(cloud, name)[-1].startswith("REPORT RequestId: ") and not platform(events(cloud, name))


def test_functions_may_share_a_log_group(cloud: CloudUnderTest) -> None:
    client = cloud.client("lambda")
    for name in ("one", "two"):
        cloud.function("def lambda_handler(event, context): print(context.log_group_name, context.log_stream_name)", name,
                       LoggingConfig={"LogGroup": "/shared"})  # fmt: skip
        client.invoke(FunctionName=name)
    found = cloud.client("logs").filter_log_events(logGroupName="/shared")["events"]
    printed = [event["message"] for event in found if event["message"].startswith("/shared ")]
    assert len(printed) == 2 and len({event["logStreamName"] for event in found}) == 2
    streams = {event["logStreamName"] for event in found}
    assert {line.split()[1] for line in printed} == streams
    for stream in streams:
        assert re.fullmatch(r"20\d\d/\d\d/\d\d/(one|two)\[\$LATEST\]\[[0-9a-f]{32}\]", stream), stream


OTHERS = {
    "nodejs22.x": ("index.handler", "index.js", """
exports.handler = async () => {
  for (const level of ["debug", "info", "warn", "error"]) console[level]("logged at " + level);
  process.stdout.write("plain text\\n");
};
"""),
    "ruby3.4": ("index.handler", "index.rb", """
require 'logger'
LOG = Logger.new($stdout)
def handler(event:, context:)
  %w[debug info warn error].each { |level| LOG.public_send(level, "logged at #{level}") }
  puts "plain text"
end
"""),
}  # fmt: skip


@pytest.mark.parametrize("runtime", OTHERS)
def test_levels_in_other_languages(cloud: CloudUnderTest, runtime: str) -> None:
    tool = "node" if runtime.startswith("node") else "ruby"
    require(toolchains.find(tool), tool, toolchains.TOOLCHAINS[tool].install)
    handler, file, source = OTHERS[runtime]
    name = cloud.function(
        {file: source}, Runtime=runtime, Handler=handler, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN"}
    )
    answer = cloud.client("lambda").invoke(FunctionName=name)
    assert "FunctionError" not in answer, answer["Payload"].read()
    own = [line for line in events(cloud, name) if not line.startswith('{"time":')]
    said = {(one["level"], one["message"], one["requestId"]) for one in map(json.loads, own)}
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert said == {(level, f"logged at {level.lower()}", request_id) for level in ("WARN", "ERROR")}
