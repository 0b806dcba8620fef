"""What each lab checks and asks: lab_NN.py has its `EXERCISES`, questions_NN.py its `PREDICTIONS` and `QUIZZES`.

A lab is written when it has a lab_NN.py. A lab with much to check keeps the parts in lab_NN_something.py.
"""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from lablib.course.exercise import Exercise

LAB_NUMBERS: Final = tuple(sorted(found[1] for module in iter_modules(__path__) if (found := re.fullmatch(r"lab_(\d\d)", module.name))))
"""The labs that are written, "00" to "16"."""


def exercises_of(number: str) -> tuple[Exercise, ...]:
    """The exercises of a lab; none when it is not written yet."""
    return import_module(f"{__name__}.lab_{number}").EXERCISES if number in LAB_NUMBERS else ()


def questions_of(number: str) -> Any:
    """The module with the `PREDICTIONS` and the `QUIZZES` of a lab that is written."""
    return import_module(f"{__name__}.questions_{number}")
