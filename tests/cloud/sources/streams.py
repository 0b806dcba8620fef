"""What the tests of streams as event sources share."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.cloud.sources.support import received
from tests.support import CloudUnderTest

# A record says how it is dealt with: ``{"fails": n}`` fails n times in an environment, "poison" always.
STRICT = """
import base64, json
SEEN = {}
def lambda_handler(event, context):
    print("EVENT " + json.dumps(event))
    for record in event["Records"]:
        number = record["kinesis"]["sequenceNumber"]
        data = base64.b64decode(record["kinesis"]["data"]).decode()
        SEEN[number] = SEEN.get(number, 0) + 1
        if data == "poison" or data.startswith("{") and SEEN[number] <= json.loads(data).get("fails", 0):
            raise ValueError(data)
"""

TELLS_DYNAMODB = """
import json
def lambda_handler(event, context):
    print("EVENT " + json.dumps(event))
"""


class Kinesis:
    """A stream of Kinesis."""

    def __init__(self, cloud: CloudUnderTest, name: str = "stream", shards: int = 1) -> None:
        self.client, self.name = cloud.client("kinesis"), name
        self.client.create_stream(StreamName=name, ShardCount=shards)
        self.arn = f"arn:aws:kinesis:{cloud.region}:123456789012:stream/{name}"

    def put(self, *data: str | bytes, shard: float = 0, key: str = "key") -> list[str]:
        """Records to a shard, of which 0 is the first and 0.99 the last; their sequence numbers."""
        hash_key = str(int(shard * 2**64) * 2**64)
        records = [{"Data": each, "PartitionKey": key, "ExplicitHashKey": hash_key} for each in data]
        answer = self.client.put_records(StreamName=self.name, Records=records)
        return [record["SequenceNumber"] for record in answer["Records"]]


class Table:
    """A table whose key is ``id``, with a stream."""

    def __init__(self, cloud: CloudUnderTest, name: str = "table", view: str = "NEW_AND_OLD_IMAGES") -> None:
        self.client, self.name = cloud.client("dynamodb"), name
        made = self.client.create_table(
            TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )  # fmt: skip
        self.arn = made["TableDescription"]["LatestStreamArn"]

    def put(self, id: str, **attributes: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.name, Item={"id": {"S": id}, **attributes})

    def delete(self, id: str) -> None:
        self.client.delete_item(TableName=self.name, Key={"id": {"S": id}})


def mapping(cloud: CloudUnderTest, source: Kinesis | Table, name: str, **more: Any) -> str:
    """A mapping of the stream to a function, which is Enabled; its UUID."""
    given = {"StartingPosition": "TRIM_HORIZON", **more}
    made = cloud.client("lambda").create_event_source_mapping(EventSourceArn=source.arn, FunctionName=name, **given)
    assert described(cloud, made["UUID"])["State"] == "Enabled"
    return str(made["UUID"])


def described(cloud: CloudUnderTest, uuid: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("lambda").get_event_source_mapping(UUID=uuid)
    return found


def told(record: dict[str, Any]) -> str:
    """What a record says: its data, or its item's key and what happened to it."""
    if "kinesis" in record:
        return base64.b64decode(record["kinesis"]["data"]).decode()
    return f"{record['eventName']} {record['dynamodb']['Keys']['id']['S']}"


def batches(cloud: CloudUnderTest, name: str) -> list[list[str]]:
    """What the records of each batch say that the function got."""
    return [[told(record) for record in event["Records"]] for event in received(cloud, name)]


def metric(cloud: CloudUnderTest, name: str, statistic: str, **dimensions: str) -> float | None:
    """A Lambda metric over the last day of the cloud's clock; None if nobody has counted."""
    now = float(json.loads(json.dumps(cloud.lab("GET", "/_lab/clock").body))["now"])
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName=name, StartTime=now - 86400, EndTime=now + 120, Period=86400 * 2,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()], Statistics=[statistic],
    )["Datapoints"]  # fmt: skip
    return points[0][statistic] if points else None
