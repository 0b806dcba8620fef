"""Whether a function may run in a loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve_whole


async def put_function_recursion_config(call: Call) -> Mapping[str, Any]:
    """``Allow`` loops, or have Lambda ``Terminate`` them, as it does unless told otherwise."""
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    function = call.functions.function(name)
    function.recursive_loop = call.parameters["RecursiveLoop"]
    return {"RecursiveLoop": function.recursive_loop}


async def get_function_recursion_config(call: Call) -> Mapping[str, Any]:
    """What was put."""
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    return {"RecursiveLoop": call.functions.function(name).recursive_loop}
