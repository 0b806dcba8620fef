"""Find the function that a request names, once no change of it is under way; and check what many operations check."""

from __future__ import annotations

from lablib.cloud.access.execution import CANNOT_BE_ASSUMED
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, invalid_parameter
from lablib.cloud.api.names import Reference, resolve
from lablib.cloud.functions import FunctionVersion
from lablib.cloud.functions.aliases import Alias

# How long a request waits, in seconds of real time, for a function to become Active or an update to succeed. boto3's
# waiters look at once and then only every 1 or 5 s: this spares everybody that. Longer states (`serve --pending`) are
# meant to be seen, so then nothing waits.
PATIENCE = 0.2


async def settled(call: Call, name: str) -> None:
    """Wait a moment if a change of this function is under way."""
    if not call.functions.pending:
        await call.functions.settle(name, PATIENCE)


async def named(call: Call) -> Reference:
    """What ``FunctionName`` and ``Qualifier`` name, once no change of the function is under way."""
    parameters = call.parameters
    reference = resolve(call.functions, parameters["FunctionName"], parameters.get("Qualifier"))
    await settled(call, reference.name)
    return reference


async def find(call: Call) -> tuple[FunctionVersion, Reference]:
    """The version that ``FunctionName`` and ``Qualifier`` name. Raises `NoSuchFunction`."""
    reference = await named(call)
    return call.functions.get(reference.name, reference.qualifier), reference


async def check_role(call: Call, role: str) -> None:
    """Raise ``InvalidParameterValueException`` unless there is such a role in this account and Lambda may assume it."""
    if role.split(":")[4] != call.functions.account_id:
        raise LambdaError("AccessDeniedException", "Cross-account pass role is not allowed.")
    if not await call.neighbours.may_be_assumed(role):
        raise invalid_parameter(CANNOT_BE_ASSUMED)


def check_revision(seen: FunctionVersion | Alias, revision_id: str | None) -> None:
    """Raise ``PreconditionFailedException`` if the caller has seen another revision than this one."""
    if revision_id is not None and revision_id != seen.revision_id:
        raise LambdaError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
            "retrieve the latest Revision Id",
        )
