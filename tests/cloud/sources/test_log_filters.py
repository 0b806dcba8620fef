"""CloudWatch Logs' filter patterns, one by one and by the thousand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.sources.logs.filters import InvalidPattern, compiled
from lablib.cloud.sources.logs.filters.documents import select

TERMS = [
    ("", "anything", True), ("   ", "anything", True), ('" "', "two words", True), ('" "', "word", False),
    ("ERROR", "[ERROR] A fatal exception has occurred", True), ("ERROR", "Exiting with ERRORCODE: -1", True),
    ("ERROR", "error", False), ("ERROR Exception", "[ERROR] Caught IllegalArgumentException", True),
    ("ERROR Exception", "[ERROR] no", False), ("ERROR -Exiting", "Exiting with ERRORCODE: -1", False),
    ('"ERROR" - "Exiting"', "Exiting with ERRORCODE: -1", False), ('ERROR -"Exiting"', "ERROR", True),
    ("-ERROR", "fine", True), ("-ERROR", "ERROR", False), ("?ERROR ?WARN", "WARN message", True),
    ("?ERROR ?WARN", "INFO message", False), ('?ERROR ?"Task timed out"', "Task timed out after 3.00 seconds", True),
    ("?ERROR REQUEST", "[INFO] REQUEST FAILED", True), ("?ERROR -REQUEST", "INFO", True),
    ('"INTERNAL SERVER ERROR"', "500 INTERNAL SERVER ERROR", True), ('"INTERNAL SERVER ERROR"', "SERVER INTERNAL ERROR", False),
    (r'"say \"hi\" \\"', 'say "hi" \\', True), ('"é"', "café", True), ("REPORT", "REPORT RequestId: 1\tDuration: 2 ms", True),
    ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", True), ("%^[hc]at%", "hat", True), ("%^[hc]at%", "that", False),
    ("%[hc]at$%", "that", True), ("%colou?r%", "color", True), ("%gray|grey%", "grey", True),
    (r"%10\.10\.0\.1%", "10x10.0.1", False),
    (r"%\d{1,3}\.\d{1,3}%", "v 12.34", True), (r"%\x28x\x29%", "(x)", True), (r"%a\sb%", "a b", True), ("%a+b*c.%", "aacd", True),
]  # fmt: skip

LINE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
FIELDS = [
    ("[ip, user, username, timestamp, request, status_code, bytes]", True), ("[..., status_code, bytes]", True),
    ("[ip, user, ..., status_code, bytes]", True), ("[ip, user, ...]", True), ("[...]", True), ("[]", True),
    ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", True),
    ("[ip, user, username, timestamp, request, status_code, bytes > 2000]", False),
    ("[ip, user, username, timestamp, request, status_code = 404, bytes]", True),
    ("[ip, user, username, timestamp, request, status_code = 4*, bytes]", True),
    ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", True),
    ("[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]", True),
    ("[ip, user, username, timestamp, request, (status_code = 5* || status_code = 404), bytes <= 1534]", True),
    ("[..., request=*.html*, status_code=4*,]", True), ('[..., request = "GET *", status, bytes]', True),
    (r"[ip=%127\.0\.0\.[1-9]%, ...]", True), (r"[ip!=%127\.0\.0\.[1-9]%, ...]", False), ("[ip, user, name = frank, ...]", True),
    ("[ip, user, name = joe, ...]", False), ("[a,b,c,d,e,f,g,h]", False), ("[a,b,c,d,e,f,g,h,...]", False),
    ("[ip, rest = *404*]", True), ("[ip=127.0.0.1, ...]", True), ("[ip, user=-, ...]", True), ("[..., b>=1.534e3]", True),
    ("[..., b=!1534]", False), ("[..., status_code < 404 || status_code > 404, b]", False),
]  # fmt: skip

DOCUMENT: dict[str, Any] = {
    "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": None, "ThisFlag": True, "That": False,
    "latency": 1001.5, "errorCode": 400, "user": {"id": 1, "email": "John.Stiles@example.com"}, "users": [1, 2, 3],
    "coordinates": [[0, 1, 2], [4, 5, 6]], "detail-type": "x", "text": "400", "star": "Ev*ent", "quote": 'say "hi"',
}  # fmt: skip
DOCUMENTS = [
    ('{ $.eventType = "UpdateTrail" }', True), ("{$.eventType=UpdateTrail}", True), ("{ $.eventType = Update* }", True),
    ("{ $.eventType = *Trail }", True), ("{ $.eventType = *dateT* }", True), ("{ $.eventType = Up*Trail }", False),
    ("{ $.star = Ev*ent }", True), ("{ $.eventType != Update* }", False), ("{ $.sourceIPAddress != 123.123.* }", True),
    ('{ $.arrayKey[0] = "value" }', True), ('{ $.arrayKey[2] = "value" }', False), ("{ $.objectList[1].id = 2 }", True),
    ("{ $.SomeObject IS NULL }", True), ("{ $.ThisFlag IS NULL }", False), ("{ $.Missing IS NULL }", False),
    ("{ $.SomeOtherObject NOT EXISTS }", True), ("{ $.SomeObject NOT EXISTS }", False), ("{ $.ThisFlag IS TRUE }", True),
    ("{ $.That IS FALSE }", True), ("{ $.That IS TRUE }", False), ("{ $.latency >= 500 }", True),
    ("{ $.latency < 10e-3 }", False),
    ("{ $.latency > +1000 }", True), ("{ $.latency = 1001.5 }", True), ("{ $.latency = 10015e-1 }", True),
    ("{ $.errorCode = 400 }", True),
    ("{ $.errorCode != 500 }", True), ("{ $.errorCode = 4* }", True), ("{ $.latency = * }", True), ('{ $.latency = "*" }', True),
    ("{ $.missing = * }", False), ("{ $.users = 1 }", False), ("{ $.users != 1 }", False), ("{ $.user != 1 }", False),
    ("{ $.missing != 1 }", False), ("{ $.SomeObject != 1 }", False), ("{ $.coordinates[0][1] = 1 }", True),
    ("{ $.detail-type = x }", True),
    ("{ $.text = 400 }", True), ("{ $.text > 300 }", False), (r'{ $.quote = "say \"hi\"" }', True),
    ('{ ($.user.id = 1) && ($.objectList[0].name = "a") }', True),
    ('{ ($.user.id = 2 && $.eventType = "x") || $.arrayKey[1] = "GET" }', False),
    ("{ $.errorCode = 400 || $.coordinates[0][1] = nonmatch && $.eventType = nomatch }", True),
    ("{ ($.errorCode = 400 || $.coordinates[0][1] = nonmatch) && $.eventType = nomatch }", False),
    ("{ $.eventType = %[A-Z][a-z]+Trail% }", True), ("{ $.eventType != %Trail$% && $.That IS FALSE }", False),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "message", "matches"), TERMS)
def test_terms(pattern: str, message: str, matches: bool) -> None:
    assert compiled(pattern).matches(message) is matches


@pytest.mark.parametrize(("pattern", "matches"), FIELDS)
def test_fields(pattern: str, matches: bool) -> None:
    assert compiled(pattern).matches(LINE) is compiled(pattern).matches(LINE + "\n") is matches


@pytest.mark.parametrize(("pattern", "matches"), DOCUMENTS)
def test_documents(pattern: str, matches: bool) -> None:
    assert compiled(pattern).matches(json.dumps(DOCUMENT) + "\n") is matches
    for other in ("plain text", "{broken", '"{}"', ""):
        assert not compiled(pattern).matches(other)


def test_lambdas_own_lines_have_four_parts_and_a_message_with_spaces() -> None:
    """The pattern that AWS gives for them."""
    pattern = compiled('[timestamp=*Z, request_id="*-*", level, event]')
    assert pattern.matches("2026-11-23T10:00:00.000Z\t6d7b-11\tINFO\ta message with spaces\n")
    assert not pattern.matches("START RequestId: 6d7b-11 Version: $LATEST\n")


REPORT = (
    "REPORT RequestId: 6d7b-11\tDuration: 133.61 ms\tBilled Duration: 214 ms\tMemory Size: 128 MB\tMax Memory Used: 31 MB\t\n"
)
REPORTS = (
    '[report="REPORT", label1="RequestId:", request_id, label2="Duration:", duration > 100, unit1="ms", label3="Billed", '
    'label4="Duration:", billed, unit2="ms", label5="Memory", label6="Size:", size, unit3="MB", label7="Max", label8="Memory", '
    'label9="Used:", used, unit4]'
)


def test_a_report_line_by_its_parts() -> None:
    """As people measure a function's memory with a metric filter."""
    pattern = compiled(REPORTS)
    assert pattern.matches(REPORT) and not pattern.matches(REPORT.replace("133.61", "99.99"))
    assert (pattern.part(REPORT, "$used"), pattern.part(REPORT, "$duration")) == ("31", "133.61")


