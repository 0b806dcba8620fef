"""An invocation's log: in CloudWatch Logs and in LogResult, letter by letter as Lambda writes it.

The forms were compared with captured LogResults and CloudWatch events of 2024 to 2026.
"""

from __future__ import annotations

import base64
import json
import re
import time

from lablib.models.limits import LOG_RESULT_BYTES
from lablib.run import Run
from tests.support import CloudUnderTest

SOURCE = """
import sys, time
print("in INIT")
def lambda_handler(event, context):
    print("a line")
    if event == "fail":
        raise ValueError("why")
    if event == "hang":
        time.sleep(60)
    if event == "exit":
        sys.exit(1)
    sys.stdout.write("not ended")
"""
ID = "[0-9a-f-]{36}"
REPORT = rf"REPORT RequestId: {ID}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 512 MB\tMax Memory Used: \d+ MB"


def invoke(cloud: CloudUnderTest, name: str, payload: str) -> str:
    """The decoded LogResult."""
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=f'"{payload}"', LogType="Tail")
    return base64.b64decode(answer["LogResult"]).decode()


def test_the_log_of_each_end(cloud: CloudUnderTest) -> None:
    name = cloud.function(SOURCE, Timeout=2)
    start, end = rf"START RequestId: {ID} Version: \$LATEST\n", rf"END RequestId: {ID}\n"
    well = rf"in INIT\n{start}a line\nnot ended{end}{REPORT}\tInit Duration: [\d.]+ ms\t\n"
    raised = (
        rf"{start}a line\n\[ERROR\] ValueError: why\nTraceback \(most recent call last\):\n"
        rf'\xa0\xa0File "/var/task/lambda_function.py", line 7, in lambda_handler\n'
        rf'\xa0\xa0\xa0\xa0raise ValueError\("why"\){end}{REPORT}\t\n'
    )
    hung = rf"{start}a line\n{end}{REPORT}\tStatus: timeout\n"
    ended = rf"in INIT\n{start}a line\n{end}{REPORT}\tStatus: error\tError Type: Runtime.ExitError\n"
    tails = []
    for payload, pattern in (("well", well), ("fail", raised), ("hang", hung), ("exit", ended)):
        tails.append(invoke(cloud, name, payload))
        assert re.fullmatch(pattern, tails[-1]), tails[-1]
    assert "\tDuration: 2000.00 ms\tBilled Duration: 2000 ms\t" in tails[2]
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    first, *messages = [event["message"] for event in events]
    assert re.fullmatch(r"INIT_START Runtime Version: python:3.11\S+\tRuntime Version ARN: arn:aws:lambda:\S+\n", first)
    assert "".join(messages) == "".join(tails)
    assert len({event["logStreamName"] for event in events}) == 1


def test_a_trace_begins_with_the_time_of_the_clouds_clock(cloud: CloudUnderTest) -> None:
    name = cloud.function("import os\ndef lambda_handler(event, context): return os.environ['_X_AMZN_TRACE_ID']")
    cloud.advance(3600)
    before = time.time() + 3600
    answer = cloud.client("lambda").invoke(FunctionName=name)
    trace = json.load(answer["Payload"])
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert (headers["x-amzn-trace-id"], headers["x-amzn-remapped-content-length"]) == (trace, "0")
    found = re.fullmatch("Root=1-([0-9a-f]{8})-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=1:[0-9a-f]{8}:0", trace)
    assert found is not None and abs(int(found[1], 16) - before) < 30


def test_the_functions_variables(cloud: CloudUnderTest) -> None:
    name = cloud.function(
        "import os\ndef lambda_handler(event, context): return dict(os.environ)",
        Environment={"Variables": {"MINE": "1", "TZ": "Europe/Lisbon"}},
    )
    seen = json.load(cloud.client("lambda").invoke(FunctionName=name)["Payload"])
    assert set(seen) == set("""
        MINE TZ LANG PATH PWD SHLVL LD_LIBRARY_PATH PYTHONPATH LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR _HANDLER _X_AMZN_TRACE_ID
        AWS_REGION AWS_DEFAULT_REGION AWS_EXECUTION_ENV AWS_LAMBDA_RUNTIME_API AWS_LAMBDA_INITIALIZATION_TYPE
        AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_LOG_GROUP_NAME
        AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_XRAY_CONTEXT_MISSING
        AWS_XRAY_DAEMON_ADDRESS _AWS_XRAY_DAEMON_ADDRESS _AWS_XRAY_DAEMON_PORT AWS_ENDPOINT_URL
        AWS_DISABLE_HOST_PREFIX_INJECTION
    """.split())
    assert (seen["MINE"], seen["TZ"], seen["PWD"]) == ("1", "Europe/Lisbon", "/var/task")


