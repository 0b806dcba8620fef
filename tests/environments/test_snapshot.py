"""A snapshot and what is restored from it: what is copied, what is held, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from lablib.environments.spec import SnapshotLost
from tests.environments.conftest import Function, Plane
from tests.environments.test_life import strays, wait_until

SNAP = {"initialization_type": "snap-start"}


def snapshot(plane: Plane, source: str, **settings: Any) -> Function:
    function = plane.function(source, is_snapshot=True, **(SNAP | settings))
    assert plane.run(plane.data_plane.initialized(function.id)).status == "success", function.lines
    return function


def restored(origin: Function, **settings: Any) -> Function:
    """An environment of the same code."""
    return origin.plane.function("", restored_from=origin.id, **(SNAP | settings))


def test_the_first_invocation_has_a_restore_and_no_init(plane: Plane) -> None:
    function = restored(snapshot(plane, "count = 0\ndef lambda_handler(event, context):\n global count; count += 1; return count"))
    first, second = function(), function()
    assert (first.payload, second.payload) == (b"1", b"2")
    assert first.init_ms is None and first.restore_ms is not None and first.billed_restore_ms is not None
    assert 0 < first.billed_restore_ms <= first.restore_ms
    assert (second.restore_ms, second.billed_restore_ms) == (None, None)
    assert [item.kind for item in function.items] == ["restore_start", "restore_report", "start", "start"]


def test_threads_of_init_are_not_restored_and_those_of_the_handler_are_frozen(plane: Plane) -> None:
    function = restored(snapshot(plane, """
import threading, time
ticks = {"init": 0, "handler": 0}
def tick(whose):
    while True:
        time.sleep(0.001)
        ticks[whose] += 1
threading.Thread(target=tick, args=["init"], daemon=True).start()
time.sleep(0.05)
def lambda_handler(event, context):
    if event == "start":
        threading.Thread(target=tick, args=["handler"], daemon=True).start()
    before = dict(ticks)
    if event:
        time.sleep(0.2)
    return before, ticks, threading.active_count()
"""))  # fmt: skip
    before, after, threads = function.answer("start")
    assert before["init"] == after["init"] > 0 and after["handler"] > 20 and threads == 2
    plane.function("import time\ndef lambda_handler(event, context):\n    time.sleep(0.5)\n")()
    assert function.answer()[0]["handler"] - after["handler"] < 20


def test_memory_and_time_are_held_to_their_limits(plane: Plane) -> None:
    origin = snapshot(plane, "import time\ndef lambda_handler(event, context):\n    x = 'x' * (event << 20); time.sleep(len(x) and 60)\n")
    hungry, slow = restored(origin, memory_mb=128), restored(origin, memory_mb=1769, timeout_s=2.0)
    for function, size, status, error_type in ((hungry, 300, "error", "Runtime.OutOfMemory"), (slow, 1, "timeout", None)):
        outcome = function(size)
        assert (outcome.status, outcome.error_type) == (status, error_type)
        assert function(0).payload == b"null", "restored again"


def test_a_full_tmp_is_each_environments_own(plane: Plane) -> None:
    origin = snapshot(plane, """
import os
open("/tmp/init", "wb").write(bytes(1 << 20))
os.makedirs("/tmp/deep/er"); os.symlink("init", "/tmp/link")
def lambda_handler(event, context):
    if event:
        open("/tmp/mine", "w").write(event)
    return sorted(os.listdir("/tmp")), os.path.getsize("/tmp/link"), os.path.isdir("/tmp/deep/er")
""")  # fmt: skip
    one, other = restored(origin), restored(origin)
    assert one.answer("x") == [["deep", "init", "link", "mine"], 1 << 20, True]
    assert other.answer() == [["deep", "init", "link"], 1 << 20, True]


def test_only_its_own_processes_are_to_be_seen(plane: Plane) -> None:
    if not plane.facts["namespaces"]:
        pytest.skip("without namespaces a function sees this machine's processes")
    origin = snapshot(plane, """
import os
def lambda_handler(event, context):
    capabilities = next(line for line in open("/proc/self/status") if line.startswith("CapEff"))
    return sorted(name for name in os.listdir("/proc") if name.isdigit()), os.getuid(), int(capabilities.split()[1], 16)
""")  # fmt: skip
    one, other = restored(origin), restored(origin)
    assert one.answer() == other.answer() == [["1", "2"], 993, 0]


def test_what_a_handler_leaves_ends_with_its_environment_and_only_that(plane: Plane) -> None:
    origin = snapshot(plane, """
import subprocess
def lambda_handler(event, context):
    script = "while :; do sleep 0.01; done # lablib-test-stray"
    subprocess.run(["/bin/sh", "-c", f"/bin/sh -c '{script}' &"], start_new_session=True)
""")  # fmt: skip
    one, other = restored(origin), restored(origin)
    one()
    first = set(strays())
    other()
    assert first and set(strays()) - first
    one.destroy()
    wait_until(lambda: not first & set(strays()))
    assert strays()
    other.destroy()
    wait_until(lambda: not strays())


def test_a_snapshot_that_goes_lets_what_was_restored_end_first(plane: Plane) -> None:
    origin = snapshot(plane, "def lambda_handler(event, context): return 'here'")
    function = restored(origin)
    assert function.answer() == "here"
    import asyncio

    going = asyncio.run_coroutine_threadsafe(plane.data_plane.destroy(origin.id), plane.loop)
    assert function.answer() == "here" and not going.done()
    with pytest.raises(SnapshotLost):
        restored(origin)
    function.destroy()
    going.result(10)


def test_a_snapshot_that_is_killed_is_said_to_be_gone(plane: Plane) -> None:
    """Its environments end with it, and are not restored again."""
    origin = snapshot(plane, "def lambda_handler(event, context): return 'here'")
    function = restored(origin)
    assert function.answer() == "here"
    waiting = [pid for pid in _marked(origin.id) if b"bootstrap.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    snapshots = [pid for pid in waiting if _parent(pid) not in waiting]
    os.kill(snapshots[0], signal.SIGKILL)
    wait_until(lambda: not [pid for pid in waiting if _runs(pid)])
    for again in (function, restored(origin)):
        with pytest.raises(SnapshotLost, match="the snapshot cannot be restored"):
            again()


def _marked(mark: str) -> list[int]:
    """Processes that began with a variable that holds `mark`; forked ones show what they were forked from."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False
