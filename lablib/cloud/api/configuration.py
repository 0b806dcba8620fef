"""A function's configuration: from a request's members to a version's attributes, and back to what the API shows.

Which values the model does not refuse, but Lambda does, stands here too: variables, runtimes, layers. A setting on
which this cloud does not act is refused by name, so that nobody believes in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lablib.cloud.api import snapstart
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import invalid_parameter, not_implemented
from lablib.cloud.api.layers import chosen, described
from lablib.cloud.api.runtimes import check_runtime
from lablib.cloud.functions import FunctionVersion
from lablib.models import limits

# Variables that Lambda sets and nobody else may: Developer Guide, "Defined runtime environment variables", 2026.
RESERVED_VARIABLES = frozenset(
    "_HANDLER _X_AMZN_TRACE_ID AWS_DEFAULT_REGION AWS_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_NAME "
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_INITIALIZATION_TYPE "
    "AWS_LAMBDA_LOG_GROUP_NAME AWS_LAMBDA_LOG_STREAM_NAME AWS_ACCESS_KEY AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY "
    "AWS_SESSION_TOKEN AWS_LAMBDA_RUNTIME_API LAMBDA_TASK_ROOT LAMBDA_RUNTIME_DIR AWS_LAMBDA_MAX_CONCURRENCY "
    "AWS_LAMBDA_METADATA_API AWS_LAMBDA_METADATA_TOKEN".split()
)

_VARIABLES = "Lambda was unable to configure your environment variables because the environment variables you have provided"

# Settings that would do nothing here, and the value at which they do nothing on AWS either.
_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
_WITHOUT_EFFECT: dict[str, Any] = {
    "VpcConfig": {},
    "FileSystemConfigs": [],
    "KMSKeyArn": "",
    "TenancyConfig": None,
    "CapacityProviderConfig": None,
    "DurableConfig": None,
    "RuntimeConfig": None,
    "AcceleratorConfig": None,
    "PublishTo": None,
}

_LOG_LEVELS = ("ApplicationLogLevel", "SystemLogLevel")

# Attributes of a version that are members of the API under another name.
_PLAIN = {
    "Runtime": "runtime",
    "Handler": "handler",
    "Role": "role",
    "Description": "description",
    "Timeout": "timeout",
    "MemorySize": "memory_size",
}

DEFAULTS: dict[str, Any] = {
    "Description": "",
    "Timeout": limits.TIMEOUT_S.default,
    "MemorySize": limits.MEMORY_MB.default,
    "EphemeralStorage": {"Size": limits.EPHEMERAL_STORAGE_MB.default},
    "TracingConfig": {"Mode": "PassThrough"},
    "LoggingConfig": {},
    "SnapStart": {"ApplyOn": "None"},
}


def changes(call: Call, name: str, given: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a `FunctionVersion` that a request sets, but for its code and what is at /opt.

    Parameters
    ----------
    name : str
        The function's name.
    given : Mapping[str, Any]
        The request's members, within the model's constraints.
    old : Mapping[str, Any]
        The `settings` of the version before; empty for a new function.
    """
    refuse_what_does_nothing(given)
    if "Runtime" in given:
        check_runtime(given["Runtime"], call.wire.service, call.functions.today())
    new = {attribute: given[member] for member, attribute in _PLAIN.items() if member in given}
    settings = dict(old)
    if "EphemeralStorage" in given:
        new["ephemeral_storage"] = given["EphemeralStorage"]["Size"]
    if "Environment" in given:
        settings["Environment"] = {"Variables": _variables(given["Environment"].get("Variables", {}))}
        new["environment"] = settings["Environment"]["Variables"]
    if "Layers" in given:
        _set(settings, "Layers", described(chosen(call, given["Layers"])))
    if "ImageConfig" in given:
        overrides = {"ImageConfig": given["ImageConfig"]} if any(given["ImageConfig"].values()) else None
        _set(settings, "ImageConfigResponse", overrides)
    if "LoggingConfig" in given:
        settings["LoggingConfig"] = _logging(name, given["LoggingConfig"], old.get("LoggingConfig", {}))
        new["log_group"] = settings["LoggingConfig"]["LogGroup"]
    if given.get("DeadLetterConfig"):  # an empty one changes nothing (captured, third party, 2026)
        config = given["DeadLetterConfig"]
        _set(settings, "DeadLetterConfig", config if config.get("TargetArn") else None)
    if "SnapStart" in given:
        settings["SnapStart"] = {"ApplyOn": given["SnapStart"].get("ApplyOn", "None")}
    if "TracingConfig" in given:
        settings["TracingConfig"] = {"Mode": "PassThrough"} | given["TracingConfig"]
    return new | {"settings": settings}


