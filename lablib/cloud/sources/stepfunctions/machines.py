"""What is done with state machines, where moto lacks it or does it otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lablib.cloud.access.execution import may_be_assumed
from lablib.cloud.moto_seam import engine
from lablib.cloud.moto_seam.stepfunctions import machines
from lablib.cloud.sources.stepfunctions import definitions
from lablib.cloud.sources.stepfunctions.errors import StatesError
from lablib.cloud.sources.stepfunctions.operations import Operation, Parameters, found
from lablib.cloud.sources.stepfunctions.pages import page

PRINCIPAL = "states.amazonaws.com"

# AWS's sentence when a state machine is created.
NOT_TRUSTED = "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."

# Looks at a request before moto answers it.
Allows = Callable[[str, str, str], Awaitable[bool]]
Check = Callable[[Parameters, str, Allows], Awaitable[None]]


async def check_creation(given: Parameters, region: str, allows: Allows) -> None:
    """Refuse a CreateStateMachine that AWS would refuse and moto takes."""
    if given.get("versionDescription") and not given.get("publish"):
        raise StatesError("ValidationException", "Version description can only be set when publish is true")
    await definitions.check(given["definition"], given.get("type", "STANDARD"))
    arn = f"arn:aws:states:{region}:{engine.place.account}:stateMachine:{given['name']}"
    existing = await engine.call(machines.find, arn)
    if existing is not None and (existing.definition, existing.type) != (given["definition"], given.get("type", "STANDARD")):
        raise StatesError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    await _check_role(given["roleArn"])
    await _check_logging(given.get("loggingConfiguration", {}), given["roleArn"], allows)


async def check_update(given: Parameters, region: str, allows: Allows) -> None:
    """Refuse an UpdateStateMachine that AWS would refuse and moto takes."""
    machine = await found(given["stateMachineArn"])
    if "definition" in given:
        await definitions.check(given["definition"], machine.type)
    if "roleArn" in given:
        await _check_role(given["roleArn"])
    await _check_logging(given.get("loggingConfiguration", {}), given.get("roleArn", machine.role_arn), allows)


async def _check_logging(configuration: dict[str, Any], role: str, allows: Allows) -> None:
    """AWS asks whether the role may deliver logs, and refuses a configuration without a log group."""
    if configuration.get("level", "OFF") == "OFF":
        return
    destinations = configuration.get("destinations") or []
    arns = [each.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "") for each in destinations]
    if len(arns) != 1 or ":log-group:" not in arns[0]:
        raise StatesError("InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination.")
    if not await allows(role, "logs:CreateLogDelivery", "*"):
        sentence = "The state machine IAM Role is not authorized to access the Log Destination"
        raise StatesError("AccessDeniedException", sentence)


async def _check_role(arn: str) -> None:
    if not arn.startswith("arn:aws") or ":iam::" not in arn or ":role/" not in arn:
        raise StatesError("InvalidArn", f"Invalid Role Arn: '{arn}'")
    if not await may_be_assumed(arn, PRINCIPAL):
        raise StatesError("AccessDeniedException", NOT_TRUSTED)


CHECKS: dict[str, Check] = {"CreateStateMachine": check_creation, "UpdateStateMachine": check_update}


async def publish(given: Parameters) -> Mapping[str, Any]:
    """PublishStateMachineVersion."""
    arn = given["stateMachineArn"]
    await found(arn)
    version = await engine.call(machines.publish, arn, given.get("description"))
    assert version is not None
    return {"creationDate": version.created, "stateMachineVersionArn": version.arn}


async def list_versions(given: Parameters) -> Mapping[str, Any]:
    """ListStateMachineVersions, the newest first."""
    arn = given["stateMachineArn"]
    await found(arn)
    versions = await engine.call(machines.versions, arn) or []
    told = [{"stateMachineVersionArn": version.arn, "creationDate": version.created} for version in versions]
    shown, token = page(told, given, 100)
    return {"stateMachineVersions": shown, "nextToken": token}


async def delete_version(given: Parameters) -> Mapping[str, Any]:
    """DeleteStateMachineVersion: there may be none, but no alias may route to it."""
    arn = given["stateMachineVersionArn"]
    if arn.count(":") != 7 or not arn.rpartition(":")[2].isdigit():
        raise StatesError("ValidationException", f"Invalid Arn: '{arn}'")
    try:
        await engine.call(machines.delete_version, arn)
    except machines.InUse as aliases:
        sentence = f"Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{aliases}]"
        raise StatesError("ConflictException", sentence) from None
    return {}


async def validate(given: Parameters) -> Mapping[str, Any]:
    """ValidateStateMachineDefinition."""
    problems = await definitions.problems(given["definition"], given.get("type", "STANDARD"))
    most = given.get("maxResults") or 100
    told = [
        {"severity": "ERROR", "code": each.code, "message": each.message, "location": each.location} for each in problems
    ]  # fmt: skip
    return {"result": "FAIL" if problems else "OK", "diagnostics": told[:most], "truncated": len(told) > most}


OPERATIONS: dict[str, Operation] = {
    "PublishStateMachineVersion": publish,
    "ListStateMachineVersions": list_versions,
    "DeleteStateMachineVersion": delete_version,
    "ValidateStateMachineDefinition": validate,
}
