"""The picture of what environments remember."""

from __future__ import annotations

import itertools

from lablib.models.remembering import ARRIVALS, CALLS, PLACES
from lablib.view.remembering import which_environment


def test_every_state_has_its_own_sentence_and_drawing() -> None:
    picture = which_environment()
    told, drawn = set(), set()
    for arrival, place in itertools.product(ARRIVALS, PLACES):
        for number in range(1, CALLS + 1):
            picture.set(arrival=arrival, place=place, call=number)
            told.add(picture.sentence)
        drawn.add(picture.svg())
    assert len(told) == len(ARRIVALS) * len(PLACES) * CALLS
    # Where nothing is lost, a table looks the same however it is written.
    assert len(drawn) == len(ARRIVALS) * len(PLACES) - 2


def test_what_is_wrong_is_said() -> None:
    picture = which_environment()
    assert picture.sentence == (
        "Calls come one after another, and the count is in a global variable. Environment 1 answers call 4 with 4, which is right. "
        "Afterwards environment 1 remembers 4. In the end all answers are right."
    )
    picture.set(arrival="group", call=5)
    assert "Environment 2 answers call 5 with 2, but 5 would be right." in picture.sentence
    assert "environment 1 remembers 2, environment 2 remembers 2 and environment 3 remembers 2" in picture.sentence
    picture.set(arrival="rest", call=6, place="tmp")
    assert "Environment 2, a new one, answers call 6 with 1" in picture.sentence
    assert "The hour of rest ended the first one." in picture.sentence and "4 of the 9 answers are wrong" in picture.sentence
    picture.set(place="add")
    assert "afterwards the table says 6. In the end all answers are right." in picture.sentence
