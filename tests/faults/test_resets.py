"""Functions, layers, versions and events are made while the cloud is emptied again and again: nothing of them stays."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from tests.faults.conftest import OK, Cloud, plane_folder, runtimes, wait_until
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
