"""Whether a queue or a topic lets a service in that sends to it: its policy is asked with whom the message is from.

A queue or topic that has no policy of its own takes from this account's services: here this cloud is more generous than AWS,
where nothing arrives without one.
"""

from __future__ import annotations

import json

from lablib.cloud.access import documents
from lablib.cloud.access.decision import Asked, service_may
from lablib.cloud.moto_seam import access, engine

_SENDING = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}
_DEFAULT = "__default_policy_ID"  # of the policy that SNS gives every topic


async def lets_in(service: str, arn: str, source_arn: str, account: str) -> bool:
    """Whether the queue or topic `arn` takes what ``events.amazonaws.com`` or ``sns.amazonaws.com`` sends for `source_arn`."""
    return await engine.call(admits, service, arn, source_arn, account)


def admits(service: str, arn: str, source_arn: str, account: str) -> bool:
    """`lets_in`, for whom moto's lock does not keep waiting."""
    kind = arn.split(":")[2]
    text = access.resource_policy(kind, arn)
    if not text or _is_default(text):
        return True
    asked = Asked(_SENDING[kind], arn, {"aws:sourcearn": source_arn, "aws:sourceaccount": account})
    return service_may(service, asked, documents.read(text))


def _is_default(text: str) -> bool:
    try:
        policy = json.loads(text)
    except ValueError:
        return False
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    return isinstance(statements, list) and policy.get("Id") == _DEFAULT and len(statements) == 1
