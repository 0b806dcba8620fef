"""What the labs ask. A wrong answer is a misconception that people really hold, and says why it is tempting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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


def _question(name: str, prompt: str, right: str, *, again: str = "", **answers: tuple[str, str]) -> Question:
    return Question(name, prompt, tuple(Answer(key, *words) for key, words in answers.items()), right, again)


_PREDICTIONS = (
    _question(
        "00.p1", "You invoke the same function again, right after the first time. What happens to its start-up?", "b",
        again="Run this cell again.",
        a=("It starts up again: every invocation gets a fresh place to run.",
           "A fresh place for each call is the common picture, but an idle one is used again."),
        b=("There is none: what started the first time answers again.",
           "What has started is kept for a while and used again."),
        c=("There is none, because it started when you deployed it.",
           "Deploying uploads code; nothing runs until the first invocation, as its Init Duration showed."),
    ),
    _question(
        "01.p1", "A handler sleeps for 5 s, and the function's timeout is 1 s. What does the caller get?", "c",
        again="Run the cell that deploys `sleepy` again, then this one.",
        a=("The answer after 5 s, with a warning in the log.",
           "A timeout is no advice: the process is killed in the middle of the handler."),
        b=("HTTP status 504, because the call failed.",
           "504 is what a gateway in front might make of it; Invoke itself succeeds and says FunctionError."),
        c=("HTTP status 200 with a FunctionError, after 1 s.",
           "Invoke did its work; the function failed, and FunctionError says so."),
    ),
    _question(
        "01.p2", "You publish version 1, then update the code. What does version 1 answer?", "a",
        again="Run the cell that publishes a version again, then this one.",
        a=("What it answered before: its code never changes.",
           "A version is a snapshot of code and configuration."),
        b=("The new code's answer: a version is a name for the function.",
           "$LATEST follows the code; a published version does not."),
        c=("An error, until you publish it again.",
           "Nothing happens to a version when the code changes."),
    ),
)

_QUIZZES = (
    _question(
        "00.q1", "REPORT says Duration 2 ms, Init Duration 90 ms, Billed Duration 92 ms. Which part is missing the next time?", "b",
        a=("Billed Duration: a warm call is free.", "A warm call is billed too, for its own Duration."),
        b=("Init Duration: the environment has started already.", "A warm start has no INIT, in time and on the bill."),
        c=("None: each call starts up.", "Only the first call in an environment starts up."),
    ),
    _question(
        "00.q2", "After lab.wait(hours=1), a handler asks the machine for the time. What does it see?", "c",
        a=("The time one hour later.", "The cloud's clock moved; a handler's own clock is never moved."),
        b=("An error, because time travel is not allowed.", "Nothing fails; the handler reads its machine's clock."),
        c=("The real time; the event says what time it is in the cloud.",
           "Inside a function time is always real, so durations and timeouts are too."),
    ),
    _question(
        "01.q1", "Your zip holds project/lambda_function.py, and the handler is lambda_function.lambda_handler. What happens?", "b",
        a=("CreateFunction refuses the zip.", "CreateFunction does not look for your handler; the zip is a good zip."),
        b=("It is created, and its first invocation fails with Runtime.ImportModuleError.",
           "Nothing looks for the module until an environment starts."),
        c=("It works: Lambda looks in every folder.", "Python looks at the top of the package, in /var/task."),
    ),
    _question(
        "01.q2", "Python publishes a security release of its 3.13 line. Who installs it for your python3.13 function?", "a",
        a=("AWS: the managed runtime is patched for you.", "By default, runtime updates are automatic."),
        b=("You: you upload the zip again.", "Your zip holds your code and libraries; the runtime is not in it."),
        c=("Nobody: a function keeps the interpreter it was created with.",
           "That is so only when you pin a runtime version yourself."),
    ),
)

PREDICTIONS: Final[dict[str, Question]] = {question.name: question for question in _PREDICTIONS}
QUIZZES: Final[dict[str, Question]] = {question.name: question for question in _QUIZZES}
