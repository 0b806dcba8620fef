"""Another client of the cloud: writes to DynamoDB without pause until its standard input ends.

Arguments: the endpoint; the credentials come from the environment. Prints `writing` once it does, and how often it did at the end.
"""

from __future__ import annotations

import sys
import threading

import boto3


def main(url: str) -> None:
    dynamodb = boto3.client("dynamodb", endpoint_url=url)
    dynamodb.create_table(
        TableName="bench-writes",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print("writing", flush=True)
    count = 0
    while not ended.is_set():
        dynamodb.put_item(TableName="bench-writes", Item={"id": {"S": str(count % 1000)}, "text": {"S": "x" * 100}})
        count += 1
    print(count, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
