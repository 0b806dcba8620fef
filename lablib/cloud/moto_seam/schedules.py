"""EventBridge's scheduled rules and the schedules of EventBridge Scheduler: moto keeps them, and here nothing ticks.

Whoever listens hears of each as soon as moto has changed it, whichever way (CloudFormation too). What moto takes and AWS refuses
is refused: a rule's malformed expression. What moto's UpdateSchedule forgets is kept: ActionAfterCompletion, and a State that is
not given.

Touches: `moto.events.models.EventsBackend`'s `put_rule`, `delete_rule`, `enable_rule`, `disable_rule`, `_get_event_bus`,
`_normalize_event_bus_arn`, `Rule.scheduled_expression`, `.state`, `.arn`, `moto.events.models.ValidationException`;
`moto.scheduler.models.EventBridgeSchedulerBackend`'s `create_schedule`, `update_schedule`, `delete_schedule`,
`delete_schedule_group`, `schedule_groups`, `Schedule`'s attributes; `moto.scheduler.responses.EventBridgeSchedulerResponse`'s
`update_schedule`, `scheduler_backend`, `_get_param`; `moto.scheduler.models.scheduler_backends`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam import clockwork, engine
from lablib.models.schedules import BadExpression, parse


@dataclass(frozen=True)
class ScheduledRule:
    """A rule of the default event bus that has, or had, a schedule. `expression` is None when it has none, or is gone."""

    arn: str
    name: str
    region: str
    expression: str | None
    enabled: bool


@dataclass(frozen=True)
class Schedule:
    """A schedule of EventBridge Scheduler at one moment; times in seconds since 1970.

    Attributes
    ----------
    window
        Minutes of its flexible time window; None without.
    target
        As CreateSchedule has it.
    """

    arn: str
    name: str
    group: str
    region: str
    expression: str
    timezone: str
    enabled: bool
    created: float
    start: float | None
    end: float | None
    window: int | None
    deletes_itself: bool
    target: Mapping[str, Any]


@dataclass(frozen=True)
class Listener:
    """Who hears of changes: called in moto's thread, under the lock."""

    rule: Callable[[ScheduledRule], None]
    schedule: Callable[[Schedule], None]
    schedule_gone: Callable[[str], None]


_listener: Listener | None = None


def listen(listener: Listener) -> None:
    """From here on `listener` hears of every change."""
    global _listener
    first = _listener is None
    _listener = listener
    if first:
        clockwork.when_loaded("moto.events.models", _correct_events)
        clockwork.when_loaded("moto.scheduler.models", _correct_scheduler)
        clockwork.when_loaded("moto.scheduler.responses", _correct_answers)


def delete(schedule: Schedule) -> None:
    """Delete a schedule, as itself does after its last run; nothing if it is gone. The caller holds the lock."""
    from moto.scheduler.models import scheduler_backends

    backend = scheduler_backends[engine.place.account][schedule.region]
    group = backend.schedule_groups.get(schedule.group)
    if group is not None and schedule.name in group.schedules:
        backend.delete_schedule(schedule.group, schedule.name)


def has_group(region: str, name: str) -> bool:
    """Whether there is a schedule group of this name. The caller holds the lock."""
    from moto.scheduler.models import scheduler_backends

    return name in scheduler_backends[engine.place.account][region].schedule_groups


# --- rules --------------------------------------------------------------------------


def _correct_events(models: Any) -> None:
    backend = models.EventsBackend
    backend.put_rule = _checking(backend.put_rule, models.ValidationException)
    for name in ("enable_rule", "disable_rule", "delete_rule"):
        setattr(backend, name, _telling(getattr(backend, name)))


