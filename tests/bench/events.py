"""Events: how long from where they begin to the handler's first line, and how many a second.

The handler's own clock says when it started, and the producer's when it began: they are the same machine's. These rows alone:
`python -m tests.bench.events`, with `--quick` for a look.
"""

from __future__ import annotations

import http.client
import logging
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.memory import tree
from tests.bench.table import Goal, Row, at_most
from tests.bench.targets import Target

ACCOUNT = {"here": "123456789012", "ministack": "000000000000"}
REGION = "us-east-1"
PATIENCE_S = 10  # until one event is there
TICKS = 100  # of /proc, a second
_SEEN = {"VisibilityTimeout": "300"}  # longer than any of these functions may run

# Says what it got and when, in its log.
RECORDS = """
import base64, time
def lambda_handler(event, context):
    started, records = time.time(), event.get("Records", [{}])
    if "kinesis" in records[0]:
        ids = [r["eventID"][:20] + "/" + base64.b64decode(r["kinesis"]["data"]).decode() for r in records]
    else:
        ids = [r.get("body", "one") for r in records]
    print("GOT", started, *ids)
"""
ECHO = 'def lambda_handler(event, context): return {"statusCode": 200, "body": event["rawQueryString"]}'


@dataclass(frozen=True)
class Effort:
    """How much is sent, and for how many seconds the idle pollers are watched."""

    rounds: int
    messages: int
    records: int
    requests: int
    idle_s: float


FULL = Effort(rounds=30, messages=10_000, records=10_000, requests=10_000, idle_s=20)
QUICK = Effort(rounds=2, messages=100, records=200, requests=80, idle_s=1)


def rows(make: Callable[[], Target], peer: Callable[[], Target | None], effort: Effort) -> list[Row]:
    """Every row about events; each cloud is started for them, and closed."""
    here, other = make(), peer()
    try:
        return [*_latencies(here, other, effort), *_many(here, other, effort), _idle(here, effort)]
    finally:
        here.close()
        if other is not None:
            other.close()


# --- one event at a time ------------------------------------------------------------


def _latencies(here: Target, other: Target | None, effort: Effort) -> list[Row]:
    found = []
    for what, set_up, limit in (
        ("S3 upload", _s3, 25), ("SNS publish", _sns, 25), ("EventBridge PutEvents", _events, 25), ("SQS send", _sqs, 50),
        ("Kinesis PutRecord", _kinesis, 50), ("DynamoDB PutItem", _dynamodb, 50),
    ):  # fmt: skip
        ours = _started_ms(here, set_up, effort.rounds)
        assert ours is not None, f"{what}: the handler did not start"
        theirs = _started_ms(other, set_up, effort.rounds) if other is not None else None
        found.append(Row(f"{what} to handler start, median", "ms", ours, ministack=theirs, goals=[at_most(ours, limit, f"{limit} ms")]))
    return found


Send = Callable[[], object]


def _started_ms(target: Target, set_up: Callable[[Target, str, str], Send], rounds: int) -> float | None:
    """Median from before the producer's call to the handler's first line; None where nothing comes, or it cannot be set up."""
    name = f"starts-{set_up.__name__.strip('_')}"
    try:
        arn = target.client("lambda").get_function(FunctionName=target.deploy(name, RECORDS))["Configuration"]["FunctionArn"]
        times = _times(target, name, set_up(target, name, arn), rounds + 3)[3:]
    except Exception:
        if target.name == "here":
            raise
        logging.exception("%s cannot do %s", target.name, name)
        return None
    return statistics.median(times)


def _times(target: Target, name: str, send: Send, rounds: int) -> list[float]:
    """Of so many events, each when the one before is through."""
    times = []
    for number in range(1, rounds + 1):
        began = time.time()
        send()
        got = _wait_for(target, name, number, seconds=PATIENCE_S, every=0.05)
        times.append((max(started for started, _ in got) - began) * 1000)
    return times


def _permit(target: Target, name: str, principal: str) -> None:
    target.client("lambda").add_permission(
        FunctionName=name, StatementId="all", Action="lambda:InvokeFunction", Principal=principal
    )


