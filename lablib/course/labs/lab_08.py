"""The exercises of lab 08: a month's bill, the cheapest memory from a table, and a function tuned for real."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, RUNS, TYPE, Exercise, Layer
from lablib.course.labs.lab_08_tuning import TUNE_LAYERS
from lablib.course.matchers import NO_RETURN, Test, asked, call, callable_named, came_out, works
from lablib.course.verdict import HOLDS, Answer, fails, written
from lablib.models.pricing import estimate, price
from lablib.models.pricing.prices import FREE_GB_S, FREE_REQUESTS

_MOBILE: Final = (3_000_000, 120, 1536)
"""The example of 08.1, as the notebook shows it and as AWS's pricing page has it: 2.73 USD."""

_ALIKE: Final = 0.006
"""USD: a bill that was rounded to cents is right too."""


def _without_help(bench: Bench) -> Answer:
    if "estimate" in getattr(getattr(bench.namespace.get("monthly_bill"), "__code__", None), "co_names", ()):
        likely = "estimate knows the bill already; here you reckon it yourself."
        return fails(input=asked("monthly_bill", *_MOBILE), expected="a bill without help", got="it calls `estimate`", likely=likely)
    return works("monthly_bill", *_MOBILE, expected="a number")(bench)


def _monthly_type(bench: Bench) -> Answer:
    got, _ = call(bench, "monthly_bill", *_MOBILE)
    if isinstance(got, int | float | Decimal) and not isinstance(got, bool):
        return HOLDS
    likely = "return the number itself, not a text or a list that holds it."
    if got is None:
        likely = NO_RETURN
    return fails(input=asked("monthly_bill", *_MOBILE), expected="a number", got=written(got), likely=likely)


def _bills(*months: tuple[int, int, int]) -> Test:
    """`monthly_bill` of each month (requests, billed_ms, memory_mb) is what `estimate` says."""

    def test(bench: Bench) -> Answer:
        for month in months:
            got, error = call(bench, "monthly_bill", *month)
            requests, billed_ms, memory_mb = month
            wanted = float(estimate(requests=requests, duration_ms=billed_ms, memory_mb=memory_mb).total)
            if error or got is None or abs(float(got) - wanted) > _ALIKE:
                shown = came_out(got, error)
                likely = "for other numbers your code raises it." if error else _misreckoned(got, *month)
                return fails(input=asked("monthly_bill", *month), expected=f"{wanted:.2f}", got=shown, likely=likely)
        return HOLDS

    return test


