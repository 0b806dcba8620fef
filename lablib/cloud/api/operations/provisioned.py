"""Provisioned concurrency of a version or an alias: ask for it, see how far it is, take it away.

Codes and words are AWS's, from captured answers (2019 to 2026), unless a line says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, conflict, invalid_parameter, not_found
from lablib.cloud.api.lookup import named, settled
from lablib.cloud.api.names import resolve_whole
from lablib.cloud.api.operations.concurrency import check_kept, provisioned_of, unreserved
from lablib.cloud.api.operations.lists import page_of
from lablib.cloud.functions import LATEST, Function, NoSuchFunction
from lablib.cloud.scaling.provisioned import NOT_PUBLISHED, Allocation


async def put_provisioned_concurrency_config(call: Call) -> Mapping[str, Any]:
    """Have environments made ahead of use. The answer does not wait for them."""
    if call.parameters["Qualifier"] == LATEST:
        raise invalid_parameter(NOT_PUBLISHED)
    function, qualifier = await _find(call)
    wanted: int = call.parameters["ProvisionedConcurrentExecutions"]
    _check_limits(call, function, qualifier, wanted)
    _check_target(function, qualifier)
    return _describe(call.provisioning.put(function, qualifier, wanted))


async def get_provisioned_concurrency_config(call: Call) -> Mapping[str, Any]:
    """How far it is."""
    _check_published(call)
    function, qualifier = await _find(call)
    if qualifier not in function.provisioned:
        raise LambdaError(
            "ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function"
        )
    return _describe(function.provisioned[qualifier])


async def delete_provisioned_concurrency_config(call: Call) -> Mapping[str, Any]:
    """Take it away. It is no error if there is none."""
    _check_published(call)
    function, qualifier = await _find(call)
    call.provisioning.delete(function, qualifier)
    return {}


async def list_provisioned_concurrency_configs(call: Call) -> Mapping[str, Any]:
    """Of all a function's versions and aliases."""
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    provisioned = call.functions.function(name).provisioned
    listed = [provisioned[qualifier] for qualifier in sorted(provisioned, key=_key)]
    page, marker = page_of(call.parameters, listed, lambda allocation: _key(allocation.qualifier))
    configs = [
        {"FunctionArn": call.functions.arn(name, allocation.qualifier), **_describe(allocation)} for allocation in page
    ]
    return {"ProvisionedConcurrencyConfigs": configs, "NextMarker": marker}


def _key(qualifier: str) -> tuple[str, int]:
    """Versions by number, then aliases by name. AWS does not document its order."""
    return ("", int(qualifier)) if qualifier.isdecimal() else (qualifier, 0)


def _check_published(call: Call) -> None:
    if call.parameters["Qualifier"] == LATEST:
        raise invalid_parameter("The function resource provided must be an alias or a published version.")


async def _find(call: Call) -> tuple[Function, str]:
    reference = await named(call)
    functions, qualifier = call.functions, reference.qualifier
    assert qualifier is not None, "the model requires it"
    function = functions.function(reference.name) if reference.name in functions else None
    if function is None or function.find(qualifier) is None:
        if qualifier.isdecimal():
            raise NoSuchFunction(functions.arn(reference.name, qualifier))
        raise not_found(f"Cannot find alias arn: {functions.arn(reference.name, qualifier)}")
    return function, qualifier


def _check_limits(call: Call, function: Function, qualifier: str, wanted: int) -> None:
    others = provisioned_of(function, but=qualifier)
    if function.reserved_concurrency is not None:
        if others + wanted > function.reserved_concurrency:
            raise invalid_parameter(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
            )
        return
    left = unreserved(call, but=function) - others
    if wanted > left:
        raise invalid_parameter(
            f"Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{left}]."
        )
    check_kept(call, left - wanted, "ConcurrentExecutions")


def _check_target(function: Function, qualifier: str) -> None:
    """One version has provisioned concurrency once: itself, or through one alias (DG, as it was until 2022)."""
    version = function.find(qualifier)
    assert version is not None
    if version.version == LATEST:
        raise invalid_parameter(NOT_PUBLISHED)
    others = {other for other in function.provisioned if other != qualifier and function.find(other) == version}
    alias = function.aliases.get(qualifier)
    if alias is None:
        if others:
            raise conflict("Version is pointed by a Provisioned Concurrency alias")
    elif others:
        raise conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")
    elif alias.weights:
        raise invalid_parameter("Alias with weights can not be used with Provisioned Concurrency")
    if version.settings.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions":
        # The rule is the Developer Guide's (snapstart, 2026); the words are ours.
        raise invalid_parameter("Provisioned Concurrency is not supported for a function version that has SnapStart.")


def _describe(allocation: Allocation) -> dict[str, Any]:
    """The API's description. Whether AWS' ``Available…`` sinks while environments work is unconfirmed; here it does not."""
    shown: dict[str, Any] = {
        "RequestedProvisionedConcurrentExecutions": allocation.requested,
        "AvailableProvisionedConcurrentExecutions": allocation.serving,
        "AllocatedProvisionedConcurrentExecutions": len(allocation.initialized),
        "Status": allocation.status,
        "LastModified": allocation.last_modified,
    }
    return shown | ({"StatusReason": allocation.reason} if allocation.reason else {})
