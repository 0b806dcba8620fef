"""The values that a pattern lists for a field: exact ones, and match expressions such as ``{"prefix": "a"}``.

Each becomes a `Test`: whether one value of an event (a string, a number, true, false or null) is what it asks for. The sentences
are AWS's, as EventBridge answered in 2024 and as its open matcher (Event Ruler 1.8) has them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lablib.cloud.sources.patterns.reading import InvalidPattern, Reader, Token

Test = Callable[[Any], bool]

_MOST = Decimal(5_000_000_000)  # the largest number that is compared as one, either way. Event Ruler, Constants, 2024
_DIGITS = 6  # behind the point
_BAD_RANGE = "Value must be between -5.0E9 and 5.0E9, inclusive"
_ONE_KEY = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"
_NOT_IN_LIST = "Inside anything but list, start|null|boolean is not supported."
_MIXED = "Inside anything but list, either all values are number or string, mixed type is not supported"
_TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character"
)
# How many times the same text may stand between two wildcards. AWS's own measure could not be confirmed; its example of
# a pattern that it refuses, *:*:*:*:*:event-bus/*, has four.
_REPEATED = 3
_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")


def absent(value: Any) -> bool:
    """``{"exists": false}``: no value is what it asks for; a field without any is."""
    return False


def present(value: Any) -> bool:
    """``{"exists": true}``: any value."""
    return True


def exactly(token: Token) -> Test:
    """A value that stands in a pattern's list as it is."""
    wanted = token.value
    if isinstance(wanted, str):
        address = _address(wanted)
        if address is not None:
            return lambda value: isinstance(value, str) and (value == wanted or _address(value) == address)
        return lambda value: isinstance(value, str) and value == wanted
    if token.numeric:
        number = number_of(wanted)
        if number is None:
            return lambda value: not isinstance(value, bool) and isinstance(value, type(wanted)) and value == wanted
        return lambda value: number_of(value) == number
    return lambda value: value is wanted


