"""Create, read and delete functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api import images, packages, snapstart
from lablib.cloud.api.configuration import DEFAULTS, changes, describe
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import conflict, invalid_parameter
from lablib.cloud.api.layers import chosen
from lablib.cloud.api.lookup import check_role, find, settled
from lablib.cloud.api.names import resolve, resolve_whole
from lablib.cloud.api.operations.concurrency import reserved
from lablib.cloud.api.operations.tags import check_tags
from lablib.cloud.api.signatures import check_signature
from lablib.cloud.api.targets import check_dead_letter
from lablib.cloud.functions import LATEST, FunctionVersion
from lablib.cloud.functions.code import Emptied


async def create_function(call: Call) -> Mapping[str, Any]:
    """Create a function, in state ``Pending``."""
    given, functions = call.parameters, call.functions
    name = resolve_whole(functions, given["FunctionName"])
    images.check_create(given)
    snapstart.check(given)
    check_tags(given.get("Tags", {}))
    new = changes(call, name, DEFAULTS | given, {})
    if name in functions:
        raise conflict(f"Function already exist: {name}")
    functions.reserve(name)
    era = functions.era
    try:
        await check_role(call, given["Role"])
        await check_dead_letter(call, given["Role"], given.get("DeadLetterConfig"))
        check_signature(call, functions.arn(name), given.get("CodeSigningConfigArn"))
        first = _first(call, name, {**new, **await _code(call, given)})
        if functions.era != era:
            functions.release(first)
            raise Emptied
        function = functions.create(first, given.get("Tags", {}))
        function.code_signing = given.get("CodeSigningConfigArn") or None
    finally:
        functions.unreserve(name)
    if not given.get("Publish"):
        return describe(function.latest)
    # AWS gives the version's number here, but the function's ARN.
    return describe(functions.publish(function))


async def _code(call: Call, given: Mapping[str, Any]) -> Mapping[str, Any]:
    if "ImageUri" in given["Code"]:
        return images.attributes(call, given["Code"]["ImageUri"])
    return await packages.attributes(call, given["Code"], chosen(call, given.get("Layers", [])))


def _first(call: Call, name: str, new: Mapping[str, Any]) -> FunctionVersion:
    functions, given = call.functions, call.parameters
    return FunctionVersion(
        name=name, version=LATEST, arn=functions.arn(name), qualified_arn=functions.arn(name, LATEST),
        architecture=given.get("Architectures", ["x86_64"])[0], package_type=given.get("PackageType", "Zip"),
        revision_id="", last_modified="", generation="", **{"environment": {}, "runtime": "", "handler": "", **new},
    )  # fmt: skip


async def get_function(call: Call) -> Mapping[str, Any]:
    """A function's configuration, its tags, what concurrency it has reserved, and where to download its package."""
    version, reference = await find(call)
    if version.package_type == "Image":
        code = images.described(version)
    else:
        code = {"RepositoryType": "S3", "Location": call.base_url + call.download_url(version.code_sha256)}
    configuration = describe(version, arn=call.functions.arn(version.name, reference.qualifier))
    answer: dict[str, Any] = {"Configuration": configuration, "Code": code}
    function = call.functions.function(version.name)
    if function.tags:  # with a qualifier too, as botocore's example has it; a summary of captures (third party, 2026) says not
        answer["Tags"] = function.tags
    if function.reserved_concurrency is not None and reference.qualifier is None:
        answer["Concurrency"] = reserved(function)
    return answer


async def get_function_configuration(call: Call) -> Mapping[str, Any]:
    """A function's configuration."""
    version, reference = await find(call)
    return describe(version, arn=call.functions.arn(version.name, reference.qualifier))


async def delete_function(call: Call) -> Mapping[str, Any]:
    """Delete a function, or one of its published versions."""
    functions = call.functions
    reference = resolve(functions, call.parameters["FunctionName"], call.parameters.get("Qualifier"))
    if reference.qualifier == LATEST:
        raise invalid_parameter("$LATEST version cannot be deleted without deleting the function.")
    await settled(call, reference.name)
    if reference.qualifier is None:
        functions.delete(reference.name)
    else:
        function = functions.function(reference.name)
        if not reference.qualifier.isdecimal():
            raise invalid_parameter("Deletion of aliases is not currently supported.")
        pointing = sorted(alias.name for alias in function.aliases.values() if alias.points_to(reference.qualifier))
        if pointing:
            raise conflict(
                f"Unable to delete version because the following aliases reference it: [{', '.join(pointing)}]"
            )
        functions.delete_version(reference.name, int(reference.qualifier))
    return {"StatusCode": 204}
