"""Layers: publish, read, list and delete their versions.

Codes and words are AWS's, from captured answers (2023, 2024), unless a line says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lablib.cloud.api import packages
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, invalid_parameter, not_found
from lablib.cloud.api.operations.lists import page_of
from lablib.cloud.functions.code import Emptied
from lablib.cloud.functions.layers import LayerVersion

_ARN = re.compile(r"arn:[^:]*:lambda:(?P<region>[^:]*):(?P<account>\d*):layer:(?P<name>[^:]+)")
_GONE = "The resource you requested does not exist."


async def publish_layer_version(call: Call) -> Mapping[str, Any]:
    """Make the next version of a layer; the first one makes the layer."""
    given, layers = call.parameters, call.functions.layers
    name, era = layer_name(call), call.functions.era
    package = await packages.from_request(call, given["Content"])
    if call.functions.era != era:
        call.functions.packages.release(package.sha256)
        raise Emptied
    number = layers.next_number(name)
    runtimes, architectures = given.get("CompatibleRuntimes"), given.get("CompatibleArchitectures")
    version = LayerVersion(
        name, number, layers.arn(name, number), layers.arn(name), given.get("Description", ""),
        call.functions.timestamp(), package.sha256, package.size, package.unzipped,
        None if runtimes is None else tuple(runtimes), None if architectures is None else tuple(architectures),
        given.get("LicenseInfo"),
    )  # fmt: skip
    layers.add(version)
    return _with_content(call, version)


async def get_layer_version(call: Call) -> Mapping[str, Any]:
    """A version, and where to download it."""
    return _with_content(call, _existing(call.functions.layers.find(layer_name(call), layer_number(call))))


async def get_layer_version_by_arn(call: Call) -> Mapping[str, Any]:
    """A version, and where to download it, by its whole ARN."""
    return _with_content(call, _existing(call.functions.layers.by_arn(call.parameters["Arn"])))


async def delete_layer_version(call: Call) -> Mapping[str, Any]:
    """Delete a version. One that is not there is no error; functions that have it keep it."""
    call.functions.layers.delete(layer_name(call), layer_number(call))
    return {}


async def list_layer_versions(call: Call) -> Mapping[str, Any]:
    """A layer's versions, newest first, as far as they suit the runtime and architecture asked for."""
    name, given = layer_name(call), call.parameters
    suiting = [version for version in call.functions.layers.versions(name) if _suits(version, given)]
    page, marker = page_of(given, suiting, lambda version: ("", -version.number))
    return {"LayerVersions": [_described(version) for version in page], "NextMarker": marker}


async def list_layers(call: Call) -> Mapping[str, Any]:
    """Every layer with its newest version that suits the runtime and architecture asked for."""
    given = call.parameters
    newest = [
        next((version for version in layer.newest_first() if _suits(version, given)), None)
        for layer in call.functions.layers
    ]
    page, marker = page_of(given, [version for version in newest if version is not None], lambda item: (item.name, 0))
    shown = [
        {"LayerName": version.name, "LayerArn": version.layer_arn, "LatestMatchingVersion": _described(version)}
        for version in page
    ]
    return {"Layers": shown, "NextMarker": marker}


def layer_name(call: Call) -> str:
    """The name of a layer of this account, which the request names or gives the ARN of."""
    given: str = call.parameters["LayerName"]
    match = _ARN.fullmatch(given)
    if match is None:
        return given
    if (match["region"], match["account"]) != (call.functions.region, call.functions.account_id):
        raise LambdaError(
            "AccessDeniedException",
            f"You are not authorized to perform: lambda:{call.operation} on resource: {given}. This cloud has the layers of "
            f"account {call.functions.account_id} in {call.functions.region}.",
        )
    return match["name"]


def layer_number(call: Call) -> int:
    """The number of a layer's version, which the request names."""
    number: int = call.parameters["VersionNumber"]
    if number < 1:
        raise invalid_parameter("Layer Version Cannot be less than 1")
    return number


def _existing(version: LayerVersion | None) -> LayerVersion:
    if version is None:
        raise not_found(_GONE)
    return version


def _suits(version: LayerVersion, given: Mapping[str, Any]) -> bool:
    return version.suits(given.get("CompatibleRuntime"), given.get("CompatibleArchitecture"))


def _described(version: LayerVersion) -> dict[str, Any]:
    return {
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": version.created,
        "CompatibleRuntimes": version.runtimes,
        "CompatibleArchitectures": version.architectures,
        "LicenseInfo": version.license,
    }


def _with_content(call: Call, version: LayerVersion) -> dict[str, Any]:
    return _described(version) | {
        "LayerArn": version.layer_arn,
        "Content": {
            "Location": call.base_url + call.download_url(version.sha256),
            "CodeSha256": version.sha256,
            "CodeSize": version.size,
        },
    }
