"""Aliases: what they point to, how they share invocations, and what is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.functions.aliases import Alias
from tests.cloud.api.harness import Api, Refusal, refused

ARN = "arn:aws:lambda:us-east-1:123456789012:function"
VALIDATION, INVALID = ("ValidationException", 400), ("InvalidParameterValueException", 400)
NOT_FOUND, CONFLICT = ("ResourceNotFoundException", 404), ("ResourceConflictException", 409)
STALE = ("PreconditionFailedException", 412)


@pytest.fixture
def two(api: Api) -> Api:
    """A function f with the versions 1 and 2, and 3 with another role; the alias `live` points to 1."""
    api.create("f", Publish=True)
    api.client.update_function_configuration(FunctionName="f", Description="two")
    api.client.publish_version(FunctionName="f")
    api.client.update_function_configuration(FunctionName="f", Role="arn:aws:iam::123456789012:role/other")
    api.client.publish_version(FunctionName="f")
    api.client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    return api


def weights(**by_version: float) -> dict[str, Any]:
    return {"AdditionalVersionWeights": {name.removeprefix("v"): weight for name, weight in by_version.items()}}


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "RevisionId")}


def test_an_alias_from_its_creation_to_its_end(two: Api) -> None:
    client = two.client
    made = client.create_alias(FunctionName="f", Name="beta", FunctionVersion="2", Description="d", RoutingConfig=weights(v1=0.25))
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert shown(made) == {
        "AliasArn": f"{ARN}:f:beta", "Name": "beta", "FunctionVersion": "2", "Description": "d",
        "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.25}},
    }  # fmt: skip
    read = client.get_alias(FunctionName="f", Name="beta")
    assert shown(read) == shown(made) and read["RevisionId"] == made["RevisionId"]
    changed = client.update_alias(FunctionName="f", Name="beta", FunctionVersion="3", RoutingConfig={}, RevisionId=read["RevisionId"])
    assert (changed["FunctionVersion"], changed["Description"]) == ("3", "d") and "RoutingConfig" not in changed
    assert changed["RevisionId"] != read["RevisionId"]
    for _ in range(2):  # the second time it is gone already, which is no error
        assert client.delete_alias(FunctionName="f", Name="beta")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(client.get_alias, FunctionName="f", Name="beta").status == 404


def test_an_update_keeps_what_it_does_not_name(two: Api) -> None:
    two.client.update_alias(FunctionName="f", Name="live", RoutingConfig=weights(v2=0.5))
    kept = two.client.update_alias(FunctionName="f", Name="live", Description="new")
    assert kept["RoutingConfig"] == weights(v2=0.5) and kept["FunctionVersion"] == "1"


def test_qualifier_may_be_an_alias(two: Api) -> None:
    configuration = two.client.get_function_configuration(FunctionName="f", Qualifier="live")
    assert (configuration["Version"], configuration["FunctionArn"]) == ("1", f"{ARN}:f:live")
    assert two.client.get_function(FunctionName=f"{ARN}:f:live")["Configuration"]["FunctionArn"] == f"{ARN}:f:live"
    answer = two.client.invoke(FunctionName="f", Qualifier="live")
    assert answer["ExecutedVersion"] == "1"
    [invoked] = two.invoker.invoked
    assert (invoked.version.version, invoked.invoked_arn) == ("1", f"{ARN}:f:live")
    two.client.update_alias(FunctionName="f", Name="live", FunctionVersion="$LATEST")
    assert two.client.invoke(FunctionName="f:live")["ExecutedVersion"] == "$LATEST"


def test_weights_route(tmp_path: Path) -> None:
    draws = iter([0.0, 0.1999, 0.2, 0.9999])
    api = Api(tmp_path / "code", chance=lambda: next(draws))
    try:
        api.create("f", Publish=True)
        api.client.update_function_configuration(FunctionName="f", Description="two")
        api.client.publish_version(FunctionName="f")
        api.client.create_alias(FunctionName="f", Name="live", FunctionVersion="1", RoutingConfig=weights(v2=0.2))
        ran = [api.client.invoke(FunctionName="f", Qualifier="live")["ExecutedVersion"] for _ in range(4)]
    finally:
        api.close()
    assert ran == ["2", "2", "1", "1"]


SHARES = st.floats(min_value=0, max_value=1)


@given(weight=SHARES, chance=st.floats(min_value=0, max_value=1, exclude_max=True))
def test_the_additional_version_runs_below_its_weight(weight: float, chance: float) -> None:
    alias = Alias("live", "1", "", "", {"2": weight})
    assert alias.pick(chance) == ("2" if chance < weight else "1")


@given(weight=st.integers(min_value=0, max_value=200).map(lambda parts: parts / 200))
def test_shares_are_the_weights(weight: float) -> None:
    alias = Alias("live", "1", "", "", {"2": weight})
    ran = Counter(alias.pick((draw + 0.5) / 200) for draw in range(200))
    assert ran["2"] == round(weight * 200) and ran["1"] + ran["2"] == 200


@given(chance=st.floats(min_value=0, max_value=1, exclude_max=True))
def test_without_weights_there_is_one_version(chance: float) -> None:
    assert Alias("live", "7", "", "").pick(chance) == "7"


def test_a_version_that_an_alias_points_to_stays(two: Api) -> None:
    two.client.create_alias(FunctionName="f", Name="also", FunctionVersion="2", RoutingConfig=weights(v1=0.0))
    answer = refused(two.client.delete_function, FunctionName="f", Qualifier="1")
    assert (answer.code, answer.status) == CONFLICT
    assert answer.message == "Unable to delete version because the following aliases reference it: [also, live]"
    for name in ("live", "also"):
        two.client.delete_alias(FunctionName="f", Name=name)
    two.client.delete_function(FunctionName="f", Qualifier="1")
    assert refused(two.client.get_function, FunctionName="f", Qualifier="1").status == 404


def test_a_function_goes_with_its_aliases(two: Api) -> None:
    two.client.delete_function(FunctionName="f")
    two.create("f")
    assert two.client.list_aliases(FunctionName="f")["Aliases"] == []


def test_lists(two: Api) -> None:
    for name in ("c", "a", "b"):
        two.client.create_alias(FunctionName="f", Name=name, FunctionVersion="2")
    pages = list(two.client.get_paginator("list_aliases").paginate(FunctionName="f", PaginationConfig={"PageSize": 3}))
    assert [[alias["Name"] for alias in page["Aliases"]] for page in pages] == [["a", "b", "c"], ["live"]]
    of_one = two.client.list_aliases(FunctionName="f", FunctionVersion="1")["Aliases"]
    assert [alias["Name"] for alias in of_one] == ["live"]


def test_a_page_has_more_than_50(two: Api) -> None:
    for number in range(52):
        two.client.create_alias(FunctionName="f", Name=f"n{number}", FunctionVersion="2")
    assert len(two.client.list_aliases(FunctionName="f")["Aliases"]) == 53
    first = two.client.list_aliases(FunctionName="f", MaxItems=51)
    assert len(first["Aliases"]) == 51
    assert len(two.client.list_aliases(FunctionName="f", MaxItems=51, Marker=first["NextMarker"])["Aliases"]) == 2


def alias(**more: Any) -> dict[str, Any]:
    return {"FunctionName": "f", "Name": "new", "FunctionVersion": "1"} | more


VALUES = "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]"
KEYS = "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]"
REFUSED = {
    "taken": ("create_alias", alias(Name="live"), CONFLICT, f"Alias already exists: {ARN}:f:live"),
    "a number for a name": ("create_alias", alias(Name="12"), VALIDATION, "Value '12' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"),
    "a long name": ("create_alias", alias(Name="n" * 129), VALIDATION, "at 'name' failed to satisfy constraint: Member must have length less than or equal to 128"),
    "a long description": ("create_alias", alias(Description="d" * 257), VALIDATION, "at 'description' failed to satisfy constraint: Member must have length less than or equal to 256"),
    "no version": ("create_alias", {"FunctionName": "f", "Name": "new"}, VALIDATION, "Value null at 'functionVersion' failed to satisfy constraint: Member must not be null"),
    "a version's name": ("create_alias", alias(FunctionVersion="one"), VALIDATION, "Value 'one' at 'functionVersion' failed"),
    "an absent version": ("create_alias", alias(FunctionVersion="10"), NOT_FOUND, f"Function not found: {ARN}:f:10"),
    "an absent function": ("create_alias", alias(FunctionName="nix"), NOT_FOUND, f"Function not found: {ARN}:nix:1"),
    "of a version": ("create_alias", alias(FunctionName="f:1"), INVALID, "Aliases and versions do not support this operation."),
    "managed instances": ("create_alias", alias(FunctionVersion="$LATEST.PUBLISHED"), ("NotImplemented", 501), "Managed Instances"),
    "three versions": ("create_alias", alias(RoutingConfig=weights(v2=0.1, v3=0.1)), INVALID, "Number of items in AdditionalVersionWeights cannot be greater than 1"),
    "the same twice": ("create_alias", alias(RoutingConfig=weights(v1=0.1)), INVALID, "Invalid function version 1. Function version 1 is already included in routing configuration."),
    "an absent additional version": ("create_alias", alias(RoutingConfig=weights(v10=0.1)), NOT_FOUND, f"Function not found: {ARN}:f:10"),
    "$LATEST shares": ("create_alias", alias(FunctionVersion="$LATEST", RoutingConfig=weights(v1=0.1)), INVALID, "$LATEST is not supported for an alias pointing to more than 1 version"),
    "shares with $LATEST": ("create_alias", alias(RoutingConfig={"AdditionalVersionWeights": {"$LATEST": 0.5}}), VALIDATION, "Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: " + KEYS),
    "a weight over 1": ("create_alias", alias(RoutingConfig=weights(v2=2.0)), VALIDATION, "Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: " + VALUES),
    "a weight below 0": ("create_alias", alias(RoutingConfig=weights(v2=-1.0)), VALIDATION, "Value '{2=-1.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: " + VALUES),
    "another role": ("create_alias", alias(RoutingConfig=weights(v3=0.1)), INVALID, "Specified versions must be associated with the same execution role"),
    "get: absent": ("get_alias", {"FunctionName": "f", "Name": "nix"}, NOT_FOUND, f"Cannot find alias arn: {ARN}:f:nix"),
    "get: absent function": ("get_alias", {"FunctionName": "nix", "Name": "live"}, NOT_FOUND, f"Function not found: {ARN}:nix"),
    "update: absent": ("update_alias", {"FunctionName": "f", "Name": "nix"}, NOT_FOUND, f"Cannot find alias arn: {ARN}:f:nix"),
    "update: stale": ("update_alias", {"FunctionName": "f", "Name": "live", "RevisionId": "old"}, STALE, "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API"),
    "update: another role": ("update_alias", {"FunctionName": "f", "Name": "live", "RoutingConfig": weights(v3=0.1)}, INVALID, "the same execution role"),
    "update: absent version": ("update_alias", {"FunctionName": "f", "Name": "live", "FunctionVersion": "9"}, NOT_FOUND, f"{ARN}:f:9"),
    "delete: absent function": ("delete_alias", {"FunctionName": "nix", "Name": "live"}, NOT_FOUND, f"Function not found: {ARN}:nix"),
    "delete as a version": ("delete_function", {"FunctionName": "f", "Qualifier": "live"}, INVALID, "Deletion of aliases is not currently supported."),
    "update the function by its alias": ("update_function_code", {"FunctionName": "f:live", "ZipFile": b""}, INVALID, "Aliases and versions do not support this operation."),
    "list: absent function": ("list_aliases", {"FunctionName": "nix"}, NOT_FOUND, f"Function not found: {ARN}:nix"),
    "list: which version": ("list_aliases", {"FunctionName": "f", "FunctionVersion": "x"}, VALIDATION, "Value 'x' at 'functionVersion' failed"),
    "list: page size": ("list_aliases", {"FunctionName": "f", "MaxItems": 0}, VALIDATION, "Value '0' at 'maxItems' failed"),
    "list: marker": ("list_aliases", {"FunctionName": "f", "Marker": "!!"}, INVALID, "Invalid marker value from user."),
    "invoke: absent": ("invoke", {"FunctionName": "f", "Qualifier": "nix"}, NOT_FOUND, f"Function not found: {ARN}:f:nix"),
    "invoke: contradiction": ("invoke", {"FunctionName": "f:live", "Qualifier": "1"}, INVALID, "The derived qualifier from the function name does not match the specified qualifier."),
}  # fmt: skip


@pytest.mark.parametrize("operation, given, error, words", REFUSED.values(), ids=REFUSED)
def test_refuses(two: Api, operation: str, given: dict[str, Any], error: tuple[str, int], words: str) -> None:
    answer: Refusal = refused(getattr(two.client, operation), **given)
    assert (answer.code, answer.status) == error
    assert words in answer.message