def _checking(original: Callable[..., Any], refused: Callable[[str], Exception]) -> Callable[..., Any]:
    def put_rule(backend: Any, name: str, *args: Any, **more: Any) -> Any:
        expression = more.get("scheduled_expression")
        if expression and backend._normalize_event_bus_arn(more.get("event_bus_arn")) == "default":
            try:
                parse(expression, of_rule=True)
            except BadExpression:
                raise refused("Parameter ScheduleExpression is not valid.") from None
        rule = original(backend, name, *args, **more)
        _tell(backend, rule, rule.scheduled_expression)
        return rule

    return put_rule


def _telling(original: Callable[..., Any]) -> Callable[..., Any]:
    def change(backend: Any, name: str, event_bus_arn: str | None, *args: Any, **more: Any) -> Any:
        before = _rule(backend, name, event_bus_arn)
        result = original(backend, name, event_bus_arn, *args, **more)
        after = _rule(backend, name, event_bus_arn)
        if before is not None:
            _tell(backend, before, after.scheduled_expression if after is not None else None)
        return result

    return change


def _rule(backend: Any, name: str, event_bus_arn: str | None) -> Any | None:
    bus = backend.event_buses.get(backend._normalize_event_bus_arn(event_bus_arn))
    return bus.rules.get(name) if bus is not None else None


def _tell(backend: Any, rule: Any, expression: str | None) -> None:
    if _listener is not None and rule.event_bus_name == "default":
        told = ScheduledRule(rule.arn, rule.name, backend.region_name, expression or None, rule.state != "DISABLED")
        _listener.rule(told)


# --- schedules ----------------------------------------------------------------------


def _correct_scheduler(models: Any) -> None:
    backend = models.EventBridgeSchedulerBackend
    for name in ("create_schedule", "update_schedule"):
        setattr(backend, name, _then_telling(getattr(backend, name)))
    backend.delete_schedule = _forgetting(backend.delete_schedule)
    backend.delete_schedule_group = _forgetting_all(backend.delete_schedule_group)


def _then_telling(original: Callable[..., Any]) -> Callable[..., Any]:
    def change(backend: Any, *args: Any, **more: Any) -> Any:
        schedule = original(backend, *args, **more)
        schedule.state = schedule.state or "ENABLED"  # which moto's UpdateSchedule leaves out
        _tell_schedule(backend, schedule)
        return schedule

    return change


def _tell_schedule(backend: Any, schedule: Any) -> None:
    if _listener is not None:
        window = schedule.flexible_time_window
        _listener.schedule(Schedule(
            schedule.arn, schedule.name, schedule.group_name, backend.region_name, schedule.schedule_expression,
            schedule.schedule_expression_timezone, schedule.state == "ENABLED", schedule.creation_date,
            _seconds(schedule.start_date), _seconds(schedule.end_date),
            window.get("MaximumWindowInMinutes") if window.get("Mode") == "FLEXIBLE" else None,
            schedule.action_after_completion == "DELETE", schedule.target,
        ))  # fmt: skip


def _seconds(date: Any) -> float | None:
    return float(date) if date is not None else None


def _forgetting(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_schedule(backend: Any, group_name: str | None, name: str) -> None:
        schedule = backend.get_schedule(group_name, name)
        original(backend, group_name, name)
        if _listener is not None:
            _listener.schedule_gone(schedule.arn)

    return delete_schedule


def _forgetting_all(original: Callable[..., Any]) -> Callable[..., Any]:
    def delete_schedule_group(backend: Any, name: str | None) -> None:
        schedules = list(backend.get_schedule_group(name).schedules.values())
        original(backend, name)
        if _listener is not None:
            for schedule in schedules:
                _listener.schedule_gone(schedule.arn)

    return delete_schedule_group


def _correct_answers(responses: Any) -> None:
    response = responses.EventBridgeSchedulerResponse
    original = response.update_schedule

    def update_schedule(self: Any) -> str:
        name, group = self.uri.split("?")[0].split("/")[-1], self._get_param("GroupName")
        self.scheduler_backend.get_schedule(group, name).action_after_completion = self._get_param("ActionAfterCompletion")
        return str(original(self))

    response.update_schedule = update_schedule
