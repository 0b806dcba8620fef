"""Other services behind a route of an HTTP API: ``SQS-SendMessage`` and its like, in the name of the integration's role.

Source: API Gateway's http-api-develop-integrations-aws-services and its reference of subtypes, 2026. In which form AWS hands a
service's answer on is on no page: here it is JSON.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from lablib.cloud.sources.acting import Acting, Failed
from lablib.cloud.sources.http.api_call import ApiCall
from lablib.cloud.sources.http.door import message
from lablib.cloud.sources.http.mapping import Values
from lablib.cloud.web import Answer

if TYPE_CHECKING:
    from lablib.cloud.sources.context import SourceContext

# botocore's name of the service, and the operation.
SUBTYPES = {
    "EventBridge-PutEvents": ("events", "PutEvents"), "Kinesis-PutRecord": ("kinesis", "PutRecord"),
    "SQS-SendMessage": ("sqs", "SendMessage"), "SQS-ReceiveMessage": ("sqs", "ReceiveMessage"),
    "SQS-DeleteMessage": ("sqs", "DeleteMessage"), "SQS-PurgeQueue": ("sqs", "PurgeQueue"),
    "StepFunctions-StartExecution": ("stepfunctions", "StartExecution"),
    "StepFunctions-StartSyncExecution": ("stepfunctions", "StartSyncExecution"),
    "StepFunctions-StopExecution": ("stepfunctions", "StopExecution"),
}  # fmt: skip


class Services:
    """Asks other services for the routes of every API."""

    def __init__(self, context: SourceContext) -> None:
        self._region = context.region
        self._acting = Acting(context.url, context.clock, "apigateway.amazonaws.com")

    def reset(self) -> None:
        """Forget the roles' credentials."""
        self._acting.reset()

    async def ask(self, call: ApiCall, subtype: str, role: str | None, parameters: Mapping[str, str], values: Values) -> Answer:
        """What a service answers to a request made of an integration's parameters."""
        if subtype not in SUBTYPES:
            return message(501, f"This local cloud has no integration with {subtype}.")
        if role is None:
            return message(500, "Internal Server Error")
        service, operation = SUBTYPES[subtype]
        given = {name: values.of(value) for name, value in parameters.items()}
        region = given.pop("Region", None) or self._region
        try:
            wanted = _parameters(service, operation, given)
            answer = await self._acting.call(call.filled(role), region, service, operation, wanted)
        except (ValueError, binascii.Error):
            return message(400, "Bad Request")
        except Failed as failed:
            content = {"__type": failed.code, "message": failed.message}
            return Answer(400, {"Content-Type": "application/json"}, json.dumps(content).encode())
        content = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(content, default=_plain).encode())


def _parameters(service: str, operation: str, given: Mapping[str, str]) -> dict[str, Any]:
    """An operation's parameters: each is text here, and what the service's model says there. Raises `ValueError`."""
    shape = _model(service).operation_model(operation).input_shape
    if operation == "PutEvents":
        entry = shape.members["Entries"].member
        return {"Entries": [_members(entry, given)]}
    return _members(shape, given)


def _members(shape: Any, given: Mapping[str, str]) -> dict[str, Any]:
    by_name = {name.lower(): name for name in shape.members}  # Step Functions' begin small
    found = {}
    for name, text in given.items():
        known = by_name.get(name.lower())
        if known is not None and text != "":
            found[known] = _typed(shape.members[known].type_name, text)
    return found


def _typed(kind: str, text: str) -> Any:
    if kind in ("integer", "long"):
        return int(text)
    if kind in ("structure", "map", "list"):
        return json.loads(text)
    return base64.b64decode(text, validate=True) if kind == "blob" else text


def _plain(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else str(value)


@cache
def _model(service: str) -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
