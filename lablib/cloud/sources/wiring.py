"""All event sources together, as the cloud and its front see them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from lablib.cloud.moto_seam import schedules
from lablib.cloud.sources import later
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.eventbridge import desk as eventbridge_desk
from lablib.cloud.sources.eventbridge.bus import EventBridge
from lablib.cloud.sources.expiry import TimeToLive
from lablib.cloud.sources.http.addresses import Address
from lablib.cloud.sources.http.apis import HttpApis
from lablib.cloud.sources.http.door import Door
from lablib.cloud.sources.http.urls import FunctionUrls
from lablib.cloud.sources.logs import LogSubscriptions
from lablib.cloud.sources.mappings.queues.source import queue_kind
from lablib.cloud.sources.mappings.registry import Mappings
from lablib.cloud.sources.mappings.streams.kinds import stream_kinds
from lablib.cloud.sources.rest.desk import RestDesk
from lablib.cloud.sources.rest.gateway import Gateway
from lablib.cloud.sources.rule_schedules import RuleSchedules
from lablib.cloud.sources.s3 import S3Notifications
from lablib.cloud.sources.scheduler.desk import Desk as SchedulerDesk
from lablib.cloud.sources.scheduler.service import Scheduler
from lablib.cloud.sources.sns.topics import Topics
from lablib.cloud.sources.stepfunctions import StepFunctions
from lablib.cloud.sources.traffic import KinesisTraffic
from lablib.cloud.web import Answer, Request, StreamedAnswer

# What answers a service's requests before moto does; None leaves a request to moto.
Desk = Callable[[Request], Awaitable[Answer | None]]


class EventSources:
    """Every event source of one cloud."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self.mappings = Mappings(
            context.clock, pending=context.functions.pending, region=context.region, account=context.account
        )
        for kind in (queue_kind(context), *stream_kinds(context)):
            self.mappings.add_kind(kind)
        context.functions.on_change(self.mappings.function_changed)
        self._http = Door(context.clock.now, context.region, FunctionUrls(context).find)
        self._http_apis = HttpApis(context)
        self._http.plug(self._http_apis.find)
        self.step_functions = StepFunctions(context)
        self._buses = EventBridge(context, self.step_functions)
        self._topics = Topics(context)
        self._rule_schedules = RuleSchedules(context, lambda rule, event: self._buses.run(rule.arn, event))
        self._rest = Gateway(context)
        self._http.plug(self._rest.find)
        self._scheduler = Scheduler(context)
        schedules.listen(schedules.Listener(
            rule=lambda rule: context.soon(self._rule_schedules.changed, rule),
            schedule=lambda schedule: context.soon(self._scheduler.changed, schedule),
            schedule_gone=lambda arn: context.soon(self._scheduler.gone, arn),
        ))  # fmt: skip
        self._s3 = S3Notifications(context)
        self._logs = LogSubscriptions(context)
        self._time_to_live = TimeToLive(context)
        self._traffic = KinesisTraffic(context)
        # By the service that a request is signed for. A desk refuses what AWS would refuse and moto takes, and does what moto has
        # not.
        self._desks: Mapping[str, Desk] = {
            "logs": self._logs.answer, "s3": self._s3.answer, "scheduler": SchedulerDesk(context.clock).answer,
            "states": self.step_functions.desk, "apigateway": RestDesk(self._rest).answer,
            "": self._topics.answer, "events": eventbridge_desk.answer,
        }  # fmt: skip

    async def answer(self, request: Request, service: str | None) -> Answer | None:
        """Answer a request to another service in moto's place, or leave it to moto (None)."""
        if service == "logs":
            await self._rest.logs.flush()
            await self._http_apis.log.flush()
        desk = self._desks.get(service or "")
        return await desk(request) if desk is not None else later.answer(request, service or "")

    async def serve(self, address: Address, request: Request, gone: asyncio.Event) -> Answer | StreamedAnswer:
        """Answer at a public address: a function URL's, an API's."""
        return await self._http.answer(address, request, gone)

    def noticed(self, request: Request, service: str | None) -> None:
        """moto has answered a request, or failed at it."""
        self._http_apis.noticed(request, service)
        self._rest.noticed(request, service)

    async def reset(self) -> None:
        """Forget everything; what is under way is ended."""
        await self.mappings.reset()
        await self._http_apis.reset()
        self._rule_schedules.reset()
        await self._scheduler.reset()
        await self._buses.reset()
        await self._topics.reset()
        await self._s3.reset()
        self._time_to_live.reset()
        await self.step_functions.reset()
        await self._rest.reset()
