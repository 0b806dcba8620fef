"""Whether a queue or a topic lets a service in that sends to it: its policy is asked with whom the message is from.

As on AWS nothing arrives without a policy that names the service: an owner's own key and a role need none.
"""

from __future__ import annotations

from lablib.cloud.access import documents
from lablib.cloud.access.decision import Asked, service_may
from lablib.cloud.moto_seam import access, engine

_SENDING = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}


async def lets_in(service: str, arn: str, source_arn: str, account: str) -> bool:
    """Whether the queue or topic `arn` takes what a service (``events.amazonaws.com``) sends for `source_arn`."""
    return await engine.call(admits, service, arn, source_arn, account)


def admits(service: str, arn: str, source_arn: str, account: str) -> bool:
    """`lets_in`, for whom moto's lock does not keep waiting."""
    kind = arn.split(":")[2]
    text = access.resource_policy(kind, arn)
    asked = Asked(_SENDING[kind], arn, {"aws:sourcearn": source_arn, "aws:sourceaccount": account})
    return service_may(service, asked, documents.read(text or ""))