def number_of(value: Any) -> Decimal | None:
    """A value as it is compared: six digits behind the point; None for what is no number, or too large a one.

    300 and 300.0 are equal, whatever EventBridge's guide says: captured answers of TestEventPattern, 2024.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    number = Decimal(str(value))
    return round(number, _DIGITS) if number.is_finite() and abs(number) <= _MOST else None


def expression(reader: Reader) -> Test:
    """A match expression, whose opening bracket is read."""
    token = reader.next()
    if token.kind != "name":
        reader.fail("Match expression name not found")
    known = _EXPRESSIONS.get(token.value)
    if known is None or token.value in reader.dialect.without:
        reader.fail(f"Unrecognized match type {token.value}")
    return known(reader)


def _closed(reader: Reader, sentence: str = _ONE_KEY) -> None:
    if reader.next().kind != "}":
        reader.fail(sentence)


def _string(reader: Reader, operator: str) -> str:
    if reader.next().kind != "string":
        reader.fail(f"{operator} match pattern must be a string")
    return reader.text()


def _exact(reader: Reader) -> Test:
    wanted = _string(reader, "exact")
    _closed(reader)
    return lambda value: isinstance(value, str) and value == wanted


def _ignoring_case(reader: Reader) -> Test:
    wanted = _string(reader, "equals-ignore-case").lower()
    _closed(reader)
    return lambda value: isinstance(value, str) and value.lower() == wanted


def _affix(operator: str) -> Callable[[Reader], Test]:
    has = str.startswith if operator == "prefix" else str.endswith

    def read(reader: Reader) -> Test:
        token = reader.next()
        if token.kind != "{":
            if token.kind != "string":
                reader.fail(f"{operator} match pattern must be a string")
            wanted = reader.text()
            _closed(reader)
            return lambda value: isinstance(value, str) and has(value, wanted)
        name = reader.next()
        if name.kind != "name":
            reader.fail(f"{operator.capitalize()} expression name not found")
        if name.value != "equals-ignore-case":
            reader.fail(f"Unsupported {operator} pattern: {name.value}")
        lowered = _string(reader, "equals-ignore-case").lower()
        _closed(reader)
        _closed(reader)
        return lambda value: isinstance(value, str) and has(value.lower(), lowered)

    return read


def _wildcard(reader: Reader) -> Test:
    found = _glob(reader, _string(reader, "wildcard"))
    _closed(reader)
    return lambda value: isinstance(value, str) and found.fullmatch(value) is not None


def _glob(reader: Reader, pattern: str) -> re.Pattern[str]:
    """A wildcard pattern: ``*`` is any text, ``\\*`` and ``\\\\`` are the characters themselves."""
    parts, at = [""], 0
    while at < len(pattern):
        character, following = pattern[at], pattern[at + 1 : at + 2]
        position = len(pattern[:at].encode(errors="surrogatepass")) + 1  # behind the quote, which AWS counts
        if character == "*":
            if following == "*":
                reader.fail(f"Consecutive wildcard characters at pos {position}")
            parts.append("")
        elif character == "\\":
            if following not in ("*", "\\") or not following:
                reader.fail(f"Invalid escape character at pos {position}")
            parts[-1] += following
            at += 1
        else:
            parts[-1] += character
        at += 1
    between = parts[1:-1]
    if any(between.count(text) > _REPEATED for text in set(between)):
        raise InvalidPattern(_TOO_COMPLEX)
    return re.compile(".*".join(map(re.escape, parts)), re.DOTALL)


def _exists(reader: Reader) -> Test:
    token = reader.next()
    if token.kind != "literal" or token.value is None:
        reader.fail("exists match pattern must be either true or false.")
    _closed(reader)
    return present if token.value else absent


def _cidr(reader: Reader) -> Test:
    network = _network(_string(reader, "prefix"))  # so AWS says: "prefix match pattern must be a string"
    _closed(reader)

    def inside(value: Any) -> bool:
        address = _address(value) if isinstance(value, str) else None
        return address is not None and address in network

    return inside


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    slashed = text.split("/")
    if len(slashed) != 2:
        raise InvalidPattern("Malformed CIDR, one '/' required")
    if re.fullmatch(r"[-+]?\d+", slashed[1]) is None:
        raise InvalidPattern("Malformed CIDR, mask bits must be an integer")
    bits = int(slashed[1])
    if bits < 0:
        raise InvalidPattern("Malformed CIDR, mask bits must not be negative")
    address = _address(slashed[0])
    if address is None:
        literal = _IPV4.fullmatch(slashed[0]) or _IPV6.fullmatch(slashed[0])
        raise InvalidPattern(f"{'Invalid' if literal else 'Nonstandard'} IP address: {slashed[0]}")
    if bits >= address.max_prefixlen:
        raise InvalidPattern(f"IPv{address.version} mask bits must be < {address.max_prefixlen}")
    return ipaddress.ip_network(f"{address}/{bits}", strict=False)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if not (_IPV4.fullmatch(text) or _IPV6.fullmatch(text)):
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _numeric(reader: Reader) -> Test:
    if reader.next().kind != "[":
        reader.fail("Value of numeric must be an array.")
    if reader.next().kind != "string":
        reader.fail(f"Invalid member in numeric match: {reader.text()}")
    operator = reader.text()
    if operator not in _COMPARED:
        reader.next()  # AWS has looked at the value before it looks at the operator
        reader.fail(f"Unrecognized numeric range operator: {operator}")
    bound = _bound(reader, "equals" if operator == "=" else operator)
    compared = _COMPARED[operator]
    following = reader.next()
    if following.kind == "]":
        test: Test = lambda value: (number := number_of(value)) is not None and compared(number, bound)  # noqa: E731
    elif operator in (">", ">="):
        test = _range(reader, compared, bound)
    else:
        reader.fail(_TOO_MANY)
    _closed(reader, _TOO_MANY)
    return test


def _range(reader: Reader, above: Callable[[Decimal, Decimal], bool], bottom: Decimal) -> Test:
    """The second half of ``[">", 0, "<=", 5]``, whose operator is the current token."""
    if reader.token.kind != "string":
        reader.fail(f"Bad value in numeric range: {reader.text()}")
    operator = reader.text()
    if operator not in ("<", "<="):
        reader.fail(f"Bad numeric range operator: {operator}")
    top, below = _bound(reader, operator), _COMPARED[operator]
    if reader.next().kind != "]":
        reader.fail("Too many terms in numeric range expression")
    if bottom >= top:
        reader.fail("Bottom must be less than top")
    return lambda value: (number := number_of(value)) is not None and above(number, bottom) and below(number, top)


def _bound(reader: Reader, named: str) -> Decimal:
    token = reader.next()
    if not token.numeric:
        reader.fail(f"Value of {named} must be numeric")
    number = number_of(token.value)
    if number is None:
        reader.fail(_BAD_RANGE)
    return number


def _anything_but(reader: Reader) -> Test:
    token = reader.next()
    if token.kind == "{":
        return _anything_but_expression(reader)
    if token.kind == "[":
        unwanted = _listed(reader)
    elif token.kind in ("string", "number"):
        unwanted = [exactly(token)]
        if token.numeric and number_of(token.value) is None:
            raise InvalidPattern(_BAD_RANGE)
    else:
        reader.fail("Value of anything-but must be an array or single string/number value.")
    _closed(reader, _TOO_MANY)
    return _none_of(unwanted)


def _none_of(unwanted: list[Test]) -> Test:
    return lambda value: not any(test(value) for test in unwanted)


def _listed(reader: Reader) -> list[Test]:
    kinds, tests = set(), []
    while (token := reader.next()).kind != "]":
        if token.kind not in ("string", "number"):
            reader.fail(_NOT_IN_LIST, twice=True)
        if token.numeric and number_of(token.value) is None:
            reader.fail(_BAD_RANGE)
        reader.text()
        kinds.add(token.kind)
        tests.append(exactly(token))
    if len(kinds) != 1:
        reader.fail(_MIXED)
    return tests


def _anything_but_expression(reader: Reader) -> Test:
    name = reader.next()
    if name.kind != "name":
        reader.fail("Anything-But expression name not found")
    if name.value not in reader.dialect.but:
        reader.fail(f"Unsupported anything-but pattern: {name.value}")
    token = reader.next()
    if not reader.dialect.lists and token.kind != "string":
        reader.fail(reader.dialect.but[name.value])
    if token.kind not in ("[", "string", "number"):
        reader.fail("Value of anything-but must be an array or single string/number value.")
    unwanted = []
    if token.kind == "[":
        while (token := reader.next()).kind != "]":
            unwanted.append(_but(reader, name.value, token, listed=True))
    else:
        unwanted.append(_but(reader, name.value, token, listed=False))
    _closed(reader, _TOO_MANY)
    _closed(reader, _TOO_MANY)
    return _none_of(unwanted)


def _but(reader: Reader, operator: str, token: Token, listed: bool) -> Test:
    if token.kind != "string":
        reader.fail(reader.dialect.but[operator], twice=listed)
    text = reader.text()
    if operator in ("prefix", "suffix"):
        if not text:
            reader.fail("Null prefix/suffix not allowed", twice=listed)
        has = str.startswith if operator == "prefix" else str.endswith
        return lambda value: isinstance(value, str) and has(value, text)
    if operator == "wildcard":
        glob = _glob(reader, text)
        return lambda value: isinstance(value, str) and glob.fullmatch(value) is not None
    return lambda value: isinstance(value, str) and value.lower() == text.lower()


_COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "=": Decimal.__eq__, "<": Decimal.__lt__, "<=": Decimal.__le__, ">": Decimal.__gt__, ">=": Decimal.__ge__,
}  # fmt: skip
_EXPRESSIONS: dict[str, Callable[[Reader], Test]] = {
    "exactly": _exact,
    "prefix": _affix("prefix"),
    "suffix": _affix("suffix"),
    "equals-ignore-case": _ignoring_case,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
    "exists": _exists,
    "wildcard": _wildcard,
}
