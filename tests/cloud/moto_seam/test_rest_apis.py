"""What we read of moto's API Gateway, and what we correct in it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from lablib.cloud.moto_seam import engine, rest_api_faults, rest_api_operations, rest_apis


@pytest.fixture
def backend() -> Any:
    """API Gateway of this cloud, empty."""
    rest_api_faults.install()
    from moto.apigateway.models import apigateway_backends

    engine.reset()
    return apigateway_backends[engine.ACCOUNT]["us-east-1"]


def made(backend: Any) -> Any:
    """An API with one method and a MOCK behind it."""
    api = backend.create_rest_api("orders", "", policy="{}")
    resource = backend.create_resource(api.id, api.root_resource_id, "{id}")
    backend.put_method(
        api.id, resource.id, "ANY", "NONE", api_key_required="true", request_parameters={"method.request.path.id": True}
    )
    backend.put_integration(api.id, resource.id, "ANY", "MOCK", "", "POST", request_templates={"application/json": "{}"})
    backend.put_method_response(api.id, resource.id, "ANY", "200", {}, {"method.response.header.A": True})
    backend.put_integration_response(
        api.id, resource.id, "ANY", "200", "", {"application/json": None}, {"method.response.header.A": "'b'"}
    )
    return api


def test_an_api_is_read_whole(backend: Any) -> None:
    api = made(backend)
    api.put_gateway_response("DEFAULT_4XX", "400", {"gatewayresponse.header.A": "'b'"}, {"application/json": "{}"})
    api.create_request_validator("both", True, True)
    api.add_model("Order", "", '{"type": "object"}', "application/json")
    found = rest_apis.definition("us-east-1", api.id)
    assert found is not None and {resource.path for resource in found.resources} == {"/", "/{id}"}
    method = next(resource for resource in found.resources if resource.path == "/{id}").methods["ANY"]
    assert method.api_key_required and method.parameters == {"method.request.path.id": True}
    assert method.responses == {"200": frozenset(["method.response.header.A"])}
    integration = method.integration
    assert integration is not None and integration.kind == "MOCK" and integration.timeout_ms == 29_000
    assert integration.templates == {"application/json": "{}"} and integration.passthrough == "WHEN_NO_MATCH"
    [response] = integration.responses
    assert response == rest_apis.IntegrationResponse(
        "200", None, {"application/json": ""}, {"method.response.header.A": "'b'"}, None
    )
    assert found.gateway_responses["DEFAULT_4XX"] == rest_apis.Customized(
        "400", {"gatewayresponse.header.A": "'b'"}, {"application/json": "{}"}
    )
    assert list(found.validators.values()) == [(True, True)] and found.models == {"Order": '{"type": "object"}'}
    assert found.policy == "{}" and found.api_key_source == "HEADER"
    assert rest_apis.definition("us-east-1", "nothing") is None


def test_a_deployment_keeps_what_it_froze_and_a_stage_its_settings(backend: Any) -> None:
    api = made(backend)
    first = backend.create_deployment(api.id, "prod", stage_variables={"a": "1"})
    api.stages["prod"].tracing_enabled = True
    backend.create_resource(api.id, api.root_resource_id, "new")
    backend.create_deployment(api.id, "prod", stage_variables={"b": "2"})
    [stage] = [rest_apis.read().apis[api.id].stages["prod"]]
    assert stage.variables == {"a": "1", "b": "2"} and api.stages["prod"].tracing_enabled
    assert stage.definition is not None and stage.deployment_id != first.id
    assert len(getattr(first, rest_apis.FROZEN).resources) == 2
    from moto.apigateway.exceptions import StageStillActive

    backend.delete_deployment(api.id, first.id)
    with pytest.raises(StageStillActive):
        backend.delete_deployment(api.id, stage.deployment_id)


def test_keys_and_the_plans_that_they_are_in(backend: Any) -> None:
    key = backend.create_api_key({"name": "k", "enabled": True, "value": "x" * 20})
    plan = backend.create_usage_plan({
        "name": "p", "apiStages": [{"apiId": "a", "stage": "prod"}], "throttle": {"rateLimit": 2.0, "burstLimit": 4},
        "quota": {"limit": 5, "period": "DAY"},
    })  # fmt: skip
    backend.create_usage_plan_key(plan.id, {"keyId": key.id, "keyType": "API_KEY"})
    found = rest_apis.read().keys["x" * 20]
    assert found.id == key.id and found.enabled
    assert found.plans == (rest_apis.UsagePlan(plan.id, frozenset([("a", "prod")]), rest_apis.Throttle(2.0, 4), (5, "DAY")),)


def test_an_authorizer_keeps_its_expression(backend: Any) -> None:
    api = made(backend)
    made_now = backend.create_authorizer(
        api.id, "a", "TOKEN", authorizer_uri="arn", identity_source="method.request.header.A",
        identiy_validation_expression="x.*",
        authorizer_result_ttl=0,
    )  # fmt: skip
    found = rest_apis.definition("us-east-1", api.id)
    assert found is not None
    assert found.authorizers[made_now.id] == rest_apis.Authorizer(
        made_now.id, "TOKEN", "arn", None, "method.request.header.A", "x.*", 0, ()
    )


def test_what_is_changed_and_what_is_refused(backend: Any) -> None:
    from moto.apigateway.exceptions import BadRequestException, ConflictException

    api = made(backend)
    [resource] = [one for one in api.resources.values() if one.path_part == "{id}"]
    with pytest.raises(ConflictException):
        backend.create_resource(api.id, api.root_resource_id, "{id}")
    method = backend.get_method(api.id, resource.id, "ANY")
    rest_api_operations.change(method.method_integration, rest_api_operations.INTEGRATION, [
        {"op": "replace", "path": "/timeoutInMillis", "value": "100"},
        {"op": "add", "path": "/requestTemplates/text~1plain", "value": "x"},
        {"op": "remove", "path": "/requestTemplates/application~1json"},
    ])  # fmt: skip
    found = rest_apis.definition("us-east-1", api.id)
    assert found is not None
    integration = next(one for one in found.resources if one.id == resource.id).methods["ANY"].integration
    assert integration is not None and (integration.timeout_ms, integration.templates) == (100, {"text/plain": "x"})
    with pytest.raises(BadRequestException, match="Invalid patch path"):
        rest_api_operations.change(method, rest_api_operations.METHOD, [{"op": "replace", "path": "/uri", "value": "x"}])
    for shape, thing in (
        (rest_api_operations.METHOD, method), (rest_api_operations.INTEGRATION, method.method_integration),
        (rest_api_operations.METHOD_RESPONSE, method.method_responses["200"]), (rest_api_operations.RESOURCE, resource),
        (rest_api_operations.INTEGRATION_RESPONSE, method.method_integration.integration_responses["200"]),
        (rest_api_operations.GATEWAY_RESPONSE, api.put_gateway_response("THROTTLED", 429, {}, {})),
    ):  # fmt: skip
        assert all(hasattr(thing, name) for name in (*shape.members.values(), *shape.maps.values())), shape


def test_loading_it_does_not_load_the_validator_and_an_import_that_asks_for_it_does() -> None:
    code = (
        "import sys\n"
        "from lablib.cloud.moto_seam import rest_api_faults, rest_apis\n"
        "assert not rest_apis.read().apis\n"
        "rest_api_faults.install()\n"
        "from moto.apigateway.models import apigateway_backends\n"
        "from moto.apigateway.exceptions import InvalidOpenAPIDocumentException\n"
        "assert 'openapi_spec_validator' not in sys.modules and 'rfc3987_syntax' not in sys.modules\n"
        "backend = apigateway_backends['123456789012']['us-east-1']\n"
        "try:\n"
        "    backend.import_rest_api({'openapi': '3.0.1', 'info': {}}, True)\n"
        "except InvalidOpenAPIDocumentException as error:\n"
        "    assert 'required property' in str(error), error\n"
        "else:\n"
        "    raise AssertionError('it was taken')\n"
        "assert 'openapi_spec_validator' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