def test_what_a_pattern_names_is_extracted() -> None:
    assert compiled("[..., request=*.html*, status_code=4*,]").extracted(LINE) == {
        "$1": "127.0.0.1", "$2": "-", "$3": "frank", "$4": "10/Oct/2000:13:25:15 -0700", "$request": "GET /index.html HTTP/1.0",
        "$status_code": "404", "$7": "1534",
    }  # fmt: skip
    pattern = compiled("{ $.errorCode = * && $.user.id = 1 && $.none NOT EXISTS }")
    assert pattern.extracted(json.dumps(DOCUMENT)) == {"$.errorCode": "400", "$.user.id": "1"}
    assert compiled("ERROR").extracted("ERROR") == {}


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("Status: timeout", "Invalid character(s) in term ':'"), ("(ERROR", "Invalid character(s) in term '('"),
        ("a`b", "Invalid character(s) in term '`'"), ("é", "Invalid character(s) in term 'é'"),
        ("*", "Invalid character(s) in term '*'"),
        (r"level\x", "Invalid character(s) in term '\\'"), ('{ $."sc-status" = 5* }', "Invalid character(s) in term '$.\"'"),
        ('?"?REPORT ?"Task timed out""', "Invalid x pattern"), ('"open', "Invalid x pattern"), ("-", "Invalid x pattern"),
        ("{", "Invalid x pattern"), ("{}", "Invalid x pattern"), ("{ $.a = 1", "Invalid x pattern"),
        ("{ $.a }", "Invalid x pattern"),
        ("{ $.a = }", "Invalid x pattern"), ("{ $.a = 1 && }", "Invalid x pattern"), ("{ ($.a = 1 }", "Invalid x pattern"),
        ("{ $.a > x }", "Invalid x pattern"), ("{ $.a IS x }", "Invalid x pattern"), ("{ $.a NOT NULL }", "Invalid x pattern"),
        ("{ $.a = 1 } x", "Invalid x pattern"), ("{ a = 1 }", "Invalid x pattern"),
        ("{ $.a = (x) }", "Invalid character(s) in term '('"),
        ("{ $a = 1 }", "Invalid character(s) in term '$'"), ("[a, b", "Invalid x pattern"),
        ("[..., a, ...]", "Invalid x pattern"),
        ("[a = 1 && b = 2]", "Invalid x pattern"), ("[a] x", "Invalid x pattern"), ("[a =]", "Invalid x pattern"),
        ("[a ? 1]", "Invalid x pattern"), ("%a b%", "Invalid character(s) in term ' '"),
        ("%(a)%", "Invalid character(s) in term '('"),
        ("%something!%", "Invalid character(s) in term '!'"), ("%é%", "Invalid character(s) in term 'é'"),
        ("%a", "Invalid x pattern"),
        ("%[%", "Invalid x pattern"), ("%a% b", "Invalid x pattern"),
        ("{ $.a = %x% && $.b = %y% && $.c = %z% }", "Invalid x pattern"), ("[a=%x%, b=%y%, c=%z%]", "Invalid x pattern"),
    ],
)  # fmt: skip
def test_what_is_no_pattern(pattern: str, sentence: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        compiled(pattern)
    assert refused.value.sentence("x") == sentence


# --- by the thousand ----------------------------------------------------------------

WORDS = st.text(alphabet="abcXYZ_019", min_size=1, max_size=6)
ANYTHING = st.text(max_size=30)
SCALARS = st.one_of(st.text(max_size=8), st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6), st.booleans(), st.none())
TREES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)), max_leaves=8
)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(ANYTHING)
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    """Nothing else comes of it, whatever it is and whatever it is asked about."""
    for shape in ("@", "{ @ }", "[@]", "%@%", "{ $.a = @ }", "[a = @]"):
        try:
            pattern = compiled(shape.replace("@", text))
        except InvalidPattern as refused:
            assert refused.sentence("filter")
            continue
        for message in (text, json.dumps({"a": text}), "", "a b c"):
            assert pattern.matches(message) in (True, False)
            assert all(isinstance(value, str) for value in pattern.extracted(message).values())


