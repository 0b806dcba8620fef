"""Schedule expressions: what AWS takes, and when it is due, against a definition that looks at every minute."""

from __future__ import annotations

import calendar
import doctest
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lablib.models import schedules
from lablib.models.cron import Cron
from lablib.models.schedules import At, BadExpression, Rate, next_runs, parse

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def runs(expression: str, count: int = 4, zone: str = "UTC", after: datetime = START) -> list[str]:
    return [f"{run:%Y-%m-%d %a %H:%M}" for run in next_runs(f"cron({expression})", count, zone, after)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 10 * * ? *", ["2026-01-01 Thu 10:00", "2026-01-02 Fri 10:00"]),
        ("0 18 ? * MON-FRI *", ["2026-01-01 Thu 18:00", "2026-01-02 Fri 18:00", "2026-01-05 Mon 18:00"]),
        ("0/15 * * * ? *", ["2026-01-01 Thu 00:15", "2026-01-01 Thu 00:30"]),
        ("*/20 8-10/2 ? * 2 *", ["2026-01-05 Mon 08:00", "2026-01-05 Mon 08:20", "2026-01-05 Mon 08:40", "2026-01-05 Mon 10:00"]),
        ("0 8 L * ? *", ["2026-01-31 Sat 08:00", "2026-02-28 Sat 08:00", "2026-03-31 Tue 08:00"]),
        ("0 8 LW * ? *", ["2026-01-30 Fri 08:00", "2026-02-27 Fri 08:00", "2026-03-31 Tue 08:00"]),
        ("0 8 L-3 * ? *", ["2026-01-28 Wed 08:00", "2026-02-25 Wed 08:00"]),
        ("0 8 1W * ? *", ["2026-01-01 Thu 08:00", "2026-02-02 Mon 08:00"]),
        ("0 8 31W * ? *", ["2026-01-30 Fri 08:00", "2026-03-31 Tue 08:00", "2026-05-29 Fri 08:00"]),
        ("0 8 ? * 6#3 *", ["2026-01-16 Fri 08:00", "2026-02-20 Fri 08:00"]),
        ("0 8 ? * 2#5 *", ["2026-03-30 Mon 08:00", "2026-06-29 Mon 08:00"]),
        ("0 8 ? * FRIL *", ["2026-01-30 Fri 08:00", "2026-02-27 Fri 08:00"]),
        ("0 8 ? * L *", ["2026-01-03 Sat 08:00", "2026-01-10 Sat 08:00"]),
        ("0 8 ? * sat-mon *", ["2026-01-03 Sat 08:00", "2026-01-04 Sun 08:00", "2026-01-05 Mon 08:00"]),
        ("0 0 29 2 ? *", ["2028-02-29 Tue 00:00", "2032-02-29 Sun 00:00"]),
        ("0 0 1 1 ? 2027-2040/3", ["2027-01-01 Fri 00:00", "2030-01-01 Tue 00:00"]),
        ("0 0 1 1 ? 2199", ["2199-01-01 Tue 00:00"]),
        ("0 0 30 2 ? *", []),
        ("0 0 1 1 ? 1999", []),
    ],
)
def test_when_a_cron_expression_is_due(expression: str, expected: list[str]) -> None:
    assert runs(expression)[: max(1, len(expected))] == expected


