"""What the Lambda API refuses: one row per rule, with the error's name, its HTTP status and a piece of its words."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.cloud.api.harness import NO_ROLE, ROLE, Api, refused
from tests.support import make_zip

ZIP = make_zip({"lambda_function.py": "x = 1"})
GOOD: dict[str, Any] = {
    "FunctionName": "new", "Runtime": "python3.12", "Handler": "a.b", "Role": ROLE, "Code": {"ZipFile": ZIP},
}  # fmt: skip
SNAP_START = {"SnapStart": {"ApplyOn": "PublishedVersions"}}
VALIDATION, INVALID = ("ValidationException", 400), ("InvalidParameterValueException", 400)
NOT_FOUND, CONFLICT = ("ResourceNotFoundException", 404), ("ResourceConflictException", 409)
NOT_IMPLEMENTED = ("NotImplemented", 501)
CONTENT = ("InvalidRequestContentException", 400)


def constraint(value: str, member: str, words: str) -> str:
    return f"1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: Member must {words}"


def variables(**given: str) -> dict[str, Any]:
    return {"Environment": {"Variables": given}}


CREATE = {
    "timeout over": ({"Timeout": 901}, VALIDATION, constraint("'901'", "timeout", "have value less than or equal to 900")),
    "timeout 0": ({"Timeout": 0}, VALIDATION, constraint("'0'", "timeout", "have value greater than or equal to 1")),
    "memory over": ({"MemorySize": 10_241}, VALIDATION, "at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240"),
    "memory under": ({"MemorySize": 127}, VALIDATION, "Member must have value greater than or equal to 128"),
    "/tmp over": ({"EphemeralStorage": {"Size": 10_241}}, VALIDATION, "Value '10241' at 'ephemeralStorage.size' failed"),
    "/tmp under": ({"EphemeralStorage": {"Size": 511}}, VALIDATION, "greater than or equal to 512"),
    "/tmp without size": ({"EphemeralStorage": {}}, VALIDATION, constraint("null", "ephemeralStorage.size", "not be null")),
    "no role": ({"Role": None}, VALIDATION, constraint("null", "role", "not be null")),
    "no code": ({"Code": None}, VALIDATION, constraint("null", "code", "not be null")),
    "role is no ARN": ({"Role": "lab"}, VALIDATION, constraint("'lab'", "role", "satisfy regular expression pattern: arn:")),
    "role of another service": ({"Role": NO_ROLE}, INVALID, "The role defined for the function cannot be assumed by Lambda."),
    "long name": ({"FunctionName": "n" * 65}, VALIDATION, "at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64"),
    "name with a space": ({"FunctionName": "my function"}, VALIDATION, "Value 'my function' at 'functionName' failed"),
    "long description": ({"Description": "d" * 257}, VALIDATION, "have length less than or equal to 256"),
    "handler with a space": ({"Handler": "a .b"}, VALIDATION, constraint("'a .b'", "handler", "satisfy regular expression pattern: [^\\s]+")),
    "tag's key is too long": ({"Tags": {"k" * 129: ""}}, VALIDATION, "at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, "),
    "tag's value is too long": ({"Tags": {"k": "v" * 257}}, VALIDATION, "at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, "),
    "tag's key is empty": ({"Tags": {"": "v"}}, VALIDATION, "Member must have length greater than or equal to 1"),
    "AWS's tag": ({"Tags": {"AWS:x": "v"}}, INVALID, "reserved for AWS"),
    "where to publish": ({"PublishTo": "LATEST_PUBLISHED"}, NOT_IMPLEMENTED, "'PublishTo'"),
    "long handler": ({"Handler": "h" * 129}, VALIDATION, "at 'handler' failed to satisfy constraint: Member must have length less than or equal to 128"),
    "two architectures": ({"Architectures": ["x86_64", "arm64"]}, VALIDATION, "Value '[x86_64, arm64]' at 'architectures' failed"),
    "unknown architecture": ({"Architectures": ["mips"]}, VALIDATION, "Member must satisfy enum value set: [x86_64, arm64]"),
    "unknown package type": ({"PackageType": "Tar"}, VALIDATION, "Member must satisfy enum value set: [Zip, Image]"),
    "variable's name": (variables(**{"1st": "x"}), VALIDATION, "at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"),
    "wrapper script": (variables(AWS_LAMBDA_EXEC_WRAPPER="/opt/wrapper"), NOT_IMPLEMENTED, "does not run wrapper scripts (AWS_LAMBDA_EXEC_WRAPPER)"),
    "several at once": ({"Timeout": 0, "MemorySize": 1}, VALIDATION, "2 validation errors detected: "),
    "text for a number": ({"Timeout": "soon"}, ("SerializationException", 400), "STRING_VALUE can not be converted to an Integer"),
    "number for text": ({"Handler": 7}, ("SerializationException", 400), "NUMBER_VALUE can not be converted to a String"),
    "runtime": ({"Runtime": "python9.9"}, INVALID, "Value python9.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: ["),
    "retired runtime": ({"Runtime": "python3.6"}, INVALID, "The runtime parameter of python3.6 is no longer supported for creating"),
    "no runtime": ({"Runtime": None}, INVALID, "Runtime and Handler are mandatory parameters for functions created with deployment packages."),
    "no handler": ({"Handler": None}, INVALID, "Runtime and Handler are mandatory parameters"),
    "reserved variable": (variables(AWS_REGION="x"), INVALID, "reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION"),
    "NUL in a variable": (variables(AB="x", CD="x\0y"), INVALID, "contains a NUL character, which no program can be given: CD"),
    "variables over 4 KB": (variables(A1="x" * 4096), INVALID, 'exceeded the 4KB limit. String measured: {"A1":"xxx'),
    "not a zip": ({"Code": {"ZipFile": b"no zip"}}, INVALID, "Could not unzip uploaded file. Please check your file, then try to upload again."),
    "empty zip": ({"Code": {"ZipFile": make_zip({})}}, INVALID, "Uploaded file must be a non-empty zip"),
    "climbing zip": ({"Code": {"ZipFile": make_zip({"../a": ""})}}, INVALID, "points outside the package"),
    "no source": ({"Code": {}}, INVALID, "Please provide a source for function code."),
    "two sources": ({"Code": {"ZipFile": ZIP, "S3Bucket": "bucket", "S3Key": "k"}}, INVALID, "Please do not provide other FunctionCode parameters"),
    "object is not there": ({"Code": {"S3Bucket": "bucket", "S3Key": "k"}}, INVALID, "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."),
    "51 tags": ({"Tags": {f"t{n}": "" for n in range(51)}}, INVALID, "Number of tags exceeds"),
    "package's key": ({"Code": {"ZipFile": ZIP, "SourceKMSKeyArn": "arn:aws:kms:us-east-1:1:key/k"}}, NOT_IMPLEMENTED, "'SourceKMSKeyArn'"),
    "storage mode": ({"Code": {"S3Bucket": "bucket", "S3Key": "k", "S3ObjectStorageMode": "REFERENCE"}}, NOT_IMPLEMENTED, "copies a package"),
    "half an object": ({"Code": {"S3Bucket": "bucket"}}, INVALID, "Please provide a source for function code."),
    "SnapStart's runtime": ({"Runtime": "python3.11", **SNAP_START}, INVALID, "python3.11 is not supported for SnapStart enabled functions."),
    "SnapStart's /tmp": ({"EphemeralStorage": {"Size": 513}, **SNAP_START}, INVALID, "Ephemeral storage of more than 512 MB is not supported"),
    "SnapStart of an image": (
        {"PackageType": "Image", "Code": {"ImageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/a:b"}, "Runtime": None, "Handler": None, **SNAP_START},
        INVALID, "ContainerImage is not supported for SnapStart enabled functions.",
    ),
    "SnapStart for what": ({"SnapStart": {"ApplyOn": "All"}}, ("ValidationException", 400), "Member must satisfy enum value set: [PublishedVersions, None]"),
    "a key of KMS": ({"KMSKeyArn": "arn:aws:kms:us-east-1:1:key/k"}, NOT_IMPLEMENTED, "'KMSKeyArn'"),
    "another region": ({"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:f"}, NOT_FOUND, "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"),
}  # fmt: skip


@pytest.mark.parametrize("given, error, words", CREATE.values(), ids=CREATE)
def test_create_function_refuses(api: Api, given: dict[str, Any], error: tuple[str, int], words: str) -> None:
    parameters = {name: value for name, value in (GOOD | given).items() if value is not None}
    answer = refused(api.client.create_function, **parameters)
    assert (answer.code, answer.status) == error
    assert words in answer.message
    assert api.client.list_functions()["Functions"] == []


def test_a_name_is_taken_once(api: Api) -> None:
    api.create("f")
    answer = refused(api.client.create_function, **GOOD | {"FunctionName": "f"})
    assert (answer.code, answer.status, answer.message) == (*CONFLICT, "Function already exist: f")


FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function"
ABSENT = {
    "get": ("get_function", {"FunctionName": "nix"}, f"Function not found: {FUNCTION}:nix"),
    "get $LATEST": ("get_function", {"FunctionName": "nix", "Qualifier": "$LATEST"}, f"{FUNCTION}:nix:$LATEST"),
    "get a version": ("get_function", {"FunctionName": "f", "Qualifier": "7"}, f"Function not found: {FUNCTION}:f:7"),
    "get an alias": ("get_function_configuration", {"FunctionName": "f:live"}, f"Function not found: {FUNCTION}:f:live"),
    "a dot": ("invoke", {"FunctionName": "f.x"}, f"Function not found: {FUNCTION}:f.x"),
    "invoke": ("invoke", {"FunctionName": "nix"}, f"Function not found: {FUNCTION}:nix"),
    "invoke a version": ("invoke", {"FunctionName": "f", "Qualifier": "7"}, f"Function not found: {FUNCTION}:f:7"),
    "update": ("update_function_code", {"FunctionName": "nix", "ZipFile": ZIP}, f"Function not found: {FUNCTION}:nix"),
    "configure": ("update_function_configuration", {"FunctionName": "nix"}, f"Function not found: {FUNCTION}:nix"),
    "publish": ("publish_version", {"FunctionName": "nix"}, f"Function not found: {FUNCTION}:nix"),
    "delete": ("delete_function", {"FunctionName": "nix"}, f"Function not found: {FUNCTION}:nix"),
    "delete a version": ("delete_function", {"FunctionName": "nix", "Qualifier": "7"}, f"Function not found: {FUNCTION}:nix"),
    "versions": ("list_versions_by_function", {"FunctionName": "nix"}, f"Function not found: {FUNCTION}:nix"),
    "tags": ("list_tags", {"Resource": f"{FUNCTION}:nix"}, f"Function not found: {FUNCTION}:nix"),
    "elsewhere": ("invoke", {"FunctionName": "arn:aws:lambda:sa-east-1:123456789012:function:f"}, "Functions from 'sa-east-1' are not reachable"),
}  # fmt: skip


@pytest.mark.parametrize("operation, given, words", ABSENT.values(), ids=ABSENT)
def test_what_is_not_there(api: Api, operation: str, given: dict[str, Any], words: str) -> None:
    api.create("f")
    answer = refused(getattr(api.client, operation), **given)
    assert (answer.code, answer.status) == NOT_FOUND
    assert words in answer.message
    assert answer.response["Type"] == "User" and answer.response["Message"] == answer.message


OTHERS = {
    "two qualifiers": ("get_function", {"FunctionName": "f:1", "Qualifier": "2"}, INVALID, "The derived qualifier from the function name does not match the specified qualifier."),
    "update a version": ("update_function_configuration", {"FunctionName": "f:1"}, INVALID, "This operation is permitted on Lambda functions only."),
    "create a version": ("create_function", GOOD | {"FunctionName": "f:1"}, INVALID, "This operation is permitted on Lambda functions only."),
    "delete $LATEST": ("delete_function", {"FunctionName": "f", "Qualifier": "$LATEST"}, INVALID, "$LATEST version cannot be deleted without deleting the function."),
    "stale revision, code": ("update_function_code", {"FunctionName": "f", "ZipFile": ZIP, "RevisionId": "old"}, ("PreconditionFailedException", 412), "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API"),
    "stale revision, configuration": ("update_function_configuration", {"FunctionName": "f", "RevisionId": "old"}, ("PreconditionFailedException", 412), "The Revision Id provided"),
    "stale revision, version": ("publish_version", {"FunctionName": "f", "RevisionId": "old"}, ("PreconditionFailedException", 412), "The Revision Id provided"),
    "other code": ("publish_version", {"FunctionName": "f", "CodeSha256": "abc="}, INVALID, "CodeSHA256 (abc=) is different from current CodeSHA256 in $LATEST ("),
    "update: 4 KB of variables": ("update_function_configuration", {"FunctionName": "f", **variables(A1="x" * 4200)}, INVALID, "exceeded the 4KB limit"),
    "update: much more": ("update_function_configuration", {"FunctionName": "f", **variables(A1="x" * 5200)}, ("RequestEntityTooLargeException", 413), "Request must be smaller than 5120 bytes for the UpdateFunctionConfiguration operation"),
    "update: memory": ("update_function_configuration", {"FunctionName": "f", "MemorySize": 10_241}, VALIDATION, "at 'memorySize' failed"),
    "update: timeout": ("update_function_configuration", {"FunctionName": "f", "Timeout": 901}, VALIDATION, "at 'timeout' failed"),
    "update: /tmp": ("update_function_configuration", {"FunctionName": "f", "EphemeralStorage": {"Size": 511}}, VALIDATION, "at 'ephemeralStorage.size' failed"),
    "update: handler": ("update_function_configuration", {"FunctionName": "f", "Handler": "a b"}, VALIDATION, "at 'handler' failed"),
    "update: description": ("update_function_configuration", {"FunctionName": "f", "Description": "d" * 257}, VALIDATION, "at 'description' failed"),
    "update: architecture": ("update_function_code", {"FunctionName": "f", "ZipFile": ZIP, "Architectures": ["mips"]}, VALIDATION, "Value '[mips]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"),
    "update: no source": ("update_function_code", {"FunctionName": "f"}, INVALID, "Please provide a source for function code."),
    "publish: where": ("publish_version", {"FunctionName": "f", "PublishTo": "LATEST_PUBLISHED"}, NOT_IMPLEMENTED, "'PublishTo'"),
    "publish: description": ("publish_version", {"FunctionName": "f", "Description": "d" * 257}, VALIDATION, "at 'description' failed"),
    "update: bad zip": ("update_function_code", {"FunctionName": "f", "ZipFile": b"x"}, INVALID, "Could not unzip uploaded file"),
    "update: role": ("update_function_configuration", {"FunctionName": "f", "Role": NO_ROLE}, INVALID, "cannot be assumed by Lambda"),
    "update: runtime": ("update_function_configuration", {"FunctionName": "f", "Runtime": "cobol"}, INVALID, "Value cobol at 'runtime'"),
    "page size": ("list_functions", {"MaxItems": 0}, VALIDATION, "Value '0' at 'maxItems' failed"),
    "marker": ("list_functions", {"Marker": "!!"}, INVALID, "Invalid marker value from user."),
    "which versions": ("list_functions", {"FunctionVersion": "SOME"}, VALIDATION, "Member must satisfy enum value set: [ALL]"),
    "tags of a version": ("tag_resource", {"Resource": f"{FUNCTION}:f:1", "Tags": {"a": "b"}}, INVALID, "Tags on function aliases and versions are not supported"),
    "51 tags": ("tag_resource", {"Resource": f"{FUNCTION}:f", "Tags": {f"t{n}": "" for n in range(51)}}, INVALID, "Number of tags exceeds resource tag limit."),
    "tags of what is not there": ("tag_resource", {"Resource": f"{FUNCTION}:nix", "Tags": {"a": "b"}}, NOT_FOUND, f"Function not found: {FUNCTION}:nix"),
    "tags of an instances' provider": ("list_tags", {"Resource": "arn:aws:lambda:us-east-1:123456789012:capacity-provider:p"}, NOT_IMPLEMENTED, "capacity-provider"),
    "tags of a name": ("list_tags", {"Resource": "f"}, VALIDATION, "Value 'f' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:"),
    "AWS's tags": ("tag_resource", {"Resource": f"{FUNCTION}:f", "Tags": {"aws:x": "b"}}, INVALID, "reserved for AWS"),
    "tag's characters": ("tag_resource", {"Resource": f"{FUNCTION}:f", "Tags": {"a?": "b"}}, VALIDATION, "at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: ["),
    "no tag keys": ("untag_resource", {"Resource": f"{FUNCTION}:f"}, VALIDATION, "Value null at 'tagKeys' failed"),
    "invocation type": ("invoke", {"FunctionName": "f", "InvocationType": "Later"}, VALIDATION, "Member must satisfy enum value set: [Event, RequestResponse, DryRun]"),
    "payload is no JSON": ("invoke", {"FunctionName": "f", "Payload": b"{'a': 1}"}, CONTENT, "Could not parse request body into json: Could not parse payload into json: "),
    "payload is no UTF-8": ("invoke", {"FunctionName": "f", "Payload": b'"\x87"'}, CONTENT, "Could not parse request body into json"),
    "payload is NaN": ("invoke", {"FunctionName": "f", "Payload": b"[NaN]"}, CONTENT, "NaN is no JSON value"),
    "payload is too deep": ("invoke", {"FunctionName": "f", "Payload": b"[" * 200_000}, CONTENT, "Could not parse request body into json"),
    "event is no JSON": ("invoke", {"FunctionName": "f", "InvocationType": "Event", "Payload": b"x"}, CONTENT, "Could not parse"),
    "payload over 6 MB": ("invoke", {"FunctionName": "f", "Payload": b'"' + b"x" * 6_291_455 + b'"'}, ("RequestEntityTooLargeException", 413), "Request must be smaller than 6291456 bytes for the InvokeFunction operation"),
    "event over 1 MB": ("invoke", {"FunctionName": "f", "InvocationType": "Event", "Payload": b'"' + b"x" * 1_048_575 + b'"'}, ("RequestEntityTooLargeException", 413), "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"),
    "context is no base64": ("invoke", {"FunctionName": "f", "ClientContext": "{}"}, CONTENT, "Client context must be a valid Base64-encoded JSON object."),
    "context is no JSON": ("invoke", {"FunctionName": "f", "ClientContext": base64.b64encode(b"{").decode()}, CONTENT, "Base64-encoded JSON object"),
    "context is no object": ("invoke", {"FunctionName": "f", "ClientContext": base64.b64encode(b"[1]").decode()}, CONTENT, "Base64-encoded JSON object"),
    "context is too long": ("invoke", {"FunctionName": "f", "ClientContext": "e" * 3584}, CONTENT, "at most 3583 bytes"),
    "tenant": ("invoke", {"FunctionName": "f", "TenantId": "blue"}, NOT_IMPLEMENTED, "does not act on 'TenantId' yet"),
    "an operation of a later issue": ("list_capacity_providers", {}, NOT_IMPLEMENTED, "does not have the operation ListCapacityProviders yet"),
}  # fmt: skip


@pytest.mark.parametrize("operation, given, error, words", OTHERS.values(), ids=OTHERS)
def test_refuses(api: Api, operation: str, given: dict[str, Any], error: tuple[str, int], words: str) -> None:
    api.create("f")
    answer = refused(getattr(api.client, operation), **given)
    assert (answer.code, answer.status) == error
    assert words in answer.message
    assert api.invoker.invoked == [] and api.events.accepted == []


PACKAGES = {
    "CreateFunction": ("POST", "/2015-03-31/functions"),
    "UpdateFunctionCode": ("PUT", "/2015-03-31/functions/f/code"),
    "PublishLayerVersion": ("POST", "/2018-10-31/layers/l/versions"),
}


@pytest.mark.parametrize("operation", PACKAGES)
def test_a_package_over_50_mb_is_refused_by_the_size_of_its_request(api: Api, operation: str) -> None:
    method, path = PACKAGES[operation]

    async def send() -> Any:
        return await api.service.handle(method, path, "", {}, b" " * 69_905_068)

    answer = api.run(send)
    assert answer.status == 413 and answer.headers["x-amzn-ErrorType"] == "RequestEntityTooLargeException"
    assert json.loads(answer.body)["message"] == f"Request must be smaller than 69905067 bytes for the {operation} operation"


RAW = {
    "no such path": ("GET", "/2015-03-31/nothing", b"", 404, "UnknownOperationException"),
    "no such method": ("PATCH", "/2015-03-31/functions", b"", 404, "UnknownOperationException"),
    "no JSON": ("POST", "/2015-03-31/functions", b"{", 400, "InvalidRequestContentException"),
    "a list": ("POST", "/2015-03-31/functions", b"[]", 400, "SerializationException"),
    "a list for a map": ("POST", "/2015-03-31/functions", b'{"Tags": ["a"]}', 400, "SerializationException"),
    "no base64": ("POST", "/2015-03-31/functions", b'{"Code": {"ZipFile": "?"}}', 400, "SerializationException"),
    "nothing": ("POST", "/2015-03-31/functions", b"", 400, "ValidationException"),
    "half a character": ("POST", "/2015-03-31/functions", b'{"Description": "\\ud800"}', 400, "SerializationException"),
    "half a character in a key": ("POST", "/2015-03-31/functions", b'{"Tags": {"\\ud800": ""}}', 400, "SerializationException"),
    "infinite": ("POST", "/2015-03-31/functions", b'{"Timeout": Infinity}', 400, "SerializationException"),
    "no number": ("GET", "/2015-03-31/functions?MaxItems=many", b"", 400, "SerializationException"),
}  # fmt: skip


@pytest.mark.parametrize("method, target, body, status, code", RAW.values(), ids=RAW)
def test_requests_that_no_sdk_would_send(api: Api, method: str, target: str, body: bytes, status: int, code: str) -> None:
    path, _, query = target.partition("?")

    async def send() -> Any:
        return await api.service.handle(method, path, query, {}, body)

    answer = api.run(send)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (status, code)
    assert "message" in {name.lower() for name in json.loads(answer.body)}
