"""Published versions: numbers that never change and never come back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.cloud.api.harness import Api, refused
from tests.support import make_zip

ARN = "arn:aws:lambda:us-east-1:123456789012:function"


def versions(api: Api) -> list[str]:
    return [version["Version"] for version in api.client.list_versions_by_function(FunctionName="f")["Versions"]]


def test_create_and_publish(api: Api) -> None:
    api.create("f")
    answer = api.client.update_function_code(FunctionName="f", ZipFile=make_zip({"a.py": ""}), Publish=True)
    assert (answer["Version"], answer["FunctionArn"]) == ("1", f"{ARN}:f:1")
    api.client.create_function(
        FunctionName="g", Runtime="python3.12", Handler="a.b", Role=answer["Role"], Publish=True,
        Code={"ZipFile": make_zip({"a.py": ""})},
    )  # fmt: skip
    one = api.client.get_function(FunctionName="g", Qualifier="1")["Configuration"]
    assert (one["Version"], one["FunctionArn"], one["State"]) == ("1", f"{ARN}:g:1", "Active")


def test_a_version_keeps_what_it_was(api: Api) -> None:
    api.create("f", Description="first", MemorySize=256)
    published = api.client.publish_version(FunctionName="f", Description="the first one")
    assert published["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (published["Version"], published["FunctionArn"]) == ("1", f"{ARN}:f:1")
    assert (published["Description"], published["LastUpdateStatus"]) == ("the first one", "Successful")
    api.client.update_function_configuration(FunctionName="f", MemorySize=512)
    api.client.update_function_code(FunctionName="f", ZipFile=make_zip({"new.py": ""}))
    one, latest = api.functions.get("f", "1"), api.functions.get("f")
    assert (one.memory_size, latest.memory_size) == (256, 512)
    assert [path.name for path in one.code.iterdir()] == ["lambda_function.py"] and one.code != latest.code
    assert one.generation != latest.generation and one.qualified_arn == f"{ARN}:f:1"
    api.client.invoke(FunctionName="f", Qualifier="1")
    assert api.invoker.invoked[0].version == one and api.invoker.invoked[0].invoked_arn == f"{ARN}:f:1"


def test_nothing_new_is_no_new_version(api: Api) -> None:
    api.create("f", Publish=True)
    again = api.client.publish_version(FunctionName="f", Description="another description")
    assert (again["Version"], again["Description"]) == ("1", "")
    assert versions(api) == ["$LATEST", "1"]
    api.client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=3)
    assert api.client.publish_version(FunctionName="f")["Version"] == "1"
    api.client.update_function_configuration(FunctionName="f", Description="changed")
    assert api.client.publish_version(FunctionName="f")["Version"] == "2"
    api.client.update_function_configuration(FunctionName="f", Description="changed")
    assert api.client.publish_version(FunctionName="f")["Version"] == "3", "an update counts also where it changed nothing"


def test_numbers_are_never_reused(api: Api) -> None:
    api.create("f", Publish=True)
    api.client.delete_function(FunctionName="f", Qualifier="1")
    assert versions(api) == ["$LATEST"]
    assert refused(api.client.invoke, FunctionName="f", Qualifier="1").status == 404
    assert api.client.publish_version(FunctionName="f")["Version"] == "2"
    api.client.delete_function(FunctionName="f:2")
    api.client.delete_function(FunctionName="f", Qualifier="2")  # once more is no error
    assert versions(api) == ["$LATEST"]


def test_numbers_outlive_their_function(api: Api) -> None:
    api.create("f", Publish=True)
    api.client.delete_function(FunctionName="f")
    api.create("f", Publish=True)
    assert versions(api) == ["$LATEST", "2"]
    assert refused(api.client.invoke, FunctionName="f", Qualifier="1").status == 404
    api.client.delete_function(FunctionName="f")
    api.run(reset(api))
    api.create("f", Publish=True)
    assert versions(api) == ["$LATEST", "1"], "a new cloud begins anew"


def reset(api: Api) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        api.functions.reset()

    return work


def test_checks_of_publish_version(api: Api) -> None:
    api.create("f")
    now = api.client.get_function_configuration(FunctionName="f")
    answer = api.client.publish_version(FunctionName="f", CodeSha256=now["CodeSha256"], RevisionId=now["RevisionId"])
    assert answer["Version"] == "1" and answer["RevisionId"] != now["RevisionId"]


def test_list_versions_by_pages(api: Api) -> None:
    api.create("f")
    for number in range(11):
        api.client.update_function_configuration(FunctionName="f", Description=str(number))
        api.client.publish_version(FunctionName="f")
    pages = api.client.get_paginator("list_versions_by_function").paginate(FunctionName="f", PaginationConfig={"PageSize": 5})
    listed = [version for page in pages for version in page["Versions"]]
    assert [version["Version"] for version in listed] == ["$LATEST", *map(str, range(1, 12))]
    assert listed[0]["FunctionArn"] == f"{ARN}:f:$LATEST" and "State" not in listed[0]
