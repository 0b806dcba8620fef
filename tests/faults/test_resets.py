"""What is made, deleted, or emptied again and again leaves nothing: functions, layers, versions, events, also while a reset goes on."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from tests.cloud.sources.machines import Machines
from tests.faults.conftest import OK, Background, Cloud, Gate, invoke, plane_folder, runtimes, wait_until
from tests.faults.test_many import counts, settles
from tests.support import make_zip

ROLE = "arn:aws:iam::123456789012:role/lambda-test-role"
# What a request may answer that finds the cloud as it was, or empty, or is interrupted.
EXPECTED = {"ResourceNotFoundException", "InvalidParameterValueException", "ResourceConflictException", "ServiceException"}


def everything(cloud: Cloud, name: str, round: int) -> list[Callable[[], Any]]:
    """What a busy notebook asks for."""
    client = cloud.client("lambda")
    archive = make_zip({"lambda_function.py": f"{OK}# {round}"})
    return [
        cloud.role,
        lambda: client.create_function(
            FunctionName=name, Runtime="python3.12", Handler="lambda_function.lambda_handler", Role=ROLE, Code={"ZipFile": archive}
        ),
        lambda: client.publish_layer_version(LayerName="shared", Content={"ZipFile": archive}),
        lambda: client.publish_version(FunctionName=name),
        lambda: client.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1),
        lambda: client.invoke(FunctionName=name),
        lambda: client.invoke(FunctionName=name, InvocationType="Event"),
    ]  # fmt: skip


def test_what_is_made_meanwhile_is_gone_after_the_last_reset(cloud: Cloud) -> None:
    over = threading.Event()
    answered: Counter[str] = Counter()
    clock: Counter[int] = Counter()

    def notebook(number: int) -> None:
        round = 0
        while not over.is_set():
            round += 1
            for ask in everything(cloud, f"f{number}", round):
                try:
                    ask()
                    answered["well"] += 1
                except ClientError as failed:
                    answered[failed.response["Error"]["Code"]] += 1
            clock[cloud.lab("POST", "/_lab/clock/advance?seconds=30").status] += 1

    with ThreadPoolExecutor(3) as threads:
        notebooks = [threads.submit(notebook, number) for number in range(3)]
        for count in range(8):
            wait_until(lambda: answered["well"] >= 15 * count, "the notebooks work", 60)
            cloud.reset()
        over.set()
        for one in notebooks:
            one.result(60)
    cloud.reset()
    assert set(answered) <= {"well", *EXPECTED} and set(clock) <= {200, 410}, (answered, clock)
    client = cloud.client("lambda")
    assert client.list_functions()["Functions"] == [] and client.list_layers()["Layers"] == []
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    assert cloud.lab("GET", "/_lab/clock").body["offset"] == 0
    wait_until(lambda: not runtimes(cloud), "an environment of before the reset")
    folder = plane_folder(cloud)
    wait_until(lambda: [left.name for left in folder.iterdir()] == ["runtimes"], "a folder of an environment")
    assert list((folder.parent / "code").iterdir()) == []


def test_versions_layers_and_what_they_hold_come_and_go_and_leave_nothing(cloud: Cloud) -> None:
    """SnapStart in every second round, provisioned concurrency in the others."""
    client, name = cloud.client("lambda"), "again"

    def deploy(round: int) -> None:
        layer = client.publish_layer_version(LayerName="shared", Content={"ZipFile": make_zip({"python/shared.py": f"ROUND = {round}"})})
        settings = {"SnapStart": {"ApplyOn": "PublishedVersions"}} if round % 2 else {}
        cloud.function(f"{OK}# {round}", name, Runtime="python3.12", Layers=[layer["LayerVersionArn"]], **settings)
        assert invoke(cloud, name).payload == "ok"
        client.update_function_code(FunctionName=name, ZipFile=make_zip({"lambda_function.py": f"{OK}# and {round}"}))
        client.get_waiter("function_updated_v2").wait(FunctionName=name)
        version = client.publish_version(FunctionName=name)["Version"]
        client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 1})
        client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
        if round % 2 == 0:
            client.put_provisioned_concurrency_config(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=2)
            cloud.advance(1)
        assert invoke(cloud, name, Qualifier="live").payload == "ok"
        client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
        client.invoke(FunctionName=name, InvocationType="Event")
        client.delete_layer_version(LayerName="shared", VersionNumber=layer["Version"])
        client.delete_function(FunctionName=name)

    for round in range(2):
        deploy(round)
    wait_until(lambda: not runtimes(cloud), "an environment of the first rounds")
    before = counts(cloud)
    for round in range(2, 8):
        deploy(round)
    wait_until(lambda: not runtimes(cloud), "an environment or a snapshot stays")
    settles(cloud, before, 10)
    cloud.reset()
    assert list((plane_folder(cloud).parent / "code").iterdir()) == []


def test_who_waits_for_step_functions_when_the_cloud_is_emptied_hears_of_it(cloud: Cloud, gate: Gate) -> None:
    machines = Machines(cloud)
    slow = cloud.function("import socket\ndef lambda_handler(event, context):\n    socket.create_connection(('127.0.0.1', event)).recv(1)\n")
    task = {"Type": "Task", "Resource": f"arn:aws:lambda:{cloud.region}:123456789012:function:{slow}"}
    machine = machines.one(task, type="EXPRESS")
    waiting = Background(machines.client.start_sync_execution, stateMachineArn=machine, input=str(gate.port))
    gate.wait_for_one()
    trial = {"definition": json.dumps({**task, "End": True}), "roleArn": machines.role, "input": str(gate.port)}
    tried = Background(machines.client.test_state, **trial)
    gate.wait_for_one()
    cloud.reset()
    for call in (waiting, tried):
        error = call.error(10)
        assert isinstance(error, ClientError) and error.response["Error"]["Code"] == "ServiceUnavailableException", error
