"""What moto's API Gateway does otherwise than AWS's, where an API would not answer as it was made.

- A deployment keeps what it froze, and a stage that it is deployed to again keeps its settings.
- The validation expression of an authorizer and an API's binary media types are not lost.
- Loading it does not load OpenAPI's validator, whose grammar of addresses alone takes a second to compile under the lock, and
  four on a busy machine: it is loaded by the first import that asks for it (``failonwarnings``).
- Documents of OpenAPI are imported with all that they say (`rest_api_imports`).
- What AWS refuses is refused (`rest_api_rules`), and operations that it lacks are there (`rest_api_operations`).
- moto's own imitation of an API's addresses, which works inside `mock_aws` alone, is not built at each deployment.

Touches: the import of `openapi_spec_validator` by `moto.apigateway.models`, its ``validate`` and ``OpenAPIValidationError``;
`RestAPI.create_deployment`, `.delete_deployment`, `.create_authorizer`, `.apply_patch_operations`, `.update_integration_mocks`;
`APIGatewayResponse.create_rest_api`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from lablib.cloud.moto_seam import clockwork, rest_api_imports, rest_api_operations, rest_api_rules, rest_apis

_VALIDATOR = "openapi_spec_validator"
_EXCEPTIONS = f"{_VALIDATOR}.validation.exceptions"


class OpenAPIValidationError(Exception):
    """A document is not OpenAPI. Stands in for the validator's own exception of this name; `message` is its text."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def _validate(document: Any) -> None:
    """OpenAPI's validator, loaded now. Raises `OpenAPIValidationError`."""
    from openapi_spec_validator import validate
    from openapi_spec_validator.validation.exceptions import OpenAPIValidationError as Invalid

    try:
        validate(document)
    except Invalid as invalid:
        raise OpenAPIValidationError(str(getattr(invalid, "message", invalid))) from invalid


@contextmanager
def _without_the_validator() -> Iterator[None]:
    """While moto's module loads, it finds our stand-ins where it looks for the validator."""
    stand_ins: dict[str, Any] = {
        _VALIDATOR: ModuleType(_VALIDATOR), f"{_VALIDATOR}.validation": ModuleType(f"{_VALIDATOR}.validation"),
        _EXCEPTIONS: ModuleType(_EXCEPTIONS),
    }  # fmt: skip
    stand_ins[_VALIDATOR].validate = _validate
    stand_ins[_EXCEPTIONS].OpenAPIValidationError = OpenAPIValidationError
    before = {name: sys.modules.get(name) for name in stand_ins}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


@cache
def install() -> None:
    """Have moto's API Gateway corrected as soon as it is loaded."""
    clockwork.while_loading("moto.apigateway.models", _without_the_validator)
    clockwork.when_loaded("moto.apigateway.models", _correct_models)
    clockwork.when_loaded("moto.apigateway.responses", _correct_responses)


def _correct_models(module: Any) -> None:
    api = module.RestAPI
    api.create_deployment = _freezing(api.create_deployment)
    api.delete_deployment = _unless_active(api.delete_deployment, module.StageStillActive)
    api.create_authorizer = _with_expression(api.create_authorizer)
    api.apply_patch_operations = _patched(api.apply_patch_operations)
    api.update_integration_mocks = lambda api, stage_name: None
    rest_api_rules.correct(module.APIGatewayBackend)
    rest_api_imports.correct(module.APIGatewayBackend)


def _freezing(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_deployment(api: Any, name: str, description: str, stage_variables: Any = None) -> Any:
        stage = api.stages.get(name)
        deployment = original(api, name, description, stage_variables)
        setattr(deployment, rest_apis.FROZEN, rest_apis.define(api))
        if stage is not None:
            stage.deployment_id = deployment.id
            stage.variables |= stage_variables or {}
            api.stages[name] = stage
        return deployment

    return create_deployment


def _unless_active(original: Callable[..., Any], active: type[Exception]) -> Callable[..., Any]:
    """moto looks whether the stage is still there that a deployment was made for, and not at what it has now."""

    def delete_deployment(api: Any, deployment_id: str) -> Any:
        if any(stage.deployment_id == deployment_id for stage in api.stages.values()):
            raise active()
        if deployment_id in api.deployments:
            api.deployments[deployment_id].stage_name = None
        return original(api, deployment_id)

    return delete_deployment


def _with_expression(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto loses it to a slip of the pen in its name."""

    def create_authorizer(api: Any, *args: Any, **kwargs: Any) -> Any:
        authorizer = original(api, *args, **kwargs)
        authorizer.identity_validation_expression = kwargs.get("identiy_validation_expression")
        return authorizer

    return create_authorizer


def _patched(original: Callable[..., Any]) -> Callable[..., Any]:
    """A media type is a part of the path, as AWS has it: ``/binaryMediaTypes/image~1png``; "false" is no true; compression."""

    def apply_patch_operations(api: Any, patch_operations: list[dict[str, Any]]) -> None:
        rest = []
        for operation in patch_operations:
            path, value = operation["path"], operation.get("value")
            if path.startswith("/binaryMediaTypes/"):
                name = path.removeprefix("/binaryMediaTypes/").replace("~1", "/").replace("~0", "~")
                kept = [known for known in api.binaryMediaTypes if known != name]
                added = {"add": [name], "replace": [value or name]}.get(operation["op"], [])
                api.binaryMediaTypes = kept + added
            elif path == "/disableExecuteApiEndpoint":
                api.disableExecuteApiEndpoint = str(value).lower() == "true"
            elif path == "/minimumCompressionSize":
                api.minimum_compression_size = int(value) if value and operation["op"] != "remove" else None
            else:
                rest.append(operation)
        original(api, rest)

    return apply_patch_operations


def _correct_responses(module: Any) -> None:
    response = module.APIGatewayResponse
    response.create_rest_api = _with_media_types(response.create_rest_api)
    rest_api_operations.add_to(response)


def _with_media_types(original: Callable[..., Any]) -> Callable[..., Any]:
    """``binaryMediaTypes`` of CreateRestApi, and those of an imported document's extension."""

    def create_rest_api(response: Any) -> Any:
        answer = original(response)
        given = response._get_param("binaryMediaTypes") or response._get_param("x-amazon-apigateway-binary-media-types")
        content = json.loads(answer[2]) if isinstance(answer, tuple) and answer[0] in (200, 201) else {}
        api = response.backend.apis.get(content.get("id"))
        if api is None or not given:
            return answer
        api.binaryMediaTypes = list(given)
        return answer[0], answer[1], json.dumps(api.to_dict())

    return create_rest_api
