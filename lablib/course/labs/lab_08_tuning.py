"""Exercise 08.3: the learner's `tune` is let loose on functions of the check's own, and their REPORT lines judge it."""

from __future__ import annotations

from typing import Any, Final

from lablib.course.bench import Bench
from lablib.course.exercise import DEFINED, EXAMPLE, RUNS, TYPE, Layer
from lablib.course.matchers import NO_RETURN, Test, call, callable_named, came_out, own_error, raised
from lablib.course.verdict import HOLDS, Answer, fails, written
from lablib.models.pricing.tuning import warm_times
from lablib.models.report import Report, parse_report

_EVENT: Final = {"n": 1}

_QUICK: Final = "def lambda_handler(event, context):\n    return event\n"
_COMPUTES: Final = (
    "import time\ndef lambda_handler(event, context):\n"
    "    end = time.process_time() + 0.04\n"
    "    while time.process_time() < end:\n        pass\n    return event\n"
)
"""40 ms of CPU on any machine: about 500 ms at 128 MB, 100 at 512, and 40 at 3,538, or more where others compute too."""
_WAITS: Final = "import time\ndef lambda_handler(event, context):\n    time.sleep(0.06)\n    return event\n"

_SIZES: Final = (128, 512, 3538)
_DEADLINE_MS: Final = 250


def _tuned(bench: Bench, name: str, source: str, sizes: tuple[int, ...], deadline_ms: int) -> tuple[str, Any, str | None]:
    """What was asked of the learner's `tune`, its result, its error."""
    bench.make(name, source)
    given = f'tune("{name}", {written(_EVENT)}, {written(list(sizes))}, {deadline_ms})'
    return (given, *call(bench, "tune", name, dict(_EVENT), list(sizes), deadline_ms))


_A_SIZE = "one of the sizes, as a whole number"


def _runs(bench: Bench) -> Answer:
    given, _, error = _tuned(bench, "check-08-3-runs", _QUICK, (512, 1024), 2000)
    if not error:
        return HOLDS
    likely = own_error("tune")
    if "'measure' is not defined" in error:
        likely = "run the cell that defines measure again."
    elif "when calling the" in error:
        likely = "the error says which call AWS refuses; an update that still runs is one cause: wait with function_updated_v2."
    return raised(error, input=given, expected=_A_SIZE, likely=likely)


def _type(bench: Bench) -> Answer:
    given, got, error = _tuned(bench, "check-08-3-type", _QUICK, (512, 1024), 2000)
    if type(got) is int and got in (512, 1024):
        return HOLDS
    likely = NO_RETURN if got is None else "return the memory that you chose, in MB."
    return fails(input=given, expected=_A_SIZE, got=came_out(got, error), likely=likely)


def _tunes(name: str, source: str, why: str) -> Test:
    """`tune` measured every size warm, and chose one that its function's REPORT lines allow."""

    def test(bench: Bench) -> Answer:
        given, got, error = _tuned(bench, name, source, _SIZES, _DEADLINE_MS)
        reports = _reports(bench, name)
        complaint, none_meets = _unmeasured(reports), "parameter MemorySize, value: None" in str(error)
        if error and not (complaint and none_meets):
            likely = "your code raised it for this function alone."
            if none_meets:
                likely = f"it chose None, though a size meets the deadline: compare each time with deadline_ms, here {_DEADLINE_MS}."
            return raised(error, input=given, expected=_A_SIZE, likely=likely)
        if complaint:
            return fails(input=given, expected="a warm run at every size", got=complaint[0], likely=complaint[1])
        wanted = _allowed(reports)
        if got in wanted:
            return HOLDS
        expected = " or ".join(map(str, wanted)) if wanted else "a size"
        return fails(input=f"{given}; {why}", expected=expected, got=written(got), likely=_misjudged(got, reports))

    return test


def _reports(bench: Bench, name: str) -> list[Report]:
    """Every REPORT line of the function's log group; none when it never ran."""
    return [report for line in bench.log_lines(name) if (report := parse_report(line))]


def _unmeasured(reports: list[Report]) -> tuple[str, str] | None:
    """What was not measured as it should be, and why that is a mistake; None when all was."""
    seen, warm = {report.memory_size_mb for report in reports}, warm_times(reports)
    for size in _SIZES:
        if size not in seen:
            likely = "give the function `name` each size, wait for the update, and invoke it there."
            return f"no REPORT line with Memory Size: {size} MB", likely
        if size not in warm:
            likely = "the first run at a new size pays INIT too: leave it out, and measure warm ones."
            return f"cold starts alone at {size} MB", likely
    return None


def _allowed(reports: list[Report]) -> list[int]:
    """The sizes that a careful learner may choose: whether one takes the best, the median or the worst of the warm runs.

    A size is out when even its best run misses the deadline, or when another is sure to meet it for less.
    """
    spans = {size: (min(times), max(times)) for size, times in warm_times(reports).items() if size in _SIZES}
    sure = [size * worst for size, (_, worst) in spans.items() if worst <= _DEADLINE_MS]
    return [size for size, (best, _) in spans.items() if best <= _DEADLINE_MS and size * best <= min(sure, default=float("inf"))]


def _misjudged(got: Any, reports: list[Report]) -> str:
    times = warm_times(reports)
    if got not in times:
        return "return one of the sizes that you were given."
    if min(times[got]) > _DEADLINE_MS:
        return f"at {got} MB every warm run took longer than {_DEADLINE_MS} ms: leave out what misses the deadline."
    return f"{got} MB meets the deadline, and another size does too for fewer GB-seconds: compare memory x time."


def _left_there(bench: Bench) -> Answer:
    name = "check-08-3-left"
    given, got, _ = _tuned(bench, name, _WAITS, (128, 512), 2000)
    now = (bench.configuration(name) or {}).get("MemorySize")
    if now == got:
        return HOLDS
    likely = "measuring changed the memory; at the end, give the function the size that you chose, and wait for the update."
    return fails(input=given, expected=f"the function has {got} MB afterwards", got=f"it has {now} MB", likely=likely)


TUNE_LAYERS: Final = (
    Layer(DEFINED, callable_named("tune")),
    Layer(RUNS, _runs),
    Layer(TYPE, _type),
    Layer(EXAMPLE, _tunes("check-08-3-computes", _COMPUTES, "its handler computes")),
    Layer("right on a function you have not seen", _tunes("check-08-3-waits", _WAITS, "its handler waits")),
    Layer("leaves the function there", _left_there),
)
