"""When a version's runtime is updated: stored and shown. This cloud's runtimes are those of its machine, and change with it.

Source: "Configuring Lambda runtime management settings" and "Lambda runtime version roll-back", Developer Guide, 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import invalid_parameter
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve
from lablib.cloud.api.operations.updates import check_at_rest
from lablib.cloud.functions import Function, FunctionVersion, NoSuchFunction


async def put_runtime_management_config(call: Call) -> Mapping[str, Any]:
    """Set a version's mode: Auto, FunctionUpdate, or Manual with the ARN of the runtime's version."""
    given = call.parameters
    mode, arn = given["UpdateRuntimeOn"], given.get("RuntimeVersionArn")
    # The rules are the API reference's; how AWS words these three refusals could not be confirmed.
    if mode == "Manual" and arn is None:
        raise invalid_parameter("RuntimeVersionArn is required when UpdateRuntimeOn is Manual.")
    if mode != "Manual" and arn is not None:
        raise invalid_parameter("RuntimeVersionArn is only supported when UpdateRuntimeOn is Manual.")
    function, version, qualifier = await _version(call)
    check_at_rest(version)
    if arn is not None and arn.split(":")[3] != call.functions.region:
        raise invalid_parameter(f"The runtime version {arn} is not one of this region, {call.functions.region}.")
    function.set_runtime_updates(version, mode, arn)
    return _described(call, version.name, qualifier, mode, arn)


async def get_runtime_management_config(call: Call) -> Mapping[str, Any]:
    """A version's mode."""
    _, version, qualifier = await _version(call)
    return _described(call, version.name, qualifier, version.update_runtime_on, version.pinned_runtime)


async def _version(call: Call) -> tuple[Function, FunctionVersion, str | None]:
    reference = resolve(call.functions, call.parameters["FunctionName"], call.parameters.get("Qualifier"))
    await settled(call, reference.name)
    function = call.functions.function(reference.name)
    if reference.qualifier in function.aliases:
        # A version's setting, says the API reference; the words are ours.
        raise invalid_parameter("Runtime management is configured for a version, not for an alias.")
    version = function.find(reference.qualifier)
    if version is None:
        raise NoSuchFunction(call.functions.arn(reference.name, reference.qualifier))
    return function, version, reference.qualifier


def _described(call: Call, name: str, qualifier: str | None, mode: str, arn: str | None) -> dict[str, Any]:
    return {"UpdateRuntimeOn": mode, "FunctionArn": call.functions.arn(name, qualifier), "RuntimeVersionArn": arn}
