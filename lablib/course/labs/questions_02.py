"""What lab 02 asks."""

from __future__ import annotations

from typing import Final

from lablib.course.question import Question, question

PREDICTIONS: Final[tuple[Question, ...]] = (
    question(
        "02.p1", "You upload a file called Café menu.txt. Which key does the event hold?", "b",
        again="Run the cell that wires the bucket again, then this one.",
        a=("Café menu.txt, as you wrote it.",
           "The object has that key, but S3 writes keys into events as in a web address."),
        b=("Caf%C3%A9+menu.txt, a key that no object has.",
           "In an event a space is + and é is %C3%A9."),
        c=("None: S3 refuses spaces and accents.",
           "S3 takes any UTF-8 key; people name their files as they like."),
    ),
    question(
        "02.p2", "The function fails each time. One message goes to the topic. How often does the function run?", "b",
        again="Run the cell that breaks `witness` again, then this one.",
        a=("Once: the publisher gets the error.",
           "The publisher was answered before the function ran; it never hears of it."),
        b=("Three times in three minutes, and then the message is gone.",
           "Lambda keeps an asynchronous event in a queue of its own, and tries it again twice."),
        c=("Again and again, until it works.",
           "A queue of SQS does that; Lambda's own queue gives up after two retries."),
    ),
)

QUIZZES: Final[tuple[Question, ...]] = (
    question(
        "02.q1", "You create an event source mapping for a queue. Whose permission does Lambda need to read it?", "b",
        a=("The function's policy must name sqs.amazonaws.com.",
           "That is for services that call the function; a queue calls nobody, Lambda's pollers read it."),
        b=("The function's role must be allowed to read the queue.",
           "Lambda reads it in the function's name, with the function's role."),
        c=("The queue's policy must name lambda.amazonaws.com.",
           "The role is in the queue's own account, so its own permissions are enough."),
    ),
    question(
        "02.q2", "A web shop must not lose an order when its function is broken for an hour. How should orders arrive?", "c",
        a=("Through an HTTP API: the answer says at once whether it worked.",
           "It says so to the customer, and keeps nothing: without a second try of theirs the order is lost."),
        b=("Through a topic: Lambda tries again by itself.",
           "After one and two minutes, and then it drops the event: an hour is too long."),
        c=("Through a queue: a message comes back until it is handled.",
           "The message waits in the queue, four days unless you say otherwise."),
    ),
)
