"""What an OpenAPI document says beyond paths and integrations, which moto leaves out when it imports one.

Authorizers and API keys (``securitySchemes``, ``security``), request validators, models, parameters, gateway responses, binary
media types, the resource policy and where API keys come from. Documents of Swagger 2.0, which moto refuses, are read like the
others. Source: API Gateway Developer Guide, "OpenAPI extensions for API Gateway", 2026.

Touches: `APIGatewayBackend.put_rest_api`, `.put_integration`, `.import_rest_api`, `.create_authorizer`;
`RestAPI.get_resource_for_path`, `.add_model`, `.create_request_validator`, `.put_gateway_response`, `.request_validators`,
`.models`, `.authorizers` and the attributes ``binaryMediaTypes``, ``policy``, ``api_key_source``; `Resource.resource_methods` and
the attributes of `Method` and `MethodResponse`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

_EXTENSION = "x-amazon-apigateway-"
_ANY = f"{_EXTENSION}any-method"
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", _ANY)
_PLACES = {"query": "querystring", "header": "header", "path": "path"}
_ADDRESS = "https://apigateway.amazonaws.com/restapis"

Document = Mapping[str, Any]


def correct(backend: Any) -> None:
    """Have moto's `APIGatewayBackend` import documents whole."""
    backend.import_rest_api = _with_description(backend.import_rest_api)
    backend.put_rest_api = _whole(backend.put_rest_api)
    backend.put_integration = _without_address(backend.put_integration)


