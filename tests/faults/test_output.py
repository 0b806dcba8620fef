"""What a handler writes, however odd: the same in LogResult and in CloudWatch Logs, and nobody else waits for it."""

from __future__ import annotations

import socket
import threading

from tests.faults.conftest import Background, Cloud, events, invoke, wait_until

WRITES = """
import os, threading
def lambda_handler(event, context):
    exec(event, {"os": os, "threading": threading})
    return "done"
"""
# Prints until the port that its event names hangs up.
FLOODS = """
import select, socket
def lambda_handler(event, context):
    caller = socket.create_connection(("127.0.0.1", event))
    while not select.select([caller], [], [], 0)[0]:
        print("x\\n" * 1000)
    return "told"
"""


def messages(cloud: Cloud, name: str) -> list[str]:
    """Of the function's own lines in CloudWatch Logs, without their line feeds."""
    platform = ("INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: ")
    texts = [event["message"].rstrip("\n") for event in events(cloud, name)]
    return [text for text in texts if not text.startswith(platform)]


def test_bytes_that_are_no_utf8(either: Cloud) -> None:
    name = either.function(WRITES)
    answer = invoke(either, name, r"os.write(1, b'caf\xe9 \xff\xfe\n\xc3'); os.write(2, b'\xa9 in two writes\n\0nul\n')")
    assert answer.payload == "done"
    assert "caf\ufffd \ufffd\ufffd\n\u00e9 in two writes\n\0nul\n" in answer.log
    assert messages(either, name) == ["caf\ufffd \ufffd\ufffd", "\u00e9 in two writes", "\0nul"]


def test_a_megabyte_in_lines(either: Cloud) -> None:
    """All of it in CloudWatch Logs; the last 4 KB in LogResult."""
    name = either.function(WRITES, Timeout=20)
    answer = invoke(either, name, "for n in range(1024): print(f'{n:04}', 'x' * 1018)")
    assert answer.payload == "done" and len(answer.log.encode()) == 4096
    assert "1023 xxx" in answer.log and answer.log.rstrip().splitlines()[-1].startswith("REPORT RequestId: ")
    assert [text[:4] for text in messages(either, name)] == [f"{n:04}" for n in range(1024)]


def test_a_megabyte_in_one_line(cloud: Cloud) -> None:
    """An event has 1 MB at most: a longer line is cut, and nothing of it is lost."""
    name = cloud.function(WRITES, Timeout=20)
    assert invoke(cloud, name, "os.write(1, b'x' * 2_500_000 + b'\\n')").payload == "done"
    found = messages(cloud, name)
    assert sum(map(len, found)) == 2_500_000 and max(map(len, found)) <= 1024 * 1024


def test_a_frame_that_claims_to_be_endless(cloud: Cloud) -> None:
    """The client's frames in the log pipe begin with a length; random bytes may look like one."""
    name = cloud.function(WRITES)
    frame = r"b'\xa5\x5a\x00\x03\xff\xff\xff\xff' + bytes(8)"
    assert invoke(cloud, name, f"os.write(1, {frame} + b'y' * 1_200_000)").payload == "done"
    assert invoke(cloud, name, "print('after')").payload == "done"
    assert sum(text.count("y") for text in messages(cloud, name)) >= 1_000_000


def test_who_prints_for_ever_slows_nobody_else(either: Cloud) -> None:
    """While it prints, another one's timeout ends it, a bystander and CloudWatch Logs answer, and the bystander's log is complete."""
    told = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def release() -> None:
            caller, _ = listener.accept()
            told.wait()
            caller.close()

        threading.Thread(target=release, daemon=True).start()
        calls = [Background(invoke, either, either.function(FLOODS, Timeout=120), listener.getsockname()[1])]
        empty = either.function("import os\ndef lambda_handler(event, context):\n    while True: os.write(1, b'\\n' * 4096)\n", Timeout=2)
        calls.append(Background(invoke, either, empty))
        bystander = either.function(WRITES, Timeout=60)
        wait_until(lambda: len(either.client("logs").describe_log_groups()["logGroups"]) == 2, "they run", 30)
        for _ in range(5):
            assert invoke(either, bystander, "print('during')").payload == "done"
        assert calls[1].result().report.status == "timeout"
        assert messages(either, bystander) == ["during"] * 5
        assert calls[0].running
        told.set()
        assert calls[0].result(60).payload == "told"


def test_a_thread_that_prints_on_does_not_hold_back_the_answer(either: Cloud) -> None:
    name = either.function("""
import os, threading
def lambda_handler(event, context):
    if event:
        def print_on():
            while True:
                os.write(1, b"still here\\n" * 100)
        threading.Thread(target=print_on, daemon=True).start()
    return "done"
""")
    for event in (1, 1, 0):
        assert invoke(either, name, event).payload == "done"


def test_a_print_that_is_not_ended_is_shown_before_the_environment_is_frozen(cloud: Cloud) -> None:
    name = cloud.function(WRITES)
    assert "no line feed" in invoke(cloud, name, "os.write(1, b'no line feed')").log