@pytest.mark.parametrize(
    "expression",
    [
        "", "cron()", "cron", "0 10 * * ? *", "cron(0 10 * * ? *", "cron(0 10 * * ?)", "cron(0 10 * * ? * *)",
        "cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(0 10 1 * MON *)", "cron(60 * * * ? *)", "cron(* 24 * * ? *)",
        "cron(* * 0 * ? *)", "cron(* * 32 * ? *)", "cron(* * ? * 0 *)", "cron(* * ? * 8 *)", "cron(* * * 13 ? *)",
        "cron(* * * * ? 1969)", "cron(* * * * ? 2200)", "cron(* * * * ? 2030-2020)", "cron(* * 32W * ? *)", "cron(* * W * ? *)",
        "cron(* * ? * 6#6 *)", "cron(* * ? * 3#1,6#3 *)", "cron(a * * * ? *)", "cron(*/0 * * * ? *)", "cron(0/60 * * * ? *)",
        "cron(1, * * * ? *)", "cron(-1 * * * ? *)", "cron(1-2-3 * * * ? *)", "cron(? * * * ? *)", "cron(1/2/3 * * * ? *)",
        "cron(٣ * * * ? *)", "rate()", "rate(5)", "rate(0 minutes)", "rate(-5 minutes)", "rate(1.5 hours)", "rate(5 seconds)",
        "rate(5 weeks)", "rate(5  minutes", "Rate(5 minutes)", "rate(five minutes)", "at(2026-13-01T00:00:00)",
        "at(2026-02-29T00:00:00)", "at(2026-02-28)", "at(2026-02-28T25:00:00)", "at(2026-02-28T10:00:00Z)", "every day",
    ],
)  # fmt: skip
def test_what_aws_would_refuse(expression: str) -> None:
    with pytest.raises(BadExpression):
        parse(expression)


@pytest.mark.parametrize(
    # Taken by AWS: captured, third party, December 2025.
    "expression", ["cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)", "cron(30-30 13-13 ? * 2,4,6 *)", "cron(1-31/30 1-1 ? * 1,7 *)"],
)  # fmt: skip
def test_what_looks_odd_and_aws_takes(expression: str) -> None:
    assert next_runs(expression, 1)


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(1 hour)", 3600), ("rate(7 hours)", 25200), ("rate(1 day)", 86400)],
)
def test_rates(expression: str, seconds: int) -> None:
    assert parse(expression, of_rule=True) == parse(expression) == Rate(seconds)


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "rate(5 minute)", "rate(1 days)", "rate(2 hour)", "at(2026-01-01T00:00:00)"])
def test_a_rule_is_stricter_than_scheduler(expression: str) -> None:
    parse(expression)
    with pytest.raises(BadExpression):
        parse(expression, of_rule=True)


def test_a_rate_counts_from_its_start() -> None:
    rate = Rate(300)
    assert [rate.next(after, 1000.0) for after in (0.0, 999.9, 1000.0, 1299.0, 1300.0, 5000.0)] == [
        1000.0, 1000.0, 1300.0, 1300.0, 1600.0, 5200.0,
    ]  # fmt: skip


def test_what_the_clocks_do_to_a_schedule() -> None:
    """A time of day that does not exist is skipped; one that there is twice counts once; a day of a rate is 24 hours."""
    spring, autumn = (datetime(2026, month, day, 12, tzinfo=timezone.utc) for month, day in ((3, 7), (10, 31)))
    assert runs("30 2 * * ? *", 2, "America/New_York", spring) == ["2026-03-09 Mon 02:30", "2026-03-10 Tue 02:30"]
    twice = next_runs("cron(30 1 * * ? *)", 2, "America/New_York", autumn)
    assert [run.astimezone(timezone.utc).isoformat() for run in twice] == ["2026-11-01T05:30:00+00:00", "2026-11-02T06:30:00+00:00"]
    daily = next_runs("rate(1 day)", 2, "America/New_York", spring)
    assert daily[1] - daily[0] == timedelta(days=1) and [run.hour for run in daily] == [8, 8]
    assert isinstance(at := parse("at(2026-07-01T09:00:00)"), At)
    assert at.moment(ZoneInfo("Asia/Kolkata")) == datetime(2026, 7, 1, 3, 30, tzinfo=timezone.utc).timestamp()
    assert next_runs("at(2026-07-01T09:00:00)", 5, "UTC", datetime(2026, 8, 1, tzinfo=timezone.utc)) == []


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "europe berlin"])
def test_a_time_zone_that_is_none(zone: str) -> None:
    with pytest.raises(BadExpression):
        next_runs("rate(1 day)", 1, zone)


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(schedules).failed == 0


