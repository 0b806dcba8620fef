"""A function's layers: which a request may name, and what they make together at /opt.

Codes and words are AWS's, from captured answers (2023, 2024), unless a line says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, invalid_parameter, not_implemented
from lablib.cloud.functions.layers import LayerVersion
from lablib.models import limits

_ARN = re.compile(r"arn:[^:]*:lambda:(?P<region>[^:]*):(?P<account>\d*):layer:(?P<name>[^:]+):(?P<number>\d+)")


def chosen(call: Call, arns: Sequence[str]) -> list[LayerVersion]:
    """The layer versions with these ARNs, in their order. Raises `LambdaError` unless a function may have them."""
    if len(arns) > limits.LAYERS:
        raise invalid_parameter(f"Cannot reference more than {limits.LAYERS} layers.")
    found = [_find(call, arn) for arn in arns]
    for number, second in enumerate(found):
        for first in found[:number]:
            if first.name == second.name:
                raise invalid_parameter(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                    f"{first.arn} and {second.arn} are versions of the same layer."
                )
    if sum(version.unzipped for version in found) > limits.UNZIPPED_BYTES:
        raise invalid_parameter(f"Layers consume more than the available size of {limits.UNZIPPED_BYTES} bytes")
    return found


def _find(call: Call, arn: str) -> LayerVersion:
    match = _ARN.fullmatch(arn)
    if match is None:  # arn:aws:lambda:::awslayer:NAME
        raise not_implemented(f"Lambda Lab does not have AWS's own layers, such as '{arn}'.")
    if match["region"] != call.functions.region:
        raise invalid_parameter(
            "Layers are not in the same region as the function. Layers are expected to be in region "
            f"{call.functions.region}."
        )
    if match["account"] != call.functions.account_id:
        raise LambdaError(
            "AccessDeniedException",
            f"You are not authorized to perform: lambda:GetLayerVersion on resource: {arn}. This cloud has the layers of "
            f"its own account, {call.functions.account_id}: publish a copy of the layer here.",
        )
    version = call.functions.layers.by_arn(arn)
    if version is None:
        raise invalid_parameter(f"Layer version {arn} does not exist.")
    return version


def check_size(code: int, layers: int) -> None:
    """Raise unless code and layers together, in bytes of files, are within Lambda's limit."""
    if code + layers > limits.UNZIPPED_BYTES:
        raise invalid_parameter(
            f"Function code combined with layers exceeds the maximum allowed size of {limits.UNZIPPED_BYTES} bytes. "
            f"The actual size is {code + layers} bytes."
        )


async def mounted(call: Call, layers: Sequence[LayerVersion]) -> Mapping[str, Any]:
    """The attributes of a `FunctionVersion` that has these layers; with one user of their folder counted."""
    store = call.functions.packages
    if not layers:
        return {"opt": "", "layers": ()}
    package = await store.merge([version.sha256 for version in layers])
    return {"opt": package.sha256, "layers": (package.folder,)}


def described(layers: Sequence[LayerVersion]) -> list[dict[str, Any]]:
    """``Layers`` of a ``FunctionConfiguration``."""
    return [{"Arn": version.arn, "CodeSize": version.size} for version in layers]
