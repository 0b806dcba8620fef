"""The picture of lab 06: it says what `fits` says."""

from __future__ import annotations

import pytest

from lablib.models.limits import fits
from lablib.view.controls import Choice
from lablib.view.fit import answer, tell, will_it_fit

START = will_it_fit().state
CONTROLS = will_it_fit()._controls


def test_a_job_of_twenty_minutes_breaks_one_limit() -> None:
    picture = will_it_fit()
    assert "20 min in one invocation, 1,769 MB of memory" in picture.sentence
    assert "1 of 6 limits breaks: running time of one invocation, at most 15 min (instead: pieces" in picture.sentence
    picture.set(duration_s=900)
    assert picture.sentence.endswith("100 at the same time: it fits.")


def test_the_payloads_limit_is_that_of_the_call() -> None:
    state = START | {"duration_s": 1, "payload_mb": 2}
    assert answer(state | {"called": "payload_mb"})
    assert [one.quota.key for one in answer(state | {"called": "event_mb"}).breaks] == ["event_mb"]
    assert answer(state | {"called": "streamed_mb", "payload_mb": 200})


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
def test_every_step_has_its_own_sentence_and_is_what_fits_says(control: object) -> None:
    steps = control.options if isinstance(control, Choice) else control.steps  # type: ignore[attr-defined]
    states = [START | {control.name: value} for _, value in steps]  # type: ignore[attr-defined]
    assert len({tell(state) for state in states}) == len(states)
    for state in states:
        needs = {("called" if key == "payload_mb" else key): value for key, value in state.items() if key != "called"}
        needs[state["called"]] = needs.pop("called")
        found = fits(**needs)
        assert ("it fits" in tell(state)) == bool(found)
        for one in found.breaks:
            assert one.quota.name in tell(state) and one.instead[0] in tell(state)


def test_words_and_bars_say_the_same() -> None:
    picture = will_it_fit()
    picture.svg()
    words = [word.get_text() for word in picture._scene._words]  # type: ignore[union-attr]
    assert words[0] == "✗ breaks: 20 min of 15 min" and all(word.startswith("✓ fits: ") for word in words[1:])
    limit = 1.75 + 4 * picture._scene._scale  # type: ignore[union-attr]
    ends = [bar.get_x() + bar.get_width() for bar in picture._scene._bars]  # type: ignore[union-attr]
    assert [end > limit for end in ends] == [True] + [False] * 5
