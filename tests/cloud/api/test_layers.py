"""Layers: their versions, what functions may have of them, and what they find at /opt."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lablib.cloud.functions.code import CodeStore
from lablib.cloud.functions.merge import merge
from lablib.models import limits
from tests.cloud.api.harness import ROLE, Api, refused
from tests.support import CloudUnderTest, make_zip

ARN = "arn:aws:lambda:us-east-1:123456789012:layer"
VALIDATION, INVALID = ("ValidationException", 400), ("InvalidParameterValueException", 400)
NOT_FOUND, DENIED = ("ResourceNotFoundException", 404), ("AccessDeniedException", 403)


def publish(client: Any, name: str = "l", files: dict[str, str] | None = None, **more: Any) -> str:
    """Publish a layer version; its ARN."""
    content = {"ZipFile": make_zip(files or {f"{name}.txt": name})}
    arn: str = client.publish_layer_version(**{"LayerName": name, "Content": content, **more})["LayerVersionArn"]
    return arn


def at_opt(api: Api, qualifier: str | None = None) -> dict[str, str]:
    """The files that a version finds at /opt, with their text."""
    [folder] = api.functions.get("f", qualifier).layers or (Path("/nothing"),)
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def folders(api: Api) -> int:
    """How many packages the store keeps on the disk."""
    return len(list(api.functions.packages._folder.iterdir()))


def test_a_layer_from_its_first_version_to_its_last(api: Api) -> None:
    client, archive = api.client, make_zip({"python/x.py": ""})
    first = client.publish_layer_version(
        LayerName="l", Content={"ZipFile": archive}, Description="d", LicenseInfo="MIT",
        CompatibleRuntimes=["python3.12"], CompatibleArchitectures=["x86_64"],
    )  # fmt: skip
    assert first["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (first["LayerArn"], first["LayerVersionArn"], first["Version"]) == (f"{ARN}:l", f"{ARN}:l:1", 1)
    assert (first["Description"], first["LicenseInfo"]) == ("d", "MIT")
    assert (first["CompatibleRuntimes"], first["CompatibleArchitectures"]) == (["python3.12"], ["x86_64"])
    assert first["Content"]["CodeSize"] == len(archive)
    with urllib.request.urlopen(first["Content"]["Location"]) as answer:
        assert answer.read() == archive
    publish(client, f"{ARN}:l", {"a": ""})
    for read in (client.get_layer_version(LayerName="l", VersionNumber=1), client.get_layer_version_by_arn(Arn=f"{ARN}:l:1")):
        assert {name: read[name] for name in first if name not in ("ResponseMetadata", "Content")} == {
            name: first[name] for name in first if name not in ("ResponseMetadata", "Content")
        }
    listed = client.list_layer_versions(LayerName="l")["LayerVersions"]
    assert [version["Version"] for version in listed] == [2, 1] and "Content" not in listed[0]
    for number in (1, 2, 2, 7):  # one that is not there is no error
        answer = client.delete_layer_version(LayerName="l", VersionNumber=number)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert client.list_layer_versions(LayerName="l")["LayerVersions"] == client.list_layers()["Layers"] == []
    assert publish(client) == f"{ARN}:l:3"


def test_lists_find_what_suits(api: Api) -> None:
    client = api.client
    publish(client, "a", CompatibleRuntimes=["python3.12"])
    publish(client, "a", CompatibleRuntimes=["nodejs22.x"], CompatibleArchitectures=["arm64"])
    publish(client, "b")
    newest = {layer["LayerName"]: layer["LatestMatchingVersion"]["Version"] for layer in client.list_layers()["Layers"]}
    assert newest == {"a": 2, "b": 1}
    [suiting] = client.list_layers(CompatibleRuntime="python3.12")["Layers"]
    assert (suiting["LayerArn"], suiting["LatestMatchingVersion"]["LayerVersionArn"]) == (f"{ARN}:a", f"{ARN}:a:1")
    [version] = client.list_layer_versions(LayerName="a", CompatibleArchitecture="arm64")["LayerVersions"]
    assert version["Version"] == 2


def test_lists_by_pages(api: Api) -> None:
    for name in "abc":
        publish(api.client, name)
    for _ in range(2):
        publish(api.client, "a")
    first = api.client.list_layers(MaxItems=2)
    rest = api.client.list_layers(Marker=first["NextMarker"])
    assert [layer["LayerName"] for page in (first, rest) for layer in page["Layers"]] == ["a", "b", "c"]
    first = api.client.list_layer_versions(LayerName="a", MaxItems=2)
    rest = api.client.list_layer_versions(LayerName="a", Marker=first["NextMarker"])
    assert [version["Version"] for page in (first, rest) for version in page["LayerVersions"]] == [3, 2, 1]


def test_layers_are_merged_in_their_order(api: Api) -> None:
    low = publish(api.client, "low", {"both": "low", "a/low": "", "dir/x": "gone"})
    high = publish(api.client, "high", {"both": "high", "a/high": "", "dir": "a file"})
    api.create("f", Layers=[low, high])
    assert at_opt(api) == {"both": "high", "a/low": "", "a/high": "", "dir": "a file"}
    shown = api.client.get_function_configuration(FunctionName="f")["Layers"]
    sizes = [api.client.get_layer_version_by_arn(Arn=arn)["Content"]["CodeSize"] for arn in (low, high)]
    assert shown == [{"Arn": arn, "CodeSize": size} for arn, size in zip((low, high), sizes, strict=True)]
    api.client.update_function_configuration(FunctionName="f", Layers=[high, low])
    assert at_opt(api)["both"] == "low"
    assert "Layers" not in api.client.update_function_configuration(FunctionName="f", Layers=[])
    assert api.functions.get("f").layers == ()


def test_a_deleted_version_stays_where_it_is_used(api: Api) -> None:
    arn = publish(api.client, "l", {"x": "here"})
    api.create("f", Layers=[arn])
    api.client.delete_layer_version(LayerName="l", VersionNumber=1)
    api.client.update_function_configuration(FunctionName="f", MemorySize=256)
    assert at_opt(api) == {"x": "here"}
    assert api.client.get_function_configuration(FunctionName="f")["Layers"][0]["Arn"] == arn
    answer = refused(api.client.update_function_configuration, FunctionName="f", Layers=[arn])
    assert answer.message == f"Layer version {arn} does not exist."


def test_versions_keep_their_layers(api: Api) -> None:
    api.create("f", Layers=[publish(api.client, "a")], Publish=True)
    api.client.update_function_configuration(FunctionName="f", Layers=[publish(api.client, "b")])
    assert (at_opt(api, "1"), at_opt(api)) == ({"a.txt": "a"}, {"b.txt": "b"})


def test_one_folder_for_all_and_none_when_nobody_needs_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [publish(api.client, name) for name in "ab"]
    monkeypatch.setattr("lablib.cloud.functions.code.GRACE_SECONDS", 0.0)
    for name in ("f", "g"):
        api.create(name, Layers=layers)
    assert api.functions.get("f").layers == api.functions.get("g").layers and folders(api) == 4  # a, b, both, the code
    for name in ("f", "g"):
        api.client.delete_function(FunctionName=name)
    for name in "ab":
        api.client.delete_layer_version(LayerName=name, VersionNumber=1)

    async def removed() -> None:
        await asyncio.sleep(0.01)
        await asyncio.get_running_loop().shutdown_default_executor()

    api.run(removed)
    assert folders(api) == 0


def test_layers_count_as_code(api: Api) -> None:
    publish(api.client, "l")
    size = api.client.get_layer_version(LayerName="l", VersionNumber=1)["Content"]["CodeSize"]
    assert api.functions.code_size() == size


def test_content_from_s3(api: Api) -> None:
    api.objects["bucket", "layer.zip"] = make_zip({"x": "from S3"})
    arn = publish(api.client, Content={"S3Bucket": "bucket", "S3Key": "layer.zip"})
    api.create("f", Layers=[arn])
    assert at_opt(api) == {"x": "from S3"}


def test_links_and_folders_replace_one_another(tmp_path: Path) -> None:
    low, high = tmp_path / "low", tmp_path / "high"
    for folder in (low / "real", high / "link", high / "was-file"):
        folder.mkdir(parents=True)
    (low / "real" / "x").write_text("low")
    (low / "link").symlink_to("real")
    (low / "was-file").write_text("")
    (low / "kept").symlink_to("real/x")
    (high / "link" / "x").write_text("high")
    merge([low, high], tmp_path / "both")
    both = tmp_path / "both"
    assert (both / "real" / "x").read_text() == "low", "nothing is written through a link"
    assert (both / "link" / "x").read_text() == "high" and not (both / "link").is_symlink()
    assert (both / "was-file").is_dir() and (both / "kept").read_text() == "low"


PUBLISH = {
    "no content": ({"Content": None}, VALIDATION, "Value null at 'content' failed to satisfy constraint: Member must not be null"),
    "empty content": ({"Content": {}}, INVALID, "Please provide a source for function code."),
    "not a zip": ({"Content": {"ZipFile": b"x"}}, INVALID, "Could not unzip uploaded file."),
    "a name with a space": ({"LayerName": "my layer"}, VALIDATION, "Value 'my layer' at 'layerName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:"),
    "a long name": ({"LayerName": "n" * 141}, VALIDATION, "at 'layerName' failed"),
    "a long description": ({"Description": "d" * 257}, VALIDATION, "at 'description' failed to satisfy constraint: Member must have length less than or equal to 256"),
    "a long license": ({"LicenseInfo": "l" * 513}, VALIDATION, "at 'licenseInfo' failed to satisfy constraint: Member must have length less than or equal to 512"),
    "16 runtimes": ({"CompatibleRuntimes": ["python3.12"] * 16}, VALIDATION, "at 'compatibleRuntimes' failed to satisfy constraint: Member must have length less than or equal to 15"),
    "a runtime": ({"CompatibleRuntimes": ["nix", "python3.12"]}, VALIDATION, "1 validation error detected: Value '[nix, python3.12]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: ["),
    "an architecture": ({"CompatibleArchitectures": ["mips"]}, VALIDATION, "Value '[mips]' at 'compatibleArchitectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]"),
    "another account": ({"LayerName": "arn:aws:lambda:us-east-1:999999999999:layer:l"}, DENIED, "lambda:PublishLayerVersion"),
}  # fmt: skip


@pytest.mark.parametrize("given, error, words", PUBLISH.values(), ids=PUBLISH)
def test_publish_refuses(api: Api, given: dict[str, Any], error: tuple[str, int], words: str) -> None:
    good = {"LayerName": "l", "Content": {"ZipFile": make_zip({"x": ""})}}
    answer = refused(api.client.publish_layer_version, **{k: v for k, v in (good | given).items() if v is not None})
    assert (answer.code, answer.status) == error and words in answer.message
    assert api.client.list_layers()["Layers"] == []


OTHERS = {
    "get: no such layer": ("get_layer_version", {"LayerName": "nix", "VersionNumber": 1}, NOT_FOUND, "The resource you requested does not exist."),
    "get: no such version": ("get_layer_version", {"LayerName": "l", "VersionNumber": 2}, NOT_FOUND, "The resource you requested does not exist."),
    "get: version 0": ("get_layer_version", {"LayerName": "l", "VersionNumber": 0}, INVALID, "Layer Version Cannot be less than 1"),
    "delete: version -1": ("delete_layer_version", {"LayerName": "l", "VersionNumber": -1}, INVALID, "Layer Version Cannot be less than 1"),
    "by ARN: no version": ("get_layer_version_by_arn", {"Arn": f"{ARN}:l"}, VALIDATION, f"Value '{ARN}:l' at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern: "),
    "by ARN: no such version": ("get_layer_version_by_arn", {"Arn": f"{ARN}:l:2"}, NOT_FOUND, "The resource you requested does not exist."),
    "list: runtime": ("list_layers", {"CompatibleRuntime": "nix"}, VALIDATION, "Value 'nix' at 'compatibleRuntime' failed to satisfy constraint: Member must satisfy enum value set: ["),
    "list: architecture": ("list_layers", {"CompatibleArchitecture": "nix"}, VALIDATION, "Value 'nix' at 'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value set: [x86_64, arm64]"),
    "list: page size": ("list_layers", {"MaxItems": 51}, VALIDATION, "Value '51' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 50"),
}  # fmt: skip


@pytest.mark.parametrize("operation, given, error, words", OTHERS.values(), ids=OTHERS)
def test_refuses(api: Api, operation: str, given: dict[str, Any], error: tuple[str, int], words: str) -> None:
    publish(api.client, "l")
    answer = refused(getattr(api.client, operation), **given)
    assert (answer.code, answer.status) == error and words in answer.message


FUNCTION = {
    "six": ([f"{ARN}:l{number}:1" for number in range(6)], INVALID, "Cannot reference more than 5 layers."),
    "no such layer": ([f"{ARN}:nix:1"], INVALID, f"Layer version {ARN}:nix:1 does not exist."),
    "no such version": ([f"{ARN}:l:9"], INVALID, f"Layer version {ARN}:l:9 does not exist."),
    "two versions": ([f"{ARN}:l:1", f"{ARN}:l:2"], INVALID, f"Two different versions of the same layer are not allowed to be referenced in the same function. {ARN}:l:1 and {ARN}:l:2 are versions of the same layer."),
    "the same twice": ([f"{ARN}:l:1", f"{ARN}:l:1"], INVALID, "are versions of the same layer."),
    "another region": (["arn:aws:lambda:eu-west-1:123456789012:layer:l:1"], INVALID, "Layers are not in the same region as the function. Layers are expected to be in region us-east-1."),
    "another account": (["arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python312-x86_64:7"], DENIED, "lambda:GetLayerVersion on resource: arn:aws:lambda:us-east-1:017000801446"),
    "AWS's own": (["arn:aws:lambda:::awslayer:AmazonLinux1803"], ("NotImplemented", 501), "AWS's own layers"),
    "no version": ([f"{ARN}:l"], VALIDATION, f"Value '[{ARN}:l]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, "),
}  # fmt: skip


@pytest.mark.parametrize("layers, error, words", FUNCTION.values(), ids=FUNCTION)
@pytest.mark.parametrize("operation", ["create_function", "update_function_configuration"])
def test_a_function_refuses(api: Api, operation: str, layers: list[str], error: tuple[str, int], words: str) -> None:
    for _ in range(2):
        publish(api.client, "l")
    given: dict[str, Any] = {"FunctionName": "f"}
    if operation == "create_function":
        code = {"ZipFile": make_zip({"a.py": ""})}
        given = {"FunctionName": "g", "Runtime": "python3.12", "Handler": "a.b", "Role": ROLE, "Code": code}
    api.create("f")
    answer = refused(getattr(api.client, operation), **given, Layers=layers)
    assert (answer.code, answer.status) == error and words in answer.message
    assert "g" not in api.functions and api.functions.get("f").layers == ()


def test_code_and_layers_share_250_mb(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = publish(api.client, "a", {"a": "x" * 600}), publish(api.client, "b", {"b": "x" * 600})
    monkeypatch.setattr(limits, "UNZIPPED_BYTES", 1_000)
    answer = refused(api.client.create_function, **create("f", "x" * 500), Layers=[one])
    assert (answer.code, answer.status) == INVALID
    assert answer.message == (
        "Function code combined with layers exceeds the maximum allowed size of 1000 bytes. The actual size is 1100 bytes."
    )
    answer = refused(api.client.create_function, **create("f", ""), Layers=[one, two])
    assert answer.message == "Layers consume more than the available size of 1000 bytes"
    api.client.create_function(**create("f", "x" * 400), Layers=[one])
    assert "combined with layers" in refused(
        api.client.update_function_code, FunctionName="f", ZipFile=make_zip({"a.py": "x" * 401})
    ).message  # fmt: skip
    api.client.create_function(**create("g", "x" * 401))
    assert "combined with layers" in refused(api.client.update_function_configuration, FunctionName="g", Layers=[one]).message


def create(name: str, code: str) -> dict[str, Any]:
    package = {"ZipFile": make_zip({"a.py": code})}
    return {"FunctionName": name, "Runtime": "python3.12", "Handler": "a.b", "Role": ROLE, "Code": package}


def test_the_store_merges_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = CodeStore(tmp_path / "code")
        parts = [(await store.add(make_zip({name: name}))).sha256 for name in "ab"]
        first, second = await store.merge(parts), await store.merge(parts)
        assert first == second and (await store.merge(parts[::-1])).folder != first.folder
        assert first.unzipped == 2 and (first.folder / "a").stat().st_mode & 0o222 == 0

    asyncio.run(scenario())


CODE = """
import json, os, pathlib, helper

def lambda_handler(event, context):
    return [helper.WORD, pathlib.Path("/opt/data.txt").read_text(), sorted(os.listdir("/opt"))]
"""


@pytest.mark.parametrize("kind", ["cloud", "cloud_shared"])
def test_a_function_finds_its_layers(kind: str, request: pytest.FixtureRequest) -> None:
    cloud: CloudUnderTest = request.getfixturevalue(kind)
    client = cloud.client("lambda")
    low = publish(client, "low", {"python/helper.py": "WORD = 'low'", "data.txt": "low"})
    high = publish(client, "high", {"data.txt": "high", "bin/tool": ""})
    name = cloud.function(CODE, Layers=[low, high])
    assert json.load(client.invoke(FunctionName=name)["Payload"]) == ["low", "high", ["bin", "data.txt", "python"]]
    newer = publish(client, "low", {"python/helper.py": "WORD = 'newer'"})
    client.update_function_configuration(FunctionName=name, Layers=[high, newer])
    assert json.load(client.invoke(FunctionName=name)["Payload"])[:2] == ["newer", "high"]