def _set(settings: dict[str, Any], member: str, value: Any) -> None:
    """Set a member that is shown, or take it away: there is none that is shown without a value."""
    settings.pop(member, None)
    if value:
        settings[member] = value


def refuse_what_does_nothing(given: Mapping[str, Any]) -> None:
    """Raise ``NotImplemented`` for a setting that would have no effect here."""
    for member, harmless in _WITHOUT_EFFECT.items():
        value = given.get(member)
        if value is not None and value != harmless and not (isinstance(value, dict) and not any(value.values())):
            raise not_implemented(f"Lambda Lab does not act on '{member}' yet. Leave it out to go on without it.")


def _variables(variables: Mapping[str, str]) -> dict[str, str]:
    if _WRAPPER in variables:
        raise not_implemented(f"Lambda Lab does not run wrapper scripts ({_WRAPPER}) yet. Leave the variable out to go on without one.")
    reserved = sorted(RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise invalid_parameter(
            f"{_VARIABLES} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    if cut := sorted(name for name, value in variables.items() if "\0" in value):
        # The system that starts a program would refuse it. What AWS says is unconfirmed.
        raise invalid_parameter(f"{_VARIABLES} contains a NUL character, which no program can be given: {', '.join(cut)}")
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > limits.ENVIRONMENT_BYTES:
        raise invalid_parameter(f"{_VARIABLES} exceeded the 4KB limit. String measured: {measured}")
    return dict(variables)


def _logging(name: str, given: Mapping[str, str], old: Mapping[str, str]) -> dict[str, str]:
    """``LoggingConfig`` in full; what the request leaves out stays as it was. Words of the error: captured, 2023."""
    found = {
        "LogFormat": given.get("LogFormat") or old.get("LogFormat") or "Text",
        "LogGroup": given.get("LogGroup") or old.get("LogGroup") or f"/aws/lambda/{name}",
    }
    if found["LogFormat"] == "JSON":
        return found | {level: given.get(level) or old.get(level) or "INFO" for level in _LOG_LEVELS}
    if any(level in given for level in _LOG_LEVELS):
        raise invalid_parameter(
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the '
            'LogFormat to "Json" and try again.'
        )
    return found


def describe(
    version: FunctionVersion, *, qualified: bool = False, arn: str | None = None, in_list: bool = False
) -> dict[str, Any]:
    """The API's ``FunctionConfiguration`` of a version.

    Parameters
    ----------
    qualified : bool
        Whether ``FunctionArn`` ends with the version.
    arn : str, optional
        ``FunctionArn`` as the caller named the version: with an alias, a number, or nothing.
    in_list : bool
        The lists leave out what changes by itself: the states and the runtime's version.
    """
    shown: dict[str, Any] = {
        "FunctionName": version.name,
        "FunctionArn": arn or (version.qualified_arn if qualified else version.arn),
        "Runtime": version.runtime or None,
        "Role": version.role,
        "Handler": version.handler or None,
        "CodeSize": version.code_size,
        "Description": version.description,
        "Timeout": version.timeout,
        "MemorySize": version.memory_size,
        "LastModified": version.last_modified,
        "CodeSha256": version.code_sha256,
        "Version": version.version,
        "RevisionId": version.revision_id,
        "PackageType": version.package_type,
        "Architectures": [version.architecture],
        "EphemeralStorage": {"Size": version.ephemeral_storage},
        **version.settings,
        "SnapStart": snapstart.described(version),
    }
    return shown if in_list else shown | _state(version)


def _state(version: FunctionVersion) -> dict[str, Any]:
    shown: dict[str, Any] = {"State": version.state}
    if version.state == "Pending":
        shown |= {"StateReason": "The function is being created.", "StateReasonCode": "Creating"}
    elif version.state == "Failed":
        shown |= {"StateReasonCode": version.state_reason[0], "StateReason": version.state_reason[1]}
    if version.last_update_status is not None:
        shown["LastUpdateStatus"] = version.last_update_status
    if version.last_update_status == "InProgress":
        # What AWS says, though the function exists. "Creating" is in no enum of the model for this member.
        shown["LastUpdateStatusReason"] = "The function is being created."
        shown["LastUpdateStatusReasonCode"] = "Creating"
    if version.package_type == "Zip":
        shown["RuntimeVersionConfig"] = {"RuntimeVersionArn": version.pinned_runtime or runtime_version_arn(version)}
    return shown


def runtime_version_arn(version: FunctionVersion) -> str:
    """The ARN that INIT_START names too. AWS's ends with a hash of its release of the runtime; ours says that it is local."""
    region = version.arn.split(":")[3]
    return f"arn:aws:lambda:{region}::runtime:local"
