"""What a request to a service needs: which actions, on which resources.

Actions are the service's operations but for those in `_ACTIONS`. Resources are those of the Service Authorization Reference,
2026, for the services of this course; of another service the resource is `ANY`: its policies are held to their actions alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from botocore.model import ServiceModel

from lablib.cloud.access.decision import ANY, Asked
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.api.wire import Wire
from lablib.cloud.web import Request

# Services whose actions begin with another word than their signatures' scope.
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag"}
# Batches need what their parts need.
_ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage", "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility", "sns:PublishBatch": "sns:Publish",
}  # fmt: skip
# How a secret's ARN ends, as policies write it.
SIX_OF_CHANCE = "-??????"
# Nobody needs a permission for these: "Actions for AWS STS", Service Authorization Reference, 2026.
FREE = ("sts:GetCallerIdentity", "sts:GetSessionToken")


@dataclass(frozen=True)
class Operation:
    """A request, as far as IAM looks at it. `parameters` are a JSON body's members, or a form's."""

    service: str
    name: str
    parameters: Mapping[str, Any]
    region: str
    account: str
    method: str = "POST"
    path: str = "/"

    def arn(self, resource: str, service: str | None = None) -> str:
        """An ARN of this place."""
        return f"arn:aws:{service or self.service}:{self.region}:{self.account}:{resource}"

    def text(self, *names: str) -> str:
        """The first of these parameters that is there; else nothing."""
        return next((str(self.parameters[name]) for name in names if self.parameters.get(name)), "")


def operation_of(request: Request, service: str, region: str, account: str) -> Operation:
    """The operation of a request, in any of AWS's protocols; of the REST ones without its parameters."""
    target = request.headers.get("X-Amz-Target")
    if target is not None:
        return Operation(service, target.rpartition(".")[2], _json(request.body), region, account)
    if "/operation/" in request.path and request.path.startswith("/service/"):
        return Operation(service, request.path.rpartition("/")[2], {}, region, account)
    form = parse_qs(request.query) | (parse_qs(request.body.decode("latin-1")) if _is_form(request) else {})
    if "Action" not in form:
        return Operation(service, _rest_operation(request, service), {}, region, account, request.method, request.path)
    parameters = {name: values[0] for name, values in form.items()}
    if service == "sqs" and "QueueUrl" not in parameters:
        parameters["QueueUrl"] = request.path
    return Operation(service, parameters["Action"], parameters, region, account)


def _is_form(request: Request) -> bool:
    return request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")


def _rest_operation(request: Request, service: str) -> str:
    wire = wire_of(service)
    try:
        return "*" if wire is None else wire.route(request)[0].name
    except LambdaError:  # a path that the model does not have
        return "*"


@cache
def wire_of(service: str) -> Wire | None:
    """The operations of a service, from botocore's model of it; None if it has none of this name."""
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader

    try:
        return Wire(ServiceModel(Loader().load_service_model(service, "service-2"), service))
    except UnknownServiceError:
        return None


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def needs(operation: Operation) -> list[Asked]:
    """The actions that an operation needs; all of them must be allowed."""
    own = f"{_PREFIXES.get(operation.service, operation.service)}:{operation.name}"
    if own in FREE:
        return []
    if operation.service == "apigateway":
        return [Asked(f"apigateway:{operation.method}", f"arn:aws:apigateway:{operation.region}::{operation.path}")]
    resources = _RESOURCES.get(operation.service)
    if resources is None:
        return [Asked(_ACTIONS.get(own, own), ANY)]
    found = resources(operation)
    return [item if isinstance(item, Asked) else Asked(_ACTIONS.get(own, own), item) for item in found]


Found = list[str | Asked]


def _dynamodb(operation: Operation) -> Found:
    parameters = operation.parameters
    if "RequestItems" in parameters:
        return [_table(operation, name) for name in _mapping(parameters["RequestItems"])]
    if "TransactItems" in parameters:
        return _transaction(operation)
    if operation.text("StreamArn"):
        return [operation.text("StreamArn")]
    name = operation.text("TableName", "ResourceArn", "TableArn")
    if not name:
        return [ANY]
    index = operation.text("IndexName")
    return [_table(operation, name) + (f"/index/{index}" if index else "")]


def _table(operation: Operation, name: str) -> str:
    return name if name.startswith("arn:") else operation.arn(f"table/{name}")


def _transaction(operation: Operation) -> Found:
    actions = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Get": "GetItem",
               "ConditionCheck": "ConditionCheckItem"}  # fmt: skip
    items = operation.parameters["TransactItems"]
    parts = [part for item in (items if isinstance(items, list) else []) for part in _mapping(item).items()]
    return [
        Asked(f"dynamodb:{actions[kind]}", _table(operation, str(_mapping(part).get("TableName", ""))))
        for kind, part in parts if kind in actions
    ]  # fmt: skip


def _sqs(operation: Operation) -> Found:
    name = operation.text("QueueName") or operation.text("QueueUrl").rstrip("/").rpartition("/")[2]
    return [operation.arn(name) if name else "*"]


