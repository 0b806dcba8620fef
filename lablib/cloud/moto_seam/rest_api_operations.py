"""Operations on REST APIs that moto lacks: Update… of methods, integrations, their responses, gateway responses and resources.

Each is a list of changes to paths, as JSON Patch has them: ``{"op": "replace", "path": "/uri", "value": …}``; a slash inside a
name is ``~1``. Source: API Gateway's API reference, "Patch operations", 2026.

Touches: `APIGatewayResponse` (gets methods; its `path`, `backend`, `_get_param`), the attributes of moto's `Method`,
`Integration`, `IntegrationResponse`, `MethodResponse`, `GatewayResponse` and `Resource`, `APIGatewayBackend.get_rest_api`,
`.get_resource`,
`.get_method`; `moto.apigateway.exceptions.BadRequestException`, `NoIntegrationDefined`, `NoIntegrationResponseDefined`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shape:
    """What may be changed of a thing: plain members and maps, each by its name in paths, with moto's name for it."""

    members: Mapping[str, str] = field(default_factory=dict)
    maps: Mapping[str, str] = field(default_factory=dict)


METHOD = Shape(
    {"authorizationType": "authorization_type", "authorizerId": "authorizer_id", "apiKeyRequired": "api_key_required",
     "requestValidatorId": "request_validator_id", "operationName": "operation_name"},
    {"requestParameters": "request_parameters", "requestModels": "request_models"},
)  # fmt: skip
INTEGRATION = Shape(
    {"uri": "uri", "httpMethod": "http_method", "credentials": "credentials", "passthroughBehavior": "passthrough_behaviour",
     "timeoutInMillis": "timeout_in_millis", "contentHandling": "content_handling", "cacheNamespace": "cache_namespace",
     "connectionType": "connection_type"},
    {"requestTemplates": "request_templates", "requestParameters": "request_parameters"},
)  # fmt: skip
INTEGRATION_RESPONSE = Shape(
    {"selectionPattern": "selection_pattern", "contentHandling": "content_handling"},
    {"responseTemplates": "response_templates", "responseParameters": "response_parameters"},
)
METHOD_RESPONSE = Shape({}, {"responseParameters": "response_parameters", "responseModels": "response_models"})
GATEWAY_RESPONSE = Shape(
    {"statusCode": "status_code"}, {"responseTemplates": "response_templates", "responseParameters": "response_parameters"}
)
RESOURCE = Shape({"pathPart": "path_part", "parentId": "parent_id"})


def change(thing: Any, shape: Shape, operations: list[Mapping[str, Any]]) -> None:
    """Change something of moto's. Raises moto's `BadRequestException`, and changes nothing then."""
    from moto.apigateway.exceptions import BadRequestException

    changes: list[Callable[[], None]] = []
    for operation in operations:
        kind, path, value = operation.get("op"), str(operation.get("path", "")), operation.get("value")
        name, inner, key = path.removeprefix("/").partition("/")
        known = name in (shape.maps if inner else shape.members)
        if kind not in ("add", "replace", "remove") or not known:
            allowed = ", ".join(sorted(["/" + one for one in shape.members] + [f"/{one}/<name>" for one in shape.maps]))
            raise BadRequestException(f"Invalid patch path  '{path}' specified for op '{kind}'. Must be one of: [{allowed}]")
        kept = None if kind == "remove" else value
        if inner:
            changes.append(_in_map(thing, shape.maps[name], key.replace("~1", "/").replace("~0", "~"), kept, kind == "remove"))
        else:
            changes.append(_member(thing, shape.members[name], kept))
    for make in changes:
        make()


def _member(thing: Any, name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(thing, name, value)


def _in_map(thing: Any, name: str, key: str, value: Any, removed: bool) -> Callable[[], None]:
    def make() -> None:
        values = dict(getattr(thing, name) or {})
        values.pop(key, None)
        setattr(thing, name, values if removed else {**values, key: value})

    return make


def add_to(response: Any) -> None:
    """Give moto's `APIGatewayResponse` the operations."""
    response.update_method = _operation(_method, METHOD)
    response.update_integration = _operation(_integration, INTEGRATION)
    response.update_integration_response = _operation(_integration_response, INTEGRATION_RESPONSE)
    response.update_method_response = _operation(_method_response, METHOD_RESPONSE)
    response.update_gateway_response = _operation(_gateway_response, GATEWAY_RESPONSE)
    response.update_resource = _operation(_resource, RESOURCE)


def _operation(find: Callable[[Any, list[str]], Any], shape: Shape) -> Callable[[Any], Any]:
    def update(response: Any) -> Any:
        thing = find(response.backend, response.path.strip("/").split("/"))
        change(thing, shape, response._get_param("patchOperations") or [])
        written = thing.to_dict() if shape is RESOURCE else thing.to_json()
        return 200, {}, json.dumps(written)

    return update


def _method(backend: Any, parts: list[str]) -> Any:
    return backend.get_method(parts[1], parts[3], parts[5])


def _integration(backend: Any, parts: list[str]) -> Any:
    from moto.apigateway.exceptions import NoIntegrationDefined

    integration = _method(backend, parts).method_integration
    if integration is None:
        raise NoIntegrationDefined()
    return integration


def _integration_response(backend: Any, parts: list[str]) -> Any:
    return _integration(backend, parts).get_integration_response(parts[-1])


def _method_response(backend: Any, parts: list[str]) -> Any:
    from moto.apigateway.exceptions import NoIntegrationResponseDefined

    response = _method(backend, parts).get_response(parts[-1])
    if response is None:
        raise NoIntegrationResponseDefined()
    return response


def _gateway_response(backend: Any, parts: list[str]) -> Any:
    """One that was not customized yet is customized by this."""
    api = backend.get_rest_api(parts[1])
    if parts[3] not in api.gateway_responses:
        api.put_gateway_response(parts[3], None, {}, {})
    return api.gateway_responses[parts[3]]


def _resource(backend: Any, parts: list[str]) -> Any:
    return backend.get_resource(parts[1], parts[3])
