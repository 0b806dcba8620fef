"""Aliases: create, read, change and delete them.

Codes and words are AWS's, from captured answers (2018 to 2024), unless a line says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import conflict, invalid_parameter, not_found, not_implemented
from lablib.cloud.api.lookup import check_revision, settled
from lablib.cloud.api.names import resolve_whole
from lablib.cloud.api.operations.lists import page_of
from lablib.cloud.functions import LATEST, Function, FunctionVersion, NoSuchFunction
from lablib.cloud.functions.aliases import Alias
from lablib.models import limits


async def create_alias(call: Call) -> Mapping[str, Any]:
    """Point a new alias to a version."""
    given = call.parameters
    name = resolve_whole(call.functions, given["FunctionName"])
    await settled(call, name)
    if name not in call.functions:
        raise NoSuchFunction(call.functions.arn(name, given["FunctionVersion"]))
    function = call.functions.function(name)
    alias = Alias(given["Name"], given["FunctionVersion"], given.get("Description", ""), "", _weights(given))
    _check(call, function, alias)
    if alias.name in function.aliases:
        raise conflict(f"Alias already exists: {call.functions.arn(name, alias.name)}")
    return _describe(call, name, call.functions.put_alias(function, alias))


async def get_alias(call: Call) -> Mapping[str, Any]:
    """One alias."""
    function, alias = await _find(call)
    return _describe(call, function.latest.name, alias)


async def update_alias(call: Call) -> Mapping[str, Any]:
    """Change what the request names of an alias. An empty routing configuration takes the additional version away.

    What AWS answers here where there is no such alias is unconfirmed: it is what GetAlias answers.
    """
    given = call.parameters
    function, old = await _find(call)
    check_revision(old, given.get("RevisionId"))
    new = replace(
        old,
        version=given.get("FunctionVersion", old.version),
        description=given.get("Description", old.description),
        weights=_weights(given) if "RoutingConfig" in given else old.weights,
    )
    _check(call, function, new)
    described = _describe(call, function.latest.name, call.functions.put_alias(function, new))
    call.provisioning.changed(function.latest.name)
    return described


async def delete_alias(call: Call) -> Mapping[str, Any]:
    """Delete an alias. One that is not there is no error."""
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    call.functions.function(name).forget(call.parameters["Name"])
    call.provisioning.changed(name)
    return {}


async def list_aliases(call: Call) -> Mapping[str, Any]:
    """A function's aliases by name; with ``FunctionVersion`` those whose first version it is.

    Whether AWS also lists those that have it as their additional version could not be confirmed.
    """
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    aliases = call.functions.function(name).aliases
    version = call.parameters.get("FunctionVersion")
    listed = [aliases[alias] for alias in sorted(aliases) if version in (None, aliases[alias].version)]
    page, marker = page_of(call.parameters, listed, lambda alias: (alias.name, 0), limits.ALIAS_LIST_ITEMS)
    return {"Aliases": [_describe(call, name, alias) for alias in page], "NextMarker": marker}


async def _find(call: Call) -> tuple[Function, Alias]:
    name, wanted = resolve_whole(call.functions, call.parameters["FunctionName"]), call.parameters["Name"]
    await settled(call, name)
    function = call.functions.function(name)
    if wanted not in function.aliases:
        raise not_found(f"Cannot find alias arn: {call.functions.arn(name, wanted)}")
    return function, function.aliases[wanted]


def _weights(given: Mapping[str, Any]) -> dict[str, float]:
    return dict(given.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}))


def _check(call: Call, function: Function, alias: Alias) -> None:
    """Raise unless the alias' versions are there and may share its invocations."""
    if len(alias.weights) > 1:
        raise invalid_parameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
    first = _version(call, function, alias.version)
    for number in alias.weights:
        if alias.version == LATEST:
            raise invalid_parameter(f"{LATEST} is not supported for an alias pointing to more than 1 version")
        if number == alias.version:
            raise invalid_parameter(
                f"Invalid function version {number}. Function version {number} is already included in routing configuration."
            )
        _check_alike(first, _version(call, function, number))


def _version(call: Call, function: Function, number: str) -> FunctionVersion:
    if number == "$LATEST.PUBLISHED":
        raise not_implemented("Lambda Lab does not have Managed Instances, and with them '$LATEST.PUBLISHED'.")
    return call.functions.get(function.latest.name, number)


def _check_alike(first: FunctionVersion, second: FunctionVersion) -> None:
    """Both versions have the same role and dead-letter queue: Developer Guide, "weighted alias", 2026."""
    if first.role != second.role:
        raise invalid_parameter("Specified versions must be associated with the same execution role")
    if first.settings.get("DeadLetterConfig") != second.settings.get("DeadLetterConfig"):
        # The rule is the Developer Guide's; these words, made after the ones above, are ours.
        raise invalid_parameter("Specified versions must be associated with the same dead-letter queue configuration")


def _describe(call: Call, name: str, alias: Alias) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AliasArn": call.functions.arn(name, alias.name),
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return shown
