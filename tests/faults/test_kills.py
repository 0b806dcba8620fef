"""SIGKILL and SIGSTOP for each process of a cloud: nothing is left, and the cloud, where it lives, works on."""

from __future__ import annotations

import os
import signal
import socket
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from tests.face.endings import Ending
from tests.faults.conftest import MODES, Background, Cloud, a_cloud, alive, events, invoke, listeners, need_namespaces, processes, runtimes, wait_until

# Its children run in sessions of their own: one is the handler's, one an orphan, one has cleared its environment.
LEAVES_CHILDREN = """
import os, subprocess, time
SCRIPT = "trap '' TERM HUP INT; while :; do sleep 0.02; done; : learners-child"
def lambda_handler(event, context):
    if event == "leave":
        subprocess.Popen(["/bin/sh", "-c", SCRIPT], start_new_session=True)
        subprocess.Popen(["/bin/sh", "-c", SCRIPT], start_new_session=True, env={"PATH": "/usr/bin:/bin"})
        subprocess.run(["/bin/sh", "-c", "(" + SCRIPT + ") &"], start_new_session=True)
        open("/tmp/left", "w").close()
        print("children are there")
        time.sleep(60)
    return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
"""


@pytest.fixture(params=MODES)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with a_cloud(tmp_path, "--isolation", request.param) as cloud:
        if request.param == "auto":
            need_namespaces(cloud)
        yield cloud


def busy_and_frozen(cloud: Cloud) -> tuple[str, str, Background]:
    """Two functions: one frozen, and one busy, with children."""
    frozen = cloud.function(LEAVES_CHILDREN, "frozen")
    busy = cloud.function(LEAVES_CHILDREN, "busy", Timeout=60)
    for name in (frozen, busy):
        invoke(cloud, name)
    call = Background(invoke, cloud, busy, "leave")
    wait_until(lambda: len(processes(cloud, "learners-child")) == 3, "the busy one has its children")
    return frozen, busy, call


def test_the_cloud_killed(own: Cloud, tmp_path: Path) -> None:
    _, _, call = busy_and_frozen(own)
    ending = Ending(own.process.pid, own.url, tmp_path)
    os.kill(own.process.pid, signal.SIGKILL)
    assert ending.wait(2) == []
    assert isinstance(call.error(2), ConnectionClosedError)


