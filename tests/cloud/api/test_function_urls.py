"""The configuration of function URLs."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.cloud.api.harness import Api, refused
from tests.support import CloudUnderTest

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
CORS = {"AllowOrigins": ["https://example.com"], "AllowMethods": ["GET", "POST"], "AllowCredentials": True, "MaxAge": 60}


def test_a_url_from_its_creation_to_its_end(api: Api) -> None:
    api.create("f")
    made = api.client.create_function_url_config(FunctionName="f", AuthType="NONE", Cors=CORS, InvokeMode="RESPONSE_STREAM")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert re.fullmatch(re.escape(api.url) + r"/_aws/lambda-url/[a-z0-9]{32}/", made["FunctionUrl"])
    assert (made["FunctionArn"], made["AuthType"], made["Cors"], made["InvokeMode"]) == (ARN, "NONE", CORS, "RESPONSE_STREAM")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", made["CreationTime"]) and "LastModifiedTime" not in made
    got = api.client.get_function_url_config(FunctionName=ARN)
    assert got["FunctionUrl"] == made["FunctionUrl"] and got["LastModifiedTime"] == got["CreationTime"] == made["CreationTime"]
    updated = api.client.update_function_url_config(FunctionName="f", AuthType="AWS_IAM")
    assert (updated["AuthType"], updated["Cors"], updated["InvokeMode"]) == ("AWS_IAM", CORS, "RESPONSE_STREAM")
    assert updated["LastModifiedTime"] > updated["CreationTime"]
    assert "Cors" not in api.client.update_function_url_config(FunctionName="f", Cors={}, InvokeMode="BUFFERED")
    assert api.client.delete_function_url_config(FunctionName="f")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(api.client.get_function_url_config, FunctionName="f").code == "ResourceNotFoundException"
    again = api.client.create_function_url_config(FunctionName="f", AuthType="NONE")
    assert again["FunctionUrl"] != made["FunctionUrl"] and "Cors" not in again and "InvokeMode" not in again
    assert api.client.get_function_url_config(FunctionName="f")["InvokeMode"] == "BUFFERED"


def test_an_alias_has_a_url_of_its_own(api: Api) -> None:
    api.create("f", Publish=True)
    for name in ("prod", "beta"):
        api.client.create_alias(FunctionName="f", Name=name, FunctionVersion="1")
    api.client.create_function_url_config(FunctionName="f", AuthType="NONE")
    made = api.client.create_function_url_config(FunctionName="f", Qualifier="prod", AuthType="AWS_IAM")
    api.client.create_function_url_config(FunctionName="f:beta", AuthType="NONE")
    assert made["FunctionArn"] == f"{ARN}:prod"
    assert api.client.get_function_url_config(FunctionName="f:prod")["FunctionUrl"] == made["FunctionUrl"]
    pages = api.client.get_paginator("list_function_url_configs").paginate(FunctionName="f", PaginationConfig={"PageSize": 2})
    listed = [url["FunctionArn"] for page in pages for url in page["FunctionUrlConfigs"]]
    assert listed == [ARN, f"{ARN}:beta", f"{ARN}:prod"]
    api.client.delete_alias(FunctionName="f", Name="prod")
    api.client.create_alias(FunctionName="f", Name="prod", FunctionVersion="1")
    assert refused(api.client.get_function_url_config, FunctionName="f", Qualifier="prod").status == 404
    api.client.delete_function(FunctionName="f")
    api.create("f")
    assert refused(api.client.get_function_url_config, FunctionName="f").status == 404


GONE, NO_FUNCTION = "The resource you requested does not exist.", "Function does not exist"
MISSING, INVALID = "ResourceNotFoundException", "ValidationException"
PATTERN = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"
REFUSED: dict[str, tuple[str, dict[str, Any], str, int, str]] = {
    "create, no function": ("create", {"FunctionName": "none"}, MISSING, 404, NO_FUNCTION),
    "create, no alias": ("create", {"Qualifier": "none"}, MISSING, 404, NO_FUNCTION),
    "create, twice": (
        "create", {}, "ResourceConflictException", 409,
        f"Failed to create function url config for [functionArn = {ARN}]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function",
    ),
    "create, a version": (
        "create", {"Qualifier": "1"}, INVALID, 400,
        f"1 validation error detected: Value '1' at 'qualifier' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {PATTERN}",
    ),
    "create, $LATEST": (
        "create", {"Qualifier": "$LATEST"}, INVALID, 400,
        "1 validation error detected: Value '$LATEST' at 'qualifier' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {PATTERN}",
    ),
    "create, no such type": (
        "create", {"AuthType": "OPEN"}, INVALID, 400,
        "1 validation error detected: Value 'OPEN' at 'authType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [NONE, AWS_IAM]",
    ),
    "create, no type": (
        "create", {"AuthType": None}, INVALID, 400,
        "1 validation error detected: Value null at 'authType' failed to satisfy constraint: Member must not be null",
    ),
    "get, no function": ("get", {"FunctionName": "none"}, MISSING, 404, GONE),
    "get, no URL": ("get", {"FunctionName": "bare"}, MISSING, 404, GONE),
    "update, no function": ("update", {"FunctionName": "none"}, MISSING, 404, NO_FUNCTION),
    "update, no URL": ("update", {"FunctionName": "bare"}, MISSING, 404, GONE),
    "delete, no function": ("delete", {"FunctionName": "none"}, MISSING, 404, GONE),
    "delete, no URL": ("delete", {"FunctionName": "bare"}, MISSING, 404, GONE),
    "list, no function": ("list", {"FunctionName": "none"}, MISSING, 404, NO_FUNCTION),
}  # fmt: skip


@pytest.mark.parametrize("verb, given, code, status, message", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(api: Api, verb: str, given: dict[str, Any], code: str, status: int, message: str) -> None:
    api.create("f")
    api.create("bare")
    api.client.create_function_url_config(FunctionName="f", AuthType="NONE")
    call = getattr(api.client, f"{verb}_function_url_config" + ("s" if verb == "list" else ""))
    parameters = {"FunctionName": "f"} | ({"AuthType": "NONE"} if verb == "create" else {}) | given
    answer = refused(call, **{name: value for name, value in parameters.items() if value is not None})
    assert (answer.code, answer.status, answer.message) == (code, status, message)


RULES: dict[str, tuple[dict[str, Any], str]] = {
    "a method longer than six letters": ({"AllowMethods": ["OPTIONS"]}, "length less than or equal to 6"),
    "more than six methods": ({"AllowMethods": ["GET"] * 7}, "length less than or equal to 6"),
    "more than a hundred origins": ({"AllowOrigins": ["*"] * 101}, "length less than or equal to 100"),
    "more than a day": ({"MaxAge": 86401}, "value less than or equal to 86400"),
}


@pytest.mark.parametrize("cors, words", RULES.values(), ids=RULES)
def test_rules_of_cors(api: Api, cors: dict[str, Any], words: str) -> None:
    api.create("f")
    answer = refused(api.client.create_function_url_config, FunctionName="f", AuthType="NONE", Cors=cors)
    assert (answer.code, answer.status) == ("ValidationException", 400) and words in answer.message


def test_a_path_of_ours_opens_no_other_service(cloud: CloudUnderTest) -> None:
    scope = "AKIANOBODYNOBODYNOBO/20260101/us-east-1/dynamodb/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "X-Amz-Date": "20260101T000000Z", "X-Amz-Target": "DynamoDB_20120810.ListTables",
    }  # fmt: skip
    for path, status in (("/_aws/code/x", 403), ("/_aws/lambda-url/x/", 403)):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(cloud.url + path, b"{}", headers))
        assert caught.value.code == status
