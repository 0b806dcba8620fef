"""An environment's life: INIT, reuse, errors, and what happens after each way to fail."""

from __future__ import annotations

import asyncio
import json
import os
import signal

import pytest

from lablib.environments import DataPlaneError
from tests.environments.conftest import Plane

COUNTER = """
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    return {"count": count, "event": event}
"""


def test_globals_survive_and_only_the_first_invocation_has_an_init(plane: Plane) -> None:
    function = plane.function(COUNTER)
    first, second = function({"key": "é"}), function(None)
    assert json.loads(first.payload) == {"count": 1, "event": {"key": "é"}}
    assert json.loads(second.payload) == {"count": 2, "event": None}
    assert first.init_ms is not None and first.init_ms > 5
    assert second.init_ms is None


def test_two_environments_share_nothing(plane: Plane) -> None:
    one, other = plane.function(COUNTER), plane.function(COUNTER)
    assert [one.answer()["count"], one.answer()["count"], other.answer()["count"]] == [1, 2, 1]


def test_an_exception_is_awslambdarics_error_and_the_environment_stays(plane: Plane) -> None:
    function = plane.function("""
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    if event == "fail":
        open("/tmp/missing/file")
    return count
""")
    outcome = function("fail")
    error = json.loads(outcome.payload)
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert error["errorType"] == "FileNotFoundError"
    assert error["errorMessage"] == "[Errno 2] No such file or directory: '/tmp/missing/file'"
    # The same trace with and without namespaces: the function's own frame alone, under Lambda's names.
    assert len(error["stackTrace"]) == 1 and 'File "/var/task/lambda_function.py"' in error["stackTrace"][0]
    assert (outcome.function_error, outcome.status, outcome.error_type) == ("Unhandled", "success", None)
    assert function.answer() == 2
    logged = next(line for line in function.lines if line.startswith("[ERROR]"))
    assert logged.startswith("[ERROR] FileNotFoundError: [Errno 2]") and "\nTraceback (most recent call last):\n" in logged


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("os._exit(7)", "Runtime exited with error: exit status 7"),
        ("sys.exit(0)", "Runtime exited without providing a reason"),
        ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"),
        ("os.abort()", "Runtime exited with error: signal: aborted"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_runtime_that_ends(plane: Plane, statement: str, message: str) -> None:
    function = plane.function(f"""
import ctypes, os, signal, sys
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    if event == "end":
        open("/tmp/left", "w").write("still here")
        {statement}
    return count, os.path.exists("/tmp/left")
""")
    assert function.answer() == [1, False]
    outcome = function("end")
    error = json.loads(outcome.payload)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith(f"Error: {message}")
    assert (outcome.function_error, outcome.status, outcome.error_type) == ("Unhandled", "error", "Runtime.ExitError")
    # Reset, not replaced: a new process, the same /tmp, and its INIT is no INIT of its own.
    again = function()
    assert json.loads(again.payload) == [1, True]
    assert again.init_ms is None and again.duration_ms > 5


def test_a_handler_that_closes_every_descriptor(plane: Plane) -> None:
    """The client connects anew to answer; where it does not, the invocation fails like any runtime that ends."""
    function = plane.function("""
import os
def lambda_handler(event, context):
    if event == "close":
        os.closerange(0, 256)
    return "answer"
""")
    outcome = function("close")
    assert outcome.payload == b'"answer"' or outcome.error_type == "Runtime.ExitError"
    assert function.answer() == "answer"


def test_a_timeout_kills_what_the_handler_started_too(plane: Plane) -> None:
    function = plane.function(
        """
import os, subprocess, time
def lambda_handler(event, context):
    if event == "hang":
        print(context.get_remaining_time_in_millis())
        # A session of its own, and signals ignored: a process group would miss it.
        subprocess.Popen(["/bin/sh", "-c", "trap '' TERM HUP; while :; do sleep 0.01; date +%N > /tmp/alive; done"],
                         start_new_session=True, cwd="/tmp")
        time.sleep(60)
    return [name for name in os.listdir("/tmp")]
""",
        timeout_s=2.0, memory_mb=1769,
    )
    function("warm")
    outcome = function("hang")
    error = json.loads(outcome.payload)
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 2.00 seconds")
    assert outcome.status == "timeout" and outcome.duration_ms == 2000
    assert 0 < int(function.lines[0]) <= 2000
    assert function().function_error is None


def test_memory_over_the_limit_is_killed_and_named(plane: Plane) -> None:
    function = plane.function(
        """
def lambda_handler(event, context):
    block = bytearray(event * 1024 * 1024)
    return len(block)
""",
        memory_mb=128,
    )
    assert function.answer(40) == 40 * 1024 * 1024
    outcome = function(400)
    assert json.loads(outcome.payload)["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert (outcome.status, outcome.error_type, outcome.max_memory_mb) == ("error", "Runtime.OutOfMemory", 128)
    again = function(1)
    assert again.function_error is None and again.max_memory_mb < 60  # of the new process alone


def test_memory_counts_child_processes_and_is_a_true_maximum(plane: Plane) -> None:
    function = plane.function(
        """
import subprocess, sys
def lambda_handler(event, context):
    code = f"b = bytearray({event} * 1024 * 1024); print(len(b))"
    return subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True).stdout
""",
        memory_mb=160,
    )
    assert function.answer(20).strip() == str(20 * 1024 * 1024)
    outcome = function(600)
    assert (outcome.status, outcome.error_type) == ("error", "Runtime.OutOfMemory")


def test_max_memory_used_is_measured(plane: Plane) -> None:
    function = plane.function("def lambda_handler(event, context):\n    return len(bytearray(event * 1024 * 1024))\n")
    small, large, after = function(0), function(200), function(0)
    assert 5 < small.max_memory_mb < 60
    assert large.max_memory_mb >= small.max_memory_mb + 190
    assert after.max_memory_mb == large.max_memory_mb  # the environment's peak, as on AWS


def test_max_memory_used_is_the_kernels_figure_after_a_reset_too(plane: Plane) -> None:
    """A block that is there for a moment only: between two looks of the supervisor, but not for the kernel."""
    function = plane.function("""
import mmap, os, re
def lambda_handler(event, context):
    if event == "end":
        os._exit(1)
    block = mmap.mmap(-1, 3 * 1024 * 1024)
    block[:: mmap.PAGESIZE] = bytes(len(block) // mmap.PAGESIZE)
    block.close()
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
""")
    for event in ("warm up", "end", "again"):
        outcome = function(event)
    assert outcome.max_memory_mb >= int(outcome.payload) / 1024


def test_between_invocations_nothing_runs(plane: Plane) -> None:
    function = plane.function("""
import threading, time
ticks = 0
def tick():
    global ticks
    while True:
        time.sleep(0.001)
        ticks += 1
threading.Thread(target=tick, daemon=True).start()
def lambda_handler(event, context):
    before = ticks
    if event:
        time.sleep(event)
    return before, ticks
""")
    _, at_end = function.answer(0.2)
    assert at_end > 20
    busy = plane.function("import time\ndef lambda_handler(event, context):\n    time.sleep(0.5)\n")
    busy()  # half a second in which the first environment is frozen
    at_start, _ = function.answer(0)
    assert at_start - at_end < 20


def test_children_are_frozen_and_do_not_outlive_the_environment(plane: Plane) -> None:
    function = plane.function("""
import os, subprocess
child = None
def lambda_handler(event, context):
    global child
    if child is None:
        child = subprocess.Popen(["/bin/sh", "-c", "while :; do sleep 0.01; done # lablib-test-stray"], start_new_session=True)
    return child.poll()
""")
    assert function.answer() is None
    assert function.answer() is None
    assert strays(), "the child runs"
    function.destroy()
    wait_until(lambda: not strays())


def strays() -> list[str]:
    from pathlib import Path

    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"lablib-test-stray" in command and command.startswith(b"/bin/sh"):
                found.append(entry.name)
    return found


def wait_until(condition: object, seconds: float = 5.0) -> None:
    import threading
    import time

    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not become true"
        pause.wait(0.02)


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        ("import numpy", "lambda_function.lambda_handler", "Runtime.ImportModuleError",
         "Unable to import module 'lambda_function': No module named 'numpy'"),
        ("x = 1", "lambda_function.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'lambda_function'"),
        ("def lambda_handler(:", "lambda_function.lambda_handler", "Runtime.UserCodeSyntaxError",
         "Syntax error in module 'lambda_function': "),
        ("x = 1", "other.handler", "Runtime.ImportModuleError", "Unable to import module 'other': No module named 'other'"),
        ("x = 1", "nodot", "Runtime.MalformedHandlerName", "Bad handler 'nodot'"),
        ("1 / 0", "lambda_function.lambda_handler", "ZeroDivisionError", "division by zero"),
    ],
)  # fmt: skip
def test_an_init_that_fails_is_repeated_in_the_invocation(
    plane: Plane, source: str, handler: str, error_type: str, message: str
) -> None:
    function = plane.function(source, handler=handler)
    for _ in range(2):
        outcome = function()
        error = json.loads(outcome.payload)
        assert error["errorType"] == error_type
        assert message in error["errorMessage"]
        assert (outcome.function_error, outcome.status, outcome.init_ms) == ("Unhandled", "error", None)
        # A type that is not one of the platform's is none in its log lines.
        assert outcome.error_type == (error_type if error_type.startswith("Runtime.") else "Runtime.Unknown")
    kinds = [(item.kind, item.fields.get("phase")) for item in function.items if item.kind != "app"]
    assert kinds[:4] == [("init_start", None), ("init_report", "init"), ("init_report", "invoke"), ("start", None)]


