"""What lab 04 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import Question, question

PREDICTIONS: Final[tuple[Question, ...]] = (
    question(
        "04.p1", "Ten calls of one second each came at the same moment. How many execution environments answered them?", "b",
        again="Run the cell with the ten orders again, then this one.",
        a=("One, which works on ten calls at once.",
           "A web server's process does that; an environment serves one call at a time."),
        b=("Ten, one for each call in progress.",
           "An environment serves one call at a time, so ten at once need ten."),
        c=("As many as this machine has cores.",
           "Cores decide how fast the work goes; environments follow the calls in progress."),
    ),
    question(
        "04.p2", "12 calls come each second, and each takes half a second. How many environments are at work, on average?", "b",
        again="Run the cell that sends the traffic again, then this one.",
        a=("12, one for each call of a second.",
           "A call is over after half a second, and its environment is free for the next one."),
        b=("6, since each call keeps one for half a second.",
           "12 calls a second times half a second are 6 in progress at any moment."),
        c=("24, since half a second goes twice into a second.",
           "Shorter calls need fewer environments: multiply by the duration."),
    ),
    question(
        "04.p3", "3 environments are reserved for the function. 8 calls come at once. What happens to the other 5?", "b",
        again="Run the cell that reserves 3 again, then this one.",
        a=("They wait until one of the 3 is free.",
           "Nothing waits in front of a synchronous call: it is answered, or refused at once."),
        b=("They are refused at once, with status 429.",
           "A reservation is a limit too, and whoever called decides what to do next."),
        c=("They run on what the account has besides.",
           "A reservation is the most that a function may have; only provisioned concurrency spills over."),
    ),
)

QUIZZES: Final[tuple[Question, ...]] = (
    question(
        "04.q1", "A service gets 5,000 calls a second, each of 20 ms. How much concurrency does it need?", "c",
        a=("100: 5,000 × 0.02 s.", "That is its work; but 100 units allow only 1,000 calls a second."),
        b=("5,000, one for each call.", "A unit of concurrency serves many short calls in a second, up to ten."),
        c=("500: a tenth of the rate.", "Ten calls a second for each unit: here that is more than the work, 100."),
    ),
    question(
        "04.q2", "A crowd comes all at once and needs 3,000 environments; the account allows 5,000. When are all there?", "a",
        a=("After about 20 seconds.", "1,000 at once, and then 1,000 every 10 seconds."),
        b=("At once: the account allows them.", "The account's limit says how many; how fast is a limit of its own."),
        c=("Never: 1,000 is the most.", "1,000 is where accounts begin, and how many may be added in 10 seconds."),
    ),
)
