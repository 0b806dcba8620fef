"""SnapStart, from outside: a published Python version's environments are restored from a snapshot."""

from __future__ import annotations

import base64
import json
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lablib.models.report import parse_report
from tests.support import CloudUnderTest

SOURCE = """
import os, random, time
from snapshot_restore_py import register_after_restore, register_before_snapshot
print("INIT", os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"])
time.sleep(0.3)
seen = ["init"]
random.seed(7)
drawn = random.random()
open("/tmp/from-init", "w").write("filled")
register_before_snapshot(lambda: (seen.append("before"), print("before the snapshot")))
register_after_restore(lambda: (seen.append("after"), print("after the restore")))
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    if event == "die":
        os._exit(5)
    if isinstance(event, dict) and "hold" in event:
        time.sleep(event["hold"])
    open("/tmp/own", "a").write("x")
    return {
        "seen": seen, "count": count, "drawn": drawn, "next": random.random(), "own": open("/tmp/own").read(),
        "from_init": open("/tmp/from-init").read(), "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"],
        "stream": [name for name in os.environ if name.startswith("AWS_LAMBDA_LOG_STREAM")], "key": os.environ["AWS_ACCESS_KEY_ID"],
    }
"""
SNAP = {"SnapStart": {"ApplyOn": "PublishedVersions"}}


@pytest.fixture(params=["namespaces", "shared"])
def place(request: pytest.FixtureRequest) -> CloudUnderTest:
    found: CloudUnderTest = request.getfixturevalue("cloud" if request.param == "namespaces" else "cloud_shared")
    return found


def publish(cloud: CloudUnderTest, name: str) -> str:
    """Publish the next version and wait until it is Active; its number."""
    client = cloud.client("lambda")
    version = str(client.publish_version(FunctionName=name)["Version"])
    client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 1})
    return version


def published(cloud: CloudUnderTest, source: str = SOURCE, **settings: Any) -> str:
    """A function with SnapStart whose version 1 is Active."""
    name = cloud.function(source, Runtime="python3.12", **(SNAP | settings))
    publish(cloud, name)
    return name


def invoke(cloud: CloudUnderTest, name: str, payload: Any = None, qualifier: str = "1") -> tuple[Any, str]:
    answer = cloud.client("lambda").invoke(FunctionName=name, Qualifier=qualifier, Payload=json.dumps(payload), LogType="Tail")
    return json.load(answer["Payload"]), base64.b64decode(answer["LogResult"]).decode()


def messages(cloud: CloudUnderTest, name: str) -> list[str]:
    events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"].rstrip() for event in events]


def test_a_version_is_restored_with_its_hooks(place: CloudUnderTest) -> None:
    name = published(place)
    answer, tail = invoke(place, name)
    assert answer["seen"] == ["init", "before", "after"] and answer["from_init"] == "filled"
    assert (answer["type"], answer["stream"], answer["count"], answer["own"]) == ("snap-start", [], 1, "x")
    log = messages(place, name)
    number = r"\d+\.\d\d ms"
    runtime = r"Runtime Version: python:3\.12\S+\tRuntime Version ARN: \S+"
    for line, pattern in zip(log, (
        rf"INIT_START {runtime}", "INIT snap-start", "before the snapshot", rf"INIT_REPORT Init Duration: {number}\t.*success",
        rf"RESTORE_START {runtime}", "after the restore", rf"RESTORE_REPORT Restore Duration: {number}",
        r"START RequestId: \S+ Version: 1",
    )):  # fmt: skip
        assert re.fullmatch(pattern, line), (line, pattern)
    report = parse_report(tail.splitlines()[-1])
    assert report is not None and report.init_duration_ms is None
    assert report.restore_duration_ms is not None and report.billed_restore_duration_ms is not None
    assert report.restore_duration_ms + 1 >= report.billed_restore_duration_ms >= 1
    # The snapshot's INIT sleeps 300 ms, and is not run again.
    init = float(re.search(rf"Init Duration: ({number})", "\n".join(log))[1].split()[0])  # type: ignore[index]
    assert init > 300 and log.count("INIT snap-start") == 1
    again, tail = invoke(place, name)
    assert (again["count"], again["own"]) == (2, "xx") and "Restore" not in tail


def test_environments_of_one_version_begin_alike_and_share_nothing(place: CloudUnderTest) -> None:
    """The lesson of uniqueness: what INIT has drawn, and what is drawn next, is everybody's."""
    name = published(place)
    client = place.client("lambda")
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: invoke(place, name, {"hold": 1.0})[0], range(3)))
    assert [answer["own"] for answer in answers] == ["x"] * 3
    same = random.Random(7)
    drawn, following = same.random(), same.random()
    assert [(answer["drawn"], answer["next"]) for answer in answers] == [(drawn, following)] * 3
    assert client.get_function_configuration(FunctionName=name, Qualifier="1")["State"] == "Active"


def test_after_a_crash_it_is_restored_again(place: CloudUnderTest) -> None:
    name = published(place)
    first, _ = invoke(place, name)
    died, tail = invoke(place, name, "die")
    assert died["errorType"] == "Runtime.ExitError" and "exit status 5" in died["errorMessage"] and "Runtime.ExitError" in tail
    again, tail = invoke(place, name)
    assert (again["count"], again["drawn"], again["own"]) == (1, first["drawn"], "x") and "Restore Duration" not in tail


