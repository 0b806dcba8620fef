"""What happens to objects goes to those whom their bucket's notification configuration names."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from lablib.cloud.access import principals
from lablib.cloud.access.s3 import bucket_of
from lablib.cloud.api.wire import header
from lablib.cloud.authentication import presigned
from lablib.cloud.authentication.authority import claim_of
from lablib.cloud.authentication.refusals import Style, error
from lablib.cloud.moto_seam import buckets, engine
from lablib.cloud.moto_seam.buckets import Bucket, Configuration, ObjectEvent, Rule
from lablib.cloud.moto_seam.objects import NoSuchBucket
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.s3 import records
from lablib.cloud.sources.s3.configuration import Invalid, concerns, parse, write
from lablib.cloud.sources.s3.destinations import SERVICE, Destinations
from lablib.cloud.web import Answer, Request

log = logging.getLogger("lablib.cloud")

UNABLE = "Unable to validate the following destination configurations"

Work = Callable[[], Awaitable[None]]


class S3Notifications:
    """S3's event notifications: told in the order in which things happened, after whoever did them has gone on."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._destinations = Destinations(context)
        self._sequence = records.Sequence()
        self._work: deque[Work] = deque()
        self._task: asyncio.Task[None] | None = None
        buckets.on_event = lambda event: context.soon(self._begin, lambda: self._tell(event))
        buckets.on_configured = lambda bucket, wanted: context.soon(self._begin, lambda: self._test(bucket, wanted))

    # --- the configuration ------------------------------------------------------------

    async def answer(self, request: Request) -> Answer | None:
        """Answer the two operations of a bucket's notification configuration."""
        name = bucket_of(request)
        if "notification" not in dict(parse_qsl(request.query, keep_blank_values=True)) or request.method not in ("GET", "PUT"):
            return None
        try:
            if request.method == "GET":
                found = await engine.call(buckets.configuration, name)
                return Answer(200, {"Content-Type": "application/xml"}, write(found))
            await self._configure(await engine.call(buckets.bucket, name), request)
        except NoSuchBucket:
            return error(Style.S3, 404, "NoSuchBucket", "The specified bucket does not exist")
        except Invalid as invalid:
            return invalid.answer()
        return Answer(200)

    async def _configure(self, bucket: Bucket, request: Request) -> None:
        wanted = parse(request.body, bucket.region)
        skips = (header(request, "x-amz-skip-destination-validation") or "").lower() == "true"
        if not skips:
            looked = [await self._destinations.wrong(rule, bucket) for rule in wanted.rules]
            if wrong := [one for one in looked if one is not None]:
                raise Invalid(UNABLE, *wrong, numbered=True)
        await engine.call(buckets.configure, bucket.name, wanted)
        if not skips:
            with self._context.clock.busy(f"the test of {bucket.name}'s notifications"):
                await self._test(bucket, wanted)

    async def _test(self, bucket: Bucket, wanted: Configuration) -> None:
        """Queues and topics get a message that says that they will be told; each gets one."""
        ids = secrets.token_hex(8).upper(), secrets.token_urlsafe(57)
        told: dict[str, Rule] = {rule.arn: rule for rule in wanted.rules if rule.service != "lambda"}
        for rule in told.values():
            body = records.test_message(bucket, self._context.clock.now(), *ids)
            await self._destinations.send(rule, bucket, body, None)

    # --- events -----------------------------------------------------------------------

    def _begin(self, work: Work) -> None:
        self._work.append(work)
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        with self._context.clock.busy("the event notifications of S3"):
            try:
                while self._work:
                    await self._one(self._work.popleft())
            finally:
                self._task = None

    @staticmethod
    async def _one(work: Work) -> None:
        try:
            await work()
        except Exception:
            log.exception("an event of S3 met a mistake of this cloud's")

    async def _tell(self, event: ObjectEvent) -> None:
        wanted, sequencer = event.configuration, self._sequence.next(event.at)
        principal, account = await self._who(event)
        for rule in wanted.rules:
            if concerns(rule, event.name, event.key):
                record = records.record(event, rule.id, principal, sequencer)
                await self._destinations.send(rule, event.bucket, _text({"Records": [record]}), event.trace)
        detail_type = records.detail_type(event)
        if wanted.event_bridge and detail_type is not None:
            detail = records.detail(event, account, sequencer)
            await self._destinations.put_event(event.bucket, detail_type, _text(detail), event.trace)

    async def _who(self, event: ObjectEvent) -> tuple[str, str]:
        """Who did it: as a record's ``principalId`` and as EventBridge's ``requester``."""
        account = event.bucket.account
        if event.request is None:  # a service, such as Lambda with the record of an event's end
            return f"AmazonCustomer:{records.customer(account)}", SERVICE
        key = _signer(event.request)
        if key is None:
            return "Anonymous", "anonymous"  # as S3's access logs and CloudTrail call them; of records it is unconfirmed
        who = await principals.principal_of(key)
        user = who.context.get("aws:userid") if who is not None else None
        return (f"AWS:{user}" if user is not None else records.customer(account)), account

    async def reset(self) -> None:
        """Forget what is to be told."""
        self._work.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def _signer(request: Request) -> str | None:
    """The access key of a request whose signature has been verified, wherever it is."""
    claim = claim_of(request)
    if claim is not None:
        return claim.access_key_id
    if presigned.is_version_2(request.query):
        return dict(parse_qsl(request.query))["AWSAccessKeyId"]
    if presigned.is_form(request):
        given = presigned.fields(request)
        return given.get("x-amz-credential", given.get("awsaccesskeyid", "")).partition("/")[0] or None
    return None
