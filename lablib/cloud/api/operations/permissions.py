"""Who else may use a function: its resource-based policies, a statement at a time (AddPermission) or as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.access.documents import statements
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, conflict, invalid_parameter, not_found
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve
from lablib.cloud.functions import LATEST, Function
from lablib.cloud.functions.resource_policy import EMPTY, ResourcePolicy, TooLong

_ACCOUNT = re.compile(r"\d{12}")
_IDENTITY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):(?:root|(?:user|role|assumed-role|federated-user)/[\w+=,.@/-]+)")
# With a region in its name there is CloudWatch Logs alone; events.us-east-1.amazonaws.com is refused (captured, 2024).
_SERVICE = re.compile(r"[a-z0-9-]+\.(?:amazonaws\.com|amazon\.com)(?:\.cn)?|logs\.[a-z0-9-]+\.amazonaws\.com")

NO_POLICY = "The resource you requested does not exist."
# That AWS says this sentence of GetPolicy and GetResourcePolicy too, as it does of GetFunction/GetAlias, is unconfirmed.
_STALE = "The Revision Id provided does not match the latest Revision Id. Call the {} API to retrieve the latest Revision Id"


@dataclass(frozen=True)
class Target:
    """What a policy belongs to: a function, or one of its versions or aliases."""

    function: Function
    qualifier: str | None
    arn: str

    @property
    def policy(self) -> ResourcePolicy | None:
        return self.function.policies.get(self.qualifier)


async def add_permission(call: Call) -> Mapping[str, Any]:
    """Add a statement to the policy of a function, a version or an alias."""
    given = call.parameters
    await _to_be_added_to(call)
    principal = await _principal(call, given["Principal"])
    target = await _to_be_added_to(call)  # others may have changed it while IAM was asked
    statement = {
        "Sid": given["StatementId"], "Effect": "Allow", "Principal": principal, "Action": given["Action"], "Resource": target.arn,
    }  # fmt: skip
    conditions = _conditions(given)
    if conditions:
        statement["Condition"] = conditions
    _keep(target, lengthened(target.policy or EMPTY, statement))
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


async def _to_be_added_to(call: Call) -> Target:
    given = call.parameters
    target = await _target(call, given["FunctionName"], given.get("Qualifier"))
    if target.qualifier == LATEST:
        raise invalid_parameter("We currently do not support adding policies for $LATEST.")
    if target.policy is not None and target.policy.has(given["StatementId"]):
        raise conflict(taken(given["StatementId"]))
    _check_revision(target, given.get("RevisionId"), "GetPolicy")
    return target


async def remove_permission(call: Call) -> Mapping[str, Any]:
    """Remove a statement."""
    given = call.parameters
    reference = resolve(call.functions, given["FunctionName"], given.get("Qualifier"))
    if reference.name not in call.functions:
        raise not_found(f"No policy found for: {call.functions.arn(reference.name)}")
    target = await _target(call, given["FunctionName"], given.get("Qualifier"))
    policy = target.policy
    if policy is None:
        raise not_found("No policy is associated with the given resource.")
    if not policy.has(given["StatementId"]):
        raise not_found(missing(given["StatementId"]))
    _check_revision(target, given.get("RevisionId"), "GetPolicy")
    _keep(target, policy.without(given["StatementId"]))
    return {}


async def get_policy(call: Call) -> Mapping[str, Any]:
    """The policy of a function, a version or an alias."""
    target = await _target(call, call.parameters["FunctionName"], call.parameters.get("Qualifier"))
    return _described(target)


async def put_resource_policy(call: Call) -> Mapping[str, Any]:
    """Replace a whole policy. It may have more in it than AddPermission can say, such as Deny."""
    given = call.parameters
    target = await _of_arn(call)
    _check_revision(target, given.get("RevisionId"), "GetResourcePolicy")
    _keep(target, ResourcePolicy(_document(given["Policy"], target.arn)))
    return _described(await _of_arn(call))


async def get_resource_policy(call: Call) -> Mapping[str, Any]:
    """The policy of the function, version or alias that an ARN names."""
    return _described(await _of_arn(call))


async def delete_resource_policy(call: Call) -> Mapping[str, Any]:
    """Remove a whole policy."""
    target = await _of_arn(call)
    if target.policy is None:
        raise not_found(NO_POLICY)
    _check_revision(target, call.parameters.get("RevisionId"), "GetResourcePolicy")
    _keep(target, None)
    return {}


def taken(statement_id: str) -> str:
    """What a statement id that exists already answers, of functions and of layers."""
    return (
        f"The statement id ({statement_id}) provided already exists. "
        "Please provide a new statement id, or remove the existing statement."
    )


def missing(statement_id: str) -> str:
    """What a statement id that does not exist answers."""
    return f"Statement {statement_id} is not found in resource policy."


def lengthened(policy: ResourcePolicy, statement: Mapping[str, Any]) -> ResourcePolicy:
    """A policy with one more statement. Raises ``PolicyLengthExceededException``."""
    try:
        return policy.with_statement(statement)
    except TooLong as error:
        raise LambdaError("PolicyLengthExceededException", str(error)) from error


def _keep(target: Target, policy: ResourcePolicy | None) -> None:
    target.function.policies.pop(target.qualifier, None)
    if policy is not None:
        target.function.policies[target.qualifier] = policy


def _described(target: Target) -> dict[str, Any]:
    if target.policy is None:
        raise not_found(NO_POLICY)
    return {"Policy": target.policy.text, "RevisionId": target.policy.revision_id}


async def _target(call: Call, name: str, qualifier: str | None) -> Target:
    reference = resolve(call.functions, name, qualifier)
    await settled(call, reference.name)
    function = call.functions.function(reference.name)
    qualifier = reference.qualifier
    arn = call.functions.arn(reference.name, qualifier)
    if function.find(qualifier) is None:
        raise not_found(f"Function not found: {arn}" if (qualifier or "").isdecimal() else f"Cannot find alias arn: {arn}")
    return Target(function, qualifier, arn)


async def _of_arn(call: Call) -> Target:
    arn: str = call.parameters["ResourceArn"]
    if ":runtime/" in arn:
        raise not_found(f"Runtime not found: {arn}")
    return await _target(call, arn, None)


def _check_revision(target: Target, revision_id: str | None, operation: str) -> None:
    if revision_id is not None and (target.policy is None or revision_id != target.policy.revision_id):
        raise LambdaError("PreconditionFailedException", _STALE.format(operation))


async def _principal(call: Call, given: str) -> str | dict[str, str]:
    if given == "*":
        return given
    if _SERVICE.fullmatch(given):
        return {"Service": given}
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:aws:iam::{given}:root"}
    identity = _IDENTITY.fullmatch(given)
    if identity is None or (identity[1] == call.functions.account_id and not await call.neighbours.identity_exists(given)):
        raise invalid_parameter("The provided principal was invalid. Please check the principal and try again.")
    return {"AWS": given}


def _conditions(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    if "FunctionUrlAuthType" in given and given["Action"] != "lambda:InvokeFunctionUrl":
        raise invalid_parameter("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action")
    if given.get("InvokedViaFunctionUrl") and given["Action"] != "lambda:InvokeFunction":
        # The counterpart of the sentence above, which is AWS's; this one is unconfirmed.
        raise invalid_parameter("InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action")
    equal = {
        "lambda:FunctionUrlAuthType": given.get("FunctionUrlAuthType"),
        "aws:PrincipalOrgID": given.get("PrincipalOrgID"),
        "AWS:SourceAccount": given.get("SourceAccount"),
        "lambda:EventSourceToken": given.get("EventSourceToken"),
    }
    conditions = {
        "StringEquals": {key: value for key, value in equal.items() if value is not None},
        "Bool": {"lambda:InvokedViaFunctionUrl": "true"} if given.get("InvokedViaFunctionUrl") else {},
        "ArnLike": {"AWS:SourceArn": given["SourceArn"]} if "SourceArn" in given else {},
    }
    return {operator: keys for operator, keys in conditions.items() if keys}


def _document(text: str, arn: str) -> dict[str, Any]:
    """The document of PutResourcePolicy. The operation is of July 2026; how AWS words its refusals is unconfirmed."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise invalid_parameter(f"The policy is not valid JSON: {error}") from None
    given = document.get("Statement") if isinstance(document, dict) else None
    listed = given if isinstance(given, list) else [given]
    read = statements({"Statement": listed})
    if not given or len(read) != len(listed):
        raise invalid_parameter("The policy must have statements, each with an Effect, a Principal, an Action and a Resource.")
    for statement in read:
        if statement.principals is None or not statement.resources:
            raise invalid_parameter("Each statement of a resource-based policy needs a Principal and a Resource.")
        if any(resource not in (arn, "*") for resource in statement.resources):
            raise invalid_parameter(f"A statement's Resource must be the resource that the policy is for: {arn}")
    return {**document, "Statement": listed}
