"""What lab 00 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import Question, question

PREDICTIONS: Final[tuple[Question, ...]] = (
    question(
        "00.p1", "You invoke the same function again, right after the first time. What happens to its start-up?", "b",
        again="Run this cell again.",
        a=("It starts up again: every invocation gets a fresh place to run.",
           "A fresh place for each call is the common picture, but an idle one is used again."),
        b=("There is none: what started the first time answers again.",
           "What has started is kept for a while and used again."),
        c=("There is none, because it started when you deployed it.",
           "Deploying uploads code; nothing runs until the first invocation, as its Init Duration showed."),
    ),
)

QUIZZES: Final[tuple[Question, ...]] = (
    question(
        "00.q1", "REPORT says Duration 2 ms, Init Duration 90 ms, Billed Duration 92 ms. Which part is missing the next time?", "b",
        a=("Billed Duration: a warm call is free.", "A warm call is billed too, for its own Duration."),
        b=("Init Duration: the environment has started already.", "A warm start has no INIT, in time and on the bill."),
        c=("None: each call starts up.", "Only the first call in an environment starts up."),
    ),
    question(
        "00.q2", "After lab.wait(hours=1), a handler asks the machine for the time. What does it see?", "c",
        a=("The time one hour later.", "The cloud's clock moved; a handler's own clock is never moved."),
        b=("An error, because time travel is not allowed.", "Nothing fails; the handler reads its machine's clock."),
        c=("The real time; the event says what time it is in the cloud.",
           "Inside a function time is always real, so durations and timeouts are too."),
    ),
)
