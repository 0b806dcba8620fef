"""Code signing configurations, and which functions have one.

Codes and words are AWS's, from captured answers (2023), unless a line says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import conflict, not_found
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve_whole
from lablib.cloud.api.operations.lists import page_of
from lablib.cloud.api.operations.tags import check_tags
from lablib.cloud.api.signatures import existing_for_function
from lablib.cloud.functions import Function
from lablib.cloud.functions.code_signing import CodeSigningConfig
from lablib.models import limits


async def create_code_signing_config(call: Call) -> Mapping[str, Any]:
    """Add a configuration. One that does not say what to do about untrusted code warns."""
    given = call.parameters
    check_tags(given.get("Tags", {}))
    config = call.functions.signing.create(
        given["AllowedPublishers"]["SigningProfileVersionArns"],
        given.get("CodeSigningPolicies", {}).get("UntrustedArtifactOnDeployment", "Warn"),
        given.get("Description", ""), given.get("Tags", {}), call.functions.timestamp(),
    )  # fmt: skip
    return {"CodeSigningConfig": _described(config)}


async def get_code_signing_config(call: Call) -> Mapping[str, Any]:
    """One configuration."""
    return {"CodeSigningConfig": _described(_existing(call, call.parameters["CodeSigningConfigArn"]))}


async def update_code_signing_config(call: Call) -> Mapping[str, Any]:
    """Change what the request names. It counts from a function's next deployment on."""
    given = call.parameters
    config = _existing(call, given["CodeSigningConfigArn"])
    changes: dict[str, Any] = {}
    if "Description" in given:
        changes["description"] = given["Description"]
    if "AllowedPublishers" in given:
        changes["publishers"] = given["AllowedPublishers"]["SigningProfileVersionArns"]
    if given.get("CodeSigningPolicies", {}).get("UntrustedArtifactOnDeployment"):
        changes["untrusted"] = given["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"]
    if changes:
        config = call.functions.signing.update(config.arn, call.functions.timestamp(), changes)
    return {"CodeSigningConfig": _described(config)}


async def delete_code_signing_config(call: Call) -> Mapping[str, Any]:
    """Delete a configuration that no function has."""
    config = _existing(call, call.parameters["CodeSigningConfigArn"])
    users = [function.latest.arn for function in _users(call, config.arn)]
    if users:
        # The code is the API reference's ("only if no function is using it"); the words are ours.
        raise conflict(f"The code signing configuration {config.arn} is used by functions: {', '.join(users)}")
    call.functions.signing.delete(config.arn)
    return {}


async def list_code_signing_configs(call: Call) -> Mapping[str, Any]:
    """Every configuration."""
    configs = list(call.functions.signing)
    page, marker = page_of(call.parameters, configs, lambda config: (config.arn, 0), limits.CODE_SIGNING_LIST_ITEMS)
    return {"CodeSigningConfigs": [_described(config) for config in page], "NextMarker": marker}


async def list_functions_by_code_signing_config(call: Call) -> Mapping[str, Any]:
    """The ARNs of the functions that have a configuration."""
    config = _existing(call, call.parameters["CodeSigningConfigArn"])
    arns = [function.latest.arn for function in _users(call, config.arn)]
    page, marker = page_of(call.parameters, arns, lambda arn: (arn, 0), limits.CODE_SIGNING_LIST_ITEMS)
    return {"FunctionArns": page, "NextMarker": marker}


async def put_function_code_signing_config(call: Call) -> Mapping[str, Any]:
    """Give a function a configuration. It counts from the next deployment on."""
    arn: str = call.parameters["CodeSigningConfigArn"]
    existing_for_function(call, arn)
    function = await _function(call)
    function.code_signing = arn
    return {"CodeSigningConfigArn": arn, "FunctionName": function.latest.name}


async def get_function_code_signing_config(call: Call) -> Mapping[str, Any]:
    """A function's configuration; nothing if it has none."""
    function = await _function(call)
    if function.code_signing is None:
        return {}
    return {"CodeSigningConfigArn": function.code_signing, "FunctionName": function.latest.name}


async def delete_function_code_signing_config(call: Call) -> Mapping[str, Any]:
    """Take a function's configuration away. One that has none is no error."""
    function = await _function(call)
    function.code_signing = None
    return {}


async def _function(call: Call) -> Function:
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    return call.functions.function(name)


def _users(call: Call, arn: str) -> list[Function]:
    return [function for function in call.functions if function.code_signing == arn]


def _existing(call: Call, arn: str) -> CodeSigningConfig:
    config = call.functions.signing.find(arn)
    if config is None:
        raise not_found(f"The Lambda code signing configuration {arn} can not be found.")
    return config


def _described(config: CodeSigningConfig) -> dict[str, Any]:
    return {
        "CodeSigningConfigId": config.id,
        "CodeSigningConfigArn": config.arn,
        "Description": config.description,
        "AllowedPublishers": {"SigningProfileVersionArns": config.publishers},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.untrusted},
        "LastModified": config.last_modified,
    }
