"""EventBridge in the whole cloud: what PutEvents takes, which rules match, and what their targets get."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cloud.api.harness import refused
from tests.cloud.sources.support import ACCOUNT, TELLS, Queue, arn, permit, public_topic, received, service_role
from tests.support import CloudUnderTest

ORDER = {"Source": "shop", "DetailType": "order", "Detail": '{"total": 12.50, "für": ["Ana"]}'}


def rule_arn(cloud: CloudUnderTest, name: str, bus: str = "") -> str:
    return f"arn:aws:events:{cloud.region}:{ACCOUNT}:rule/{f'{bus}/' if bus else ''}{name}"


def rule(
    cloud: CloudUnderTest, name: str, pattern: dict[str, Any], *targets: dict[str, Any], bus: str = "default", **more: Any
) -> str:  # fmt: skip
    """Make a rule with targets; its ARN."""
    events = cloud.client("events")
    made: str = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern), **more)["RuleArn"]
    if targets:
        given = [{"Id": str(number), **target} for number, target in enumerate(targets)]
        assert events.put_targets(Rule=name, EventBusName=bus, Targets=given)["FailedEntryCount"] == 0
    return made


def put(cloud: CloudUnderTest, *entries: dict[str, Any]) -> list[dict[str, Any]]:
    """Put events, let the cloud come to rest, and return the answer's entries."""
    answer = cloud.client("events").put_events(Entries=list(entries))
    assert answer["FailedEntryCount"] == sum("ErrorCode" in entry for entry in answer["Entries"])
    cloud.advance(0)
    found: list[dict[str, Any]] = answer["Entries"]
    return found


def function(cloud: CloudUnderTest, source: str | None = None) -> str:
    """A function that tells its events, which EventBridge may invoke."""
    name = cloud.function(TELLS)
    permit(cloud, name, "events.amazonaws.com", source)
    return name


def test_a_function_gets_the_event(cloud: CloudUnderTest) -> None:
    name = function(cloud, rule_arn(cloud, "orders"))
    rule(cloud, "orders", {"source": ["shop"], "detail": {"total": [{"numeric": [">", 10]}]}}, {"Arn": arn(cloud, name)})
    moment = datetime(2026, 5, 4, 3, 2, 1, 900_000, tzinfo=UTC)
    [entry] = put(cloud, ORDER | {"Time": moment, "Resources": ["arn:aws:s3:::b"]})
    [event] = received(cloud, name)
    assert event == {
        "version": "0", "id": entry["EventId"], "detail-type": "order", "source": "shop", "account": ACCOUNT,
        "time": "2026-05-04T03:02:01Z", "region": cloud.region, "resources": ["arn:aws:s3:::b"],
        "detail": {"total": 12.5, "für": ["Ana"]},
    }  # fmt: skip
    assert list(event) == ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]
    put(cloud, ORDER | {"Detail": '{"total": 9}'}, ORDER | {"Source": "Shop"})
    assert len(received(cloud, name)) == 1


def test_the_time_of_an_event_is_the_clouds(cloud: CloudUnderTest) -> None:
    queue = Queue(cloud, "q")
    rule(cloud, "all", {"source": ["shop"]}, {"Arn": queue.arn})
    cloud.advance(7 * 86_400)
    put(cloud, ORDER)
    [event] = queue.bodies()
    ahead = datetime.fromisoformat(event["time"]).timestamp() - datetime.now(UTC).timestamp()
    assert 7 * 86_400 - 60 < ahead < 7 * 86_400 + 60


def test_a_rule_that_is_disabled_is_silent_and_one_with_a_schedule_alone_does_not_hear_of_events(cloud: CloudUnderTest) -> None:
    queue, events = Queue(cloud, "q"), cloud.client("events")
    rule(cloud, "off", {"source": ["shop"]}, {"Arn": queue.arn, "Input": '"off"'}, State="DISABLED")
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
    events.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": queue.arn, "Input": '"nightly"'}])
    rule(cloud, "on", {"source": ["shop"]}, {"Arn": queue.arn, "Input": '"on"'})
    put(cloud, ORDER)
    assert queue.bodies() == ["on"]
    events.enable_rule(Name="off")
    events.disable_rule(Name="on")
    put(cloud, ORDER)
    assert queue.bodies() == ["off"]
    cloud.advance(86_401)
    assert queue.bodies() == ["nightly"]


def test_buses_are_apart(cloud: CloudUnderTest) -> None:
    queue, events = Queue(cloud, "q"), cloud.client("events")
    bus = events.create_event_bus(Name="shop")["EventBusArn"]
    rule(cloud, "r", {"source": ["shop"]}, {"Arn": queue.arn, "Input": '"default"'})
    rule(cloud, "r", {"source": ["shop"]}, {"Arn": queue.arn, "Input": '"custom"'}, bus="shop")
    taken = put(cloud, ORDER | {"EventBusName": bus}, ORDER | {"EventBusName": "nowhere"})
    assert ["EventId" in entry for entry in taken] == [True, True]
    assert queue.bodies() == ["custom"]
    put(cloud, ORDER | {"EventBusName": "shop"}, ORDER)
    assert sorted(queue.bodies()) == ["custom", "default"]


