"""Reserved and provisioned concurrency as the API sets them and shows them; the account's limit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from lablib.environments import Initialized
from tests.cloud.api.harness import Api, refused

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function"
BAD, CONFLICT, MISSING = ("InvalidParameterValueException", 400), ("ResourceConflictException", 409), ("ResourceNotFoundException", 404)
NO_CONFIG, MODEL = ("ProvisionedConcurrencyConfigNotFoundException", 404), ("ValidationException", 400)
BELOW = "Specified {} for function decreases account's UnreservedConcurrentExecution below its minimum value of [{}]."
NOT_PUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."


def reserve(api: Api, name: str, executions: int) -> None:
    api.client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=executions)


def provision(api: Api, qualifier: str, executions: int, name: str = "f") -> dict[str, Any]:
    answer: dict[str, Any] = api.client.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=executions
    )
    return answer


def nothing(api: Api) -> None:
    pass


def a_neighbour_has_800(api: Api) -> None:
    api.create("neighbour")
    reserve(api, "neighbour", 800)


def a_neighbour_has_800_provisioned(api: Api) -> None:
    api.create("neighbour", Publish=True)
    provision(api, "1", 800, "neighbour")


def five_provisioned(api: Api) -> None:
    provision(api, "1", 2)
    provision(api, "2", 3)


def five_reserved_two_provisioned(api: Api) -> None:
    reserve(api, "f", 5)
    provision(api, "2", 2)


def the_alias_has_it(api: Api) -> None:
    provision(api, "live", 1)


def the_version_has_it(api: Api) -> None:
    provision(api, "1", 1)


def a_weighted_alias(api: Api) -> None:
    api.client.update_alias(FunctionName="f", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})


def an_alias_of_latest(api: Api) -> None:
    api.client.update_alias(FunctionName="f", Name="live", FunctionVersion="$LATEST")


def a_second_alias(api: Api) -> None:
    provision(api, "live", 1)
    api.client.create_alias(FunctionName="f", Name="other", FunctionVersion="1")


PUT, GET, DELETE, LIST = (f"{verb}_provisioned_concurrency_config" for verb in ("put", "get", "delete", "list"))
LIST += "s"
RESERVE = "put_function_concurrency"


def put(qualifier: str, executions: int = 1, name: str = "f") -> dict[str, Any]:
    return {"FunctionName": name, "Qualifier": qualifier, "ProvisionedConcurrentExecutions": executions}


def of(executions: int, name: str = "f") -> dict[str, Any]:
    return {"FunctionName": name, "ReservedConcurrentExecutions": executions}


Row = tuple[Callable[[Api], None], str, dict[str, Any], tuple[str, int], str]
# What was there before; what is asked; what AWS answers.
RULES: dict[str, Row] = {
    "reserve all": (nothing, RESERVE, of(1000), BAD, BELOW.format("ReservedConcurrentExecutions", 100)),
    "reserve one too many": (nothing, RESERVE, of(901), BAD, BELOW.format("ReservedConcurrentExecutions", 100)),
    "reserve beside another": (a_neighbour_has_800, RESERVE, of(101), BAD, BELOW.format("ReservedConcurrentExecutions", 100)),
    "reserve beside provisioned": (a_neighbour_has_800_provisioned, RESERVE, of(101), BAD, BELOW.format("ReservedConcurrentExecutions", 100)),
    "reserve less than is provisioned": (five_provisioned, RESERVE, of(4), BAD,
        " ReservedConcurrentExecutions  4 should not be lower than function's total provisioned concurrency [5]."),
    "reserve a negative number": (nothing, RESERVE, of(-1), MODEL, "1 validation error detected: Value '-1' at "
        "'reservedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 0"),
    "reserve nothing at all": (nothing, RESERVE, {"FunctionName": "f"}, MODEL, "1 validation error detected: Value null at "
        "'reservedConcurrentExecutions' failed to satisfy constraint: Member must not be null"),
    "reserve for a version": (nothing, RESERVE, of(1, "f:1"), BAD, "This operation is permitted on Lambda functions only. Aliases and "
        "versions do not support this operation. Please specify either a function name or an unqualified function ARN."),
    "reserve for nobody": (nothing, RESERVE, of(1, "nix"), MISSING, f"Function not found: {FUNCTION}:nix:$LATEST"),
    "read of nobody": (nothing, "get_function_concurrency", {"FunctionName": "nix"}, MISSING, f"Function not found: {FUNCTION}:nix"),
    "free of nobody": (nothing, "delete_function_concurrency", {"FunctionName": "nix"}, MISSING, f"Function not found: {FUNCTION}:nix"),
    "provision none": (nothing, PUT, put("1", 0), MODEL, "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' "
        "failed to satisfy constraint: Member must have value greater than or equal to 1"),
    "provision $LATEST": (nothing, PUT, put("$LATEST"), BAD, NOT_PUBLISHED),
    "provision an alias of $LATEST": (an_alias_of_latest, PUT, put("live"), BAD, NOT_PUBLISHED),
    "provision a weighted alias": (a_weighted_alias, PUT, put("live"), BAD, "Alias with weights can not be used with Provisioned Concurrency"),
    "provision an alias of a version that has it": (the_version_has_it, PUT, put("live"), CONFLICT,
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"),
    "provision a version whose alias has it": (the_alias_has_it, PUT, put("1"), CONFLICT, "Version is pointed by a Provisioned Concurrency alias"),
    "provision a second alias": (a_second_alias, PUT, put("other"), CONFLICT,
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"),
    "provision more than is reserved": (five_reserved_two_provisioned, PUT, put("1", 4), BAD,
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"),
    "provision what all others need": (nothing, PUT, put("1", 901), BAD, BELOW.format("ConcurrentExecutions", 100)),
    "provision beside another": (a_neighbour_has_800, PUT, put("1", 101), BAD, BELOW.format("ConcurrentExecutions", 100)),
    "provision more than there is": (a_neighbour_has_800, PUT, put("1", 201), BAD,
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [200]."),
    "provision a version that is not there": (nothing, PUT, put("7"), MISSING, f"Function not found: {FUNCTION}:f:7"),
    "provision an alias that is not there": (nothing, PUT, put("nix"), MISSING, f"Cannot find alias arn: {FUNCTION}:f:nix"),
    "provision nobody": (nothing, PUT, put("1", name="nix"), MISSING, f"Function not found: {FUNCTION}:nix:1"),
    "look at $LATEST": (nothing, GET, {"FunctionName": "f", "Qualifier": "$LATEST"}, BAD,
        "The function resource provided must be an alias or a published version."),
    "look where none is": (nothing, GET, {"FunctionName": "f", "Qualifier": "1"}, NO_CONFIG, "No Provisioned Concurrency Config found for this function"),
    "look at an alias whose version has it": (the_version_has_it, GET, {"FunctionName": "f", "Qualifier": "live"}, NO_CONFIG,
        "No Provisioned Concurrency Config found for this function"),
    "look at no version": (nothing, GET, {"FunctionName": "f", "Qualifier": "7"}, MISSING, f"Function not found: {FUNCTION}:f:7"),
    "take from $LATEST": (nothing, DELETE, {"FunctionName": "f", "Qualifier": "$LATEST"}, BAD,
        "The function resource provided must be an alias or a published version."),
    "take from no alias": (nothing, DELETE, {"FunctionName": "f", "Qualifier": "nix"}, MISSING, f"Cannot find alias arn: {FUNCTION}:f:nix"),
    "list of nobody": (nothing, LIST, {"FunctionName": "nix"}, MISSING, f"Function not found: {FUNCTION}:nix"),
}  # fmt: skip


@pytest.fixture
def two(api: Api) -> Api:
    """A function f with two versions, and the alias live of the first."""
    api.create("f", Publish=True)
    api.client.update_function_configuration(FunctionName="f", Description="another")
    api.client.publish_version(FunctionName="f")
    api.client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    return api


@pytest.mark.parametrize("before, operation, given, code, message", RULES.values(), ids=RULES)
def test_rules(two: Api, before: Callable[[Api], None], operation: str, given: dict[str, Any], code: tuple[str, int], message: str) -> None:
    before(two)
    answer = refused(getattr(two.client, operation), **given)
    assert ((answer.code, answer.status), answer.message) == (code, message)


def test_a_reservation_is_set_shown_changed_and_taken_away(api: Api) -> None:
    name, client = api.create("f"), api.client
    read = lambda: {key: value for key, value in client.get_function_concurrency(FunctionName=name).items() if key != "ResponseMetadata"}  # noqa: E731
    assert read() == {} and "Concurrency" not in client.get_function(FunctionName=name)
    for executions in (900, 100, 0, 900):  # its own old reservation is not in its way
        answer = client.put_function_concurrency(FunctionName=f"{FUNCTION}:f", ReservedConcurrentExecutions=executions)
        assert answer["ReservedConcurrentExecutions"] == executions
        assert read() == client.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": executions}
    assert unreserved(api) == 100
    answer = client.delete_function_concurrency(FunctionName=name)
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], read(), unreserved(api)) == (204, {}, 1000)


def unreserved(api: Api) -> int:
    left: int = api.client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    return left


def test_a_reservation_makes_a_new_revision_when_it_changes(api: Api) -> None:
    name, client = api.create("f"), api.client
    seen = [api.functions.get(name)]
    for executions in (5, 5, None, None):
        if executions is None:
            client.delete_function_concurrency(FunctionName=name)
        else:
            client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=executions)
        seen.append(api.functions.get(name))
    ids = [version.revision_id for version in seen]
    assert ids[1] == ids[2] and ids[3] == ids[4] and len(set(ids)) == 3
    assert len({(version.last_modified, version.generation) for version in seen}) == 1
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    assert "Concurrency" not in client.get_function(FunctionName=name, Qualifier="$LATEST")


def test_a_reservation_ends_with_its_function(api: Api) -> None:
    api.create("f")
    reserve(api, "f", 500)
    api.client.delete_function(FunctionName="f")
    api.create("f")
    assert unreserved(api) == 1000 and "Concurrency" not in api.client.get_function(FunctionName="f")


def test_what_is_provisioned_counts_until_a_reservation_holds_it(two: Api) -> None:
    five_provisioned(two)
    assert unreserved(two) == 995
    reserve(two, "f", 20)
    assert unreserved(two) == 980


@pytest.mark.parametrize(("account", "most", "kept"), [(10, 0, 10), (50, 0, 50), (100, 0, 100), (150, 50, 100), (3000, 2900, 100)])
def test_the_accounts_limit(tmp_path: Path, account: int, most: int, kept: int) -> None:
    """New accounts have less than 1,000: then as much as 100, or all of it, stays unreserved."""
    api = Api(tmp_path / "code", account_concurrency=account)
    try:
        limit = api.client.get_account_settings()["AccountLimit"]
        assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (account, account)
        api.create("f")
        answer = refused(api.client.put_function_concurrency, FunctionName="f", ReservedConcurrentExecutions=most + 1)
        assert answer.message == BELOW.format("ReservedConcurrentExecutions", kept)
        reserve(api, "f", most)
    finally:
        api.close()


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("ProvisionedConcurrentExecutions", ""): value for key, value in answer.items() if key not in ("ResponseMetadata", "LastModified")}


def test_none_is_available_before_all_are_allocated(two: Api) -> None:
    answer = provision(two, "1", 3)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert shown(answer) == {"Requested": 3, "Allocated": 0, "Available": 0, "Status": "IN_PROGRESS"}
    assert look(two, "1") == shown(answer)
    init(two, "success")
    assert settled(two, "1") == {"Requested": 3, "Allocated": 3, "Available": 3, "Status": "READY"}
    assert [(made.version.version, made.initialization_type) for made in two.environments] == [("1", "provisioned-concurrency")] * 3


def look(api: Api, qualifier: str) -> dict[str, Any]:
    return shown(api.client.get_provisioned_concurrency_config(FunctionName="f", Qualifier=qualifier))


def init(api: Api, status: Any) -> None:
    """Have every INIT end so, from now on."""

    async def end() -> None:
        api.init.set_result(Initialized(status, 1.0))

    api.run(end)


def settled(api: Api, qualifier: str) -> dict[str, Any]:
    api.run(lambda: api.clock.rest())
    return look(api, qualifier)


def test_a_failed_init_fails_the_allocation(two: Api) -> None:
    provision(two, "live", 2)
    init(two, "error")
    assert settled(two, "live") == {
        "Requested": 2, "Allocated": 0, "Available": 0, "Status": "FAILED", "StatusReason": "FUNCTION_ERROR_INIT_FAILURE",
    }  # fmt: skip
    assert two.environments == []


def test_they_are_listed_by_the_page_with_the_arn_of_version_or_alias(two: Api) -> None:
    init(two, "success")
    provision(two, "live", 1)
    provision(two, "2", 2)
    settled(two, "2")
    pages = list(two.client.get_paginator("list_provisioned_concurrency_configs").paginate(FunctionName="f", PaginationConfig={"PageSize": 1}))
    listed = [config for page in pages for config in page["ProvisionedConcurrencyConfigs"]]
    assert len(pages) == 2
    assert [(one["FunctionArn"], one["AllocatedProvisionedConcurrentExecutions"], one["Status"]) for one in listed] == [
        (f"{FUNCTION}:f:2", 2, "READY"), (f"{FUNCTION}:f:live", 1, "READY"),
    ]  # fmt: skip
    assert listed[0]["LastModified"].endswith("+0000")


GONE: dict[str, Callable[[Api], None]] = {
    "deleted": lambda api: api.client.delete_provisioned_concurrency_config(FunctionName="f", Qualifier="live"),
    "with its alias": lambda api: api.client.delete_alias(FunctionName="f", Name="live"),
    "with its function": lambda api: api.client.delete_function(FunctionName="f"),
}


@pytest.mark.parametrize("end", GONE.values(), ids=GONE)
@pytest.mark.parametrize("ready", [True, False], ids=["ready", "in progress"])
def test_it_goes(two: Api, end: Callable[[Api], None], ready: bool) -> None:
    if ready:
        init(two, "success")
    provision(two, "live", 2)
    if ready:
        settled(two, "live")
        assert len(two.environments) == 2
    end(two)
    two.run(lambda: two.clock.rest())
    assert (two.environments, unreserved(two)) == ([], 1000)
    if "f" in two.functions:
        assert two.client.list_provisioned_concurrency_configs(FunctionName="f")["ProvisionedConcurrencyConfigs"] == []
        two.client.delete_provisioned_concurrency_config(FunctionName="f", Qualifier="1")  # where none is: no error


def test_it_goes_with_its_version(two: Api) -> None:
    init(two, "success")
    provision(two, "2", 2)
    settled(two, "2")
    two.client.delete_function(FunctionName="f", Qualifier="2")
    assert (two.environments, unreserved(two)) == ([], 1000)


def test_it_follows_its_alias(two: Api) -> None:
    init(two, "success")
    provision(two, "live", 2)
    settled(two, "live")
    two.init = Future()
    two.client.update_alias(FunctionName="f", Name="live", FunctionVersion="2")
    assert look(two, "live") == {"Requested": 2, "Allocated": 0, "Available": 0, "Status": "IN_PROGRESS"}
    init(two, "success")
    assert settled(two, "live")["Status"] == "READY"
    assert [made.version.version for made in two.environments] == ["2", "2"]
