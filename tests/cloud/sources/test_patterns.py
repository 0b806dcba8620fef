"""The event pattern language. Where a case says so, it is an answer of EventBridge's TestEventPattern, captured in 2024."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.sources import patterns
from lablib.cloud.sources.patterns import InvalidPattern

BUS = "arn:aws:events:us-east-1:123456789012:event-bus/myEventBus"


DEEP_OR = {"$or": [{"a": [{"numeric": [">", 0]}]}, {"b": ["2"], "c": ["3"]}]}


def matches(pattern: Any, event: Any) -> bool:
    return patterns.compile(json.dumps(pattern)).matches(event)


@pytest.mark.parametrize(
    "wanted, value, expected",
    [
        (["a"], "a", True), (["a"], "A", False), (["a"], ["b", "a"], True), ([""], "", True), ([""], None, False),
        ([None], None, True), ([None], "null", False), ([None], [], False), (["null"], None, False),
        ([True], True, True), ([True], 1, False), ([1], True, False), (["true"], True, False),
        ([300], 300.0, True), ([300], "300", False), (["300"], 300, False), ([3.0e2], 300, True),
        ([123456789012], 123456789012, True), ([123456789012], 123456789013, False),
        ([{"exactly": "a"}], "a", True), ([{"exactly": "a"}], "b", False),
        ([{"prefix": "a"}], "ab", True), ([{"prefix": "a"}], "ba", False), ([{"prefix": "1"}], 12, False),
        ([{"prefix": ""}], "", True),
        ([{"suffix": ".png"}], "cat.png", True), ([{"suffix": ".png"}], "cat.PNG", False), ([{"suffix": ""}], 1, False),
        ([{"prefix": {"equals-ignore-case": "EC2"}}], "ec2 it is", True),
        ([{"prefix": {"equals-ignore-case": "EC2"}}], "e", False),
        ([{"suffix": {"equals-ignore-case": ".PnG"}}], "cat.pNg", True),
        ([{"suffix": {"equals-ignore-case": ".PnG"}}], "png", False),
        ([{"equals-ignore-case": "Ab"}], "aB", True), ([{"equals-ignore-case": ""}], "", True),
        ([{"equals-ignore-case": ""}], "a", False),
        ([{"anything-but": "a"}], "b", True), ([{"anything-but": "a"}], "a", False), ([{"anything-but": "a"}], None, True),
        ([{"anything-but": "a"}], 5, True), ([{"anything-but": 5}], 5.0, False), ([{"anything-but": 5}], "5", True),
        ([{"anything-but": 0}], 0, False), ([{"anything-but": ["a", "b"]}], "b", False),
        ([{"anything-but": ["a", "b"]}], "c", True),
        ([{"anything-but": [1, 2]}], 2, False), ([{"anything-but": ["a"]}], ["a", "b"], True),
        ([{"anything-but": ["a"]}], ["a"], False),
        ([{"anything-but": {"prefix": "in"}}], "init", False), ([{"anything-but": {"prefix": "in"}}], 12, True),
        ([{"anything-but": {"prefix": ["in", "ru"]}}], "run", False), ([{"anything-but": {"prefix": ["in", "ru"]}}], None, True),
        ([{"anything-but": {"suffix": ".txt"}}], "a.txt", False),
        ([{"anything-but": {"suffix": [".txt", ".rtf"]}}], "a.doc", True),
        ([{"anything-but": {"equals-ignore-case": "A"}}], "a", False),
        ([{"anything-but": {"equals-ignore-case": ["A", "b"]}}], "c", True),
        ([{"anything-but": {"wildcard": "*/lib/*"}}], "/a/lib/b", False),
        ([{"anything-but": {"wildcard": ["*/lib/*"]}}], "/a/b", True),
        ([{"numeric": ["=", 5]}], 5.0, True), ([{"numeric": ["=", 5]}], "5", False), ([{"numeric": ["=", 5]}], None, False),
        ([{"numeric": [">", 0, "<=", 5]}], 5, True), ([{"numeric": [">", 0, "<=", 5]}], 0, False),
        ([{"numeric": [">=", 0]}], 0, True),
        ([{"numeric": ["<", 10]}], 9.999999, True), ([{"numeric": ["<", 10]}], True, False),
        ([{"numeric": ["<=", -1e3]}], -1000, True),
        ([{"numeric": [">", 1]}], 6e9, False),
        ([{"cidr": "10.0.0.0/24"}], "10.0.0.255", True), ([{"cidr": "10.0.0.7/24"}], "10.0.1.0", False),
        ([{"cidr": "10.0.0.0/24"}], "x", False),
        ([{"cidr": "2001:db8::/32"}], "2001:db8:ffff::1", True), ([{"cidr": "2001:db8::/32"}], "10.0.0.1", False),
        (["2001:db8::1"], "2001:0db8:0::1", True), (["10.0.0.1"], "10.0.0.1", True), (["10.0.0.1"], "10.0.0.2", False),
        ([{"exists": True}], "", True), ([{"exists": True}], None, True), ([{"exists": True}], [], False),
        ([{"exists": True}], {"b": 1}, False),
        ([{"exists": False}], "x", False), ([{"exists": False}], [], True), ([{"exists": False}], {"b": 1}, True),
        ([{"wildcard": "arn:aws:events:us-east-1:*:event-bus/*"}], BUS, True), ([{"wildcard": "*.png"}], "a.png.txt", False),
        ([{"wildcard": "a*b"}], "a\n\n b", True), ([{"wildcard": "a\\*b"}], "a*b", True), ([{"wildcard": "a\\*b"}], "axb", False),
        ([{"wildcard": "a\\\\b"}], "a\\b", True), ([{"wildcard": ""}], "", True), ([{"wildcard": "*"}], "", True),
        ([{"wildcard": "1*"}], 12, False),
        (["x", {"prefix": "a"}, {"numeric": ["<", 3]}], "abc", True),
        (["x", {"prefix": "a"}, {"numeric": ["<", 3]}], [9, 2], True),
    ],
)  # fmt: skip
def test_what_a_value_must_be(wanted: list[Any], value: Any, expected: bool) -> None:
    assert matches({"detail": {"it": wanted}}, {"detail": {"it": value}}) is expected


@pytest.mark.parametrize(
    "pattern, event, expected",
    [
        ({"a": ["1"], "b": ["2"]}, {"a": "1", "b": "2", "c": "3"}, True),
        ({"a": ["1"], "b": ["2"]}, {"a": "1"}, False),
        ({"A": ["1"]}, {"a": "1"}, False),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": {"b": ["x", {"exists": False}]}}, {"a": {"c": 1}}, True),
        ({"a": {"b": ["x", {"exists": False}]}}, {"a": {"b": "y"}}, False),
        ({"a": {"b": [{"anything-but": "x"}]}}, {"a": {}}, False),
        # A dot is as good as a level, both ways: captured.
        ({"a.b": ["1"]}, {"a": {"b": "1"}}, True),
        ({"a": {"b": ["1"]}}, {"a.b": "1"}, True),
        ({"a.b": ["1"]}, {"a": {"b": "2"}}, False),
        # A string of JSON is a string: captured.
        ({"a": {"b": ["1"]}}, {"a": '{"b": "1"}'}, False),
        # Arrays: of objects, of arrays, and of both.
        ({"people": {"name": ["Ana"]}}, {"people": [{"name": "Bo"}, {"name": "Ana"}]}, True),
        ({"people": {"name": ["Ana"], "age": [3]}}, {"people": [{"name": "Ana", "age": 2}, {"name": "Bo", "age": 3}]}, False),
        ({"people": {"name": ["Ana"], "age": [3]}}, {"people": [{"name": "Bo", "age": 3}, {"name": "Ana", "age": [2, 3]}]}, True),
        ({"people": {"name": ["Ana"], "pets": {"kind": ["cat"]}}},
         {"people": [{"name": "Ana", "pets": [{"kind": "dog"}, {"kind": "cat"}]}]}, True),
        ({"people": {"pets": {"kind": ["cat"], "age": [1]}}},
         {"people": [{"pets": [{"kind": "cat", "age": 2}, {"kind": "dog", "age": 1}]}]}, False),
        ({"a": ["x"]}, {"a": [["y", ["x"]]]}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a": [{"b": 1}, {"c": 2}]}, False),
        # $or, at any depth and inside another.
        ({"$or": [{"a": ["1"]}, {"b": ["2"]}]}, {"b": "2"}, True),
        ({"$or": [{"a": ["1"]}, {"b": ["2"]}]}, {"b": "1"}, False),
        ({"s": ["x"], "d": DEEP_OR}, {"s": "x", "d": {"b": "2", "c": "3"}}, True),
        ({"s": ["x"], "d": DEEP_OR}, {"s": "y", "d": {"a": 1}}, False),
        ({"$or": [{"a": ["1"]}, {"$or": [{"b": ["2"]}, {"c": ["3"]}]}]}, {"c": "3"}, True),
        ({"$or": [{"a": ["1"]}, {"b": ["2"]}], "z": ["9"]}, {"a": "1", "z": "8"}, False),
    ],
)  # fmt: skip
def test_what_an_event_must_be(pattern: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, event) is expected


def test_of_a_name_that_stands_twice_the_last_counts() -> None:
    """Captured: the guide's own example names a field twice."""
    twice = patterns.compile('{"a": ["1"], "a": ["2"]}')
    assert twice.matches({"a": "2"}) and not twice.matches({"a": "1"})


