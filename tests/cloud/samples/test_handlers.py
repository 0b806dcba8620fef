"""Handlers as people write them with powertools: routers behind each kind of HTTP address, batches of which a part fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.samples.powertools import with_powertools
from tests.cloud.sources.http import Answered, ask, open_url
from tests.cloud.sources.rest import RestApi
from tests.cloud.sources.support import Queue, received
from tests.cloud.sources.test_http_apis import HttpApi
from tests.support import CloudUnderTest

ROUTER = """
from aws_lambda_powertools.event_handler import {resolver}, Response
app = {resolver}()

@app.post("/pets/<name>")
def pet(name):
    event = app.current_event
    body = {{"name": name, "size": event.get_query_string_value("size"), "sent": event.json_body, "agent": event.headers["user-agent"],
            "domain": event.request_context.domain_name}}
    return Response(status_code=201, content_type="application/json", body=app._serializer(body), cookies=[])

def lambda_handler(event, context):
    return app.resolve(event, context)
"""
BATCH = """
import json
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
processor = BatchProcessor(event_type=EventType.SQS)

def one(record):
    print("EVENT " + json.dumps([record.body, record.attributes.approximate_receive_count]))
    if record.json_body["n"] % 2:
        raise ValueError("odd")

def lambda_handler(event, context):
    return process_partial_response(event=event, record_handler=one, processor=processor, context=context)
"""


def _url(cloud: CloudUnderTest, code: str) -> str:
    return open_url(cloud, with_powertools(cloud, code)).rstrip("/")


def _http(cloud: CloudUnderTest, code: str) -> str:
    api = HttpApi(cloud)
    api.route("ANY /{proxy+}", api.integration(with_powertools(cloud, code)))
    return api.url


def _rest(cloud: CloudUnderTest, code: str) -> str:
    api = RestApi(cloud)
    name = with_powertools(cloud, code)
    api.allow(name)
    api.put("/{proxy+}", "ANY", name)
    api.deploy()
    return f"{api.address}/prod"


@pytest.mark.parametrize(
    ("resolver", "publish"),
    [("LambdaFunctionUrlResolver", _url), ("APIGatewayHttpResolver", _http), ("APIGatewayRestResolver", _rest)],
)
def test_a_router(cloud: CloudUnderTest, resolver: str, publish: Any) -> None:
    address = publish(cloud, ROUTER.format(resolver=resolver))
    headers = [("Content-Type", "application/json"), ("User-Agent", "me/1")]
    answer: Answered = ask(f"{address}/pets/tom?size=2", "POST", b'{"a": 1}', headers)
    assert (answer.status, answer.headers["Content-Type"]) == (201, "application/json"), answer.body
    told = answer.json
    assert ".us-east-1." in told.pop("domain")
    assert told == {"name": "tom", "size": "2", "sent": {"a": 1}, "agent": "me/1"}
    assert ask(f"{address}/none", headers=headers).status == 404


def test_of_a_batch_only_what_failed_comes_again(cloud: CloudUnderTest) -> None:
    queue, dead = Queue(cloud, "jobs", VisibilityTimeout="60"), Queue(cloud, "dead")
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    client = cloud.client("sqs")
    client.set_queue_attributes(QueueUrl=queue.url, Attributes={"RedrivePolicy": policy})
    entries = [{"Id": str(n), "MessageBody": json.dumps({"n": n})} for n in range(4)]
    client.send_message_batch(QueueUrl=queue.url, Entries=entries)
    name = with_powertools(cloud, BATCH)
    cloud.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=queue.arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    cloud.advance(300)
    runs = sorted((json.loads(body)["n"], int(count)) for body, count in received(cloud, name))
    assert runs == [(0, 1), (1, 1), (1, 2), (2, 1), (3, 1), (3, 2)]
    assert sorted(body["n"] for body in dead.bodies()) == [1, 3]
