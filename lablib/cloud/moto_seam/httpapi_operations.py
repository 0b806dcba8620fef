"""Operations of apigatewayv2 that moto lacks, and those in which it takes what AWS refuses. Loaded when moto's is.

Added: deployments, UpdateStage, GetAuthorizers, ImportApi, ResetAuthorizersCache, quick create (``Target`` of CreateApi), and
``ApiEndpoint`` at this cloud's own address. Refused: a route, a stage or an integration that cannot be.

Touches: `moto.apigatewayv2.urls.url_paths`; `moto.apigatewayv2.responses.ApiGatewayV2Response`, its `create_api`, `create_route`,
`update_route`, `create_stage`, `create_integration`, `apigatewayv2_backend`, `path`, `body`, and that it finds a method by its
operation's name; `moto.apigatewayv2.models.Api` (`api_endpoint`, `protocol_type`, `create_integration`, `create_route`,
`create_stage`, `routes`, `integrations`, `authorizers`, `stages`), `Stage.to_json`; `moto.apigatewayv2.exceptions`.
"""

from __future__ import annotations

import functools
import json
import os
import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote

from lablib.cloud.moto_seam import clockwork
from lablib.cloud.moto_seam.httpapis import Route, routes_of
from lablib.models import http_apis
from lablib.models.timestamps import whole_seconds

Handled = tuple[int, dict[str, str], str]
Handler = Callable[[Any], Handled]

# Methods that a route may name. A path begins with a slash, its variables are whole segments, and {name+} is the last of them.
_ROUTE = re.compile(
    r"\$default|(?:ANY|GET|HEAD|OPTIONS|PATCH|POST|PUT|DELETE) /(?:(?:[^/{}]+|\{[\w.:-]+\})/)*(?:[^/{}]+|\{[\w.:-]+\+?\})?/?"
)
_ROUTE_KEY = (
    "The provided route key is not formatted properly for HTTP protocol. Format should be "
    '"<Http Method> /<Path>" or "$default"'
)
_FUNCTION = re.compile(r"arn:[^:]+:(?:lambda|apigateway):[^:]+:.")
_INTEGRATION_URI = "Invalid integration URI specified"
_STAGE = re.compile(r"\$default|[\w-]{1,128}")


@dataclass(frozen=True)
class Deployment:
    """An API's routes as they were when it was deployed."""

    id: str
    created: str
    description: str | None
    routes: tuple[Route, ...]

    def to_json(self) -> dict[str, Any]:
        shown = {
            "deploymentId": self.id, "createdDate": self.created, "deploymentStatus": "DEPLOYED", "autoDeployed": False,
            "description": self.description,
        }  # fmt: skip
        return {name: value for name, value in shown.items() if value is not None}


def correct_urls(urls: Any) -> None:
    """Have the paths of deployments lead to moto's class too."""
    dispatch = urls.ApiGatewayV2Response.dispatch
    urls.url_paths |= {
        "{0}/v2/apis/(?P<api_id>[^/]+)/deployments$": dispatch,
        "{0}/v2/apis/(?P<api_id>[^/]+)/deployments/(?P<deployment_id>[^/]+)$": dispatch,
        "{0}/v2/apis/(?P<api_id>[^/]+)/stages/(?P<stage_name>[^/]+)/cache/authorizers$": dispatch,
    }


def correct_models(models: Any) -> None:
    """Endpoints are at this cloud's address, and a stage shows its deployment."""

    def endpoint(api: Any) -> str:
        if api.protocol_type != "HTTP":
            return str(api.__dict__["lab_aws"])
        return f"http://127.0.0.1:{os.environ['MOTO_PORT']}/_aws/execute-api/{api.api_id}"

    models.Api.api_endpoint = property(endpoint, lambda api, value: api.__dict__.__setitem__("lab_aws", value))
    described = models.Stage.to_json

    def to_json(stage: Any) -> dict[str, Any]:
        deployment = getattr(stage, "lab_deployment", None)
        return described(stage) | ({"deploymentId": deployment} if deployment else {})

    models.Stage.to_json = to_json


def correct_responses(responses: Any) -> None:
    """The operations themselves."""
    service = responses.ApiGatewayV2Response
    for name, handler in _MISSING.items():
        setattr(service, name, handler)
    for name, check in _CHECKED.items():
        setattr(service, name, _checked(getattr(service, name), check))
    service.create_api = _with_quick_create(service.create_api)


def correct_http_apis() -> None:
    """Have moto's module corrected as soon as it is loaded."""
    clockwork.when_loaded("moto.apigatewayv2.urls", correct_urls)
    clockwork.when_loaded("moto.apigatewayv2.models", correct_models)
    clockwork.when_loaded("moto.apigatewayv2.responses", correct_responses)


