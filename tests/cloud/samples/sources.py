"""One event of each event source, as a function gets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.cloud.sources.http import ECHO, ask, public_url
from tests.cloud.sources.rest import ECHO as REST_ECHO
from tests.cloud.sources.rest import RestApi
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, arn, permit, received
from tests.cloud.sources.test_http_apis import HttpApi
from tests.cloud.sources.test_scheduler import now, role, schedule
from tests.support import CloudUnderTest

Produce = Callable[[CloudUnderTest], Any]


def the_one(cloud: CloudUnderTest, name: str, seconds: float = 1) -> Any:
    """The one event that a function got."""
    cloud.advance(seconds)
    [event] = received(cloud, name)
    return event


def teller(cloud: CloudUnderTest, principal: str) -> str:
    name = cloud.function(TELLS)
    permit(cloud, name, principal)
    return name


def _bucket(cloud: CloudUnderTest, events: str) -> tuple[Any, str]:
    s3, name = cloud.client("s3"), teller(cloud, "s3.amazonaws.com")
    s3.create_bucket(Bucket="pictures")
    wanted = {"LambdaFunctionArn": arn(cloud, name), "Events": [events]}
    s3.put_bucket_notification_configuration(
        Bucket="pictures", NotificationConfiguration={"LambdaFunctionConfigurations": [wanted]}
    )
    return s3, name


def s3_put(cloud: CloudUnderTest) -> Any:
    s3, name = _bucket(cloud, "s3:ObjectCreated:*")
    s3.put_object(Bucket="pictures", Key="cat.jpg", Body=b"miau")
    return the_one(cloud, name)


def s3_delete(cloud: CloudUnderTest) -> Any:
    s3, name = _bucket(cloud, "s3:ObjectRemoved:*")
    s3.put_object(Bucket="pictures", Key="cat.jpg", Body=b"miau")
    s3.delete_object(Bucket="pictures", Key="cat.jpg")
    return the_one(cloud, name)


def sns(cloud: CloudUnderTest) -> Any:
    client, name = cloud.client("sns"), teller(cloud, "sns.amazonaws.com")
    topic = client.create_topic(Name="news")["TopicArn"]
    client.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn(cloud, name))
    attributes = {
        "Test": {"DataType": "String", "StringValue": "TestString"}, "TestBinary": {"DataType": "Binary", "BinaryValue": b"TestBinary"},
    }  # fmt: skip
    client.publish(TopicArn=topic, Subject="hello", Message="world", MessageAttributes=attributes)
    return the_one(cloud, name)


def _mapped(cloud: CloudUnderTest, source: str, **more: Any) -> str:
    name = cloud.function(TELLS)
    client = cloud.client("lambda")
    mapping = client.create_event_source_mapping(FunctionName=name, EventSourceArn=source, **more)["UUID"]
    cloud.advance(60)
    assert client.get_event_source_mapping(UUID=mapping)["State"] == "Enabled"
    return name


def sqs(cloud: CloudUnderTest) -> Any:
    client = cloud.client("sqs")
    url = client.create_queue(QueueName="jobs")["QueueUrl"]
    name = _mapped(cloud, f"arn:aws:sqs:{cloud.region}:{ACCOUNT}:jobs")
    client.send_message(QueueUrl=url, MessageBody="work")
    return the_one(cloud, name)


def kinesis(cloud: CloudUnderTest) -> Any:
    client = cloud.client("kinesis")
    client.create_stream(StreamName="clicks", ShardCount=1)
    name = _mapped(cloud, f"arn:aws:kinesis:{cloud.region}:{ACCOUNT}:stream/clicks", StartingPosition="TRIM_HORIZON")
    client.put_record(StreamName="clicks", PartitionKey="p", Data=b"click")
    return the_one(cloud, name)


def dynamodb(cloud: CloudUnderTest) -> Any:
    client = cloud.client("dynamodb")
    made = client.create_table(
        TableName="things", KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}], BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )  # fmt: skip
    name = _mapped(cloud, made["TableDescription"]["LatestStreamArn"], StartingPosition="TRIM_HORIZON")
    client.put_item(TableName="things", Item={"Id": {"N": "101"}, "Message": {"S": "New item!"}})
    return the_one(cloud, name)


def rule_schedule(cloud: CloudUnderTest) -> Any:
    events, name = cloud.client("events"), teller(cloud, "events.amazonaws.com")
    events.put_rule(Name="nightly", ScheduleExpression="cron(0 3 * * ? *)")
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": arn(cloud, name)}])
    return the_one(cloud, name, 86_400)


def rule_pattern(cloud: CloudUnderTest) -> Any:
    events, name = cloud.client("events"), teller(cloud, "events.amazonaws.com")
    events.put_rule(Name="mine", EventPattern=json.dumps({"source": ["mine"]}))
    events.put_targets(Rule="mine", Targets=[{"Id": "1", "Arn": arn(cloud, name)}])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "ordered", "Detail": '{"n": 1}', "Resources": ["r"]}])
    return the_one(cloud, name)


def scheduler(cloud: CloudUnderTest) -> Any:
    name = cloud.function(TELLS)
    at = now(cloud) + timedelta(minutes=5)
    schedule(cloud, f"at({at:%Y-%m-%dT%H:%M:%S})", {"Arn": arn(cloud, name), "RoleArn": role(cloud)})
    return the_one(cloud, name, 400)


def logs(cloud: CloudUnderTest) -> Any:
    client, name = cloud.client("logs"), teller(cloud, "logs.amazonaws.com")
    client.create_log_group(logGroupName="app")
    client.create_log_stream(logGroupName="app", logStreamName="one")
    client.put_subscription_filter(logGroupName="app", filterName="all", filterPattern="", destinationArn=arn(cloud, name))
    line = {"timestamp": int(now(cloud).timestamp() * 1000), "message": "hello"}
    client.put_log_events(logGroupName="app", logStreamName="one", logEvents=[line])
    return the_one(cloud, name)


def function_url(cloud: CloudUnderTest) -> Any:
    url = public_url(cloud, ECHO)
    headers = [("Header1", "value1"), ("Cookie", "cookie1=1; cookie2=2"), ("User-Agent", "agent")]
    return ask(f"{url}path?parameter1=value1&parameter1=value2", "POST", b"body", headers).json


def http_api(cloud: CloudUnderTest) -> Any:
    api = HttpApi(cloud, stage=None)
    variables = {"stageVariable1": "value1", "stageVariable2": "value2"}
    api.client.create_stage(ApiId=api.id, StageName="$default", AutoDeploy=True, StageVariables=variables)
    api.route("POST /{parameter1}", api.integration(cloud.function(ECHO)))
    headers = [("Header1", "value1"), ("Cookie", "cookie1=1; cookie2=2"), ("User-Agent", "agent")]
    return api.ask("/value1?parameter1=value1&parameter1=value2", "POST", b"body", headers).json


def http_api_1(cloud: CloudUnderTest) -> Any:
    """Payload format 1.0."""
    api = HttpApi(cloud)
    echo = cloud.function(REST_ECHO)
    api.route("POST /{proxy+}", api.integration(echo, "1.0"))
    return api.ask("/a/b?foo=bar", "POST", b"body", [("User-Agent", "agent")]).json


def rest_api(cloud: CloudUnderTest) -> Any:
    api = RestApi(cloud)
    api.put("/{proxy+}", "ANY", api.function(REST_ECHO))
    api.deploy(variables={"baz": "qux"})
    return api.ask("/path/to/resource?foo=bar", "POST", body=b"body", headers=[("User-Agent", "agent")]).json


def s3_eventbridge(cloud: CloudUnderTest) -> Any:
    s3, events, name = cloud.client("s3"), cloud.client("events"), teller(cloud, "events.amazonaws.com")
    s3.create_bucket(Bucket="pictures")
    s3.put_bucket_notification_configuration(Bucket="pictures", NotificationConfiguration={"EventBridgeConfiguration": {}})
    events.put_rule(Name="uploads", EventPattern=json.dumps({"source": ["aws.s3"], "detail-type": ["Object Created"]}))
    events.put_targets(Rule="uploads", Targets=[{"Id": "1", "Arn": arn(cloud, name)}])
    s3.put_object(Bucket="pictures", Key="cat.jpg", Body=b"miau")
    return the_one(cloud, name)


def sns_in_sqs(cloud: CloudUnderTest) -> Any:
    """A notification of SNS in a message of SQS."""
    queue, client = Queue(cloud, "jobs"), cloud.client("sns")
    topic = client.create_topic(Name="news")["TopicArn"]
    client.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    name = _mapped(cloud, queue.arn)
    client.publish(TopicArn=topic, Subject="hello", Message="world")
    return the_one(cloud, name)


def s3_in_sqs(cloud: CloudUnderTest) -> Any:
    """S3's notification in a message of SQS."""
    queue, s3 = Queue(cloud, "jobs"), cloud.client("s3")
    s3.create_bucket(Bucket="pictures")
    wanted = {"QueueConfigurations": [{"QueueArn": queue.arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket="pictures", NotificationConfiguration=wanted)
    queue.take()  # S3's test event
    name = _mapped(cloud, queue.arn)
    s3.put_object(Bucket="pictures", Key="cat.jpg", Body=b"miau")
    return the_one(cloud, name)


def _guard(cloud: CloudUnderTest, kind: str) -> Any:
    """The event of a REST API's authorizer."""
    api = RestApi(cloud)
    name = api.function(TELLS)
    made = api.client.create_authorizer(
        restApiId=api.id, name="guard", type=kind, authorizerUri=api.uri(name), identitySource="method.request.header.Authorization",
    )["id"]  # fmt: skip
    api.put("/request", "GET", api.function(REST_ECHO), authorizationType="CUSTOM", authorizerId=made)
    api.deploy(variables={"StageVar1": "stageValue1"})
    headers = [("Authorization", "incoming-client-token"), ("User-Agent", "agent")]
    assert api.ask("/request?QueryString1=queryValue1", headers=headers).status == 500  # it says nothing about whom it lets in
    return the_one(cloud, name)


def rest_token(cloud: CloudUnderTest) -> Any:
    return _guard(cloud, "TOKEN")


def rest_request(cloud: CloudUnderTest) -> Any:
    return _guard(cloud, "REQUEST")


def http_request(cloud: CloudUnderTest) -> Any:
    """The event of an HTTP API's authorizer, format 2.0."""
    api, name = HttpApi(cloud), cloud.function(TELLS)
    api.permit(name, "authorizers/*")
    uri = f"arn:aws:apigateway:{cloud.region}:lambda:path/2015-03-31/functions/{arn(cloud, name)}/invocations"
    made = api.client.create_authorizer(
        ApiId=api.id, Name="guard", AuthorizerType="REQUEST", AuthorizerUri=uri, AuthorizerPayloadFormatVersion="2.0",
        IdentitySource=["$request.header.Authorization"], EnableSimpleResponses=True,
    )["AuthorizerId"]  # fmt: skip
    api.route("GET /merchants", api.integration(cloud.function(ECHO)), AuthorizationType="CUSTOM", AuthorizerId=made)
    api.ask("/merchants?parameter1=value1", headers=[("Authorization", "token"), ("User-Agent", "agent"), ("Cookie", "a=1")])
    return the_one(cloud, name)
