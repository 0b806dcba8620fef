"""Checks: the layers of an exercise, tried in order until one fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lablib.course.bench import Bench, Clients
from lablib.course.exercise import Exercise
from lablib.course.labs import LAB_NUMBERS, exercises_of
from lablib.course.progress import Progress
from lablib.course.verdict import NotStarted, Verdict

REGISTRY: Final[dict[str, Exercise]] = {exercise.id: exercise for number in LAB_NUMBERS for exercise in exercises_of(number)}
"""Every exercise of the course by its id."""


def check(lab: Clients, exercise_id: str, namespace: Mapping[str, Any] | None = None) -> Verdict:
    """An exercise's verdict; it is kept in the learner's progress when it is ✅.

    Parameters
    ----------
    lab : Lab
        Started: the functions that are called are those of its cloud.
    exercise_id : str
    namespace : mapping, optional
        The notebook's variables.

    Returns
    -------
    Verdict
        Always: a check raises nothing but KeyboardInterrupt.
    """
    exercise = REGISTRY.get(exercise_id)
    if exercise is None:
        known = ", ".join(sorted(REGISTRY))
        return Verdict(exercise_id, "❌", f"not found: there is no such exercise. There is {known}.")
    verdict = judge(exercise, Bench(lab, namespace or {}))
    progress = Progress.of_this_learner()
    if verdict.done:
        progress.keep_done(exercise.id)
    # What was done before changes no word of it: notebooks are compared, also by who has done them.
    return Verdict(verdict.exercise, verdict.mark, "\n   ".join([verdict.text, *progress.notes]))


def judge(exercise: Exercise, bench: Bench) -> Verdict:
    """Try the layers in order and stop at the first that fails."""
    try:
        return _judge(exercise, bench)
    except Exception as error:  # a check never raises into the notebook: it says what kept it from looking
        return Verdict(exercise.id, "❌", f"could not be checked: {type(error).__name__}: {error}")


def _judge(exercise: Exercise, bench: Bench) -> Verdict:
    try:
        for layer in exercise.layers:
            holds, reason = layer.test(bench)
            if not holds:
                lines = [f"not yet: {layer.name}? No.", *(reason.lines() if reason else [])]
                return Verdict(exercise.id, "❌", "\n".join(lines))
    except NotStarted:
        again = "Write it, run its cell, then run this check again."
        return Verdict(exercise.id, "⏳", f"not started yet: {exercise.what}. {again}")
    finally:
        bench.clear()
    return Verdict(exercise.id, "✅", "done: " + ", ".join(layer.name for layer in exercise.layers) + ".")
