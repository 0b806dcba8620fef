"""A cloud in both isolation modes, seen from outside: through boto3, HTTP and /proc."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from lablib.local import LocalCloud, launch
from lablib.models.report import Report, parse_report
from tests.bench.memory import tree
from tests.support import CloudUnderTest

MODES = [pytest.param("auto", id="namespaces"), pytest.param("off", id="shared")]

OK = "def lambda_handler(event, context):\n    return 'ok'\n"


@dataclass(frozen=True)
class Answer:
    """What a caller of Invoke saw."""

    payload: Any
    function_error: str | None
    log: str
    request_id: str
    seconds: float

    @property
    def report(self) -> Report:
        found = [report for line in self.log.splitlines() if (report := parse_report(line)) is not None]
        assert len(found) == 1, self.log
        return found[0]

    @property
    def error(self) -> str:
        """``"type: message"`` of an answer that is an error."""
        assert self.function_error == "Unhandled", self
        return f"{self.payload['errorType']}: {self.payload['errorMessage']}"


class Cloud(CloudUnderTest):
    """Keeps its clients, since to make one takes a tenth of a second."""

    def __init__(self, process: LocalCloud) -> None:
        super().__init__(process)
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    def client(self, service: str, **settings: Any) -> Any:
        if settings:
            return super().client(service, **settings)
        with self._making:
            if service not in self._clients:
                config = Config(retries={"total_max_attempts": 1}, read_timeout=120, max_pool_connections=50)
                self._clients[service] = super().client(service, config=config)
            return self._clients[service]


def invoke(cloud: Cloud, name: str, event: object = None, **settings: Any) -> Answer:
    began = time.monotonic()
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail", **settings)
    text = answer["Payload"].read()
    log = base64.b64decode(answer["LogResult"]).decode(errors="replace")
    return Answer(
        json.loads(text), answer.get("FunctionError"), log, answer["ResponseMetadata"]["RequestId"], time.monotonic() - began
    )  # fmt: skip


class Background:
    """A call in a thread of its own: what it answered, or raised."""

    def __init__(self, call: Callable[..., Any], *arguments: Any, **settings: Any) -> None:
        self._answer: Any = None
        self._error: BaseException | None = None

        def run() -> None:
            try:
                self._answer = call(*arguments, **settings)
            except BaseException as error:
                self._error = error

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def result(self, seconds: float = 30) -> Any:
        self._thread.join(seconds)
        assert not self.running, f"no answer after {seconds} s"
        if self._error is not None:
            raise self._error
        return self._answer

    def error(self, seconds: float = 30) -> BaseException:
        with pytest.raises(Exception) as raised:
            self.result(seconds)
        return raised.value


def wait_until(condition: Callable[[], object], what: str, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds} s: {what}"
        pause.wait(0.02)


def events(cloud: Cloud, name: str) -> list[dict[str, Any]]:
    """All log events of a function, over all streams, as CloudWatch Logs answers them."""
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
    return [event for page in pages for event in page["events"]]


def alive(pid: int) -> bool:
    """Runs or is stopped: not gone, and no zombie that only its parent can forget."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def processes(cloud: Cloud, text: str = "") -> list[int]:
    """Living processes of this cloud's whose command line holds `text`."""
    found = []
    for pid in tree(cloud.process.pid):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in command and alive(pid):
            found.append(pid)
    return found


def plane_folder(cloud: Cloud) -> Path:
    """Where the supervisor keeps its environments; what it was told is on its command line."""
    [supervisor] = processes(cloud, "environments.supervisor")
    options = json.loads(Path(f"/proc/{supervisor}/cmdline").read_text().split("\0")[-2])
    return Path(options["folder"])


def listeners(pid: int) -> list[int]:
    """The TCP ports on which a process listens."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(os.readlink(descriptor))
        except FileNotFoundError:
            continue
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]


def runtimes(cloud: Cloud) -> list[int]:
    return processes(cloud, "bootstrap.py")


@contextmanager
def a_cloud(folder: Path, *options: str) -> Iterator[Cloud]:
    """A cloud of the test's own, with its files in `folder`."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        process = launch(options=options)
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
    try:
        yield Cloud(process)
    finally:
        process.close()


@pytest.fixture(scope="session")
def kept_clouds() -> dict[str, Cloud]:
    return {}


def _kept(cloud: CloudUnderTest, kept: dict[str, Cloud]) -> Cloud:
    return kept.setdefault(cloud.url, Cloud(cloud.process))


@pytest.fixture
def cloud(cloud: CloudUnderTest, kept_clouds: dict[str, Cloud]) -> Cloud:
    return _kept(cloud, kept_clouds)


@pytest.fixture
def cloud_shared(cloud_shared: CloudUnderTest, kept_clouds: dict[str, Cloud]) -> Cloud:
    return _kept(cloud_shared, kept_clouds)


@pytest.fixture(params=MODES)
def either(request: pytest.FixtureRequest) -> Cloud:
    """The empty cloud, with namespaces where the kernel has them, and without."""
    if request.param == "off":
        return request.getfixturevalue("cloud_shared")
    cloud: Cloud = request.getfixturevalue("cloud")
    need_namespaces(cloud)
    return cloud


def need_namespaces(cloud: Cloud) -> None:
    facts: Mapping[str, Any] = cloud.lab("GET", "/_lab/doctor").body
    if not facts["namespaces"]:
        pytest.skip(f"this kernel has no user namespaces for us: {facts['reason']}")


@pytest.fixture
def still_works(either: Cloud) -> Iterator[Cloud]:
    """`either`, where an environment of a bystander's is warm; afterwards the same environment still answers."""
    name = either.function("count = 0\ndef lambda_handler(event, context):\n    global count\n    count += 1\n    return count\n")
    assert invoke(either, name).payload == 1
    yield either
    assert invoke(either, name).payload == 2


class Gate:
    """Where functions that are to be held call in, and wait to be let go."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self.port: int = self._listener.getsockname()[1]

    def wait_for_one(self) -> None:
        self._caller, _ = self._listener.accept()

    def let_go(self) -> None:
        self._caller.close()

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def gate() -> Iterator[Gate]:
    opened = Gate()
    yield opened
    opened.close()
