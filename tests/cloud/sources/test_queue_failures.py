"""What becomes of a queue's messages when a batch fails: each returns to the queue, and at last to its dead-letter queue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lablib.local import launch
from tests.cloud.sources.queues import STRICT, batches, mapping, send, state
from tests.cloud.sources.support import TELLS, Queue, received
from tests.support import CloudUnderTest, make_zip

RAISES = "def lambda_handler(event, context):\n    print('EVENT', 1)\n    raise ValueError('no')\n"
SLEEPS = "import time\ndef lambda_handler(event, context):\n    print('EVENT', 1)\n    time.sleep(30)\n"
DIES = "import os\ndef lambda_handler(event, context):\n    print('EVENT', 1)\n    os._exit(3)\n"
HUNGRY = "def lambda_handler(event, context):\n    print('EVENT', 1)\n    return len(b'x' * 900_000_000)\n"
BROKEN = "import nothing_of_this_name\n"


def with_dead_letters(cloud: CloudUnderTest, most: int, **attributes: str) -> tuple[Queue, Queue]:
    dead = Queue(cloud, "dead")
    policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": most})
    return Queue(cloud, "jobs", RedrivePolicy=policy, VisibilityTimeout="30", **attributes), dead


@pytest.mark.parametrize(
    ("code", "settings", "ran"),
    [
        pytest.param(RAISES, {}, True, id="an exception"),
        pytest.param(SLEEPS, {"Timeout": 1}, True, id="a timeout"),
        pytest.param(DIES, {}, True, id="a killed environment"),
        pytest.param(HUNGRY, {"MemorySize": 128}, True, id="out of memory"),
        pytest.param(BROKEN, {}, False, id="a module that does not load"),
    ],
)
def test_a_batch_that_fails_returns_and_dies_in_the_end(cloud: CloudUnderTest, code: str, settings: Any, ran: bool) -> None:
    queue, dead = with_dead_letters(cloud, 2)
    name = cloud.function(code, **settings)
    mapping(cloud, queue, name)
    send(cloud, queue, "poison")
    cloud.advance(20)
    assert queue.take() == dead.take() == []  # hidden
    cloud.advance(15)
    assert len(received(cloud, name)) == (2 if ran else 0)
    assert dead.take() == []
    cloud.advance(31)
    [message] = dead.take()
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("poison", "3")
    cloud.advance(600)
    assert (len(received(cloud, name)), queue.take()) == (2 if ran else 0, [])


def test_a_message_counts_how_often_it_came(cloud: CloudUnderTest) -> None:
    queue, dead = with_dead_letters(cloud, 5)
    name = cloud.function(STRICT)
    mapping(cloud, queue, name)
    send(cloud, queue, '{"id": 1, "fails": 2}')
    cloud.advance(100)
    records = [event["Records"][0] for event in received(cloud, name)]
    assert [record["attributes"]["ApproximateReceiveCount"] for record in records] == ["1", "2", "3"]
    assert len({record["attributes"]["ApproximateFirstReceiveTimestamp"] for record in records}) == 1
    assert len({record["receiptHandle"] for record in records}) == 3
    assert queue.take() == dead.take() == []


def test_dead_letters_have_a_mapping_too(cloud: CloudUnderTest) -> None:
    queue, dead = with_dead_letters(cloud, 1)
    mapping(cloud, queue, cloud.function(RAISES))
    name = cloud.function(TELLS)
    mapping(cloud, dead, name)
    send(cloud, queue, "poison")
    cloud.advance(31)
    [event] = received(cloud, name)
    attributes = event["Records"][0]["attributes"]
    assert (attributes["DeadLetterQueueSourceArn"], attributes["ApproximateReceiveCount"]) == (queue.arn, "2")


# --- throttles --------------------------------------------------------------------------


def test_throttled_a_message_waits_and_is_not_lost(cloud: CloudUnderTest) -> None:
    """It is tried again while it is hidden, then it is the queue's again."""
    queue, name, client = Queue(cloud, "jobs", VisibilityTimeout="30"), cloud.function(TELLS), cloud.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    mapping(cloud, queue, name)
    send(cloud, queue, "one")
    cloud.advance(100)
    assert received(cloud, name) == []
    client.delete_function_concurrency(FunctionName=name)
    cloud.advance(35)
    [event] = received(cloud, name)
    assert int(event["Records"][0]["attributes"]["ApproximateReceiveCount"]) in (4, 5)
    cloud.advance(60)
    assert (len(received(cloud, name)), queue.take()) == (1, [])


