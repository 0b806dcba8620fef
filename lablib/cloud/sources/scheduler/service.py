"""Which schedules there are, and when each is due."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from lablib.cloud.moto_seam import engine
from lablib.cloud.moto_seam import schedules as moto_schedules
from lablib.cloud.moto_seam.schedules import Schedule
from lablib.cloud.sources.acting import Acting
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.scheduler.delivery import Delivery
from lablib.cloud.sources.timetable import Entry, Timetable
from lablib.models.cron import Cron
from lablib.models.schedules import At, Rate, parse, zone_of


class Scheduler:
    """The schedules of EventBridge Scheduler."""

    def __init__(self, context: SourceContext) -> None:
        self._clock = context.clock
        self._acting = Acting(context.url, context.clock, "scheduler.amazonaws.com")
        self._delivery = Delivery(self._acting, context.clock, context.metrics, context.account)
        self._timetable = Timetable(context.clock)
        self._known: dict[str, Schedule] = {}

    def changed(self, schedule: Schedule) -> None:
        """A schedule was created or updated."""
        fresh = schedule.arn not in self._known
        self.gone(schedule.arn)
        self._known[schedule.arn] = schedule
        if schedule.enabled:
            # What is due at this very moment is due to a new schedule, and was to one that is updated.
            now = self._clock.now()
            after = schedule.created - 0.001 if fresh and schedule.start is None else now
            entry = Entry(f"the schedule {schedule.name}", _next_of(schedule), self._firing(schedule))
            self._timetable.set(schedule.arn, entry, after)

    def gone(self, arn: str) -> None:
        """A schedule was deleted: it fires no more. What it has begun goes on."""
        self._timetable.cancel(arn)
        self._known.pop(arn, None)

    def _firing(self, schedule: Schedule) -> Callable[[float, bool], Awaitable[None]]:
        async def fire(moment: float, last: bool) -> None:
            if self._known.get(schedule.arn) is not schedule:  # changed or deleted while its window was open
                return
            await self._delivery.run(schedule, moment)
            if last and schedule.deletes_itself and self._known.get(schedule.arn) is schedule:
                await engine.call(moto_schedules.delete, schedule)

        if schedule.window is None:
            return fire

        async def fire_within(moment: float, last: bool) -> None:
            # Where in its window AWS runs a schedule nobody can know. Here: anywhere, and the same each time that a lab is run.
            late = random.Random(f"{schedule.arn} {moment}").uniform(0, 60 * (schedule.window or 0))
            self._clock.at(moment + late, lambda: fire(moment, last), f"the schedule {schedule.name}")

        return fire_within

    async def reset(self) -> None:
        """There are no schedules."""
        self._timetable.clear()
        await self._delivery.reset()
        self._acting.reset()
        self._known.clear()


def _next_of(schedule: Schedule) -> Callable[[float], float | None]:
    """When a schedule is due after a moment: from StartDate on, to EndDate, both of which one-time schedules ignore.

    A rate without a StartDate counts from when its schedule was created. That it still does after an update, and that a one-time
    schedule whose time is over never runs, is unconfirmed.
    """
    parsed, zone = parse(schedule.expression), zone_of(schedule.timezone)
    if isinstance(parsed, At):
        once = parsed.moment(zone)
        return lambda after: once if once > after else None
    start = schedule.start if schedule.start is not None else schedule.created

    def recurring(after: float) -> float | None:
        moment = _following(parsed, after)
        return moment if moment is None or schedule.end is None or moment <= schedule.end else None

    def _following(parsed: Rate | Cron, after: float) -> float | None:
        return parsed.next(after, start) if isinstance(parsed, Rate) else parsed.next(max(after, start - 0.001), zone)

    return recurring
