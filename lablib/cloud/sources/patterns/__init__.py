"""Event patterns: the language in which EventBridge's rules, and filters of mappings and subscriptions, say what they want.

A pattern is read by `compile`, or refused in AWS's words; `Pattern.matches` asks it about an event. Its names stand
for fields at any depth; a field may have several values, by arrays; it matches if one of them passes one of the tests that the
pattern lists for it. Fields inside one array must match in the same element. What a number, an IP address or null equals, and
that a dot in a name is as good as a level, is as EventBridge answered in 2024 (TestEventPattern).

`reading`     JSON, token by token, with the place of a fault
`operators`   the tests
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lablib.cloud.sources.patterns import operators
from lablib.cloud.sources.patterns.operators import Test
from lablib.cloud.sources.patterns.reading import EVENTBRIDGE, SNS, Dialect, InvalidPattern, Reader
from lablib.models import buses

__all__ = ["EVENTBRIDGE", "SNS", "Dialect", "InvalidPattern", "Pattern", "TooManyCombinations", "compile"]

# A path's tests, by the names that lead to it with dots between.
Alternative = dict[str, tuple[Test, ...]]
# In which element of which array a value lies; the numbers of the arrays are those of one event.
Place = tuple[tuple[int, int], ...]
Found = dict[str, list[tuple[Any, Place]]]

# Names that may not be a field's inside $or. Event Ruler, Constants, 2024.
_RESERVED = frozenset(
    "exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr = < <= > >= regex not-wildcard "
    "not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before in-date-range ip-address-in-range "
    "ip-address-not-in-range".split()
)


class TooManyCombinations(InvalidPattern):
    """More combinations by ``$or`` than a rule may have. AWS documents LimitExceededException; the words are ours."""

    code = "LimitExceededException"

    def __init__(self) -> None:
        super().__init__(f"More than {buses.RULE_COMBINATIONS} combinations of $or")


@dataclass(frozen=True)
class Pattern:
    """A pattern that is valid.

    Attributes
    ----------
    text
        As it was given.
    alternatives
        What ``$or`` leaves to choose from: an event matches if one of them does.
    """

    text: str
    alternatives: tuple[Alternative, ...]
    _paths: frozenset[str]
    _above: frozenset[str]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether an event, a JSON object, is one that the pattern asks for."""
        found: Found = {}
        self._collect(event, "", (), iter(range(1_000_000_000)), found)
        return any(_matches(alternative, found) for alternative in self.alternatives)

    def _collect(self, value: Any, path: str, place: Place, numbers: Iterator[int], found: Found) -> None:
        """Every value at a path that the pattern names, with its place."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                below = f"{path}.{name}" if path else name
                if below in self._paths or below in self._above:
                    self._collect(inner, below, place, numbers, found)
        elif isinstance(value, (list, tuple)):
            number = next(numbers)
            for index, element in enumerate(value):
                # Only what lies in objects of an array belongs together.
                inside = place if not isinstance(element, Mapping) else (*place, (number, index))
                self._collect(element, path, inside, numbers, found)
        elif path in self._paths:
            found.setdefault(path, []).append((value, place))


def compile(pattern: str | Mapping[str, Any], dialect: Dialect = EVENTBRIDGE) -> Pattern:
    """Read a pattern: JSON text, or what that says.

    Parameters
    ----------
    dialect
        Whose: `EVENTBRIDGE` or `SNS`.

    Raises
    ------
    InvalidPattern
        With AWS's whole sentence, "Event pattern is not valid. Reason: …".
    """
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    reader = Reader(text, dialect)
    if reader.next().kind != "{":
        reader.fail("Filter is not an object")
    alternatives: list[Alternative] = [{}]
    _object(reader, alternatives, "", inside_or=False)
    paths = frozenset(path for alternative in alternatives for path in alternative)
    above = frozenset(path[:at] for path in paths for at, character in enumerate(path) if character == ".")
    return Pattern(text, tuple(alternatives), paths, above)


def _object(reader: Reader, alternatives: list[Alternative], path: str, inside_or: bool) -> None:
    """The fields of an object, whose opening bracket is read, into every alternative."""
    empty = True
    while (token := reader.next()).kind != "}":
        empty, name = False, token.value
        if name == "$or":
            _or(reader, alternatives, path)
            continue
        if inside_or and name in _RESERVED:
            reader.fail(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
        below = f"{path}.{name}" if path else name
        kind = reader.next().kind
        if kind == "{":
            _object(reader, alternatives, below, inside_or)
        elif kind == "[":
            tests = _values(reader)
            for alternative in alternatives:
                alternative[below] = tests  # of a field that is named twice the last is meant
        else:
            reader.fail(f'"{name}" must be an object or an array')
    if empty:
        reader.fail("Empty objects are not allowed")


def _or(reader: Reader, alternatives: list[Alternative], path: str) -> None:
    """Each alternative so far, with each object of a ``$or``."""
    if reader.next().kind != "[":
        reader.fail("It must be an Array followed with $or.")
    before, count = [dict(alternative) for alternative in alternatives], 0
    alternatives.clear()
    while (token := reader.next()).kind != "]":
        count += 1
        if token.kind != "{":
            reader.fail("Only JSON object is allowed in array of $or relationship.")
        forked = [dict(alternative) for alternative in before]
        _object(reader, forked, path, inside_or=True)
        alternatives += forked
        if len(alternatives) > buses.RULE_COMBINATIONS:
            raise TooManyCombinations
    if count < 2:
        reader.fail("There must have at least 2 Objects in $or relationship.")


def _values(reader: Reader) -> tuple[Test, ...]:
    """The list of a field, whose opening bracket is read."""
    tests = []
    while (token := reader.next()).kind != "]":
        if token.kind == "{":
            tests.append(operators.expression(reader))
        elif token.kind == "[":
            reader.fail("Match value must be String, number, true, false, or null")
        else:
            reader.text()
            tests.append(operators.exactly(token))
    if not tests:
        reader.fail("Empty arrays are not allowed")
    return tuple(tests)


def _matches(alternative: Alternative, found: Found) -> bool:
    """Whether each path has a value that passes, all of them from the same elements of the arrays that they share."""
    passing: list[list[Place]] = []
    for path, tests in alternative.items():
        values = found.get(path)
        if values is None:
            if operators.absent not in tests:
                return False
            continue
        places = list(dict.fromkeys(place for value, place in values if any(test(value) for test in tests)))
        if not places:
            return False
        if () not in places:  # which goes with any other
            passing.append(places)
    return _consistent(passing, {})


def _consistent(choices: Sequence[list[Place]], chosen: dict[int, int]) -> bool:
    """Whether one place can be chosen from each, such that no array is in two elements."""
    if not choices:
        return True
    for place in choices[0]:
        fits = all(chosen.get(array, index) == index for array, index in place)
        if fits and _consistent(choices[1:], {**chosen, **dict(place)}):
            return True
    return False