def test_throttled_for_a_moment_it_is_not_received_again(cloud: CloudUnderTest) -> None:
    queue, name, client = Queue(cloud, "jobs", VisibilityTimeout="30"), cloud.function(TELLS), cloud.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    mapping(cloud, queue, name)
    send(cloud, queue, "one")
    cloud.advance(4)
    client.delete_function_concurrency(FunctionName=name)
    cloud.advance(10)
    [event] = received(cloud, name)
    assert event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"


def test_disabled_while_throttled_it_is_the_queues_again(cloud: CloudUnderTest) -> None:
    queue, name, client = Queue(cloud, "jobs", VisibilityTimeout="30"), cloud.function(TELLS), cloud.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    uuid = mapping(cloud, queue, name)
    send(cloud, queue, "one")
    cloud.advance(4)
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    assert state(cloud, uuid) == "Disabled"
    client.delete_function_concurrency(FunctionName=name)
    cloud.advance(30)
    assert (received(cloud, name), [message["Body"] for message in queue.take()]) == ([], ["one"])


# --- the function's answer ----------------------------------------------------------------

ANSWERS = """
import json
def lambda_handler(event, context):
    print("EVENT " + json.dumps(event))
    answer = {answer}
    return answer
"""


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        pytest.param("None", "", id="null"),
        pytest.param("{}", "", id="an empty structure"),
        pytest.param("''", "", id="an empty string"),
        pytest.param("[]", "", id="an empty list"),
        pytest.param("{'statusCode': 200}", "", id="another structure"),
        pytest.param("{'batchItemFailures': []}", "", id="no failures"),
        pytest.param("{'batchItemFailures': None}", "", id="null for the failures"),
        pytest.param("'done'", "a b c", id="text"),
        pytest.param("{'batchItemFailures': 'b'}", "a b c", id="no list"),
        pytest.param("{'batchItemFailures': [{'itemIdentifier': ''}]}", "a b c", id="an empty identifier"),
        pytest.param("{'batchItemFailures': [{'itemIdentifier': None}]}", "a b c", id="null for an identifier"),
        pytest.param("{'batchItemFailures': [{'itemIdentifier': 'x'}]}", "a b c", id="another's identifier"),
        pytest.param("{'batchItemFailures': [{'id': event['Records'][1]['messageId']}]}", "a b c", id="another key"),
        pytest.param("{'batchItemFailures': [event['Records'][1]['messageId']]}", "a b c", id="no structure"),
        pytest.param("{'batchItemFailures': [{'itemIdentifier': event['Records'][1]['messageId']}]}", "b", id="one failure"),
        pytest.param(
            "{'batchItemFailures': [{'itemIdentifier': event['Records'][n]['messageId']} for n in (0, 2, 2)]}", "a c",
            id="two, one twice",
        ),
    ],
)
def test_what_the_answer_says_of_each(cloud: CloudUnderTest, answer: str, left: str) -> None:
    queue, name = Queue(cloud, "jobs", VisibilityTimeout="30"), cloud.function(ANSWERS.replace("{answer}", answer))
    mapping(cloud, queue, name, FunctionResponseTypes=["ReportBatchItemFailures"])
    send(cloud, queue, "a", "b", "c")
    cloud.advance(1)
    assert batches(cloud, name) == [["a", "b", "c"]]
    cloud.advance(30)
    again = sorted(sum(batches(cloud, name)[1:], []))
    assert " ".join(again) == left


def test_without_the_response_type_the_answer_says_nothing(cloud: CloudUnderTest) -> None:
    answer = "{'batchItemFailures': [{'itemIdentifier': event['Records'][0]['messageId']}]}"
    queue, name = Queue(cloud, "jobs", VisibilityTimeout="30"), cloud.function(ANSWERS.replace("{answer}", answer))
    uuid = mapping(cloud, queue, name)
    send(cloud, queue, "a")
    cloud.advance(35)
    assert len(received(cloud, name)) == 1
    cloud.client("lambda").update_event_source_mapping(UUID=uuid, FunctionResponseTypes=["ReportBatchItemFailures"])
    cloud.advance(1)
    send(cloud, queue, "b")
    cloud.advance(35)
    assert len(received(cloud, name)) == 3


