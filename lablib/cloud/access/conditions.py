"""The operators of a statement's Condition.

Source: "IAM JSON policy elements: Condition operators", AWS IAM User Guide, 2026.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any

Test = Callable[[str, str], bool]

# What a policy says with ${*} and ${?}.
STAR, MARK = "\ue000", "\ue001"
_MEANING = {"*": ".*", "?": ".", STAR: r"\*", MARK: r"\?"}

_SET = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


def hold(operator: str, actual: str | tuple[str, ...] | None, expected: Sequence[str]) -> bool:
    """Whether a condition holds.

    Parameters
    ----------
    operator
        Such as ``StringLike``, ``ForAnyValue:StringEquals``, ``ArnLikeIfExists``. One that IAM does not have never holds.
    actual
        What the request has for the condition's key; None if it has none.
    expected
        The condition's values, of which one has to match.
    """
    match = _SET.fullmatch(operator)
    if match is None:
        return False
    quantifier, name, if_exists = match[1], match[2], bool(match[3])
    if name == "Null":
        return any((actual is None) == (value.lower() == "true") for value in expected)
    negated, test = _TESTS.get(name, (False, None))
    if test is None:
        return False
    values = () if actual is None else (actual,) if isinstance(actual, str) else actual
    if not values:
        return if_exists or quantifier == "ForAllValues" or (negated and quantifier is None)
    outcomes = [any(test(value, wanted) for wanted in expected) is not negated for value in values]
    return all(outcomes) if quantifier == "ForAllValues" or (negated and quantifier is None) else any(outcomes)


def _like(actual: str, pattern: str) -> bool:
    return compiled(pattern).fullmatch(actual) is not None


@lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """A pattern in which ``*`` is any text and ``?`` any character, and `STAR` and `MARK` are those characters themselves."""
    text = "".join(_MEANING.get(part) or re.escape(part) for part in re.split(f"([*?{STAR}{MARK}])", pattern))
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _equal(actual: str, wanted: str) -> bool:
    return actual == wanted.replace(STAR, "*").replace(MARK, "?")


def _arn_like(actual: str, pattern: str) -> bool:
    """Each of an ARN's six parts by itself: a wildcard in one does not reach into the next."""
    ours, theirs = actual.split(":", 5), pattern.split(":", 5)
    return len(ours) == len(theirs) and all(_like(part, wanted) for part, wanted in zip(ours, theirs, strict=True))


def _compared(convert: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Test:
    def test(actual: str, wanted: str) -> bool:
        try:
            return compare(convert(actual), convert(wanted))
        except ValueError:
            return False

    return test


def _moment(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _in_network(actual: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _same_ignoring_case(actual: str, wanted: str) -> bool:
    return actual.lower() == wanted.lower()


# Operator: (it is the negation of the test, the test).
_TESTS: dict[str, tuple[bool, Test]] = {
    "StringEquals": (False, _equal),
    "StringNotEquals": (True, _equal),
    "StringEqualsIgnoreCase": (False, _same_ignoring_case),
    "StringNotEqualsIgnoreCase": (True, _same_ignoring_case),
    "StringLike": (False, _like),
    "StringNotLike": (True, _like),
    "ArnEquals": (False, _arn_like),
    "ArnLike": (False, _arn_like),
    "ArnNotEquals": (True, _arn_like),
    "ArnNotLike": (True, _arn_like),
    "Bool": (False, _same_ignoring_case),
    "BinaryEquals": (False, _equal),
    "IpAddress": (False, _in_network),
    "NotIpAddress": (True, _in_network),
    "NumericEquals": (False, _compared(float, eq)),
    "NumericNotEquals": (True, _compared(float, eq)),
    "NumericLessThan": (False, _compared(float, lt)),
    "NumericLessThanEquals": (False, _compared(float, le)),
    "NumericGreaterThan": (False, _compared(float, gt)),
    "NumericGreaterThanEquals": (False, _compared(float, ge)),
    "DateEquals": (False, _compared(_moment, eq)),
    "DateNotEquals": (True, _compared(_moment, eq)),
    "DateLessThan": (False, _compared(_moment, lt)),
    "DateLessThanEquals": (False, _compared(_moment, le)),
    "DateGreaterThan": (False, _compared(_moment, gt)),
    "DateGreaterThanEquals": (False, _compared(_moment, ge)),
}
