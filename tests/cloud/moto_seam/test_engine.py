"""Contract: moto's application, reached without a socket."""

from __future__ import annotations

import asyncio
import threading

import pytest

from lablib.cloud.moto_seam import engine
from lablib.cloud.web import Request
from tests.cloud.moto_seam.conftest import Moto

SIGNED = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-west-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def request(service: str, **headers: str) -> Request:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", "/", "", {"Host": "127.0.0.1:1", "Authorization": SIGNED.format(service), **names}, b"{}")


def test_two_services_and_our_region(moto: Moto) -> None:
    url = moto.client("sqs").create_queue(QueueName="queue")["QueueUrl"]
    assert url == "http://127.0.0.1:1/123456789012/queue"
    arn = moto.client("sns").create_topic(Name="topic")["TopicArn"]
    assert arn == "arn:aws:sns:eu-west-1:123456789012:topic"


def test_reset_leaves_nothing(moto: Moto) -> None:
    moto.client("sns").create_topic(Name="topic")
    engine.reset()
    assert moto.client("sns").list_topics()["Topics"] == []


def test_moto_does_not_keep_what_it_made(moto: Moto) -> None:
    client = moto.client("dynamodb")
    client.create_table(
        TableName="things", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    client.put_item(TableName="things", Item={"id": {"S": "a"}})
    moto.client("s3").create_bucket(Bucket="things", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    moto.client("s3").put_object(Bucket="things", Key="a", Body=b"a")
    from moto.dynamodb.models.dynamo_type import Item
    from moto.s3.models import FakeKey

    assert Item.instances_tracked == [] and len(FakeKey.instances_tracked) == 1


def test_a_service_that_moto_does_not_have(moto: Moto, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(engine.UnknownService):
        asyncio.run(engine.answer(request("nosuchservice")))
    assert capsys.readouterr().out == ""


def test_an_operation_that_moto_does_not_have(moto: Moto) -> None:
    with pytest.raises(engine.MotoFailed) as caught:
        asyncio.run(engine.answer(request("dynamodb", X_Amz_Target="DynamoDB_20120810.ListImports")))
    assert caught.value.missing


def test_what_makes_moto_fail_is_told_apart(moto: Moto) -> None:
    with pytest.raises(engine.MotoFailed) as caught:
        asyncio.run(engine.answer(request("dynamodb")))
    assert not caught.value.missing


def test_nobody_chooses_an_account_by_a_header(moto: Moto) -> None:
    asked = request("sns", X_Moto_Account_Id="111111111111", Content_Type="application/x-www-form-urlencoded")
    body = b"Action=CreateTopic&Name=topic&Version=2010-03-31"
    answer = asyncio.run(engine.answer(Request("POST", "/", "", asked.headers, body)))
    assert b"eu-west-1:123456789012:topic" in answer.body


def test_the_lock_is_held_in_a_worker_thread() -> None:
    async def main() -> None:
        inside, leave = threading.Event(), threading.Event()

        def hold() -> int:
            inside.set()
            leave.wait(10)
            return threading.get_ident()

        holding = asyncio.ensure_future(engine.call(hold))
        await asyncio.to_thread(inside.wait, 10)
        waiting = asyncio.ensure_future(engine.call(threading.get_ident))
        await asyncio.sleep(0)
        assert not engine.lock.acquire(blocking=False)
        assert not waiting.done()
        leave.set()
        assert threading.get_ident() not in (await holding, await waiting)

    asyncio.run(main())