def _api(call: Any) -> Any:
    return call.apigatewayv2_backend.get_api(unquote(call.path.split("/v2/apis/", 1)[1].split("/")[0]))


def _given(call: Any) -> dict[str, Any]:
    return dict(json.loads(call.body or "{}"))


def _refusal(code: str, message: str, status: int = 400) -> Exception:
    from moto.apigatewayv2.exceptions import APIGatewayV2Error

    error: Exception = type(code, (APIGatewayV2Error,), {"code": status})(code, message)
    return error


def _answered(status: int, content: Any = None) -> Handled:
    """An answer as moto takes it: it reads the status from the headers."""
    return status, {"status": str(status)}, "" if content is None else json.dumps(content)


# --- what moto takes and AWS does not -------------------------------------------------


def _checked(original: Handler, check: Callable[[Any, dict[str, Any]], None]) -> Handler:
    @functools.wraps(original)
    def handler(call: Any) -> Handled:
        check(call, _given(call))
        return original(call)

    return handler


def _check_route(call: Any, given: dict[str, Any]) -> None:
    api, key, integration = _api(call), given.get("routeKey"), (given.get("target") or "").removeprefix("integrations/")
    if api.protocol_type != "HTTP":
        return
    own = call.path.rsplit("/", 1)[1]  # of UpdateRoute: the route that changes
    if key is not None and not _ROUTE.fullmatch(key):
        raise _refusal("BadRequestException", _ROUTE_KEY)
    if any(route.route_key == key and route.route_id != own for route in api.routes.values()):
        raise _refusal("ConflictException", f"Route with key {key} already exists for this API", 409)
    if integration and integration not in api.integrations:
        raise _refusal("NotFoundException", f"Invalid Integration identifier specified {integration}", 404)
    if given.get("authorizerId") and given["authorizerId"] not in api.authorizers:
        raise _refusal("BadRequestException", f"Invalid authorizer ID specified {given['authorizerId']}")


def _check_stage(call: Any, given: dict[str, Any]) -> None:
    api, name = _api(call), given.get("stageName") or ""
    if api.protocol_type == "HTTP" and not _STAGE.fullmatch(name):
        raise _refusal("BadRequestException", "Stage name only allows a-z, A-Z, 0-9, -, _ and $default")
    if name in api.stages:
        raise _refusal("ConflictException", "Stage already exists", 409)
    _check_deployment(api, given)


def _check_deployment(api: Any, given: dict[str, Any]) -> None:
    deployment = given.get("deploymentId")
    if deployment is not None and deployment not in _deployments(api):
        raise _refusal("NotFoundException", f"Invalid Deployment identifier specified {deployment}", 404)


def _check_integration(call: Any, given: dict[str, Any]) -> None:
    """The words of the third and the last are AWS's (captured, 2023 and 2021); those of the first two are unconfirmed."""
    if _api(call).protocol_type != "HTTP":
        return
    if given.get("integrationType") not in ("AWS_PROXY", "HTTP_PROXY", None):
        raise _refusal("BadRequestException", "HTTP protocol APIs only support AWS_PROXY and HTTP_PROXY integrations")
    if given.get("payloadFormatVersion") not in ("1.0", "2.0", None):
        raise _refusal("BadRequestException", "PayloadFormatVersion must be 1.0 or 2.0")
    timeout = given.get("timeoutInMillis")
    shortest, longest = http_apis.INTEGRATION_TIMEOUT_MS
    if timeout is not None and not shortest <= timeout <= longest:
        raise _refusal("BadRequestException", f"Timeout should be between {shortest} ms and {longest} ms")
    if "integrationUri" in given or call.path.endswith("/integrations"):  # an update may leave it as it is
        _check_uri(given)


def _check_uri(given: dict[str, Any]) -> None:
    """A function is called by an ARN, its own or one of the Lambda API's: a name alone is none."""
    a_function = given.get("integrationType") == "AWS_PROXY" and not given.get("integrationSubtype")
    if a_function and not _FUNCTION.match(given.get("integrationUri") or ""):
        raise _refusal("BadRequestException", _INTEGRATION_URI)


_CHECKED: dict[str, Callable[[Any, dict[str, Any]], None]] = {
    "create_route": _check_route, "update_route": _check_route, "create_integration": _check_integration,
    "update_integration": _check_integration,
}  # fmt: skip


