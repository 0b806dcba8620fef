"""The checks of lab 05: other sensible ways pass, and the learner's tables stay as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lablib.course import check
from lablib.course.progress import HOME_VARIABLE
from tests.course.wrong.wrong import handler
from tests.course.wrong.wrong_05 import DB, NEW, OLD, ONCE, PUT, namespace
from tests.support import CloudUnderTest

PAGE = 'page = event["page"]\n'
OTHER_WAYS = {
    "05.1 set": ("count_right", PAGE + (
        'new = visits.update_item(Key={"page": page}, UpdateExpression="SET n = if_not_exists(n, :zero) + :one", '
        'ExpressionAttributeValues={":zero": 0, ":one": 1}, ReturnValues="ALL_NEW")["Attributes"]\n'
        'return {"page": page, "count": int(new["n"])}')),
    "05.1 tries again": ("count_right", PAGE + (
        "while True:\n"
        '    n = visits.get_item(Key={"page": page}, ConsistentRead=True).get("Item", {}).get("n", 0)\n'
        "    try:\n"
        '        visits.put_item(Item={"page": page, "n": n + 1}, ConditionExpression="attribute_not_exists(page) OR n = :n", '
        'ExpressionAttributeValues={":n": n})\n'
        "    except visits.meta.client.exceptions.ConditionalCheckFailedException:\n"
        "        continue\n"
        '    return {"page": page, "count": int(n) + 1}')),
    "05.2 looks first, too": ("pay_once",
        'if "Item" in charges.get_item(Key={"id": event["order"]}):\n    return ' + OLD + "\n"
        "try:\n    " + PUT % ('event["order"]', ONCE) + "except charges.meta.client.exceptions.ConditionalCheckFailedException:\n"
        "    return " + OLD + "\nreturn " + NEW),
    "05.2 asks what was there": ("pay_once",
        'old = charges.put_item(Item={"id": "order " + event["order"], **event}, ReturnValues="ALL_OLD").get("Attributes")\n'
        'return {"order": event["order"], "new": old is None}'),
}  # fmt: skip


@pytest.fixture
def tables(cloud: CloudUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """DynamoDB with the lab's two tables, and one item in each."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    namespace(cloud)
    db = cloud.client("dynamodb")
    db.put_item(TableName="visits", Item={"page": {"S": "home"}, "visits": {"N": "7"}})
    db.put_item(TableName="charges", Item={"id": {"S": "A-17"}, "amount": {"N": "30"}})
    return db


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_other_ways_pass_and_the_tables_stay_as_they_were(cloud: CloudUnderTest, tables: Any, way: str) -> None:
    name, body = OTHER_WAYS[way]
    cloud.function(handler(body, DB), name=name)
    before = [tables.scan(TableName=table)["Items"] for table in ("visits", "charges")]
    verdict = check(cloud, way.split()[0], {})
    assert verdict.done, verdict
    assert [tables.scan(TableName=table)["Items"] for table in ("visits", "charges")] == before


def test_a_table_that_is_not_there_is_said(cloud: CloudUnderTest, tables: Any) -> None:
    tables.delete_table(TableName="visits")
    cloud.function(handler('visits.get_item(Key={"page": event["page"]})', DB), name="count_right")
    assert "it asks for a table that is not there: there are visits and charges, made above" in check(cloud, "05.1", {}).text