# --- against a definition that looks at every minute ---------------------------------

NAMES = "SUN MON TUE WED THU FRI SAT".split()


def listed(lowest: int, highest: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """A field's text, and the numbers that it means."""
    number = st.integers(lowest, highest)
    one = number.map(lambda n: (str(n), frozenset({n})))
    span = st.tuples(number, number).map(sorted).map(lambda ends: (f"{ends[0]}-{ends[1]}", frozenset(range(ends[0], ends[1] + 1))))
    steps = st.tuples(number, st.integers(1, highest)).map(lambda s: (f"{s[0]}/{s[1]}", frozenset(range(s[0], highest + 1, s[1]))))
    parts = st.lists(one | span | steps, min_size=1, max_size=3)
    several = parts.map(lambda parts: (",".join(text for text, _ in parts), frozenset().union(*(found for _, found in parts))))
    return st.just(("*", frozenset(range(lowest, highest + 1)))) | several


def is_working(day: date) -> bool:
    return day.weekday() < 5


def matches_special(text: str, day: date) -> bool:
    """What `L`, `W` and `#` mean, in so many words."""
    length = calendar.monthrange(day.year, day.month)[1]
    month = [date(day.year, day.month, number) for number in range(1, length + 1)]
    if text == "L":
        return day == month[-1]
    if text.endswith("W"):
        near = int(text[:-1])
        working = [other for other in month if is_working(other)]
        return near <= length and day == min(working, key=lambda other: abs(other.day - near))
    name, kind, which = text[:3], text[3], text[4:]
    same = [other for other in month if NAMES[other.isoweekday() % 7] == name]
    return day == same[-1] if kind == "L" else len(same) >= int(which) and day == same[int(which) - 1]


def every_minute(start: datetime, days: int) -> Iterator[datetime]:
    return (start + timedelta(minutes=minute) for minute in range(1, days * 1440 + 1))


@settings(max_examples=60)
@given(listed(0, 59), listed(0, 23), st.sampled_from(["month", "week", "special"]), st.data())
def test_every_expression_is_due_when_its_definition_says(
    minutes: tuple[str, frozenset[int]], hours: tuple[str, frozenset[int]], kind: str, data: st.DataObject
) -> None:
    months = data.draw(listed(1, 12))
    day_text, days = data.draw(listed(1, 31) if kind == "month" else listed(1, 7))
    special = data.draw(
        st.just("L") | st.integers(1, 31).map(lambda n: f"{n}W")
        | st.sampled_from(NAMES).flatmap(lambda name: st.sampled_from([f"{name}L", *(f"{name}#{n}" for n in range(1, 6))]))
    )  # fmt: skip

    def due(moment: datetime) -> bool:
        if moment.minute not in minutes[1] or moment.hour not in hours[1] or moment.month not in months[1]:
            return False
        if kind == "month":
            return moment.day in days
        return moment.isoweekday() % 7 + 1 in days if kind == "week" else matches_special(special, moment.date())

    in_month = kind == "month" or (kind == "special" and (special == "L" or special.endswith("W")))
    text = special if kind == "special" else day_text
    fields = f"{text} {months[0]} ?" if in_month else f"? {months[0]} {text}"
    start = data.draw(st.datetimes(datetime(2026, 1, 1), datetime(2032, 1, 1))).replace(tzinfo=timezone.utc)
    expected = [moment for moment in every_minute(start.replace(second=0, microsecond=0), 40) if due(moment)][:25]
    cron, moment, found = Cron.parse(f"{minutes[0]} {hours[0]} {fields} *"), start.timestamp(), []
    while len(found) < len(expected) and (moment_next := cron.next(moment)) is not None:
        moment = moment_next
        found.append(datetime.fromtimestamp(moment, timezone.utc))
    assert found == expected
    if not expected and (later := cron.next(start.timestamp())) is not None:
        assert later > (start + timedelta(days=40)).timestamp() - 60