def test_a_result_that_is_no_json(plane: Plane) -> None:
    function = plane.function("def lambda_handler(event, context):\n    return {1, 2}\n")
    error = json.loads(function().payload)
    assert error["errorType"] == "Runtime.MarshalError"
    assert "is not JSON serializable" in error["errorMessage"]


def test_a_result_over_the_limit(plane: Plane) -> None:
    function = plane.function("def lambda_handler(event, context):\n    return 'x' * event\n")
    assert len(function.answer(6_000_000)) == 6_000_000
    error = json.loads(function(7_000_000).payload)
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert error["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert function.answer(3) == "xxx"


def test_a_runtime_that_dies_while_frozen_is_started_again(plane: Plane) -> None:
    function = plane.function("""
import os
def lambda_handler(event, context):
    return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"][-32:]
""")
    assert function.answer() == function.id
    victims = [pid for pid in _marked(function.id)]
    assert victims
    os.kill(victims[0], signal.SIGKILL)
    wait_until(lambda: not _marked(function.id))
    assert function.answer() == function.id


def _marked(mark: str) -> list[int]:
    from lablib.environments import processes

    return processes.marked([mark])


@pytest.mark.parametrize(
    ("source", "status", "error_type"),
    [
        (COUNTER, "success", None),
        ("import missing", "error", "Runtime.ImportModuleError"),
        ("import os; os._exit(1)", "error", "Runtime.ExitError"),
    ],
)
def test_who_waits_for_init_hears_how_it_went(plane: Plane, source: str, status: str, error_type: str | None) -> None:
    function = plane.function(source)
    told = plane.run(plane.data_plane.initialized(function.id))
    assert (told.status, told.error_type) == (status, error_type)
    assert told.ms > 5
    assert plane.run(plane.data_plane.initialized(function.id)) == told, "it may be asked again"


def test_who_waits_for_an_init_that_is_ended_hears_of_it(plane: Plane) -> None:
    function = plane.function("import time; time.sleep(60)")
    waiting = asyncio.run_coroutine_threadsafe(plane.data_plane.initialized(function.id), plane.loop)
    function.destroy()
    with pytest.raises(DataPlaneError):
        waiting.result(10)
    with pytest.raises(DataPlaneError, match="no such environment"):
        plane.run(plane.data_plane.initialized(function.id))


def test_an_environment_that_is_ended_while_the_supervisor_dies_has_ended(plane: Plane) -> None:
    function = plane.function(COUNTER)
    assert function() is not None
    supervisor = plane.data_plane._process
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGSTOP)  # it takes the order, and never answers
    going = asyncio.run_coroutine_threadsafe(plane.data_plane.destroy(function.id), plane.loop)
    all_of_them = asyncio.run_coroutine_threadsafe(plane.data_plane.destroy_all(), plane.loop)
    wait_until(lambda: bool(plane.data_plane._replies))
    supervisor.kill()
    assert (going.result(10), all_of_them.result(10)) == (None, None)
    wait_until(lambda: not _marked(function.id))
