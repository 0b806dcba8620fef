"""Who else may use a version of a layer. Codes and words are AWS's, from captured answers (2023)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, conflict, not_found
from lablib.cloud.api.operations.layers import layer_name, layer_number
from lablib.cloud.api.operations.permissions import lengthened, missing, taken
from lablib.cloud.functions.resource_policy import EMPTY, ResourcePolicy

_STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetLayerPolicy API to retrieve the latest Revision Id"
)


async def add_layer_version_permission(call: Call) -> Mapping[str, Any]:
    """Let an account, all accounts of an organization, or everybody use a version."""
    given, arn = call.parameters, _version(call)
    policy, revision = _policy(call, arn)
    _check_revision(call, revision)
    if policy is not None and policy.has(given["StatementId"]):
        raise conflict(taken(given["StatementId"]))
    principal = given["Principal"]
    if principal.isdecimal():
        principal = f"arn:aws:iam::{principal}:root"
    statement: dict[str, Any] = {
        "Sid": given["StatementId"], "Effect": "Allow", "Principal": principal if principal == "*" else {"AWS": principal},
        "Action": given["Action"], "Resource": arn,
    }  # fmt: skip
    if "OrganizationId" in given:
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": given["OrganizationId"]}}
    revised = _keep(call, arn, lengthened(policy or EMPTY, statement))
    return {"Statement": json.dumps(statement, separators=(",", ":")), "RevisionId": revised}


async def remove_layer_version_permission(call: Call) -> Mapping[str, Any]:
    """Take a statement away."""
    arn, statement_id = _version(call), call.parameters["StatementId"]
    policy, revision = _policy(call, arn)
    _check_revision(call, revision)
    if policy is None or not policy.has(statement_id):
        raise not_found(missing(statement_id))
    _keep(call, arn, policy.without(statement_id))
    return {}


async def get_layer_version_policy(call: Call) -> Mapping[str, Any]:
    """A version's policy."""
    policy, revision = _policy(call, _version(call))
    if policy is None:
        raise not_found("No policy is associated with the given resource.")
    return {"Policy": policy.text, "RevisionId": revision}


def _version(call: Call) -> str:
    """The ARN of the version that the request names, which must be there."""
    layers = call.functions.layers
    name, number = layer_name(call), layer_number(call)
    if layers.find(name, number) is None:
        raise not_found(f"Layer version {layers.arn(name, number)} does not exist.")
    return layers.arn(name, number)


def _policy(call: Call, arn: str) -> tuple[ResourcePolicy | None, str | None]:
    return call.functions.layers.policies.get(arn, (None, None))


def _keep(call: Call, arn: str, policy: ResourcePolicy | None) -> str:
    revision = str(uuid.uuid4())
    call.functions.layers.policies.pop(arn, None)
    if policy is not None:
        call.functions.layers.policies[arn] = policy, revision
    return revision


def _check_revision(call: Call, revision: str | None) -> None:
    wanted = call.parameters.get("RevisionId")
    if wanted is not None and wanted != revision:
        raise LambdaError("PreconditionFailedException", _STALE)
