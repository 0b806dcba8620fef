"""Pictures that move: the sentence moves with them, the text alternative says it, and no kernel is needed to read them."""

from __future__ import annotations

import base64
import html
import itertools
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import ipywidgets
import pytest

from lablib.course.pictures import PICTURES as NAMED
from lablib.course.pictures import picture as named
from lablib.models.report import Report
from lablib.models.responsibility import DUTIES, PLACES, managed_by_you
from lablib.models.timeline import Environment, Invocation
from lablib.view.coursemap import LabTile, course_map
from lablib.view.manages import who_manages_what
from lablib.view.picture import Picture, Range, Steps
from lablib.view.theme import INKS
from lablib.view.timeline import timeline
from tests.view.examples import MADE

TILES = (
    LabTile("00", "Meet the lab", "a function that answers", True, 3, 3),
    LabTile("01", "Deploy and invoke your first function", "a handler", True, 1, 3),
    LabTile("02", "Let events call your function", "an S3 handler", False, 0, 0),
)
ENVIRONMENTS = (Environment("s/[$LATEST]aaaa", tuple(
    Invocation(100.0 * n, 100.0 * n + 9, Report(f"r{n}", 9, 10, 512, 40), None) for n in range(3)
)),)  # fmt: skip
PICTURES: dict[str, Callable[[], Picture]] = {
    "map": lambda: course_map(TILES),
    "timeline": lambda: timeline("counter", ENVIRONMENTS),
    **{name: partial(named, None, name) for name in NAMED if name not in MADE},  # type: ignore[dict-item]
}
EACH = pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES.keys())


def inputs(picture: Picture) -> list[Any]:
    """Every control that the page shows, in order."""

    def walk(widget: Any) -> list[Any]:
        if isinstance(widget, ipywidgets.Box):
            return list(itertools.chain.from_iterable(walk(child) for child in widget.children))
        return [] if isinstance(widget, ipywidgets.HTML) else [widget]

    return walk(picture.widget())


def page(picture: Picture) -> str:
    return str(picture.widget().children[-1].value)


@EACH
def test_text_alternative_says_the_sentence(make: Callable[[], Picture]) -> None:
    picture = make()
    found = re.search(r'role="img" aria-label="([^"]*)"', picture.html())
    assert found and html.unescape(found[1]) == f"{picture.title}. {picture.sentence}"


@EACH
def test_drawing_follows_the_theme(make: Callable[[], Picture]) -> None:
    svg = make().svg()
    assert svg.startswith("<svg") and "var(--ll-text)" in svg
    assert not [ink.mark for ink in INKS if ink.mark in svg]
    assert not re.search(r"(fill|stroke): ?#(?!ffffff00)[0-9a-f]{6}", svg), "a colour that is no ink stays the same in both themes"


@EACH
def test_same_state_same_drawing(make: Callable[[], Picture]) -> None:
    assert make().svg() == make().svg()


@EACH
def test_without_a_kernel(make: Callable[[], Picture]) -> None:
    bundle = make()._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == make().still
    assert "application/vnd.jupyter.widget-view+json" in bundle


@EACH
def test_fixed_line_does_not_move(make: Callable[[], Picture]) -> None:
    picture = make()
    still, sentence = picture.still, picture.sentence
    control = inputs(picture)[0]
    control.value = control.high
    assert picture.still == still and picture.sentence != sentence


@EACH
def test_controls_have_names(make: Callable[[], Picture]) -> None:
    assert all(control.label for control in inputs(make()))


def test_a_slider_stays_within_its_bounds() -> None:
    picture = course_map(TILES)
    (slider,) = inputs(picture)
    slider.value = 1
    assert picture.state["lab"] == 1
    assert "Deploy and invoke your first function" in page(picture)
    slider.value = 99
    assert (slider.value, picture.state["lab"]) == (2, 2)


class Dot:
    """A drawing of nothing."""

    def show(self, state: object) -> None:
        """Nothing moves."""


def test_steps_and_units_are_shown_as_they_are_named() -> None:
    controls = (
        Steps("rate", "Requests", (("one a minute", 1 / 60), ("one a second", 1.0)), 1.0),
        Range("memory", "Memory", 128, 10_240, 1_769, "MB"),
    )
    picture = Picture("Dot", (1, 1), lambda figure, palette: Dot(), lambda state: f"{state['rate']:.3f} {state['memory']}", controls, "A dot.")
    rate, memory = inputs(picture)
    assert (rate.value, rate.names[rate.value]) == (1, "one a second")
    assert memory.names[memory.value - memory.low] == "1,769 MB"
    rate.value = 0
    assert picture.sentence == "0.017 1769"
    picture.set(rate=1.0, memory=128)
    assert (rate.value, memory.value) == (1, 128)


def test_lists_line_up_and_their_labels_are_written_alike() -> None:
    lists = inputs(who_manages_what())
    assert len({control.wide for control in lists}) == 1 and all(control.listed for control in lists)
    assert not [control.label for control in lists if control.label.endswith(":")]


def test_moving_redraws_and_tells() -> None:
    picture = who_manages_what()
    before = page(picture)
    place, _ = inputs(picture)
    place.value = next(i for i, name in enumerate(place.names) if name.startswith("Lambda"))
    assert page(picture) != before
    assert "On Lambda you manage 3 of 9 layers" in page(picture)
    assert "AWS acts" in page(picture)


def test_set_moves_the_controls() -> None:
    picture = who_manages_what()
    place, event = inputs(picture)
    picture.set(place="container", event=8)
    assert (place.value, event.value) == (1, 8)
    with pytest.raises(KeyError, match="has no control 'speed'; it has place, event"):
        picture.set(speed=3)


def test_every_state_has_its_own_sentence() -> None:
    picture = who_manages_what()
    told = set()
    for (place, _, _), row in itertools.product(PLACES, range(len(DUTIES))):
        picture.set(place=place, event=row)
        told.add(picture.sentence)
        assert not re.search(r"[:;,.] *\.", picture.sentence), f"somebody must act: {picture.sentence}"
    assert len(told) == len(PLACES) * len(DUTIES)


def test_less_is_yours_from_place_to_place() -> None:
    assert [managed_by_you(place) for place, _, _ in PLACES] == [8, 6, 3]
    for duty in DUTIES:
        assert duty.you_act or "You" not in duty.managers
        assert duty.aws_acts or "AWS" not in duty.managers


def test_map_says_progress_in_words() -> None:
    assert [tile.status for tile in TILES] == ["✓ done", "1 of 3 done", "planned"]
    picture = course_map(TILES, start=1)
    assert picture.sentence == (
        "Lab 01, Deploy and invoke your first function: you make a handler. It is open, and you have done 1 of its 3 exercises. "
        "You have finished 1 of the 2 labs that are open."
    )
    picture.set(lab=2)
    assert "planned, not written yet" in picture.sentence
