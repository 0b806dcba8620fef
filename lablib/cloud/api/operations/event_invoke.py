"""How a function's asynchronous events are handled: retries, ages, destinations; one configuration for each qualifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, invalid_parameter, not_found
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import Reference, resolve, resolve_whole
from lablib.cloud.api.operations.lists import page_of
from lablib.cloud.api.targets import check_destination
from lablib.cloud.asynchronous.settings import DEFAULTS, EventInvokeConfig
from lablib.cloud.asynchronous.targets import Target
from lablib.cloud.functions import LATEST, Function, NoSuchFunction

# AWS's sentences for what is not there are its own here (captured answers, 2022 to 2024).
_NO_FUNCTION = "The function doesn't exist."


async def put_function_event_invoke_config(call: Call) -> Mapping[str, Any]:
    """Set a configuration; what the request does not name is a default again."""
    return await _set(call, replace_all=True)


async def update_function_event_invoke_config(call: Call) -> Mapping[str, Any]:
    """Change what the request names in a configuration that there is."""
    return await _set(call, replace_all=False)


async def get_function_event_invoke_config(call: Call) -> Mapping[str, Any]:
    """One qualifier's configuration."""
    reference = _reference(call)
    return _shown(call, reference, _existing(call, reference))


async def delete_function_event_invoke_config(call: Call) -> Mapping[str, Any]:
    """Take one qualifier's configuration back: the defaults hold again."""
    reference = _reference(call)
    _existing(call, reference)
    del call.functions.function(reference.name).event_invoke[reference.qualifier or LATEST]
    return {}


async def list_function_event_invoke_configs(call: Call) -> Mapping[str, Any]:
    """The configurations of all qualifiers of a function."""
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    configs = sorted(_function(call, name).event_invoke.items())
    page, marker = page_of(call.parameters, configs, lambda item: (item[0], 0))
    shown = [_shown(call, Reference(name, qualifier), config) for qualifier, config in page]
    return {"FunctionEventInvokeConfigs": shown, "NextMarker": marker}


async def _set(call: Call, *, replace_all: bool) -> Mapping[str, Any]:
    given = call.parameters
    if not ({"MaximumRetryAttempts", "MaximumEventAgeInSeconds"} & given.keys() or given.get("DestinationConfig")):
        raise invalid_parameter("You must specify at least one of error handling or destination setting.")
    reference = _reference(call)
    await settled(call, reference.name)
    function = _function(call, reference.name)
    version = function.find(reference.qualifier)
    if version is None:
        raise not_found(_NO_FUNCTION)

    def changed() -> EventInvokeConfig:
        return _changed(DEFAULTS if replace_all else _existing(call, reference), given)

    new = changed()
    if "DestinationConfig" in given:
        await _check_destinations(call, reference.name, version.role, new)
    if function is not _function(call, reference.name) or function.find(reference.qualifier) is None:
        raise not_found(_NO_FUNCTION)  # it was deleted while we looked at the destinations
    new = replace(changed(), last_modified=call.functions.now())  # anew: others may have changed it meanwhile
    function.event_invoke[reference.qualifier or LATEST] = new
    return _shown(call, reference, new)


def _changed(old: EventInvokeConfig, given: Mapping[str, Any]) -> EventInvokeConfig:
    changes: dict[str, Any] = {}
    if "MaximumRetryAttempts" in given:
        changes["maximum_retries"] = given["MaximumRetryAttempts"]
    if "MaximumEventAgeInSeconds" in given:
        changes["maximum_age_s"] = given["MaximumEventAgeInSeconds"]
    # A destination that the request does not name stays, an empty one goes (captured, third party, 2026).
    for member, attribute in (("OnSuccess", "on_success"), ("OnFailure", "on_failure")):
        destination = given.get("DestinationConfig", {}).get(member, {}).get("Destination")
        if destination is not None:
            changes[attribute] = destination or None
    return replace(old, **changes)


async def _check_destinations(call: Call, name: str, role: str, config: EventInvokeConfig) -> None:
    success, failure = config.on_success, config.on_failure
    possible = (success is None or _possible(success, bucket=False)) and (failure is None or _possible(failure, bucket=True))
    if not possible:
        shown = (
            f"onSuccess={f'OnSuccess(destination={success})' if success else 'null'}, "
            f"onFailure={f'OnFailure(destination={failure})' if failure else 'null'}"
        )
        raise invalid_parameter(f"The provided destination config DestinationConfig({shown}) is invalid.")
    for arn in (success, failure):
        if arn is not None:
            await check_destination(call, name, role, arn)


def _possible(arn: str, *, bucket: bool) -> bool:
    target = Target.of(arn)
    return target.supported and (bucket or target.service != "s3")


def _reference(call: Call) -> Reference:
    return resolve(call.functions, call.parameters["FunctionName"], call.parameters.get("Qualifier"))


def _function(call: Call, name: str) -> Function:
    try:
        return call.functions.function(name)
    except NoSuchFunction:
        raise not_found(_NO_FUNCTION) from None


def _existing(call: Call, reference: Reference) -> EventInvokeConfig:
    try:
        return call.functions.function(reference.name).event_invoke[reference.qualifier or LATEST]
    except LookupError:
        raise _has_none(call, reference) from None


def _has_none(call: Call, reference: Reference) -> LambdaError:
    arn = call.functions.arn(reference.name, reference.qualifier or LATEST)
    return not_found(f"The function {arn} doesn't have an EventInvokeConfig")


def _shown(call: Call, reference: Reference, config: EventInvokeConfig) -> dict[str, Any]:
    return {
        "LastModified": config.last_modified,
        "FunctionArn": call.functions.arn(reference.name, reference.qualifier or LATEST),
        "MaximumRetryAttempts": config.maximum_retries,
        "MaximumEventAgeInSeconds": config.maximum_age_s,
        "DestinationConfig": {
            "OnSuccess": {"Destination": config.on_success} if config.on_success else {},
            "OnFailure": {"Destination": config.on_failure} if config.on_failure else {},
        },
    }
