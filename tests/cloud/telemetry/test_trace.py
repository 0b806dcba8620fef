"""Tracing headers: a chain goes on, and counts how often each function was in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.functions import FunctionVersion
from lablib.cloud.telemetry.trace import LONGEST, Trace, follow, hash_of


@dataclass
class Stub:
    arn: str
    settings: dict[str, Any] = field(default_factory=dict)


def version(name: str, **settings: Any) -> FunctionVersion:
    return cast(FunctionVersion, Stub(f"arn:aws:lambda:us-east-1:123456789012:function:{name}", settings))


A, B = version("a"), version("b")
ROOT = "1-5759e988-bd862e3fe1be46a994272793"


def test_a_new_chain() -> None:
    header = str(follow(None, A, 1_800_000_000))
    assert re.fullmatch(
        rf"Root=1-6b49d200-[0-9a-f]{{24}};Parent=[0-9a-f]{{16}};Sampled=0;Lineage=1:{hash_of(A.arn)}:0", header
    )


def test_active_tracing_samples_a_new_chain_and_no_other() -> None:
    active = version("a", TracingConfig={"Mode": "Active"})
    assert follow(None, active, 0).sampled == "1"
    assert follow(f"Root={ROOT};Sampled=0", active, 0).sampled == "0"
    assert (follow(f"Root={ROOT}", active, 0).sampled, follow(f"Root={ROOT}", A, 0).sampled) == ("1", "0")
    assert follow(f"Root={ROOT};Sampled=1", A, 0).sampled == "1"


def test_a_chain_goes_on() -> None:
    first = follow(f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1", A, 0)
    assert (first.root, first.sampled, first.hops, first.runs(A.arn), first.runs(B.arn)) == (ROOT, "1", 1, 1, 0)
    assert first.parent != "53995c3f42cd8ad8"
    second = follow(str(first), B, 0)
    third = follow(str(second), A, 0)
    assert (third.root, third.hops, third.runs(A.arn), third.runs(B.arn)) == (ROOT, 3, 2, 1)
    assert str(third).endswith(f";Lineage=3:{hash_of(B.arn)}:0,{hash_of(A.arn)}:1")


def test_a_function_in_its_own_loop_as_it_was_captured() -> None:
    """Of the fifteenth run: ``Lineage=15:…:14``."""
    trace = follow(None, A, 0)
    for _ in range(14):
        trace = follow(str(trace), A, 0)
    assert str(trace).endswith(f";Lineage=15:{hash_of(A.arn)}:14")


def test_botocore_sends_a_trace_on_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """It encodes what it does not expect in one."""
    from botocore.handlers import add_recursion_detection_header

    trace = str(follow(str(follow(None, A, 0)), B, 0))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "b")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    params: dict[str, Any] = {"headers": {}}
    add_recursion_detection_header(params)
    assert params["headers"] == {"X-Amzn-Trace-Id": trace}


@pytest.mark.parametrize("between", ["|", "%7C", ","])
def test_what_may_stand_between_functions(between: str) -> None:
    trace = Trace.read(f"Root={ROOT};Lineage=7:a87bd80c:1{between}68fd508a:5")
    assert trace is not None and trace.visits == (("a87bd80c", 1), ("68fd508a", 5))


NO_TRACE = ["", "Root=1-2-3", "nonsense", "Root=", ";;;", "Parent=53995c3f42cd8ad8", "Root=1-5759e988-bd862e3fe1be46a99427279g"]


@pytest.mark.parametrize("header", NO_TRACE)
def test_what_is_no_trace_begins_one(header: str) -> None:
    assert Trace.read(header) is None
    assert follow(header, A, 0).hops == 1


NO_LINEAGE = ["1", "1:zz:0", "a:36680206:0", "1:36680206", "9999999999:36680206:0", "037bed70:0", "1:36680206:-1", ""]


@pytest.mark.parametrize("lineage", NO_LINEAGE)
def test_a_lineage_that_nobody_can_read_counts_for_nothing(lineage: str) -> None:
    trace = Trace.read(f"Root={ROOT};Lineage={lineage}")
    assert trace is not None and (trace.hops, trace.visits) == (0, ())


@given(st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), max_size=60))
def test_any_chain_is_read_as_it_was_written(names: list[str]) -> None:
    trace = Trace(ROOT)
    for number, name in enumerate(names, start=1):
        trace = follow(str(trace), version(name), 0)
        assert Trace.read(str(trace)) == trace and trace.hops == number and len(trace.visits) <= LONGEST
    if names and len(set(names)) <= LONGEST:
        assert trace.runs(version(names[-1]).arn) == names.count(names[-1])
