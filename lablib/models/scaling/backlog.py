"""Requests that were refused and come again, for the fluid engine: by attempt, and by the step in which they are due."""

from __future__ import annotations

import numpy as np

from lablib.models.scaling.callers import Asynchronous, Synchronous
from lablib.models.scaling.numbers import Floats

_SHARES = (0.125, 0.375, 0.625, 0.875)
"""Where in a step requests are taken to be."""


class Backlog:
    """All who will try again. Retries with jitter come after the mean of what they may wait."""

    def __init__(self, caller: Synchronous | Asynchronous, edges: Floats) -> None:
        self.edges = edges
        waits: list[float] = []
        while len(waits) < 1_000:
            wait = caller.wait(len(waits) + 1, 0.5)
            if wait is None or (isinstance(caller, Asynchronous) and sum(waits) + wait > caller.oldest_s):
                break
            waits.append(wait)
        self.waits = np.array(waits)
        self.jitter = isinstance(caller, Synchronous) and caller.jitter
        self.ages = np.concatenate(([0.0], np.cumsum(self.waits)))
        steps = edges.size - 1
        self.due = np.zeros((steps + 1, self.waits.size + 1))
        self.served, self.failed = np.zeros(self.waits.size + 1), 0.0
        self._waiting = 0.0
        self.most = 0.0

    def tried(self, step: int, fresh: float, refused_part: float) -> float:
        """Attempts in a step, if such a part of them is refused: also those that come again within it."""
        return float(self._attempts(step, fresh, refused_part).sum())

    def step(self, step: int, fresh: float, refused_part: float) -> float:
        """Such a part of a step's attempts was refused. How many wait at its end."""
        attempts = self._attempts(step, fresh, refused_part)
        refused = attempts * refused_part
        served = attempts - refused
        self.served += served
        self.failed += float(refused[-1])
        self._waiting += float(refused[0]) - float(served[1:].sum())
        if self.waits.size:
            self._waiting -= float(refused[-1])
            if refused[:-1].any():
                self._come_again(step, refused[:-1])
        else:
            self._waiting = 0.0
        self.most = max(self.most, self._waiting)
        return self._waiting

    @property
    def pending(self) -> float:
        """Who waits at the end."""
        return float(self.due[-1].sum())

    def _attempts(self, step: int, fresh: float, refused_part: float) -> Floats:
        attempts = self.due[step].copy()
        attempts[0] += fresh
        if refused_part and self.waits.size:
            for place, part in enumerate(self._within(step).tolist()):
                if part == 0.0:
                    break  # each waits longer than the one before
                attempts[place + 1] += attempts[place] * refused_part * part
        return attempts

    def _within(self, step: int) -> Floats:
        """The part of each wait that ends in the step in which it began."""
        width = self.edges[step + 1] - self.edges[step]
        return np.maximum(0.0, 1.0 - self.waits / width)

    def _come_again(self, step: int, refused: Floats) -> None:
        start, end = self.edges[step], self.edges[step + 1]
        later = refused * (1.0 - self._within(step)) / len(_SHARES)
        places = np.arange(1, refused.size + 1)
        for share in _SHARES:
            # Who comes again later comes from the end of the step, if waits are shorter than it.
            begun = np.maximum(start + share * (end - start), end - self.waits * (1 - share))
            steps = np.searchsorted(self.edges, begun + self.waits, side="right") - 1
            np.add.at(self.due, (np.clip(steps, step + 1, self.edges.size - 1), places), later)
