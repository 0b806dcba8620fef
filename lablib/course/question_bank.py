"""Every question of the course by its name, gathered from the labs."""

from __future__ import annotations

from typing import Final

from lablib.course.labs import LAB_NUMBERS, questions_of
from lablib.course.question import Question

PREDICTIONS: Final[dict[str, Question]] = {}
QUIZZES: Final[dict[str, Question]] = {}
for _number in LAB_NUMBERS:
    _asked = questions_of(_number)
    PREDICTIONS.update({question.name: question for question in _asked.PREDICTIONS})
    QUIZZES.update({question.name: question for question in _asked.QUIZZES})