def carrying(mark: str) -> list[int]:
    """Living processes whose environment holds `mark`, wherever they are."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes() and alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_the_cloud_killed_while_environments_start(own: Cloud, tmp_path: Path) -> None:
    """Also those of which nobody had heard yet."""
    name = own.function(LEAVES_CHILDREN, f"starting-{uuid.uuid4().hex[:8]}", Timeout=60)
    invoke(own, name)
    calls = [Background(invoke, own, name, "leave") for _ in range(8)]
    wait_until(lambda: len(carrying(name)) > 2, "they start")
    ending = Ending(own.process.pid, own.url, tmp_path)
    os.kill(own.process.pid, signal.SIGKILL)
    assert ending.wait(2) == []
    wait_until(lambda: not carrying(name), "an environment of a cloud that is gone", 2)
    for call in calls:
        with suppress(ConnectionClosedError, EndpointConnectionError):
            call.result(2)


@pytest.mark.parametrize("which", ["environments.supervisor", "spawner.main"])
def test_the_supervisor_or_the_spawner_killed(own: Cloud, tmp_path: Path, which: str) -> None:
    """The cloud lives on: who waits hears of it at once, and the next invocation has an environment of its own."""
    frozen, busy, call = busy_and_frozen(own)
    before = invoke(own, frozen).payload
    own.client("s3").create_bucket(Bucket="kept")
    wait_until(lambda: said(own, busy), "it says so")
    [victim] = processes(own, which)
    ending = Ending(victim)
    ports = [listener for pid in processes(own, "environments.supervisor") for listener in listeners(pid)]
    assert len(ports) == 2, "a Runtime API for each"
    os.kill(victim, signal.SIGKILL)
    error = call.error(20)  # at once: the function's own time is three times that
    assert isinstance(error, ClientError) and error.response["Error"]["Code"] == "ServiceException"
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "every environment with it" in error.response["Error"]["Message"]
    assert ending.wait(20) == []
    wait_until(lambda: not list(tmp_path.glob("*/data-plane-*/environment-*")), "folders of environments", 20)
    assert not any(connects(port) for port in ports)
    after = [invoke(own, name).payload for name in (frozen, busy)]
    assert before not in after and len(runtimes(own)) == 2
    # Nothing else is lost: neither what the interrupted invocation said, nor what other services keep.
    assert said(own, busy)
    assert [bucket["Name"] for bucket in own.client("s3").list_buckets()["Buckets"]] == ["kept"]


def said(cloud: Cloud, name: str) -> bool:
    return any(event["message"] == "children are there\n" for event in events(cloud, name))


def connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_killed_again_and_again(own: Cloud) -> None:
    name = own.function(LEAVES_CHILDREN, Timeout=60)
    for which in ("spawner.main", "environments.supervisor", "spawner.main"):
        assert "[$LATEST]" in invoke(own, name).payload
        call = Background(invoke, own, name, "leave")
        wait_until(lambda: processes(own, "learners-child"), "it runs")
        [victim] = processes(own, which)
        os.kill(victim, signal.SIGKILL)
        assert isinstance(call.error(2), ClientError)
    assert "[$LATEST]" in invoke(own, name).payload
    assert len(runtimes(own)) == 1


def test_a_runtime_killed_while_frozen_or_busy(own: Cloud) -> None:
    """By somebody else on the machine, such as the kernel's memory killer."""
    name = own.function(LEAVES_CHILDREN, Timeout=60)
    stream = invoke(own, name).payload
    os.kill(runtimes(own)[0], signal.SIGKILL)
    wait_until(lambda: not runtimes(own), "it lives")
    assert invoke(own, name).payload == stream, "reset, not replaced"
    call = Background(invoke, own, name, "leave")
    wait_until(lambda: len(processes(own, "learners-child")) == 3, "it runs")
    os.kill(runtimes(own)[0], signal.SIGKILL)
    answer = call.result(2)
    assert answer.error == f"Runtime.ExitError: RequestId: {answer.request_id} Error: Runtime exited with error: signal: killed"
    wait_until(lambda: not processes(own, "learners-child"), "children without their handler", 2)
    assert invoke(own, name).payload == stream


def test_process_1_of_an_environment_killed(own: Cloud) -> None:
    """Everything of the environment's ends with it; the next invocation makes it anew."""
    name = own.function(LEAVES_CHILDREN, Timeout=60)
    stream = invoke(own, name).payload
    first = processes(own, "2147483647")
    if not first:
        pytest.skip("there is a process 1 only with namespaces")
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: not runtimes(own), "it lives")
    assert invoke(own, name).payload == stream
    call = Background(invoke, own, name, "leave")
    wait_until(lambda: len(processes(own, "learners-child")) == 3, "it runs")
    os.kill(processes(own, "2147483647")[0], signal.SIGKILL)
    assert call.result(2).error.endswith("Runtime exited with error: signal: killed")
    wait_until(lambda: not processes(own, "learners-child"), "children without their handler", 2)
    assert invoke(own, name).payload == stream


def test_stopped_and_continued(own: Cloud) -> None:
    """A busy runtime or the supervisor that is stopped for a while goes on; a stopped one dies with its cloud all the same."""
    name = own.function("import time\ndef lambda_handler(event, context):\n    time.sleep(0.3)\n    return 'slept'\n", Timeout=30)
    invoke(own, name)
    for victims in (runtimes(own), processes(own, "environments.supervisor"), processes(own, "spawner.main")):
        call = Background(invoke, own, name)
        os.kill(victims[0], signal.SIGSTOP)
        stopped = own.lab("GET", "/_lab/clock")
        assert stopped.status == 200, "the cloud itself answers"
        os.kill(victims[0], signal.SIGCONT)
        assert call.result(10).payload == "slept"
    call = Background(invoke, own, name)
    [runtime] = runtimes(own)
    os.kill(runtime, signal.SIGSTOP)
    ending = Ending(own.process.pid, own.url)
    os.kill(own.process.pid, signal.SIGKILL)
    assert ending.wait(2) == [] and not alive(runtime)
