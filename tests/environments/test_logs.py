"""The function's own lines: cut as Lambda cuts them, complete before the invocation ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lablib.environments.logpipe import LogCutter
from tests.environments.conftest import Plane


def test_prints_and_logging_keep_their_order(plane: Plane) -> None:
    function = plane.function("""
import logging, sys
log = logging.getLogger()
log.setLevel("INFO")
print("in init")
def lambda_handler(event, context):
    print("one")
    log.info("two\\nof two lines")
    print("three", file=sys.stderr)
    sys.stdout.write("four, not ended")
    return None
""")
    function()
    lines = function.lines
    assert lines[:2] == ["in init", "one"]
    assert lines[2].startswith("[INFO]\t") and lines[2].endswith("\ttwo\nof two lines")
    assert lines[3] == "three"
    # What is not ended is there before END, and nothing is added to it, as on Lambda.
    assert lines[4] == function.texts[4] == "four, not ended"
    function()
    kinds = [item.kind for item in function.items]
    assert kinds[:5] == ["init_start", "app", "init_report", "start", "app"]


def test_a_megabyte_and_bytes_that_are_no_text(plane: Plane) -> None:
    function = plane.function("""
import os
def lambda_handler(event, context):
    for number in range(1024):
        print(f"{number:04}" + "x" * 1020)
    os.write(1, b"\\xff\\xfe bytes\\n")
    return "done"
""")
    assert function.answer() == "done"
    lines = function.lines
    assert [int(line[:4]) for line in lines[:1024]] == list(range(1024))
    assert lines[1024] == "\ufffd\ufffd bytes"


FRAME = b"\xa5\x5a\x00\x03"


def frame(message: bytes) -> bytes:
    return FRAME + len(message).to_bytes(4, "big") + bytes(8) + message


@given(
    st.lists(st.tuples(st.booleans(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))),
    st.lists(st.integers(1, 40)),
)
def test_events_do_not_depend_on_how_the_bytes_arrive(events: list[tuple[bool, str]], cuts: list[int]) -> None:
    data = b"".join(frame(text.encode()) if framed else text.encode() + b"\n" for framed, text in events)
    cutter, found, at = LogCutter(), [], 0
    for cut in [*cuts, len(data)]:
        found += cutter.feed(data[at : at + cut])
        at += cut
    found += cutter.feed(data[at:]) + cutter.flush()
    assert found == [text if framed else f"{text}\n" for framed, text in events]


def test_a_frame_is_kept_as_it_was_written_and_half_of_one_waits() -> None:
    cutter = LogCutter()
    assert cutter.feed(b"begun" + frame(b"[ERROR] two\nlines")) == ["begun", "[ERROR] two\nlines"]
    half = frame(b"a message")
    assert cutter.feed(half[:20]) + cutter.flush(over=False) == []
    assert cutter.feed(half[20:] + b"rest") == ["a message"]
    assert cutter.flush(over=False) == ["rest"]
    assert cutter.feed(half[:18]) == [] and cutter.flush(over=True) == ["a "] and cutter.feed(b"new\n") == ["new\n"]
