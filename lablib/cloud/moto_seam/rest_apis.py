"""API Gateway's REST APIs as moto keeps them, read into plain data that requests are answered from.

What a deployment froze is read when it is made, and kept beside it (`correct_apigateway` in `rest_api_faults` sees to that), so
that later changes of the API answer nobody before the next one.

Touches: `moto.apigateway.models.apigateway_backends`, `APIGatewayBackend.apis`, `.keys`, `.usage_plans`, `.usage_plan_keys`, the
attributes of `RestAPI`, `Resource` (`get_path`), `Method`, `MethodResponse`, `Integration`, `IntegrationResponse`, `Authorizer`,
`Stage`, `Deployment`, `GatewayResponse`, `RequestValidator`, `Model`, `ApiKey`, `UsagePlan`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from lablib.cloud.moto_seam import engine
from lablib.models import rest_apis

# How moto names the method of OpenAPI's extension for every method.
_ANY = "X-AMAZON-APIGATEWAY-ANY-METHOD"
# Under which name a deployment keeps what it froze.
FROZEN = "lambda_lab_definition"

Texts = Mapping[str, str]


@dataclass(frozen=True)
class IntegrationResponse:
    """What an integration's answer becomes; `pattern` is None for the default one."""

    status: str
    pattern: str | None
    templates: Texts
    parameters: Texts
    content_handling: str | None


@dataclass(frozen=True)
class Integration:
    """What is behind a method. `kind` is AWS_PROXY, AWS, HTTP_PROXY, HTTP or MOCK; `timeout_ms` in milliseconds."""

    kind: str
    uri: str
    http_method: str | None
    credentials: str | None
    passthrough: str
    templates: Texts
    parameters: Texts
    content_handling: str | None
    timeout_ms: int
    responses: tuple[IntegrationResponse, ...]


@dataclass(frozen=True)
class Method:
    """A method of a resource.

    Attributes
    ----------
    parameters
        Whether each is required, by ``method.request.querystring.page``.
    models
        Names of models by content type.
    responses
        For each status, the headers it may have (``method.response.header.X``).
    """

    http_method: str
    authorization: str
    authorizer_id: str | None
    scopes: tuple[str, ...]
    api_key_required: bool
    parameters: Mapping[str, bool]
    models: Texts
    validator_id: str | None
    operation_name: str | None
    integration: Integration | None
    responses: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Resource:
    """A path of an API, such as ``/orders/{id}``, and its methods by name; ANY is one."""

    id: str
    path: str
    methods: Mapping[str, Method]


@dataclass(frozen=True)
class Authorizer:
    """An authorizer. `kind` is TOKEN, REQUEST or COGNITO_USER_POOLS; `ttl` in seconds."""

    id: str
    kind: str
    uri: str
    credentials: str | None
    identity_source: str
    validation: str | None
    ttl: int
    provider_arns: tuple[str, ...]


@dataclass(frozen=True)
class Customized:
    """A gateway response as an API has it; None for what it leaves as it is."""

    status: str | None
    parameters: Texts
    templates: Texts


@dataclass(frozen=True)
class Definition:
    """An API at one moment: what a deployment freezes.

    Attributes
    ----------
    validators
        (body, parameters): what each validates.
    models
        JSON schemas as text, by name.
    compressed_from
        Bytes of an answer that is worth compressing; None if none is.
    """

    api_id: str
    resources: tuple[Resource, ...]
    authorizers: Mapping[str, Authorizer]
    gateway_responses: Mapping[str, Customized]
    validators: Mapping[str, tuple[bool, bool]]
    models: Texts
    binary_media_types: frozenset[str]
    api_key_source: str
    policy: str | None
    compressed_from: int | None


@dataclass(frozen=True)
class Throttle:
    """Requests per second, and how many at once; None where it says nothing."""

    rate: float | None
    burst: int | None


@dataclass(frozen=True)
class Logging:
    """What the execution log has of a method: ``INFO``, ``ERROR`` or ``OFF``; `whole` with bodies and headers."""

    level: str = "OFF"
    whole: bool = False


@dataclass(frozen=True)
class Stage:
    """A stage.

    Attributes
    ----------
    definition
        That of its deployment.
    throttles, logging
        Its method settings, by ``~1orders/GET`` or ``*/*``.
    access_log
        (the ARN of a log group, a line's format), if it writes one.
    """

    name: str
    deployment_id: str
    variables: Texts
    definition: Definition | None
    throttles: Mapping[str, Throttle]
    logging: Mapping[str, Logging]
    access_log: tuple[str, str] | None


@dataclass(frozen=True)
class Api:
    """A REST API and its stages. `closed`: its execute-api address was switched off."""

    id: str
    name: str
    region: str
    closed: bool
    stages: Mapping[str, Stage]


@dataclass(frozen=True)
class UsagePlan:
    """A usage plan; `stages` are (API's id, stage). `quota` is (requests, DAY, WEEK or MONTH)."""

    id: str
    stages: frozenset[tuple[str, str]]
    throttle: Throttle
    quota: tuple[int, str] | None


@dataclass(frozen=True)
class ApiKey:
    """An API key and the plans that it is in."""

    id: str
    value: str
    enabled: bool
    plans: tuple[UsagePlan, ...]


@dataclass(frozen=True)
class Everything:
    """Every REST API by its id, and every API key by its value."""

    apis: Mapping[str, Api] = field(default_factory=lambda: MappingProxyType({}))
    keys: Mapping[str, ApiKey] = field(default_factory=lambda: MappingProxyType({}))


