"""Queues, topics, functions and EventBridge, as S3 sends to them."""

from __future__ import annotations

import logging

from lablib.cloud.api.errors import LambdaError
from lablib.cloud.moto_seam import deliveries, engine
from lablib.cloud.moto_seam.buckets import Bucket, Rule
from lablib.cloud.sources.calling import Source
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.lettings import lets_in

log = logging.getLogger("lablib.cloud")

SERVICE = "s3.amazonaws.com"
SUBJECT = "Amazon S3 Notification"
_NAMES = {"sqs": "queue", "sns": "topic"}


class Destinations:
    """Sends for S3, as far as each destination's own policy lets it."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context

    async def wrong(self, rule: Rule, bucket: Bucket) -> tuple[str, str] | None:
        """Why S3 cannot send for this rule: the name and value of an argument in S3's answer; None if it can."""
        if rule.service == "lambda":
            try:
                self._context.caller.check(rule.arn, self._source(bucket))
            except LambdaError:  # whether there is none or it may not: S3 says the same
                return f"{rule.arn}, null", f"Not authorized to invoke function [{rule.arn}]"
            return None
        name = _NAMES[rule.service]
        if rule.arn.endswith(".fifo"):
            return rule.arn, f"FIFO {rule.service.upper()} {name}s are not supported."  # the words are unconfirmed
        if not await engine.call(deliveries.exists, rule.arn):
            return rule.arn, f"The destination {name} does not exist"
        if not await self._may_send(rule, bucket):
            return rule.arn, f"Permissions on the destination {name} do not allow S3 to publish notifications from this bucket"
        return None

    async def send(self, rule: Rule, bucket: Bucket, body: str, trace: str | None) -> None:
        """Send to where a rule says. What cannot be sent is lost, as S3 loses it; the cloud's own log says why."""
        try:
            if rule.service == "lambda":
                self._context.caller.send(rule.arn, body.encode(), self._source(bucket), trace=trace)
            elif not await self._may_send(rule, bucket):
                raise deliveries.NotTaken("its policy does not let S3 in")
            elif rule.service == "sqs":
                await engine.call(deliveries.send_message, rule.arn, body, {}, trace)
            else:
                await engine.call(deliveries.publish, rule.arn, body, {}, trace, SUBJECT)
        except (LambdaError, deliveries.NotTaken) as lost:
            log.warning("an event of the bucket %s did not get to %s: %s", bucket.name, rule.arn, lost)

    async def put_event(self, bucket: Bucket, detail_type: str, detail: str, trace: str | None) -> None:
        """Put an event on the default bus."""
        bus = f"arn:aws:events:{bucket.region}:{bucket.account}:event-bus/default"
        try:
            await engine.call(deliveries.put_event, bus, detail_type, detail, [bucket.arn], trace, "aws.s3")
        except deliveries.NotTaken as lost:
            log.warning("an event of the bucket %s did not get to EventBridge: %s", bucket.name, lost)

    async def _may_send(self, rule: Rule, bucket: Bucket) -> bool:
        return await lets_in(SERVICE, rule.arn, bucket.arn, bucket.account)

    @staticmethod
    def _source(bucket: Bucket) -> Source:
        return Source(SERVICE, bucket.arn, bucket.account)
