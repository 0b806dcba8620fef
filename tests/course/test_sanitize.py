"""The sanitiser hides what differs from run to run, and nothing that a cell teaches."""

from __future__ import annotations

import pytest
from nbval.plugin import get_sanitize_patterns

from lablib.course.sanitize import RULES, rules, sanitize


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("START RequestId: 8f507cfc-5001-4b2c-8f07-1d3a2b0c9e11 Version: $LATEST", "START RequestId: ID Version: $LATEST"),
        ("2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef", "LOG-STREAM[$LATEST]"),
        ("2026/11/23/[7]0123456789abcdef0123456789abcdef", "LOG-STREAM[7]"),
        ("ready http://127.0.0.1:43210/x", "ready http://127.0.0.1:PORT/x"),
        ('File "/tmp/lambda-lab-x1/task/lambda_function.py", line 3', 'File "PATH", line 3'),
        ("2026-11-23T07:49:12.123+0000 and 2026-11-23 07:49:12", "DATE-TIME and DATE-TIME"),
        ("Duration: 1,133.61 ms\tBilled Duration: 1214 ms", "Duration: N ms\tBilled Duration: N ms"),
        ("Memory Size: 512 MB\tMax Memory Used: 31 MB", "Memory Size: N MB\tMax Memory Used: N MB"),
        ("python3.11 and python:3.13.v42", "python3.N and python3.N"),
        ("runtime:" + "0a" * 32, "runtime:ID"),
        ("yGlZ7kXxQ1mJ5vKc0pR8sT2uW4zA6bD9eF3gH1iJ0kM=", "SHA256"),
        ("Still compiling. The first time takes longest: …\nhello: created, 512 MB", "hello: created, N MB"),
        ("<function f at 0x7f52ab80dbc0>", "<function f at 0xADDRESS>"),
    ],
)
def test_hides(raw: str, clean: str) -> None:
    assert sanitize(raw) == clean


@pytest.mark.parametrize(
    "lesson",
    [
        "warm was faster than cold: True",
        "Task timed out after 1.00 seconds",
        "HTTP status: 200",
        "version 1: by-hand got 3",
        "arn:aws:lambda:us-east-1:123456789012:function:tea:1",
        "⏳ 00.1 not started yet: the function `greet`.",
        "asked for 3.14, ran this notebook's Python: True",
        "environments, so log streams: 1",
    ],
)
def test_leaves_what_a_cell_teaches(lesson: str) -> None:
    assert sanitize(lesson) == lesson


def test_nbval_reads_the_same_rules() -> None:
    theirs = get_sanitize_patterns(RULES.read_text(encoding="utf-8"))
    assert theirs == [(pattern.pattern, replacement) for pattern, replacement in rules()]
    assert len(theirs) == RULES.read_text(encoding="utf-8").count("\nregex:")


def test_twice_is_once() -> None:
    text = "Duration: 1.2 ms at 127.0.0.1:1 on 2026-11-23T07:49:12Z with 31 MB in /tmp/x"
    assert sanitize(sanitize(text)) == sanitize(text)
