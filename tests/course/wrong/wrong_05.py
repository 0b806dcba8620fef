"""Wrong answers to the exercises of lab 05."""

from __future__ import annotations

from typing import Any

from tests.course.wrong.wrong import Wrong, handler
from tests.support import CloudUnderTest

DB = "import boto3, uuid\nvisits = boto3.resource('dynamodb').Table('visits')\ncharges = boto3.resource('dynamodb').Table('charges')"
READ = 'n = int(visits.get_item(Key={"page": event["page"]}).get("Item", {"visits": 0})["visits"])\n'
WRITE = 'visits.put_item(Item={"page": event["page"], "visits": n + 1})\n'
ADD = ('new = visits.update_item(Key={"page": %s}, UpdateExpression="ADD visits :one", ExpressionAttributeValues={":one": 1}, '
       'ReturnValues="%s")["Attributes"]["visits"]\n')
PUT = 'charges.put_item(Item={"id": %s, "amount": event["amount"]}%s)\n'
ONCE = ', ConditionExpression="attribute_not_exists(id)"'
GUARDED = ("try:\n    " + PUT + "    return %s\nexcept charges.meta.client.exceptions.ConditionalCheckFailedException:\n    return %s\n")
NEW, OLD = '{"order": event["order"], "new": True}', '{"order": event["order"], "new": False}'


def namespace(cloud: CloudUnderTest) -> dict[str, Any]:
    """The two tables that the lab makes before its exercises."""
    db = cloud.client("dynamodb")
    for name, key in {"visits": "page", "charges": "id"}.items():
        if name not in db.list_tables()["TableNames"]:
            db.create_table(
                TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            )
    return {}


def counts(body: str, above: str = DB) -> str:
    return handler(body, above)


