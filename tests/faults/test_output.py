"""What a handler writes, however odd: the same in LogResult and in CloudWatch Logs, and nobody else waits for it."""

from __future__ import annotations

import time

from tests.faults.conftest import Background, Cloud, events, invoke, wait_until

WRITES = """
import os, threading
def lambda_handler(event, context):
    exec(event, {"os": os, "threading": threading})
    return "done"
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
    """Timeouts stay on time, other functions and CloudWatch Logs answer, and a bystander's log is complete."""
    floods = either.function("def lambda_handler(event, context):\n    while True: print(event)\n", Timeout=2)
    empty = either.function("import os\ndef lambda_handler(event, context):\n    while True: os.write(1, b'\\n' * 4096)\n", Timeout=2)
    bystander = either.function(WRITES)
    invoke(either, bystander, "print('before')")
    calls = [Background(invoke, either, floods, "x"), Background(invoke, either, empty)]
    wait_until(lambda: len(either.client("logs").describe_log_groups()["logGroups"]) == 3, "they run")
    began, count = time.monotonic(), 0
    while any(call.running for call in calls) and count < 10:
        invoke(either, bystander, "print('during')")
        count += 1
    assert (time.monotonic() - began) / count < 1.5
    for call in calls:
        answer = call.result()
        assert answer.report.status == "timeout" and answer.seconds < 6
    assert messages(either, bystander) == ["before"] + ["during"] * count


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
        answer = invoke(either, name, event)
        assert answer.payload == "done" and answer.seconds < 3


def test_a_print_that_is_not_ended_is_shown_before_the_environment_is_frozen(cloud: Cloud) -> None:
    name = cloud.function(WRITES)
    assert "no line feed" in invoke(cloud, name, "os.write(1, b'no line feed')").log
