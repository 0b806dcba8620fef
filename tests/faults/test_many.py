"""Many invocations: at the same time, while their function changes or goes, after long rests, and a thousand in a row."""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from lablib.models.lifecycle import IDLE_S
from tests.faults.conftest import OK, Background, Cloud, Gate, events, invoke, plane_folder, processes, runtimes, wait_until
from tests.support import make_zip

STREAM = """
import os, time
def lambda_handler(event, context):
    time.sleep(event or 0)
    return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
"""

# Runs until the test lets it go: nothing is left to how fast a machine is.
UNTIL = """
import os, socket
VERSION = {version}
def lambda_handler(event, context):
    if event:
        with socket.create_connection(("127.0.0.1", event)) as caller:
            caller.recv(1)
    return VERSION
"""


def test_each_concurrent_invocation_has_an_environment_and_afterwards_they_are_reused(either: Cloud) -> None:
    name = either.function(STREAM, Timeout=30)
    with ThreadPoolExecutor(12) as threads:
        first = list(threads.map(lambda _: invoke(either, name, 1.5).payload, range(12)))
    assert len(set(first)) == len(runtimes(either)) == 12
    with ThreadPoolExecutor(6) as threads:
        second = list(threads.map(lambda _: invoke(either, name, 0.3).payload, range(6)))
    assert len(set(second)) == 6 and set(second) <= set(first)
    assert len({invoke(either, name).payload for _ in range(10)}) == 1, "one after the other, one is enough"
    streams = either.client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    assert {stream["logStreamName"] for stream in streams} == set(first)
    found = events(either, name)
    kinds = Counter(event["message"].split()[0] for event in found)
    assert kinds == {"INIT_START": 12, "START": 28, "END": 28, "REPORT": 28}


def test_events_sent_at_the_same_time_all_run_once(either: Cloud) -> None:
    name = either.function("def lambda_handler(event, context):\n    print('got', event)\n")
    client = either.client("lambda")
    for number in range(20):
        client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(number))
    either.advance(1)  # until all is at rest
    got = sorted(int(event["message"].split()[1]) for event in events(either, name) if event["message"].startswith("got"))
    assert got == list(range(20))


def test_an_environment_is_reclaimed_after_ten_idle_minutes(either: Cloud) -> None:
    name = either.function(STREAM)
    stream = invoke(either, name).payload
    either.advance(595)
    assert invoke(either, name).payload == stream
    either.advance(595)
    assert len(runtimes(either)) == 1
    either.advance(10)
    wait_until(lambda: not runtimes(either), "it stays")
    assert invoke(either, name).payload != stream


def test_an_environment_is_replaced_after_two_hours_of_work(cloud: Cloud) -> None:
    name = cloud.function(STREAM)
    stream = invoke(cloud, name).payload
    for _ in range(14):
        cloud.advance(500)
        assert invoke(cloud, name).payload == stream
    cloud.advance(500)
    wait_until(lambda: not runtimes(cloud), "it stays")
    assert invoke(cloud, name).payload != stream


def test_updated_while_it_runs(either: Cloud, gate: Gate) -> None:
    """What runs ends as it began, on its own code; what begins meanwhile runs the new code."""
    name = either.function(UNTIL.format(version=1), Timeout=30)
    running = Background(invoke, either, name, gate.port)
    gate.wait_for_one()
    client = either.client("lambda")
    client.update_function_code(FunctionName=name, ZipFile=make_zip({"lambda_function.py": UNTIL.format(version=2)}))
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert invoke(either, name).payload == 2
    gate.let_go()
    assert running.result().payload == 1
    wait_until(lambda: len(runtimes(either)) == 1, "the old environment goes when its invocation has ended")
    assert invoke(either, name).payload == 2


def test_deleted_while_it_runs(either: Cloud, gate: Gate) -> None:
    name = either.function(UNTIL.format(version=1), Timeout=30)
    running = Background(invoke, either, name, gate.port)
    gate.wait_for_one()
    either.client("lambda").delete_function(FunctionName=name)
    with pytest.raises(either.client("lambda").exceptions.ResourceNotFoundException):
        invoke(either, name)
    gate.let_go()
    assert running.result().payload == 1
    wait_until(lambda: not runtimes(either), "its environment stays")


def test_emptied_while_functions_run_and_start(either: Cloud, gate: Gate) -> None:
    """Who waits hears of it at once; nothing of before is left, not even what was only about to start."""
    name = either.function(UNTIL.format(version=1), Timeout=30)
    running = Background(invoke, either, name, gate.port)
    gate.wait_for_one()
    either.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=str(gate.port))
    starting = [Background(invoke, either, name) for _ in range(4)]
    either.reset()
    error = running.error(5)
    assert isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    for call in starting:  # each came before the reset, was interrupted by it, or came after it
        try:
            call.result(5)
        except ClientError as failed:
            assert failed.response["Error"]["Code"] in ("ServiceException", "ResourceNotFoundException"), failed
    wait_until(lambda: not runtimes(either), "an environment of before the reset")
    assert either.client("lambda").list_functions()["Functions"] == []
    assert either.client("logs").describe_log_groups()["logGroups"] == []
    assert invoke(either, either.function(OK, name)).payload == "ok"


