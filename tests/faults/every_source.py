"""One function behind every event source that this cloud has, and how each is made to call it. Public APIs alone."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from tests.faults.conftest import Cloud

ACCOUNT = "123456789012"

# Notes each id that an event holds: an attempt at once, and "done" when it does not fail. What fails at its first attempt says its id.
SINK = """
import base64, gzip, json, os, re
import boto3
table = boto3.client("dynamodb")

def text_of(event):
    if "awslogs" in event:
        return gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode()
    if event.get("detail-type") == "Scheduled Event":
        return "soak-rule-0-" + event["time"]
    texts = [json.dumps(event)]
    for record in event.get("Records", []):
        if "kinesis" in record:
            texts.append(base64.b64decode(record["kinesis"]["data"]).decode())
    return " ".join(texts)

def count(id, what):
    updated = table.update_item(
        TableName="soak", Key={"id": {"S": id}}, UpdateExpression="ADD #w :one", ExpressionAttributeNames={"#w": what},
        ExpressionAttributeValues={":one": {"N": "1"}}, ReturnValues="ALL_NEW")
    return int(updated["Attributes"][what]["N"])

def lambda_handler(event, context):
    ids = sorted(set(re.findall(r"soak-[a-z0-9]+-[0-9]+(?:-[0-9T:Z.-]+)?", text_of(event))))
    assert ids, event
    attempts = {id: count(id, "attempts") for id in ids}
    bad = [id for id in ids if int(id.split("-")[2]) % 7 == 3 and attempts[id] == 1]
    if bad:
        raise RuntimeError(f"the first attempt with {bad}")
    for id in ids:
        count(id, "done")
    return {"statusCode": 200, "body": json.dumps(ids)}
