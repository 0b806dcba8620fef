"""What may be said to Lambda and what not: the model's constraints, one by one, and those that only the documentation states.

`test_refusals.py`, `test_aliases.py`, `test_layers.py` and `test_images.py` have the rules of single operations.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timezone
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from lablib.cloud.api.configuration import RESERVED_VARIABLES
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.api.table import OPERATIONS
from lablib.cloud.api.validation import CEILINGS, compiled, validate
from lablib.cloud.api.wire import Wire
from lablib.models import limits
from lablib.models.runtimes import LIFECYCLES, may_create
from tests.cloud.api.harness import ROLE, Api, refused
from tests.support import make_zip

WIRE = Wire.of_lambda()
ZIP = make_zip({"lambda_function.py": "x = 1"})
GOOD: dict[str, Any] = {
    "FunctionName": "new", "Runtime": "python3.12", "Handler": "a.b", "Role": ROLE, "Code": {"ZipFile": ZIP},
}  # fmt: skip
INVALID = ("InvalidParameterValueException", 400)
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function"


# --- what the service model states ------------------------------------------------------


def broken_values(shape: Shape) -> Iterator[tuple[Any, str]]:
    """Values that break one constraint of a shape each, and a piece of the sentence that says so."""
    least, most = shape.metadata.get("min"), CEILINGS.get(shape.name, shape.metadata.get("max"))
    number = shape.type_name in ("integer", "long", "double", "float")
    if number and least is not None:
        yield least - 1, f"have value greater than or equal to {least}"
    if number and most is not None:
        yield most + 1, f"have value less than or equal to {most}"
    if shape.type_name == "string" and least:
        yield "", f"have length greater than or equal to {least}"
    if shape.type_name in ("string", "list") and most is not None and most < 20_000:
        longest = "x" if isinstance(shape, StringShape) else [{} if isinstance(shape.member, StructureShape) else "x"]
        yield longest * (most + 1), f"have length less than or equal to {most}"
    if isinstance(shape, StringShape) and shape.enum and shape.name != "Runtime":
        # Captured in this order, which is not the model's.
        listed = ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"] if shape.name == "EventSourcePosition" else shape.enum
        yield "nix", f"satisfy enum value set: [{', '.join(listed)}]"
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch("\n"):
        yield "\n", f"satisfy regular expression pattern: {pattern}"


def rules(shape: Shape, path: str, seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any, str]]:
    """All constraints within a shape: (path as AWS names it, parameters with one broken, the sentence)."""
    if shape.name in seen:
        return
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            inside = f"{path}.{name[0].lower()}{name[1:]}".lstrip(".")
            if name in shape.required_members:
                yield inside, {}, f"Value null at '{inside}' failed to satisfy constraint: Member must not be null"
            for at, value, words in rules(member, inside, (*seen, shape.name)):
                yield at, {name: value}, words
        return
    for value, constraint in broken_values(shape):
        yield path, value, f"at '{path}' failed to satisfy constraint: Member must {constraint}"
    if isinstance(shape, ListShape):
        if isinstance(shape.member, StructureShape):
            for at, value, words in rules(shape.member, f"{path}.1.member", (*seen, shape.name)):
                yield at, [value], words
        else:
            for value, constraint in broken_values(shape.member):
                yield path, [value], f"Member must {constraint}"
    if isinstance(shape, MapShape) and not isinstance(shape.value, StructureShape | ListShape):
        for value, constraint in broken_values(shape.key):
            yield path, {value: 0.5 if shape.value.type_name == "double" else "x"}, f"Map keys must satisfy constraint: [Member must .*{constraint}"


MODEL = [
    pytest.param(operation.input, given, words, id=f"{operation.name}-{at}-{number}")
    for operation in WIRE.operations.values()
    if operation.input is not None
    for number, (at, given, words) in enumerate(rules(operation.input, ""))
    if (operation.name, at) != ("InvokeWithResponseStream", "invocationType")  # AWS takes whatever stands there
]


def test_the_model_has_constraints() -> None:
    assert len(MODEL) > 1_000


@pytest.mark.parametrize("shape, given, words", MODEL)
def test_every_constraint_of_the_model(shape: StructureShape, given: dict[str, Any], words: str) -> None:
    with pytest.raises(LambdaError) as raised:
        validate(shape, given)
    assert raised.value.code == "ValidationException"
    first, joint, last = words.partition(".*")
    assert first in raised.value.message and last in raised.value.message


AGREED = {
    "Handler": limits.HANDLER_CHARACTERS, "Description": limits.DESCRIPTION_CHARACTERS,
    "ResourcePolicy": limits.RESOURCE_POLICY_BYTES,
}  # fmt: skip


@pytest.mark.parametrize("shape, most", AGREED.items())
def test_limits_that_the_model_states_too(shape: str, most: int) -> None:
    assert WIRE.service.shape_for(shape).metadata["max"] == most


# --- values at their bounds are taken ---------------------------------------------------

TAKEN: dict[str, dict[str, Any]] = {
    "least memory": {"MemorySize": 128}, "most memory": {"MemorySize": 10_240}, "odd memory": {"MemorySize": 1_769},
    "least timeout": {"Timeout": 1}, "most timeout": {"Timeout": 900},
    "least /tmp": {"EphemeralStorage": {"Size": 512}}, "most /tmp": {"EphemeralStorage": {"Size": 10_240}},
    "longest name": {"FunctionName": "n" * 64}, "longest description": {"Description": "d" * 256},
    "longest handler": {"Handler": "h" * 128}, "no description": {"Description": ""},
    "50 tags": {"Tags": {f"t{n}": "" for n in range(50)}}, "longest tag": {"Tags": {"k" * 128: "v" * 256}},
    "a tag in letters of all alphabets": {"Tags": {"größe Ω": "5 µ@home/a=b+c-d_e.f:g"}},
    "4 KB of variables": {"Environment": {"Variables": {"AA": "x" * (4096 - len('{"AA":""}'))}}},
    "a deprecated runtime": {"Runtime": "python3.9"}, "a runtime long deprecated": {"Runtime": "nodejs16.x"},
    "a name": {"FunctionName": "my-function_1"}, "a partial ARN": {"FunctionName": "123456789012:function:f"},
    "another partial ARN": {"FunctionName": "function:f"}, "an ARN": {"FunctionName": f"{FUNCTION}:f"},
    "arm64": {"Architectures": ["arm64"]}, "a role with a path": {"Role": "arn:aws:iam::123456789012:role/service-role/r"},
}  # fmt: skip


@pytest.mark.parametrize("given", TAKEN.values(), ids=TAKEN)
def test_is_taken(api: Api, given: dict[str, Any]) -> None:
    made = api.client.create_function(**GOOD | given)
    shown = {name: made[name] for name in given if name in made and name != "FunctionName"}
    assert shown == {name: value for name, value in given.items() if name in shown}


@pytest.mark.parametrize("given", ["f", "123456789012:function:f", "function:f", f"{FUNCTION}:f", f"{FUNCTION}:f:$LATEST"])
def test_a_function_has_many_names(api: Api, given: str) -> None:
    api.create("f")
    assert api.client.get_function_configuration(FunctionName=given)["FunctionName"] == "f"


# --- variables --------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(RESERVED_VARIABLES))
def test_reserved_variables(api: Api, name: str) -> None:
    answer = refused(api.client.create_function, **GOOD, Environment={"Variables": {name: "x"}})
    if name.startswith("_"):  # the model refuses these already
        assert answer.code == "ValidationException" and "at 'environment.variables' failed" in answer.message
        return
    assert (answer.code, answer.status) == INVALID
    assert answer.message == (
        "Lambda was unable to configure your environment variables because the environment variables you have provided contains "
        f"reserved keys that are currently not supported for modification. Reserved keys used in this request: {name}"
    )


@pytest.mark.parametrize("name", ["PATH", "LD_LIBRARY_PATH", "LANG", "TZ", "PYTHONPATH", "NODE_OPTIONS"])
def test_variables_of_lambda_that_may_be_set(api: Api, name: str) -> None:
    api.client.create_function(**GOOD, Environment={"Variables": {name: "x"}})


# --- sizes ------------------------------------------------------------------------------


def big(size: int) -> bytes:
    """A small archive of one large file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, archive.open("zeros", "w") as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
        file.write(bytes(size % (1 << 20)))
    return target.getvalue()