def test_what_the_api_shows(cloud: CloudUnderTest) -> None:
    client = cloud.client("lambda")
    name = cloud.function(SOURCE, Runtime="python3.12", **SNAP)
    assert client.get_function_configuration(FunctionName=name)["SnapStart"] == {
        "ApplyOn": "PublishedVersions", "OptimizationStatus": "Off",
    }  # fmt: skip
    made = client.publish_version(FunctionName=name)
    assert (made["State"], made["StateReasonCode"], made["SnapStart"]["OptimizationStatus"]) == ("Pending", "Creating", "Off")
    with pytest.raises(ClientError) as refused:
        client.invoke(FunctionName=name, Qualifier="1")
    assert refused.value.response["Error"]["Code"] == "SnapStartNotReadyException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 1})
    shown = client.get_function(FunctionName=name, Qualifier="1")["Configuration"]
    assert (shown["State"], shown["SnapStart"]["OptimizationStatus"]) == ("Active", "On")
    assert invoke(cloud, name, qualifier="$LATEST")[0]["type"] == "on-demand"
    client.update_function_configuration(FunctionName=name, SnapStart={"ApplyOn": "None"})
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert client.publish_version(FunctionName=name)["SnapStart"]["ApplyOn"] == "None"
    assert invoke(cloud, name, qualifier="2")[0]["type"] == "on-demand"
    assert invoke(cloud, name)[0]["type"] == "snap-start"


def test_java_and_dotnet_are_stored_and_not_simulated(cloud: CloudUnderTest) -> None:
    client = cloud.client("lambda")
    for runtime in ("java21", "dotnet10"):
        name = cloud.function("", Runtime=runtime, Handler="a.B::c", **SNAP)
        made = client.publish_version(FunctionName=name)
        assert made["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
        assert client.get_function_configuration(FunctionName=name, Qualifier="1")["State"] == "Active"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Runtime": "python3.11"}, "python3.11 is not supported for SnapStart enabled functions."),
        ({"Runtime": "nodejs22.x"}, "nodejs22.x is not supported for SnapStart enabled functions."),
        ({"Runtime": "provided.al2023"}, "provided.al2023 is not supported for SnapStart enabled functions."),
        ({"EphemeralStorage": {"Size": 513}}, "Ephemeral storage of more than 512 MB is not supported for SnapStart"),
    ],
)  # fmt: skip
def test_what_snapstart_does_not_go_with(cloud: CloudUnderTest, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.function(SOURCE, **({"Runtime": "python3.12"} | SNAP | settings))
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert refused.value.response["Error"]["Message"].startswith(message)
    name = cloud.function(SOURCE, **({"Runtime": "python3.12"} | settings))
    with pytest.raises(ClientError):
        cloud.client("lambda").update_function_configuration(FunctionName=name, **SNAP)


def test_a_snapshot_that_cannot_be_made_fails_the_version(place: CloudUnderTest) -> None:
    for source, code in (
        ("raise ValueError('why')", "FunctionError.RuntimeInitError"),
        (
            "from snapshot_restore_py import register_before_snapshot\n"
            "register_before_snapshot(lambda: 1 / 0)\ndef lambda_handler(event, context): pass",
            "FunctionError.RuntimeInitError",
        ),
    ):
        client = place.client("lambda")
        name = place.function(source, Runtime="python3.12", **SNAP)
        client.publish_version(FunctionName=name)
        place.advance(0)  # comes back when the snapshot is made, or is not
        shown = client.get_function_configuration(FunctionName=name, Qualifier="1")
        assert (shown["State"], shown["StateReasonCode"]) == ("Failed", code)
        assert shown["SnapStart"]["OptimizationStatus"] == "Off"
        with pytest.raises(ClientError) as refused:
            client.invoke(FunctionName=name, Qualifier="1")
        assert refused.value.response["Error"]["Code"] == "SnapStartException"
        assert "could not invoke your SnapStart function" in refused.value.response["Error"]["Message"]


def test_an_after_restore_hook_that_fails_is_an_error_of_the_call(place: CloudUnderTest) -> None:
    name = published(place, """
from snapshot_restore_py import register_after_restore
def fails(): raise ValueError("no network")
register_after_restore(fails)
def lambda_handler(event, context): pass""")  # fmt: skip
    for _ in range(2):
        with pytest.raises(ClientError) as refused:
            place.client("lambda").invoke(FunctionName=name, Qualifier="1")
        assert refused.value.response["Error"]["Code"] == "SnapStartException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    report = [line for line in messages(place, name) if line.startswith("RESTORE_REPORT")]
    assert len(report) == 2 and report[0].endswith("\tStatus: error\tError Type: Runtime.AfterRestoreError")


def test_an_after_restore_hook_has_ten_seconds(cloud: CloudUnderTest) -> None:
    name = published(cloud, """
import time
from snapshot_restore_py import register_after_restore
register_after_restore(time.sleep, 60)
def lambda_handler(event, context): pass""", Timeout=30)  # fmt: skip
    began = time.monotonic()
    with pytest.raises(ClientError) as refused:
        cloud.client("lambda").invoke(FunctionName=name, Qualifier="1")
    assert 9.5 < time.monotonic() - began
    assert refused.value.response["Error"]["Code"] == "SnapStartTimeoutException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 408
    assert messages(cloud, name)[-1].endswith("\tStatus: timeout")


def test_deleting_a_version_lets_its_invocation_end(place: CloudUnderTest) -> None:
    name = published(place)
    client = place.client("lambda")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke, place, name, {"hold": 1.5})
        until = time.monotonic() + 10
        while not any(line.startswith("START") for line in messages(place, name)):
            assert time.monotonic() < until, "it does not start"
            threading.Event().wait(0.02)
        client.delete_function(FunctionName=name, Qualifier="1")
        assert running.result()[0]["count"] == 1
    with pytest.raises(ClientError) as gone:
        client.invoke(FunctionName=name, Qualifier="1")
    assert gone.value.response["Error"]["Code"] == "ResourceNotFoundException"
