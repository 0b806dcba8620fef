"""The events that REST APIs make of requests: of a function behind a proxy integration, and of an authorizer.

Samples: aws-sam-cli's ``apigateway-aws-proxy`` and ``apigateway-authorizer``; captured events of 2024.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from lablib.cloud.sources.rest.call import Call, every, last

EVERYTHING = "*/*"


def is_binary(media_type: str, binary: frozenset[str]) -> bool:
    """Whether an API takes this media type for binary: it names it, or all of its kind (``image/*``), or ``*/*``.

    The second is on no page; a third party saw it at work (ministack's pull request 767, 2026-06).
    """
    return EVERYTHING in binary or (bool(media_type) and not binary.isdisjoint((media_type, f"{media_type.partition('/')[0]}/*")))


def proxy_event(
    call: Call, context: Mapping[str, Any], resource_path: str, parameters: Mapping[str, str], binary: frozenset[str]
) -> dict[str, Any]:  # fmt: skip
    """What a function gets from an AWS_PROXY integration. What is empty is null.

    Parameters
    ----------
    binary
        The API's binary media types.
    """
    body, encoded = _body(call, binary)
    return {
        "resource": resource_path, "path": call.path, "httpMethod": call.method,
        "headers": last(call.headers) or None, "multiValueHeaders": every(call.headers) or None,
        "queryStringParameters": last(call.query) or None, "multiValueQueryStringParameters": every(call.query) or None,
        "pathParameters": dict(parameters) or None, "stageVariables": dict(call.variables) or None,
        "requestContext": dict(context), "body": body, "isBase64Encoded": encoded,
    }  # fmt: skip


def _body(call: Call, binary: frozenset[str]) -> tuple[str | None, bool]:
    if not call.body:
        return None, False
    if is_binary(call.media_type, binary):
        return base64.b64encode(call.body).decode(), True
    return call.text, False


def token_event(arn: str, token: str) -> dict[str, Any]:
    """What an authorizer of type TOKEN gets."""
    return {"type": "TOKEN", "methodArn": arn, "authorizationToken": token}


def request_event(
    call: Call, context: Mapping[str, Any], resource_path: str, parameters: Mapping[str, str]
) -> dict[str, Any]:  # fmt: skip
    """What an authorizer of type REQUEST gets. What is empty is an empty object here."""
    return {
        "type": "REQUEST", "methodArn": call.arn(), "resource": resource_path, "path": call.path, "httpMethod": call.method,
        "headers": last(call.headers), "multiValueHeaders": every(call.headers), "queryStringParameters": last(call.query),
        "multiValueQueryStringParameters": every(call.query), "pathParameters": dict(parameters),
        "stageVariables": dict(call.variables), "requestContext": dict(context),
    }  # fmt: skip
