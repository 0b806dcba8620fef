"""What lab 08 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import Question, question

PREDICTIONS: Final[tuple[Question, ...]] = (
    question(
        "08.p1", "A cold start: INIT takes 80.4 ms, then the handler runs 250.2 ms. What is billed?", "b",
        again="Run the cells again from the one that deploys `signin`.",
        a=("The handler's time alone: INIT is AWS's affair.",
           "So it was for zipped functions until July 2025; since 2025-08-01 INIT is billed."),
        b=("Both together, rounded up to a whole millisecond.",
           "Billed Duration is INIT and Duration, rounded up once."),
        c=("Both together, rounded up to the next 100 ms.",
           "The step of 100 ms went in December 2020; since then it is one millisecond."),
    ),
    question(
        "08.p2", "You give signin twice the memory: 128 MB, then 256 MB. What happens to the price of one call?", "c",
        again="Run this cell again.",
        a=("It doubles: a GB-second costs what it costs, and there are twice as many GB.",
           "Twice the GB, but about half the seconds: memory brings CPU with it, and this handler computes."),
        b=("It stays as it was to the last digit: memory that is not used is not billed.",
           "What you configure is billed, used or not; look at Memory Size and Max Memory Used."),
        c=("It stays about the same, and the answer comes in about half the time.",
           "Up to 1,769 MB this handler pays the same GB-seconds, in less time."),
    ),
)

QUIZZES: Final[tuple[Question, ...]] = (
    question(
        "08.q1", "A handler waits 300 ms for a database and computes almost nothing. Which memory is cheapest?", "a",
        a=("The smallest in which it works: waiting needs no CPU.",
           "You pay GB-seconds, and more memory does not shorten a wait."),
        b=("1,769 MB, where it has a whole vCPU.", "It would wait just as long, with fourteen times the GB of 128 MB."),
        c=("It makes no difference: CPU and memory cancel out.", "They cancel out only while the handler computes."),
    ),
    question(
        "08.q2", "A function is called twice a minute; beside it stands a server that is always on. Which costs less?", "b",
        a=("The server: it is paid anyway.",
           "That is so for one that you have; a new one costs the same every hour, used or not."),
        b=("Lambda: it is paid while it runs, and the server around the clock.",
           "90,000 short calls a month are inside the free tier; the server is busy for a few of its 730 hours."),
        c=("They cost the same, as AWS runs both.", "One is billed by what ran, the other by the hour."),
    ),
)
