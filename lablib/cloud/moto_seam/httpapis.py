"""HTTP APIs of API Gateway, as moto's apigatewayv2 keeps them: read whole, so that a request need not ask moto.

Touches: `moto.apigatewayv2.models.apigatewayv2_backends`, `ApiGatewayV2Backend.apis`; of `Api` `.api_id`, `.protocol_type`,
`.cors_configuration`, `.disable_execute_api_endpoint`, `.routes`, `.integrations`, `.authorizers`, `.stages`; of `Stage` `.name`,
`.stage_variables`, `.auto_deploy`; of `Route` `.route_key`, `.target`, `.authorization_type`, `.authorizer_id`,
`.authorization_scopes`; of `Integration` and `Authorizer` what stands in `_integration` and `_authorizer`. `httpapi_operations`
`.stage_variables`, `.auto_deploy`, `.access_log_settings`; of `Route` `.route_key`, `.target`, `.authorization_type`,
`.authorizer_id`,
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lablib.cloud.moto_seam import engine


@dataclass(frozen=True)
class Integration:
    """What a route leads to; `timeout` is in seconds, `kind` is ``AWS_PROXY`` or ``HTTP_PROXY``."""

    kind: str
    uri: str
    subtype: str | None
    method: str | None
    version: str
    timeout: float
    role: str | None
    request_parameters: Mapping[str, str] = field(default_factory=dict)
    response_parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Authorizer:
    """An authorizer; `kind` is ``JWT`` or ``REQUEST``, `ttl` in seconds, `simple` whether it answers ``isAuthorized``."""

    id: str
    kind: str
    sources: tuple[str, ...]
    uri: str
    version: str
    ttl: float
    simple: bool
    role: str | None
    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """A route; `authorization` is ``NONE``, ``JWT``, ``CUSTOM`` or ``AWS_IAM``. Without an integration it fails."""

    key: str
    authorization: str = "NONE"
    authorizer: Authorizer | None = None
    scopes: tuple[str, ...] = ()
    integration: Integration | None = None


@dataclass(frozen=True)
class Stage:
    """A stage and the routes that answer there: those of now, or of its deployment.

    Attributes
    ----------
    access_log
        The ARN of a log group, and the format of a line.
    """

    name: str
    variables: Mapping[str, str]
    routes: tuple[Route, ...]
    access_log: tuple[str, str] | None = None


@dataclass(frozen=True)
class HttpApi:
    """An HTTP API as it is now."""

    id: str
    disabled: bool
    cors: Mapping[str, Any]
    stages: Mapping[str, Stage]


def read(api_id: str) -> HttpApi | None:
    """The HTTP API of this id; None if there is none. The caller need not hold the lock."""
    models = sys.modules.get("moto.apigatewayv2.models")
    if models is None:  # nobody has made an API yet
        return None
    with engine.lock:
        api = models.apigatewayv2_backends[engine.place.account][engine.place.region].apis.get(api_id)
        if api is None or api.protocol_type != "HTTP":
            return None
        stages = {name: _stage(api, stage) for name, stage in api.stages.items()}
        return HttpApi(api.api_id, bool(api.disable_execute_api_endpoint), dict(api.cors_configuration or {}), stages)


def _stage(api: Any, stage: Any) -> Stage:
    if stage.auto_deploy:
        routes = routes_of(api)
    else:
        deployment = getattr(api, "lab_deployments", {}).get(getattr(stage, "lab_deployment", None))
        routes = deployment.routes if deployment is not None else ()
    log = stage.access_log_settings or {}
    access_log = (log["destinationArn"], log["format"]) if log.get("destinationArn") and log.get("format") else None
    return Stage(stage.name, dict(stage.stage_variables or {}), routes, access_log)


def routes_of(api: Any) -> tuple[Route, ...]:
    """An API's routes as they are now: what a deployment keeps. The caller holds the lock."""
    integrations = {name: _integration(found) for name, found in api.integrations.items()}
    authorizers = {name: _authorizer(found) for name, found in api.authorizers.items()}
    return tuple(
        Route(
            route.route_key, route.authorization_type or "NONE", authorizers.get(route.authorizer_id),
            tuple(route.authorization_scopes or ()), integrations.get((route.target or "").removeprefix("integrations/")),
        )
        for route in api.routes.values()
    )  # fmt: skip


def _integration(found: Any) -> Integration:
    return Integration(
        found.integration_type, found.integration_uri or "", found.integration_subtype, found.integration_method,
        found.payload_format_version or "1.0", found.timeout_in_millis / 1000, found.credentials_arn,
        dict(found.request_parameters or {}), dict(found.response_parameters or {}),
    )  # fmt: skip


def _authorizer(found: Any) -> Authorizer:
    jwt = {name.lower(): value for name, value in (found.jwt_config or {}).items()}
    sources = found.identity_source or []
    return Authorizer(
        found.id, found.authorizer_type, tuple([sources] if isinstance(sources, str) else sources), found.authorizer_uri or "",
        found.auth_payload_format_version or "2.0", float(found.auth_result_ttl or 0), bool(found.enable_simple_response),
        found.auth_creds_arn, jwt.get("issuer", ""), tuple(jwt.get("audience") or ()),
    )  # fmt: skip