@pytest.mark.parametrize(
    "target, expected",
    [
        ({"Input": '{"a": [1, "b"]}'}, '{"a": [1, "b"]}'),
        ({"InputPath": "$.detail"}, '{"total":12.5,"für":["Ana"]}'),
        ({"InputPath": "$.detail.für[0]"}, '"Ana"'),
        ({"InputPath": "$['detail']['total']"}, "12.5"),
        ({"InputPath": "$.detail.nothing"}, "null"),
        ({"InputTransformer": {"InputPathsMap": {"who": "$.detail.für[0]", "n": "$.detail.total"},
                               "InputTemplate": '"<who> pays <n>, <who>."'}},
         '"Ana pays 12.5, Ana."'),
        ({"InputTransformer": {"InputPathsMap": {"who": "$.detail.nobody"}, "InputTemplate": '"to <who>!"'}}, '"to !"'),
        ({"InputTransformer": {"InputPathsMap": {"who": "$.detail.nobody"}, "InputTemplate": '{"to": <who>}'}}, '{"to":""}'),
        ({"InputTransformer": {"InputPathsMap": {"d": "$.detail", "w": "$.detail.für[0]"},
                               "InputTemplate": '{ "all": <d>, "s": <w>, "q": "<w>", "deep": [ 1, { "x": "say \\"<w>\\"" } ] }'}},
         '{"all":{"total":12.5,"für":["Ana"]},"s":"Ana","q":"Ana","deep":[1,{"x":"say \\"Ana\\""}]}'),
        ({"InputTransformer": {"InputPathsMap": {"d": "$.detail"}, "InputTemplate": '"the <d>"'}},
         '"the {total:12.5,für:[Ana]}"'),
        ({"InputTransformer": {"InputTemplate": '"<aws.events.rule-name> of <aws.events.rule-arn>"'}}, '"r of RULE"'),
        ({"InputTransformer": {"InputTemplate": '{"e": <aws.events.event.json>}'}}, '{"e":EVENT}'),
        ({"InputTransformer": {"InputPathsMap": {"d": "$.detail"}, "InputTemplate": "<d>"}}, '{"total":12.5,"für":["Ana"]}'),
        ({"InputTransformer": {"InputPathsMap": {"w": "$.detail.für[0]"}, "InputTemplate": '"one <w>"\n"two"'}},
         '"one Ana"\n"two"'),
    ],
)  # fmt: skip
def test_what_a_target_gets(cloud: CloudUnderTest, target: dict[str, Any], expected: str) -> None:
    """Compared as text: EventBridge hands JSON on without spaces, and a constant as it is."""
    queue, plain = Queue(cloud, "q"), Queue(cloud, "plain")
    made = rule(cloud, "r", {"source": ["shop"]}, {"Arn": queue.arn, **target}, {"Arn": plain.arn})
    put(cloud, ORDER)
    [message], [event] = queue.take(), plain.take()
    assert message["Body"] == expected.replace("RULE", made).replace("EVENT", event["Body"])


def test_the_event_without_its_detail(cloud: CloudUnderTest) -> None:
    """As captured in June 2024, names and order."""
    queue = Queue(cloud, "q")
    template = '{"event": <aws.events.event>, "at": <aws.events.event.ingestion-time>}'
    rule(cloud, "r", {"source": ["shop"]}, {"Arn": queue.arn, "InputTransformer": {"InputTemplate": template}})
    put(cloud, ORDER)
    [made] = queue.bodies()
    assert list(made["event"]) == ["id", "account", "detailType", "time", "source", "region", "resources", "version"]
    assert made["event"]["detailType"] == "order" and made["at"] == made["event"]["time"]


