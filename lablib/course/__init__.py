"""The course: its labs, exercises and checks, questions, progress, and how labs/ is built from solutions/ (floor 5).

`Lab` calls the five names below; each returns something that a notebook shows. A check gets the lab as an argument, so
that this room knows of a cloud only what the lab's own face offers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lablib.course.catalogue import course_map
    from lablib.course.checks import check
    from lablib.course.pictures import picture
    from lablib.course.questions import predict, quiz

__all__ = ["check", "course_map", "picture", "predict", "quiz"]

_MODULES = {"check": "checks", "course_map": "catalogue", "picture": "pictures", "predict": "questions", "quiz": "questions"}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: only pictures need matplotlib, which takes half a second."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
