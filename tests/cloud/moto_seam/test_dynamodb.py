"""Contract: the streams of DynamoDB tables, and that of concurrent writes none is lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lablib.cloud.moto_seam import engine, expiry
from tests.cloud.moto_seam.conftest import Moto


class Table:
    """A table ``things`` whose key is ``id``, and its stream."""

    def __init__(self, moto: Moto, view: str = "NEW_AND_OLD_IMAGES") -> None:
        self.moto = moto
        self.client, self.streams = moto.client("dynamodb"), moto.client("dynamodbstreams")
        made = self.client.create_table(
            TableName="things", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )  # fmt: skip
        self.arn = made["TableDescription"]["LatestStreamArn"]

    def put(self, id: str, **attributes: dict[str, Any]) -> None:
        self.client.put_item(TableName="things", Item={"id": {"S": id}, **attributes})

    def add(self, id: str, amount: int = 1, **more: Any) -> None:
        self.client.update_item(
            TableName="things", Key={"id": {"S": id}}, UpdateExpression="ADD n :n",
            ExpressionAttributeValues={":n": {"N": str(amount)}}, **more,
        )  # fmt: skip

    def delete(self, id: str) -> None:
        self.client.delete_item(TableName="things", Key={"id": {"S": id}})

    def iterator(self, kind: str = "TRIM_HORIZON", arn: str | None = None, **more: Any) -> str:
        arn = arn or self.arn
        [shard] = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        found: str = self.streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=kind, **more
        )["ShardIterator"]
        return found

    def records(self, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.streams.get_records(ShardIterator=self.iterator(**more))["Records"]
        return found

    def told(self) -> list[tuple[str, str, str | None, str | None]]:
        """Of each record its name, its item's key, and ``n`` before and after."""
        return [
            (
                record["eventName"], record["dynamodb"]["Keys"]["id"]["S"],
                record["dynamodb"].get("OldImage", {}).get("n", {}).get("N"),
                record["dynamodb"].get("NewImage", {}).get("n", {}).get("N"),
            )
            for record in self.records()
        ]  # fmt: skip


@pytest.fixture
def table(moto: Moto) -> Table:
    return Table(moto)


def test_each_change_once_in_order(table: Table) -> None:
    table.put("a", n={"N": "1"})
    table.put("a", n={"N": "1"})  # changes nothing
    table.add("a")
    table.add("a", 0)  # nor does this
    table.add("new")
    table.delete("a")
    table.delete("nobody")
    assert table.told() == [
        ("INSERT", "a", None, "1"), ("MODIFY", "a", "1", "2"), ("INSERT", "new", None, "1"), ("REMOVE", "a", "2", None),
    ]  # fmt: skip
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in table.records()]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "view, images",
    [
        ("KEYS_ONLY", set()), ("NEW_IMAGE", {"NewImage"}), ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)  # fmt: skip
def test_a_record_shows_what_the_stream_is_for(moto: Moto, view: str, images: set[str]) -> None:
    table = Table(moto, view)
    table.put("a", n={"N": "1"})
    table.add("a")
    [_, record] = table.records()
    told = record["dynamodb"]
    assert {name for name in told if name.endswith("Image")} == images
    assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == ("1.1", "aws:dynamodb", "eu-west-1")
    assert told["StreamViewType"] == view and told["Keys"] == {"id": {"S": "a"}}


def test_the_sizes_are_those_that_aws_shows(table: Table) -> None:
    """Of the sample event in the Developer Guide, and of records that others have captured."""
    table.client.put_item(TableName="things", Item={"id": {"S": "id_value"}})
    table.client.put_item(TableName="things", Item={"id": {"S": "id_value"}, "id2": {"S": "id2_new_value"}})
    assert [record["dynamodb"]["SizeBytes"] for record in table.records()] == [20, 46]


def test_binary_values_at_every_depth(table: Table) -> None:
    item = {"id": {"S": "a"}, "b": {"B": b"\xff"}, "l": {"L": [{"B": b"1"}, {"M": {"s": {"BS": [b"2", b"3"]}}}]}}
    table.client.put_item(TableName="things", Item=item)
    [record] = table.records()
    assert record["dynamodb"]["NewImage"] == item


def test_the_order_of_a_set_is_no_change(table: Table) -> None:
    table.put("a", s={"SS": ["x", "y"]})
    table.put("a", s={"SS": ["y", "x"]})
    assert len(table.records()) == 1


def test_a_transaction_is_told_when_it_has_ended_well(table: Table) -> None:
    table.put("a", n={"N": "1"})
    fails = {"ConditionCheck": {"TableName": "things", "Key": {"id": {"S": "?"}}, "ConditionExpression": "attribute_exists(id)"}}
    add = {"Update": {
        "TableName": "things", "Key": {"id": {"S": "new"}}, "UpdateExpression": "ADD n :n",
        "ExpressionAttributeValues": {":n": {"N": "1"}},
    }}  # fmt: skip
    items = [{"Delete": {"TableName": "things", "Key": {"id": {"S": "a"}}}}, add]
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        table.client.transact_write_items(TransactItems=[*items, fails])
    table.put("b")
    table.client.transact_write_items(TransactItems=items)
    assert table.told()[1:] == [
        ("INSERT", "b", None, None), ("REMOVE", "a", "1", None), ("INSERT", "new", None, "1"),
    ]  # fmt: skip
    table.add("new")  # the table that the transaction was rolled back to has the same stream
    assert table.told()[-1] == ("MODIFY", "new", "1", "2")


