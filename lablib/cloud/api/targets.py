"""Whether a function can send where it is to send: destinations of its events, its dead-letter queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, invalid_parameter
from lablib.cloud.asynchronous.targets import Target

_DEAD = "Invalid dead letter queue ARN: "
_KINDS = {"sqs": "SQS queue", "sns": "SNS topic"}


async def check_destination(call: Call, function: str, role: str, arn: str) -> None:
    """Raise ``InvalidParameterValueException`` unless there is such a destination and the role may send to it.

    The sentences are AWS's, from captured answers of 2020 to 2025; that a FIFO queue counts as invalid is unconfirmed.
    """
    target = Target.of(arn)
    if target.service == "sns" and target.fifo:
        raise invalid_parameter("FIFO-type Amazon SNS topics aren't supported as a destination.")
    if target.service == "lambda":
        _check_function(call, function, target)
    elif target.fifo or not await call.neighbours.target_exists(arn):
        raise _invalid(arn)
    for action, resource in target.permissions(function):
        if not await call.neighbours.role_allows(role, action, resource):
            verb = action.partition(":")[2]
            raise invalid_parameter(f"The function's execution role does not have permissions to call {verb} on {arn}")


def _check_function(call: Call, function: str, target: Target) -> None:
    kind, _, reference = target.resource.partition(":")
    name, _, qualifier = reference.partition(":")
    here = (target.region, target.account) == (call.functions.region, call.functions.account_id)
    if kind != "function" or not here:
        raise _invalid(target.arn)
    if name == function:
        raise invalid_parameter("You can't specify the function as a destination for itself.")
    try:
        call.functions.get(name, qualifier or None)
    except LookupError:
        raise _invalid(target.arn) from None


def _invalid(arn: str) -> LambdaError:
    return invalid_parameter(f"The destination ARN {arn} is invalid.")


async def check_dead_letter(call: Call, role: str, config: Mapping[str, Any] | None) -> None:
    """Raise ``InvalidParameterValueException`` unless the role may send to the ``TargetArn`` of a ``DeadLetterConfig``, if any.

    The sentences are AWS's, from captured answers. What AWS says to a queue that does not exist could not be confirmed: here
    it is what it says to one that the role may not use, and why.
    """
    arn = (config or {}).get("TargetArn")
    if not arn:
        return
    target = Target.of(arn)
    if target.service not in _KINDS:
        raise invalid_parameter(
            f"{_DEAD}The service specified by the TargetArn is not supported for dead letter configuration."
        )
    if target.region != call.functions.region:
        raise invalid_parameter(
            f"{_DEAD}The resource specified by the TargetArn must be in the same region as the Lambda function it's associated "
            "with."
        )
    if target.fifo:
        raise invalid_parameter(f"{_DEAD}FIFO {_KINDS[target.service]} is not supported for dead letter configuration")
    words = f"The provided execution role does not have permissions to call {target.action} on {target.service.upper()}"
    if not await call.neighbours.target_exists(arn):
        raise invalid_parameter(f"{words} ({arn} does not exist)")
    [(action, resource)] = target.permissions("")
    if not await call.neighbours.role_allows(role, action, resource):
        raise invalid_parameter(words)
