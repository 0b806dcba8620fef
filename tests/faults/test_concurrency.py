"""Limits of concurrency with real functions: nothing is lost, nothing runs twice, and what is made ahead is there."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.faults.conftest import Background, Cloud, a_cloud, events, invoke, processes, runtimes, wait_until

# Calls the port that its event names, says which event it is, and waits until the other side hangs up.
HELD = """
import json, os, socket
def lambda_handler(event, context):
    with socket.create_connection(("127.0.0.1", event["port"])) as caller:
        caller.sendall(b"%d\\n" % event["number"])
        caller.recv(1)
    return [event["number"], os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
"""
TYPE = """
import os
if os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] == "provisioned-concurrency" and "FAIL" in os.environ:
    raise RuntimeError("not ahead of use")
def lambda_handler(event, context):
    if event == "die":
        os._exit(1)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""


class Hold:
    """Where functions made from HELD call in. Keeps who called, until it lets all of them go."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._callers: list[socket.socket] = []
        self.numbers: list[int] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.numbers.append(int(caller.makefile().readline()))
            self._callers.append(caller)

    def let_go(self) -> None:
        """Everybody who has called; whoever calls later waits for the next time."""
        callers, self._callers = self._callers, []
        for caller in callers:
            caller.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        self.let_go()


@pytest.fixture
def hold() -> Any:
    opened = Hold()
    yield opened
    opened.close()


def test_of_three_hundred_at_a_limit_of_a_hundred_a_hundred_run(cloud: Cloud, hold: Hold) -> None:
    """Held until all are there, without retries: 100 run, 200 get a 429; each gets one answer, and runs once or not at all."""
    name = cloud.function(HELD, Timeout=120, MemorySize=128)
    config = Config(retries={"total_max_attempts": 1}, read_timeout=120, max_pool_connections=300)
    client = cloud.client("lambda", config=config)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=100)
    answered: list[tuple[int, Any]] = []

    def call(number: int) -> None:
        try:
            reply = client.invoke(FunctionName=name, Payload=json.dumps({"port": hold.port, "number": number}))
            answered.append((number, json.load(reply["Payload"])))
        except ClientError as refused:
            answered.append((number, refused.response))

    with ThreadPoolExecutor(300) as callers:
        calls = [callers.submit(call, number) for number in range(300)]
        wait_until(lambda: len(hold.numbers) == 100 and len(answered) == 200, "100 run and 200 are answered", 60)
        refused = [response for _, response in answered]
        assert {(one["ResponseMetadata"]["HTTPStatusCode"], one["Error"]["Code"], one["Error"]["Message"], one["Reason"]) for one in refused} == {
            (429, "TooManyRequestsException", "Rate Exceeded.", "ReservedFunctionConcurrentInvocationLimitExceeded")
        }
        hold.let_go()
        for one in calls:
            one.result(60)
    ran = {number: value for number, value in answered if isinstance(value, list)}
    assert len(answered) == 300 and Counter(number for number, _ in answered) == Counter(range(300))
    assert ran == {number: [number, "on-demand"] for number in hold.numbers} and len(ran) == len(hold.numbers) == 100
    kinds = Counter(event["message"].split()[0] for event in events(cloud, name))
    assert (kinds["START"], kinds["END"], kinds["REPORT"], kinds["INIT_START"]) == (100, 100, 100, 100)


def test_the_accounts_limit_and_a_reservation(tmp_path: Path, hold: Hold) -> None:
    """With `--account-concurrency 4`; a reservation of 0 stops a function, and only that one."""
    with a_cloud(tmp_path, "--account-concurrency", "4") as cloud:
        client = cloud.client("lambda")
        limit = client.get_account_settings()["AccountLimit"]
        assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (4, 4)
        held, other = cloud.function(HELD, Timeout=60), cloud.function(TYPE)
        running = [Background(invoke, cloud, held, {"port": hold.port, "number": number}) for number in range(4)]
        wait_until(lambda: len(hold.numbers) == 4, "four run")
        with pytest.raises(client.exceptions.TooManyRequestsException) as refused:
            invoke(cloud, other)
        assert refused.value.response["Reason"] == "ConcurrentInvocationLimitExceeded"
        hold.let_go()
        for one in running:
            one.result()
        client.put_function_concurrency(FunctionName=other, ReservedConcurrentExecutions=0)
        with pytest.raises(client.exceptions.TooManyRequestsException) as refused:
            invoke(cloud, other)
        assert refused.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
        client.delete_function_concurrency(FunctionName=other)
        assert invoke(cloud, other).payload == "on-demand"


def test_ten_requests_per_second_for_each(cloud: Cloud) -> None:
    """Of a reservation of one: ten at once, and then as the second goes by on the cloud's clock."""
    name = cloud.function(TYPE)
    client = cloud.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)

    def until_refused() -> int:
        for served in range(1000):
            try:
                invoke(cloud, name)
            except ClientError as refused:
                assert refused.response["Reason"] == "ReservedFunctionInvocationRateLimitExceeded"
                return served
        raise AssertionError("never refused")

    assert until_refused() >= 10
    cloud.advance(3600)
    assert until_refused() >= 10


