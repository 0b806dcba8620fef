"""AWS's published examples (botocore, examples-1.json): each runs here, and its answer has the members that AWS's has."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from lablib.cloud.api.table import OPERATIONS
from tests.cloud.api.harness import refused
from tests.cloud.examples.world import RUNTIME, World, differences, here, mapping_of, provision, spoils
from tests.support import CloudUnderTest

LOADER = botocore.session.get_session().get_component("data_loader")
PUBLISHED = LOADER.load_service_model("lambda", "examples-1")["examples"]
EXAMPLES = [(operation, example) for operation, examples in PUBLISHED.items() for example in examples]

# What must be undone before an example can do it.
BEFORE: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "CreateFunction": [("delete_function", {"FunctionName": "my-function"})],
    "CreateAlias": [("delete_alias", {"FunctionName": "my-function", "Name": "LIVE"})],
    "AddLayerVersionPermission": [
        ("remove_layer_version_permission", {"LayerName": "my-layer", "VersionNumber": 1, "StatementId": "xaccount"})
    ],
    "AddPermission": [
        ("remove_permission", {"FunctionName": "my-function", "StatementId": statement}) for statement in ("xaccount", "sns")
    ],
    "DeleteFunction": [("delete_alias", {"FunctionName": "my-function", "Name": name}) for name in ("PROD", "BLUE")],
}
# Members of a request in place of the example's. None: without it.
INSTEAD: dict[str, dict[str, Any]] = {
    # A key of KMS is refused by name; the runtime may not be created any more.
    "CreateFunction": {"KMSKeyArn": None, "Runtime": RUNTIME},
    # A hundred processes are no example; an alias with weights may have no provisioned concurrency.
    "PutProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1, "Qualifier": "PROD"},
    "GetProvisionedConcurrencyConfig": {"Qualifier": "PROD"},
    # The example's is empty.
    "PublishVersion": {"CodeSha256": None},
    # The mapping stays where the other examples look for it.
    "UpdateEventSourceMapping": {"FunctionName": "my-function"},
}
# Of which source the mapping is that an example speaks of: some show what only streams have.
MAPPED = {"GetEventSourceMapping": "kinesis", "UpdateEventSourceMapping": "kinesis", "DeleteEventSourceMapping": "sqs"}
# What AWS's answers had when they were written and do not have any more (a new function was Active at once), or what is not
# stored here.
NOT_COMPARED = ("KMSKeyArn is missing", "NextMarker is missing", "VpcConfig is missing", "LastUpdateStatus is missing")


def plain(value: Any) -> Any:
    """An answer as the examples write it: times as text, bodies read."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return value.read().decode() if hasattr(value, "read") else value


@pytest.fixture(scope="module")
def world(cloud_process: CloudUnderTest) -> World:
    return World(cloud_process, OPERATIONS.__contains__)


@pytest.mark.parametrize("operation, example", EXAMPLES, ids=[f"{name}-{one['id'][-6:]}" for name, one in EXAMPLES])
def test_an_example(world: World, operation: str, example: dict[str, Any]) -> None:
    cloud = world.cloud
    given = json.loads(here(json.dumps(example.get("input", {})), cloud.region))
    given = {name: value for name, value in (given | INSTEAD.get(operation, {})).items() if value is not None}
    given |= {name: given[name].encode() for name in ("Payload", "InvokeArgs") if name in given}
    if operation not in OPERATIONS:
        client = cloud.client("lambda", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))
        assert refused(getattr(client, method_of(client, operation)), **given).code == "NotImplemented"
        return
    client = world.client()
    if spoils(operation):
        world.spoiled()
    if "ProvisionedConcurrency" in operation and not operation.startswith("Put"):
        provision(cloud, client)
        given |= {"Qualifier": "GREEN"} if operation.startswith("Delete") else {}
    if operation in MAPPED:
        given["UUID"] = mapping_of(client, MAPPED[operation])
    for method, parameters in BEFORE.get(operation, []):
        getattr(client, method)(**parameters)
    found = plain(getattr(client, method_of(client, operation))(**given))
    expected = untimed({name: value for name, value in example.get("output", {}).items() if name != "Payload"}, found)
    missing = [one for one in differences(expected, found, given) if not one.endswith(NOT_COMPARED)]
    assert not missing, f"{missing}\nexpected {expected}\nfound {found}"


def method_of(client: Any, operation: str) -> str:
    return next(method for method, name in client.meta.method_to_api_mapping.items() if name == operation)


def untimed(expected: Any, found: Any) -> Any:
    """The example without the form of its times: AWS writes the same member as a number or as text."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {name: found[name] if name == "LastModified" and name in found else untimed(value, found.get(name))
                for name, value in expected.items()}  # fmt: skip
    if isinstance(expected, list) and isinstance(found, list):
        return [untimed(one, found[0]) for one in expected[:1]] if found else expected
    return expected
