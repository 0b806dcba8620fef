"""AWS's cron expressions: six fields, evaluated on the clock of a time zone.

``minutes hours day-of-month month day-of-week year``, of which one of the two day fields is ``?``; with ``L``, ``W``, ``#``,
steps and lists. Sources: Amazon EventBridge User Guide "Cron expressions"; EventBridge Scheduler User Guide "Schedule types";
read 2026-11-23. Our own, since no library has this dialect whole (2026-11-23): cronsim 2.8 and croniter 7.0 have neither ``W``,
``?`` nor AWS's numbers of weekdays, and aws-croniter 2.1.1, the nearest, fails at ``LW``, at ``L`` as a weekday and at steps of
years.

Where AWS does not say, this is as in Quartz, whose characters these are: ranges may wrap round (``FRI-MON``, not in years), a
step is no longer than its field, names are in any case, ``L`` and ``W`` stand alone. ``LW`` and ``L-3`` are on no page of AWS's.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo

_MONTHS = {name: number for number, name in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), start=1)}
_WEEKDAYS = {name: number for number, name in enumerate("SUN MON TUE WED THU FRI SAT".split(), start=1)}
_SATURDAY = 7


class BadExpression(ValueError):
    """An expression that AWS would refuse; the text says which part of it, and why."""


@dataclass(frozen=True)
class _Field:
    name: str
    lowest: int
    highest: int
    names: Mapping[str, int]
    wraps: bool = True


_MINUTES = _Field("minutes", 0, 59, {})
_HOURS = _Field("hours", 0, 23, {})
_DAYS = _Field("day-of-month", 1, 31, {})
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day-of-week", 1, 7, _WEEKDAYS)
_YEARS = _Field("year", 1970, 2199, {}, wraps=False)

# Which days of a month: from its year and number, the day numbers in order.
_Days = Callable[[int, int], list[int]]


@dataclass(frozen=True)
class Cron:
    """A cron expression. `next` finds when it is due."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: tuple[int, ...]
    days: _Days

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read what stands between the brackets of ``cron(…)``. Raises `BadExpression`."""
        fields = text.upper().split()
        if len(fields) != 6:
            raise BadExpression(f"cron({text}) has {len(fields)} fields, not six")
        minutes, hours, days, month, weekday, years = fields
        if (days == "?") == (weekday == "?"):
            raise BadExpression(f"of the fields day-of-month and day-of-week exactly one is '?' (cron({text}))")
        return cls(
            tuple(sorted(_values(minutes, _MINUTES))),
            tuple(sorted(_values(hours, _HOURS))),
            frozenset(_values(month, _MONTH)),
            tuple(sorted(_values(years, _YEARS))),
            _days_of_month(days) if weekday == "?" else _days_of_week(weekday),
        )

    def next(self, after: float, zone: tzinfo = timezone.utc) -> float | None:
        """The first moment later than `after` at which it is due; both in seconds since 1970. None: never again.

        In a zone with daylight saving time a time of day that does not exist is skipped, and of one that there is twice the first
        counts alone.
        """
        start = datetime.fromtimestamp(after, zone)
        for day in self._dates(start.date()):
            same_day = day == start.date()
            for hour in self.hours:
                for minute in self.minutes:
                    if same_day and (hour, minute) < (start.hour, start.minute):
                        continue
                    moment = _moment(day, hour, minute, zone)
                    if moment is not None and moment > after:
                        return moment
        return None

    def _dates(self, first: date) -> Iterator[date]:
        for year in self.years:
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for number in self.days(year, month):
                    day = date(year, month, number)
                    if day >= first:
                        yield day


def _moment(day: date, hour: int, minute: int, zone: tzinfo) -> float | None:
    wall = datetime(day.year, day.month, day.day, hour, minute)
    moment = wall.replace(tzinfo=zone).timestamp()
    exists = datetime.fromtimestamp(moment, zone).replace(tzinfo=None) == wall
    return moment if exists else None


def _values(text: str, field: _Field) -> set[int]:
    """The numbers that a field's list of values, ranges and steps means."""
    return {number for part in text.split(",") for number in _part(part, field)}


def _part(part: str, field: _Field) -> list[int]:
    span, slash, step_text = part.partition("/")
    step = _number(step_text, field, lowest=1) if slash else 1
    if span == "*":
        return list(range(field.lowest, field.highest + 1, step))
    first_text, dash, last_text = span.partition("-")
    first = _number(first_text, field)
    last = _number(last_text, field) if dash else field.highest if slash else first
    if last >= first:
        return list(range(first, last + 1, step))
    if not field.wraps:
        raise BadExpression(f"the range {span!r} of {field.name} ends before it begins")
    size = field.highest - field.lowest + 1
    return [(number - field.lowest) % size + field.lowest for number in range(first, last + size + 1, step)]


def _number(text: str, field: _Field, lowest: int | None = None) -> int:
    number = field.names.get(text) if lowest is None else None
    if number is None:
        if not re.fullmatch(r"[0-9]{1,4}", text):
            raise BadExpression(f"{text!r} is no value of {field.name}")
        number = int(text)
    if not (field.lowest if lowest is None else lowest) <= number <= field.highest:
        raise BadExpression(f"{number} is out of range for {field.name}, which is {field.lowest} to {field.highest}")
    return number


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _weekday(year: int, month: int, day: int) -> int:
    """1 for Sunday to 7 for Saturday."""
    return date(year, month, day).isoweekday() % 7 + 1


def _days_of_month(text: str) -> _Days:
    if text == "L":
        return lambda year, month: [_length(year, month)]
    if text == "LW":
        return lambda year, month: _nearest_weekday(year, month, _length(year, month))
    if found := re.fullmatch(r"L-([0-9]{1,2})", text):
        back = _number(found[1], _DAYS)
        return lambda year, month: [day for day in (_length(year, month) - back,) if day >= 1]
    if text.endswith("W"):
        near = _number(text[:-1], _DAYS)
        return lambda year, month: _nearest_weekday(year, month, near)
    wanted = sorted(_values(text, _DAYS))
    return lambda year, month: [day for day in wanted if day <= _length(year, month)]


def _nearest_weekday(year: int, month: int, day: int) -> list[int]:
    """The day from Monday to Friday that is nearest to a day and in its month; none where the month is shorter."""
    length = _length(year, month)
    if day > length:
        return []
    match _weekday(year, month, day):
        case 7:
            return [day - 1 if day > 1 else 3]
        case 1:
            return [day + 1 if day < length else day - 2]
        case _:
            return [day]


def _days_of_week(text: str) -> _Days:
    if text == "L":  # the last day of the week
        return _on({_SATURDAY})
    if text.endswith("L"):
        last = _number(text[:-1], _WEEKDAY)
        return lambda year, month: _on({last})(year, month)[-1:]
    if "#" in text:
        weekday_text, _, which_text = text.partition("#")
        weekday = _number(weekday_text, _WEEKDAY)
        if which_text not in ("1", "2", "3", "4", "5"):
            raise BadExpression(f"{text!r}: a month has a first to a fifth day of the week")
        which = int(which_text)
        return lambda year, month: _on({weekday})(year, month)[which - 1 : which]
    return _on(_values(text, _WEEKDAY))


def _on(weekdays: set[int]) -> _Days:
    """Every day of a month that is one of these weekdays."""

    def days(year: int, month: int) -> list[int]:
        first = date(year, month, 1)
        every = ((first + timedelta(days=number)) for number in range(_length(year, month)))
        return [day.day for day in every if day.isoweekday() % 7 + 1 in weekdays]

    return days