def _with_quick_create(original: Handler) -> Handler:
    """``Target``: an API with one integration, a route (``$default`` unless ``RouteKey``), and a stage that deploys itself."""

    @functools.wraps(original)
    def create_api(call: Any) -> Handled:
        given = _given(call)
        target, key = given.get("target"), given.get("routeKey") or "$default"
        if target and not target.startswith(("arn:", "http://", "https://")):
            raise _refusal("BadRequestException", _INTEGRATION_URI)
        if target and not _ROUTE.fullmatch(key):
            raise _refusal("BadRequestException", f"Invalid route key specified {key}")
        _, _, body = original(call)
        if target:
            api = call.apigatewayv2_backend.get_api(json.loads(body)["apiId"])
            a_function = target.startswith("arn:")
            integration = api.create_integration(
                connection_type="INTERNET", description=None, integration_method=None if a_function else "ANY",
                integration_type="AWS_PROXY" if a_function else "HTTP_PROXY", integration_uri=target,
                credentials_arn=given.get("credentialsArn"), payload_format_version="2.0" if a_function else "1.0",
            )  # fmt: skip
            api.create_route(
                api_key_required=False, authorization_scopes=[], route_key=key, target=f"integrations/{integration.id}"
            )
            api.create_stage({"stageName": "$default", "autoDeploy": True})
        return _answered(201, json.loads(body))

    return create_api


# --- what moto has not ----------------------------------------------------------------


def _create_stage(call: Any) -> Handled:
    given = _given(call)
    _check_stage(call, given)
    stage = _api(call).create_stage(given)
    stage.lab_deployment = given.get("deploymentId")
    return _answered(201, stage.to_json())


def _update_stage(call: Any) -> Handled:
    api, given = _api(call), _given(call)
    stage = api.get_stage(unquote(call.path.rsplit("/", 1)[1]))
    _check_deployment(api, given)
    for member, attribute in _STAGE_MEMBERS.items():
        if member in given:
            setattr(stage, attribute, given[member])
    stage.updated = datetime.fromtimestamp(clockwork.now(), timezone.utc)
    return _answered(200, stage.to_json())


_STAGE_MEMBERS = {
    "accessLogSettings": "access_log_settings", "autoDeploy": "auto_deploy", "clientCertificateId": "client_certificate_id",
    "defaultRouteSettings": "default_route_settings", "description": "description", "routeSettings": "route_settings",
    "stageVariables": "stage_variables", "deploymentId": "lab_deployment",
}  # fmt: skip


def _deployments(api: Any) -> dict[str, Deployment]:
    found: dict[str, Deployment] = api.__dict__.setdefault("lab_deployments", {})
    return found


def _create_deployment(call: Any) -> Handled:
    api, given = _api(call), _given(call)
    if not api.routes:
        raise _refusal("BadRequestException", "At least one route is required before deploying the Api.")
    stage = api.get_stage(given["stageName"]) if given.get("stageName") else None
    name = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))
    deployment = Deployment(name, whole_seconds(clockwork.now()), given.get("description"), routes_of(api))
    _deployments(api)[name] = deployment
    if stage is not None:
        stage.lab_deployment = name
    return _answered(201, deployment.to_json())


def _deployment(call: Any) -> tuple[dict[str, Deployment], str]:
    deployments, name = _deployments(_api(call)), call.path.rsplit("/", 1)[1]
    if name not in deployments:
        raise _refusal("NotFoundException", f"Invalid Deployment identifier specified {name}", 404)
    return deployments, name


def _get_deployment(call: Any) -> Handled:
    deployments, name = _deployment(call)
    return _answered(200, deployments[name].to_json())


def _get_deployments(call: Any) -> Handled:
    return _answered(200, {"items": [deployment.to_json() for deployment in _deployments(_api(call)).values()]})


def _delete_deployment(call: Any) -> Handled:
    deployments, name = _deployment(call)
    if any(getattr(stage, "lab_deployment", None) == name for stage in _api(call).stages.values()):
        raise _refusal("BadRequestException", "Active stages pointing to this deployment must be moved or deleted")
    del deployments[name]
    return _answered(204)


def _get_authorizers(call: Any) -> Handled:
    return _answered(200, {"items": [authorizer.to_json() for authorizer in _api(call).authorizers.values()]})


def _import_api(call: Any) -> Handled:
    """An OpenAPI document: moto reads it into an API that exists, so there is one first."""
    backend = call.apigatewayv2_backend
    api = backend.create_api(None, None, None, None, None, "imported", "HTTP", None, None, None)
    backend.reimport_api(api.api_id, _given(call).get("body"), False)
    return _answered(201, api.to_json())


def _reset_authorizers_cache(call: Any) -> Handled:
    """The cache is not moto's: whoever keeps it hears of the request."""
    _api(call).get_stage(unquote(call.path.split("/stages/", 1)[1].split("/")[0]))
    return _answered(204)


_MISSING: dict[str, Handler] = {
    "create_stage": _create_stage, "update_stage": _update_stage, "create_deployment": _create_deployment,
    "get_deployment": _get_deployment, "get_deployments": _get_deployments, "delete_deployment": _delete_deployment,
    "get_authorizers": _get_authorizers, "import_api": _import_api, "reset_authorizers_cache": _reset_authorizers_cache,
}  # fmt: skip