def _with_description(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def import_rest_api(backend: Any, api_doc: dict[str, Any], fail_on_warnings: bool) -> Any:
        info = {"title": "", "description": "", **(api_doc.get("info") or {})}
        return original(backend, {**api_doc, "info": info} if not fail_on_warnings else api_doc, fail_on_warnings)

    return import_rest_api


def _without_address(original: Callable[..., Any]) -> Callable[..., Any]:
    """A MOCK has none, and a document leaves it out."""

    @wraps(original)
    def put_integration(backend: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) < 5:
            kwargs.setdefault("uri", "")
        if len(args) < 6:
            kwargs.setdefault("integration_method", None)
        return original(backend, *args, **kwargs)

    return put_integration


def _whole(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def put_rest_api(
        backend: Any, function_id: str, api_doc: dict[str, Any], fail_on_warnings: bool, mode: str = "merge"
    ) -> Any:  # fmt: skip
        document = api_doc
        if str(api_doc.get("swagger", "")).startswith("2."):
            document = {key: value for key, value in api_doc.items() if key != "swagger"} | {"openapi": "3.0.1"}
            fail_on_warnings = False  # the validator would hold it to OpenAPI 3
        paths = {path: _methods_of(item) for path, item in (document.get("paths") or {}).items()}
        original(backend, function_id, {**document, "paths": paths}, fail_on_warnings, mode=mode)
        api = backend.get_rest_api(function_id)
        _settings(api, document)
        authorizers = _authorizers(backend, api, document)
        for path, item in paths.items():
            methods = api.get_resource_for_path(path).resource_methods
            for name, operation in item.items():
                _method(api, methods[name.upper()], operation, document, authorizers)
        return api

    return put_rest_api


def _methods_of(item: Document) -> dict[str, Any]:
    """The operations of a path; its own parameters are added to each."""
    shared = list(item.get("parameters", ()))
    return {
        name: {**operation, "parameters": [*shared, *operation.get("parameters", ())]}
        for name, operation in item.items() if name in _METHODS
    }  # fmt: skip


def _settings(api: Any, document: Document) -> None:
    own = {key.removeprefix(_EXTENSION): value for key, value in document.items() if key.startswith(_EXTENSION)}
    if "binary-media-types" in own:
        api.binaryMediaTypes = list(own["binary-media-types"])
    if "policy" in own:
        api.policy = json.dumps(own["policy"])
    if "api-key-source" in own:
        api.api_key_source = own["api-key-source"]
    for kind, given in (own.get("gateway-responses") or {}).items():
        parameters = {
            key if key.startswith("gatewayresponse.") else f"gatewayresponse.{key}": value
            for key, value in (given.get("responseParameters") or {}).items()
        }
        api.put_gateway_response(kind, given.get("statusCode"), parameters, given.get("responseTemplates") or {})
    known = {validator.name for validator in api.request_validators.values()}
    for name, given in (own.get("request-validators") or {}).items():
        if name not in known:
            api.create_request_validator(
                name, bool(given.get("validateRequestBody")), bool(given.get("validateRequestParameters"))
            )
    for name, schema in _schemas(document).items():
        # A model refers to others by their address.
        text = json.dumps(schema)
        for start in ("#/components/schemas/", "#/definitions/"):
            text = text.replace(f'"{start}', f'"{_ADDRESS}/{api.id}/models/')
        api.add_model(name, "", text, "application/json")


def _schemas(document: Document) -> Document:
    schemas: Document = (document.get("components") or {}).get("schemas") or document.get("definitions") or {}
    return schemas


def _schemes(document: Document) -> Document:
    components = document.get("components") or {}
    schemes: Document = components.get("securitySchemes") or document.get("securityDefinitions") or {}
    return schemes


def _authorizers(backend: Any, api: Any, document: Document) -> dict[str, tuple[str, str]]:
    """The authorizers of a document by name: their id, and the authorization type of methods that name them."""
    found: dict[str, tuple[str, str]] = {}
    existing = {authorizer.name: authorizer.id for authorizer in api.authorizers.values()}
    for name, scheme in _schemes(document).items():
        given = scheme.get(f"{_EXTENSION}authorizer")
        if given is None:
            continue
        kind = str(given.get("type", "token")).upper()
        source = given.get("identitySource") or f"method.request.header.{scheme.get('name', 'Authorization')}"
        if name not in existing:
            existing[name] = backend.create_authorizer(
                api.id, name, kind, provider_arns=given.get("providerARNs"), authorizer_uri=given.get("authorizerUri"),
                authorizer_credentials=given.get("authorizerCredentials"), identity_source=source,
                identiy_validation_expression=given.get("identityValidationExpression"),
                authorizer_result_ttl=given.get("authorizerResultTtlInSeconds", 300),
            ).id  # fmt: skip
        found[name] = (existing[name], "COGNITO_USER_POOLS" if kind == "COGNITO_USER_POOLS" else "CUSTOM")
    return found


def _method(
    api: Any, method: Any, operation: Document, document: Document, authorizers: Mapping[str, tuple[str, str]]
) -> None:  # fmt: skip
    method.operation_name = operation.get("operationId")
    validators = {validator.name: validator.id for validator in api.request_validators.values()}
    named = operation.get(f"{_EXTENSION}request-validator", document.get(f"{_EXTENSION}request-validator"))
    method.request_validator_id = validators.get(named)
    method.request_parameters = {
        f"method.request.{_PLACES[one['in']]}.{one['name']}": bool(one.get("required"))
        for one in operation["parameters"] if one.get("in") in _PLACES
    }  # fmt: skip
    method.request_models = _models(operation)
    method.authorization_type = "NONE"
    for requirement in operation.get("security", document.get("security")) or ():
        for name in requirement:
            _secure(method, name, _schemes(document).get(name) or {}, authorizers)
    for status, response in (operation.get("responses") or {}).items():
        declared = method.method_responses.get(str(status))
        if declared is not None:
            declared.response_parameters = {f"method.response.header.{name}": False for name in response.get("headers") or ()}


def _models(operation: Document) -> dict[str, str]:
    """By content type, the model that a body has to be like: of OpenAPI 3's ``requestBody``, or of Swagger 2's body parameter."""
    content = (operation.get("requestBody") or {}).get("content") or {}
    schemas = {kind: (given.get("schema") or {}).get("$ref") for kind, given in content.items()}
    for one in operation["parameters"]:
        if one.get("in") == "body":
            schemas["application/json"] = (one.get("schema") or {}).get("$ref")
    return {kind: reference.rpartition("/")[2] for kind, reference in schemas.items() if reference}


def _secure(method: Any, name: str, scheme: Document, authorizers: Mapping[str, tuple[str, str]]) -> None:
    if name in authorizers:
        method.authorizer_id, method.authorization_type = authorizers[name]
    elif scheme.get(f"{_EXTENSION}authtype") == "awsSigv4":
        method.authorization_type = "AWS_IAM"
    elif scheme.get("type") == "apiKey" and str(scheme.get("name", "")).lower() == "x-api-key":
        method.api_key_required = True
