"""What lab 07 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import Question, question

PREDICTIONS: Final[tuple[Question, ...]] = (
    question(
        "07.p1", "You give memo eight times the memory. What gets faster?", "b",
        again="Close what else keeps this machine busy, then run this cell again.",
        a=("INIT and the first invocation: more memory is more CPU.",
           "More memory is more CPU for the handler; INIT has a fast processor at any memory size."),
        b=("The first invocation. INIT stays as it was.",
           "The CPU share that comes with memory holds for the handler, not for INIT."),
        c=("Neither: memory is for data.",
           "On Lambda memory buys CPU too: 1,769 MB come with one whole processor."),
    ),
    question(
        "07.p2", "You add a file of 20 MB to the package. Nothing imports it. What happens to Init Duration?", "c",
        again="Close what else keeps this machine busy, then run this cell again.",
        a=("It grows: the whole package is read at the start.",
           "Python reads what is imported. Lambda does fetch the package, but before INIT."),
        b=("The file is refused: it is no Python.",
           "A package may hold any file, up to 250 MB unzipped."),
        c=("It stays: INIT runs imports and code, and this file is neither.",
           "Init Duration begins when the package is there already."),
    ),
    question(
        "07.p3", "One environment is provisioned. Two requests come at the same moment. How many of them wait for INIT?", "b",
        again="Run this cell again.",
        a=("None: the function is provisioned.",
           "So many environments are ready as you asked for, and each serves one request at a time."),
        b=("One: the other one is served by the environment that is ready.",
           "What goes beyond the provisioned number starts on demand, with a cold start."),
        c=("Both: they share the environment, so it must start again.",
           "Environments are never shared at the same moment, and what is ready stays ready."),
    ),
)

QUIZZES: Final[tuple[Question, ...]] = (
    question(
        "07.q1", "Init Duration is 900 ms, of which 700 ms is one import that a tenth of the requests need. What helps "
        "most?", "a",
        a=("Import it in the handler, when a request needs it.",
           "Nine of ten first answers no longer wait for it, and a warm environment keeps it."),
        b=("More memory.", "Memory leaves INIT alone."),
        c=("A smaller zip.", "The time is spent running the import, not fetching the package."),
    ),
    question(
        "07.q2", "With SnapStart, a function draws a random id above its handler. What do its environments have?", "c",
        a=("Each its own id: each runs INIT.",
           "INIT ran once, before the snapshot; an environment is restored from what it left."),
        b=("No id: random numbers are removed from snapshots.", "A snapshot keeps everything that INIT left in memory."),
        c=("The same id: it was drawn once, before the snapshot.",
           "Draw what must be unique in the handler, or in an after-restore hook."),
    ),
)
