"""Aliases: names that point to a version, or share invocations between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NO_WEIGHTS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Alias:
    """An alias at one moment.

    Attributes
    ----------
    version : str
        ``"$LATEST"`` or a number.
    weights : Mapping[str, float]
        Of the additional version, if there is one: the share of all invocations that it gets, from 0 to 1.
    revision_id : str
        Differs after every change.
    """

    name: str
    version: str
    description: str
    revision_id: str
    weights: Mapping[str, float] = field(default_factory=lambda: _NO_WEIGHTS)

    def pick(self, chance: float) -> str:
        """The version that one invocation runs, for a number drawn evenly from [0, 1)."""
        for version, weight in self.weights.items():
            if chance < weight:
                return version
            chance -= weight
        return self.version

    def points_to(self, version: str) -> bool:
        """Whether an invocation of this alias may run that version."""
        return version == self.version or version in self.weights
