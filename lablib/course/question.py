"""A question that a lab asks. A wrong answer is a misconception that people really hold, and says why it is tempting."""

from __future__ import annotations

from dataclasses import dataclass

from lablib.course.unknown import UnknownName


@dataclass(frozen=True)
class Answer:
    """One answer to a question: its key, its text, and the sentence that answers whoever chose it."""

    key: str
    text: str
    because: str


@dataclass(frozen=True)
class Question:
    """A question with three answers, of which `right` names the true one.

    `again` says, of a prediction, what to run when a run did not answer it.
    """

    name: str
    prompt: str
    answers: tuple[Answer, ...]
    right: str
    again: str = ""

    def answer(self, key: str) -> Answer:
        """The answer with that key. Raises UnknownName, naming the keys, when there is none."""
        for answer in self.answers:
            if answer.key == key:
                return answer
        raise UnknownName(f"answer to {self.name},", key, (answer.key for answer in self.answers))


def question(name: str, prompt: str, right: str, *, again: str = "", **answers: tuple[str, str]) -> Question:
    """A question from its answers by key, each (text, because)."""
    return Question(name, prompt, tuple(Answer(key, *words) for key, words in answers.items()), right, again)
