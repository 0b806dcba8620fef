"""The course's own sample events beside those that the local cloud delivers, key by key; and its retry rules beside what runs."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from lablib.models import events
from tests.cloud.samples import sources
from tests.cloud.samples.aws import differences, sample
from tests.cloud.sources.http import HttpApi, ask, public_url
from tests.cloud.sources.rest import RestApi
from tests.cloud.sources.support import arn, permit
from tests.support import CloudUnderTest

_FREE = "its keys are the caller's own"
_HTTP = {key: _FREE for key in ("headers", "queryStringParameters", "pathParameters", "stageVariables")}
_REST = {**_HTTP, "multiValueHeaders": _FREE, "multiValueQueryStringParameters": _FREE}


@dataclass(frozen=True)
class Case:
    """How the local cloud makes such an event, and what of it is the caller's own."""

    produce: sources.Produce
    excused: Mapping[str, str] = field(default_factory=dict)


CASES = {
    "s3": Case(sources.s3_put),
    "sns": Case(sources.sns, {"Records[].Sns.MessageAttributes": _FREE}),
    "eventbridge": Case(sources.rule_pattern, {"detail": _FREE}),
    "schedule": Case(sources.scheduler),
    "logs": Case(sources.logs),
    "sqs": Case(sources.sqs),
    "dynamodb": Case(sources.dynamodb, {"Records[].dynamodb.Keys": _FREE, "Records[].dynamodb.NewImage": _FREE}),
    "kinesis": Case(sources.kinesis),
    "http-api": Case(sources.http_api, _HTTP),
    "rest-api": Case(sources.rest_api, _REST),
    "function-url": Case(sources.function_url, _HTTP),
}
CALLERS_OWN = {"step-functions", "program", "program-later"}
"""What the caller sends is the event, whole."""


@pytest.mark.parametrize("key", CASES)
def test_a_sample_has_the_form_of_what_arrives(cloud: CloudUnderTest, key: str) -> None:
    case = CASES[key]
    ours, delivered = events.sample_event(key), case.produce(cloud)
    found = sorted({*differences(ours, delivered, case.excused), *differences(delivered, ours, case.excused)})
    assert not found, "\n".join([*found, json.dumps(delivered, indent=1)])


def test_the_log_lines_in_a_sample_have_the_form_of_what_arrives(cloud: CloudUnderTest) -> None:
    ours, delivered = (
        json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
        for event in (events.sample_event("logs"), sources.logs(cloud))
    )
    assert not list(differences(ours, delivered, {}))


def test_lex_has_the_form_of_awss_own_sample() -> None:
    free = {key: _FREE for key in ("interpretations[].intent.slots", "sessionState.intent.slots", "transcriptions[].resolvedSlots")}
    assert not list(differences(events.sample_event("lex"), sample("lex-v2/BankingBot"), free))


def test_every_source_is_compared() -> None:
    assert {one.key for one in events.SOURCES} == CASES.keys() | CALLERS_OWN | {"lex"}


def test_what_s3_makes_of_a_key_is_what_arrives(cloud: CloudUnderTest) -> None:
    for key in ("2026/Café menu.txt", "1+1=2 (100%) & 日本.txt", "~a-b_c.d*e'f!"):
        assert _uploaded(cloud, key) == events.s3_key(key)


def _uploaded(cloud: CloudUnderTest, key: str) -> str:
    s3, name = cloud.client("s3"), sources.teller(cloud, "s3.amazonaws.com")
    bucket = f"keys-{name}".lower().replace("_", "-")
    s3.create_bucket(Bucket=bucket)
    wanted = {"LambdaFunctionArn": arn(cloud, name), "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [wanted]})
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    return str(sources.the_one(cloud, name)["Records"][0]["s3"]["object"]["key"])


FAILS = "def lambda_handler(event, context):\n    raise ValueError('no')\n"
WITHIN_S = 300


def _runs(cloud: CloudUnderTest, name: str) -> list[float]:
    """When the function ran, in seconds after its first run."""
    found = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern='"START RequestId"')["events"]
    at = sorted(event["timestamp"] / 1000 for event in found)
    return [moment - at[0] for moment in at]


def _by_topic(cloud: CloudUnderTest, name: str) -> None:
    topic = cloud.client("sns").create_topic(Name="news")["TopicArn"]
    permit(cloud, name, "sns.amazonaws.com")
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn(cloud, name))
    cloud.client("sns").publish(TopicArn=topic, Message="hello")


def _by_queue(cloud: CloudUnderTest, name: str) -> None:
    url = cloud.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    queue = f"arn:aws:sqs:{cloud.region}:{sources.ACCOUNT}:jobs"
    cloud.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=queue)
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="work")


def _by_stream(cloud: CloudUnderTest, name: str) -> None:
    made = cloud.client("dynamodb").create_table(
        TableName="things", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )  # fmt: skip
    stream = made["TableDescription"]["LatestStreamArn"]
    cloud.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON")
    cloud.client("dynamodb").put_item(TableName="things", Item={"id": {"S": "one"}})


def _by_program(cloud: CloudUnderTest, name: str) -> None:
    assert cloud.client("lambda").invoke(FunctionName=name)["StatusCode"] == 200


def _by_program_later(cloud: CloudUnderTest, name: str) -> None:
    assert cloud.client("lambda").invoke(FunctionName=name, InvocationType="Event")["StatusCode"] == 202


WAYS: dict[str, Callable[[CloudUnderTest, str], None]] = {
    "sns": _by_topic, "sqs": _by_queue, "dynamodb": _by_stream, "program": _by_program, "program-later": _by_program_later,
}  # fmt: skip


@pytest.mark.parametrize("key", WAYS)
def test_a_failing_function_runs_when_the_model_says(cloud: CloudUnderTest, key: str) -> None:
    name = cloud.function(FAILS)
    WAYS[key](cloud, name)
    cloud.advance(WITHIN_S + 20)  # a poller may start some seconds late
    said = [run.at_s for run in events.deliver(events.source(key), None, WITHIN_S).runs]
    ran = [at for at in _runs(cloud, name) if at <= WITHIN_S + 5]
    assert ran == pytest.approx(said, abs=5), "within the cloud's own seconds"


@pytest.mark.parametrize(("key", "status"), [("http-api", 500), ("rest-api", 502), ("function-url", 502)])
def test_a_client_hears_the_status_that_the_model_says(cloud: CloudUnderTest, key: str, status: int) -> None:
    assert f"HTTP status {status}" in events.source(key).hears
    if key == "http-api":
        api = HttpApi(cloud)
        api.route("GET /", api.integration(cloud.function(FAILS)))
        assert api.ask("/").status == status
    elif key == "rest-api":
        rest = RestApi(cloud)
        rest.put("/x", "GET", rest.function(FAILS))
        rest.deploy()
        assert rest.ask("/x").status == status
    else:
        assert ask(public_url(cloud, FAILS)).status == status


def test_who_is_not_allowed_cannot_set_it_up(cloud: CloudUnderTest) -> None:
    """S3 asks the function's policy, as `Source.allowed_by` says."""
    name = cloud.function(FAILS)
    cloud.client("s3").create_bucket(Bucket="pictures")
    wanted = {"LambdaFunctionArn": arn(cloud, name), "Events": ["s3:ObjectCreated:*"]}
    with pytest.raises(ClientError, match="Unable to validate"):
        cloud.client("s3").put_bucket_notification_configuration(
            Bucket="pictures", NotificationConfiguration={"LambdaFunctionConfigurations": [wanted]}
        )
