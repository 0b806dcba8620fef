"""Handlers that end, hang, eat and leave things behind: what the caller sees, and that the next invocation works."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.conftest import Answer, Background, Cloud, invoke, listeners, plane_folder, processes, runtimes, wait_until

# The event is a statement; the count says whether the process is still the same.
STATEMENTS = """
import ctypes, json, os, signal, socket, subprocess, sys, threading, time
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    scope = {"result": count, "context": context, **globals()}
    exec(event or "", scope)
    return scope["result"]
"""

EXITED = "Runtime.ExitError: RequestId: {} Error: Runtime exited with error: "
TIMED_OUT = "Sandbox.Timedout: RequestId: {} Error: Task timed out after 2.00 seconds"


def test_a_handler_that_ends(still_works: Cloud) -> None:
    name = still_works.function(STATEMENTS)
    for statement, how, error_type in (
        ("os._exit(9)", "exit status 9", "Runtime.ExitError"),
        ("ctypes.string_at(0)", "signal: segmentation fault", "Runtime.ExitError"),
        ("x = bytearray(600 << 20)", "signal: killed", "Runtime.OutOfMemory"),
        ("while True: subprocess.Popen(['sleep', '60'], start_new_session=True); x = bytearray(9 << 20); y = globals().setdefault('keep', []).append(x)",
         "signal: killed", "Runtime.OutOfMemory"),
    ):  # fmt: skip
        assert invoke(still_works, name).payload == 1
        answer = invoke(still_works, name, statement)
        assert answer.error == EXITED.format(answer.request_id) + how
        report = answer.report
        assert (report.status, report.error_type, report.init_duration_ms) == ("error", error_type, None)
        assert report.max_memory_used_mb <= 512 and (report.max_memory_used_mb == 512) == (error_type == "Runtime.OutOfMemory")
    # Nothing of them is left beside the bystander's process, and this one's that begins anew.
    assert invoke(still_works, name).payload == 1
    assert len(runtimes(still_works)) == 2 and not processes(still_works, "sleep 60")


ENDLESS = {
    "spins": "while True: pass",
    "computes in C": "pow(7, 10**9)",
    "stops itself": "os.kill(os.getpid(), signal.SIGSTOP)",
    "is deaf to signals": "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(60)",
}


def test_handlers_that_never_end(still_works: Cloud) -> None:
    """All at the same time; meanwhile a bystander answers as ever."""
    names = {what: still_works.function(STATEMENTS, Timeout=2) for what in ENDLESS}
    for name in names.values():
        invoke(still_works, name)
    bystander = still_works.function(STATEMENTS)
    calls = {what: Background(invoke, still_works, names[what], statement) for what, statement in ENDLESS.items()}
    for number in range(1, 6):
        assert invoke(still_works, bystander).payload == number
    for what, call in calls.items():
        answer = call.result()
        assert answer.error == TIMED_OUT.format(answer.request_id), what
        report = answer.report
        assert (report.duration_ms, report.billed_duration_ms, report.status) == (2000, 2000, "timeout")
    for name in names.values():
        assert invoke(still_works, name).payload == 1, "a new process, in its first invocation"


def test_the_functions_own_mistakes(still_works: Cloud) -> None:
    name = still_works.function(STATEMENTS, Timeout=20, MemorySize=1769)
    for statement, error in (
        ("result = {1, 2}", "Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable"),
        ("result = (lambda f: f(f))(lambda f: f(f))", "RecursionError: maximum recursion depth exceeded"),
        ("print('\\ud800')", "UnicodeEncodeError: 'utf-8' codec can't encode character"),
    ):
        assert invoke(still_works, name, statement).error.startswith(error)
    assert invoke(still_works, name).payload == 4, "the environment stays"


@pytest.mark.parametrize(
    "statement",
    ["result = 'x' * 6_291_555", "result = 'x' * 70_000_000", "raise ValueError('x' * 7_000_000)"],
    ids=["over 6 MB", "70 MB", "an error over 6 MB"],
)
def test_a_result_that_is_too_large(cloud: Cloud, statement: str) -> None:
    name = cloud.function(STATEMENTS, Timeout=20, MemorySize=1769)
    answer = invoke(cloud, name, statement)
    assert answer.error == (
        "Function.ResponseSizeTooLarge: Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    )
    assert answer.report.error_type == "Function.ResponseSizeTooLarge"
    assert invoke(cloud, name).function_error is None


def test_6_mb_in_and_6_mb_out(cloud: Cloud) -> None:
    name = cloud.function("def lambda_handler(event, context):\n    return event\n", Timeout=10)
    text = "x" * 6_291_454
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(text).encode())
    assert json.load(answer["Payload"]) == text


@pytest.mark.parametrize(
    ("code", "handler", "error"),
    [
        ({"f.py": "x = 1"}, "f.missing", "Runtime.HandlerNotFound: Handler 'missing' missing on module 'f'"),
        ({"f.py": b"\xff\xfe\x00"}, "f.h", "Runtime.UserCodeSyntaxError: Syntax error in module 'f': "),
        ({"f.py": b"PK\x03\x04\x00\x00"}, "f.h", "Runtime.UserCodeSyntaxError: Syntax error in module 'f': "),
        ({"f.py": "import sys; sys.exit(3)"}, "f.h", EXITED + "exit status 3"),
        ({"f.py": "import os; os.kill(os.getpid(), 11)"}, "f.h", EXITED + "signal: segmentation fault"),
        ({"f.py": "x = bytearray(600 << 20)"}, "f.h", EXITED + "signal: killed"),
    ],
    ids=["no handler", "no text", "a zip", "exits", "segfaults", "eats memory"],
)
def test_an_init_that_fails_is_named_in_the_answer_and_the_log(
    cloud: Cloud, code: dict[str, str | bytes], handler: str, error: str
) -> None:
    name = cloud.function(code, Handler=handler)
    for _ in range(2):
        answer = invoke(cloud, name)
        assert answer.error.startswith(error.format(answer.request_id)), answer.error
        assert "INIT_REPORT" in answer.log and answer.report.status == "error"
    assert not runtimes(cloud)


def test_children_in_sessions_of_their_own_end_with_the_environment(still_works: Cloud) -> None:
    """Also orphans, whose parents have ended, and those that ignore every signal that can be."""
    name = still_works.function("""
