"""What a learner waits for: a picture that moves one step, and a lab's Run All."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from statistics import median
from typing import Any

import ipywidgets
import nbformat

from lablib.course import course_map
from lablib.course.catalogue import LABS
from lablib.course.execute import executed
from lablib.course.pictures import PICTURES, picture
from lablib.view.picture import Picture
from tests.bench.table import Goal, Row, at_most

ROOT = Path(__file__).resolve().parents[2]
MEASURING = ("03", "07", "08")
"""Labs that measure, or that start seven runtimes: they may take longer."""


def step_ms(drawn: Picture, steps: int) -> float:
    """Median milliseconds from a control's new value to the page's new text, over every control to and fro."""
    controls = [widget for widget in drawn.widget().children if not isinstance(widget, ipywidgets.HTML)]
    times = []
    for _, control in itertools.product(range(steps), controls):
        for value in _next(control):
            began = time.perf_counter()
            control.value = value
            times.append((time.perf_counter() - began) * 1000)
    return median(times)


def _next(control: Any) -> list[Any]:
    """A neighbour of the value that a control has, and then that value again."""
    values = list(range(control.low, control.high + 1))
    at = values.index(control.value)
    return [values[at - 1 if at else 1], control.value]


def _drawn() -> dict[str, Picture]:
    """Every picture but the live ones, as it is without figures of a notebook's own."""
    made = {name: picture(None, name) for name in PICTURES}  # type: ignore[arg-type]
    return {"map": course_map(), **{name: drawn for name, drawn in made.items() if isinstance(drawn, Picture)}}


def pictures(steps: int) -> list[Row]:
    """The slowest picture's median step, kernel side."""
    found = {name: step_ms(drawn, steps) for name, drawn in _drawn().items()}
    slowest = max(found, key=lambda name: found[name])
    what = f"a step of the slowest of {len(found)} pictures ({slowest})"
    return [Row(what, "ms", found[slowest], goals=[at_most(found[slowest], 60, "60 ms")])]


def run_all(rounds: int) -> list[Row]:
    """Each lab from top to bottom, kernel start included; the first row alone when `rounds` is 0, for a look."""
    rows = []
    for lab in [lab for lab in LABS if lab.written][: None if rounds else 1]:
        notebook = nbformat.read(ROOT / "labs" / f"{lab.slug}.ipynb", as_version=4)
        times = []
        for _ in range(max(rounds, 1)):
            began = time.perf_counter()
            executed(notebook, lab.slug, ROOT / "labs")
            times.append(time.perf_counter() - began)
        here, longest = median(times), 40 if lab.number in MEASURING else 20
        goals = [Goal(f"at most {longest} s", max(times) <= longest)]
        if lab.number not in MEASURING:
            goals.insert(0, at_most(here, 10, "10 s in the median"))
        rows.append(Row(f"lab {lab.number}, Run All", "s", here, goals=goals))
    return rows