def test_a_caller_that_goes_away(either: Cloud, gate: Gate) -> None:
    """The function runs on, as on AWS, and its environment is not given to the next caller meanwhile."""
    name = either.function(UNTIL.format(version=1), Timeout=30)
    request = signed_invoke(either, name, str(gate.port).encode())
    with socket.create_connection(("127.0.0.1", int(either.url.rsplit(":", 1)[1]))) as caller:
        caller.sendall(request)
        gate.wait_for_one()
    assert invoke(either, name).payload == 1
    assert len(runtimes(either)) == 2
    gate.let_go()
    wait_until(lambda: sum("REPORT" in event["message"] for event in events(either, name)) == 2, "it ends")
    assert invoke(either, name).payload == 1 and len(runtimes(either)) == 2


def signed_invoke(cloud: Cloud, name: str, payload: bytes) -> bytes:
    url = f"{cloud.url}/2015-03-31/functions/{name}/invocations"
    request = AWSRequest(method="POST", url=url, data=payload)
    keys = cloud.credentials
    SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), "lambda", cloud.region).add_auth(request)
    head = [f"POST /2015-03-31/functions/{name}/invocations HTTP/1.1", f"Host: {cloud.url[7:]}", f"Content-Length: {len(payload)}"]
    head += [f"{key}: {value}" for key, value in request.headers.items() if key != "Content-Length"]
    return "\r\n".join([*head, "", ""]).encode() + payload


def alone(cloud: Cloud, what: str) -> int:
    """The one process that runs this; a child of it that has yet to become another program is waited for."""

    def found() -> list[int]:
        janitors = processes(cloud, "janitor")
        return [pid for pid in processes(cloud, what) if pid not in janitors]

    wait_until(lambda: len(found()) == 1, f"there is not one {what}")
    return found()[0]


def counts(cloud: Cloud) -> dict[str, int]:
    """Of what a process could leak: descriptors, threads, files."""
    found = {"processes": len(processes(cloud))}
    for what in ("-m lablib serve", "environments.supervisor", "spawner.main"):
        pid = alone(cloud, what)
        found[f"descriptors of {what}"] = len(os.listdir(f"/proc/{pid}/fd"))
        if "serve" not in what:  # where work is given to a pool that grows to its size
            found[f"threads of {what}"] = len(os.listdir(f"/proc/{pid}/task"))
    found["folders"] = len(list(plane_folder(cloud).iterdir()))
    return found


def test_a_thousand_invocations_leave_nothing_open(either: Cloud) -> None:
    name = either.function(STREAM)
    client = either.client("lambda")
    for _ in range(20):
        invoke(either, name)
    before = counts(either)
    streams = {client.invoke(FunctionName=name)["Payload"].read() for _ in range(1000)}
    assert len(streams) == 1
    assert differences(before, counts(either)) == {}


def test_thirty_environments_that_come_and_go_leave_nothing_open(either: Cloud) -> None:
    def one(number: int) -> None:
        name = either.function("import os\nif os.environ.get('FAIL'): os._exit(1)\n" + STREAM, f"come-and-go-{number}")
        invoke(either, name)
        either.client("lambda").delete_function(FunctionName=name)

    either.role()
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(one, range(3)))
        wait_until(lambda: not runtimes(either), "one of the first stays")
        before = counts(either)
        list(threads.map(one, range(3, 33)))
    wait_until(lambda: not runtimes(either), "an environment stays")
    settles(either, before, 10)


def test_two_hundred_functions_invoked_once_leave_nothing_running(cloud: Cloud) -> None:
    """What they cost the cloud in memory, the benchmark measures."""
    cloud.role()

    def one(number: int) -> object:
        return invoke(cloud, cloud.function(OK, f"once-{number}", MemorySize=128)).payload

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(one, range(4)))
        cloud.advance(IDLE_S + 1)
        wait_until(lambda: not runtimes(cloud), "one of the first stays")
        before = counts(cloud)
        assert set(threads.map(one, range(4, 204))) == {"ok"}
    assert len(runtimes(cloud)) == 200
    cloud.advance(IDLE_S + 1)
    wait_until(lambda: not runtimes(cloud), "an environment stays", 60)
    settles(cloud, before, 60)


def settles(cloud: Cloud, before: dict[str, int], seconds: float) -> None:
    """Wait until nothing is more than before; what is, the failure names. Two hundred ends at once take a busy machine a while."""
    left: dict[str, tuple[int, int]] = {}

    def settled() -> bool:
        left.clear()
        left.update(differences(before, counts(cloud)))
        return not left

    try:
        wait_until(settled, "something is left", seconds)
    except AssertionError as late:
        raise AssertionError(f"{late}: {left}") from None


def differences(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What grew; of the cloud's descriptors some are connections of clients, which come and go."""
    found = {what: (number, after[what]) for what, number in before.items()}
    return {what: (old, new) for what, (old, new) in found.items() if new > old + 4 * what.endswith("serve")}
