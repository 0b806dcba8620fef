"""The picture of cold starts: its bars are the published figures, its point lies on the curve, its sentence says both."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from matplotlib.figure import Figure

from lablib.models.coldstart import chance, published
from lablib.view import coldstarts
from lablib.view.coldstarts import RUNTIMES, cold_starts, tell
from lablib.view.theme import Palette

START: dict[str, Any] = {"runtime": "python3.14", "kind": ("zip", "x86_64"), "memory": 128, "rate": 1 / 3_600, "kept": 600}


def scene(**moved: Any) -> Any:
    made = coldstarts._Scene(Figure(), Palette.light())
    made.show({**START, **moved})
    return made


def test_the_sentence() -> None:
    assert cold_starts().sentence == (
        "python3.14 (zip, x86_64, 128 MB): half of the INITs took up to 122 ms and one in a hundred more than 280 ms; the first "
        "invocation then took 2.1 ms. With 1 request an hour, by chance, and environments kept for 10 idle minutes, 85 % of them "
        "meet a cold start: about 20 a day."
    )
    rare = tell({**START, "rate": 100.0, "runtime": "dotnet10"})
    assert "first invocation then took 809 ms. With 100 requests a second, by chance" in rare
    assert "0.0018 % of them meet a cold start: about 160 a day" in rare
    assert tell({**START, "rate": 5 / 3_600, "kept": 3_600}).endswith("about one in 1.2 days.")
    assert tell({**START, "rate": 1 / 86_400}).endswith("99 % of them meet a cold start: about 0.99 a day.")


def test_every_step_says_something_else() -> None:
    picture = cold_starts()
    controls = {control.name: control for control in picture._controls}
    for name, control in controls.items():
        values = [value for _, value in getattr(control, "options", None) or control.steps]  # type: ignore[union-attr]
        assert START[name] in values and picture.state[name] == START[name]
        told = [tell({**START, name: value}) for value in values]
        assert all(one != other for one, other in itertools.pairwise(told)) and len(set(told)) == len(told)


@pytest.mark.parametrize("memory", [128, 1024])
@pytest.mark.parametrize("kind", [("zip", "x86_64"), ("image", "arm64")])
def test_bars_are_what_was_measured(memory: int, kind: tuple[str, str]) -> None:
    drawn = scene(memory=memory, kind=kind)
    for row, runtime in enumerate(RUNTIMES):
        found = published(runtime, package=kind[0], architecture=kind[1], memory_mb=memory)
        init, first = drawn._init[row], drawn._first[row]
        assert (init.get_width(), first.get_x(), first.get_width()) == (found.p50, found.p50, found.first_invoke_ms)
        assert list(drawn._slow[row].get_xdata()) == [0, found.p99]
        assert drawn._says[row].get_text() == f"{found.first_answer_ms:,.0f} ms"
        assert found.first_answer_ms < drawn._init[row].axes.get_xlim()[1] - 150, "its label has room"


def test_the_point_is_on_the_curve() -> None:
    for _, rate in coldstarts._TRAFFIC:
        drawn = scene(rate=rate, kept=900)
        (x,), (y,) = drawn._point.get_data()
        assert x == rate and y == pytest.approx(100 * chance(rate, 0.1, 900))
        xs, ys = drawn._curve.get_data()
        assert min(ys[abs(xs / rate - 1).argsort()[:3]]) * 0.8 < y < max(ys[abs(xs / rate - 1).argsort()[:3]]) * 1.2


def test_the_chosen_runtime_stands_out_by_more_than_its_colour() -> None:
    drawn = scene(runtime="java25")
    bold = [name.get_text() for name in drawn._names if name.get_fontweight() == "bold"]
    assert bold == ["java25"]