@given(st.lists(ANYTHING, max_size=3), st.lists(ANYTHING, max_size=3), ANYTHING)
def test_terms_are_what_python_says_of_substrings(wanted: list[str], unwanted: list[str], message: str) -> None:
    text = " ".join([*map(quoted, wanted), *("-" + quoted(term) for term in unwanted)])
    expected = all(term in message for term in wanted) and not any(term in message for term in unwanted)
    assert compiled(text).matches(message) is expected


@given(st.lists(ANYTHING, min_size=1, max_size=3), ANYTHING)
def test_one_optional_term_is_enough(optional: list[str], message: str) -> None:
    pattern = compiled(" ".join("?" + quoted(term) for term in optional))
    assert pattern.matches(message) is any(term in message for term in optional)


@given(st.text(alphabet="ab ", min_size=1, max_size=3), st.text(alphabet="ab ", max_size=6), st.booleans(), st.booleans())
def test_wildcards_are_at_the_ends(core: str, value: str, before: bool, after: bool) -> None:
    wanted = quoted("*" * before + core + "*" * after)
    ways = {(True, True): str.__contains__, (True, False): str.endswith, (False, True): str.startswith}
    expected = ways.get((before, after), str.__eq__)(value, core)
    assert compiled(f"{{ $.a = {wanted} }}").matches(json.dumps({"a": value})) is expected
    assert compiled(f"{{ $.a != {wanted} }}").matches(json.dumps({"a": value})) is not expected
    assert compiled(f"[a = {wanted}]").matches(f'"{value}"') is expected