def provision(cloud: Cloud, name: str, qualifier: str, executions: int) -> dict[str, Any]:
    """Ask for it, and wait until it is ready or has failed."""
    client = cloud.client("lambda")
    client.put_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=executions)
    return settled(cloud, name, qualifier)


def settled(cloud: Cloud, name: str, qualifier: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def over() -> bool:
        found.update(cloud.client("lambda").get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier))
        return found["Status"] != "IN_PROGRESS"

    wait_until(over, "the allocation is over")
    return found


def test_provisioned_concurrency_is_there_before_it_is_used(either: Cloud) -> None:
    name = either.function(TYPE, Publish=True)
    assert provision(either, name, "1", 2)["Status"] == "READY"
    assert len(runtimes(either)) == 2
    logged = [event["message"].split("\t") for event in events(either, name)]
    assert sorted(line[0].split()[0] for line in logged) == ["INIT_REPORT", "INIT_REPORT", "INIT_START", "INIT_START"]
    first, second = invoke(either, name, Qualifier="1"), invoke(either, name, Qualifier="1")
    assert (first.payload, second.payload) == ("provisioned-concurrency", "provisioned-concurrency")
    # Its REPORT names the INIT that was ahead of it, as those that people quote do.
    assert first.report.init_duration_ms is not None and second.report.init_duration_ms is None
    assert invoke(either, name).payload == "on-demand", "$LATEST has none"
    either.advance(1800)
    wait_until(lambda: len(runtimes(either)) == 2, "only what is provisioned is kept")
    assert invoke(either, name, Qualifier="1").payload == "provisioned-concurrency"


def test_beyond_it_invocations_run_on_demand(cloud: Cloud, hold: Hold) -> None:
    name = cloud.function(HELD, Publish=True, Timeout=60)
    provision(cloud, name, "1", 2)
    calls = [Background(invoke, cloud, name, {"port": hold.port, "number": number}, Qualifier="1") for number in range(3)]
    wait_until(lambda: len(hold.numbers) == 3, "three run")
    hold.let_go()
    kinds = Counter(call.result().payload[1] for call in calls)
    assert kinds == {"provisioned-concurrency": 2, "on-demand": 1}


def test_after_a_crash_another_takes_its_place(either: Cloud) -> None:
    name = either.function(TYPE, Publish=True)
    provision(either, name, "1", 1)
    [old] = runtimes(either)
    assert invoke(either, name, "die", Qualifier="1").function_error == "Unhandled"
    wait_until(lambda: len(runtimes(either)) == 1 and runtimes(either) != [old], "another one")
    answer = invoke(either, name, Qualifier="1")
    assert (answer.payload, answer.report.status) == ("provisioned-concurrency", None)
    assert len({event["logStreamName"] for event in events(either, name)}) == 2


def test_an_init_that_fails_fails_the_allocation_and_says_how_in_the_log(either: Cloud) -> None:
    name = either.function(TYPE, Publish=True, Environment={"Variables": {"FAIL": "1"}})
    found = provision(either, name, "1", 2)
    assert (found["Status"], found["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    assert any("not ahead of use" in event["message"] for event in events(either, name))
    wait_until(lambda: not runtimes(either), "none stays")
    assert invoke(either, name, Qualifier="1").payload == "on-demand"


def test_an_alias_takes_it_along(cloud: Cloud) -> None:
    name = cloud.function(TYPE, Publish=True)
    client = cloud.client("lambda")
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    provision(cloud, name, "live", 1)
    client.update_function_configuration(FunctionName=name, Description="new")
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    client.publish_version(FunctionName=name)
    client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert settled(cloud, name, "live")["Status"] == "READY"
    answer = client.invoke(FunctionName=name, Qualifier="live")
    assert (json.load(answer["Payload"]), answer["ExecutedVersion"]) == ("provisioned-concurrency", "2")
    assert json.load(client.invoke(FunctionName=name, Qualifier="1")["Payload"]) == "on-demand"
    client.delete_function(FunctionName=name)
    wait_until(lambda: not runtimes(cloud), "none stays")


def test_a_dead_supervisor_leaves_provisioned_concurrency_as_it_was(cloud: Cloud) -> None:
    name = cloud.function(TYPE, Publish=True)
    provision(cloud, name, "1", 1)
    [supervisor] = processes(cloud, "environments.supervisor")
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: processes(cloud, "environments.supervisor") not in ([], [supervisor]), "there is another supervisor")
    assert settled(cloud, name, "1")["Status"] == "READY"
    assert invoke(cloud, name, Qualifier="1").payload == "provisioned-concurrency"
