"""A function's life through the API: created, read, changed, listed, tagged, deleted."""

from __future__ import annotations

import base64
import hashlib
import json
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from lablib.models import limits
from tests.cloud.api.harness import ROLE, Api, refused
from tests.support import make_zip

ARN = "arn:aws:lambda:us-east-1:123456789012:function"
ZIP = make_zip({"lambda_function.py": "x = 1"})


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_create_function_answers_as_aws_does(api: Api) -> None:
    answer = api.client.create_function(
        FunctionName="f", Runtime="python3.12", Handler="a.b", Role=ROLE, Code={"ZipFile": ZIP},
        Environment={"Variables": {"STAGE": "test"}}, Tags={"team": "blue"},
    )  # fmt: skip
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    shown = without_metadata(answer)
    assert shown.pop("RevisionId").count("-") == 4
    modified = datetime.strptime(shown.pop("LastModified"), "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(datetime.now(timezone.utc) - modified) < timedelta(minutes=1)
    assert shown == {
        "FunctionName": "f", "FunctionArn": f"{ARN}:f", "Runtime": "python3.12", "Role": ROLE, "Handler": "a.b",
        "CodeSize": len(ZIP), "CodeSha256": base64.b64encode(hashlib.sha256(ZIP).digest()).decode(), "Description": "",
        "Timeout": 3, "MemorySize": 128, "Version": "$LATEST", "Environment": {"Variables": {"STAGE": "test"}},
        "TracingConfig": {"Mode": "PassThrough"}, "State": "Pending", "StateReasonCode": "Creating",
        "StateReason": "The function is being created.", "PackageType": "Zip", "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512}, "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "RuntimeVersionConfig": {"RuntimeVersionArn": "arn:aws:lambda:us-east-1::runtime:local"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"},
    }  # fmt: skip


def test_get_function(api: Api) -> None:
    api.create("f", Tags={"team": "blue"})
    answer = api.client.get_function(FunctionName="f")
    assert answer["Tags"] == {"team": "blue"} and answer["Code"]["RepositoryType"] == "S3"
    assert answer["Configuration"]["State"] == "Active" and answer["Configuration"]["LastUpdateStatus"] == "Successful"
    assert "StateReason" not in answer["Configuration"] and "Environment" not in answer["Configuration"]
    assert without_metadata(api.client.get_function_configuration(FunctionName="f")) == answer["Configuration"]


NAMES = ["f", "function:f", "123456789012:function:f", "123456789012:f", f"{ARN}:f", f"{ARN}:f:$LATEST", "f:$LATEST"]


@pytest.mark.parametrize("name", NAMES)
def test_every_way_to_name_a_function(api: Api, name: str) -> None:
    api.create("f")
    arn = api.client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    assert arn == (f"{ARN}:f:$LATEST" if name.endswith("$LATEST") else f"{ARN}:f")
    api.client.invoke(FunctionName=name)
    assert api.invoker.invoked[0].invoked_arn == arn


def test_a_function_can_be_created_by_its_arn(api: Api) -> None:
    api.create(f"{ARN}:by-arn")
    assert api.client.get_function(FunctionName="by-arn")["Configuration"]["FunctionName"] == "by-arn"


def test_code_location_downloads_the_package(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.create("f")
    location = api.client.get_function(FunctionName="f")["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.read() == ZIP
    forged = location[:-1] + ("0" if location[-1] != "0" else "1")
    for wrong in (forged, f"{api.url}/_aws/code/", f"{api.url}/_aws/code/é-ü-ö".encode().decode("latin-1", "ignore")):
        with pytest.raises((urllib.error.HTTPError, UnicodeEncodeError)) as caught:
            urllib.request.urlopen(wrong)
        assert getattr(caught.value, "code", 403) == 403
    monkeypatch.setattr(limits, "DOWNLOAD_LINK_S", -1)
    late = api.client.get_function(FunctionName="f")["Code"]["Location"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(late)


def test_code_from_s3(api: Api) -> None:
    api.objects["bucket", "code.zip"] = ZIP
    api.create("f", Code={"S3Bucket": "bucket", "S3Key": "code.zip"})
    assert api.functions.get("f").code.joinpath("lambda_function.py").read_text() == "x = 1"


def test_dry_run_changes_nothing(api: Api) -> None:
    api.create("f")
    before = api.client.get_function_configuration(FunctionName="f")
    other = make_zip({"lambda_function.py": "y = 2"})
    answer = api.client.update_function_code(FunctionName="f", ZipFile=other, DryRun=True)
    assert answer["CodeSha256"] != before["CodeSha256"] and answer["CodeSize"] == len(other)
    assert without_metadata(api.client.get_function_configuration(FunctionName="f")) == without_metadata(before)


def test_update_function_code(api: Api) -> None:
    api.create("f")
    before = api.functions.get("f")
    answer = api.client.update_function_code(FunctionName="f", ZipFile=make_zip({"new.py": ""}), Architectures=["arm64"])
    assert answer["LastUpdateStatus"] == "InProgress" and answer["State"] == "Active"
    assert answer["LastUpdateStatusReasonCode"] == "Creating" and answer["Architectures"] == ["arm64"]
    after = api.functions.get("f")
    assert after.code != before.code and after.generation != before.generation
    assert [path.name for path in after.code.iterdir()] == ["new.py"]
    seen = api.client.get_function_configuration(FunctionName="f")
    assert seen["LastUpdateStatus"] == "Successful" and "LastUpdateStatusReason" not in seen


def test_update_function_configuration_changes_what_is_named(api: Api) -> None:
    api.create("f", Environment={"Variables": {"A1": "1"}}, Description="before")
    before = api.functions.get("f")
    answer = api.client.update_function_configuration(FunctionName="f", MemorySize=1769, Timeout=900)
    assert (answer["MemorySize"], answer["Timeout"], answer["Description"]) == (1769, 900, "before")
    assert answer["Environment"] == {"Variables": {"A1": "1"}}
    after = api.functions.get("f")
    assert after.generation != before.generation and after.environment == {"A1": "1"} and after.code == before.code
    group = api.client.update_function_configuration(
        FunctionName="f", Environment={"Variables": {}}, EphemeralStorage={"Size": 1024}, Runtime="python3.13",
        LoggingConfig={"LogGroup": "/my/own"},
    )["LoggingConfig"]["LogGroup"]  # fmt: skip
    last = api.functions.get("f")
    assert (last.environment, last.ephemeral_storage, last.runtime, last.log_group) == ({}, 1024, "python3.13", group)


def test_revision_ids(api: Api) -> None:
    api.create("f")
    seen = [api.client.get_function_configuration(FunctionName="f")["RevisionId"]]
    for _ in range(2):
        api.client.update_function_configuration(FunctionName="f", Description="same", RevisionId=seen[-1])
        seen.append(api.client.get_function_configuration(FunctionName="f")["RevisionId"])
    assert len(set(seen)) == 3


def test_delete_function(api: Api) -> None:
    changed: list[str] = []
    api.functions.on_change(changed.append)
    api.create("f")
    assert api.client.delete_function(FunctionName="f")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(api.client.get_function, FunctionName="f").status == 404
    assert changed == ["f", "f"]
    api.create("f")
    assert api.client.get_function(FunctionName="f")["Configuration"]["Version"] == "$LATEST"


def test_list_functions_by_pages(api: Api) -> None:
    names = sorted(api.create(f"f{number:02}") for number in range(7))
    pages = list(api.client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["Functions"]) for page in pages] == [3, 3, 1]
    listed = [function for page in pages for function in page["Functions"]]
    assert [function["FunctionName"] for function in listed] == names
    assert "State" not in listed[0] and "LastUpdateStatus" not in listed[0]


def test_a_deletion_between_two_pages_hides_nothing(api: Api) -> None:
    for name in "abcd":
        api.create(name)
    first = api.client.list_functions(MaxItems=2)
    api.client.delete_function(FunctionName="a")
    rest = api.client.list_functions(Marker=first["NextMarker"])
    assert [function["FunctionName"] for function in rest["Functions"]] == ["c", "d"] and "NextMarker" not in rest


def test_list_functions_with_all_versions(api: Api) -> None:
    api.create("f", Publish=True)
    api.create("g")
    listed = api.client.list_functions(FunctionVersion="ALL")["Functions"]
    assert [function["FunctionArn"] for function in listed] == [f"{ARN}:f:$LATEST", f"{ARN}:f:1", f"{ARN}:g:$LATEST"]


def test_tags(api: Api) -> None:
    api.create("f")
    api.client.tag_resource(Resource=f"{ARN}:f", Tags={"a": "1", "b c": "ü/2"})
    api.client.tag_resource(Resource=f"{ARN}:f", Tags={"a": "3"})
    assert api.client.list_tags(Resource=f"{ARN}:f")["Tags"] == {"a": "3", "b c": "ü/2"}
    answer = api.client.untag_resource(Resource=f"{ARN}:f", TagKeys=["a", "never"])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert api.client.list_tags(Resource=f"{ARN}:f")["Tags"] == {"b c": "ü/2"}


def test_tagging_makes_a_new_revision(api: Api) -> None:
    api.create("f", Publish=True)
    seen = [api.functions.get("f")]
    for change in (
        lambda: api.client.tag_resource(Resource=f"{ARN}:f", Tags={"a": "1"}),
        lambda: api.client.tag_resource(Resource=f"{ARN}:f", Tags={"a": "1"}),
        lambda: api.client.untag_resource(Resource=f"{ARN}:f", TagKeys=["none"]),
    ):
        change()
        seen.append(api.functions.get("f"))
    assert len({version.revision_id for version in seen}) == 4 and len({version.generation for version in seen}) == 1
    assert [version.last_modified for version in seen] == sorted(version.last_modified for version in seen)
    assert api.client.publish_version(FunctionName="f")["Version"] == "1"


def test_account_settings(api: Api) -> None:
    api.create("f", Publish=True)
    answer = api.client.get_account_settings()
    assert answer["AccountUsage"] == {"TotalCodeSize": 2 * len(ZIP), "FunctionCount": 1}
    assert answer["AccountLimit"]["CodeSizeUnzipped"] == 262144000 and answer["AccountLimit"]["CodeSizeZipped"] == 52428800
    assert answer["AccountLimit"]["ConcurrentExecutions"] == 1000


def test_an_error_of_ours_is_an_answer_too(api: Api) -> None:
    api.create("f")
    api.invoker.error = RuntimeError("broken")
    answer = refused(api.client.invoke, FunctionName="f")
    assert (answer.code, answer.status) == ("InternalFailure", 500) and "RuntimeError: broken" in answer.message


def test_answers_are_json_in_utf8(api: Api) -> None:
    api.create("f", Description="größer ☃")
    assert api.client.get_function_configuration(FunctionName="f")["Description"] == "größer ☃"

    async def raw() -> Any:
        return await api.service.handle("GET", "/2015-03-31/functions/f/configuration", "", {}, b"")

    answer = api.run(raw)
    assert answer.headers["Content-Type"] == "application/json" and json.loads(answer.body)["Description"] == "größer ☃"
