"""What lab 05 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import Question, question

PREDICTIONS: Final[tuple[Question, ...]] = (
    question(
        "05.p1", "The counter has answered 3. Now four calls come at once. What is the highest count among their answers?", "b",
        again="Run the cell that deploys `counter`, the three calls, and this cell again.",
        a=("7: the four count on from 3.",
           "Only one of them can meet the environment that counted to 3; it answers one call at a time."),
        b=("4: each environment counts for itself.",
           "One call meets the environment that counted to 3, the others start environments of their own at 1."),
        c=("1: the four start afresh.",
           "An idle environment is used again before a new one starts, so one call still counts on."),
    ),
    question(
        "05.p2", "Nobody calls for an hour, then one call comes. What do the two counts say?", "a",
        again="Run this cell again.",
        a=("1 in memory and 1 in /tmp.", "Idle environments are ended, and everything in them goes with them."),
        b=("1 in memory, but the file counts on.", "/tmp is on a disk, but on the environment's own: it ends with it."),
        c=("Both count on: the function is still there.", "The function is its code and settings; what it remembered was the environment's."),
    ),
)

QUIZZES: Final[tuple[Question, ...]] = (
    question(
        "05.q1", "A handler notes in a global list which mails it has sent, so that it sends none twice. When does it send one twice?", "c",
        a=("Never: the list is above the handler.", "Above the handler means once for each environment, not once for all."),
        b=("Only after you deploy new code.", "That makes new environments, but so do two calls at once, a crash and an idle hour."),
        c=("Whenever another environment gets the event again.", "The other environment has a list of its own, which is empty."),
    ),
    question(
        "05.q2", "Two calls put an item with the same id at the same moment, both under attribute_not_exists(id). What happens?", "a",
        a=("One writes; the other is refused with ConditionalCheckFailedException.",
           "Looking and writing are one step in DynamoDB, so only one can come first."),
        b=("Both write, and the last one wins.", "That is put_item without a condition."),
        c=("Both are refused and have to come again.", "The one that comes first finds no item, so its condition holds."),
    ),
)
