"""Lab 07: what its check compares with is what the notebook shows, and who solves it in a way of their own passes."""

from __future__ import annotations

import re

import nbformat
import pytest

from lablib.course.labs.lab_07 import SLOW
from lablib.models.pricing.prices import price
from tests.course.test_checks import MAGIC, ROOT, Learner, at_the_cloud, began, empty_cloud, learner  # noqa: F401
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


def sources() -> list[str]:
    """The text of each cell."""
    return [cell.source for cell in nbformat.read(ROOT / "solutions" / "07-cold-starts.ipynb", as_version=4).cells]


def test_the_notebook_deploys_what_the_check_compares_with() -> None:
    assert f"{MAGIC}checkout\n{SLOW.rstrip()}" in sources()


def test_what_being_ready_costs_is_what_the_prices_give() -> None:
    """Provisioned concurrency and SnapStart are not in the line that every lab has."""
    text = sources()[-1]
    found = re.findall(r"0\.5 GB × ([\d,]+) s × (0\.\d+) = (0\.\d+) USD", text)
    assert [unit for _, unit, _ in found] == [
        f"{price(f'x86_64 {item}').usd:f}" for item in ("provisioned concurrency", "SnapStart cache")
    ]
    for seconds, unit, usd in found:
        assert float(usd) == pytest.approx(0.5 * int(seconds.replace(",", "")) * float(unit), rel=1e-3)
    assert round(0.5 * float(price("x86_64 SnapStart restores").usd), 5) == 0.00007 and "0.00007 USD for each restore of 0.5 GB" in text


@pytest.mark.parametrize("way", OWN_WAYS)
def test_other_ways_count(learner: Learner, way: str) -> None:  # noqa: F811
    exercise, code = OWN_WAYS[way]
    learner.run(f"{MAGIC}quick_checkout\n{code}" if exercise == "07.1" else code)
    verdict = learner.check(exercise)
    assert verdict.done, verdict
