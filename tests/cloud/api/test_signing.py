"""Code signing configurations, and what they do to a deployment."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.cloud.api.harness import Api, refused
from tests.support import make_zip

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
NONE = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-00000000000000000"
PUBLISHERS = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:123456789012:/signing-profiles/test/abcdefghij"]}
UNSIGNED = (
    "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not "
    f"configured to accept. Check the provided signature for {FUNCTION}."
)
ZIP = make_zip({"lambda_function.py": "x = 2"})


def config(api: Api, policy: str | None = None, **more: Any) -> str:
    policies = {} if policy is None else {"CodeSigningPolicies": {"UntrustedArtifactOnDeployment": policy}}
    made = api.client.create_code_signing_config(AllowedPublishers=PUBLISHERS, **policies, **more)
    return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])


def test_a_configuration_from_its_creation_to_its_end(api: Api) -> None:
    made = api.client.create_code_signing_config(AllowedPublishers=PUBLISHERS, Description="ours", Tags={"team": "a"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    one = made["CodeSigningConfig"]
    arn = one["CodeSigningConfigArn"]
    assert re.fullmatch(r"csc-[a-z0-9]{17}", one["CodeSigningConfigId"]) and arn.endswith(":" + one["CodeSigningConfigId"])
    assert one["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"} and one["AllowedPublishers"] == PUBLISHERS
    assert api.client.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == one
    assert api.client.list_tags(Resource=arn)["Tags"] == {"team": "a"}
    api.client.tag_resource(Resource=arn, Tags={"stage": "b"})
    api.client.untag_resource(Resource=arn, TagKeys=["team"])
    assert api.client.list_tags(Resource=arn)["Tags"] == {"stage": "b"}
    changed = api.client.update_code_signing_config(
        CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"}
    )["CodeSigningConfig"]
    assert changed["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Enforce"} and changed["Description"] == "ours"
    assert api.client.update_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == changed
    other = config(api)
    pages = api.client.get_paginator("list_code_signing_configs").paginate(PaginationConfig={"PageSize": 1})
    listed = [item["CodeSigningConfigArn"] for page in pages for item in page["CodeSigningConfigs"]]
    assert listed == sorted([arn, other])
    assert api.client.delete_code_signing_config(CodeSigningConfigArn=arn)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(api.client.get_code_signing_config, CodeSigningConfigArn=arn).status == 404


def test_a_functions_configuration(api: Api) -> None:
    arn = config(api)
    api.create("f")
    assert "CodeSigningConfigArn" not in api.client.get_function_code_signing_config(FunctionName="f")
    api.client.delete_function_code_signing_config(FunctionName="f")  # there is none, and that is no error
    put = api.client.put_function_code_signing_config(FunctionName=FUNCTION, CodeSigningConfigArn=arn)
    assert (put["CodeSigningConfigArn"], put["FunctionName"]) == (arn, "f")
    api.create("g", CodeSigningConfigArn=arn)
    assert api.client.get_function_code_signing_config(FunctionName="g")["CodeSigningConfigArn"] == arn
    arns = api.client.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert arns == [FUNCTION, FUNCTION[:-1] + "g"]
    answer = refused(api.client.delete_code_signing_config, CodeSigningConfigArn=arn)
    assert (answer.code, answer.status) == ("ResourceConflictException", 409)
    api.client.delete_function(FunctionName="g")
    assert api.client.delete_function_code_signing_config(FunctionName="f")["ResponseMetadata"]["HTTPStatusCode"] == 204
    api.client.delete_code_signing_config(CodeSigningConfigArn=arn)


def layer(api: Api) -> str:
    return str(api.client.publish_layer_version(LayerName="l", Content={"ZipFile": ZIP})["LayerVersionArn"])


def test_enforcing_blocks_what_nobody_signed(api: Api) -> None:
    enforcing, layers = config(api, "Enforce"), [layer(api)]
    api.create("f")
    before = api.client.get_function_configuration(FunctionName="f")["CodeSha256"]
    api.client.put_function_code_signing_config(FunctionName="f", CodeSigningConfigArn=enforcing)
    deployments: list[tuple[Any, dict[str, Any]]] = [
        (api.client.update_function_code, {"ZipFile": ZIP}),
        (api.client.update_function_code, {"ZipFile": ZIP, "DryRun": True}),
        (api.client.update_function_configuration, {"Layers": layers}),
    ]
    for deploy, given in deployments:
        answer = refused(deploy, FunctionName="f", **given)
        assert (answer.code, answer.status, answer.message) == ("CodeVerificationFailedException", 400, UNSIGNED)
    assert api.client.get_function_configuration(FunctionName="f")["CodeSha256"] == before
    api.client.update_function_configuration(FunctionName="f", Timeout=9)  # no deployment of code
    with pytest.raises(api.client.exceptions.CodeVerificationFailedException):
        api.create("g", CodeSigningConfigArn=enforcing)
    assert refused(api.client.get_function, FunctionName="g").status == 404
    api.client.update_code_signing_config(
        CodeSigningConfigArn=enforcing, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"}
    )
    api.client.update_function_code(FunctionName="f", ZipFile=ZIP)
    assert api.client.get_function_configuration(FunctionName="f")["CodeSha256"] != before


GONE = f"The Lambda code signing configuration {NONE} can not be found."
NOT_THERE = f"The code signing configuration cannot be found. Check that the provided configuration is not deleted: {NONE}."
NO_FUNCTION = f"Function not found: {FUNCTION[:-1]}none"
MISSING = "ResourceNotFoundException"
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("get_code_signing_config", {"CodeSigningConfigArn": NONE}, MISSING, GONE),
    ("update_code_signing_config", {"CodeSigningConfigArn": NONE}, MISSING, GONE),
    ("delete_code_signing_config", {"CodeSigningConfigArn": NONE}, MISSING, GONE),
    ("list_functions_by_code_signing_config", {"CodeSigningConfigArn": NONE}, MISSING, GONE),
    ("list_tags", {"Resource": NONE}, MISSING, GONE),
    ("put_function_code_signing_config", {"FunctionName": "f", "CodeSigningConfigArn": NONE},
     "CodeSigningConfigNotFoundException", NOT_THERE),
    ("put_function_code_signing_config", {"FunctionName": "none", "CodeSigningConfigArn": NONE},
     "CodeSigningConfigNotFoundException", NOT_THERE),
    ("get_function_code_signing_config", {"FunctionName": "none"}, MISSING, NO_FUNCTION),
    ("delete_function_code_signing_config", {"FunctionName": "none"}, MISSING, NO_FUNCTION),
]  # fmt: skip


@pytest.mark.parametrize("operation, given, code, message", REFUSED)
def test_what_is_not_there(api: Api, operation: str, given: dict[str, Any], code: str, message: str) -> None:
    api.create("f")
    answer = refused(getattr(api.client, operation), **given)
    assert (answer.code, answer.status, answer.message) == (code, 404, message)


def test_a_function_that_is_not_there_cannot_have_one(api: Api) -> None:
    answer = refused(api.client.put_function_code_signing_config, FunctionName="none", CodeSigningConfigArn=config(api))
    assert (answer.code, answer.message) == (MISSING, NO_FUNCTION)
    with pytest.raises(api.client.exceptions.CodeSigningConfigNotFoundException):
        api.create("f", CodeSigningConfigArn=NONE)


@pytest.mark.parametrize("publishers", [{}, {"SigningProfileVersionArns": []}, {"SigningProfileVersionArns": ["x"]}])
def test_publishers_must_be_named(api: Api, publishers: dict[str, Any]) -> None:
    assert refused(api.client.create_code_signing_config, AllowedPublishers=publishers).code == "ValidationException"
