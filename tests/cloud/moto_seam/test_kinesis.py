"""Contract: Kinesis as AWS has it where moto's is otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lablib.cloud.moto_seam import journals
from lablib.cloud.moto_seam import kinesis as seam
from tests.cloud.moto_seam.conftest import Moto

ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/s"
MIDDLE = 2**127


@pytest.fixture
def kinesis(moto: Moto) -> Any:
    client = moto.client("kinesis")
    client.create_stream(StreamName="s", ShardCount=2)
    return client


def put(client: Any, hash_key: int, data: bytes = b"x", key: str = "k") -> tuple[str, str]:
    answer = client.put_record(StreamName="s", Data=data, PartitionKey=key, ExplicitHashKey=str(hash_key))
    return answer["ShardId"], answer["SequenceNumber"]


def shards(client: Any) -> dict[str, dict[str, Any]]:
    return {shard["ShardId"]: shard for shard in client.list_shards(StreamName="s")["Shards"]}


def read(client: Any, shard: str, kind: str = "TRIM_HORIZON", **more: Any) -> tuple[list[bytes], str | None]:
    iterator = client.get_shard_iterator(StreamName="s", ShardId=shard, ShardIteratorType=kind, **more)["ShardIterator"]
    found = client.get_records(ShardIterator=iterator)
    return [record["Data"] for record in found["Records"]], found.get("NextShardIterator")


def test_sequence_numbers_are_like_those_of_aws_and_grow(kinesis: Any, moto: Moto) -> None:
    numbers = [put(kinesis, 0)[1] for _ in range(3)]
    moto.now += 1
    numbers += [put(kinesis, 0)[1]]
    other = put(kinesis, 2**128 - 1)
    assert other[0] == "shardId-000000000001"  # the last hash key of all belongs to a shard too
    assert len({*numbers, other[1]}) == 5 and numbers == sorted(numbers, key=int)
    assert {len(number) for number in numbers} == {56}
    moto.now -= 100  # the real clock may be set back
    assert int(put(kinesis, 0)[1]) > int(numbers[-1])


def test_every_kind_of_iterator(kinesis: Any, moto: Moto) -> None:
    first = "shardId-000000000000"
    numbers = []
    for data in (b"1", b"2", b"\xff3"):
        numbers.append(put(kinesis, 0, data)[1])
        moto.now += 10
    assert read(kinesis, first)[0] == [b"1", b"2", b"\xff3"]
    assert read(kinesis, first, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1])[0] == [b"2", b"\xff3"]
    assert read(kinesis, first, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1])[0] == [b"\xff3"]
    assert read(kinesis, first, "AT_TIMESTAMP", Timestamp=moto.now - 20)[0] == [b"2", b"\xff3"]
    assert read(kinesis, first, "AT_TIMESTAMP", Timestamp=1)[0] == [b"1", b"2", b"\xff3"]
    latest, onward = read(kinesis, first, "LATEST")
    assert latest == []
    put(kinesis, 0, b"4")
    assert [record["Data"] for record in kinesis.get_records(ShardIterator=onward)["Records"]] == [b"4"]
    moto.now += 24 * 3600 - 15
    assert read(kinesis, first)[0] == [b"\xff3", b"4"]  # the others have expired
    kinesis.increase_stream_retention_period(StreamName="s", RetentionPeriodHours=48)
    moto.now += 20
    assert read(kinesis, first)[0] == [b"\xff3", b"4"]


def test_a_split_and_a_merge_leave_records_where_they_are(kinesis: Any) -> None:
    put(kinesis, 0, b"before")
    kinesis.split_shard(StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(MIDDLE // 2))
    assert [put(kinesis, key)[0][-1] for key in (0, MIDDLE // 2 - 1, MIDDLE // 2, MIDDLE)] == ["2", "2", "3", "1"]
    kinesis.merge_shards(StreamName="s", ShardToMerge="shardId-000000000001", AdjacentShardToMerge="shardId-000000000003")
    assert put(kinesis, MIDDLE // 2)[0] == put(kinesis, 2**128 - 1)[0] == "shardId-000000000004"
    data, onward = read(kinesis, "shardId-000000000000")
    assert data == [b"before"] and onward is None
    assert read(kinesis, "shardId-000000000002")[1] is not None
    found = shards(kinesis)
    assert found["shardId-000000000004"]["ParentShardId"] == "shardId-000000000001"
    assert found["shardId-000000000004"]["AdjacentParentShardId"] == "shardId-000000000003"
    assert found["shardId-000000000004"]["HashKeyRange"]["StartingHashKey"] == str(MIDDLE // 2)
    closed = [id for id, shard in found.items() if "EndingSequenceNumber" in shard["SequenceNumberRange"]]
    assert [id[-1] for id in closed] == ["0", "1", "3"]
    stream = journals.of(ARN)
    assert stream is not None
    assert stream.shards["shardId-000000000004"].parents == ("shardId-000000000001", "shardId-000000000003")


def test_an_empty_shard_that_is_closed_ends(kinesis: Any) -> None:
    kinesis.merge_shards(StreamName="s", ShardToMerge="shardId-000000000000", AdjacentShardToMerge="shardId-000000000001")
    assert read(kinesis, "shardId-000000000000") == ([], None)


def test_what_cannot_be_split_or_merged(kinesis: Any) -> None:
    kinesis.split_shard(StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(MIDDLE // 2))
    zero, one, two = (f"shardId-00000000000{number}" for number in range(3))
    wrong = [
        lambda: kinesis.split_shard(StreamName="s", ShardToSplit=zero, NewStartingHashKey="1000"),
        lambda: kinesis.split_shard(StreamName="s", ShardToSplit=one, NewStartingHashKey="1000"),
        lambda: kinesis.merge_shards(StreamName="s", ShardToMerge=two, AdjacentShardToMerge=one),
        lambda: kinesis.merge_shards(StreamName="s", ShardToMerge=zero, AdjacentShardToMerge=one),
    ]
    for call in wrong:
        with pytest.raises(ClientError, match="InvalidArgumentException"):
            call()


def test_more_shards_and_fewer(kinesis: Any) -> None:
    kinesis.update_shard_count(StreamName="s", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    assert len({put(kinesis, number * 2**126)[0] for number in range(4)}) == 4
    kinesis.update_shard_count(StreamName="s", TargetShardCount=1, ScalingType="UNIFORM_SCALING")
    assert len({put(kinesis, number * 2**126)[0] for number in range(4)}) == 1


def test_what_is_put_is_counted(kinesis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[str, int, int]] = []
    monkeypatch.setattr(seam, "on_traffic", lambda *said: counted.append(said))
    put(kinesis, 0, b"four", "key")
    kinesis.put_records(StreamName="s", Records=[{"Data": b"12", "PartitionKey": "k"}] * 3)
    assert counted == [("s", 7, 1), ("s", 9, 3)]


def test_changes_are_told(kinesis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(journals, "on_change", told.append)
    put(kinesis, 0)
    kinesis.split_shard(StreamName="s", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(MIDDLE // 2))
    assert journals.of(ARN + "/consumer/c:1") is journals.of(ARN) is not None
    kinesis.delete_stream(StreamName="s")
    assert told == [ARN] * 3 and journals.of(ARN) is None
