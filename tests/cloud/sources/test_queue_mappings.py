"""What AWS refuses of a queue's event source mapping, in its words; and how one is shown."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.cloud.api.harness import refused
from tests.cloud.sources.queues import mapping
from tests.cloud.sources.support import TELLS, Queue, arn
from tests.support import CloudUnderTest

NO_QUEUE = (
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The "
    "specified queue does not exist for this wsdl version."
)
UNSUPPORTED = "Unsupported {} parameter for given event source mapping type."
NEEDS_WINDOW = "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
FIFO = "arn:aws:sqs:us-east-1:123456789012:jobs.fifo"
POLLERS = "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]"


def pattern(*texts: str) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": text} for text in texts]}}


# What is asked for, beside the queue `jobs` and a function; the code if not InvalidParameterValueException; AWS's words.
REFUSED: list[Any] = [
    ({"EventSourceArn": None}, "Unrecognized event source."),
    ({"EventSourceArn": "arn:aws:s3:us-east-1:123456789012:bucket"}, "Unrecognized event source."),
    ({"EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:none"}, NO_QUEUE),
    ({"EventSourceArn": "arn:aws:sqs:us-east-1:210987654321:jobs"}, NO_QUEUE),
    ({"FunctionName": "nobody"}, "Function does not exist"),
    ({"FunctionName": "work:live"}, "Function does not exist"),
    ({"BatchSize": 11}, NEEDS_WINDOW),
    ({"BatchSize": 11, "MaximumBatchingWindowInSeconds": 0}, NEEDS_WINDOW),
    ({"EventSourceArn": FIFO, "BatchSize": 11}, "Batch size must not exceed 10 for FIFO queues"),
    ({"EventSourceArn": FIFO, "MaximumBatchingWindowInSeconds": 1}, "Batching window is not supported for FIFO queues"),
    ({"StartingPosition": "LATEST"}, "StartingPosition is not valid for SQS event sources."),
    ({"BisectBatchOnFunctionError": True}, UNSUPPORTED.format("BisectBatchOnFunctionError")),
    ({"MaximumRetryAttempts": 1}, UNSUPPORTED.format("MaximumRetryAttempts")),
    ({"ParallelizationFactor": 2}, UNSUPPORTED.format("ParallelizationFactor")),
    ({"TumblingWindowInSeconds": 2}, UNSUPPORTED.format("TumblingWindowInSeconds")),
    ({"DestinationConfig": {}}, UNSUPPORTED.format("DestinationConfig")),
    ({"DocumentDBEventSourceConfig": {}}, UNSUPPORTED.format("DocumentDBEventSourceConfig")),
    (pattern("no JSON"), "Invalid filter pattern definition."),
    (pattern('{"body": "text"}'), "Invalid filter pattern definition."),
    (pattern(""), "Invalid filter pattern definition."),
    (pattern(*['{"body": ["a"]}'] * 6), "The number of filters exceeds the limit of 5."),
    ({"MetricsConfig": {"Metrics": ["KafkaMetrics"]}}, "Only EventCount metrics are supported for event source mappings."),
    (
        {"ProvisionedPollerConfig": {}},
        "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is provided.",
    ),
    ({"ProvisionedPollerConfig": {"MinimumPollers": 1}}, POLLERS),
    ({"ProvisionedPollerConfig": {"MinimumPollers": 5, "MaximumPollers": 4}}, POLLERS),
    (
        {"ProvisionedPollerConfig": {"MinimumPollers": 2}, "ScalingConfig": {"MaximumConcurrency": 2}},
        "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism "
        "and remove maximum concurrency.",
    ),
    ({"Tags": {"aws:mine": "x"}}, "Tag keys that start with 'aws:' are reserved for AWS."),
]
OUT_OF_RANGE: list[Any] = [
    ({"BatchSize": 0}, "'0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1"),
    ({"BatchSize": 10001}, "'10001' at 'batchSize' failed to satisfy constraint: Member must have value less than or equal to"),
    ({"MaximumBatchingWindowInSeconds": 301}, "'301' at 'maximumBatchingWindowInSeconds' failed"),
    ({"ScalingConfig": {"MaximumConcurrency": 1}}, "'1' at 'scalingConfig.maximumConcurrency' failed to satisfy"),
    ({"ScalingConfig": {"MaximumConcurrency": 1001}}, "'1001' at 'scalingConfig.maximumConcurrency' failed to satisfy"),
    ({"FunctionResponseTypes": ["Report"]}, "'[Report]' at 'functionResponseTypes' failed to satisfy constraint"),
    (
        {"StartingPosition": "0"},
        "1 validation error detected: Value '0' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum "
        "value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
    ),
    ({"FunctionName": None}, "Value null at 'functionName' failed to satisfy constraint: Member must not be null"),
]


@pytest.fixture(scope="module")
def work(cloud_process: CloudUnderTest) -> Any:
    """A cloud with the queues jobs and jobs.fifo and the function work: `ask(operation, **members)`; None takes a member away."""
    cloud_process.reset()
    queue = Queue(cloud_process, "jobs")
    Queue(cloud_process, "jobs.fifo", FifoQueue="true")
    cloud_process.function(TELLS, name="work")
    from botocore.config import Config

    client = cloud_process.client("lambda", config=Config(parameter_validation=False, retries={"total_max_attempts": 1}))

    def ask(operation: str, **members: Any) -> Any:
        given = {"EventSourceArn": queue.arn, "FunctionName": "work"} if operation.startswith("create") else {}
        asked = {name: value for name, value in (given | members).items() if value is not None}
        return refused(getattr(client, operation), **asked)

    return ask


@pytest.mark.parametrize(("members", "words"), REFUSED, ids=[f"{json.dumps(one)[:60]}" for one, _ in REFUSED])
def test_refused(work: Any, members: dict[str, Any], words: str) -> None:
    found = work("create_event_source_mapping", **members)
    assert (found.code, found.status, found.message) == ("InvalidParameterValueException", 400, words)


@pytest.mark.parametrize(("members", "words"), OUT_OF_RANGE, ids=[f"{json.dumps(one)[:60]}" for one, _ in OUT_OF_RANGE])
def test_out_of_range(work: Any, members: dict[str, Any], words: str) -> None:
    found = work("create_event_source_mapping", **members)
    assert (found.code, found.status) == ("ValidationException", 400)
    assert words in found.message


def test_what_is_not_there(work: Any) -> None:
    for operation in ("get", "update", "delete"):
        found = work(f"{operation}_event_source_mapping", UUID="14e0db71-0000-4eb5-b481-8945cf9d10c2")
        assert (found.code, found.status) == ("ResourceNotFoundException", 404)
        assert found.message == "The resource you requested does not exist."


def test_one_for_each_queue_and_function(cloud: CloudUnderTest) -> None:
    queue, other, client = Queue(cloud, "jobs"), Queue(cloud, "other"), cloud.client("lambda")
    one, two = cloud.function(TELLS), cloud.function(TELLS)
    uuid = mapping(cloud, queue, one)
    mapping(cloud, queue, two)
    mapping(cloud, other, one)
    found = refused(client.create_event_source_mapping, EventSourceArn=queue.arn, FunctionName=arn(cloud, one))
    assert (found.code, found.status) == ("ResourceConflictException", 409)
    assert found.message == (
        f'An event source mapping with SQS arn (" {queue.arn} ") and function (" {one} ") already exists. Please update or '
        f"delete the existing mapping with UUID {uuid}"
    )
    found = refused(client.update_event_source_mapping, UUID=uuid, FunctionName=two)
    assert found.code == "ResourceConflictException"


def test_a_queue_that_shows_its_messages_too_soon(cloud: CloudUnderTest) -> None:
    queue, client, name = Queue(cloud, "jobs", VisibilityTimeout="3"), cloud.client("lambda"), cloud.function(TELLS, Timeout=30)
    words = "Queue visibility timeout: 3 seconds is less than Function timeout: 30 seconds"
    assert refused(client.create_event_source_mapping, EventSourceArn=queue.arn, FunctionName=name).message == words
    uuid = mapping(cloud, queue, cloud.function(TELLS, Timeout=3))
    assert refused(client.update_event_source_mapping, UUID=uuid, FunctionName=name).message == words
    client.update_event_source_mapping(UUID=uuid, BatchSize=5)


@pytest.mark.parametrize("action", ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])
def test_a_role_that_may_not(cloud: CloudUnderTest, action: str) -> None:
    queue, name = Queue(cloud, "jobs"), cloud.function(TELLS)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": f"sqs:{action}", "Resource": queue.arn}]}
    cloud.client("iam").put_role_policy(
        RoleName=cloud.role().rpartition("/")[2], PolicyName="deny", PolicyDocument=json.dumps(deny)
    )
    try:
        found = refused(cloud.client("lambda").create_event_source_mapping, EventSourceArn=queue.arn, FunctionName=name)
    finally:
        cloud.client("iam").delete_role_policy(RoleName=cloud.role().rpartition("/")[2], PolicyName="deny")
    assert (found.code, found.message) == (
        "InvalidParameterValueException", f"The function execution role does not have permissions to call {action} on SQS",
    )  # fmt: skip


def test_as_it_is_shown(cloud: CloudUnderTest) -> None:
    queue, client = Queue(cloud, "jobs"), cloud.client("lambda")
    name = cloud.function(TELLS)
    made = client.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=name, Tags={"team": "a"})
    uuid = made["UUID"]
    shown = client.get_event_source_mapping(UUID=uuid)
    assert abs((datetime.now(timezone.utc) - shown.pop("LastModified")).total_seconds()) < 60
    del shown["ResponseMetadata"]
    assert shown == {
        "UUID": uuid, "EventSourceMappingArn": f"arn:aws:lambda:{cloud.region}:123456789012:event-source-mapping:{uuid}",
        "EventSourceArn": queue.arn, "FunctionArn": arn(cloud, name), "State": "Enabled",
        "StateTransitionReason": "USER_INITIATED", "BatchSize": 10, "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
    }  # fmt: skip
    everything: dict[str, Any] = {
        "BatchSize": 100, "MaximumBatchingWindowInSeconds": 5, "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2}, "MetricsConfig": {"Metrics": ["EventCount"]},
        "KMSKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1", **pattern('{"body": ["a"]}'),
    }  # fmt: skip
    client.update_event_source_mapping(UUID=uuid, **everything)
    shown = client.get_event_source_mapping(UUID=uuid)
    assert {member: shown[member] for member in everything} == everything
    nothing: dict[str, Any] = {
        "ScalingConfig": {}, "FilterCriteria": {"Filters": []}, "KMSKeyArn": "", "MetricsConfig": {"Metrics": []},
    }  # fmt: skip
    client.update_event_source_mapping(UUID=uuid, FunctionResponseTypes=[], **nothing)
    assert not set(nothing) & set(client.get_event_source_mapping(UUID=uuid))
    pollers = {"MinimumPollers": 3, "MaximumPollers": 200}
    client.update_event_source_mapping(UUID=uuid, ProvisionedPollerConfig={"MinimumPollers": 3})
    assert client.get_event_source_mapping(UUID=uuid)["ProvisionedPollerConfig"] == pollers
    client.update_event_source_mapping(UUID=uuid, ProvisionedPollerConfig={})
    assert "ProvisionedPollerConfig" not in client.get_event_source_mapping(UUID=uuid)
    resource = shown["EventSourceMappingArn"]
    client.tag_resource(Resource=resource, Tags={"cost": "b"})
    assert client.list_tags(Resource=resource)["Tags"] == {"team": "a", "cost": "b"}
    client.untag_resource(Resource=resource, TagKeys=["team"])
    assert client.list_tags(Resource=resource)["Tags"] == {"cost": "b"}
