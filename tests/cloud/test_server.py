"""`python -m lablib serve`, from its first line to its last process."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lablib.cloud import server, workplace

ROOT = Path(__file__).parents[2]


class Served:
    """A cloud that a test started, with its files in a folder of the test's."""

    def __init__(self, folder: Path, *arguments: str, lifeline: int | None = None, **environ: str) -> None:
        self.folder = folder
        options = [*arguments, *(["--lifeline", str(lifeline)] if lifeline is not None else [])]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lablib", "serve", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            pass_fds=[lifeline] if lifeline is not None else [], env=os.environ | {"TMPDIR": str(folder)} | environ,
        )  # fmt: skip
        self.exported: dict[str, str] = {}
        self.url = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                self.exported[name] = value
            elif line.startswith("ready "):
                self.url = line.removeprefix("ready ").strip()
                break

    def client(self, service: str, **settings: Any) -> Any:
        given = {
            "endpoint_url": self.url, "region_name": self.exported["AWS_REGION"],
            "aws_access_key_id": self.exported["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.exported["AWS_SECRET_ACCESS_KEY"],
        }  # fmt: skip
        return boto3.session.Session().client(service, **(given | settings))

    def left(self) -> list[str]:
        """Files and processes of this cloud's that are still there."""
        return [*map(str, self.folder.iterdir()), *map(str, self.processes())]

    def processes(self) -> list[int]:
        """Those that name the folder, where the system tells."""
        found = []
        for entry in Path("/proc").iterdir() if Path("/proc/self").exists() else []:
            try:
                if entry.name.isdigit() and str(self.folder).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
        return found


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*arguments: str, **settings: Any) -> Served:
        started.append(Served(tmp_path, *arguments, **settings))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def gone_within(served: Served, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while left := served.left():
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds} s there still are: {left}")
        select.select([], [], [], 0.05)
    return True