def at(text: str, column: int, times: int = 1, line: int = 1) -> str:
    return f'\n at [Source: (String)"{text}"; line: {line}, column: {column}]' * times


TOKEN = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
BUT_CASE = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
AFFIX = "prefix/suffix match pattern must be a string"
BUT = "Value of anything-but must be an array or single string/number value."
COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character"
)
MIXED = "Inside anything but list, either all values are number or string, mixed type is not supported"


@pytest.mark.parametrize(
    "text, reason, column, times",
    [
        ('{"int": 42}', '"int" must be an object or an array', 11, 1),
        ('{"string": "my-value"}', '"string" must be an object or an array', 13, 1),
        ('{"source":["test.event-pattern"],"detail":{"lenderId":"LenderA"}}', '"lenderId" must be an object or an array', 56, 1),
        ('{"source": ["aws.health"], "detail": {}}', "Empty objects are not allowed", 40, 1),
        ('{"resources": []}', "Empty arrays are not allowed", 17, 1),
        ('{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}', "Unrecognized match type NUMERIC", 36, 1),
        ('{"my_key": [{"EXISTS": true}]}', "Unrecognized match type EXISTS", 28, 1),
        ('{"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}}', "Bad numeric range operator: >", 49, 1),
        ('{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}', "Value of < must be numeric", 50, 1),
        ('{"EventBusArn": [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}]}',
         "Consecutive wildcard characters at pos 26", 72, 1),
        ('{"EventBusArn": [{"wildcard": 123}]}', "wildcard match pattern must be a string", 34, 1),
        ('{"detail-type": [{"equals-ignore-case": ["ec2"]}]}', "equals-ignore-case match pattern must be a string", 42, 1),
        ('{"detail-type": [{"equals-ignore-case": {"prefix": "ec2"}}]}',
         "equals-ignore-case match pattern must be a string", 42, 1),
        ('{"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}}', BUT_CASE, 66, 1),
        ('{"detail": {"state": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}}', BUT_CASE, 67, 2),
        ('{"detail": {"state": [{"anything-but": {"wildcard": [123, "*/dir/*"]}}]}}',
         "wildcard match pattern must be a string", 57, 2),
        ('{"detail": {"FileName": [{"anything-but": {"suffix": [123, ".txt"]}}]}}', AFFIX, 58, 2),
        ('{"detail": {"state": [{"anything-but": {"prefix": 123}}]}}', AFFIX, 54, 1),
        ('{"detail": {"FileName": [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}]}}', BUT, 55, 1),
        ('{"time": [{"prefix": ["2022-07-13"]}]}', "prefix match pattern must be a string", 23, 1),
        ('{"FileName": [{"suffix": 123}]}', "suffix match pattern must be a string", 29, 1),
        ('{"detail": {"sourceIPAddress": [{"cidr": ["bad-type"]}]}}', "prefix match pattern must be a string", 43, 1),
        ("this is valid json but not a dict", f"Unrecognized token 'this': {TOKEN}", 5, 1),
        ("{'bad': 'quotation'}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 2, 1),
        ('{"not": closed mark"', f"Unrecognized token 'closed': {TOKEN}", 15, 1),
        ('["not", "a", "dict", "but valid json"]', "Filter is not an object", 2, 1),
    ],
)  # fmt: skip
def test_a_refusal_is_aws_own(text: str, reason: str, column: int, times: int) -> None:
    """Captured, each with its place."""
    with pytest.raises(InvalidPattern) as refused:
        patterns.compile(text)
    assert str(refused.value) == f"Event pattern is not valid. Reason: {reason}{at(text, column, times)}"
    assert refused.value.code == "InvalidEventPatternException"


@pytest.mark.parametrize(
    "values, reason",
    [
        ([{"cidr": "bad-type"}], "Malformed CIDR, one '/' required"),
        ([{"cidr": "10.0.0.0/a"}], "Malformed CIDR, mask bits must be an integer"),
        ([{"cidr": "xx.11.xx/8"}], "Nonstandard IP address: xx.11.xx"),
        ([{"cidr": "xxxx:db8:1234:1a00::/64"}], "Nonstandard IP address: xxxx:db8:1234:1a00::"),
        ([{"wildcard": "*:*:*:*:*:event-bus/*"}], COMPLEX),
    ],
)
def test_a_refusal_without_a_place(values: list[Any], reason: str) -> None:
    """Captured."""
    with pytest.raises(InvalidPattern) as refused:
        patterns.compile({"a": values})
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "values, reason",
    [
        ([{}], "Match expression name not found"),
        ([["a"]], "Match value must be String, number, true, false, or null"),
        ([{"prefix": "a", "suffix": "b"}], "Only one key allowed in match expression"),
        ([{"prefix": {}}], "Prefix expression name not found"),
        ([{"suffix": {"prefix": "a"}}], "Unsupported suffix pattern: prefix"),
        ([{"exists": "true"}], "exists match pattern must be either true or false."),
        ([{"exists": None}], "exists match pattern must be either true or false."),
        ([{"anything-but": {}}], "Anything-But expression name not found"),
        ([{"anything-but": {"numeric": ["=", 1]}}], "Unsupported anything-but pattern: numeric"),
        ([{"anything-but": {"prefix": ""}}], "Null prefix/suffix not allowed"),
        ([{"anything-but": None}], BUT),
        ([{"anything-but": [None]}], "Inside anything but list, start|null|boolean is not supported."),
        ([{"anything-but": ["a", 1]}], MIXED),
        ([{"anything-but": []}], MIXED),
        ([{"numeric": 5}], "Value of numeric must be an array."),
        ([{"numeric": []}], "Invalid member in numeric match: ]"),
        ([{"numeric": ["!", 5]}], "Unrecognized numeric range operator: !"),
        ([{"numeric": ["=", "5"]}], "Value of equals must be numeric"),
        ([{"numeric": ["=", 5, "<", 6]}], "Too many elements in numeric expression"),
        ([{"numeric": ["<", 5, ">", 1]}], "Too many elements in numeric expression"),
        ([{"numeric": [">", 5, "<", 6, 7]}], "Too many terms in numeric range expression"),
        ([{"numeric": [">", 5, "<", 5]}], "Bottom must be less than top"),
        ([{"numeric": [">", 5000000001]}], "Value must be between -5.0E9 and 5.0E9, inclusive"),
        ([{"wildcard": "a\\b"}], "Invalid escape character at pos 2"),
        ([{"wildcard": "a\\"}], "Invalid escape character at pos 2"),
        ([{"cidr": "10.0.0.0/32"}], "IPv4 mask bits must be < 32"),
        ([{"cidr": "10.0.0.999/8"}], "Invalid IP address: 10.0.0.999"),
    ],
)  # fmt: skip
def test_what_else_is_refused(values: list[Any], reason: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        patterns.compile({"a": values})
    assert refused.value.reason.split("\n")[0] == reason


@pytest.mark.parametrize(
    "pattern, reason",
    [
        ({"$or": {"a": ["1"]}}, "It must be an Array followed with $or."),
        ({"$or": [{"a": ["1"]}]}, "There must have at least 2 Objects in $or relationship."),
        ({"$or": [{"a": ["1"]}, "b"]}, "Only JSON object is allowed in array of $or relationship."),
        ({"$or": [{"a": ["1"]}, {}]}, "Empty objects are not allowed"),
        ({"$or": [{"a": ["1"]}, {"prefix": ["b"]}]}, "prefix is Ruler reserved fieldName which cannot be used inside $or."),
    ],
)
def test_an_or_has_its_rules(pattern: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        patterns.compile(pattern)
    assert refused.value.reason.split("\n")[0] == reason


@pytest.mark.parametrize("text", [
    "", "{", '{"a"', '{"a":', '{"a": [', '{"a": ["b"', '{"a": ["b"}', '{"a": ["b" "c"]}', '{"a": ["b\n"]}', '{"a": [01]}',
    '{"a":["\\x"]}',
])  # fmt: skip
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidPattern):
        patterns.compile(text)


def test_a_long_source_is_cut_and_lines_are_counted() -> None:
    text = '{"a":\n 1, "b": "' + "x" * 600 + '"}'
    with pytest.raises(InvalidPattern) as refused:
        patterns.compile(text)
    cut = f'"{text[:500]}"[truncated {len(text) - 500} chars]'
    assert refused.value.reason == f'"a" must be an object or an array\n at [Source: (String){cut}; line: 2, column: 3]'


def test_too_many_combinations() -> None:
    ten = [{"a": [str(number)]} for number in range(10)]
    assert len(patterns.compile({"$or": ten, "d": {"$or": ten, "e": {"$or": ten}}}).alternatives) == 1000
    with pytest.raises(patterns.TooManyCombinations):
        patterns.compile({"$or": ten, "d": {"$or": [*ten, {"b": ["1"]}], "e": {"$or": ten}}})


NAMES = st.text("abc", min_size=1, max_size=2)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**6), 10**6), st.text(max_size=5))
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
EVENTS = st.dictionaries(NAMES, ANYTHING)


