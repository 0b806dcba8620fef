"""A learner's kernel: how soon the first result is there, and what kernel and cloud weigh together."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from tests.bench.memory import pss_mb, tree

FIRST = """
import lablib
lab = lablib.start()
import tempfile, pathlib
folder = tempfile.TemporaryDirectory()
source = pathlib.Path(folder.name, "hello.py")
source.write_text("def lambda_handler(event, context):\\n    return 42\\n")
lab.deploy("hello", source)
assert lab.invoke("hello").payload == 42
"""

SERVICES = """
import boto3
s3 = boto3.client("s3")
s3.create_bucket(Bucket="bench")
s3.put_object(Bucket="bench", Key="key", Body=b"x" * 1000)
s3.get_object(Bucket="bench", Key="key")["Body"].read()
sqs = boto3.client("sqs")
queue = sqs.create_queue(QueueName="bench")["QueueUrl"]
sqs.send_message(QueueUrl=queue, MessageBody="x")
sqs.receive_message(QueueUrl=queue)
table = boto3.resource("dynamodb").create_table(TableName="bench", BillingMode="PAY_PER_REQUEST",
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
table.put_item(Item={"id": "1"})
table.get_item(Key={"id": "1"})
lab.invoke("hello")
lab.reports("hello")
"""


def measure() -> tuple[float, float]:
    """(Seconds from `import lablib` in a ready kernel to the first result, MB (PSS) of kernel and cloud with four services used)."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)
    try:
        began = time.perf_counter()
        _run(client, FIRST)
        first = time.perf_counter() - began
        _run(client, SERVICES)
        pid = manager.provisioner.pid
        return first, pss_mb(tree(pid))
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


def _run(client: Any, code: str) -> None:
    reply = client.execute_interactive(code, timeout=120, output_hook=lambda message: None)
    assert reply["content"]["status"] == "ok", reply["content"]