def test_the_tail_is_the_last_four_kilobytes(cloud: CloudUnderTest) -> None:
    name = cloud.function("def lambda_handler(event, context): print('é' * 4000)")
    tail = cloud.client("lambda").invoke(FunctionName=name, LogType="Tail")["LogResult"]
    assert LOG_RESULT_BYTES <= len(base64.b64decode(tail)) <= LOG_RESULT_BYTES + 2  # U+FFFD for half a character


def test_active_tracing(cloud: CloudUnderTest) -> None:
    name = cloud.function(
        "import os\ndef lambda_handler(event, context): return os.environ['_X_AMZN_TRACE_ID']", TracingConfig={"Mode": "Active"}
    )
    answer = cloud.client("lambda").invoke(FunctionName=name, LogType="Tail")
    trace = dict(part.split("=") for part in json.load(answer["Payload"]).split(";"))
    assert trace["Sampled"] == "1"
    tail = base64.b64decode(answer["LogResult"]).decode()
    traced = f"\tInit Duration: [\\d.]+ ms\t\nXRAY TraceId: {trace['Root']}\tSegmentId: {trace['Parent']}\tSampled: true\t\n$"
    assert re.search(traced, tail), tail
    run = Run.from_response(name, answer)
    assert run.report is not None and run.report.cold and run.logs == []


def test_traces_in_json(cloud: CloudUnderTest) -> None:
    name = cloud.function(
        "import os\ndef lambda_handler(event, context): return os.environ['_X_AMZN_TRACE_ID']", TracingConfig={"Mode": "Active"},
        LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"},
    )  # fmt: skip
    answer = cloud.client("lambda").invoke(FunctionName=name, LogType="Tail")
    header = json.load(answer["Payload"])
    parent = header.split("Parent=")[1][:16]
    events = [json.loads(line) for line in base64.b64decode(answer["LogResult"]).decode().splitlines()]
    traced = {event["type"]: event["record"]["tracing"] for event in events if "tracing" in event["record"]}
    expected = {"spanId": parent, "type": "X-Amzn-Trace-Id", "value": header}
    assert traced == {f"platform.{what}": expected for what in ("start", "runtimeDone", "report")}


COMING = "1-5759e988-bd862e3fe1be46a994272793"
# tracing mode, what the request's header decides -> whether the function is sampled, whether REPORT says so
SAMPLED = {
    "active, undecided": ("Active", "", "1", True),
    "active, wanted": ("Active", ";Sampled=1", "1", True),
    "active, not wanted": ("Active", ";Sampled=0", "0", False),
    "passed through, undecided": ("PassThrough", "", "0", False),
    "passed through, wanted": ("PassThrough", ";Sampled=1", "1", False),
}


def test_a_trace_that_comes_with_the_request_goes_on(cloud: CloudUnderTest) -> None:
    client = cloud.client("lambda")
    names = {
        mode: cloud.function("import os\ndef lambda_handler(event, context): return os.environ['_X_AMZN_TRACE_ID']",
                             TracingConfig={"Mode": mode}) for mode in ("Active", "PassThrough")
    }  # fmt: skip
    coming = ""
    client.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", coming))
    for case, (mode, decided, sampled, reported) in SAMPLED.items():
        coming = f"Root={COMING};Parent=53995c3f42cd8ad8{decided}"
        answer = client.invoke(FunctionName=names[mode], LogType="Tail")
        seen = dict(part.split("=") for part in json.load(answer["Payload"]).split(";"))
        assert (seen["Root"], seen["Sampled"]) == (COMING, sampled), case
        assert (f"\nXRAY TraceId: {COMING}\t" in base64.b64decode(answer["LogResult"]).decode()) is reported, case
