"""Scheduled rules of EventBridge: ``rate(…)`` and ``cron(…)`` in UTC, fired by the cloud's clock."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from lablib.cloud.moto_seam.schedules import ScheduledRule
from lablib.cloud.sources.context import SourceContext
from lablib.cloud.sources.timetable import Entry, Timetable
from lablib.models.cron import Cron
from lablib.models.schedules import Rate, parse
from lablib.models.timestamps import whole_seconds

# Runs a rule's targets with an event: the rule, the event.
Run = Callable[[ScheduledRule, Mapping[str, Any]], None]


class RuleSchedules:
    """The rules that have a schedule.

    A rate counts from when the rule was made or enabled, or its expression changed ("Setting a schedule pattern for scheduled
    rules", Amazon EventBridge User Guide: "a rate expression starts when you create the scheduled event rule"; that it starts
    again when the rule is enabled again is unconfirmed).

    Parameters
    ----------
    run
        Runs a rule's targets.
    """

    def __init__(self, context: SourceContext, run: Run) -> None:
        self._context, self._run = context, run
        self._timetable = Timetable(context.clock)
        self._known: dict[str, ScheduledRule] = {}

    def changed(self, rule: ScheduledRule) -> None:
        """A rule was put, enabled, disabled or deleted."""
        if self._known.get(rule.arn) == rule:
            return  # put again as it was, perhaps with another description
        self._timetable.cancel(rule.arn)
        self._known.pop(rule.arn, None)
        if rule.expression is None:
            return
        self._known[rule.arn] = rule
        if rule.enabled:
            now = self._context.clock.now()
            self._timetable.set(rule.arn, Entry(f"the rule {rule.name}", _next_of(rule.expression, now), self._firing(rule)), now)

    def _firing(self, rule: ScheduledRule) -> Callable[[float, bool], None]:
        return lambda moment, last: self._run(rule, scheduled_event(rule.arn, rule.region, self._context.account, moment))

    def reset(self) -> None:
        """There are no rules."""
        self._timetable.clear()
        self._known.clear()


def _next_of(expression: str, start: float) -> Callable[[float], float | None]:
    schedule = parse(expression, of_rule=True)
    if isinstance(schedule, Rate):
        return lambda after: schedule.next(after, start + schedule.seconds)
    assert isinstance(schedule, Cron), "at(…) is Scheduler's alone"
    return schedule.next


def scheduled_event(arn: str, region: str, account: str, moment: float) -> dict[str, Any]:
    """The event of a rule's schedule: ``time`` is when it was due, without fractions of a second."""
    return {
        "version": "0", "id": str(uuid.uuid4()), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": account, "time": whole_seconds(moment),
        "region": region, "resources": [arn], "detail": {},
    }  # fmt: skip
