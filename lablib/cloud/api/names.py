"""What may stand where the API wants a function: a name, a partial ARN, an ARN, each with a qualifier or without."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lablib.cloud.api.errors import invalid_parameter, not_found
from lablib.cloud.api.validation import fail, problem
from lablib.cloud.functions import LATEST, Functions
from lablib.models import limits

# "my-function", "123456789012:function:my-function", "arn:aws:lambda:us-east-1:123456789012:function:my-function:7"
_REFERENCE = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[a-zA-Z0-9-_.]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)


# What operations on a whole function say to the name of one of its versions. From memory of AWS; unconfirmed.
WHOLE_FUNCTION = (
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
    "Please specify either a function name or an unqualified function ARN."
)


@dataclass(frozen=True)
class Reference:
    """A function, and the version or alias that was named, if one was."""

    name: str
    qualifier: str | None


def resolve(functions: Functions, given: str, qualifier: str | None = None) -> Reference:
    """The function that a request names.

    Parameters
    ----------
    given : str
        The request's ``FunctionName``.
    qualifier : str, optional
        The request's ``Qualifier``.

    Raises
    ------
    LambdaError
        Another region or account; a name that is too long; a qualifier that contradicts the one in the ARN.
    """
    match = _REFERENCE.fullmatch(given)
    if match is None:
        raise invalid_parameter(f"'{given}' is no function name and no function ARN.")
    region, account, name, derived = match["region"], match["account"], match["name"], match["qualifier"]
    if len(name) > limits.FUNCTION_NAME_CHARACTERS:
        longest = f"have length less than or equal to {limits.FUNCTION_NAME_CHARACTERS}"
        fail(problem(f"'{name}'", "functionName", longest))
    if region is not None and region != functions.region:
        raise not_found(f"Functions from '{region}' are not reachable in this region ('{functions.region}')")
    if account is not None and account != functions.account_id:
        raise not_found(f"Function not found: {given} (this cloud's account is {functions.account_id})")
    if derived is not None and qualifier is not None and derived != qualifier:
        raise invalid_parameter("The derived qualifier from the function name does not match the specified qualifier.")
    return Reference(name, qualifier if qualifier is not None else derived)


def resolve_whole(functions: Functions, given: str) -> str:
    """The name of the function that a request names, for an operation that versions do not have. Raises as `resolve`."""
    reference = resolve(functions, given)
    if reference.qualifier not in (None, LATEST):
        raise invalid_parameter(WHOLE_FUNCTION)
    return reference.name
