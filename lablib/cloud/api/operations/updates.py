"""Change a function's code or configuration. One change at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from lablib.cloud.api import images, packages, snapstart
from lablib.cloud.api.configuration import changes, describe, refuse_what_does_nothing
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, conflict
from lablib.cloud.api.layers import check_size, chosen, mounted
from lablib.cloud.api.lookup import PATIENCE, check_revision, check_role, settled
from lablib.cloud.api.names import resolve_whole
from lablib.cloud.api.runtimes import check_update
from lablib.cloud.api.signatures import check_signature
from lablib.cloud.api.targets import check_dead_letter
from lablib.cloud.functions import Function, FunctionVersion, NoSuchFunction


async def update_function_code(call: Call) -> Mapping[str, Any]:
    """Replace `$LATEST`'s code. With ``DryRun``, only say what would come of it."""
    given, functions = call.parameters, call.functions
    refuse_what_does_nothing(given)
    async with changing(call) as function:
        latest = function.latest
        check_revision(latest, given.get("RevisionId"))
        check_update(latest.runtime, functions.today())
        check_signature(call, latest.arn, function.code_signing)
        new = await _new_code(call, latest)
        new["architecture"] = given.get("Architectures", [latest.architecture])[0]
        if given.get("DryRun"):
            functions.release(replace(latest, opt="", **new))
            return describe(replace(latest, **new))
        if _gone(call, function):
            functions.release(replace(latest, opt="", **new))
            raise NoSuchFunction(latest.arn)
        updated = functions.update(function, **new)
        if not given.get("Publish"):
            return describe(updated)
        return describe(functions.publish(function), qualified=True)


async def _new_code(call: Call, latest: FunctionVersion) -> dict[str, Any]:
    """The attributes that UpdateFunctionCode changes: the code's own, since layers stay as they are."""
    given = call.parameters
    images.check_update(given, latest.package_type)
    if latest.package_type == "Image":
        image = images.attributes(call, given["ImageUri"])
        return {name: image[name] for name in ("image_uri", "code_sha256")}
    package = await packages.from_request(call, given)
    opt = call.functions.packages.find(latest.opt)
    try:
        check_size(package.unzipped, 0 if opt is None else opt.unzipped)
    except LambdaError:
        call.functions.packages.release(package.sha256)
        raise
    return {"code": package.folder, "code_sha256": package.sha256, "code_size": package.size}


async def update_function_configuration(call: Call) -> Mapping[str, Any]:
    """Change `$LATEST`'s configuration: what the request names, and nothing else."""
    given, functions = call.parameters, call.functions
    async with changing(call) as function:
        latest = function.latest
        check_revision(latest, given.get("RevisionId"))
        images.check_settings(given, latest.package_type)
        snapstart.check(given, latest)
        if "Runtime" not in given:
            check_update(latest.runtime, functions.today())
        new = changes(call, latest.name, given, latest.settings)
        if "Role" in given:
            await check_role(call, given["Role"])
        await check_dead_letter(call, given.get("Role", latest.role), given.get("DeadLetterConfig"))
        if given.get("Layers"):
            check_signature(call, latest.arn, function.code_signing)
        if "Layers" in given:
            new |= await _new_layers(call, latest)
        if _gone(call, function):
            functions.packages.release(new.get("opt", ""))
            raise NoSuchFunction(latest.arn)
        return describe(functions.update(function, **new))


async def _new_layers(call: Call, latest: FunctionVersion) -> Mapping[str, Any]:
    layers = chosen(call, call.parameters["Layers"])
    code = call.functions.packages.find(latest.code_sha256)
    check_size(0 if code is None else code.unzipped, sum(layer.unzipped for layer in layers))
    return await mounted(call, layers)


@asynccontextmanager
async def changing(call: Call) -> AsyncIterator[Function]:
    """The function that the request names, with nothing else changing it meanwhile.

    Raises
    ------
    LambdaError
        ``ResourceConflictException``: it is still being created, or another change is under way.
    """
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    function = call.functions.function(name)
    try:
        async with asyncio.timeout(PATIENCE):
            await function.change.acquire()
    except TimeoutError:
        raise _in_progress(function.latest) from None
    try:
        if _gone(call, function):
            raise NoSuchFunction(function.latest.arn)
        await settled(call, name)
        check_at_rest(function.latest)
        yield function
    finally:
        function.change.release()


def check_at_rest(version: FunctionVersion) -> None:
    """Raise ``ResourceConflictException`` while a version is being created or updated."""
    if version.state == "Pending":
        raise pending(version)
    check_not_updating(version)


def check_not_updating(version: FunctionVersion) -> None:
    """Raise ``ResourceConflictException`` while a version is being updated."""
    if version.last_update_status == "InProgress":
        raise _in_progress(version)


def pending(version: FunctionVersion) -> LambdaError:
    """What a function in another state than ``Active`` answers."""
    return conflict(
        "The operation cannot be performed at this time. The function is currently in the following state: "
        f"{version.state}"
    )


def _in_progress(version: FunctionVersion) -> LambdaError:
    return conflict(
        f"The operation cannot be performed at this time. An update is in progress for resource: {version.arn}"
    )


def _gone(call: Call, function: Function) -> bool:
    """Whether the function was deleted, or made anew, while we waited."""
    name = function.latest.name
    return name not in call.functions or call.functions.function(name) is not function
