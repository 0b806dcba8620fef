"""Who else may use a version of a layer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.api.harness import Api, refused
from tests.support import make_zip

LAYER = "arn:aws:lambda:us-east-1:123456789012:layer:l"
VERSION = {"LayerName": "l", "VersionNumber": 1}
GIVEN = {**VERSION, "StatementId": "s1", "Action": "lambda:GetLayerVersion", "Principal": "*"}


@pytest.fixture
def layered(api: Api) -> Api:
    api.client.publish_layer_version(LayerName="l", Content={"ZipFile": make_zip({"a.txt": "x"})})
    return api


PRINCIPALS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"Principal": "*"}, {"Principal": "*"}),
    ({"Principal": "210987654321"}, {"Principal": {"AWS": "arn:aws:iam::210987654321:root"}}),
    ({"Principal": "arn:aws:iam::210987654321:root"}, {"Principal": {"AWS": "arn:aws:iam::210987654321:root"}}),
    (
        {"Principal": "*", "OrganizationId": "o-a1b2c3d4e5f"},
        {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5f"}}},
    ),
]


@pytest.mark.parametrize("given, written", PRINCIPALS)
def test_statements(layered: Api, given: dict[str, Any], written: dict[str, Any]) -> None:
    added = layered.client.add_layer_version_permission(**(GIVEN | given))
    statement = {"Sid": "s1", "Effect": "Allow", "Action": "lambda:GetLayerVersion", "Resource": f"{LAYER}:1"} | written
    assert added["ResponseMetadata"]["HTTPStatusCode"] == 201 and json.loads(added["Statement"]) == statement
    got = layered.client.get_layer_version_policy(**VERSION)
    assert json.loads(got["Policy"]) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    assert got["RevisionId"] == added["RevisionId"]


def test_statements_come_and_go(layered: Api) -> None:
    client = layered.client
    first = client.add_layer_version_permission(**GIVEN)["RevisionId"]
    second = client.add_layer_version_permission(**GIVEN | {"StatementId": "s2", "RevisionId": first})["RevisionId"]
    removed = client.remove_layer_version_permission(LayerName=LAYER, VersionNumber=1, StatementId="s1", RevisionId=second)
    assert removed["ResponseMetadata"]["HTTPStatusCode"] == 204
    left = client.get_layer_version_policy(**VERSION)
    assert [statement["Sid"] for statement in json.loads(left["Policy"])["Statement"]] == ["s2"]
    assert left["RevisionId"] not in (first, second)
    client.remove_layer_version_permission(**VERSION, StatementId="s2")
    assert refused(client.get_layer_version_policy, **VERSION).message == "No policy is associated with the given resource."


def test_a_deleted_version_takes_its_policy_along(layered: Api) -> None:
    layered.client.add_layer_version_permission(**GIVEN)
    layered.client.delete_layer_version(**VERSION)
    assert refused(layered.client.get_layer_version_policy, **VERSION).message == f"Layer version {LAYER}:1 does not exist."


STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetLayerPolicy API to retrieve the latest Revision Id"
)
MISSING = "ResourceNotFoundException"
REFUSED: dict[str, tuple[str, dict[str, Any], str, int, str]] = {
    "add: twice": (
        "add_layer_version_permission", GIVEN, "ResourceConflictException", 409,
        "The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement.",
    ),
    "add: a stale revision": (
        "add_layer_version_permission", GIVEN | {"StatementId": "s2", "RevisionId": "0"}, "PreconditionFailedException", 412,
        STALE,
    ),
    "add: another action": (
        "add_layer_version_permission", GIVEN | {"Action": "*"}, "ValidationException", 400,
        "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: lambda:GetLayerVersion",
    ),
    "add: no layer": (
        "add_layer_version_permission", GIVEN | {"LayerName": "n"}, MISSING, 404,
        f"Layer version {LAYER[:-1]}n:1 does not exist.",
    ),
    "add: no version": (
        "add_layer_version_permission", GIVEN | {"VersionNumber": 2}, MISSING, 404, f"Layer version {LAYER}:2 does not exist.",
    ),
    "get: no version": (
        "get_layer_version_policy", VERSION | {"VersionNumber": 2}, MISSING, 404, f"Layer version {LAYER}:2 does not exist.",
    ),
    "remove: no version": (
        "remove_layer_version_permission", VERSION | {"VersionNumber": 2, "StatementId": "s1"}, MISSING, 404,
        f"Layer version {LAYER}:2 does not exist.",
    ),
    "remove: no statement": (
        "remove_layer_version_permission", VERSION | {"StatementId": "none"}, MISSING, 404,
        "Statement none is not found in resource policy.",
    ),
    "remove: a stale revision": (
        "remove_layer_version_permission", VERSION | {"StatementId": "s1", "RevisionId": "0"}, "PreconditionFailedException", 412,
        STALE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("operation, given, code, status, message", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(layered: Api, operation: str, given: dict[str, Any], code: str, status: int, message: str) -> None:
    layered.client.add_layer_version_permission(**GIVEN)
    answer = refused(getattr(layered.client, operation), **given)
    assert (answer.code, answer.status, answer.message) == (code, status, message)
