"""A function's tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import invalid_parameter, not_implemented
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve
from lablib.cloud.api.operations.updates import check_not_updating
from lablib.cloud.functions import Function
from lablib.models import limits


async def tag_resource(call: Call) -> Mapping[str, Any]:
    """Add tags to a function, or change them."""
    function = _function(call)
    name = function.latest.name
    await settled(call, name)
    function = call.functions.function(name)
    check_not_updating(function.latest)
    tags = function.tags | call.parameters["Tags"]
    check_tags(tags)
    function.tags = tags
    return {}


async def untag_resource(call: Call) -> Mapping[str, Any]:
    """Remove tags from a function. One that it does not have is no error."""
    function = _function(call)
    removed = set(call.parameters["TagKeys"])
    function.tags = {key: value for key, value in function.tags.items() if key not in removed}
    return {}


async def list_tags(call: Call) -> Mapping[str, Any]:
    """A function's tags."""
    return {"Tags": _function(call).tags}


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise ``InvalidParameterValueException`` for too many tags, or one that only AWS may set."""
    if len(tags) > limits.TAGS:
        raise invalid_parameter("Number of tags exceeds resource tag limit.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid_parameter("Tag keys that start with 'aws:' are reserved for AWS.")


def _function(call: Call) -> Function:
    arn: str = call.parameters["Resource"]
    if ":function:" not in arn:
        kind = arn.split(":")[5]
        raise not_implemented(f"Lambda Lab has tags for functions. It has no '{kind}' yet.")
    reference = resolve(call.functions, arn)
    if reference.qualifier is not None:
        raise invalid_parameter(
            "Tags on function aliases and versions are not supported. "
            "Please specify either a function name or an unqualified function ARN."
        )
    return call.functions.function(reference.name)