WRONG = (
    Wrong("05.1", "a race", counts(READ + WRITE + 'return {"page": event["page"], "count": n + 1}'),
          "loses none of a crowd", "two calls read the same number and both added one"),
    Wrong("05.1", "a global variable", counts(
        'seen[event["page"]] = seen.get(event["page"], 0) + 1\nreturn {"page": event["page"], "count": seen[event["page"]]}', "seen = {}"),
        "loses none of a crowd", "keep the count in the table"),
    Wrong("05.1", "one count for all", counts((ADD % ('"all"', "UPDATED_NEW")) + 'return {"page": event["page"], "count": int(new)}'),
          "right on an event you have not seen", "each page has an item of its own"),
    Wrong("05.1", "the count before", counts(READ + WRITE + 'return {"page": event["page"], "count": n}'),
          "right on the example", "that is the count before this visit"),
    Wrong("05.1", "text", counts((ADD % ('event["page"]', "UPDATED_NEW")) + 'return {"page": event["page"], "count": str(new)}'),
          "right type", '"count" is "1", which is no whole number'),
    Wrong("05.1", "another table", counts('boto3.resource("dynamodb").Table("visitors").get_item(Key={"page": "x"})'),
          "runs", "it asks for a table that is not there"),
    Wrong("05.1", "SET", counts((ADD % ('event["page"]', "UPDATED_NEW")).replace("ADD visits", "SET visits = visits +")), "runs",
          "a page's first visit finds no number"),
    Wrong("05.1", "another key of the table", counts((ADD % ('event["page"]', "UPDATED_NEW")).replace('{"page":', '{"id":')),
          "runs", "page in visits, id in charges"),
    Wrong("05.1", "a reserved word", counts((ADD % ('event["page"]', "UPDATED_NEW")).replace("ADD visits", "ADD count")), "runs",
          "a word of DynamoDB's own language"),
    Wrong("05.1", "asks for no answer", counts(ADD % ('event["page"]', "NONE")), "runs",
          "makes update_item answer with the new number"),
    Wrong("05.1", "never adds", counts('return {"page": event["page"], "count": 1}'), "right on the example", "every visit adds one"),
    Wrong("05.1", "kept elsewhere", counts(
        'new = charges.update_item(Key={"id": event["page"]}, UpdateExpression="ADD visits :one", '
        'ExpressionAttributeValues={":one": 1}, ReturnValues="UPDATED_NEW")["Attributes"]["visits"]\n'
        'return {"page": event["page"], "count": int(new)}'), "loses none of a crowd", "the count is kept somewhere else"),
    Wrong("05.1", "gives up in a crowd", counts(
        READ + 'try:\n    visits.put_item(Item={"page": event["page"], "visits": n + 1}, '
        'ConditionExpression="attribute_not_exists(page) OR visits = :n", ExpressionAttributeValues={":n": n})\n'
        '    return {"page": event["page"], "count": n + 1}\n'
        "except visits.meta.client.exceptions.ConditionalCheckFailedException:\n    print('again, please')"),
        "loses none of a crowd", "for this event the handler ends without `return`"),
    Wrong("05.1", "does not catch in a crowd", counts(
        READ + 'visits.put_item(Item={"page": event["page"], "visits": n + 1}, '
        'ConditionExpression="attribute_not_exists(page) OR visits = :n", ExpressionAttributeValues={":n": n})\n'
        'return {"page": event["page"], "count": n + 1}'), "loses none of a crowd", "another call came first"),
    Wrong("05.2", "a new id each time", counts(PUT % ("str(uuid.uuid4())", "") + "return " + NEW),
          "once on a retry", "this order came before"),
    Wrong("05.2", "says it, and does not", counts(
        'new = event["order"] not in seen\nseen.add(event["order"])\n' + PUT % ("str(uuid.uuid4())", "")
        + 'return {"order": event["order"], "new": new}', DB + "\nseen = set()"),
        "once on a retry", "each run writes an item of its own"),
    Wrong("05.2", "remembers in memory", counts(
        'if event["order"] in seen:\n    return ' + OLD + '\nseen.add(event["order"])\n' + PUT % ('event["order"]', "") + "return " + NEW,
        DB + "\nseen = set()"), "once in a crowd", "let one put_item do both, under a condition"),
    Wrong("05.2", "looks, then writes", counts(
        'if "Item" in charges.get_item(Key={"id": event["order"]}):\n    return ' + OLD + "\n" + PUT % ('event["order"]', "")
        + "return " + NEW), "once in a crowd", "between looking and writing there is a moment"),
    Wrong("05.2", "the table's exceptions", counts(
        (GUARDED % ('event["order"]', ONCE, NEW, OLD)).replace("charges.meta.client.ex", "charges.ex")),
          "once on a retry", "a client knows its exceptions"),
    Wrong("05.2", "not caught", counts(PUT % ('event["order"]', ONCE) + "return " + NEW),
          "once on a retry", "catch this exception"),
    Wrong("05.2", "the example's order", counts(GUARDED % ('"B-4"', ONCE, NEW, OLD)),
          "right on an event you have not seen", "does the condition look at this order's id"),
    Wrong("05.2", "no amount", counts((GUARDED % ('event["order"]', ONCE, NEW, OLD)).replace('"amount": event["amount"]', "")),
          "right on the example", 'the item has no "amount"'),
    Wrong("05.2", "always the same amount", counts((GUARDED % ('event["order"]', ONCE, NEW, OLD)).replace('event["amount"]', "30")),
          "right on an event you have not seen", 'with the number from the event'),
    Wrong("05.2", "writes nothing", counts("return " + NEW), "right on the example", "nothing was written to the table"),
    Wrong("05.2", "text", counts(GUARDED % ('event["order"]', ONCE, '{"order": event["order"], "new": "yes"}', OLD)),
          "right type", '"new" is "yes", which is no true or false'),
    Wrong("05.2", "nothing when it comes again", counts(GUARDED % ('event["order"]', ONCE, NEW, "None")),
          "once on a retry", "for this event the handler ends without `return`"),
    Wrong("05.2", "another key too", counts(GUARDED % ('event["order"]', ONCE, '{**event, "new": True}', OLD)),
          "right on the example", 'the answer has the key "amount" too'),
)