import subprocess
SCRIPT = "trap '' TERM HUP INT; (trap '' TERM HUP INT; while :; do sleep 0.01; done; : learners-orphan) & exit"
def lambda_handler(event, context):
    subprocess.Popen(["/bin/sh", "-c", SCRIPT], start_new_session=True).wait()
    subprocess.Popen(["/bin/sh", "-c", "while :; do sleep 0.01; done; : learners-child"], start_new_session=True)
""")
    invoke(still_works, name)
    assert processes(still_works, "learners-orphan") and processes(still_works, "learners-child")
    ticks = sum(map(cpu_ticks, processes(still_works, "learners-")))
    bystander = still_works.function("import time\ndef lambda_handler(event, context):\n    time.sleep(0.5)\n")
    invoke(still_works, bystander)
    assert sum(map(cpu_ticks, processes(still_works, "learners-"))) - ticks <= 2, "they run between invocations"
    still_works.client("lambda").delete_function(FunctionName=name)
    wait_until(lambda: not processes(still_works, "learners-"), "children outlive their environment")


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])


def test_a_chain_of_forks_does_not_outrun_the_timeout(still_works: Cloud) -> None:
    """Each process forks the next one and ends: there is always one that nobody has seen yet.

    In namespaces it ends with its environment. Without, a look may miss it: it must not hold up anybody, and here ends by itself.
    """
    name = still_works.function("""
import os, time
def lambda_handler(event, context):
    if event and os.fork() == 0:
        os.setsid()
        end = time.monotonic() + 5
        while time.monotonic() < end:
            if os.fork():
                os._exit(0)
        os._exit(0)
    time.sleep(60 if event else 0)