def _sns(operation: Operation) -> Found:
    if operation.text("SubscriptionArn"):
        return [operation.text("SubscriptionArn").rpartition(":")[0]]
    name = operation.text("Name")
    return [operation.text("TopicArn", "TargetArn", "ResourceArn") or (operation.arn(name) if name else "*")]


def _kinesis(operation: Operation) -> Found:
    name = operation.text("StreamName")
    arn = operation.text("StreamARN", "ConsumerARN") or (operation.arn(f"stream/{name}") if name else "")
    # GetRecords names its stream in the iterator alone, which only the service can read.
    return [arn or ("*" if operation.name.startswith("List") else ANY)]


def _events(operation: Operation) -> Found:
    if operation.name == "PutEvents":
        entries = operation.parameters.get("Entries")
        listed = entries if isinstance(entries, list) else []
        return [_bus(operation, bus) for bus in sorted({str(_mapping(entry).get("EventBusName") or "default") for entry in listed})]
    if "Rule" in operation.name or "Target" in operation.name:
        name, bus = operation.text("Rule", "Name"), operation.text("EventBusName").rpartition("/")[2]
        inside = f"{bus}/" if bus not in ("", "default") else ""
        return [operation.arn(f"rule/{inside}{name}") if name else "*"]
    if "EventBus" in operation.name and operation.text("Name"):
        return [_bus(operation, operation.text("Name"))]
    return [operation.text("ResourceARN") or ANY]


def _bus(operation: Operation, name: str) -> str:
    return name if name.startswith("arn:") else operation.arn(f"event-bus/{name}")


def _logs(operation: Operation) -> Found:
    group = operation.text("logGroupName", "logGroupNamePrefix", "logGroupIdentifier", "resourceArn")
    if ":log-group:" in group:
        group = group.partition(":log-group:")[2].removesuffix(":*")
    # As AWS's refusals show it (captured, 2024): with "log-stream:" also where no stream is named.
    whole = operation.arn(f"log-group:{group}:log-stream:{operation.text('logStreamName')}")
    return [Asked(f"logs:{operation.name}", whole, also=(operation.arn(f"log-group:{group}"),))]


def _states(operation: Operation) -> Found:
    arn = operation.text("stateMachineArn", "executionArn", "activityArn", "resourceArn", "mapRunArn")
    if operation.name == "CreateStateMachine":
        role = operation.text("roleArn")
        passed = Asked("iam:PassRole", role, {"iam:passedtoservice": "states.amazonaws.com"})
        return [operation.arn(f"stateMachine:{operation.text('name')}"), *([passed] if role else [])]
    if operation.name == "CreateActivity":
        return [operation.arn(f"activity:{operation.text('name')}")]
    return [arn or ("*" if operation.name.startswith("List") else ANY)]


def _secrets(operation: Operation) -> Found:
    name = operation.text("SecretId", "Name")
    if not name or name.startswith("arn:"):
        return [name or "*"]
    return [operation.arn(f"secret:{name}{SIX_OF_CHANCE}")]


def _iam(operation: Operation) -> Found:
    arn = operation.text("PolicyArn") if "Attach" not in operation.name and "Detach" not in operation.name else ""
    for kind in ("role", "user", "group", "policy", "instance-profile"):
        name = operation.text("".join(word.capitalize() for word in kind.split("-")) + "Name")
        if name and not arn:
            path = operation.text("Path") or "/"
            arn = f"arn:aws:iam::{operation.account}:{kind}{path}{name}"
    return [arn or "*"]


def _sts(operation: Operation) -> Found:
    name = operation.text("Name")
    federated = f"arn:aws:sts::{operation.account}:federated-user/{name}" if name else "*"
    keys = {"sts:externalid": "ExternalId", "sts:rolesessionname": "RoleSessionName"}
    context = {key: operation.text(name) for key, name in keys.items() if operation.text(name)}
    return [Asked(f"sts:{operation.name}", operation.text("RoleArn") or federated, context)]


def _cloudwatch(operation: Operation) -> Found:
    alarm = operation.text("AlarmName")
    if alarm:
        return [operation.arn(f"alarm:{alarm}", "cloudwatch")]
    return ["*" if operation.name.startswith(("Put", "Get", "List")) else ANY]


def _ssm(operation: Operation) -> Found:
    names = operation.parameters.get("Names")
    listed = [str(name) for name in names] if isinstance(names, list) else [operation.text("Name", "Path")]
    whole = [name if name.startswith("arn:") else operation.arn(f"parameter/{name.removeprefix('/')}") for name in listed if name]
    return [*whole] or ["*"]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


_RESOURCES: dict[str, Callable[[Operation], Found]] = {
    "dynamodb": _dynamodb, "sqs": _sqs, "sns": _sns, "kinesis": _kinesis, "events": _events, "logs": _logs, "states": _states,
    "secretsmanager": _secrets, "iam": _iam, "sts": _sts, "monitoring": _cloudwatch, "ssm": _ssm,
}  # fmt: skip
