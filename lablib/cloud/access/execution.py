"""The role that a function runs as: whether Lambda may assume it, and the credentials that come of it."""

from __future__ import annotations

from dataclasses import replace

from lablib.cloud.access import principals
from lablib.cloud.access.decision import Asked, service_may
from lablib.cloud.access.documents import read
from lablib.cloud.functions import FunctionVersion
from lablib.cloud.moto_seam import roles
from lablib.environments.spec import DataPlaneError

# AWS's words when a function is created. That Invoke uses them too after the role has gone, with AccessDeniedException, is
# unconfirmed.
CANNOT_BE_ASSUMED = "The role defined for the function cannot be assumed by Lambda."

_LAMBDA = "lambda.amazonaws.com"


class RoleRefused(DataPlaneError):
    """A new environment cannot be had, since the function's role is gone or no longer lets Lambda assume it.

    Environments that run already go on with the credentials they have.
    """

    def __init__(self) -> None:
        super().__init__(CANNOT_BE_ASSUMED)


async def may_be_assumed(role_arn: str, service: str = _LAMBDA) -> bool:
    """Whether IAM has the role and its trust policy lets a service, such as ``lambda.amazonaws.com``, assume it."""
    role = await principals.role_of(role_arn)
    return role is not None and trusts(role.trust, role_arn, service)


def trusts(document: str | None, role_arn: str, service: str = _LAMBDA) -> bool:
    """Whether a role's trust policy lets a service assume it, and names it.

    Conditions are not looked at: which keys Lambda gives a value (``aws:SourceAccount``, ``aws:SourceArn``) is unconfirmed.
    """
    said = [statement for statement in read(document or "") if statement.allows or not statement.conditions]
    named = [replace(statement, conditions=()) for statement in said if ("Service", service) in (statement.principals or ())]
    return service_may(service, Asked("sts:AssumeRole", role_arn), tuple(named))


async def credentials(version: FunctionVersion) -> roles.Credentials:
    """Credentials of a version's role for one environment. Raises `RoleRefused`."""
    if not await may_be_assumed(version.role):
        raise RoleRefused
    return roles.assume(version.role, version.name)
