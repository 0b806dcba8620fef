"""The account that AWS's published examples speak of: its functions, aliases, layers and permissions, in the local cloud."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.support import CloudUnderTest, make_zip

CODE = make_zip({"index.py": "def handler(event, context): return '200 SUCCESS'"})
BUCKETS = {"my-bucket-1xpuxmplzrlbh": "function.zip", "lambda-layers-us-west-2-123456789012": "layer.zip"}
LAYERS = {"my-layer": 2, "blank-java-lib": 2, "blank-python-lib": 3, "AWSLambda-Python311-SciPy1x": 3}
QUEUES = ("failed-invocations", "destination", "my-queue", "mySQSqueue", "mapped")

# Functions of the examples have runtimes that may not be created any more.
RUNTIME = "python3.12"


def build(cloud: CloudUnderTest, has: Callable[[str], bool]) -> Any:
    """Make the account, as far as the cloud `has` the operations for it; a boto3 client for Lambda."""
    client = cloud.client("lambda")
    for bucket, key in BUCKETS.items():
        cloud.client("s3").create_bucket(Bucket=bucket)
        cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=CODE)
    for queue in QUEUES:
        cloud.client("sqs").create_queue(QueueName=queue)
    role = cloud.role("lambda-role")
    for name in ("my-function", "myFunction", "helloworld"):
        client.create_function(
            FunctionName=name, Runtime=RUNTIME, Handler="index.handler", Role=role, Code={"ZipFile": CODE}, MemorySize=256,
            Timeout=15, Description="Process image objects from Amazon S3.", TracingConfig={"Mode": "Active"},
            Environment={"Variables": {"BUCKET": "my-bucket-1xpuxmplzrlbh", "PREFIX": "inbound"}},
            Tags={"DEPARTMENT": "Assets", "Category": "Web Tools", "Department": "Sales"},
        )  # fmt: skip
    client.get_waiter("function_active_v2").wait(FunctionName="my-function")
    _publish(client)
    _layers(client)
    for step in (_permissions, _concurrency, _events, _mappings):
        step(client, cloud, has)
    return client


class World:
    """The account, made anew only when an example has taken something away that others need."""

    def __init__(self, cloud: CloudUnderTest, has: Callable[[str], bool]) -> None:
        self.cloud, self._has = cloud, has
        self._client: Any = None

    def client(self) -> Any:
        """A client for Lambda in an account that has everything."""
        if self._client is None:
            self.cloud.reset()
            self._client = build(self.cloud, self._has)
        return self._client

    def spoiled(self) -> None:
        """The next example gets another account."""
        self._client = None


def spoils(operation: str) -> bool:
    """Whether an example of this operation takes something away, or leaves processes."""
    return operation.startswith(("Delete", "Remove", "CreateFunction", "AddPermission", "Untag")) or "Provisioned" in operation


def _publish(client: Any) -> None:
    for number in ("1", "2", "3"):
        client.update_function_configuration(FunctionName="my-function", Description=f"version {number}")
        client.get_waiter("function_updated_v2").wait(FunctionName="my-function")
        client.publish_version(FunctionName="my-function")
    for name, version in (("BLUE", "2"), ("GREEN", "2"), ("PROD", "1"), ("LIVE", "3")):
        client.create_alias(FunctionName="my-function", Name=name, FunctionVersion=version, Description="Production environment.")
    client.update_alias(FunctionName="my-function", Name="BLUE", RoutingConfig={"AdditionalVersionWeights": {"1": 0.7}})


def _layers(client: Any) -> None:
    runtimes = ["python3.6", "python3.7", "python3.8", "python3.11", "java8"]
    for name, count in LAYERS.items():
        for number in range(count):
            content = make_zip({"python/layer.py": f"NUMBER = {number}"})
            client.publish_layer_version(
                LayerName=name, Content={"ZipFile": content}, CompatibleRuntimes=runtimes, Description="My layer",
                LicenseInfo="MIT",
            )  # fmt: skip


def _permissions(client: Any, cloud: CloudUnderTest, has: Callable[[str], bool]) -> None:
    given = {"StatementId": "xaccount", "Principal": "123456789012"}
    if has("AddPermission"):
        client.add_permission(
            FunctionName="my-function", Action="lambda:InvokeFunction", StatementId="sns", Principal="sns.amazonaws.com"
        )
        for qualifier in ({}, {"Qualifier": "1"}, {"Qualifier": "PROD"}):
            client.add_permission(FunctionName="my-function", Action="lambda:InvokeFunction", **given, **qualifier)
    if has("AddLayerVersionPermission"):
        client.add_layer_version_permission(LayerName="my-layer", VersionNumber=1, Action="lambda:GetLayerVersion", **given)


def _concurrency(client: Any, cloud: CloudUnderTest, has: Callable[[str], bool]) -> None:
    if has("PutFunctionConcurrency"):
        client.put_function_concurrency(FunctionName="my-function", ReservedConcurrentExecutions=250)


def _events(client: Any, cloud: CloudUnderTest, has: Callable[[str], bool]) -> None:
    if has("PutFunctionEventInvokeConfig"):
        destination = {"OnFailure": {"Destination": f"arn:aws:sqs:{cloud.region}:123456789012:failed-invocations"}}
        for qualifier, more in (("BLUE", {"DestinationConfig": destination}), ("GREEN", {}), ("$LATEST", {})):
            client.put_function_event_invoke_config(
                FunctionName="my-function", Qualifier=qualifier, MaximumEventAgeInSeconds=3600, MaximumRetryAttempts=0, **more
            )


def _mappings(client: Any, cloud: CloudUnderTest, has: Callable[[str], bool]) -> None:
    if has("CreateEventSourceMapping"):
        cloud.client("kinesis").create_stream(StreamName="my-stream", ShardCount=1)
        for source, more in (("sqs", {}), ("kinesis", {"StartingPosition": "LATEST"})):
            name = "stream/my-stream" if source == "kinesis" else "mapped"
            client.create_event_source_mapping(
                FunctionName="my-function", EventSourceArn=f"arn:aws:{source}:{cloud.region}:123456789012:{name}", **more
            )


def mapping_of(client: Any, source: str) -> str:
    """The UUID of the mapping of a queue (``sqs``) or of a stream (``kinesis``), once nothing is being changed about it."""
    [found] = [
        mapping for mapping in client.list_event_source_mappings(FunctionName="my-function")["EventSourceMappings"]
        if mapping["EventSourceArn"].split(":")[2] == source and not mapping["EventSourceArn"].endswith(("my-queue", "mySQSqueue"))
    ]  # fmt: skip
    return str(found["UUID"])


def provision(cloud: CloudUnderTest, client: Any) -> None:
    """Provisioned concurrency, ready, for two aliases; it takes processes, so only those who need it have it."""
    for qualifier in ("PROD", "GREEN"):
        client.put_provisioned_concurrency_config(
            FunctionName="my-function", Qualifier=qualifier, ProvisionedConcurrentExecutions=1
        )
    for qualifier in ("PROD", "GREEN"):
        while client.get_provisioned_concurrency_config(FunctionName="my-function", Qualifier=qualifier)["Status"] != "READY":
            cloud.advance(1)


def here(text: str, region: str) -> str:
    """An example's text with this cloud's region in its ARNs, and our role."""
    text = re.sub(r"(arn:aws:(?:lambda|sqs|sns):)[a-z]+-[a-z]+-\d:", rf"\g<1>{region}:", text)
    return re.sub(r"(arn:aws:iam::\d{12}:role/)[\w/-]+", r"\1lambda-role", text)


def differences(expected: Any, found: Any, given: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Where an answer lacks what the example's has: members, their types, and values that were given in the request."""
    if isinstance(found, str) and found.startswith("{"):  # a policy is JSON in a string, which the CLI's pages write out
        found, expected = json.loads(found), json.loads(expected) if isinstance(expected, str) else expected
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            yield f"{path}: {found!r} is no structure"
            return
        for name, value in expected.items():
            if name not in found:
                yield f"{path}.{name} is missing"
            elif name in given and not isinstance(value, (dict, list)) and value == given[name] != found[name]:
                yield f"{path}.{name} is {found[name]!r}, and {value!r} was given"
            else:
                yield from differences(value, found[name], given, f"{path}.{name}")
    elif isinstance(expected, list):
        if not isinstance(found, list) or (expected and not found):
            yield f"{path}: {found!r} is no list with items"
        elif expected:
            yield from differences(expected[0], found[0], given, f"{path}[0]")
    elif isinstance(expected, bool) is not isinstance(found, bool) or isinstance(expected, str) is not isinstance(found, str):
        yield f"{path} is {found!r}, not of the type of {expected!r}"