def pattern_of(event: Any) -> Any:
    """A pattern that names every value of an event without arrays."""
    return {name: pattern_of(value) if isinstance(value, dict) else [value] for name, value in event.items()}


OBJECTS = st.recursive(SCALARS, lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3), max_leaves=6)
FLAT = st.dictionaries(NAMES, OBJECTS, min_size=1)


@given(FLAT)
def test_an_event_matches_the_pattern_of_itself(event: dict[str, Any]) -> None:
    assert matches(pattern_of(event), event)
    assert matches(pattern_of(event), {**event, "more": [1, {"a": 2}]})


@given(FLAT, NAMES)
def test_a_pattern_that_asks_for_more_does_not_match(event: dict[str, Any], name: str) -> None:
    assert not matches({**pattern_of(event), "z": {name: [{"exists": True}]}}, event)
    assert matches({**pattern_of(event), "z": {name: [{"exists": False}]}}, event)


@given(EVENTS, NAMES, SCALARS)
def test_any_event_can_be_asked(event: dict[str, Any], name: str, value: Any) -> None:
    """Anything-but is the opposite of exactly, for a field with one value; of a field without any, neither is true."""
    assert isinstance(matches({name: {name: [value, {"anything-but": "x"}]}, "a": [{"exists": True}]}, event), bool)
    found = event.get(name)
    if isinstance(found, str):
        assert matches({name: [found]}, event) is not matches({name: [{"anything-but": found}]}, event)


@given(st.text(max_size=40))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    for candidate in (text, "{" + text, '{"a": [' + text + "]}"):
        try:
            patterns.compile(candidate)
        except InvalidPattern as refused:
            assert refused.reason


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_wildcard_without_wildcards_is_exact(pattern: str, text: str) -> None:
    escaped = pattern.replace("\\", "\\\\").replace("*", "\\*")
    assert matches({"a": [{"wildcard": escaped}]}, {"a": text}) is (pattern == text)
    assert matches({"a": [{"wildcard": escaped}]}, {"a": pattern})
