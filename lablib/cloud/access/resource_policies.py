"""Policies that a resource carries itself: of buckets, queues, topics and secrets, as moto keeps them."""

from __future__ import annotations

from lablib.cloud.access import s3
from lablib.cloud.access.decision import Asked
from lablib.cloud.access.documents import Statement, read
from lablib.cloud.moto_seam import access, engine


async def of(asked: Asked) -> tuple[Statement, ...]:
    """The statements of the policy of what somebody asks for; none where there is no policy.

    They are read each time: unlike IAM, what changes them is any of several services' requests.
    """
    service = asked.action.partition(":")[0]
    name = s3.policy_of(asked) if service == "s3" else asked.resource
    if service not in access.WITH_POLICIES or not name:
        return ()
    text = await engine.call(access.resource_policy, service, name)
    return read(text) if text else ()
