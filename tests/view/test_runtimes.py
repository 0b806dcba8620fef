"""Runtimes side by side: what ran here, what is missing here, what was published of AWS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from matplotlib.figure import Figure

from lablib.models.coldstart import MEMORIES_MB, published
from lablib.models.report import Report
from lablib.view.runtimes import FIRST, INIT, LANGUAGES, _Chart, _rows, runtimes
from lablib.view.theme import Palette

NO_RUBY = "NotImplemented: The runtime ruby3.4 cannot run on this machine: ruby is not installed. To install it: sudo get ruby"


def reports(init_ms: float, *durations_ms: float) -> list[Report]:
    """A cold report and the warm ones after it."""
    given: list[float | None] = [init_ms, *[None] * (len(durations_ms) - 1)]
    return [Report("id", ran, 1, 512, 20, init) for init, ran in zip(given, durations_ms, strict=True)]


HERE = {"java": reports(183.0, 5.6, 1.8, 0.9), "go": reports(10.2, 1.3, 1.1)}


def ring(chart: _Chart, key: str) -> Sequence[float]:
    return list(chart._rings[key].get_xdata())  # type: ignore[arg-type]


def test_measured_here_and_published_stand_in_one_sentence() -> None:
    picture = runtimes(here=HERE)
    assert picture.sentence == (
        "Java, here, at 512 MB: INIT took 183 ms; a warm call took 0.9 ms. On AWS (java21, zip, x86_64, 512 MB, 2026) half of "
        "1,822 cold starts had an INIT of at most 252 ms, nine in ten of at most 292 ms."
    )
    picture.set(show=FIRST, memory=128)
    assert picture.sentence == (
        "Java, here, at 512 MB: after INIT, the first answer took 5.6 ms; a warm call took 0.9 ms. On AWS (java21, zip, x86_64, "
        "128 MB, 2026) the first answer took 97 ms after INIT, in the median of daily means."
    )


def test_what_is_missing_is_shown_first_with_how_to_get_it() -> None:
    picture = runtimes(here=HERE, missing={"ruby": NO_RUBY})
    assert picture.sentence.startswith(
        "Ruby does not run on this machine: ruby is not installed. To install it: sudo get ruby. On AWS (ruby3.4, "
    )


def test_without_a_run_the_published_figures_stand_alone() -> None:
    assert runtimes().sentence.startswith("Java was not tried here: run the cell that tries all languages")


def test_the_fixed_line_is_the_same_on_every_machine_and_true() -> None:
    picture = runtimes(here=HERE, missing={"ruby": NO_RUBY})
    assert picture.still == runtimes().still
    slowest = sorted(LANGUAGES, key=lambda key: -_median(key))[:3]
    assert sorted(LANGUAGES[key][0] for key in slowest) == ["C#", "Java", "Ruby"]


def _median(key: str) -> float:
    name = LANGUAGES[key][2]
    assert name is not None
    return published(name, memory_mb=512).p50


@pytest.mark.parametrize("memory", MEMORIES_MB)
def test_bars_and_rings_are_where_the_figures_are(memory: int) -> None:
    chart = _Chart(Figure(), Palette.light(), _rows(HERE, {}))
    chart.show({"language": "go", "show": INIT, "memory": memory})
    found = published("java21", memory_mb=memory)
    bar = chart._bars["java"]
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == pytest.approx((found.p10, found.p90))
    assert list(chart._middles["java"].get_xdata()) == [found.p50] * 2  # type: ignore[arg-type]
    assert (ring(chart, "java"), ring(chart, "go"), ring(chart, "ruby")) == ([183.0], [10.2], [])
    chart.show({"language": "go", "show": FIRST, "memory": memory})
    assert not bar.get_visible()
    assert list(chart._middles["java"].get_xdata()) == [found.first_invoke_ms] * 2  # type: ignore[arg-type]
    assert ring(chart, "java") == [5.6]


def test_every_published_figure_is_on_the_scale() -> None:
    left, right = _Chart(Figure(), Palette.light(), _rows({}, {}))._axes.get_xlim()
    for _, _, name in LANGUAGES.values():
        for memory in MEMORIES_MB:
            found = published(str(name), memory_mb=memory)
            assert left < min(found.p10, found.first_invoke_ms) and max(found.p90, found.first_invoke_ms) < right


def test_a_language_of_ones_own_has_a_row() -> None:
    picture = runtimes(here={"lua": reports(20.0, 3.0)})
    picture.set(language="lua")
    assert picture.sentence == "lua, here, at 512 MB: INIT took 20 ms. There is no published figure to lay beside it."


def test_only_warm_calls_are_no_cold_start() -> None:
    picture = runtimes(here={"java": HERE["java"][1:]})
    assert "was not tried here" in picture.sentence


@pytest.mark.parametrize("given", [[183.0], "java", [None]])
def test_what_is_no_report_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="give the reports of its invocations"):
        runtimes(here={"java": given})
