"""No open files left, in each process of a cloud: whoever is concerned is told so, nobody else is, and nothing stays open."""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.faults.conftest import MODES, Cloud, a_cloud, invoke, need_namespaces, processes, runtimes, wait_until

SLOW = "import time\ndef lambda_handler(event, context):\n    time.sleep(event or 0)\n    return 'ok'\n"
CALLS = 20


@pytest.fixture(params=MODES)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cloud]:
    with a_cloud(tmp_path, "--isolation", request.param) as cloud:
        if request.param == "auto":
            need_namespaces(cloud)
        yield cloud


@contextmanager
def only(pid: int, more: int) -> Iterator[None]:
    """Let a process open so many files more than it has."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened(pid) + more, before[1]))
    yield
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def opened(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def burst(cloud: Cloud, name: str) -> Counter[str]:
    """What invocations at the same time say, from their first to their last words."""

    def one(_: int) -> str:
        try:
            answer = invoke(cloud, name, 0.3)
        except ClientError as failed:
            return failed.response["Error"]["Message"]
        return answer.payload if answer.function_error is None else answer.error

    with ThreadPoolExecutor(CALLS) as threads:
        return Counter("ok" if said == "ok" else said.partition(" Error: ")[2] or said for said in threads.map(one, range(CALLS)))


@pytest.mark.parametrize(
    ("which", "more", "sentence"),
    [
        ("spawner.main", 0, "no process can be made: Too many open files"),
        ("environments.supervisor", 100, "Raise the limit where the cloud is started (ulimit -n)"),
        ("environments.supervisor", 0, "Raise the limit where the cloud is started (ulimit -n)"),
    ],
)
def test_too_few(own: Cloud, which: str, more: int, sentence: str) -> None:
    bystander, name = own.function(SLOW), own.function(SLOW, Timeout=20, MemorySize=128)
    invoke(own, bystander)
    [warm] = runtimes(own)
    [pid] = processes(own, which)
    before = opened(pid)
    with only(pid, more):
        said = burst(own, name)
        refused = {text: count for text, count in said.items() if text != "ok"}
        assert refused and all(sentence in text for text in refused), said
        assert bool(said["ok"]) == bool(more), said
        assert invoke(own, bystander).payload == "ok" and warm in runtimes(own), "who has an environment keeps it"
    assert processes(own, which) == [pid]
    assert burst(own, name) == {"ok": CALLS}
    own.reset()
    wait_until(lambda: not runtimes(own), "an environment stays")
    wait_until(lambda: opened(pid) <= before - (which != "spawner.main"), f"more is open than before: {before}")


def test_a_shell_that_lets_it_have_few_is_no_hindrance(tmp_path: Path) -> None:
    """256 is what macOS' shells give, 1,024 what Linux' do; a cloud takes what its user may have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] <= 512:
        pytest.skip("this user may have no more")
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        with a_cloud(tmp_path) as cloud:
            for what in ("-m lablib serve", "environments.supervisor", "spawner.main"):
                for pid in processes(cloud, what):
                    assert resource.prlimit(pid, resource.RLIMIT_NOFILE)[0] > 256, what
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
