"""The course: its labs, exercises and checks, questions, progress, and how labs/ is built from solutions/ (floor 5).

`Lab` calls these four; each returns something that a notebook shows. A check gets the lab as an argument, so that
this room knows of a cloud only what the lab's own face offers.
"""

from lablib.course.catalogue import course_map
from lablib.course.checks import check
from lablib.course.pictures import picture
from lablib.course.questions import predict, quiz

__all__ = ["check", "course_map", "picture", "predict", "quiz"]
