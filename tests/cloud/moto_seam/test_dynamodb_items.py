"""Contract: items of DynamoDB where an operation fails half-way."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lablib.cloud.moto_seam import engine
from tests.cloud.moto_seam.conftest import Moto

KEYS = {"one": ["id"], "two": ["id", "at"]}
TOO_LARGE = {":a": {"S": "a"}, ":b": {"S": "x" * 410_000}}


@pytest.fixture(params=KEYS)
def table(moto: Moto, request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    """A client, and the key of an item of the table ``things``."""
    names, client = KEYS[request.param], moto.client("dynamodb")
    client.create_table(
        TableName="things", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
    )  # fmt: skip
    return client, {name: {"S": "key"} for name in names}


def scanned(client: Any) -> Any:
    return client.scan(TableName="things")["Items"]


def test_an_update_that_fails_changes_nothing(table: tuple[Any, dict[str, Any]]) -> None:
    client, key = table
    half = {"UpdateExpression": "SET a = :a, b = :b", "ExpressionAttributeValues": TOO_LARGE}
    with pytest.raises(ClientError, match="size"):
        client.update_item(TableName="things", Key=key, **half)
    assert scanned(client) == []
    client.put_item(TableName="things", Item={**key, "a": {"S": "old"}})
    with pytest.raises(ClientError, match="size"):
        client.update_item(TableName="things", Key=key, **half)
    assert scanned(client) == [{**key, "a": {"S": "old"}}]
    with pytest.raises(ClientError, match="ValidationException"):
        client.update_item(TableName="things", Key={"nonsense": {"S": "a"}}, UpdateExpression="REMOVE a")


def test_a_transaction_that_fails_changes_nothing(table: tuple[Any, dict[str, Any]]) -> None:
    client, key = table
    client.put_item(TableName="things", Item={**key, "n": {"N": "1"}})
    other = {name: {"S": "other"} for name in key}
    add = {"TableName": "things", "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    absent = {name: {"S": "absent"} for name in key}
    check = {"TableName": "things", "Key": absent, "ConditionExpression": "attribute_exists(id)"}
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        client.transact_write_items(
            TransactItems=[{"Update": {**add, "Key": key}}, {"Update": {**add, "Key": other}}, {"ConditionCheck": check}]
        )
    assert scanned(client) == [{**key, "n": {"N": "1"}}]
    client.transact_write_items(TransactItems=[{"Update": {**add, "Key": key}}, {"Update": {**add, "Key": other}}])
    assert sorted(item["n"]["N"] for item in scanned(client)) == ["1", "2"]


def test_a_copy_of_a_table_is_not_changed_with_it(table: tuple[Any, dict[str, Any]]) -> None:
    """It shares the items: a transaction costs no more in a large table than in a small one."""
    from moto.dynamodb.models import dynamodb_backends

    client, key = table
    client.put_item(TableName="things", Item={**key, "n": {"N": "1"}})
    made = dynamodb_backends[engine.place.account]["eu-west-1"].tables["things"]
    twin = copy.deepcopy(made)
    [item] = made.all_items()
    assert twin.all_items()[0] is item
    client.update_item(
        TableName="things", Key=key, UpdateExpression="ADD n :n", ExpressionAttributeValues={":n": {"N": "1"}}
    )
    client.put_item(TableName="things", Item={name: {"S": "more"} for name in key})
    assert [each.attrs["n"].value for each in twin.all_items()] == ["1"]
    assert len(made.all_items()) == 2 and twin.name == "things"