""", Timeout=1)  # fmt: skip
    invoke(still_works, name)
    answer = invoke(still_works, name, "fork")
    assert answer.report.status == "timeout" and answer.seconds < 6
    assert invoke(still_works, name).function_error is None
    wait_until(lambda: len(runtimes(still_works)) == 2, "the chain goes on")


def test_a_full_tmp_is_an_error_with_its_size_and_the_next_invocation_works(still_works: Cloud) -> None:
    """512 MB is the least that can be asked for."""
    name = still_works.function("""
import os, pathlib
def lambda_handler(event, context):
    block = b"x" * (8 << 20)
    for number in range(event):
        with open("/tmp/big", "ab") as file:
            file.write(block)
    size = os.path.getsize("/tmp/big") if event else 0
    pathlib.Path("/tmp/big").unlink(missing_ok=True)
    return size
""", Timeout=20, MemorySize=1769)  # fmt: skip
    assert invoke(still_works, name, 8).payload == 8 * (8 << 20)
    error = invoke(still_works, name, 100).error
    assert "[Errno 28] No space left on device" in error or "/tmp holds more than its 512 MB (EphemeralStorage)" in error
    assert invoke(still_works, name, 0).payload == 0


def test_closed_descriptors(still_works: Cloud) -> None:
    """Of all of them, the log's too: the answer still comes, by a new connection."""
    name = still_works.function(STATEMENTS)
    answer = invoke(still_works, name, "os.closerange(0, 1024)")
    assert answer.payload == 1 or answer.error.startswith("Runtime.ExitError: ")
    assert isinstance(invoke(still_works, name).payload, int)


def test_a_handler_that_answers_by_itself_and_ends(still_works: Cloud) -> None:
    """It speaks the Runtime API beside the client, and is gone when it should be frozen."""
    name = still_works.function(STATEMENTS)
    raw = """
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
call = socket.create_connection((host, int(port)))
path = "/2018-06-01/runtime/invocation/"
call.sendall(f"POST {path}{context.aws_request_id}/response HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 5\\r\\n\\r\\n\\"raw\\""
             f"GET {path}next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
os._exit(0)
"""
    for _ in range(3):
        answer: Answer = invoke(still_works, name, raw)
        assert answer.payload == "raw" or answer.error.startswith("Runtime.ExitError")
    # The last one may be dying still when the next event comes.
    wait_until(lambda: invoke(still_works, name).payload == 1, "a new process in its first invocation")


def test_folders_in_folders_in_tmp(cloud_shared: Cloud) -> None:
    """Almost two thousand levels, as deep as a path may be long, are measured, used on and removed."""
    name = cloud_shared.function("""
import os, time
def lambda_handler(event, context):
    os.chdir("/tmp")
    for level in range(event):
        os.mkdir("d")
        os.chdir("d")
    os.chdir("/tmp")
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        pass
    return os.listdir("/tmp")
""", Timeout=20, MemorySize=1769)  # fmt: skip
    assert invoke(cloud_shared, name, 1900).payload == ["d"]
    assert invoke(cloud_shared, name, 0).payload == ["d"]
    folder = plane_folder(cloud_shared)
    assert len(list(folder.glob("environment-*"))) == 1
    cloud_shared.client("lambda").delete_function(FunctionName=name)
    wait_until(lambda: not list(folder.glob("environment-*")), "its folder stays")


def test_one_functions_event_is_not_anothers_to_take(either: Cloud) -> None:
    """Every process of the machine can reach every Runtime API: who waits for an event there keeps its place."""
    victim = either.function(STATEMENTS)
    assert invoke(either, victim).payload == 1
    [supervisor] = processes(either, "environments.supervisor")
    [port] = listeners(supervisor)
    thief = either.function(STATEMENTS, Timeout=10)
    call = Background(invoke, either, thief, f"""
import urllib.request, urllib.error
try:
    result = urllib.request.urlopen("http://127.0.0.1:{port}/2018-06-01/runtime/invocation/next", timeout=5).read().decode()
except urllib.error.HTTPError as error:
    result = error.code
""")  # fmt: skip
    assert call.result().payload == 403
    assert invoke(either, victim, "result = 'mine'").payload == "mine"
