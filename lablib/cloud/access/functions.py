"""What a request to Lambda needs.

Source: "Actions, resources, and condition keys for AWS Lambda", Service Authorization Reference, 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from lablib.cloud.access.decision import Asked
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.api.wire import Wire
from lablib.cloud.web import Request

# Operations whose permission has another name.
_ACTIONS = {
    "Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction",
    "GetLayerVersionByArn": "GetLayerVersion",
}  # fmt: skip
# Operations on what their path names, of which the body says something too that IAM looks at.
_READ = ("UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishLayerVersion")
# These name a function, but their permission is not for it: it has no resources.
_WITHOUT_RESOURCE = ("CreateEventSourceMapping", "ListEventSourceMappings")
_FUNCTION = re.compile(r"(?:arn:[^:]+:lambda:)?(?:[a-z]{2}-[a-z-]+-\d:)?(?:\d{12}:)?(?:function:)?([^:]+)(?::(.+))?")


class LambdaNeeds:
    """Reads requests to Lambda. `place` is REGION:ACCOUNT, for ARNs."""

    def __init__(self, wire: Wire, place: str) -> None:
        self._wire, self._prefix = wire, f"arn:aws:lambda:{place}:"

    def of(self, request: Request) -> list[Asked]:
        """The actions that a request needs; none for what is no operation, which Lambda itself refuses."""
        try:
            operation, labels = self._wire.route(request)
        except LambdaError:
            return []
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        body = _members(request.body) if operation.name in _READ or not labels else {}
        resource = "*" if operation.name in _WITHOUT_RESOURCE else self._resource({**body, **query, **labels})
        asked = [Asked(f"lambda:{_ACTIONS.get(operation.name, operation.name)}", resource)]
        if operation.name in ("CreateFunction", "UpdateFunctionConfiguration") and isinstance(body.get("Role"), str):
            asked.append(Asked("iam:PassRole", body["Role"], {"iam:passedtoservice": "lambda.amazonaws.com"}))
        return asked + _object(operation.name, body)

    def _resource(self, given: Mapping[str, Any]) -> str:
        for name in ("ResourceArn", "Resource", "CodeSigningConfigArn", "Arn"):
            if str(given.get(name, "")).startswith("arn:"):
                return str(given[name])
        if given.get("LayerName"):
            layer = str(given["LayerName"])
            arn = layer if layer.startswith("arn:") else f"{self._prefix}layer:{layer}"
            return f"{arn}:{given['VersionNumber']}" if given.get("VersionNumber") else arn
        if given.get("UUID"):
            return f"{self._prefix}event-source-mapping:{given['UUID']}"
        match = _FUNCTION.fullmatch(str(given.get("FunctionName", "")))
        if match is None:
            return "*"
        qualifier = given.get("Qualifier") or match[2]
        return f"{self._prefix}function:{match[1]}" + (f":{qualifier}" if qualifier else "")


def _object(operation: str, body: Mapping[str, Any]) -> list[Asked]:
    """What Lambda reads from S3 in the caller's name: the package of a function or a layer."""
    code = {"CreateFunction": body.get("Code"), "PublishLayerVersion": body.get("Content")}.get(operation, body)
    if not isinstance(code, dict) or not (code.get("S3Bucket") and code.get("S3Key")):
        return []
    action = "s3:GetObjectVersion" if code.get("S3ObjectVersion") else "s3:GetObject"
    return [Asked(action, f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}")]


def _members(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
