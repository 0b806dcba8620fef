"""Lab 07: what its check compares with is what the notebook shows, and who solves it in a way of their own passes."""

from __future__ import annotations

import nbformat
import pytest

from lablib.course.labs.lab_07 import SLOW
from tests.course.test_checks import MAGIC, ROOT, Learner, at_the_cloud, empty_cloud, learner  # noqa: F401
from tests.course.wrong.wrong import handler
from tests.course.wrong.wrong_07 import ASK, PUBLISH, RETURN, ready

CODES = 'return {hashlib.sha256(f"voucher {n}".encode()).hexdigest()[:8] for n in range(300_000)}'
OWN_WAYS = {
    "a cached function": ("07.1", handler(
        'if "voucher" not in event:\n    return {"pay": event["price"]}\n'
        'return {"pay": event["price"] * 9 / 10 if event["voucher"] in codes() else event["price"]}',
        f"from functools import cache\n@cache\ndef codes():\n    import hashlib\n    {CODES}",
    )),
    "a variable of its own": ("07.1", handler(
        'global known\nif event.get("voucher") is None:\n    return {"pay": float(event["price"])}\nknown = known or codes()\n'
        'return {"pay": round(event["price"] * (0.9 if event["voucher"] in known else 1.0), 2)}',
        f"import hashlib\nknown = None\ndef codes():\n    {CODES}",
    )),
    "a client of its own": ("07.2", ready(
        "import boto3", 'client = boto3.client("lambda")', PUBLISH, ASK,
        'asked = lambda: client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]',
        'while asked()[0]["Status"] == "IN_PROGRESS":\n        time.sleep(0.1)', RETURN,
    )),
}  # fmt: skip


def test_the_notebook_deploys_what_the_check_compares_with() -> None:
    sources = [cell.source for cell in nbformat.read(ROOT / "solutions" / "07-cold-starts.ipynb", as_version=4).cells]
    assert f"{MAGIC}checkout\n{SLOW.rstrip()}" in sources


@pytest.mark.parametrize("way", OWN_WAYS)
def test_other_ways_count(learner: Learner, way: str) -> None:  # noqa: F811
    exercise, code = OWN_WAYS[way]
    learner.run(f"{MAGIC}quick_checkout\n{code}" if exercise == "07.1" else code)
    verdict = learner.check(exercise)
    assert verdict.done, verdict