def _misreckoned(got: Any, requests: int, billed_ms: int, memory_mb: int) -> str:
    """The mistake whose result is `got`, tried one after the other."""
    if got is None:
        return "for these numbers the function ends without `return`."
    each, second = float(price("requests").usd), float(price("x86_64 duration").usd)
    gb_s = requests * billed_ms / 1000 * memory_mb / 1024
    free_requests, free_gb_s = int(FREE_REQUESTS), int(FREE_GB_S)
    paid_requests, paid_gb_s = max(0, requests - free_requests) * each, max(0.0, gb_s - free_gb_s) * second
    mistakes = {
        "the free part comes off each line for itself: what one line leaves of it pays for no other.":
            max(0.0, (requests - free_requests) * each + (gb_s - free_gb_s) * second),
        "the free tier gives nothing back: what is left of each line is never below 0.":
            (requests - free_requests) * each + (gb_s - free_gb_s) * second,
        "the free tier is missing: 1,000,000 requests and 400,000 GB-seconds come off first.": requests * each + gb_s * second,
        "the free tier has 1,000,000 requests too; take them off before you multiply.": requests * each + paid_gb_s,
        "the free tier has 400,000 GB-seconds too; take them off before you multiply.": paid_requests + gb_s * second,
        "1,024 MB are one GB on Lambda's bill.":
            paid_requests + max(0.0, requests * billed_ms / 1000 * memory_mb / 1000 - free_gb_s) * second,
        "a price of a GB-second wants seconds, and these are milliseconds.":
            paid_requests + max(0.0, gb_s * 1000 - free_gb_s) * second,
        "the requests themselves cost something too: 0.20 USD for a million.": paid_gb_s,
        "the duration is missing, or a // drops a part of it: its GB-seconds are the larger line.": paid_requests,
        "0.20 USD is the price of a million requests, not of one.": paid_requests * 1_000_000 + paid_gb_s,
        "each request is billed, not each whole million: divide with /.": max(0, requests // 1_000_000 * 1_000_000 - free_requests) * each + paid_gb_s,
    }  # fmt: skip
    for sentence, usd in mistakes.items():
        if abs(float(got) - usd) <= _ALIKE:
            return sentence
    if abs(float(got) - 2.73) <= _ALIKE:
        return "2.73 is the example's bill; reckon with the numbers you are given."
    return "two lines make the bill: requests, and GB-seconds (requests x seconds x GB); each after its free part."


_TABLE: Final = {128: 1660, 512: 390, 1024: 185, 1769: 120, 3538: 120}
"""The example of 08.2: memory (MB) to billed milliseconds. 1,024 MB costs least of all."""


def _chooses_a_size(bench: Bench) -> Answer:
    got, _ = call(bench, "cheapest", dict(_TABLE), 400)
    if type(got) is int and got in _TABLE:
        return HOLDS
    if got is None:
        likely = "the function ends without `return`, or finds that nothing meets the deadline; 512, 1024, 1769 and 3538 do."
    elif got in _TABLE.values():
        likely = "that is a time; return the memory that it belongs to."
    else:
        likely = "return the memory alone: a whole number out of the table's keys."
    return fails(input=asked("cheapest", _TABLE, 400), expected="one of the sizes, as a whole number", got=written(got), likely=likely)


def _chooses(*cases: tuple[dict[int, int], int, int | None]) -> Test:
    def test(bench: Bench) -> Answer:
        for times, deadline, wanted in cases:
            got, error = call(bench, "cheapest", dict(times), deadline)
            if error or got != wanted:
                shown = came_out(got, error)
                likely = _unsized(error, wanted) if error else _mischosen(times, deadline, got)
                return fails(input=asked("cheapest", times, deadline), expected=written(wanted), got=shown, likely=likely)
        return HOLDS

    return test


def _unsized(error: str, wanted: int | None) -> str:
    if wanted is None:
        return "when no size meets the deadline, min() has nothing to choose from: return None then."
    return "for another table your code raises it."


def _mischosen(times: dict[int, int], deadline: int, got: Any) -> str:
    fits = {memory: ms for memory, ms in times.items() if ms <= deadline}
    if got not in times and fits:
        return "a size of this table meets the deadline; return the cheapest of those."
    if got not in times:
        return "nothing meets this deadline: return None."
    if got not in fits:
        return f"{got} MB takes {times[got]} ms and misses the deadline; leave out what is too slow first."
    if times[min(fits)] == deadline and len(fits) > 1 and got != min(fits):
        return "a time equal to the deadline meets it."
    if times[got] == min(fits.values()):
        return "that is the fastest; the cheapest has the fewest GB-seconds: memory x time."
    if got == min(fits):
        return "that is the smallest that meets it; the cheapest has the fewest GB-seconds: memory x time."
    return "compare memory x time: the price of a GB-second is the same for all."


EXERCISES: Final = (
    Exercise("08.1", "the Python function `monthly_bill`", (
        Layer(DEFINED, callable_named("monthly_bill")),
        Layer(RUNS, _without_help),
        Layer(TYPE, _monthly_type),
        Layer(EXAMPLE, _bills(_MOBILE)),
        Layer("right for a month you have not seen", _bills((6_400_000, 280, 4096))),
        Layer("right inside the free tier", _bills((2_000_000, 10, 128), (800_000, 900, 1024), (500_000, 100, 128))),
    )),
    Exercise("08.2", "the Python function `cheapest`", (
        Layer(DEFINED, callable_named("cheapest")),
        Layer(RUNS, works("cheapest", _TABLE, 400, expected="one of the sizes")),
        Layer(TYPE, _chooses_a_size),
        Layer(EXAMPLE, _chooses((_TABLE, 400, 1024))),
        Layer("right on tables you have not seen", _chooses(
            ({3008: 90, 256: 700, 1024: 200, 512: 340}, 150, 3008), ({512: 400, 1024: 210}, 400, 512),
            ({128: 205, 1769: 201}, 250, 128),
        )),
        Layer("None when nothing meets it", _chooses((_TABLE, 100, None))),
    )),
    Exercise("08.3", "the Python function `tune`", TUNE_LAYERS),
)
"""See lab_08_tuning.py for the third."""