def test_every_kind_of_target(cloud: CloudUnderTest) -> None:
    fifo = Queue(cloud, "q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    plain, notified, forwarded = Queue(cloud, "q"), Queue(cloud, "notified"), Queue(cloud, "forwarded")
    sns, kinesis, events = cloud.client("sns"), cloud.client("kinesis"), cloud.client("events")
    topic = public_topic(cloud, "t")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=notified.arn, Attributes={"RawMessageDelivery": "true"})
    cloud.client("logs").create_log_group(logGroupName="/aws/events/shop")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    bus = events.create_event_bus(Name="other")["EventBusArn"]
    rule(cloud, "on", {"source": ["shop"]}, {"Arn": forwarded.arn}, bus="other")
    role = service_role(cloud, "events", ["events.amazonaws.com"], "kinesis:*", "events:*")
    rule(cloud, "r", {"source": ["shop"]}, {"Arn": plain.arn}, {"Arn": fifo.arn, "SqsParameters": {"MessageGroupId": "g"}},
         {"Arn": topic}, {"Arn": bus, "RoleArn": role},
         {"Arn": f"arn:aws:logs:{cloud.region}:{ACCOUNT}:log-group:/aws/events/shop"})  # fmt: skip
    rule(cloud, "s", {"source": ["shop"]}, {"Arn": f"arn:aws:kinesis:{cloud.region}:{ACCOUNT}:stream/s", "RoleArn": role,
                                            "KinesisParameters": {"PartitionKeyPath": "$.detail.für[0]"}})  # fmt: skip
    put(cloud, ORDER)
    [event] = plain.bodies()
    [ordered] = fifo.take()
    assert json.loads(ordered["Body"]) == event and ordered["Attributes"]["MessageGroupId"] == "g"
    assert notified.bodies() == [event] and forwarded.bodies() == [event]
    [line] = cloud.client("logs").filter_log_events(logGroupName="/aws/events/shop")["events"]
    assert json.loads(line["message"]) == event
    shard = kinesis.get_shard_iterator(StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")
    [record] = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert json.loads(record["Data"]) == event and record["PartitionKey"] == "Ana"


def test_a_loop_of_buses_ends(cloud: CloudUnderTest) -> None:
    queue, events = Queue(cloud, "q"), cloud.client("events")
    here, there = (events.create_event_bus(Name=name)["EventBusArn"] for name in ("here", "there"))
    rule(cloud, "on", {"source": ["shop"]}, {"Arn": there}, {"Arn": queue.arn}, bus="here")
    rule(cloud, "back", {"source": ["shop"]}, {"Arn": here}, bus="there")
    put(cloud, ORDER | {"EventBusName": "here"})
    assert len(queue.bodies()) == 1


def test_an_archive_and_its_replay(cloud: CloudUnderTest) -> None:
    queue, events = Queue(cloud, "q"), cloud.client("events")
    default = f"arn:aws:events:{cloud.region}:{ACCOUNT}:event-bus/default"
    events.create_archive(ArchiveName="a", EventSourceArn=default, EventPattern='{"source": ["shop"]}')
    put(cloud, ORDER, ORDER | {"Source": "other"})
    assert events.describe_archive(ArchiveName="a")["EventCount"] == 1
    rule(cloud, "r", {"source": ["shop"]}, {"Arn": queue.arn})
    archive = f"arn:aws:events:{cloud.region}:{ACCOUNT}:archive/a"
    now = datetime.now(UTC).timestamp()
    for name, start in (("later", now + 3600), ("all", now - 3600)):
        events.start_replay(
            ReplayName=name, EventSourceArn=archive, EventStartTime=start, EventEndTime=now + 7200, Destination={"Arn": default}
        )  # fmt: skip
    cloud.advance(0)
    [event] = queue.bodies()
    assert event["replay-name"] == "all" and event["detail"] == json.loads(ORDER["Detail"])
    assert events.describe_archive(ArchiveName="a")["EventCount"] == 1, "a replayed event is not archived again"


@pytest.mark.parametrize(
    "change, code, message",
    [
        ({"Source": ""}, "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        ({"DetailType": ""}, "InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument."),
        ({"Detail": ""}, "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
        ({"Detail": "{"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": "[1]"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": '"{}"'}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": '{"a": NaN}'}, "MalformedDetail", "Detail is malformed."),
        ({"Source": "aws.s3"}, "NotAuthorizedForSourceException", "Not authorized for the source."),
    ],
)
def test_an_entry_that_is_not_taken(cloud: CloudUnderTest, change: dict[str, str], code: str, message: str) -> None:
    queue = Queue(cloud, "q")
    rule(cloud, "r", {"source": [{"exists": True}]}, {"Arn": queue.arn})
    first, second = put(cloud, ORDER | change, ORDER)
    assert first == {"ErrorCode": code, "ErrorMessage": message} and list(second) == ["EventId"]
    assert len(queue.bodies()) == 1


def test_requests_that_are_refused_as_a_whole(cloud: CloudUnderTest) -> None:
    events = cloud.client("events")
    error = refused(lambda: events.put_events(Entries=[ORDER | {"Detail": json.dumps({"x": "y" * 2**20})}]))
    assert error.code == "ValidationException"
    assert error.message == "Total size of the entries in the request is over the limit."
    almost = json.dumps({"x": "y" * (2**20 - 200)})
    assert events.put_events(Entries=[ORDER | {"Detail": almost}])["FailedEntryCount"] == 0
    error = refused(lambda: events.put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}] * 11))
    one = (
        "PutEventsRequestEntry(time=null, source=a, resources=null, detailType=b, detail={}, eventBusName=null, "
        "traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)"
    )
    assert error.message == (
        f"1 validation error detected: Value '[{', '.join([one] * 11)}]' at 'entries' failed to satisfy constraint: Member must "
        "have length less than or equal to 10"
    )
