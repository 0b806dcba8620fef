"""The door `/_lab/`."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from lablib.cloud.clock import Clock, StillRunning
from lablib.cloud.control import Control
from lablib.cloud.web import Request
from tests.support import CloudUnderTest


class Stuck(Clock):
    async def rest(self, timeout: float = 60) -> None:
        raise StillRunning(["the invocation 1 of thumbnail"], timeout)


def ask(method: str, path: str, query: str = "", clock: Clock | None = None) -> tuple[int, Any, list[str]]:
    happened: list[str] = []

    async def main() -> tuple[int, Any]:
        async def reset() -> None:
            happened.append("reset")

        control = Control(
            clock or Clock(lambda: 1000.0), reset=reset, shutdown=lambda: happened.append("shutdown"), facts=lambda: {"cores": 2}
        )
        answer = await control.answer(Request(method, path, query, {}, b""))
        return answer.status, json.loads(answer.body)

    return *asyncio.run(main()), happened


def test_the_clock_is_read_and_moved() -> None:
    assert ask("GET", "/_lab/clock")[:2] == (200, {"now": 1000, "offset": 0})
    assert ask("POST", "/_lab/clock/advance", "seconds=60")[:2] == (200, {"now": 1060, "advanced": 60, "remaining": 0})
    assert ask("POST", "/_lab/clock/advance", "seconds=0.5&step=true")[1]["advanced"] == 0.5


@pytest.mark.parametrize("seconds", ["", "soon", "-1", "nan", "inf", "1e12"])
def test_what_is_no_time_is_refused(seconds: str) -> None:
    status, content, _ = ask("POST", "/_lab/clock/advance", f"seconds={seconds}")
    assert status == 400
    assert "?seconds=" in content["message"]


def test_what_does_not_come_to_rest_is_named() -> None:
    status, content, _ = ask("POST", "/_lab/clock/advance", "seconds=60", Stuck(lambda: 1000.0))
    assert status == 409
    assert content["running"] == ["the invocation 1 of thumbnail"]
    assert "the invocation 1 of thumbnail" in content["message"]


def test_reset_shutdown_and_doctor() -> None:
    assert ask("POST", "/_lab/reset") == (200, {}, ["reset"])
    assert ask("POST", "/_lab/shutdown") == (200, {}, ["shutdown"])
    assert ask("GET", "/_lab/doctor")[1] == {"cores": 2}


@pytest.mark.parametrize(("method", "path"), [("GET", "/_lab/reset"), ("POST", "/_lab/clock"), ("GET", "/_lab/"), ("GET", "/_lab/none")])
def test_what_is_not_there_says_what_is(method: str, path: str) -> None:
    status, content, happened = ask(method, path)
    assert (status, happened) == (404, [])
    assert "POST /_lab/reset" in content["message"]


def test_an_empty_cloud_again(cloud: CloudUnderTest) -> None:
    cloud.client("s3").create_bucket(Bucket="bucket")
    cloud.client("iam").create_user(UserName="ann")
    name = cloud.function("def lambda_handler(event, context): return event")
    assert cloud.client("lambda").invoke(FunctionName=name, Payload=b"1")["Payload"].read() == b"1"
    cloud.advance(3600)
    cloud.reset()
    assert cloud.client("s3").list_buckets()["Buckets"] == []
    assert cloud.client("iam").list_users()["Users"] == []
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    assert cloud.lab("GET", "/_lab/clock").body["offset"] == 0


def test_an_idle_environment_is_reclaimed_when_time_moves(cloud: CloudUnderTest) -> None:
    name = cloud.function("import os\ndef lambda_handler(event, context): return os.environ['AWS_LAMBDA_LOG_STREAM_NAME']")

    def invoke() -> str:
        return str(cloud.client("lambda").invoke(FunctionName=name)["Payload"].read())

    first = invoke()
    assert invoke() == first
    cloud.advance(3600)
    assert invoke() != first


def test_an_advance_waits_for_functions_that_run(cloud: CloudUnderTest) -> None:
    name = cloud.function("import select\ndef lambda_handler(event, context): select.select([], [], [], 0.5); print('done')")
    cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event")
    cloud.advance(1)
    lines = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert "done\n" in [line["message"] for line in lines]


def test_the_logs_of_a_later_time_carry_it(cloud: CloudUnderTest) -> None:
    name = cloud.function("def lambda_handler(event, context): print('here')")
    cloud.client("lambda").invoke(FunctionName=name)["Payload"].read()
    cloud.advance(86_400)
    cloud.client("lambda").invoke(FunctionName=name)["Payload"].read()
    found = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    first, second = (line for line in found if line["message"] == "here\n")
    for of in ("timestamp", "ingestionTime"):
        assert 86_400_000 <= second[of] - first[of] < 86_400_000 + 60_000
