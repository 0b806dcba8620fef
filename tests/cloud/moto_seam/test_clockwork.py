"""Contract: every timestamp of moto that a learner can see is the cloud's time."""

from __future__ import annotations

import datetime
import json
import time
from typing import Any

import pytest

from lablib.cloud.moto_seam import engine  # noqa: F401
from tests.cloud.moto_seam.conftest import Moto

TRUST = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ATTRIBUTES: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def s3(moto: Moto) -> Any:
    client = moto.client("s3")
    client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_object(Bucket="bucket", Key="key", Body=b"")
    return client.head_object(Bucket="bucket", Key="key")["LastModified"]


def s3_bucket(moto: Moto) -> Any:
    s3(moto)
    return moto.client("s3").list_buckets()["Buckets"][0]["CreationDate"]


def dynamodb(moto: Moto) -> Any:
    return moto.client("dynamodb").create_table(TableName="table", **ATTRIBUTES)["TableDescription"]["CreationDateTime"]


def dynamodb_stream(moto: Moto) -> Any:
    streams, client = moto.client("dynamodbstreams"), moto.client("dynamodb")
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    arn = client.create_table(TableName="streamed", StreamSpecification=stream, **ATTRIBUTES)["TableDescription"]["LatestStreamArn"]
    client.put_item(TableName="streamed", Item={"id": {"S": "1"}})
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    return streams.get_records(ShardIterator=iterator)["Records"][0]["dynamodb"]["ApproximateCreationDateTime"]


def sqs(moto: Moto) -> Any:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="queue")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="hello")
    message = client.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"][0]
    return int(message["Attributes"]["SentTimestamp"]) / 1000


def iam(moto: Moto) -> Any:
    return moto.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)["Role"]["CreateDate"]


def sts(moto: Moto) -> Any:
    key = moto.client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/role", RoleSessionName="session")["Credentials"]
    return key["Expiration"] - datetime.timedelta(hours=1)


def logs(moto: Moto) -> Any:
    client = moto.client("logs")
    client.create_log_group(logGroupName="group")
    client.create_log_stream(logGroupName="group", logStreamName="stream")
    client.put_log_events(logGroupName="group", logStreamName="stream", logEvents=[{"timestamp": int(moto.now * 1000), "message": "x"}])
    return client.get_log_events(logGroupName="group", logStreamName="stream")["events"][0]["ingestionTime"] / 1000


def kinesis(moto: Moto) -> Any:
    client = moto.client("kinesis")
    client.create_stream(StreamName="stream", ShardCount=1)
    client.put_record(StreamName="stream", Data=b"x", PartitionKey="1")
    shard = client.list_shards(StreamName="stream")["Shards"][0]["ShardId"]
    iterator = client.get_shard_iterator(StreamName="stream", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    return client.get_records(ShardIterator=iterator)["Records"][0]["ApproximateArrivalTimestamp"]


def secretsmanager(moto: Moto) -> Any:
    moto.client("secretsmanager").create_secret(Name="secret", SecretString="x")
    return moto.client("secretsmanager").describe_secret(SecretId="secret")["CreatedDate"]


def apigateway(moto: Moto) -> Any:
    return moto.client("apigateway").create_rest_api(name="api")["createdDate"]


def apigatewayv2(moto: Moto) -> Any:
    return moto.client("apigatewayv2").create_api(Name="api", ProtocolType="HTTP")["CreatedDate"]


def scheduler(moto: Moto) -> Any:
    client = moto.client("scheduler")
    client.create_schedule_group(Name="group")
    return client.get_schedule_group(Name="group")["CreationDate"]


@pytest.mark.parametrize(
    "made",
    [
        s3, s3_bucket, dynamodb, dynamodb_stream, sqs, iam, sts, logs, kinesis, secretsmanager, apigateway, apigatewayv2, scheduler,
    ],
)  # fmt: skip
def test_a_timestamp_is_the_clouds(moto: Moto, made: Any) -> None:
    stamp = made(moto)
    seconds = stamp if isinstance(stamp, float) else stamp.timestamp()
    # Some are kept to the second, one to the minute.
    assert seconds == pytest.approx(moto.now, abs=1)


def test_a_hidden_message_shows_when_the_clouds_time_has_come(moto: Moto) -> None:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="queue", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="hello")
    assert len(client.receive_message(QueueUrl=url, WaitTimeSeconds=0)["Messages"]) == 1
    moto.now += 59
    assert "Messages" not in client.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    moto.now += 2
    again = client.receive_message(QueueUrl=url, WaitTimeSeconds=0, MessageSystemAttributeNames=["ApproximateReceiveCount"])
    assert again["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_delayed_message_arrives_when_the_clouds_time_has_come(moto: Moto) -> None:
    client = moto.client("sqs")
    url = client.create_queue(QueueName="queue")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="hello", DelaySeconds=600)
    assert "Messages" not in client.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    moto.now += 601
    assert len(client.receive_message(QueueUrl=url, WaitTimeSeconds=0)["Messages"]) == 1


def test_the_stand_ins_are_what_they_stand_for(moto: Moto) -> None:
    from moto.core import utils
    from moto.s3 import models
    from moto.secretsmanager import models as secrets_models

    there = utils.datetime.datetime
    assert isinstance(datetime.datetime(2026, 1, 1), there)
    assert isinstance(there.now(), datetime.datetime)
    assert type(there(2026, 1, 1)) is datetime.datetime
    assert type(there.strptime("2026", "%Y")) is datetime.datetime
    assert there.now(datetime.UTC).timestamp() == moto.now
    assert there.utcnow() == datetime.datetime.fromtimestamp(moto.now, datetime.UTC).replace(tzinfo=None)
    assert models.datetime.timedelta is datetime.timedelta
    assert secrets_models.time.time() == moto.now
    assert secrets_models.time.sleep is time.sleep


def test_the_process_keeps_its_own_time(moto: Moto) -> None:
    assert abs(time.time() - datetime.datetime.now().timestamp()) < 5
    assert time.time() != moto.now