"""

SPEAKER = "def lambda_handler(event, context):\n    print('says', event)\n"


class EverySource:
    """`produce(n)` has every source send one event; `expected(n)` are the ids that it makes."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.role = cloud.role()
        self._admin = self._role_for("scheduler.amazonaws.com", "states.amazonaws.com")
        cloud.client("dynamodb").create_table(
            TableName="soak", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )  # fmt: skip
        cloud.function(SINK, "sink", Timeout=20)
        cloud.function(SPEAKER, "speaker")
        self.sink = f"arn:aws:lambda:{cloud.region}:{ACCOUNT}:function:sink"
        for service in ("s3", "sns", "events", "logs", "apigateway"):
            cloud.client("lambda").add_permission(
                FunctionName="sink", StatementId=service, Action="lambda:InvokeFunction", Principal=f"{service}.amazonaws.com"
            )
        self._send: dict[str, Callable[[str], object]] = {}
        for prepare in (
            self._s3, self._sns, self._queues, self._table, self._kinesis, self._bus, self._logs, self._rest, self._http, self._url,
            self._steps,
        ):  # fmt: skip
            prepare()
        self.started = self._schedules()

    def produce(self, number: int) -> list[str]:
        """One event of each source, and their ids."""
        ids = []
        for source, send in self._send.items():
            ids.append(f"soak-{source}-{number}")
            send(ids[-1])
        return ids

    def counts(self) -> dict[str, tuple[int, int]]:
        """(attempts, done) by id."""
        pages = self.cloud.client("dynamodb").get_paginator("scan").paginate(TableName="soak", ConsistentRead=True)
        items = [item for page in pages for item in page["Items"]]
        return {item["id"]["S"]: (int(item["attempts"]["N"]), int(item.get("done", {"N": "0"})["N"])) for item in items}

    def _role_for(self, *services: str) -> str:
        iam = self.cloud.client("iam")
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}]}  # fmt: skip
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}]}
        role = iam.create_role(RoleName="soak-caller", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="soak-caller", PolicyName="invoke", PolicyDocument=json.dumps(allowed))
        return str(role)

    # --- the sources ----------------------------------------------------------------

    def _s3(self) -> None:
        s3 = self.cloud.client("s3")
        s3.create_bucket(Bucket="soak")
        s3.put_bucket_notification_configuration(Bucket="soak", NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": self.sink, "Events": ["s3:ObjectCreated:*"]}]})  # fmt: skip
        self._send["s3"] = lambda id: s3.put_object(Bucket="soak", Key=id, Body=b"content")

    def _sns(self) -> None:
        sns = self.cloud.client("sns")
        topic = sns.create_topic(Name="soak")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=self.sink)
        self._send["sns"] = lambda id: sns.publish(TopicArn=topic, Message=id)

    def _queues(self) -> None:
        sqs = self.cloud.client("sqs")
        for source, name, more in (("sqs", "soak", {}), ("fifo", "soak.fifo", {"FifoQueue": "true"})):
            url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30", **more})["QueueUrl"]
            self._map(f"arn:aws:sqs:{self.cloud.region}:{ACCOUNT}:{name}")
            self._send[source] = lambda id, url=url, more=more: sqs.send_message(  # type: ignore[misc]
                QueueUrl=url, MessageBody=id, **({"MessageGroupId": "one", "MessageDeduplicationId": id} if more else {})
            )

    def _table(self) -> None:
        dynamodb = self.cloud.client("dynamodb")
        stream = dynamodb.create_table(
            TableName="items", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]  # fmt: skip
        self._map(stream, StartingPosition="TRIM_HORIZON")
        self._send["table"] = lambda id: dynamodb.put_item(TableName="items", Item={"id": {"S": id}})

    def _kinesis(self) -> None:
        kinesis = self.cloud.client("kinesis")
        kinesis.create_stream(StreamName="soak", ShardCount=2)
        self._map(f"arn:aws:kinesis:{self.cloud.region}:{ACCOUNT}:stream/soak", StartingPosition="TRIM_HORIZON")
        self._send["kinesis"] = lambda id: kinesis.put_record(StreamName="soak", PartitionKey=id, Data=id.encode())

    def _bus(self) -> None:
        events = self.cloud.client("events")
        events.put_rule(Name="pattern", EventPattern=json.dumps({"source": ["soak"]}))
        events.put_targets(Rule="pattern", Targets=[{"Id": "sink", "Arn": self.sink}])
        self._send["bus"] = lambda id: events.put_events(
            Entries=[{"Source": "soak", "DetailType": "soak", "Detail": json.dumps({"id": id})}]
        )

    def _logs(self) -> None:
        self.cloud.client("logs").create_log_group(logGroupName="/aws/lambda/speaker")
        self.cloud.client("logs").put_subscription_filter(
            logGroupName="/aws/lambda/speaker", filterName="says", filterPattern="says", destinationArn=self.sink
        )
        lambda_ = self.cloud.client("lambda")
        self._send["logs"] = lambda id: lambda_.invoke(FunctionName="speaker", Payload=json.dumps(id))["Payload"].read()

    def _rest(self) -> None:
        api = self.cloud.client("apigateway")
        made = api.create_rest_api(name="soak")["id"]
        [root] = api.get_resources(restApiId=made)["items"]
        proxy = api.create_resource(restApiId=made, parentId=root["id"], pathPart="{proxy+}")["id"]
        api.put_method(restApiId=made, resourceId=proxy, httpMethod="ANY", authorizationType="NONE")
        uri = f"arn:aws:apigateway:{self.cloud.region}:lambda:path/2015-03-31/functions/{self.sink}/invocations"
        api.put_integration(
            restApiId=made, resourceId=proxy, httpMethod="ANY", type="AWS_PROXY", integrationHttpMethod="POST", uri=uri
        )
        api.create_deployment(restApiId=made, stageName="live")
        self._send["rest"] = lambda id: get(f"{self.cloud.url}/_aws/execute-api/{made}/live/{id}")

    def _http(self) -> None:
        made = self.cloud.client("apigatewayv2").create_api(Name="soak", ProtocolType="HTTP", Target=self.sink)
        self._send["http"] = lambda id: get(f"{made['ApiEndpoint'].rstrip('/')}/{id}")

    def _url(self) -> None:
        lambda_ = self.cloud.client("lambda")
        url = lambda_.create_function_url_config(FunctionName="sink", AuthType="NONE")["FunctionUrl"]
        lambda_.add_permission(
            FunctionName="sink", StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
        )
        lambda_.add_permission(
            FunctionName="sink", StatementId="via-url", Action="lambda:InvokeFunction", Principal="*", InvokedViaFunctionUrl=True
        )
        self._send["url"] = lambda id: get(url + id)

    def _steps(self) -> None:
        states = self.cloud.client("stepfunctions")
        retry = [{"ErrorEquals": ["RuntimeError"], "IntervalSeconds": 30, "MaxAttempts": 2}]
        machine = states.create_state_machine(
            name="soak", roleArn=self._admin,
            definition=json.dumps({"StartAt": "Wait", "States": {
                "Wait": {"Type": "Wait", "Seconds": 45, "Next": "Call"},
                "Call": {"Type": "Task", "Resource": self.sink, "Retry": retry, "End": True}}}),
        )["stateMachineArn"]  # fmt: skip
        self._send["steps"] = lambda id: states.start_execution(stateMachineArn=machine, input=json.dumps({"id": id}))

    def _schedules(self) -> str:
        """A rule every five minutes, a schedule every ten."""
        self.cloud.client("events").put_rule(Name="often", ScheduleExpression="rate(5 minutes)")
        self.cloud.client("events").put_targets(Rule="often", Targets=[{"Id": "sink", "Arn": self.sink}])
        made = self.cloud.client("scheduler").create_schedule(
            Name="soak", ScheduleExpression="rate(10 minutes)", FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": self.sink, "RoleArn": self._admin, "Input": '{"id": "soak-schedule-0-<aws.scheduler.scheduled-time>"}'},
        )  # fmt: skip
        return str(made["ScheduleArn"])

    def _map(self, source: str, **more: Any) -> None:
        lambda_ = self.cloud.client("lambda")
        made = lambda_.create_event_source_mapping(EventSourceArn=source, FunctionName="sink", BatchSize=10, **more)
        states = iter(lambda: lambda_.get_event_source_mapping(UUID=made["UUID"])["State"], "Enabled")
        for _ in states:
            self.cloud.advance(1)


def get(url: str) -> None:
    """Ask until it is answered with 200: a failure is the client's to try again, once."""
    try:
        urllib.request.urlopen(url, timeout=30).close()
    except urllib.error.HTTPError as error:
        assert error.code in (500, 502), (url, error.code, error.read())
        urllib.request.urlopen(url, timeout=30).close()
