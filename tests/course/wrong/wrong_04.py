"""Wrong answers to the exercises of lab 04, and what its first cells made."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.config import Config

from tests.course.wrong.wrong import Wrong
from tests.support import CloudUnderTest


def namespace(cloud: CloudUnderTest) -> dict[str, Any]:
    """Imports of the notebook, and a client that tries each call once and has a connection for each thread."""
    once = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
    modules = {"time": time, "math": math, "ThreadPoolExecutor": ThreadPoolExecutor}
    return modules | {"client": cloud.client("lambda", config=once), "patient": _patient_client(cloud)}


def _patient_client(cloud: CloudUnderTest) -> Any:
    """boto3 tries again by itself, with pauses that grow."""
    return cloud.client("lambda", config=Config(retries={"mode": "standard", "total_max_attempts": 12}))


def send_all(*body: str, end: str = "return list(pool.map(send, events))") -> str:
    """A `send_all` whose `send` has this body."""
    inner = "\n        ".join(body)
    return f"""
def send_all(name, events):
    def invoke(event):
        return json.load(client.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"])
    def send(event):
        {inner}
    with ThreadPoolExecutor(len(events)) as pool:
        {end}
"""


def patient(pause: str = "time.sleep(0.1)", answer: str = "return invoke(event)") -> tuple[str, ...]:
    """Again and again, until it is answered."""
    busy = "except client.exceptions.TooManyRequestsException:"
    return "while True:", "    try:", f"        {answer}", f"    {busy}", f"        {pause}"


def needed(answer: str, above: str = "pass") -> str:
    return f"def needed(rate, duration_ms):\n    {above}\n    return {answer}"


def protect(limit: str, end: str = "return limit", name: str = "name") -> str:
    return f"""
def protect(name, connections, each):
    limit = {limit}
    client.put_function_concurrency(FunctionName={name}, ReservedConcurrentExecutions=limit)
    {end}
"""


THROTTLED = "right on events that are throttled"
COMING = "import concurrent.futures as f; return [o.result() for o in f.as_completed([pool.submit(send, e) for e in events])]"

WRONG = (
    Wrong("04.1", "not caught", send_all("return invoke(event)"), THROTTLED, "a call was throttled, and that ended it"),
    Wrong("04.1", "one after the other", send_all("return invoke(event)", end="return [send(event) for event in events]"),
          "right on events that come too often", "a call was throttled, and that ended it"),
    Wrong("04.1", "the limit taken away", send_all(*patient(), end="return list(pool.map(send, events))").replace(
        "    with", "    client.delete_function_concurrency(FunctionName=name)\n    with"), THROTTLED, "the limit protects something"),
    Wrong("04.1", "given up", send_all("try:", "    return invoke(event)", "except Exception:", "    return None"),
          THROTTLED, "some events were throttled and given up"),
    Wrong("04.1", "left out", send_all("try:", "    return invoke(event)", "except Exception:", "    return None",
          end="return [one for one in pool.map(send, events) if one is not None]"),
          THROTTLED, "an event that was throttled has no answer"),
    Wrong("04.1", "one more try", send_all("try:", "    return invoke(event)", "except Exception:", "    return invoke(event)"),
          THROTTLED, "a call was throttled, and that ended it"),
    Wrong("04.2", "one more", needed("int(max(rate * duration_ms / 1000, rate / 10)) + 1"),
          "right on the example", "a whole number is rounded up already"),
    Wrong("04.1", "as they come", send_all(*patient(), end=COMING), THROTTLED, "the answers are in the order in which they came"),
    Wrong("04.1", "no pause", send_all(*patient("pass")), "pauses before it tries again", "let it rest first"),
    Wrong("04.1", "a generator", send_all(*patient(), end="return pool.map(send, events)"),
          "right type", "list(...) makes a list"),
    Wrong("04.1", "no return", send_all(*patient(), end="list(pool.map(send, events))"), "right type", "ends without `return`"),
    Wrong("04.1", "a status", send_all(*patient(answer='return client.invoke(FunctionName=name, Payload="{}")["StatusCode"]')),
          "right on the example", "read the reply's Payload as JSON"),
    Wrong("04.1", "raises", send_all("return invok(event)"), "runs", "call send_all yourself to see the traceback"),
    Wrong("04.2", "work alone", needed("math.ceil(rate * duration_ms / 1000)"),
          "right on services you have not seen", "each unit also allows only 10 calls a second"),
    Wrong("04.2", "rate alone", needed("math.ceil(rate / 10) if rate != 100 else 50"),
          "right on services you have not seen", "long calls need rate × duration"),
    Wrong("04.2", "rounds down", needed("int(max(rate * duration_ms / 1000, rate / 10))"),
          "right on services you have not seen", "round up: what is left over needs an environment too"),
    Wrong("04.2", "not rounded", needed("max(rate * duration_ms / 1000, rate / 10)"),
          "right type", "math.ceil makes a whole number"),
    Wrong("04.2", "milliseconds", needed("math.ceil(max(rate * duration_ms, rate / 10))"),
          "right on the example", "1,000 of them make a second"),
    Wrong("04.2", "the sum", needed("math.ceil(rate * duration_ms / 1000 + rate / 10)"),
          "right on the example", "the larger one is enough for both"),
    Wrong("04.2", "a constant", needed("50"), "right on services you have not seen", "50 is the example's answer"),
    Wrong("04.2", "prints", needed("None", "print(50)"), "right type", "ends without `return`"),
    Wrong("04.2", "raises", needed("math.ceil(rates)"), "runs", "call needed yourself to see the traceback"),
    Wrong("04.3", "sets nothing", "def protect(name, connections, each):\n    return connections // each",
          "right on the example", "put_function_concurrency was not called for this function"),
    Wrong("04.3", "one each", protect("connections"), "right on the example", "each environment opens more than one connection"),
    Wrong("04.3", "rounds up", protect("-(-connections // each)"),
          "right on a database you have not seen", "4 environments open 8 connections, and the database accepts 7: round down"),
    Wrong("04.3", "a float", protect("connections / each"), "runs", "a whole number: // divides without a rest"),
    Wrong("04.3", "a float returned", protect("connections // each", "return connections / each"),
          "right type", "// makes a whole one"),
    Wrong("04.3", "a constant", protect("6"), "right on a database you have not seen", "6 is the example's answer"),
    Wrong("04.3", "too careful", protect("1"), "right on the example", "as many environments as the connections are enough for"),
    Wrong("04.3", "another number", protect("connections // each", "return connections"), "right on the example",
          "return the number that you reserved"),
    Wrong("04.3", "no return", protect("connections // each", "pass"), "right type", "ends without `return`"),
    Wrong("04.3", "a fixed name", protect("connections // each", name='"order"'),
          "runs", "use the function's name that you are given"),
    Wrong("04.3", "every function", """
def protect(name, connections, each):
    for one in client.list_functions()["Functions"]:
        client.put_function_concurrency(FunctionName=one["FunctionName"], ReservedConcurrentExecutions=connections // each)
    return connections // each
""", "limits no other function", "limit the function that you are given, and no other"),
)

RIGHT = {
    "boto3 tries again": ("04.1", """
def send_all(name, events):
    def send(event):
        return json.loads(patient.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read())
    with ThreadPoolExecutor() as pool:
        return [*pool.map(send, events)]
"""),
    "in rounds, one after the other": ("04.1", """
def send_all(name, events):
    answers, left = {}, list(enumerate(events))
    while left:
        place, event = left.pop(0)
        try:
            answers[place] = json.load(client.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"])
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "TooManyRequestsException":
                raise
            time.sleep(0.2)
            left.append((place, event))
    return [answers[place] for place in range(len(events))]
"""),
    "whole numbers": ("04.2", "def needed(rate, duration_ms):\n    return max(-(-rate * duration_ms // 1000), -(-rate // 10))"),
    "int of a floor": ("04.3", protect("int(connections / each)")),
}
"""Other ways to solve them."""
