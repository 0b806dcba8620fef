"""What lab 01 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import Question, question

PREDICTIONS: Final[tuple[Question, ...]] = (
    question(
        "01.p1", "A handler sleeps for 5 s, and the function's timeout is 1 s. What does the caller get?", "c",
        again="Run the cell that deploys `sleepy` again, then this one.",
        a=("The answer after 5 s, with a warning in the log.",
           "A timeout is no advice: the process is killed in the middle of the handler."),
        b=("HTTP status 504, because the call failed.",
           "504 is what a gateway in front might make of it; Invoke itself succeeds and says FunctionError."),
        c=("HTTP status 200 with a FunctionError, after 1 s.",
           "Invoke did its work; the function failed, and FunctionError says so."),
    ),
    question(
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

QUIZZES: Final[tuple[Question, ...]] = (
    question(
        "01.q1", "Your zip holds project/lambda_function.py, and the handler is lambda_function.lambda_handler. What happens?", "b",
        a=("CreateFunction refuses the zip.", "CreateFunction does not look for your handler; the zip is a good zip."),
        b=("It is created, and its first invocation fails with Runtime.ImportModuleError.",
           "Nothing looks for the module until an environment starts."),
        c=("It works: Lambda looks in every folder.", "Python looks at the top of the package, in /var/task."),
    ),
    question(
        "01.q2", "Python publishes a security release of its 3.13 line. Who installs it for your python3.13 function?", "a",
        a=("AWS: the managed runtime is patched for you.", "By default, runtime updates are automatic."),
        b=("You: you upload the zip again.", "Your zip holds your code and libraries; the runtime is not in it."),
        c=("Nobody: a function keeps the interpreter it was created with.",
           "That is so only when you pin a runtime version yourself."),
    ),
)
