"""The event explorer: what is drawn is what the model says, and every state has words of its own."""

from __future__ import annotations

import html
import itertools
import json

import pytest
from matplotlib.figure import Figure

from lablib.models.events import SOURCES, deliver, sample_event, source
from lablib.view.events import WITHIN_S, _Road, event_explorer
from lablib.view.theme import Palette

STATES = list(itertools.product([one.key for one in SOURCES], (0, 1, "always")))


@pytest.fixture(scope="module")
def road() -> _Road:
    return _Road(Figure(figsize=(8.8, 3.3)), Palette.light())


@pytest.mark.parametrize(("key", "function"), STATES)
def test_each_run_is_a_mark_at_its_minute(road: _Road, key: str, function: int | str) -> None:
    road.show({"source": key, "function": function})
    shown = [mark for mark in road._runs if mark.get_visible()]
    runs = deliver(source(key), None if function == "always" else int(function), WITHIN_S).runs
    assert [float(mark.get_xdata()[0]) * 60 for mark in shown] == pytest.approx([run.at_s for run in runs])
    assert [mark.get_marker() for mark in shown] == ["o" if run.ok else "x" for run in runs]


def test_an_arrow_points_away_from_who_acts(road: _Road) -> None:
    def ends(key: str) -> tuple[float, float, str]:
        road.show({"source": key, "function": 0})
        arrow = road._arrows[0]
        (start, _), (to, _) = arrow._posA_posB
        return start, to, type(arrow.get_arrowstyle()).__name__

    start, to, _ = ends("s3")
    assert start < to
    start, to, _ = ends("sqs")
    assert start > to, "a poller reaches for its source"
    assert ends("http-api")[2] == "CurveFilledAB", "two heads where the caller waits"
    assert not road._boxes[1][0].get_visible(), "and nothing is in between"
    assert ends("s3")[2] == "CurveFilledB" and road._boxes[1][0].get_visible()


def test_every_state_has_its_own_sentence() -> None:
    picture = event_explorer()
    told = set()
    for key, function in STATES:
        picture.set(source=key, function=function)
        told.add(picture.sentence)
        assert not picture.sentence.endswith("..") and source(key).happens in picture.sentence
    assert len(told) == len(STATES)


def test_what_is_said_of_a_failure() -> None:
    picture = event_explorer()
    picture.set(source="s3", function="always")
    assert "the function runs 3 times in four minutes. Lambda drops the event" in picture.sentence
    picture.set(source="sqs")
    assert "9 times in four minutes, and goes on. The message comes back" in picture.sentence
    picture.set(source="http-api")
    assert "the function runs once. Nothing keeps the event: the caller may send it again. The client gets HTTP status 500." in picture.sentence
    picture.set(source="s3", function=1)
    assert "The first run fails; the second, after 60 s, works." in picture.sentence


@pytest.mark.parametrize("one", SOURCES, ids=lambda one: one.key)
def test_the_json_beside_it_is_the_sample_and_a_keyboard_reaches_it(one: object) -> None:
    picture = event_explorer()
    key = getattr(one, "key")
    picture.set(source=key)
    shown = picture.html().split("<pre")[1]
    assert "tabindex='0' role='region' aria-label='What arrives from " in shown
    text = html.unescape(shown[shown.index(">") + 1 : shown.index("</pre>")])
    assert json.loads(text) == sample_event(key)
