"""What is wrong with a request at which a service failed: a type or a constraint of the service's own model that it breaks.

moto looks at what it needs of a request and takes the rest as it comes, so what is wrong meets it as a mistake of its own. Only
then the request is held against botocore's model of the service: requests that moto answers cost nothing. Services of the JSON
protocols alone; that each names a broken constraint by the code that stands here is unconfirmed. Of DynamoDB also what no model
says: a placeholder in an expression that the request does not define (AWS's words, from captured answers, 2026).
"""

from __future__ import annotations

import json
import re

from lablib.cloud.access.resources import wire_of
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.api.validation import validate
from lablib.cloud.web import Request

# Services that botocore calls by another name than their signatures' scope.
_MODELS = {"states": "stepfunctions", "monitoring": "cloudwatch"}
# The code of a request that a service cannot take, of services that do not say ValidationException or SerializationException.
_CODES = {"apigateway": "BadRequestException", "logs": "InvalidParameterException", "kinesis": "InvalidArgumentException"}


def mistake_of(request: Request, service: str | None) -> tuple[str, str] | None:
    """The code and the sentence (400) of what is wrong with a request; None if nothing is, as far as the model tells.

    `service` is the one that it is signed for.
    """
    name = "apigatewayv2" if service == "apigateway" and request.path.startswith("/v2/") else _MODELS.get(service or "", service)
    wire = wire_of(name) if name else None
    protocol = "" if wire is None else wire.service.metadata["protocol"]
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if wire is None or (target not in wire.operations if target else protocol != "rest-json"):
        return None
    try:
        operation, labels = (wire.operations[target], {}) if target else wire.route(request)
        validate(operation.input, wire.parse(operation, request, labels))
    except LambdaError as wrong:
        if wrong.code == "UnknownOperationException":
            return None
        code = "SerializationException" if wrong.code == "InvalidRequestContentException" else wrong.code
        return _CODES.get(service or "", code), str(wrong)
    return _undefined_placeholder(json.loads(request.body)) if service == "dynamodb" else None


_PLACEHOLDERS = (
    (r":\w+", "ExpressionAttributeValues", "value used in expression is not defined; attribute value"),
    (r"#\w+", "ExpressionAttributeNames", "name used in the document path is not defined; attribute name"),
)


def _undefined_placeholder(asked: dict[str, object]) -> tuple[str, str] | None:
    """The first placeholder of an expression (``:value``, ``#name``) that nothing defines."""
    for expression, text in asked.items():
        if not expression.endswith("Expression") or not isinstance(text, str):
            continue
        for pattern, defined, what in _PLACEHOLDERS:
            known = asked.get(defined)
            for placeholder in re.findall(pattern, text):
                if not isinstance(known, dict) or placeholder not in known:
                    return "ValidationException", f"Invalid {expression}: An expression attribute {what}: {placeholder}"
    return None
