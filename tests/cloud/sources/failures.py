"""How an event can fail, for the failure matrix of each source whose events are asynchronous invocations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud.sources.support import Queue
from tests.support import CloudUnderTest

# What goes wrong, the function's settings, and how often it has run when its event is given up.
WAYS = [
    pytest.param("raise ValueError('no')", {}, 3, id="an exception"),
    pytest.param("time.sleep(5)", {"Timeout": 1}, 3, id="a timeout"),
    pytest.param("os.kill(os.getpid(), 9)", {}, 3, id="a killed environment"),
    pytest.param("pass", {"reserved": 0}, 0, id="no concurrency"),
]


def failing(cloud: CloudUnderTest, statement: str, settings: dict[str, Any], letters: Queue) -> str:
    """A function that prints ``RUN`` and then fails in that way, with a dead-letter queue."""
    settings = dict(settings)
    reserved = settings.pop("reserved", None)
    body = f"import os, time\ndef lambda_handler(event, context):\n    print('RUN', flush=True)\n    {statement}\n"
    name = cloud.function(body, DeadLetterConfig={"TargetArn": letters.arn}, **settings)
    if reserved is not None:
        cloud.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)
    return name


def runs(cloud: CloudUnderTest, name: str) -> int:
    """How often it has run."""
    logs = cloud.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]:
        return 0
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return sum(event["message"].startswith("RUN") for event in events)
