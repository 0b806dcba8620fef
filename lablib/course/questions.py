"""Predictions, committed before a run and shown beside the answer after it; quizzes at a lab's end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lablib.course.progress import Progress
from lablib.course.question import Question
from lablib.course.question_bank import PREDICTIONS, QUIZZES
from lablib.course.unknown import UnknownName
from lablib.course.verdict import labelled
from lablib.view.cards import ChoiceCard, Option


_ANOTHER_RUN: Final = "This run was not the one the question is about (a long pause, or cells run out of order)."
"""What is said in place of a mark when the run shows anything but the right answer."""


@dataclass(frozen=True)
class Comparison:
    """A prediction beside what happened. Its text is what the notebook shows."""

    name: str
    predicted: str | None
    happened: str
    right: bool
    text: str

    def __repr__(self) -> str:
        return self.text


def predict(name: str, got: str | None = None) -> ChoiceCard | Comparison:
    """Before the run: the question, to commit an answer. After it, with `got`: the prediction beside the answer.

    Parameters
    ----------
    name : str
        The prediction's id, "00.p1".
    got : str, optional
        The key of the answer that the run showed, worked out by the cell from what it measured.

    Raises
    ------
    UnknownName
        No such prediction, or no such answer; the text names those that exist.
    """
    question = _find(PREDICTIONS, name, "prediction")
    progress = Progress.of_this_learner()
    chosen = progress.prediction(name)
    progress.say()
    if chosen not in {answer.key for answer in question.answers}:
        chosen = None  # the question has been rewritten since
    if got is not None:
        return _compare(question, chosen, got)

    def commit(key: str) -> str:
        progress.keep_prediction(name, key)
        return " ".join([f"Committed: ({key}) {question.answer(key).text} Now run the next cell.", *progress.notes])

    note = f"You committed ({chosen}) earlier." if chosen else "Choose one and commit it before you run the next cell."
    return ChoiceCard(
        f"Predict {name}", question.prompt, _options(question), button="Commit", commit=commit, once=True,
        chosen=chosen, note=note,
    )


def _compare(question: Question, chosen: str | None, got: str) -> Comparison:
    happened = question.answer(got)
    lines = labelled(f"Prediction {question.name}: ", question.prompt)
    if chosen is None:
        lines.append("  you predicted:  nothing committed yet")
    else:
        lines += labelled("  you predicted:  ", f"({chosen}) {question.answer(chosen).text}")
    lines += labelled("  what happened:  ", f"({got}) {happened.text}")
    if got != question.right:
        lines += labelled("  ", f"{_ANOTHER_RUN} {question.again}")
    elif chosen == got:
        lines.append("  ✅ your prediction was right")
    elif chosen is not None:
        lines.append("  ❌ your prediction was different:")
        lines += labelled("     ", question.answer(chosen).because)
    return Comparison(question.name, chosen, got, chosen == got == question.right, "\n".join(lines))


def quiz(name: str) -> ChoiceCard:
    """A question to check oneself with, as often as one likes. Raises UnknownName when there is no such quiz."""
    question = _find(QUIZZES, name, "quiz")
    progress = Progress.of_this_learner()

    def commit(key: str) -> str:
        if key != question.right:
            return f"❌ Not yet: {question.answer(key).because} Try again."
        progress.keep_quiz(name)
        return " ".join([f"✅ Right: {question.answer(key).because}", *progress.notes])

    return ChoiceCard(
        f"Quiz {name}", question.prompt, _options(question), button="Check my answer", commit=commit, once=False
    )


def _options(question: Question) -> list[Option]:
    return [Option(answer.key, answer.text) for answer in question.answers]


def _find(bank: dict[str, Question], name: str, what: str) -> Question:
    if name not in bank:
        raise UnknownName(what, name, bank)
    return bank[name]


__all__ = ["Comparison", "predict", "quiz"]