def test_its_first_lines_are_what_a_shell_needs(serve: Callable[..., Served]) -> None:
    served = serve("--region", "eu-west-1")
    assert served.exported["AWS_ENDPOINT_URL"] == served.url
    assert served.exported["AWS_REGION"] == served.exported["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert served.client("sns").create_topic(Name="t")["TopicArn"] == "arn:aws:sns:eu-west-1:123456789012:t"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(serve: Callable[..., Served], number: signal.Signals) -> None:
    served = serve()
    served.client("s3").create_bucket(Bucket="bucket")
    served.process.send_signal(number)
    assert served.process.wait(5) == 0
    assert served.process.stderr is not None and served.process.stderr.read() == ""
    assert gone_within(served, 2)


def test_a_request_under_way_does_not_hold_up_the_end(serve: Callable[..., Served]) -> None:
    served = serve()
    url = served.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    host, _, port = served.url.removeprefix("http://").partition(":")
    idle = socket.create_connection((host, int(port)))
    poll = subprocess.Popen(
        [sys.executable, "-c", f"import boto3; boto3.client('sqs').receive_message(QueueUrl={url!r}, WaitTimeSeconds=20)"],
        env=os.environ | served.exported, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(5) == 0
    poll.kill()
    poll.wait()
    idle.close()


def test_it_ends_with_whoever_holds_its_lifeline(serve: Callable[..., Served]) -> None:
    reading, writing = os.pipe()
    os.write(writing, json.dumps({"access_key_id": "LAMBDALABAAAAAAAAAAA", "secret_access_key": "secret"}).encode() + b"\n")
    served = serve(lifeline=reading)
    os.close(reading)
    assert served.exported["AWS_ACCESS_KEY_ID"] == "LAMBDALABAAAAAAAAAAA"
    served.client("s3").create_bucket(Bucket="bucket")
    os.close(writing)
    assert served.process.wait(5) == 0
    assert gone_within(served, 2)


@pytest.mark.parametrize("line", [b"", b"\n", b"no JSON\n", b"{}\n", b'"text"\n'])
def test_a_lifeline_that_says_nothing_useful(serve: Callable[..., Served], line: bytes) -> None:
    reading, writing = os.pipe()
    os.write(writing, line)
    os.close(writing)
    served = serve(lifeline=reading)
    os.close(reading)
    assert served.process.wait(5) == 1
    assert served.process.stderr is not None
    assert "lifeline" in one_sentence(served.process.stderr.read())


def one_sentence(text: str) -> str:
    assert text.startswith("The local cloud cannot start: ")
    assert text.count("\n") == 1
    return text


def test_a_port_that_is_taken(serve: Callable[..., Served]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served = serve("--port", str(port))
        assert served.process.wait(5) == 1
    assert served.process.stderr is not None
    assert f"port {port} of 127.0.0.1 cannot be had" in one_sentence(served.process.stderr.read())
    assert served.left() == []


def test_killed_it_leaves_nothing(serve: Callable[..., Served]) -> None:
    served = serve()
    assert len(served.left()) >= 1
    served.process.kill()
    assert gone_within(served, 2)


def test_the_supervisors_folder_goes_when_it_is_killed(serve: Callable[..., Served]) -> None:
    served = serve()
    folder = next(served.folder.glob(workplace.PREFIX + "*"))
    (first,) = folder.glob("data-plane-*")
    for process in served.processes():
        if b"lablib.environments.supervisor" in Path(f"/proc/{process}/cmdline").read_bytes():
            os.kill(process, signal.SIGKILL)
    deadline = time.monotonic() + 2
    while first.exists():
        assert time.monotonic() < deadline
        select.select([], [], [], 0.05)
    assert served.client("s3").list_buckets()["Buckets"] == []


def test_two_clouds_live_side_by_side(serve: Callable[..., Served]) -> None:
    first, second = serve(), serve()
    first.client("s3").create_bucket(Bucket="bucket")
    assert second.client("s3").list_buckets()["Buckets"] == []
    with pytest.raises(Exception, match="InvalidAccessKeyId"):
        first.client("s3", endpoint_url=second.url).list_buckets()


def test_any_credentials(serve: Callable[..., Served]) -> None:
    served = serve("--credentials", "any")
    anyone = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    assert served.client("s3", **anyone).list_buckets()["Buckets"] == []
    assert served.client("lambda", **anyone).list_functions()["Functions"] == []
    asked = subprocess.run(
        [sys.executable, "-c", _ADVANCE, f"{served.url}/_lab/clock/advance?seconds=60"], capture_output=True, text=True, check=True
    )
    assert json.loads(asked.stdout)["advanced"] == 60


_ADVANCE = "import sys, urllib.request as u; print(u.urlopen(u.Request(sys.argv[1], method='POST')).read().decode())"


def test_a_learners_own_set_up_is_not_read(serve: Callable[..., Served], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("learner")
    config = folder / "config"
    config.write_text("[profile work]\nregion = ap-south-1\n")
    served = serve(
        AWS_PROFILE="none", AWS_CONFIG_FILE=str(config), AWS_ENDPOINT_URL_S3="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9",
        AWS_DEFAULT_REGION="ap-south-1", MOTO_ACCOUNT_ID="111111111111", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true",
    )  # fmt: skip
    assert served.client("sns").create_topic(Name="t")["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:t"


def test_what_is_forgotten_of_an_environment() -> None:
    environ = {"AWS_PROFILE": "x", "AWS_SECRET_ACCESS_KEY": "x", "BOTO_CONFIG": "x", "MOTO_PORT": "1", "PATH": "/bin"}
    server.forget_aws(environ)
    assert environ == {
        "PATH": "/bin", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip


def test_the_folder_is_for_its_user_alone(serve: Callable[..., Served]) -> None:
    serve()
    served = serve()
    folders = list(served.folder.glob(workplace.PREFIX + "*"))
    assert len(folders) == 2
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}
