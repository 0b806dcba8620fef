"""Pending and Active, InProgress and Successful; and one change at a time."""

from __future__ import annotations

import threading
from typing import Any

from lablib.cloud.functions import code
from tests.cloud.api.harness import ROLE, Api, refused
from tests.support import make_zip

import pytest

ARN = "arn:aws:lambda:us-east-1:123456789012:function"
CONFLICT = ("ResourceConflictException", 409)


def state(api: Api) -> tuple[str, str | None]:
    shown = api.client.get_function_configuration(FunctionName="f")
    return shown["State"], shown.get("LastUpdateStatus")


def advance(api: Api, seconds: float) -> None:
    api.run(lambda: api.clock.advance(seconds))


def test_the_next_request_finds_it_active(api: Api) -> None:
    api.create("f")
    assert state(api) == ("Active", "Successful")
    assert api.client.update_function_configuration(FunctionName="f", Timeout=5)["LastUpdateStatus"] == "InProgress"
    assert state(api) == ("Active", "Successful")
    api.client.get_waiter("function_active_v2").wait(FunctionName="f")
    api.client.get_waiter("function_updated_v2").wait(FunctionName="f")


def test_states_that_last(slow_api: Api) -> None:
    api = slow_api
    api.create("f")
    assert state(api) == ("Pending", None)
    pending = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    for operation, given in (("invoke", {}), ("update_function_configuration", {"Timeout": 5}), ("publish_version", {})):
        answer = refused(getattr(api.client, operation), FunctionName="f", **given)
        assert (answer.code, answer.status, answer.message) == (*CONFLICT, pending)
    advance(api, 59)
    assert state(api) == ("Pending", None)
    advance(api, 1)
    assert state(api) == ("Active", "Successful")
    api.client.invoke(FunctionName="f")


def test_a_second_update_while_one_is_in_progress(slow_api: Api) -> None:
    api = slow_api
    api.create("f")
    advance(api, 60)
    api.client.update_function_configuration(FunctionName="f", Timeout=5)
    assert state(api) == ("Active", "InProgress")
    answer = refused(api.client.update_function_code, FunctionName="f", ZipFile=make_zip({"a.py": ""}))
    assert (answer.code, answer.status) == CONFLICT
    assert answer.message == f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}:f"
    # An invocation is possible meanwhile, and runs what was there before; a tag is not.
    api.client.invoke(FunctionName="f")
    assert api.invoker.invoked[-1].version.timeout == 3
    answer = refused(api.client.tag_resource, Resource=f"{ARN}:f", Tags={"a": "b"})
    assert (answer.code, answer.status) == CONFLICT
    advance(api, 60)
    api.client.invoke(FunctionName="f")
    assert api.invoker.invoked[-1].version.timeout == 5
    api.client.tag_resource(Resource=f"{ARN}:f", Tags={"a": "b"})
    api.client.update_function_configuration(FunctionName="f", Timeout=6)


def test_a_function_deleted_while_pending_does_not_come_back(slow_api: Api) -> None:
    api = slow_api
    api.create("f")
    api.client.delete_function(FunctionName="f")
    api.create("f")
    advance(api, 30)
    assert state(api) == ("Pending", None)
    advance(api, 30)
    assert state(api) == ("Active", "Successful")


class Unpacking:
    """Holds the unpacking of packages until `go` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        unpack = code.unpack

        def held(*given: Any) -> int:
            self.begun.set()
            assert self.go.wait(30)
            return unpack(*given)

        monkeypatch.setattr(code, "unpack", held)


def in_background(call: Any, **given: Any) -> tuple[threading.Thread, list[Any]]:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(call(**given)))
    thread.start()
    return thread, answers


def test_other_requests_go_on_while_a_package_is_unpacked(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.create("f")
    unpacking = Unpacking(monkeypatch)
    thread, answers = in_background(api.client.update_function_code, FunctionName="f", ZipFile=make_zip({"b.py": ""}))
    assert unpacking.begun.wait(30)
    assert state(api) == ("Active", "Successful")
    api.client.invoke(FunctionName="f")
    second = refused(api.client.update_function_configuration, FunctionName="f", Timeout=5)
    assert (second.code, second.status) == CONFLICT and "An update is in progress" in second.message
    unpacking.go.set()
    thread.join()
    assert answers[0]["LastUpdateStatus"] == "InProgress"
    api.client.update_function_configuration(FunctionName="f", Timeout=5)


def test_a_function_deleted_while_its_new_package_is_unpacked(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.create("f")
    unpacking = Unpacking(monkeypatch)
    update = api.client.update_function_code
    thread, answers = in_background(lambda: refused(update, FunctionName="f", ZipFile=make_zip({"b.py": ""})))
    assert unpacking.begun.wait(30)
    api.client.delete_function(FunctionName="f")
    unpacking.go.set()
    thread.join()
    assert answers[0].status == 404


def test_a_name_is_taken_while_its_package_is_unpacked(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacking = Unpacking(monkeypatch)
    thread, _ = in_background(api.create, name="f")
    assert unpacking.begun.wait(30)
    second = refused(api.create, name="f")
    assert (second.code, second.message) == ("ResourceConflictException", "Function already exist: f")
    unpacking.go.set()
    thread.join()
    assert state(api) == ("Active", "Successful")


def test_a_name_is_free_again_after_a_failure(api: Api) -> None:
    refused(api.create, name="f", Code={"ZipFile": b"no zip"})
    api.create("f")


class Emptying(dict[tuple[str, str], bytes]):
    """Objects of S3: while one is read, the cloud is emptied."""

    def __init__(self, api: Api, content: bytes) -> None:
        super().__init__({("bucket", "key"): content})
        self._api = api

    def __getitem__(self, key: tuple[str, str]) -> bytes:
        self._api.functions.reset()
        return super().__getitem__(key)


@pytest.mark.parametrize("operation", ["create_function", "publish_layer_version", "update_function_code"])
def test_what_is_made_while_the_cloud_is_emptied_does_not_come_into_the_empty_one(api: Api, operation: str) -> None:
    api.create("old")
    api.objects = Emptying(api, make_zip({"lambda_function.py": "x = 2"}))
    from_s3 = {"S3Bucket": "bucket", "S3Key": "key"}
    given: dict[str, Any] = {
        "create_function": {
            "FunctionName": "f", "Role": ROLE, "Runtime": "python3.12", "Handler": "lambda_function.lambda_handler", "Code": from_s3,
        },
        "publish_layer_version": {"LayerName": "shared", "Content": from_s3},
        "update_function_code": {"FunctionName": "old", **from_s3},
    }[operation]  # fmt: skip
    error = refused(getattr(api.client, operation), **given)
    if operation == "update_function_code":
        assert (error.code, error.status) == ("ResourceNotFoundException", 404)
    else:
        assert (error.code, error.status) == CONFLICT and error.message.startswith("The cloud was emptied while")
    assert api.client.list_functions()["Functions"] == [] and api.client.list_layers()["Layers"] == []
    api.create("f")
    assert state(api) == ("Active", "Successful")