def test_batches_and_partiql(table: Table) -> None:
    puts = [{"PutRequest": {"Item": {"id": {"S": name}}}} for name in "ab"]
    table.client.batch_write_item(RequestItems={"things": puts})
    table.client.batch_write_item(RequestItems={"things": [{"DeleteRequest": {"Key": {"id": {"S": "a"}}}}]})
    table.client.execute_statement(Statement="INSERT INTO things VALUE {'id': 'c'}")
    assert [(name, key) for name, key, _, _ in table.told()] == [
        ("INSERT", "a"), ("INSERT", "b"), ("REMOVE", "a"), ("INSERT", "c"),
    ]  # fmt: skip


def test_a_write_that_is_refused_is_not_told(table: Table) -> None:
    table.put("a")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.client.put_item(TableName="things", Item={"id": {"S": "a"}}, ConditionExpression="attribute_not_exists(id)")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        table.add("b", ConditionExpression="attribute_exists(id)")
    table.add("a")
    assert [name for name, *_ in table.told()] == ["INSERT", "MODIFY"]


def test_a_stream_that_is_switched_off_is_read_for_a_day(table: Table) -> None:
    table.put("a")
    table.client.update_table(TableName="things", StreamSpecification={"StreamEnabled": False})
    table.put("untold")
    table.moto.now += 1
    on = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    arn = table.client.update_table(TableName="things", StreamSpecification=on)["TableDescription"]["LatestStreamArn"]
    table.put("b")
    assert arn != table.arn
    assert [stream["StreamArn"] for stream in table.streams.list_streams(TableName="things")["Streams"]] == [table.arn, arn]
    assert table.streams.describe_stream(StreamArn=table.arn)["StreamDescription"]["StreamStatus"] == "DISABLED"
    old = table.streams.get_records(ShardIterator=table.iterator())
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in old["Records"]] == ["a"]
    assert "NextShardIterator" not in old
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in table.records(arn=arn)] == ["b"]
    table.client.delete_table(TableName="things")
    table.moto.now += 24 * 3600
    assert table.streams.list_streams()["Streams"] == []


def test_every_kind_of_iterator(table: Table) -> None:
    latest = table.iterator("LATEST")
    for name in "abc":
        table.put(name)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in table.records()]
    assert len(table.records(kind="AT_SEQUENCE_NUMBER", SequenceNumber=numbers[1])) == 2
    assert len(table.records(kind="AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[1])) == 1
    first = table.streams.get_records(ShardIterator=latest, Limit=2)
    second = table.streams.get_records(ShardIterator=first["NextShardIterator"])
    assert [len(first["Records"]), len(second["Records"])] == [2, 1]
    for wrong in ("x", table.arn + "|1|x"):
        with pytest.raises(ClientError, match="ValidationException"):
            table.streams.get_records(ShardIterator=wrong)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        table.streams.describe_stream(StreamArn=table.arn + "0")


def test_items_go_when_their_time_to_live_is_over(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    monkeypatch.setattr(expiry, "on_due", told.append)
    now = table.moto.now
    table.put("early", ttl={"N": str(int(now))})
    assert told == []
    live = {"Enabled": True, "AttributeName": "ttl"}
    table.client.update_time_to_live(TableName="things", TimeToLiveSpecification=live)
    table.put("late", ttl={"N": str(int(now) + 90)})
    table.put("never")
    table.put("text", ttl={"S": "1"})
    table.put("ancient", ttl={"N": "1000"})
    table.add("added")
    assert told == [now, now + 120]
    with engine.lock:
        assert expiry.expire(now) == now + 120
        assert expiry.expire(now + 120) is None
    gone = [record for record in table.records() if record["eventName"] == "REMOVE"]
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in gone] == ["early", "late"]
    assert gone[0]["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    table.delete("never")
    assert "userIdentity" not in table.records()[-1]


# --- none is lost --------------------------------------------------------------------


@contextmanager
def _switching_all_the_time() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_of_concurrent_writes_to_one_item_none_is_lost(table: Table) -> None:
    """Additions, conditional puts that one alone wins, and transactions, from eight threads that are switched all the time."""
    threads, rounds = 8, 12
    won: list[str] = []
    failed: list[BaseException] = []
    clients = [table.moto.client("dynamodb") for _ in range(threads)]

    def add(client: Any, item: str) -> dict[str, Any]:
        return {
            "TableName": "things", "Key": {"id": {"S": item}}, "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
        }  # fmt: skip

    def write(client: Any) -> None:
        try:
            for number in range(rounds):
                client.update_item(**add(client, "one"))
                client.transact_write_items(TransactItems=[{"Update": add(client, "one")}, {"Update": add(client, "two")}])
                try:
                    name = f"lock-{number}"
                    client.put_item(TableName="things", Item={"id": {"S": name}}, ConditionExpression="attribute_not_exists(id)")
                    won.append(name)
                except ClientError as refused:
                    assert refused.response["Error"]["Code"] == "ConditionalCheckFailedException"
        except BaseException as error:
            failed.append(error)

    with _switching_all_the_time():
        running = [threading.Thread(target=write, args=(client,)) for client in clients]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    assert not failed
    assert sorted(won) == sorted(f"lock-{number}" for number in range(rounds))
    items = [table.client.get_item(TableName="things", Key={"id": {"S": name}})["Item"] for name in ("one", "two")]
    assert [int(item["n"]["N"]) for item in items] == [2 * threads * rounds, threads * rounds]
    changes = [(old, new) for _, key, old, new in table.told() if key == "one"]
    assert changes == [(str(n) if n else None, str(n + 1)) for n in range(2 * threads * rounds)]
