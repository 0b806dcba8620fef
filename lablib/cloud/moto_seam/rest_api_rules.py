"""What API Gateway refuses of REST APIs and moto takes, in AWS's words.

Sentences: errors that others met, 2017 to 2025 (CloudFormation, Terraform, Serverless Framework).

Touches: `APIGatewayBackend`'s methods in `_ABSENT`, with the exceptions that stand there; its `.create_resource`, `.put_method`,
`.put_integration`, `.put_integration_response`, `.create_deployment`, `.create_stage`, `.put_rest_api`, `.get_rest_api`,
`.get_method`; `moto.apigateway.exceptions`'
`BadRequestException`, `ConflictException`, `NoIntegrationDefined`, `NoIntegrationResponseDefined`, `ValidationException`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from lablib.models.rest_apis import INTEGRATION_TIMEOUT_MS, SHORTEST_INTEGRATION_TIMEOUT_MS

_KINDS = ("HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS")
_STAGE = re.compile(r"[a-zA-Z0-9_-]{1,128}")

# Under which name a backend knows that a document is being imported.
_IMPORTS = "lambda_lab_imports"

# What moto deletes without looking whether it is there, and what it has to say if not (of `moto.apigateway.exceptions`).
_ABSENT = {
    "delete_rest_api": "RestAPINotFound", "delete_resource": "ResourceIdNotFoundException",
    "delete_authorizer": "AuthorizerNotFoundException", "delete_request_validator": "RequestValidatorNotFound",
    "delete_usage_plan": "UsagePlanNotFoundException", "delete_usage_plan_key": "UsagePlanNotFoundException",
}  # fmt: skip

Check = Callable[..., None]


def correct(backend: Any) -> None:
    """Have moto's `APIGatewayBackend` refuse."""
    for name, check in (
        ("create_resource", _resource), ("put_method", _method), ("put_integration", _integration),
        ("put_integration_response", _integration_response), ("create_deployment", _deployment), ("create_stage", _stage),
    ):  # fmt: skip
        setattr(backend, name, _checked(getattr(backend, name), check))
    for name, absence in _ABSENT.items():
        setattr(backend, name, _looked_for(getattr(backend, name), absence))
    backend.create_resource = _found_again(backend.create_resource)
    backend.put_rest_api = _importing(backend.put_rest_api)


def _checked(original: Callable[..., Any], check: Check) -> Callable[..., Any]:
    @wraps(original)
    def checked(backend: Any, *args: Any, **kwargs: Any) -> Any:
        if not getattr(backend, _IMPORTS, False):
            check(backend, *args, **kwargs)
        return original(backend, *args, **kwargs)

    return checked


def _looked_for(original: Callable[..., Any], absence: str) -> Callable[..., Any]:
    @wraps(original)
    def delete(*args: Any, **kwargs: Any) -> Any:
        from moto.apigateway import exceptions

        try:
            return original(*args, **kwargs)
        except KeyError:
            raise getattr(exceptions, absence)() from None

    return delete


def _importing(original: Callable[..., Any]) -> Callable[..., Any]:
    """A document replaces what is there, and is not refused for it."""

    @wraps(original)
    def put_rest_api(backend: Any, *args: Any, **kwargs: Any) -> Any:
        setattr(backend, _IMPORTS, True)
        try:
            return original(backend, *args, **kwargs)
        finally:
            setattr(backend, _IMPORTS, False)

    return put_rest_api


def _found_again(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto would make a second resource of a path that a document has and the API too."""

    @wraps(original)
    def create_resource(backend: Any, function_id: str, parent_resource_id: str, path_part: str) -> Any:
        if getattr(backend, _IMPORTS, False):
            for known in backend.get_rest_api(function_id).resources.values():
                if (known.parent_id, known.path_part) == (parent_resource_id, path_part):
                    return known
        return original(backend, function_id, parent_resource_id, path_part)

    return create_resource


def _resource(backend: Any, function_id: str, parent_resource_id: str, path_part: str) -> None:
    from moto.apigateway.exceptions import BadRequestException, ConflictException

    resources = backend.get_rest_api(function_id).resources
    parent = resources.get(parent_resource_id)
    siblings = [one.path_part for one in resources.values() if one.parent_id == parent_resource_id]
    if path_part in siblings:
        raise ConflictException(f"Another resource with the same parent already has this name: {path_part}")
    variable = next((part for part in siblings if part.startswith("{")), None)
    if path_part.startswith("{") and variable is not None:
        raise BadRequestException(
            f"A sibling ({variable}) of this resource already has a variable path part -- only one is allowed"
        )
    if parent is not None and parent.path_part.endswith("+}"):
        raise BadRequestException("Cannot create a child of a resource with a greedy path variable.")


def _method(
    backend: Any, function_id: str, resource_id: str, method_type: str, authorization_type: str | None, *args: Any, **more: Any
) -> None:  # fmt: skip
    from moto.apigateway.exceptions import BadRequestException, ConflictException

    if method_type in backend.get_resource(function_id, resource_id).resource_methods:
        raise ConflictException("Method already exists for this resource")
    authorizers = backend.get_rest_api(function_id).authorizers
    if authorization_type in ("CUSTOM", "COGNITO_USER_POOLS") and more.get("authorizer_id") not in authorizers:
        raise BadRequestException(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid "
            "authorizer."
        )


def _integration(
    backend: Any, function_id: str, resource_id: str, method_type: str, integration_type: str, *args: Any, **more: Any
) -> None:  # fmt: skip
    from moto.apigateway.exceptions import BadRequestException, ValidationException

    if str(integration_type).upper() not in _KINDS:
        raise ValidationException(
            f"1 validation error detected: Value '{integration_type}' at 'putIntegrationInput.type' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(_KINDS)}]"
        )
    timeout = more.get("timeout_in_millis")
    if timeout is not None and not SHORTEST_INTEGRATION_TIMEOUT_MS <= int(timeout) <= INTEGRATION_TIMEOUT_MS:
        raise BadRequestException(
            f"Timeout should be between {SHORTEST_INTEGRATION_TIMEOUT_MS} ms and {INTEGRATION_TIMEOUT_MS} ms"
        )


def _integration_response(
    backend: Any, function_id: str, resource_id: str, method_type: str, status_code: str, *args: Any, **more: Any
) -> None:  # fmt: skip
    from moto.apigateway.exceptions import NoIntegrationResponseDefined

    if str(status_code) not in backend.get_method(function_id, resource_id, method_type).method_responses:
        raise NoIntegrationResponseDefined()


def _deployment(backend: Any, function_id: str, name: str | None = None, *args: Any, **more: Any) -> None:
    from moto.apigateway.exceptions import BadRequestException, NoIntegrationDefined

    _check_stage(name, BadRequestException)
    methods = [method for one in backend.get_rest_api(function_id).resources.values() for method in one.resource_methods.values()]
    if any(method.method_integration is None for method in methods) and methods:
        raise NoIntegrationDefined()


def _stage(backend: Any, function_id: str, stage_name: str, deploymentId: str, *args: Any, **more: Any) -> None:
    from moto.apigateway.exceptions import BadRequestException

    _check_stage(stage_name, BadRequestException)
    if deploymentId not in backend.get_rest_api(function_id).deployments:
        raise BadRequestException("Deployment id does not exist")


def _check_stage(name: str | None, refused: type[Exception]) -> None:
    if name and not _STAGE.fullmatch(name):
        raise refused("Stage name only allows a-zA-Z0-9_-")
