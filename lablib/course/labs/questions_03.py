"""What lab 03 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import Question, question

PREDICTIONS: Final[tuple[Question, ...]] = (
    question(
        "03.p1", "You call shell three more times. How often does its script start again?", "b",
        again="Run the cell that deploys `shell` again, then this one.",
        a=("Three times: each call runs the script from top to bottom.",
           "A program that is started for each request is how CGI worked; a runtime starts once and asks for events."),
        b=("Not once: it is still in its loop, and asks for the next event.",
           "An environment runs one process, which serves event after event."),
        c=("It cannot: it has ended, so the next calls fail.",
           "The loop has no end: Lambda freezes the script while it waits for the next event."),
    ),
    question(
        "03.p2", "Cold, the slowest of the languages takes many times as long as the fastest. What about a warm call?", "b",
        again="Run the cell above again, then this one.",
        a=("The same order and the same gaps: a slow language stays slow.",
           "What took long was to start an interpreter or a virtual machine, and a warm call starts none."),
        b=("Nearly all are quick: what took long was to start.",
           "The handler itself is done in no time; only bash starts other programs for each event."),
        c=("Only compiled languages get fast; a script is read anew for each call.",
           "A script is read once, at the cold start; then its handler is in memory."),
    ),
)

QUIZZES: Final[tuple[Question, ...]] = (
    question(
        "03.q1", "Your team writes Rust, which no managed runtime offers. How does Lambda run it?", "c",
        a=("Not at all: Lambda runs the languages on its list.", "The list is of managed runtimes; anything that speaks HTTP can run."),
        b=("As a web server that waits for Lambda's requests.", "Lambda calls nobody: a runtime asks the Runtime API for events."),
        c=("As a program called bootstrap, on provided.al2023.", "The Rust library has the loop in it, as Go's has."),
    ),
    question(
        "03.q2", "A handler fails, and its runtime posts the message to …/response. What does the caller see?", "a",
        a=("A success, whose answer happens to be a message.", "Lambda believes the runtime: only …/error makes it a failure."),
        b=("A FunctionError: Lambda reads the message.", "Lambda does not look into an answer; the address it was posted to decides."),
        c=("Nothing, until the function times out.", "Whatever is posted with the request's id is the answer."),
    ),
)
