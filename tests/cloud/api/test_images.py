"""Container images: created, described, and never run here."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.cloud.api.harness import ROLE, Api, refused
from tests.support import CloudUnderTest, make_zip

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/hello"
DIGEST = "ab" * 32
URI = f"{REPOSITORY}:v1@sha256:{DIGEST}"
GOOD: dict[str, Any] = {"FunctionName": "f", "Role": ROLE, "PackageType": "Image", "Code": {"ImageUri": URI}}
ZIP = make_zip({"a.py": ""})
INVALID = ("InvalidParameterValueException", 400)
WORKS = {"EntryPoint": ["sh"], "Command": ["-c", "echo"], "WorkingDirectory": "/app"}


def test_an_image_is_described(api: Api) -> None:
    made = api.client.create_function(**GOOD, ImageConfig=WORKS)
    assert (made["PackageType"], made["CodeSha256"], made["CodeSize"]) == ("Image", DIGEST, 0)
    assert made["ImageConfigResponse"] == {"ImageConfig": WORKS}
    assert not {"Runtime", "Handler", "Layers", "RuntimeVersionConfig"} & made.keys()
    code = api.client.get_function(FunctionName="f")["Code"]
    assert code == {"RepositoryType": "ECR", "ImageUri": URI, "ResolvedImageUri": f"{REPOSITORY}@sha256:{DIGEST}"}


def test_a_tag_is_resolved_and_published(api: Api) -> None:
    api.client.create_function(**GOOD | {"Code": {"ImageUri": f"{REPOSITORY}:v1"}}, Publish=True)
    answer = api.client.update_function_code(FunctionName="f", ImageUri=f"{REPOSITORY}:v2", Publish=True)
    assert answer["Version"] == "2"
    for version, tag in (("1", "v1"), ("2", "v2")):
        code = api.client.get_function(FunctionName="f", Qualifier=version)["Code"]
        assert code["ImageUri"] == f"{REPOSITORY}:{tag}" and code["ResolvedImageUri"].startswith(f"{REPOSITORY}@sha256:")


def test_an_image_configuration_is_replaced_and_removed(api: Api) -> None:
    api.client.create_function(**GOOD, ImageConfig=WORKS)
    changed = api.client.update_function_configuration(FunctionName="f", ImageConfig={"Command": ["x"]})
    assert changed["ImageConfigResponse"] == {"ImageConfig": {"Command": ["x"]}}
    assert "ImageConfigResponse" not in api.client.update_function_configuration(FunctionName="f", ImageConfig={})


CREATE = {
    "no URI": ({"Code": {"ZipFile": ZIP}}, "Please provide ImageUri when creating a function with packageType Image."),
    "no image in ECR": ({"Code": {"ImageUri": "docker.io/library/python:3"}}, "Source image docker.io/library/python:3 is not valid. Provide a valid source image."),
    "another region": ({"Code": {"ImageUri": REPOSITORY.replace("us-east-1", "eu-west-1") + ":v1"}}, "is not valid. Provide a valid source image."),
    "two sources": ({"Code": {"ImageUri": URI, "ZipFile": ZIP}}, "Please do not provide other FunctionCode parameters"),
    "runtime": ({"Runtime": "python3.12"}, "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."),
    "handler": ({"Handler": "a.b"}, "Please don't provide Handler or Runtime or Layer"),
    "layers": ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]}, "Please don't provide Handler or Runtime or Layer"),
    "an image as a zip": ({"PackageType": "Zip", "Runtime": "python3.12", "Handler": "a.b"}, "Please provide a source for function code. (An image needs 'PackageType': 'Image'.)"),
    "a zip with an image's configuration": ({"PackageType": "Zip", "Runtime": "python3.12", "Handler": "a.b", "Code": {"ZipFile": ZIP}, "ImageConfig": WORKS}, "Please don't provide ImageConfig"),
}  # fmt: skip


@pytest.mark.parametrize("given, words", CREATE.values(), ids=CREATE)
def test_create_refuses(api: Api, given: dict[str, Any], words: str) -> None:
    answer = refused(api.client.create_function, **GOOD | given)
    assert (answer.code, answer.status) == INVALID and words in answer.message
    assert api.client.list_functions()["Functions"] == []


UPDATE = {
    "an image becomes a zip": ("image", "update_function_code", {"ZipFile": ZIP}, "Please provide ImageUri when updating a function with packageType Image."),
    "a zip becomes an image": ("zip", "update_function_code", {"ImageUri": URI}, "Please don't provide ImageUri when updating a function with packageType Zip."),
    "an image's handler": ("image", "update_function_configuration", {"Handler": "a.b"}, "Please don't provide Handler or Runtime or Layer"),
    "a zip's image configuration": ("zip", "update_function_configuration", {"ImageConfig": WORKS}, "Please don't provide ImageConfig"),
    "two sources": ("image", "update_function_code", {"ImageUri": URI, "ZipFile": ZIP}, "Please do not provide other FunctionCode parameters"),
    "a bad URI": ("image", "update_function_code", {"ImageUri": "nix"}, "Source image nix is not valid. Provide a valid source image."),
}  # fmt: skip


@pytest.mark.parametrize("name, operation, given, words", UPDATE.values(), ids=UPDATE)
def test_update_refuses(api: Api, name: str, operation: str, given: dict[str, Any], words: str) -> None:
    api.create("zip")
    api.client.create_function(**GOOD | {"FunctionName": "image"})
    answer = refused(getattr(api.client, operation), FunctionName=name, **given)
    assert (answer.code, answer.status) == INVALID and words in answer.message


@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
def test_an_image_does_not_run(cloud: CloudUnderTest, kind: str) -> None:
    client = cloud.client("lambda")
    client.create_function(**GOOD | {"Role": cloud.role()})
    answer = refused(client.invoke, FunctionName="f", InvocationType=kind)
    assert (answer.code, answer.status) == ("NotImplemented", 501)
    assert "images run on real AWS only" in answer.message


def test_nothing_is_provisioned_for_an_image(cloud: CloudUnderTest) -> None:
    client = cloud.client("lambda")
    client.create_function(**GOOD | {"Role": cloud.role()}, Publish=True)
    client.put_provisioned_concurrency_config(FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1)
    state, deadline = {"Status": "IN_PROGRESS"}, time.monotonic() + 30
    while state["Status"] == "IN_PROGRESS" and time.monotonic() < deadline:
        state = client.get_provisioned_concurrency_config(FunctionName="f", Qualifier="1")
    assert state["Status"] == "FAILED" and "images run on real AWS only" in state["StatusReason"]
