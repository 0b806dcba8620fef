"""Whether limits hold while the cloud is busy: the timeout and the CPU share, beside a client that writes without pause."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lablib.models.limits import vcpus
from lablib.models.report import parse_report
from tests.bench.targets import ROOT, Target

SPINNING = """
import time
def lambda_handler(event, context):
    while event.get("for_ever"):
        pass
    began, used = time.monotonic(), time.process_time()
    while time.monotonic() - began < event.get("seconds", 0):
        pass
    return (time.process_time() - used) / (time.monotonic() - began)
"""


@contextmanager
def busy(target: Target) -> Iterator[None]:
    """Another client's process, writing to DynamoDB for as long as this lasts."""
    key = target.credentials
    environ = os.environ | {
        "AWS_ACCESS_KEY_ID": key.access_key_id, "AWS_SECRET_ACCESS_KEY": key.secret_access_key, "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.writer", target.url], cwd=ROOT, env=environ,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert writer.stdin is not None and writer.stdout is not None
    try:
        writer.stdout.readline()
        yield
    finally:
        writer.stdin.close()
        writer.wait(30)
    target.client("dynamodb").delete_table(TableName="bench-writes")


def timeouts_s(target: Target, count: int) -> tuple[float, float]:
    """The longest of `count` invocations that a timeout of 1 s ended: (by its REPORT line, by the caller's clock), in s."""
    name = target.deploy("spins", SPINNING, memory=512, timeout=1)
    lambda_ = target.client("lambda")
    reported, waited = [], []
    for _ in range(count):
        lambda_.invoke(FunctionName=name, Payload=b"{}")  # a warm environment: INIT is not what is measured
        began = time.perf_counter()
        answer = lambda_.invoke(FunctionName=name, Payload=b'{"for_ever": true}', LogType="Tail")
        waited.append(time.perf_counter() - began)
        assert "Task timed out after 1.00 seconds" in answer["Payload"].read().decode()
        lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
        reported += [report.duration_ms / 1000 for line in lines if (report := parse_report(line))]
    return max(reported), max(waited)


def shares(target: Target, memories: tuple[int, ...], seconds: float) -> dict[int, float]:
    """For each memory, in MB: the CPU that a spinning function really got, divided by what that memory buys."""
    found = {}
    for memory in memories:
        name = target.deploy(f"share-{memory}", SPINNING, memory=memory, timeout=60)
        lambda_ = target.client("lambda")
        lambda_.invoke(FunctionName=name, Payload=b"{}")
        answer = lambda_.invoke(FunctionName=name, Payload=json.dumps({"seconds": seconds}).encode())
        found[memory] = float(json.load(answer["Payload"])) / vcpus(memory)
    return found
