"""Wrong answers to the exercises of lab 02."""

from __future__ import annotations

import uuid
from typing import Any

from tests.course.wrong.wrong import Wrong, handler
from tests.support import CloudUnderTest


def namespace(cloud: CloudUnderTest) -> dict[str, Any]:
    """What the lab's first cells make and `connect` may use."""
    return {"s3": cloud.client("s3"), "uuid": uuid}


ABOVE = 'import boto3, urllib.parse\ns3 = boto3.client("s3")'
ENCODED = 'record["s3"]["object"]["key"]'


def shelf(key: str, name: str = 'record["s3"]["bucket"]["name"]', body: str = ".decode()", last: str = "", answer: str = "key") -> str:
    """A `shelf` with one thing changed."""
    return handler(
        f"texts = {{}}\nfor record in event['Records']{last}:\n    key = {key}\n"
        f"    texts[{answer}] = s3.get_object(Bucket={name}, Key=key)['Body'].read(){body}\nreturn {{'texts': texts}}",
        ABOVE,
    )


DECODED = f"urllib.parse.unquote_plus({ENCODED})"


def connect(*, name: str = "name", sid: str = "uuid.uuid4().hex", principal: str = "s3.amazonaws.com", source: str = "bucket",
            events: str = "s3:ObjectCreated:*", target: str = "target", end: str = "return target", permit: bool = True,
            notify: bool = True, more: str = "") -> str:  # fmt: skip
    """A `connect` with one thing changed."""
    narrow = f", SourceArn={source}" if source != "bucket" else ', SourceArn=f"arn:aws:s3:::{bucket}"'
    permission = (
        f"client.add_permission(FunctionName=name, StatementId={sid}, Action='lambda:InvokeFunction', Principal='{principal}'"
        f"{narrow if source else ''})"
    )
    configuration = f"{{'LambdaFunctionConfigurations': [{{'LambdaFunctionArn': {target}, 'Events': ['{events}']{more}}}]}}"
    notification = f"s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={configuration})"
    steps = [
        f"target = client.get_function_configuration(FunctionName={name})['FunctionArn']", permission if permit else "",
        notification if notify else "", end,
    ]  # fmt: skip
    return "def connect(bucket, name):\n    " + "\n    ".join(filter(None, steps)) + "\n"