def read() -> Everything:
    """All there is. Loads nothing: before API Gateway is first used there is none. The caller need not hold the lock."""
    if "moto.apigateway.models" not in sys.modules:
        return Everything()
    from moto.apigateway.models import apigateway_backends

    with engine.lock:
        backends = list(apigateway_backends[engine.place.account].values())
        apis = [_api(api) for backend in backends for api in backend.apis.values()]
        keys = [_key(backend, key) for backend in backends for key in backend.keys.values()]
    return Everything({api.id: api for api in apis}, {key.value: key for key in keys})


def definition(region: str, api_id: str) -> Definition | None:
    """An API as it is now, deployed or not; None if there is none. The caller need not hold the lock."""
    from moto.apigateway.models import apigateway_backends

    with engine.lock:
        api = apigateway_backends[engine.place.account][region].apis.get(api_id)
        return define(api) if api is not None else None


def define(api: Any) -> Definition:
    """What moto's `RestAPI` says now. The caller holds the lock."""
    return Definition(
        api.id,
        tuple(Resource(each.id, each.get_path(), _methods(each)) for each in api.resources.values()),
        {key: _authorizer(each) for key, each in api.authorizers.items()},
        {key: _customized(each) for key, each in api.gateway_responses.items()},
        {
            key: (bool(each.validate_request_body), bool(each.validate_request_parameters))
            for key, each in api.request_validators.items()
        },
        {name: each.schema or "{}" for name, each in api.models.items()},
        frozenset(api.binaryMediaTypes), api.api_key_source, api.policy or None,
        None if api.minimum_compression_size is None else int(api.minimum_compression_size),
    )  # fmt: skip


def _api(api: Any) -> Api:
    stages = {
        name: Stage(
            name, each.deployment_id, _texts(each.variables),
            getattr(api.deployments.get(each.deployment_id), FROZEN, None),
            {
                path: Throttle(given.get("throttlingRateLimit"), given.get("throttlingBurstLimit"))
                for path, given in each.method_settings.items()
            },
            {
                path: Logging(given.get("loggingLevel") or "OFF", _true(given.get("dataTraceEnabled")))
                for path, given in each.method_settings.items()
            },
            _access_log(each.access_log_settings or {}),
        )
        for name, each in api.stages.items()
    }  # fmt: skip
    return Api(api.id, api.name, api.region_name, bool(api.disableExecuteApiEndpoint), stages)


def _access_log(settings: Mapping[str, Any]) -> tuple[str, str] | None:
    where, form = settings.get("destinationArn"), settings.get("format")
    return (str(where), str(form)) if where and form else None


def _methods(resource: Any) -> Mapping[str, Method]:
    methods = [_method(name, each) for name, each in resource.resource_methods.items()]
    return {method.http_method: method for method in methods}


def _method(name: str, method: Any) -> Method:
    return Method(
        "ANY" if name == _ANY else name, method.authorization_type or "NONE", method.authorizer_id,
        tuple(method.authorization_scopes or ()), _true(method.api_key_required),
        {key: _true(value) for key, value in (method.request_parameters or {}).items()}, _texts(method.request_models),
        method.request_validator_id, method.operation_name, _integration(method.method_integration),
        {status: frozenset(each.response_parameters or ()) for status, each in method.method_responses.items()},
    )  # fmt: skip


def _integration(given: Any) -> Integration | None:
    if given is None:
        return None
    responses = tuple(
        IntegrationResponse(
            str(each.status_code), each.selection_pattern or None, _texts(each.response_templates),
            _texts(each.response_parameters), each.content_handling,
        )
        for each in (given.integration_responses or {}).values()
    )  # fmt: skip
    return Integration(
        given.integration_type.upper(), given.uri or "", given.http_method, given.credentials,
        given.passthrough_behaviour or "WHEN_NO_MATCH", _texts(given.request_templates), _texts(given.request_parameters),
        given.content_handling, int(given.timeout_in_millis or rest_apis.INTEGRATION_TIMEOUT_MS), responses,
    )  # fmt: skip


def _authorizer(given: Any) -> Authorizer:
    ttl = rest_apis.AUTHORIZER_TTL_S if given.authorizer_result_ttl is None else int(given.authorizer_result_ttl)
    return Authorizer(
        given.id, given.type, given.authorizer_uri or "", given.authorizer_credentials, given.identity_source or "",
        given.identity_validation_expression, ttl, tuple(given.provider_arns or ()),
    )  # fmt: skip


def _customized(given: Any) -> Customized:
    status = None if given.status_code is None else str(given.status_code)
    return Customized(status, _texts(given.response_parameters), _texts(given.response_templates))


def _key(backend: Any, key: Any) -> ApiKey:
    plans = [plan for plan in backend.usage_plans.values() if key.id in backend.usage_plan_keys.get(plan.id, {})]
    return ApiKey(key.id, key.value, _true(key.enabled), tuple(map(_plan, plans)))


def _plan(plan: Any) -> UsagePlan:
    rate, burst = plan.throttle.get("rateLimit"), plan.throttle.get("burstLimit")
    limit = plan.quota.get("limit")
    return UsagePlan(
        plan.id, frozenset((each["apiId"], each["stage"]) for each in plan.api_stages),
        Throttle(None if rate is None else float(rate), None if burst is None else int(burst)),
        None if limit is None else (int(limit), str(plan.quota.get("period", "MONTH"))),
    )  # fmt: skip


def _texts(given: Mapping[str, Any] | None) -> Texts:
    return {key: "" if value is None else str(value) for key, value in (given or {}).items()}


def _true(value: Any) -> bool:
    """moto keeps what was sent: true, or the word."""
    return value is True or str(value).lower() == "true"
