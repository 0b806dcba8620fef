"""Wrong answers to the exercises of lab 07."""

from __future__ import annotations

import time
from typing import Any

from lablib.course.labs.lab_07 import SLOW
from tests.course.wrong.wrong import Wrong, handler
from tests.support import CloudUnderTest

MAKE = 'vouchers.update(hashlib.sha256(f"voucher {n}".encode()).hexdigest()[:8] for n in range(300_000))\n'
PAY = 'return {"pay": event["price"] * (0.9 if event.get("voucher") in vouchers else 1)}'
ABOVE = "import hashlib\nvouchers = set()\n"
FORGETS = handler(
    'vouchers = set()\nif "voucher" in event:\n    ' + MAKE + PAY, "import hashlib"
)


def namespace(cloud: CloudUnderTest) -> dict[str, Any]:
    """What the lab's first cells import."""
    return {"time": time}


def ready(*steps: str) -> str:
    """A `ready` of the given steps."""
    body = "\n    ".join(steps)
    return f"def ready(name, environments):\n    {body}\n"


PUBLISH = 'number = client.publish_version(FunctionName=name)["Version"]'
PUT = "client.put_provisioned_concurrency_config(FunctionName=name, Qualifier={which}, ProvisionedConcurrentExecutions={many})"
ASK = PUT.format(which="number", many="environments")
WAIT = (
    'while client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=number)["Status"] != "READY":\n'
    "        time.sleep(0.1)"
)
RETURN = "return number"
HIDDEN = "right on an event you have not seen"
LAST = "right on a number you have not seen"

WRONG = (
    Wrong("07.1", "unchanged", SLOW, "a first answer three times faster",
          "INIT still imports, or computes, what an order without a voucher does not need"),
    Wrong("07.1", "still imports", handler('if "voucher" in event and not vouchers:\n    ' + MAKE + PAY, ABOVE + "import boto3\n"
          'store = boto3.client("s3")'), "a first answer three times faster", "INIT still imports"),
    Wrong("07.1", "still computes", handler(PAY, ABOVE + MAKE), "a first answer three times faster", "both take their time"),
    Wrong("07.1", "computes in the handler", handler("if not vouchers:\n    " + MAKE + PAY, ABOVE),
          "a first answer three times faster", "the work moved from INIT into the handler"),
    Wrong("07.1", "forgets", FORGETS, "quick with the next voucher", "the codes are made for each order"),
    Wrong("07.1", "no vouchers", handler('return {"pay": event["price"]}'),
          HIDDEN, "the voucher is a good one"),
    Wrong("07.1", "any voucher", handler('return {"pay": event["price"] * (0.9 if "voucher" in event else 1)}'),
          "right with a voucher that is none", "this order has no good voucher"),
    Wrong("07.1", "a constant", handler('return {"pay": 50}'), HIDDEN, "50 is the example's price"),
    Wrong("07.1", "needs a voucher", handler(
        'return {"pay": event["price"] * (0.9 if event["voucher"] in vouchers else 1)}', ABOVE + MAKE),
        "runs", "most orders have no voucher"),
    Wrong("07.1", "a name of its own", handler('if "voucher" in event:\n    vouchers = {"a"}\n' + PAY, ABOVE), "runs", "what a function assigns"),
    Wrong("07.1", "some of the codes", handler('if "voucher" in event:\n    ' + MAKE.replace("300_000", "100_000") + PAY, ABOVE),
          HIDDEN, "make all 300,000 codes"),
    Wrong("07.1", "text", handler('return {"pay": "50"}'), "right type", '"pay" is "50", which is no number'),
    Wrong("07.2", "$LATEST", ready(PUT.format(which='"$LATEST"', many="environments"), 'return "$LATEST"'),
          "runs", "$LATEST cannot have provisioned concurrency"),
    Wrong("07.2", "raises", ready(PUBLISH, "return nummer"), "runs", "your code raised it"),
    Wrong("07.2", "no return", ready(PUBLISH, ASK, WAIT), "right type", "ends without `return`"),
    Wrong("07.2", "a dictionary", ready(PUBLISH, f"return {ASK}"), "right type", 'return its "Version", which is text'),
    Wrong("07.2", "does not wait", ready(PUBLISH, ASK, RETURN), "right on the example", "it takes time: ask"),
    Wrong("07.2", "asks for nothing", ready(PUBLISH, RETURN),
          "right on the example", "ask for it with put_provisioned_concurrency_config"),
    Wrong("07.2", "always one", ready(PUBLISH, PUT.format(which="number", many="1"), WAIT, RETURN),
          LAST, "hand the second argument on"),
)
