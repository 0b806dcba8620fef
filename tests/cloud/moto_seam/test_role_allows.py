"""What a role may do, as Lambda asks before it acts in the role's name."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from lablib.cloud.access import principals
from tests.cloud.moto_seam.conftest import Moto

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:dead"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def policy(effect: str, action: str, **more: Any) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": QUEUE, **more}]}
    )


@pytest.mark.parametrize(
    ("of_role", "of_queue", "may"),
    [
        (None, None, False),
        (("Allow", "sqs:SendMessage"), None, True),
        (("Allow", "sqs:ReceiveMessage"), None, False),
        (("Deny", "sqs:*"), ("Allow", "sqs:SendMessage"), False),
        (None, ("Allow", "sqs:SendMessage"), True),
        (("Allow", "sqs:*"), ("Deny", "sqs:SendMessage"), False),
    ],
)
def test_role_allows(moto: Moto, of_role: tuple[str, str] | None, of_queue: tuple[str, str] | None, may: bool) -> None:
    iam = moto.client("iam")
    arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    if of_role is not None:
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy(*of_role))
    attributes = {} if of_queue is None else {"Policy": policy(*of_queue, Principal={"AWS": arn})}
    moto.client("sqs").create_queue(QueueName="dead", Attributes=attributes)
    principals.forget()
    assert asyncio.run(principals.role_allows(arn, "sqs:SendMessage", QUEUE)) is may
    assert not asyncio.run(principals.role_allows(arn + "x", "sqs:SendMessage", QUEUE))
    principals.forget()
