"""The tags of everything that has tags.

`TAGGABLE` says by the kind of resource in an ARN where its tags are: whoever adds such a resource adds a line.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import invalid_parameter, not_found, not_implemented
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve
from lablib.cloud.api.operations.updates import check_not_updating
from lablib.models import limits


async def tag_resource(call: Call) -> Mapping[str, Any]:
    """Add tags to a resource, or change them."""
    tags = await _tags(call)
    wanted = tags | call.parameters["Tags"]
    check_tags(wanted)
    tags.update(wanted)
    _stamp(call)
    return {}


async def untag_resource(call: Call) -> Mapping[str, Any]:
    """Remove tags from a resource. One that it does not have is no error."""
    tags = await _tags(call)
    for key in call.parameters["TagKeys"]:
        tags.pop(key, None)
    _stamp(call)
    return {}


async def list_tags(call: Call) -> Mapping[str, Any]:
    """A resource's tags."""
    return {"Tags": dict(await _tags(call))}


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise ``InvalidParameterValueException`` for too many tags, or one that only AWS may set.

    The first sentence is AWS's (captured, 2023); the words of the second could not be confirmed.
    """
    if len(tags) > limits.TAGS:
        raise invalid_parameter("Number of tags exceeds resource tag limit.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid_parameter("Tag keys that start with 'aws:' are reserved for AWS.")


async def _of_function(call: Call, arn: str) -> dict[str, str]:
    reference = resolve(call.functions, arn)
    if reference.qualifier is not None:
        raise invalid_parameter(
            "Tags on function aliases and versions are not supported. "
            "Please specify either a function name or an unqualified function ARN."
        )
    await settled(call, reference.name)
    function = call.functions.function(reference.name)
    if call.operation == "TagResource":
        check_not_updating(function.latest)
    return function.tags


def _stamp(call: Call) -> None:
    arn: str = call.parameters["Resource"]
    if arn.split(":")[5] == "function":
        call.functions.tagged(call.functions.function(resolve(call.functions, arn).name))


async def _of_code_signing(call: Call, arn: str) -> dict[str, str]:
    if call.functions.signing.find(arn) is None:
        raise not_found(f"The Lambda code signing configuration {arn} can not be found.")
    return call.functions.signing.tags(arn)


async def _of_mapping(call: Call, arn: str) -> dict[str, str]:
    return call.mappings.get(arn).tags


# Kind of resource, as in its ARN: what gives the tags of one, to be changed in place. It raises `LambdaError` if there is none.
TAGGABLE: dict[str, Callable[[Call, str], Awaitable[dict[str, str]]]] = {
    "function": _of_function,
    "code-signing-config": _of_code_signing,
    "event-source-mapping": _of_mapping,
}


async def _tags(call: Call) -> dict[str, str]:
    arn: str = call.parameters["Resource"]
    kind = arn.split(":")[5]
    if kind not in TAGGABLE:
        raise not_implemented(f"Lambda Lab has no '{kind}' that could have tags.")
    return await TAGGABLE[kind](call, arn)
