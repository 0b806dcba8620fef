"""Event source mappings as the API shows them: from state to state, with a kind of source that polls nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from lablib.cloud.api.errors import invalid_parameter
from lablib.cloud.sources.mappings.kinds import Kind, Proposal
from lablib.cloud.sources.mappings.mapping import Mapping, Settings
from tests.cloud.api.harness import Api, refused

SOURCE = "arn:aws:pipe:us-east-1:123456789012:pipe"


@dataclass
class Pipe:
    """A kind of source, and a poller that says what it is told. What it runs ends when `done` is set."""

    api: Api
    told: list[str] = field(default_factory=list)
    running: bool = False

    def kind(self) -> Kind:
        exists = "one is there: {source} {function} {uuid}"
        return Kind("pipe", frozenset({"ScalingConfig"}), Settings(10), "USER_INITIATED", None, exists, self._check, self._poller)

    async def _check(self, proposal: Proposal) -> None:
        if proposal.settings.batch_size > 100:
            raise invalid_parameter(f"too many for {proposal.version.name}")

    def _poller(self, mapping: Mapping) -> Pipe:
        self.done = asyncio.Event()
        return self

    def start(self) -> None:
        self.told.append("start")

    async def stop(self) -> None:
        self.told.append("stop")
        if self.running:
            await self.done.wait()

    def changed(self) -> None:
        self.told.append("changed")

    def abandon(self) -> None:
        self.told.append("abandon")


@pytest.fixture
def pipe(api: Api) -> Pipe:
    made = Pipe(api)
    api.mappings.add_kind(made.kind())
    return made


def create(api: Api, **more: Any) -> Any:
    return api.client.create_event_source_mapping(**({"EventSourceArn": SOURCE, "FunctionName": api.create()} | more))


def test_from_state_to_state(api: Api, pipe: Pipe) -> None:
    made = create(api, FunctionName=api.create("one"))
    assert (made["State"], made["StateTransitionReason"], made["ResponseMetadata"]["HTTPStatusCode"]) == (
        "Creating", "USER_INITIATED", 202,
    )  # fmt: skip
    assert made["FunctionArn"] == "arn:aws:lambda:us-east-1:123456789012:function:one"
    assert made["EventSourceMappingArn"] == f"arn:aws:lambda:us-east-1:123456789012:event-source-mapping:{made['UUID']}"
    api_of = api.client

    def state() -> str:
        return str(api_of.get_event_source_mapping(UUID=made["UUID"])["State"])

    assert (state(), pipe.told) == ("Enabled", ["start"])
    answer = api_of.update_event_source_mapping(UUID=made["UUID"], BatchSize=5)
    assert (answer["State"], answer["BatchSize"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("Updating", 5, 202)
    assert (state(), pipe.told) == ("Enabled", ["start", "changed"])
    assert api_of.update_event_source_mapping(UUID=made["UUID"], Enabled=False)["State"] == "Disabling"
    assert (state(), pipe.told[-1]) == ("Disabled", "stop")
    assert api_of.update_event_source_mapping(UUID=made["UUID"], Enabled=True)["State"] == "Enabling"
    assert (state(), pipe.told[-1]) == ("Enabled", "start")
    answer = api_of.delete_event_source_mapping(UUID=made["UUID"])
    assert (answer["State"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("Deleting", 202)
    gone = refused(api_of.get_event_source_mapping, UUID=made["UUID"])
    assert (gone.code, gone.message) == ("ResourceNotFoundException", "The resource you requested does not exist.")


def test_what_runs_ends_before_it_is_disabled(api: Api, pipe: Pipe) -> None:
    made = create(api)
    api.client.get_event_source_mapping(UUID=made["UUID"])
    pipe.running = True
    api.client.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    assert api.client.get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabling"
    for verb in ("update", "delete"):
        found = refused(getattr(api.client, f"{verb}_event_source_mapping"), UUID=made["UUID"])
        assert (found.code, found.status) == ("ResourceInUseException", 400)
        assert found.message == f"Cannot {verb} the event source mapping because it is in use."

    async def done() -> None:
        pipe.done.set()

    api.run(done)
    assert api.client.get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabled"


def test_the_list_is_by_source_and_function(api: Api, pipe: Pipe) -> None:
    one, two = api.create("one"), api.create("two")
    other = SOURCE + "-2"
    uuids = [create(api, FunctionName=name, EventSourceArn=arn)["UUID"] for name in (one, two) for arn in (SOURCE, other)]

    def listed(**given: Any) -> set[int]:
        found = api.client.list_event_source_mappings(**given)["EventSourceMappings"]
        assert all(mapping["State"] == "Enabled" for mapping in found)
        return {uuids.index(mapping["UUID"]) for mapping in found}

    assert listed() == {0, 1, 2, 3}
    assert listed(FunctionName="two") == {2, 3}
    assert listed(FunctionName="two", EventSourceArn=SOURCE) == {2}
    assert listed(EventSourceArn=other) == {1, 3}
    assert listed(FunctionName="two:1") == listed(FunctionName="three") == set()
    pages = api.client.get_paginator("list_event_source_mappings").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["EventSourceMappings"]) for page in pages] == [3, 1]
    api.client.delete_function(FunctionName="two")
    assert listed(FunctionName="two") == {2, 3}


def test_states_last_as_long_as_the_cloud_is_told(slow_api: Api) -> None:
    """``serve --pending``: each is to be seen, and nothing else can be asked for meanwhile."""
    api, pipe = slow_api, Pipe(slow_api)
    api.mappings.add_kind(pipe.kind())
    name = api.create("one")

    async def later() -> None:
        await api.clock.advance(61)

    api.run(later)
    uuid = create(api, FunctionName=name)["UUID"]
    asked = api.client.get_event_source_mapping
    assert (asked(UUID=uuid)["State"], pipe.told) == ("Creating", [])
    assert refused(api.client.delete_event_source_mapping, UUID=uuid).code == "ResourceInUseException"
    api.run(later)
    assert (asked(UUID=uuid)["State"], pipe.told) == ("Enabled", ["start"])
    api.client.update_event_source_mapping(UUID=uuid, Enabled=False)
    assert (asked(UUID=uuid)["State"], pipe.told[-1]) == ("Disabling", "stop")  # at once
    api.run(later)
    assert asked(UUID=uuid)["State"] == "Disabled"
    assert api.client.update_event_source_mapping(UUID=uuid, BatchSize=2)["State"] == "Updating"
    api.run(later)
    assert (asked(UUID=uuid)["State"], pipe.told.count("start")) == ("Disabled", 1)
    assert refused(api.client.update_event_source_mapping, UUID=uuid, BatchSize=101).message == "too many for one"
    api.client.delete_event_source_mapping(UUID=uuid)
    assert asked(UUID=uuid)["State"] == "Deleting"
    api.run(later)
    assert refused(asked, UUID=uuid).code == "ResourceNotFoundException"
