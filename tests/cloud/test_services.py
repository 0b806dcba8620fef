"""The services of the course, each asked one thing through the front: their protocols, their names, their hosts."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cloud.sources.support import Queue
from tests.support import CloudUnderTest


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("apigateway", "get_rest_apis", {}),
        ("apigatewayv2", "get_apis", {}),
        ("cloudformation", "list_stacks", {}),
        ("cloudwatch", "list_metrics", {}),
        ("cognito-idp", "list_user_pools", {"MaxResults": 10}),
        ("dynamodb", "list_tables", {}),
        ("dynamodbstreams", "list_streams", {}),
        ("ec2", "describe_vpcs", {}),
        ("events", "list_event_buses", {}),
        ("iam", "list_users", {}),
        ("kinesis", "list_streams", {}),
        ("kms", "list_keys", {}),
        ("logs", "describe_log_groups", {}),
        ("s3", "list_buckets", {}),
        ("scheduler", "list_schedules", {}),
        ("secretsmanager", "list_secrets", {}),
        ("sns", "list_topics", {}),
        ("sqs", "list_queues", {}),
        ("ssm", "describe_parameters", {}),
        ("stepfunctions", "list_state_machines", {}),
        ("sts", "get_caller_identity", {}),
    ],
)
def test_a_service_answers(cloud: CloudUnderTest, service: str, operation: str, parameters: dict[str, Any]) -> None:
    answer = getattr(cloud.client(service), operation)(**parameters)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_metrics_are_kept(cloud: CloudUnderTest) -> None:
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Lab", MetricData=[{"MetricName": "Visits", "Value": 3, "Unit": "Count"}])
    now = time.time()
    found = cloudwatch.get_metric_statistics(
        Namespace="Lab", MetricName="Visits", StartTime=now - 300, EndTime=now + 300, Period=60, Statistics=["Sum"]
    )
    assert [point["Sum"] for point in found["Datapoints"]] == [3]


def test_signing_up_needs_no_signature_and_listing_users_does(cloud: CloudUnderTest) -> None:
    cognito = cloud.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="pool")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="app")["UserPoolClient"]["ClientId"]
    stranger = cloud.client("cognito-idp", config=Config(signature_version=UNSIGNED))
    stranger.sign_up(ClientId=client, Username="ann", Password="Passw0rd!ab")
    assert [user["Username"] for user in cognito.list_users(UserPoolId=pool)["Users"]] == ["ann"]
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        stranger.list_users(UserPoolId=pool)


def test_a_bucket_may_be_named_like_a_path_of_ours(cloud: CloudUnderTest) -> None:
    s3 = cloud.client("s3")
    for name in ("2015-03-31", "moto-apiary"):
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="functions", Body=b"hello")
        assert s3.get_object(Bucket=name, Key="functions")["Body"].read() == b"hello"
        with pytest.raises(ClientError, match="NoSuchKey"):
            s3.get_object(Bucket=name, Key="none")


def test_no_request_leaves_the_machine(cloud: CloudUnderTest) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="topic")["TopicArn"]
    letters = Queue(cloud, "not-delivered")
    for address in ("http://192.0.2.1/hook", "http://example.com/hook"):
        redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": letters.arn})}
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=address, Attributes=redrive)
    began = time.monotonic()
    sns.publish(TopicArn=topic, Message="hello")
    cloud.advance(120)
    assert len(letters.take()) == 2
    assert time.monotonic() - began < 5, "something waited for an answer from 192.0.2.1"


def test_writers_at_the_same_time_lose_nothing(cloud: CloudUnderTest) -> None:
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip

    def add(_: int) -> bool:
        update = {"TableName": "table", "Key": {"id": {"S": "1"}}, "ExpressionAttributeValues": {":one": {"N": "1"}}}
        dynamodb.update_item(UpdateExpression="ADD visits :one", **update)
        try:
            item = {"id": {"S": "winner"}}
            dynamodb.put_item(TableName="table", Item=item, ConditionExpression="attribute_not_exists(id)")
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = sum(threads.map(add, range(120)))
    assert won == 1
    assert dynamodb.get_item(TableName="table", Key={"id": {"S": "1"}})["Item"]["visits"] == {"N": "120"}


@pytest.mark.parametrize(
    ("operation", "parameters", "sentence"),
    [
        ("query", {"KeyConditionExpression": "id = :a", "FilterExpression": "n = :z"},
         "Invalid FilterExpression: An expression attribute value used in expression is not defined; attribute value: :z"),
        ("scan", {"FilterExpression": "#q = :a"},
         "Invalid FilterExpression: An expression attribute name used in the document path is not defined; attribute name: #q"),
        ("delete_item", {"Key": {"id": {"S": "1"}}, "ConditionExpression": "n = :z"},
         "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :z"),
    ],
)  # fmt: skip
def test_a_placeholder_that_nothing_defines_is_named(cloud: CloudUnderTest, operation: str, parameters: dict[str, Any], sentence: str) -> None:
    dynamodb = cloud.client("dynamodb")
    dynamodb.create_table(
        TableName="table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    dynamodb.put_item(TableName="table", Item={"id": {"S": "1"}, "n": {"N": "1"}})
    with pytest.raises(ClientError) as refused:
        getattr(dynamodb, operation)(TableName="table", ExpressionAttributeValues={":a": {"S": "1"}}, **parameters)
    assert refused.value.response["Error"] == {"Code": "ValidationException", "Message": sentence}
