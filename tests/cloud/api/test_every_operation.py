"""Every operation of botocore's Lambda model: it is done, and a test calls it, or it answers ``NotImplemented`` and stands here.

``pytest -v`` of this file lists which are which.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name

from lablib.cloud.api.table import OPERATIONS
from lablib.cloud.api.wire import Wire
from tests.cloud.api.harness import Api, refused

TESTS = Path(__file__).resolve().parents[2]
# These call whatever there is, without saying what it does.
NO_BEHAVIOUR = (Path(__file__).name, "test_botocore_examples.py", "test_cli_examples.py", "world.py", "harness.py")

_DURABLE = "durable functions come later"
_CAPACITY = "Managed Instances, with their capacity providers and scaling, come later"
NOT_DONE = {
    "CheckpointDurableExecution": _DURABLE,
    "DeleteDurableExecution": _DURABLE,
    "GetDurableExecution": _DURABLE,
    "GetDurableExecutionHistory": _DURABLE,
    "GetDurableExecutionState": _DURABLE,
    "ListDurableExecutionsByFunction": _DURABLE,
    "PauseDurableExecution": _DURABLE,
    "ResumeDurableExecution": _DURABLE,
    "SendDurableExecutionCallbackFailure": _DURABLE,
    "SendDurableExecutionCallbackHeartbeat": _DURABLE,
    "SendDurableExecutionCallbackSuccess": _DURABLE,
    "StopDurableExecution": _DURABLE,
    "CreateCapacityProvider": _CAPACITY,
    "DeleteCapacityProvider": _CAPACITY,
    "GetCapacityProvider": _CAPACITY,
    "GetFunctionScalingConfig": _CAPACITY,
    "ListCapacityProviders": _CAPACITY,
    "ListFunctionVersionsByCapacityProvider": _CAPACITY,
    "PutFunctionScalingConfig": _CAPACITY,
    "UpdateCapacityProvider": _CAPACITY,
}
SERVICE = Wire.of_lambda().service


def test_each_operation_is_done_or_stands_here() -> None:
    model = set(SERVICE.operation_names)
    assert len(model) == 91, "botocore's model has changed"
    assert set(OPERATIONS) <= model and set(NOT_DONE) <= model
    assert set(OPERATIONS) & set(NOT_DONE) == set(), "done by now"
    assert model - set(OPERATIONS) - set(NOT_DONE) == set(), "neither done nor listed here"


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_done(operation: str) -> None:
    """A test other than those of the examples calls it by its name."""
    where = calls().get(xform_name(operation), set())
    assert where, f"{operation} is called in no test"


@pytest.mark.parametrize("operation", sorted(NOT_DONE))
def test_not_done(api: Api, operation: str) -> None:
    answer = refused(getattr(api.client, xform_name(operation)), **labels(operation))
    assert (answer.code, answer.status) == ("NotImplemented", 501), NOT_DONE[operation]
    assert answer.message == f"Lambda Lab does not have the operation {operation} yet."


def labels(operation: str) -> dict[str, Any]:
    """What a request's path needs."""
    shape = SERVICE.operation_model(operation).input_shape
    members = shape.members if shape is not None else {}
    return {name: "x" for name, member in members.items() if member.serialization.get("location") == "uri"}


@cache
def calls() -> dict[str, set[str]]:
    """By the name of a client's method: the test files that speak of it in code, as an attribute or as a paginator's name."""
    methods = {xform_name(operation) for operation in SERVICE.operation_names}
    found: dict[str, set[str]] = {}
    for path in TESTS.rglob("test_*.py"):
        if path.name not in NO_BEHAVIOUR:
            for name in methods & set(names(path)):
                found.setdefault(name, set()).add(path.name)
    return found


def names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_a_method_of_boto3_is_its_operation() -> None:
    """`xform_name` is how boto3 names its methods."""
    client = boto3.session.Session().client("lambda", region_name="us-east-1")
    assert {xform_name(name): name for name in SERVICE.operation_names} == client.meta.method_to_api_mapping
