"""What lab 06 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import question

PREDICTIONS: Final = (
    question(
        "06.p1", "A function has 128 MB. Its handler asks for 200 MB and is ready to catch a MemoryError. What happens?", "c",
        again="Run the cell that deploys `greedy` again, then this one.",
        a=("The handler catches the MemoryError and answers.",
           "Python never raised one: nothing asks the handler. The limit is held from outside, on the whole process."),
        b=("It gets slower, because memory is borrowed from the disk.",
           "An environment has no swap space. Beyond its memory there is nothing."),
        c=("The process is killed, and the handler catches nothing.",
           "The limit is held from outside, and a killed process cleans nothing up."),
    ),
    question(
        "06.p2", "A zip is smaller than 2 MB. Unpacked it is 251 MB. You give it to a function. What happens?", "b",
        again="Run the cell that defines `tried` again, then this one.",
        a=("It is accepted: a zip may have 50 MB, and this one is far below.",
           "50 MB is what may be sent. What is in it has a limit of its own, 250 MB with all layers."),
        b=("It is refused at once: Lambda counts what is in it.",
           "The zip is unpacked when you send it, and what it holds is counted together with the layers."),
        c=("It is accepted, and the first invocation fails for want of room.",
           "It never comes so far: a package's size is looked at when you send it."),
    ),
)

QUIZZES: Final = (
    question(
        "06.q1", "A report takes 40 minutes in one invocation. What makes it fit?", "c",
        a=("A timeout of 40 minutes.", "The most is 15 minutes, and no request raises it."),
        b=("Ten times the memory: then it takes a tenth of the time.",
           "More memory is more CPU, but one thread gains nothing beyond one vCPU, and waiting gets no shorter."),
        c=("Pieces that each end in time, and something that calls the next one.",
           "Each piece has its own 15 minutes. A Step Functions workflow can call one after the other."),
    ),
    question(
        "06.q2", "A function's answer has 20 MB, and a caller waits for it. What do you do?", "a",
        a=("Write it to S3 and answer with its key.", "Then the answer has a few bytes, and S3 holds what is large."),
        b=("Raise the function's memory.", "The 6 MB are a limit of the answer, whatever memory the function has."),
        c=("Invoke it asynchronously.", "Nobody receives an answer then, and its event may have 1 MB."),
    ),
)