# --- a function, a role, a queue that is not there -----------------------------------------


def test_without_its_function_a_queue_is_left_alone(cloud: CloudUnderTest) -> None:
    queue, dead = with_dead_letters(cloud, 1)
    name = cloud.function(TELLS)
    uuid = mapping(cloud, queue, name)
    cloud.client("lambda").delete_function(FunctionName=name)
    send(cloud, queue, "one")
    cloud.advance(600)
    assert (state(cloud, uuid), dead.take()) == ("Enabled", [])
    cloud.function(TELLS, name=name)
    cloud.advance(61)
    assert batches(cloud, name)[-1:] == [["one"]]


def test_a_function_that_is_not_active_yet_is_waited_for() -> None:
    """``serve --pending``: what was received meanwhile is tried again, or is the queue's again."""
    process = launch(options=("--pending", "30"))
    try:
        cloud = CloudUnderTest(process)
        queue, client = Queue(cloud, "jobs", VisibilityTimeout="300"), cloud.client("lambda")

        def create() -> None:
            client.create_function(
                FunctionName="f", Runtime="python3.11", Handler="lambda_function.lambda_handler", Role=cloud.role(),
                Code={"ZipFile": make_zip({"lambda_function.py": TELLS})},
            )  # fmt: skip

        create()
        client.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName="f")
        cloud.advance(31)
        client.delete_function(FunctionName="f")
        create()
        send(cloud, queue, "one")
        cloud.advance(20)
        assert received(cloud, "f") == []
        cloud.advance(60)
        assert batches(cloud, "f") == [["one"]]
    finally:
        process.close()


def test_a_role_that_may_not_read_the_queue_any_more(cloud: CloudUnderTest) -> None:
    iam, queue, name = cloud.client("iam"), Queue(cloud, "jobs"), cloud.function(TELLS)
    role = cloud.role().rpartition("/")[2]
    mapping(cloud, queue, name)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:ReceiveMessage", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=json.dumps(deny))
    cloud.advance(2)
    send(cloud, queue, "one")
    cloud.advance(300)
    assert received(cloud, name) == []
    iam.delete_role_policy(RoleName=role, PolicyName="deny")
    cloud.advance(61)
    [event] = received(cloud, name)
    assert event["Records"][0]["attributes"]["ApproximateReceiveCount"] == "1"


def test_a_loop_is_stopped(cloud: CloudUnderTest) -> None:
    """The function sends each message back into its own queue; in the end the last one dies."""
    queue, dead = with_dead_letters(cloud, 1)
    code = f"""
import boto3
def lambda_handler(event, context):
    print("EVENT 1")
    boto3.client("sqs").send_message(QueueUrl={queue.url!r}, MessageBody="round and round")
"""
    name = cloud.function(code, Timeout=20)
    mapping(cloud, queue, name)
    send(cloud, queue, "go")
    cloud.advance(31)
    assert len(received(cloud, name)) == 16
    cloud.advance(31)
    assert [message["Body"] for message in dead.take()] == ["round and round"]


def test_counts_are_in_cloudwatch(cloud: CloudUnderTest) -> None:
    queue, name = Queue(cloud, "jobs", VisibilityTimeout="30"), cloud.function(STRICT)
    pattern = json.dumps({"body": {"id": [{"exists": True}]}})
    uuid = mapping(
        cloud, queue, name, BatchSize=1, MetricsConfig={"Metrics": ["EventCount"]},
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
    )  # fmt: skip
    send(cloud, queue, '{"id": 1}', '{"id": 2, "fails": 1}', "other")
    cloud.advance(1)

    def total(metric: str) -> float:
        found = cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName=metric, Dimensions=[{"Name": "EventSourceMappingUUID", "Value": uuid}],
            StartTime="2020-01-01", EndTime="2100-01-01", Period=315360000, Statistics=["Sum"],
        )  # fmt: skip
        return sum(point["Sum"] for point in found["Datapoints"])

    names = ("PolledEventCount", "FilteredOutEventCount", "InvokedEventCount", "FailedInvokeEventCount", "DeletedEventCount")
    assert [total(each) for each in names] == [3, 1, 1, 1, 2]