def _s3(target: Target, name: str, arn: str) -> Send:
    _permit(target, name, "s3.amazonaws.com")
    s3 = target.client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="uploads")
    wanted = [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
    s3.put_bucket_notification_configuration(Bucket="uploads", NotificationConfiguration={"LambdaFunctionConfigurations": wanted})
    return lambda: s3.put_object(Bucket="uploads", Key="k", Body=b"x")


def _sns(target: Target, name: str, arn: str) -> Send:
    _permit(target, name, "sns.amazonaws.com")
    sns = target.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    return lambda: sns.publish(TopicArn=topic, Message="x")


def _events(target: Target, name: str, arn: str) -> Send:
    _permit(target, name, "events.amazonaws.com")
    events = target.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["bench"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": arn}])
    return lambda: events.put_events(Entries=[{"Source": "bench", "DetailType": "d", "Detail": "{}"}])


def _map(target: Target, name: str, source: str, **more: Any) -> str:
    """A new mapping, once it is enabled (or disabled, if so asked); its id."""
    uuid = str(target.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=source, **more)["UUID"])
    _settled(target, [uuid], "Enabled" if more.get("Enabled", True) else "Disabled")
    return uuid


def _settled(target: Target, uuids: list[str], state: str) -> None:
    lambda_ = target.client("lambda")

    def all_are() -> bool:
        return all(lambda_.get_event_source_mapping(UUID=uuid)["State"] == state for uuid in uuids)

    _until(all_are, 60)


def _sqs(target: Target, name: str, arn: str) -> Send:
    sqs = target.client("sqs")
    url = sqs.create_queue(QueueName="jobs", Attributes=_SEEN)["QueueUrl"]
    _map(target, name, f"arn:aws:sqs:{REGION}:{ACCOUNT[target.name]}:jobs", BatchSize=1)
    return lambda: sqs.send_message(QueueUrl=url, MessageBody="x")


def _kinesis(target: Target, name: str, arn: str) -> Send:
    kinesis = target.client("kinesis")
    _stream(target, "clicks", 1)
    _map(target, name, f"arn:aws:kinesis:{REGION}:{ACCOUNT[target.name]}:stream/clicks", StartingPosition="TRIM_HORIZON")
    return lambda: kinesis.put_record(StreamName="clicks", PartitionKey="p", Data=b"x")


def _dynamodb(target: Target, name: str, arn: str) -> Send:
    client = target.client("dynamodb")
    _map(target, name, _table(target, "things"), StartingPosition="TRIM_HORIZON")
    keys: Iterator[int] = iter(range(1_000_000))
    return lambda: client.put_item(TableName="things", Item={"Id": {"N": str(next(keys))}})


def _stream(target: Target, name: str, shards: int) -> None:
    kinesis = target.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=shards)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})


def _table(target: Target, name: str) -> str:
    """A table with a stream; the stream's ARN."""
    made = target.client("dynamodb").create_table(
        TableName=name, KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )  # fmt: skip
    return str(made["TableDescription"]["LatestStreamArn"])


# --- many at a time -----------------------------------------------------------------


def _many(here: Target, other: Target | None, effort: Effort) -> list[Row]:
    messages = _messages(here, effort.messages)
    records = _records(here, effort.records)
    rate, p95 = _requests(here, effort.requests)
    return [
        Row(f"{effort.messages:,} SQS messages, batches of 10, each once", "1/s", messages, ministack=_try(_messages, other, effort.messages),
            goals=[Goal("1,000/s", messages >= 1000)]),
        Row(f"{effort.records:,} Kinesis records, in order by shard", "1/s", records, ministack=_try(_records, other, effort.records),
            goals=[Goal("2,000/s", records >= 2000)]),
        Row(f"HTTP API, 8 clients, {effort.requests:,} requests, none lost", "1/s", rate, goals=[Goal("200/s", rate >= 200)]),
        Row("HTTP API, 8 clients, p95", "ms", p95, goals=[at_most(p95, 60, "60 ms")]),
    ]  # fmt: skip


def _try(measure: Callable[[Target, int], float], target: Target | None, count: int) -> float | None:
    if target is None:
        return None
    try:
        return measure(target, count)
    except Exception:
        logging.exception("%s cannot do %s", target.name, measure.__name__)
        return None


def _messages(target: Target, count: int) -> float:
    """Messages a second from the first handler's start to the last's, of a queue that was full when its mapping was enabled."""
    sqs, lambda_ = target.client("sqs"), target.client("lambda")
    url = sqs.create_queue(QueueName="many", Attributes=_SEEN)["QueueUrl"]
    name = target.deploy("many-messages", RECORDS)
    source = f"arn:aws:sqs:{REGION}:{ACCOUNT[target.name]}:many"
    uuid = _map(target, name, source, BatchSize=10, Enabled=False)
    for first in range(0, count, 10):
        entries = [{"Id": str(number), "MessageBody": str(number)} for number in range(first, min(first + 10, count))]
        assert not sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed")
    lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    got = _wait_for(target, name, count)
    ids = [one for _, batch in got for one in batch]
    assert sorted(map(int, ids)) == list(range(count)), f"{len(ids)} messages were processed, {len(set(ids))} different ones"
    return _rate(count, [started for started, _ in got])


