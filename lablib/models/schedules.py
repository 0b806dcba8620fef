"""Schedule expressions of EventBridge rules and EventBridge Scheduler: ``rate(…)``, ``cron(…)``, ``at(…)``, and when they are due.

Sources: Amazon EventBridge User Guide "Setting a schedule pattern for scheduled rules"; EventBridge Scheduler User Guide
"Schedule types"; read 2026-11-23.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lablib.models.cron import BadExpression as BadExpression
from lablib.models.cron import Cron

_UNITS = {"minute": 60, "hour": 3_600, "day": 86_400}
_RATE = re.compile(r"rate\(\s*([0-9]{1,9})\s+(minute|hour|day)(s?)\s*\)")
_AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")


@dataclass(frozen=True)
class Rate:
    """Every so many seconds. A day is 24 hours, whatever the clocks do."""

    seconds: int

    def next(self, after: float, start: float) -> float:
        """The first moment later than `after` that is a whole number of intervals from `start`, or `start` itself."""
        if after < start:
            return start
        return start + (int((after - start) // self.seconds) + 1) * self.seconds


@dataclass(frozen=True)
class At:
    """Once, when the clock of a time zone shows this."""

    wall: datetime

    def moment(self, zone: tzinfo = timezone.utc) -> float:
        """Seconds since 1970. Of a time that the clock shows twice the first; of one that it skips, as if it had not (unconfirmed)."""
        return self.wall.replace(tzinfo=zone).timestamp()


Schedule = Rate | Cron | At


def parse(expression: str, *, of_rule: bool = False) -> Schedule:
    """Read a schedule expression.

    Parameters
    ----------
    of_rule
        As EventBridge's rules take it: no ``at(…)``, and ``minute`` for one, ``minutes`` for more. Scheduler's pages show both
        forms, and do not say that it looks at this.

    Raises
    ------
    BadExpression
        AWS would refuse it.
    """
    if expression.startswith("cron(") and expression.endswith(")"):
        return Cron.parse(expression[len("cron(") : -1])
    if found := _RATE.fullmatch(expression):
        value, unit, plural = int(found[1]), found[2], found[3] == "s"
        if value < 1:
            raise BadExpression("a rate is at least 1")
        if of_rule and plural != (value > 1):
            raise BadExpression(f"rate({value} …) is written with {unit!r} if it is 1, and with '{unit}s' if it is more")
        return Rate(value * _UNITS[unit])
    if not of_rule and (found := _AT.fullmatch(expression)):
        try:
            return At(datetime.fromisoformat(found[1]))
        except ValueError as error:
            raise BadExpression(f"{expression}: {error}") from None
    raise BadExpression(f"{expression!r} is no {'cron(…) or rate(…)' if of_rule else 'at(…), cron(…) or rate(…)'}")


def zone_of(name: str) -> tzinfo:
    """A time zone of the IANA database by its name. Raises `BadExpression`."""
    try:
        return timezone.utc if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadExpression(f"there is no time zone {name!r}") from None


def next_runs(expression: str, count: int = 10, timezone: str = "UTC", after: datetime | None = None) -> list[datetime]:
    """When a schedule expression is due next: at most `count` moments, in order, in the time zone.

    Parameters
    ----------
    timezone
        A name of the IANA database, such as ``Europe/Berlin``. EventBridge's rules know UTC alone.
    after
        From when on; without it from now. A rate counts from here.

    Raises
    ------
    BadExpression
        AWS would refuse the expression, or there is no such time zone.

    Examples
    --------
    >>> after = datetime.fromisoformat("2026-03-28T12:00+00:00")
    >>> [f"{run:%a %H:%M %z}" for run in next_runs("cron(30 2 * * ? *)", 2, "Europe/Berlin", after)]
    ['Mon 02:30 +0200', 'Tue 02:30 +0200']
    """
    zone, schedule = zone_of(timezone), parse(expression)
    now = (after or datetime.now(zone)).timestamp()
    runs: list[float] = []
    while len(runs) < count:
        moment: float | None
        match schedule:
            case Rate():
                moment = now + (len(runs) + 1) * schedule.seconds
            case At():
                moment = schedule.moment(zone) if not runs and schedule.moment(zone) > now else None
            case Cron():
                moment = schedule.next(runs[-1] if runs else now, zone)
        if moment is None:
            break
        runs.append(moment)
    return [datetime.fromtimestamp(run, zone) for run in runs]
