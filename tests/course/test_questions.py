"""Predictions and quizzes: committed before, compared after, kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from lablib.course import predict, quiz
from lablib.course.progress import HOME_VARIABLE, Progress
from lablib.course.question import Question
from lablib.course.question_bank import PREDICTIONS, QUIZZES
from lablib.course.questions import Comparison
from lablib.course.unknown import UnknownName
from lablib.view.cards import ChoiceCard

ALL = pytest.mark.parametrize("question", [*PREDICTIONS.values(), *QUIZZES.values()], ids=lambda question: question.name)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


def press(card: ChoiceCard, key: str) -> str:
    _, radios, button, answer = card.widget().children
    radios.value = key
    button.click()
    return str(answer.value)


@ALL
def test_three_answers_each_with_a_reason_of_its_own(question: Question) -> None:
    assert [answer.key for answer in question.answers] == ["a", "b", "c"]
    assert question.right in "abc"
    assert len({answer.because for answer in question.answers}) == 3
    assert len({answer.text for answer in question.answers}) == 3


def test_right_answers_are_not_always_the_same_letter() -> None:
    assert len({question.right for question in QUIZZES.values()}) == 3


def test_nobody_clicked() -> None:
    seen = predict("00.p1", got="b")
    assert isinstance(seen, Comparison) and seen.predicted is None and not seen.right
    assert repr(seen).splitlines() == [
        "Prediction 00.p1: You invoke the same function again, right after the first time. What happens to",
        "                  its start-up?",
        "  you predicted:  nothing committed yet",
        "  what happened:  (b) There is none: what started the first time answers again.",
    ]


def test_a_commitment_stands_beside_the_answer(own_home: Path) -> None:
    card = predict("00.p1")
    assert isinstance(card, ChoiceCard)
    assert "Committed: (a)" in press(card, "a")
    assert Progress(own_home).prediction("00.p1") == "a"
    seen = repr(predict("00.p1", got="b"))
    assert "you predicted:  (a) It starts up again" in seen
    assert "❌ your prediction was different:\n     A fresh place for each call is the common picture" in seen


def test_a_right_prediction_is_said() -> None:
    card = predict("00.p1")
    assert isinstance(card, ChoiceCard)
    press(card, "b")
    assert "✅ your prediction was right" in repr(predict("00.p1", got="b"))
    again = predict("00.p1")
    assert isinstance(again, ChoiceCard) and again.widget().children[1].disabled, "committed is committed"


def test_a_quiz_answers_each_misconception(own_home: Path) -> None:
    card = quiz("01.q1")
    assert "❌ Not yet: CreateFunction does not look for your handler" in press(card, "a")
    assert Progress(own_home).read().quizzes == frozenset()
    assert "✅ Right: Nothing looks for the module" in press(card, "b")
    assert Progress(own_home).read().quizzes == {"01.q1"}


def test_a_damaged_progress_file_is_said(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_home / "progress.json").write_text("{", encoding="utf-8")
    predict("00.p1")
    assert "was damaged" in capsys.readouterr().out


def test_a_commitment_to_an_answer_that_was_rewritten_is_forgotten(own_home: Path) -> None:
    Progress(own_home).keep_prediction("00.p1", "z")
    assert "nothing committed yet" in repr(predict("00.p1", got="b"))


def test_unknown_names_are_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownName, match="There is no prediction '09.p1'; there is 00.p1, 01.p1"):
        predict("09.p1")
    with pytest.raises(UnknownName, match="There is no quiz 'x'; there is 00.q1, 00.q2"):
        quiz("x")
    with pytest.raises(UnknownName, match="There is no answer to 00.p1, 'd'; there is a, b, c"):
        predict("00.p1", got="d")


def test_an_unknown_name_shows_as_one_sentence() -> None:
    with pytest.raises(UnknownName) as caught:
        quiz("x")
    assert caught.value._render_traceback_() == [f"UnknownName: There is no quiz 'x'; there is {', '.join(sorted(QUIZZES))}."]


@pytest.mark.parametrize("chosen", ["a", "b"])
def test_a_run_that_the_question_is_not_about_marks_nothing(own_home: Path, chosen: str) -> None:
    Progress(own_home).keep_prediction("00.p1", chosen)
    seen = predict("00.p1", got="a")
    assert isinstance(seen, Comparison) and not seen.right
    assert "✅" not in seen.text and "❌" not in seen.text
    assert " ".join(seen.text.split()).endswith(
        "This run was not the one the question is about (a long pause, or cells run out of order). Run this cell again."
    )


def test_every_prediction_says_what_to_run_again() -> None:
    assert all(question.again for question in PREDICTIONS.values())