def _records(target: Target, count: int) -> float:
    """Records a second from the first handler's start to the last's, of a stream of four shards that held them already."""
    kinesis = target.client("kinesis")
    _stream(target, "many", 4)
    name = target.deploy("many-records", RECORDS)
    for first in range(0, count, 500):
        batch = [{"Data": str(number).encode(), "PartitionKey": str(number)} for number in range(first, min(first + 500, count))]
        assert not kinesis.put_records(StreamName="many", Records=batch).get("FailedRecordCount")
    source = f"arn:aws:kinesis:{REGION}:{ACCOUNT[target.name]}:stream/many"
    _map(target, name, source, StartingPosition="TRIM_HORIZON", BatchSize=100)
    got = sorted(_wait_for(target, name, count))
    shards: dict[str, list[int]] = {}
    for _, batch in got:
        for one in batch:
            shard, _, number = one.partition("/")
            shards.setdefault(shard, []).append(int(number))
    assert sorted(number for numbers in shards.values() for number in numbers) == list(range(count)), "not every record once"
    assert all(numbers == sorted(numbers) for numbers in shards.values()), "a shard's records were not in order"
    return _rate(count, [started for started, _ in got])


def _rate(count: int, starts: list[float]) -> float:
    return count / max(0.001, max(starts) - min(starts))


def _wait_for(target: Target, name: str, count: int, seconds: float = 120, every: float = 1.0) -> list[tuple[float, list[str]]]:
    """What a function of `RECORDS` got: when each batch started, and what was in it."""
    found: list[tuple[float, list[str]]] = []
    every = every if count < 1000 else 3.0  # reading so many lines is work for the cloud that is measured

    def all_here() -> bool:
        found[:] = _got(target, name)
        return sum(len(batch) for _, batch in found) >= count

    _until(all_here, seconds, every)
    return found


def _got(target: Target, name: str) -> list[tuple[float, list[str]]]:
    logs = target.client("logs")
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        lines = [event["message"].split() for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [(float(line[1]), line[2:]) for line in lines if line[:1] == ["GOT"]]


def _requests(target: Target, count: int, clients: int = 8) -> tuple[float, float]:
    """Requests a second through an HTTP API, and the 95th percentile of one in ms; each answer is the one to its request."""
    name = target.deploy("api", ECHO)
    _permit(target, name, "apigateway.amazonaws.com")
    arn = target.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    address = urlsplit(target.client("apigatewayv2").create_api(Name="a", ProtocolType="HTTP", Target=arn)["ApiEndpoint"])

    def work(client: int) -> list[float]:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        times = []
        for number in range(client, count, clients):
            began = time.perf_counter()
            connection.request("GET", f"{address.path}/x?{number}")
            answer = connection.getresponse()
            body = answer.read().decode()
            times.append((time.perf_counter() - began) * 1000)
            assert (answer.status, body.rstrip("=")) == (200, str(number)), (answer.status, body)
        connection.close()
        return times

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda client: work(count - 1), range(clients)))  # every environment is warm
        began = time.perf_counter()
        times = sorted(time_ms for times in pool.map(work, range(clients)) for time_ms in times)
        took = time.perf_counter() - began
    assert len(times) == count
    return count / took, times[int(0.95 * len(times))]


# --- nothing to do ------------------------------------------------------------------


def _idle(target: Target, effort: Effort) -> Row:
    """CPU time of the cloud and all that it started while 50 mappings have nothing to read."""
    name, sqs, lambda_ = target.deploy("idle", RECORDS), target.client("sqs"), target.client("lambda")
    account, sources = ACCOUNT[target.name], []
    for number in range(40):
        sqs.create_queue(QueueName=f"idle-{number}", Attributes=_SEEN)
        sources.append(f"arn:aws:sqs:{REGION}:{account}:idle-{number}")
    for number in range(5):
        _stream(target, f"idle-{number}", 2)
        sources += [f"arn:aws:kinesis:{REGION}:{account}:stream/idle-{number}", _table(target, f"idle-{number}")]
    made = []
    for source in sources:
        more = {} if ":sqs:" in source else {"StartingPosition": "LATEST"}
        made.append(lambda_.create_event_source_mapping(FunctionName=name, EventSourceArn=source, **more)["UUID"])
    _settled(target, made, "Enabled")
    before, began = _cpu_s(target), time.perf_counter()
    threading.Event().wait(effort.idle_s)
    share = 100 * (_cpu_s(target) - before) / (time.perf_counter() - began)
    return Row(f"{len(made)} idle event source mappings, of one core", "%", share, goals=[at_most(share, 2, "2 %")])


def _cpu_s(target: Target) -> float:
    """CPU seconds, user and system, that the target's processes have used."""
    total = 0
    for pid in tree(target.pid):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _until(what: Callable[[], bool], seconds: float, every: float = 0.2) -> None:
    end = time.monotonic() + seconds
    never = threading.Event()
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(f"{what.__name__} was not so within {seconds} s")
        never.wait(every)


if __name__ == "__main__":
    from tests.bench import targets
    from tests.bench.table import render

    print(render(rows(targets.here, targets.ministack, QUICK if "--quick" in sys.argv else FULL)))
