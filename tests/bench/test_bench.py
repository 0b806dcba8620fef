"""The benchmark itself: its table judges rightly, and it still runs. What it measures is no test."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.bench.table import Goal, Row, at_most, render, times_faster, times_the_rate
from tests.bench.targets import ROOT


def test_goals_are_judged() -> None:
    assert at_most(2.5, 2.5, "2.5 s").met is True
    assert at_most(2.51, 2.5, "2.5 s").met is False
    assert times_faster(10.0, 50.0, 5).met is True
    assert times_faster(10.0, 49.9, 5).met is False
    assert times_the_rate(200.0, 100.0, 2).met is True
    assert times_the_rate(199.0, 100.0, 2).met is False
    assert times_faster(10.0, None, 5).met is None, "without ministack it cannot be judged"


def test_a_row_shows_its_ratios_and_its_goals() -> None:
    lines = render([Row("warm", "ms", 3.0, 1.5, 60.0, [Goal("floor + 3 ms", True), Goal("5 × faster", False)])]).splitlines()
    assert lines[2].split() == "warm [ms] 1.50 3.00 60.00 2.00 20.00 floor + 3 ms; 5 × faster met; NOT MET".split()


def test_it_runs() -> None:
    """Quickly, without ministack; every figure is there and is a number."""
    environ = {name: value for name, value in os.environ.items() if name != "LAB_MINISTACK"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--quick"], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=600
    )
    assert ran.returncode == 0, ran.stderr
    for what in ("start to first answer", "cold [ms]", "8 clients", "80 sleeps", "timeout of 1 s", "CPU at 1,024 MB", "20 environments",
                 "more warm invocations", "functions invoked once", "first result", "kernel and cloud", "S3 upload", "SNS publish", "PutEvents", "SQS send", "Kinesis PutRecord", "DynamoDB PutItem",
                 "SQS messages", "Kinesis records", "HTTP API", "idle event source mappings", "custom: cold", "custom: warm", "simulated requests", "Erlang B", "a million requests a second", "a step of the slowest", "lab 00, Run All"):  # fmt: skip
        assert what in ran.stdout
    assert "nan" not in ran.stdout