HIDDEN = "right on an event you have not seen"
WRONG = (
    Wrong("02.1", "the key as it comes", shelf(ENCODED), "right on the example", "No object has that key; undo the writing first"),
    Wrong("02.1", "unquote", shelf(f"urllib.parse.unquote({ENCODED})"), "right on the example", "which unquote leaves alone"),
    Wrong("02.1", "replace", shelf(f'{ENCODED}.replace("+", " ")'), "right on the example", "spaces are right, accents are not"),
    Wrong("02.1", "unquote, then replace", shelf(f'urllib.parse.unquote({ENCODED}).replace("+", " ")'), HIDDEN, "a plus sign of the key's own"),
    Wrong("02.1", "twice", shelf(f"urllib.parse.unquote_plus({DECODED})"), HIDDEN, "a plus sign of the key's own is gone"),
    Wrong("02.1", "a bucket of one's own", shelf(DECODED, '"letters"'), "runs", "The bucket's name is in the record too"),
    Wrong("02.1", "the first alone", shelf(DECODED, last="[:1]"), HIDDEN, "the event has 2 records; the handler takes one of them"),
    Wrong("02.1", "the key it came with", shelf(DECODED, answer=ENCODED), "right on the example", "its key is S3's way of writing it"),
    Wrong("02.1", "latin-1", shelf(DECODED, body='.decode("latin-1")'), HIDDEN, "the text is UTF-8"),
    Wrong("02.1", "sizes", shelf(DECODED, body=".__len__()"), "right on the example", "each key's value is the object's text"),
    Wrong("02.1", "a list", handler("return {'texts': [1]}"), "right type", '"texts" is [1], which is no dict'),
    Wrong("02.1", "nothing read", handler("return {'texts': {}}"), "right on the example", "the answer has no text at all"),
    Wrong("02.1", "the notebook's bucket", shelf(DECODED, "bucket"), "runs", "the function has only what its own cell makes"),
    Wrong("02.1", "an open stream", shelf(DECODED).replace(".read().decode()", ""), "runs", "Body is an open stream"),
    Wrong("02.1", "str of bytes", shelf(DECODED, body=".__str__()"), "right on the example", "decode() makes them text"),
    Wrong("02.1", "a status too", shelf(DECODED).replace("{'texts': texts}", "{'texts': texts, 'statusCode': 200}"),
          "right on the example", 'the key "statusCode" too'),
    Wrong("02.1", "no records", handler("return {'texts': {event['Records']['s3']: 1}}"), "runs", "is a list: take its records one by one"),
    Wrong("02.1", "another key of the event", handler("return event['records']"), "runs", 'print("\\n".join(lab.logs("shelf")))'),
    Wrong("02.1", "nothing", handler("print(event)"), "right type", "prints its answer, or ends without `return`"),
    Wrong("02.1", "a fixed answer", handler("return {'texts': {'Café menu.txt': 'soup and tea'}}"), HIDDEN,
          "this event has no object 'Café menu.txt'"),
    Wrong("02.2", "no permission", connect(permit=False), "runs", "S3 asks the policy of check-02-2 first, and it is empty"),
    Wrong("02.2", "another action", connect().replace("lambda:InvokeFunction", "lambda:GetFunction"), "runs",
          "must allow lambda:InvokeFunction"),
    Wrong("02.2", "the notebook's function", connect(target="target.replace(name, 'witness')"), "runs",
          "the notification names another function"),
    Wrong("02.2", "the bare name as ARN", connect(source="bucket.lower()"), "runs", "SourceArn is no ARN"),
    Wrong("02.2", "another service", connect(principal="sns.amazonaws.com"), "runs", "the caller is s3.amazonaws.com"),
    Wrong("02.2", "the bucket's name as ARN", connect(source='f"arn:aws:s3:::{bucket}/*"'), "runs", "a bucket's ARN is arn:aws:s3:::"),
    Wrong("02.2", "the name as ARN", connect(target="name"), "runs", "which argument AWS refuses"),
    Wrong("02.2", "another function", connect(name="'witness'"), "runs", "use the names that you are given"),
    Wrong("02.2", "raises", connect(end="return tarjet"), "runs", "call connect yourself to see the traceback"),
    Wrong("02.2", "no return", connect(end=""), "right type", "the function ends without `return`"),
    Wrong("02.2", "the name", connect(end="return name"), "right type", 'its "FunctionArn" is what the bucket needs'),
    Wrong("02.2", "the bucket's ARN", connect(end='return f"arn:aws:s3:::{bucket}"'), "right type", "that is another ARN"),
    Wrong("02.2", "no notification", connect(notify=False), "right on the example", "the bucket has no notification that names check-02-2"),
    Wrong("02.2", "deletions", connect(events="s3:ObjectRemoved:*"), "right on the example", "an upload is ObjectCreated"),
    Wrong("02.2", "uploads alone", connect(events="s3:ObjectCreated:Put"), HIDDEN, "copies and large uploads are new objects too"),
    Wrong("02.2", "everything", connect(events="s3:ObjectCreated:*', 's3:ObjectRemoved:*"), HIDDEN, "a deletion has no object to read"),
    Wrong("02.2", "one id", connect(sid="'s3'"), HIDDEN, "that StatementId is taken"),
    Wrong("02.2", "any bucket", connect(source=""), "only that bucket may call", "without a SourceArn any bucket may call it"),
    Wrong("02.2", "every bucket", connect(source="'arn:aws:s3:::*'"), "only that bucket may call", "the pattern fits other buckets too"),
)

RIGHT = {
    "the writing undone by hand": ("02.1", shelf(f'urllib.parse.unquote({ENCODED}.replace("+", " "))')),
    "bytes, which Lambda's client writes as text": ("02.1", shelf(DECODED, body="")),
    "each way of making an object": ("02.2", connect(
        events="s3:ObjectCreated:Put', 's3:ObjectCreated:Post', 's3:ObjectCreated:Copy', 's3:ObjectCreated:CompleteMultipartUpload")),
    "the account too": ("02.2", connect(source='f"arn:aws:s3:::{bucket}", SourceAccount=target.split(":")[4]')),
}
"""Other ways that are right as well: label to (exercise, code)."""
