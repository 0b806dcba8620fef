"""An event that goes through everything: `advance(0)` answers when it has come to its end, and not before."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.conftest import Cloud

ACCOUNT = "123456789012"
COUNT = 6

# The same code at every turn: what it gets decides what it does, and the id goes on.
RELAY = """
import base64, gzip, json, re
import boto3

def lambda_handler(event, context):
    text = json.dumps(event)
    if "awslogs" in event:
        text = gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode()
    records = event.get("Records") if isinstance(event, dict) else None
    source = records[0]["eventSource"] if records and "eventSource" in records[0] else ""
    if source == "aws:kinesis":
        text = " ".join(base64.b64decode(record["kinesis"]["data"]).decode() for record in records)
    for id in sorted(set(re.findall("chain-[0-9]+", text))):
        if source == "aws:sqs":
            entry = {"Source": "chain", "DetailType": "d", "Detail": json.dumps({"id": id})}
            boto3.client("events").put_events(Entries=[entry])
        elif source == "aws:dynamodb":
            boto3.client("kinesis").put_record(StreamName="chain", PartitionKey=id, Data=id.encode())
        elif source == "aws:kinesis":
            print("relayed", id)
        elif "awslogs" in event:
            boto3.client("sqs").send_message(QueueUrl=boto3.client("sqs").get_queue_url(QueueName="end")["QueueUrl"], MessageBody=id)
        else:
            boto3.client("dynamodb").put_item(TableName="chain", Item={"id": {"S": id}})
"""


def chain(cloud: Cloud) -> None:
    """S3 → SNS → SQS → function → EventBridge → Step Functions → function → table → function → Kinesis → function → logs → function → SQS."""
    region = cloud.region
    function = f"arn:aws:lambda:{region}:{ACCOUNT}:function:relay"
    last = f"{function.rpartition(':')[0]}:last"
    for name in ("relay", "last"):
        cloud.function(RELAY, name, Timeout=30)
    lambda_, sqs, sns, iam = (cloud.client(name) for name in ("lambda", "sqs", "sns", "iam"))
    lambda_.add_permission(FunctionName="last", StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com")
    cloud.client("logs").create_log_group(logGroupName="/aws/lambda/relay")
    cloud.client("logs").put_subscription_filter(
        logGroupName="/aws/lambda/relay", filterName="f", filterPattern="relayed", destinationArn=last
    )
    sqs.create_queue(QueueName="end")
    queue = f"arn:aws:sqs:{region}:{ACCOUNT}:chain"
    topic = sns.create_topic(Name="chain")["TopicArn"]
    url = sqs.create_queue(QueueName="chain", Attributes={"VisibilityTimeout": "60", "Policy": anybody("sqs:SendMessage", queue)})["QueueUrl"]
    assert url
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=anybody("sns:Publish", topic))
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    cloud.client("s3").create_bucket(Bucket="chain")
    cloud.client("s3").put_bucket_notification_configuration(
        Bucket="chain", NotificationConfiguration={"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    )
    trust = statement(Principal={"Service": ["states.amazonaws.com", "events.amazonaws.com"]}, Action="sts:AssumeRole")
    role = iam.create_role(RoleName="chain", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="chain", PolicyName="p", PolicyDocument=statement(Action=["lambda:InvokeFunction", "states:StartExecution"], Resource="*")
    )
    machine = cloud.client("stepfunctions").create_state_machine(
        name="chain", roleArn=role,
        definition=json.dumps({"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": function, "End": True}}}),
    )["stateMachineArn"]  # fmt: skip
    events = cloud.client("events")
    events.put_rule(Name="chain", EventPattern=json.dumps({"source": ["chain"]}))
    events.put_targets(Rule="chain", Targets=[{"Id": "machine", "Arn": machine, "RoleArn": role}])
    stream = cloud.client("dynamodb").create_table(
        TableName="chain", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]["LatestStreamArn"]  # fmt: skip
    cloud.client("kinesis").create_stream(StreamName="chain", ShardCount=2)
    for source in (stream, f"arn:aws:kinesis:{region}:{ACCOUNT}:stream/chain"):
        lambda_.create_event_source_mapping(EventSourceArn=source, FunctionName="relay", StartingPosition="TRIM_HORIZON")
    lambda_.create_event_source_mapping(EventSourceArn=queue, FunctionName="relay")
    cloud.advance(1)


def statement(**said: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **said}]})


def anybody(action: str, arn: str) -> str:
    return statement(Principal="*", Action=action, Resource=arn)


def test_an_event_that_goes_through_everything_is_there_when_the_clock_is_at_rest(cloud: Cloud) -> None:
    chain(cloud)
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    end = sqs.get_queue_url(QueueName="end")["QueueUrl"]
    for number in range(COUNT):
        ids = [f"chain-{number}{one}" for one in range(1 + number % 4)]
        for id in ids:
            s3.put_object(Bucket="chain", Key=id)
        cloud.advance(0)
        got = [message for _ in range(3) for message in sqs.receive_message(QueueUrl=end, MaxNumberOfMessages=10).get("Messages", [])]
        assert sorted(message["Body"] for message in got) == ids
        for message in got:
            sqs.delete_message(QueueUrl=end, ReceiptHandle=message["ReceiptHandle"])
