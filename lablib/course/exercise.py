"""What an exercise is: an id, and layers tried in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lablib.course.bench import Bench
from lablib.course.verdict import Answer

DEFINED, RUNS, TYPE, EXAMPLE, HIDDEN = (
    "defined",
    "runs",
    "right type",
    "right on the example",
    "right on an event you have not seen",
)
"""The layers that most exercises have, in their order; what follows them names what it looks at."""


@dataclass(frozen=True)
class Layer:
    """One layer of a check: its name, and the matcher that says whether it holds."""

    name: str
    test: Callable[[Bench], Answer]


@dataclass(frozen=True)
class Exercise:
    """An exercise.

    Attributes
    ----------
    id : str
        "01.2".
    what : str
        What the learner writes, as a sentence names it: "the function `greeter`".
    layers : tuple of Layer
    """

    id: str
    what: str
    layers: tuple[Layer, ...]
