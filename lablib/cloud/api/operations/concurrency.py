"""Reserved concurrency: what a function has for itself of the account's concurrency, and at most.

Codes and words are AWS's, from captured answers (2019 to 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, invalid_parameter
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve_whole
from lablib.cloud.functions import LATEST, Function, NoSuchFunction
from lablib.models import limits


async def put_function_concurrency(call: Call) -> Mapping[str, Any]:
    """Reserve concurrency for a function. 0 stops it."""
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    if name not in call.functions:
        raise NoSuchFunction(call.functions.arn(name, LATEST))
    function = call.functions.function(name)
    wanted: int = call.parameters["ReservedConcurrentExecutions"]
    check_kept(call, unreserved(call, but=function) - wanted, "ReservedConcurrentExecutions")
    provisioned = provisioned_of(function)
    if wanted < provisioned:
        raise invalid_parameter(  # the spaces are AWS's
            f" ReservedConcurrentExecutions  {wanted} should not be lower than function's total provisioned concurrency "
            f"[{provisioned}]."
        )
    _reserve(call, function, wanted)
    return {"ReservedConcurrentExecutions": wanted}


async def get_function_concurrency(call: Call) -> Mapping[str, Any]:
    """What a function has reserved; nothing is said of one that has no reservation."""
    function = await _find(call)
    return reserved(function)


async def delete_function_concurrency(call: Call) -> Mapping[str, Any]:
    """Let a function share again what nobody has reserved."""
    _reserve(call, await _find(call), None)
    return {}


def _reserve(call: Call, function: Function, executions: int | None) -> None:
    if executions != function.reserved_concurrency:
        function.revise()  # though neither code nor configuration changes (captured, third party, 2026)
    function.reserved_concurrency = executions
    call.provisioning.changed(function.latest.name)


async def _find(call: Call) -> Function:
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    return call.functions.function(name)


def reserved(function: Function) -> dict[str, int]:
    """The API's ``Concurrency`` of a function."""
    executions = function.reserved_concurrency
    return {} if executions is None else {"ReservedConcurrentExecutions": executions}


def provisioned_of(function: Function, *, but: str | None = None) -> int:
    """Provisioned concurrency of all a function's versions and aliases, except one."""
    return sum(one.requested for qualifier, one in function.provisioned.items() if qualifier != but)


def unreserved(call: Call, *, but: Function | None = None) -> int:
    """What is left of the account's concurrency to those who have none of their own, as if `but` had none either."""
    claimed = 0
    for function in call.functions:
        if function is not but:
            mine = function.reserved_concurrency
            claimed += provisioned_of(function) if mine is None else mine
    return call.concurrency.account - claimed


def check_kept(call: Call, left: int, what: str) -> None:
    """Raise unless enough is left unreserved.

    Of an account whose whole limit is less than 100, as new ones have it, all of it must be (captured errors name 10 and 50).
    """
    kept = min(limits.UNRESERVED_CONCURRENCY_KEPT, call.concurrency.account)
    if left < kept:
        raise _below(what, kept)


def _below(what: str, kept: int) -> LambdaError:
    return invalid_parameter(
        f"Specified {what} for function decreases account's UnreservedConcurrentExecution below its minimum value of [{kept}]."
    )