def paths(tree: Any, path: str = "$") -> list[str]:
    """The selectors of everything in a tree."""
    found = [path] if path != "$" else []
    if isinstance(tree, dict):
        found += [inner for key, value in tree.items() for inner in paths(value, f"{path}.{key}")]
    elif isinstance(tree, list) and path != "$":
        found += [inner for index, value in enumerate(tree) for inner in paths(value, f"{path}[{index}]")]
    return found


@given(st.dictionaries(WORDS, TREES, max_size=3), st.data())
def test_every_value_of_a_document_is_found_and_is_what_it_is(document: dict[str, Any], data: st.DataObject) -> None:
    message = json.dumps(document)
    assert compiled("{ $.nowhere-at-all NOT EXISTS }").matches(message)
    for path in paths(document):
        value = select(document, path)
        assert not compiled(f"{{ {path} NOT EXISTS }}").matches(message)
        assert compiled(f"{{ {path} IS NULL }}").matches(message) is (value is None)
        assert compiled(f"{{ {path} IS TRUE }}").matches(message) is (value is True)
        equal, other = (compiled(f"{{ {path} {sign} 7 }}").matches(message) for sign in ("=", "!="))
        assert (equal or other) is (value is not None and not isinstance(value, dict | list)) and not (equal and other)
        if isinstance(value, int | float) and not isinstance(value, bool):
            limit = data.draw(st.floats(-1e6, 1e6))
            assert compiled(f"{{ {path} > {limit!r} }}").matches(message) is (value > limit)
            assert compiled(f"{{ {path} <= {limit!r} }}").matches(message) is (value <= limit)
        if isinstance(value, str) and "*" not in value:
            assert compiled(f"{{ {path} = {quoted(value)} }}").matches(message)


@given(st.recursive(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["=", "!="]), st.integers(0, 2)),
    lambda inner: st.tuples(inner, st.sampled_from(["&&", "||"]), inner), max_leaves=6,
), st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)))  # fmt: skip
def test_and_binds_more_than_or(tree: Any, document: dict[str, int]) -> None:
    def written(node: Any) -> str:
        if isinstance(node[0], str):
            return f"$.{node[0]} {node[1]} {node[2]}"
        return f"({written(node[0])}) {node[1]} ({written(node[2])})"

    def holds(node: Any) -> bool:
        if isinstance(node[0], str):
            found = document.get(node[0])
            return found is not None and (found == node[2]) is (node[1] == "=")
        return holds(node[0]) and holds(node[2]) if node[1] == "&&" else holds(node[0]) or holds(node[2])

    assert compiled(f"{{ {written(tree)} }}").matches(json.dumps(document)) is holds(tree)


@given(st.lists(st.text(alphabet="abc01.:/", min_size=1, max_size=5), min_size=1, max_size=6), st.data())
def test_fields_are_the_words_of_a_line(words: list[str], data: st.DataObject) -> None:
    line, names = " ".join(words), [f"w{number}" for number in range(len(words))]
    extracted = {f"${name}": word for name, word in zip(names, words, strict=True)}
    assert compiled(f"[{', '.join(names)}]").extracted(line) == extracted
    cut = data.draw(st.integers(0, len(words)))
    after = names[cut:]
    pattern = compiled(f"[{', '.join(['...', *after])}]")
    assert {name: part for name, part in pattern.extracted(line).items() if name.startswith("$w")} == {
        f"${name}": word for name, word in zip(names, words, strict=True) if name in after
    }  # fmt: skip
    assert not compiled(f"[{', '.join([*names, 'more'])}]").matches(line)
