"""State machines of the tests: made, run to their end, and read."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support import CloudUnderTest

# Real seconds: in which what nobody waits for on the cloud's clock has come to its end.
PATIENCE = 30.0

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip


class Machines:
    """State machines in a cloud, with one role that may do all, or what a test says."""

    def __init__(self, cloud: CloudUnderTest, *, allow: str | list[str] = "*", role: str = "machines") -> None:
        self.cloud = cloud
        self.client = cloud.client(
            "stepfunctions", config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, read_timeout=120)
        )
        iam = cloud.client("iam")
        self.role = iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": allow, "Resource": "*"}]}
        iam.put_role_policy(RoleName=role, PolicyName="may", PolicyDocument=json.dumps(policy))
        self._number = 0

    def make(self, definition: dict[str, Any], **settings: Any) -> str:
        """Create a state machine; its ARN."""
        self._number += 1
        given = {"name": f"machine-{self._number}", "definition": json.dumps(definition), "roleArn": self.role}
        arn: str = self.client.create_state_machine(**(given | settings))["stateMachineArn"]
        return arn

    def one(self, state: dict[str, Any], *, top: dict[str, Any] | None = None, **settings: Any) -> str:
        """Create a state machine of one state, ``It``."""
        ends = {} if state["Type"] in ("Choice", "Fail", "Succeed") else {"End": True}
        return self.make({**(top or {}), "StartAt": "It", "States": {"It": {**ends, **state}}}, **settings)

    def start(self, machine: str, given: Any = None, **settings: Any) -> str:
        """Start an execution; its ARN."""
        text = json.dumps({} if given is None else given)
        arn: str = self.client.start_execution(stateMachineArn=machine, input=text, **settings)["executionArn"]
        return arn

    def ended(self, execution: str) -> dict[str, Any]:
        """An execution once it has ended, without help of the clock."""
        limit = time.monotonic() + PATIENCE
        while (told := self.client.describe_execution(executionArn=execution))["status"] == "RUNNING":
            assert time.monotonic() < limit, f"still running: {self.events(execution)}"
            self.cloud.advance(0)  # answers when the cloud is at rest
        result: dict[str, Any] = told
        return result

    def run(self, definition: dict[str, Any], given: Any = None, **settings: Any) -> dict[str, Any]:
        """Make a state machine, and run it to its end."""
        return self.ended(self.start(self.make(definition, **settings), given))

    def run_one(self, state: dict[str, Any], given: Any = None, **more: Any) -> dict[str, Any]:
        """Make a state machine of one state, and run it to its end."""
        return self.ended(self.start(self.one(state, **more), given))

    def status(self, execution: str) -> str:
        return str(self.client.describe_execution(executionArn=execution)["status"])

    def history(self, execution: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]

    def events(self, execution: str) -> list[str]:
        """The types of an execution's events."""
        return [event["type"] for event in self.history(execution)]


def output(execution: dict[str, Any]) -> Any:
    """What an execution came to, which must be a success."""
    assert execution["status"] == "SUCCEEDED", execution
    return json.loads(execution["output"])


def threads_of(cloud: CloudUnderTest) -> int:
    """How many threads the cloud's process has; where only Linux tells, tests of it run there alone."""
    tasks = Path(f"/proc/{cloud.process.pid}/task")
    if not tasks.exists():
        pytest.skip("only Linux's /proc tells the threads of another process")
    return len(list(tasks.iterdir()))


def refused(call: Any, **given: Any) -> tuple[str, str]:
    """The code and the message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
