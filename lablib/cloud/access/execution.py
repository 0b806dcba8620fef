"""The role that a function runs as: whether Lambda may assume it, and the credentials that come of it."""

from __future__ import annotations

from lablib.cloud.access import principals
from lablib.cloud.functions import FunctionVersion
from lablib.cloud.moto_seam import roles
from lablib.environments.spec import DataPlaneError

# AWS's words when a function is created. That Invoke uses them too after the role has gone, with AccessDeniedException, is
# unconfirmed.
CANNOT_BE_ASSUMED = "The role defined for the function cannot be assumed by Lambda."


class RoleRefused(DataPlaneError):
    """A new environment cannot be had, since the function's role is gone or no longer lets Lambda assume it.

    Environments that run already go on with the credentials they have.
    """

    def __init__(self) -> None:
        super().__init__(CANNOT_BE_ASSUMED)


async def may_be_assumed(role_arn: str) -> bool:
    """Whether IAM has the role and its trust policy lets ``lambda.amazonaws.com`` assume it."""
    role = await principals.role_of(role_arn)
    return role is not None and roles.trusts_lambda(role.trust)


async def credentials(version: FunctionVersion) -> roles.Credentials:
    """Credentials of a version's role for one environment. Raises `RoleRefused`."""
    if not await may_be_assumed(version.role):
        raise RoleRefused
    return roles.assume(version.role, version.name)
