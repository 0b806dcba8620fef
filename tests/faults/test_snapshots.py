"""SIGKILL for the processes of a cloud with SnapStart: nothing is left, and what was lost is made anew."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests.face.endings import Ending
from tests.faults.conftest import MODES, Background, Cloud, Gate, a_cloud, invoke, need_namespaces, processes, wait_until

SOURCE = """
import os, subprocess, time
drawn = os.urandom(8).hex()
SCRIPT = "trap '' TERM HUP INT; while :; do sleep 0.02; done; : learners-child"
def lambda_handler(event, context):
    if event == "leave":
        subprocess.Popen(["/bin/sh", "-c", SCRIPT], start_new_session=True)
        subprocess.run(["/bin/sh", "-c", "(" + SCRIPT + ") &"], start_new_session=True)
        time.sleep(60)
    return drawn
"""


@pytest.fixture(params=MODES)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with a_cloud(tmp_path, "--isolation", request.param) as cloud:
        if request.param == "auto":
            need_namespaces(cloud)
        yield cloud


def busy_and_frozen(cloud: Cloud) -> tuple[str, str, Background]:
    """A function, what its snapshot drew, and an invocation that runs, beside a frozen environment and the snapshot."""
    name = cloud.function(SOURCE, Runtime="python3.12", Timeout=60, SnapStart={"ApplyOn": "PublishedVersions"})
    client = cloud.client("lambda")
    client.publish_version(FunctionName=name)
    client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 1})
    drawn = invoke(cloud, name, Qualifier="1").payload
    call = Background(invoke, cloud, name, "leave", Qualifier="1")
    wait_until(lambda: len(processes(cloud, "learners-child")) >= 2, "it has its children")
    assert invoke(cloud, name, Qualifier="1").payload == drawn, "in another environment, from the same snapshot"
    return name, drawn, call


def test_the_cloud_killed(own: Cloud, tmp_path: Path) -> None:
    _, _, call = busy_and_frozen(own)
    ending = Ending(own.process.pid, own.url, tmp_path)
    os.kill(own.process.pid, signal.SIGKILL)
    assert ending.wait(3) == []
    assert isinstance(call.error(3), ConnectionClosedError)


@pytest.mark.parametrize("which", ["environments.supervisor", "spawner.main"])
def test_the_supervisor_or_the_spawner_killed(own: Cloud, which: str) -> None:
    name, drawn, call = busy_and_frozen(own)
    [victim] = processes(own, which)
    ending = Ending(*processes(own, "environments.supervisor"))  # which ends when its spawner does
    os.kill(victim, signal.SIGKILL)
    with suppress(ClientError):  # it is also true that the runtime was killed
        assert "signal: killed" in call.result(3).error
    assert ending.wait(3) == []
    again = invoke(own, name, Qualifier="1")
    assert again.payload != drawn and again.report.restore_duration_ms is not None, "from a new snapshot"


WAITS = """
import os, socket
with socket.create_connection(("127.0.0.1", int(os.environ["PORT"]))) as caller:
    caller.recv(1)
def lambda_handler(event, context):
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""


@pytest.mark.parametrize("which", ["environments.supervisor", "spawner.main"])
def test_killed_while_the_snapshot_is_made(own: Cloud, which: str, gate: Gate) -> None:
    """The version stays Pending and becomes Active: nobody could do anything about one that has failed but publish another."""
    settings = {"SnapStart": {"ApplyOn": "PublishedVersions"}, "Environment": {"Variables": {"PORT": str(gate.port)}}}
    name = own.function(WAITS, Runtime="python3.12", Timeout=30, **settings)
    client = own.client("lambda")
    client.publish_version(FunctionName=name)
    gate.wait_for_one()
    [victim] = processes(own, which)
    os.kill(victim, signal.SIGKILL)
    gate.wait_for_one()
    assert client.get_function_configuration(FunctionName=name, Qualifier="1")["State"] == "Pending"
    gate.let_go()
    client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 1})
    assert invoke(own, name, Qualifier="1").payload == "snap-start"
    client.delete_function(FunctionName=name)
    wait_until(lambda: not processes(own, "bootstrap.py"), "a snapshot that nobody has")


def test_reset_and_close_leave_nothing(own: Cloud) -> None:
    _, _, call = busy_and_frozen(own)
    own.reset()
    call.error(5)
    wait_until(lambda: not processes(own, "bootstrap.py") and not processes(own, "2147483647"), "all are gone", 3)
    busy_and_frozen(own)
    ending = Ending(own.process.pid, own.url)
    own.process.close()
    assert ending.wait(3) == []