@pytest.fixture(scope="module")
def too_big() -> bytes:
    return big(limits.UNZIPPED_BYTES)


def test_250_mb_unzipped_however_it_comes(api: Api, too_big: bytes) -> None:
    api.objects["bucket", "big.zip"] = too_big
    api.create("f")
    place = {"S3Bucket": "bucket", "S3Key": "big.zip"}
    for operation, given in (
        ("create_function", GOOD | {"Code": {"ZipFile": too_big}}),
        ("create_function", GOOD | {"Code": place}),
        ("update_function_code", {"FunctionName": "f", "ZipFile": too_big}),
        ("update_function_code", {"FunctionName": "f", **place}),
        ("publish_layer_version", {"LayerName": "l", "Content": {"ZipFile": too_big}}),
        ("publish_layer_version", {"LayerName": "l", "Content": place}),
    ):
        answer = refused(getattr(api.client, operation), **given)
        assert (answer.code, answer.status, answer.message) == (*INVALID, "Unzipped size must be smaller than 262144000 bytes")


def test_code_storage(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.create("f")
    monkeypatch.setattr(limits, "CODE_STORAGE_BYTES", api.functions.code_size() + len(ZIP) - 1)
    for operation, given in (
        ("create_function", GOOD),
        ("update_function_code", {"FunctionName": "f", "ZipFile": ZIP}),
        ("publish_layer_version", {"LayerName": "l", "Content": {"ZipFile": ZIP}}),
    ):
        answer = refused(getattr(api.client, operation), **given)
        assert (answer.code, answer.status, answer.message) == ("CodeStorageExceededException", 400, "Code storage limit exceeded.")


# --- roles ------------------------------------------------------------------------------

ROLES = {
    "no ARN": ("lab", "ValidationException", 400, "Value 'lab' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:"),
    "a user": ("arn:aws:iam::123456789012:user/u", "ValidationException", 400, "at 'role' failed"),
    "another account": ("arn:aws:iam::999999999999:role/lab", "AccessDeniedException", 403, "Cross-account pass role is not allowed."),
    "not for Lambda": ("arn:aws:iam::123456789012:role/not-for-lambda", *INVALID, "The role defined for the function cannot be assumed by Lambda."),
}  # fmt: skip


@pytest.mark.parametrize("role, code, status, words", ROLES.values(), ids=ROLES)
def test_roles(api: Api, role: str, code: str, status: int, words: str) -> None:
    api.create("f")
    for operation, given in ((api.client.create_function, GOOD), (api.client.update_function_configuration, {"FunctionName": "f"})):
        answer = refused(operation, **given | {"Role": role})
        assert (answer.code, answer.status) == (code, status) and words in answer.message


# --- runtimes ---------------------------------------------------------------------------


def at(api: Api, day: date) -> None:
    """Move the clock to the beginning of a day."""
    moment = datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()

    async def move() -> None:
        await api.clock.advance(moment - api.clock.now())

    api.run(move)


def blocked(runtime: str, successor: str) -> str:
    return (
        f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
        f"We recommend you use the new runtime ({successor}) while creating or updating functions."
    )


LONG_BLOCKED = [name for name, dates in LIFECYCLES.items() if dates.create_blocked < date(2026, 1, 1)]


def test_there_are_such_runtimes() -> None:
    assert {"python3.6", "nodejs12.x", "go1.x", "java8", "dotnetcore3.1", "ruby2.7", "provided"} <= set(LONG_BLOCKED)


@pytest.mark.parametrize("runtime", LONG_BLOCKED)
def test_blocked_runtimes(api: Api, runtime: str) -> None:
    api.create("f")
    for operation, given in ((api.client.create_function, GOOD), (api.client.update_function_configuration, {"FunctionName": "f"})):
        answer = refused(operation, **given | {"Runtime": runtime})
        assert (answer.code, answer.status, answer.message) == (*INVALID, blocked(runtime, str(LIFECYCLES[runtime].successor)))


def test_a_runtime_is_blocked_when_its_day_has_come(api: Api) -> None:
    """python3.10: deprecated on 2026-10-31, no new functions from 2027-02-01 on, no updates from 2027-03-03 on."""
    at(api, date(2027, 1, 31))
    api.create("old", Runtime="python3.10")
    at(api, date(2027, 2, 1))
    words = blocked("python3.10", "python3.14")
    assert refused(api.client.create_function, **GOOD | {"Runtime": "python3.10"}).message == words
    api.client.update_function_configuration(FunctionName="old", MemorySize=256)
    at(api, date(2027, 3, 3))
    assert refused(api.client.update_function_configuration, FunctionName="old", MemorySize=512).message == words
    assert refused(api.client.update_function_code, FunctionName="old", ZipFile=ZIP).message == words
    api.client.invoke(FunctionName="old")  # goes on working
    api.client.update_function_configuration(FunctionName="old", Runtime="python3.14")
    api.client.update_function_code(FunctionName="old", ZipFile=ZIP)


def test_what_is_offered_follows_the_date(api: Api) -> None:
    offered = refused(api.client.create_function, **GOOD | {"Runtime": "Python3.12"})
    assert (offered.code, offered.status) == INVALID and "python3.10, " in offered.message and "python3.6" not in offered.message
    at(api, date(2027, 2, 1))
    assert "python3.10, " not in refused(api.client.create_function, **GOOD | {"Runtime": "Python3.12"}).message


def test_every_runtime_of_the_model_is_known() -> None:
    """Without dates are those that are new, and those that the model lists and nobody ever had."""
    without = {name for name in WIRE.service.shape_for("Runtime").enum if name not in LIFECYCLES}
    assert {"python3.15", "nodejs26.x", "custom"} <= without and not any(name.startswith("go") for name in without)
    assert not may_create("python3.6", date(2026, 11, 23)) and may_create("python3.15", date(2026, 11, 23))


def test_dates_are_in_their_order() -> None:
    for name, dates in LIFECYCLES.items():
        assert dates.create_blocked <= dates.update_blocked, name
        assert dates.successor is None or dates.successor in LIFECYCLES


# --- revisions --------------------------------------------------------------------------

STALE = "00000000-0000-0000-0000-000000000000"
REVISED: dict[str, dict[str, Any]] = {
    "AddLayerVersionPermission": {"LayerName": "l", "VersionNumber": 1, "StatementId": "t", "Action": "lambda:GetLayerVersion", "Principal": "*"},
    "AddPermission": {"FunctionName": "f", "StatementId": "t", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"},
    "DeleteResourcePolicy": {"ResourceArn": f"{FUNCTION}:f"},
    "PublishVersion": {"FunctionName": "f"},
    "PutResourcePolicy": {"ResourceArn": f"{FUNCTION}:f", "Policy": "{}"},
    "RemoveLayerVersionPermission": {"LayerName": "l", "VersionNumber": 1, "StatementId": "s"},
    "RemovePermission": {"FunctionName": "f", "StatementId": "s"},
    "UpdateAlias": {"FunctionName": "f", "Name": "live"},
    "UpdateFunctionCode": {"FunctionName": "f", "ZipFile": ZIP},
    "UpdateFunctionConfiguration": {"FunctionName": "f"},
}  # fmt: skip


def test_these_are_all_that_have_revisions() -> None:
    having = {name for name, one in WIRE.operations.items() if one.input is not None and "RevisionId" in one.input.members}
    assert having == set(REVISED)


@pytest.mark.parametrize("operation", sorted(REVISED.keys() & OPERATIONS.keys()))
def test_a_stale_revision(api: Api, operation: str) -> None:
    api.create("f", Publish=True)
    api.client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    api.client.publish_layer_version(LayerName="l", Content={"ZipFile": ZIP})
    api.client.add_permission(**REVISED["AddPermission"] | {"FunctionName": "f", "StatementId": "s"})
    before = api.client.get_function_configuration(FunctionName="f")
    answer = refused(call(api, operation), **REVISED[operation], RevisionId=STALE)
    assert (answer.code, answer.status) == ("PreconditionFailedException", 412)
    assert answer.message.startswith("The Revision Id provided does not match the latest Revision Id.")
    after = api.client.get_function_configuration(FunctionName="f")
    assert after["RevisionId"] == before["RevisionId"]


def call(api: Api, operation: str) -> Any:
    """The client's method for an operation."""
    methods = {name: method for method, name in api.client.meta.method_to_api_mapping.items()}
    return getattr(api.client, methods[operation])


# --- what no SDK would send -------------------------------------------------------------

NULLS = {
    "in a map": ({"Tags": {"a": None}}, "Value '{a=null}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: ["),
    "in a list": ({"Layers": [None]}, "Value '[null]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: ["),
    "in a list of structures": ({"FileSystemConfigs": [None]}, "Value null at 'fileSystemConfigs.1.member' failed to satisfy constraint: Member must not be null"),
}  # fmt: skip


@pytest.mark.parametrize("given, words", NULLS.values(), ids=NULLS)
def test_nulls_inside(api: Api, given: dict[str, Any], words: str) -> None:
    body = json.dumps({"FunctionName": "f", "Runtime": "python3.12", "Handler": "a.b", "Role": ROLE, "Code": {}} | given)

    async def send() -> Any:
        return await api.service.handle("POST", "/2015-03-31/functions", "", {}, body.encode())

    answer = api.run(send)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "ValidationException")
    assert words in json.loads(answer.body)["message"]
