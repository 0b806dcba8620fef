"""When a version's runtime is updated: stored state."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud.api.harness import Api, refused

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
RUNTIME = "arn:aws:lambda:us-east-1::runtime:" + "0" * 64


def shown(api: Api, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api.client.get_runtime_management_config(FunctionName="f", **more)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata" and value is not None}


def test_modes(api: Api) -> None:
    api.create("f")
    assert shown(api) == {"UpdateRuntimeOn": "Auto", "FunctionArn": ARN}
    put = api.client.put_runtime_management_config(FunctionName="f", UpdateRuntimeOn="FunctionUpdate")
    assert (put["UpdateRuntimeOn"], put["FunctionArn"]) == ("FunctionUpdate", ARN)
    assert shown(api) == {"UpdateRuntimeOn": "FunctionUpdate", "FunctionArn": ARN}
    api.client.put_runtime_management_config(FunctionName="f", UpdateRuntimeOn="Manual", RuntimeVersionArn=RUNTIME)
    assert shown(api) == {"UpdateRuntimeOn": "Manual", "FunctionArn": ARN, "RuntimeVersionArn": RUNTIME}
    configuration = api.client.get_function_configuration(FunctionName="f")
    assert configuration["RuntimeVersionConfig"] == {"RuntimeVersionArn": RUNTIME}
    api.client.put_runtime_management_config(FunctionName="f", UpdateRuntimeOn="Auto")
    assert shown(api) == {"UpdateRuntimeOn": "Auto", "FunctionArn": ARN}
    configuration = api.client.get_function_configuration(FunctionName="f")
    assert configuration["RuntimeVersionConfig"]["RuntimeVersionArn"] != RUNTIME


def test_each_version_has_its_own(api: Api) -> None:
    api.create("f", Publish=True)
    api.client.put_runtime_management_config(FunctionName="f", Qualifier="1", UpdateRuntimeOn="FunctionUpdate")
    assert shown(api, Qualifier="1") == {"UpdateRuntimeOn": "FunctionUpdate", "FunctionArn": f"{ARN}:1"}
    assert shown(api, Qualifier="$LATEST") == {"UpdateRuntimeOn": "Auto", "FunctionArn": f"{ARN}:$LATEST"}


REFUSED: list[tuple[dict[str, Any], str, int]] = [
    ({"UpdateRuntimeOn": "Manual"}, "InvalidParameterValueException", 400),
    ({"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": RUNTIME}, "InvalidParameterValueException", 400),
    ({"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": RUNTIME.replace("us-east-1", "eu-west-1")},
     "InvalidParameterValueException", 400),
    ({"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": "x"}, "ValidationException", 400),
    ({"UpdateRuntimeOn": "Never"}, "ValidationException", 400),
    ({}, "ValidationException", 400),
    ({"UpdateRuntimeOn": "Auto", "FunctionName": "none"}, "ResourceNotFoundException", 404),
    ({"UpdateRuntimeOn": "Auto", "Qualifier": "7"}, "ResourceNotFoundException", 404),
    ({"UpdateRuntimeOn": "Auto", "Qualifier": "prod"}, "InvalidParameterValueException", 400),
]  # fmt: skip


@pytest.mark.parametrize("given, code, status", REFUSED)
def test_what_is_refused(api: Api, given: dict[str, Any], code: str, status: int) -> None:
    api.create("f", Publish=True)
    api.client.create_alias(FunctionName="f", Name="prod", FunctionVersion="1")
    answer = refused(api.client.put_runtime_management_config, **({"FunctionName": "f"} | given))
    assert (answer.code, answer.status) == (code, status)


@pytest.mark.parametrize("given", [{"FunctionName": "none"}, {"FunctionName": "f", "Qualifier": "7"}])
def test_what_is_not_there(api: Api, given: dict[str, Any]) -> None:
    api.create("f")
    assert refused(api.client.get_runtime_management_config, **given).code == "ResourceNotFoundException"
