"""The pure parts of REST APIs: routes, answers, templates, and what survives the way from a client to a function."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.moto_seam.rest_apis import Method, Resource
from lablib.cloud.sources.rest.call import Call, pairs_of
from lablib.cloud.sources.rest.event import proxy_event
from lablib.cloud.sources.rest.failures import Failure
from lablib.cloud.sources.rest.reply import proxy_reply
from lablib.cloud.sources.rest.routes import Routes
from lablib.cloud.sources.rest.templates import Values, fill

GET = Method("GET", "NONE", None, (), False, {}, {}, None, None, None, {})
NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, max_size=4).map(lambda parts: "/" + "/".join(parts))
PARTS = st.lists(st.one_of(NAMES, st.sampled_from(["{x}", "{y}"])), max_size=3)
TEMPLATES = st.builds(
    lambda parts, greedy: "/" + "/".join([*parts, *(["{rest+}"] if greedy else [])]), PARTS, st.booleans()
).filter(lambda path: path.count("{x}") <= 1 and path.count("{y}") <= 1)  # fmt: skip


def fits(template: str, path: str) -> dict[str, str] | None:
    """The slow way to see whether a path fits a resource; its parameters."""
    own, given = template.strip("/").split("/"), path.strip("/").split("/")
    own, given = ([] if own == [""] else own), ([] if given == [""] else given)
    found: dict[str, str] = {}
    for number, part in enumerate(own):
        if part.endswith("+}"):
            return {**found, part[1:-2]: "/".join(given[number:])} if len(given) > number else None
        if number >= len(given) or not (part.startswith("{") or part == given[number]):
            return None
        if part.startswith("{"):
            found[part[1:-1]] = given[number]
    return found if len(own) == len(given) else None


def rank(template: str) -> list[int]:
    """The better, the smaller: names before parameters before what is greedy, from the left."""
    parts = template.strip("/").split("/") if template != "/" else []
    return [2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in parts]


@given(st.sets(TEMPLATES, min_size=1, max_size=6), PATHS)
def test_the_best_resource_that_fits_is_found(templates: set[str], path: str) -> None:
    # Beside each other stand only parameters of one name, as API Gateway demands.
    shapes = {
        tuple("{}" if part.startswith("{") and "+" not in part else part for part in one.split("/")): one
        for one in sorted(templates)
    }
    unique = [one for one in shapes.values() if "{y}" not in one]
    found = Routes([Resource(one, one, {"GET": GET}) for one in unique]).match(path)
    fitting = sorted((one for one in unique if fits(one, path) is not None), key=rank)
    if not fitting:
        assert found is None
        return
    assert found is not None and found.resource.path == fitting[0]
    assert found.parameters == fits(fitting[0], path)


def test_slashes_at_the_ends_say_nothing_and_those_between_do() -> None:
    routes = Routes([Resource(path, path, {"GET": GET}) for path in ("/a/{x}", "/b/{rest+}", "/")])
    paths = ["/", "", "//", "/a/1/", "//a/1", "/a//", "/a", "/b/"]
    assert [match and match.resource.path for match in map(routes.match, paths)] == [
        "/", "/", "/", "/a/{x}", "/a/{x}", None, None, None,
    ]  # fmt: skip
    match = routes.match("/b//c%2Fd//")
    assert match is not None and match.parameters == {"rest": "/c%2Fd"}
    assert Routes([Resource("/only", "/only", {})]).match("/only") is None


def call_with(query: str = "", headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> Call:
    return Call(
        "api",
        "prod",
        "d",
        "POST",
        "/",
        "/prod/",
        pairs_of(query),
        headers,
        body,
        "api.execute-api",
        "127.0.0.1",
        0.0,
        "Root=1",
        "r",
        "a",
        {},
    )


def event_with(call: Call, binary: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(json.dumps(proxy_event(call, {}, "/", {}, binary)))
    return found


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.tuples(TEXTS.filter(bool), TEXTS), max_size=6))
def test_a_query_comes_through_whole(pairs: list[tuple[str, str]]) -> None:
    event = event_with(call_with(urlencode(pairs, quote_via=quote_plus)))
    assert event == event_with(call_with(urlencode(pairs, quote_via=quote)))
    several = event["multiValueQueryStringParameters"] or {}
    assert [(name, value) for name, values in several.items() for value in values] == sorted(
        pairs, key=lambda pair: list(dict.fromkeys(name for name, _ in pairs)).index(pair[0])
    )
    assert (event["queryStringParameters"] or {}) == dict(pairs)


@given(st.lists(st.tuples(st.sampled_from(["A", "a", "X-b", "Cookie"]), TEXTS), max_size=6))
def test_headers_come_through_with_their_names_as_they_are(lines: list[tuple[str, str]]) -> None:
    event = event_with(call_with(headers=tuple(lines)))
    several = event["multiValueHeaders"] or {}
    assert {name: [value for given, value in lines if given == name] for name, _ in lines} == several
    assert (event["headers"] or {}) == dict(lines)


@given(st.binary(max_size=64), st.sampled_from(["image/png", "text/plain", None]))
def test_a_body_comes_through_and_back(body: bytes, content_type: str | None) -> None:
    headers = (("content-type", f"{content_type}; charset=x"),) if content_type else ()
    event = event_with(call_with(headers=headers, body=body), frozenset(["image/png"]))
    if not body:
        assert (event["body"], event["isBase64Encoded"]) == (None, False)
    elif content_type == "image/png":
        assert event["isBase64Encoded"] and base64.b64decode(event["body"]) == body
        answer = json.dumps({"body": event["body"], "isBase64Encoded": True}).encode()
        assert proxy_reply(answer, binary=True).body == body
    else:
        assert event["body"] == body.decode("utf-8", "replace") and not event["isBase64Encoded"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "other"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_a_function_answers_is_an_answer_or_a_failure(content: Any) -> None:
    for payload in (json.dumps(content).encode(), json.dumps(content).encode()[:-1]):
        try:
            reply = proxy_reply(payload, binary=True)
        except Failure as failure:
            assert failure.status in (500, 502)
        else:
            assert 200 <= reply.status <= 599 and all("\n" not in value for _, value in reply.headers)


VALUES = Values(
    r'''{"quoted": "it's \"so\"",''' + ' "name": "Ann", "tags": ["a", "b"], "deep": {"er": [{"x": 1}, {"x": 2}]}}',
    {"path": {"id": "7"}, "querystring": {"q": "x"}, "header": {"Accept": "a/b"}},
    {"stage": "prod", "identity": {"sourceIp": "127.0.0.1"}, "authorizer": {"a": "b"}}, {"v": "1"},
)  # fmt: skip
SPOKEN = [
    ("$input.json('$.name')|$input.path('$.name')|$input.path('$').tags[1]", '"Ann"|Ann|b'),
    ("$input.json('$.none')|$input.path('$.none')|", '""||'),
    ("$input.json('$.deep.er[*].x')", "[1,2]"),
    ("$input.params('id')$input.params('q')$input.params('accept')$input.params('none')", "7xa/b"),
    ("$input.params().header.get('Accept') $input.params('header')", "a/b "),
    ("#foreach($name in $input.params().keySet())$name;#end", "header;path;querystring;"),
    ("$context.stage ${context.identity.sourceIp} $stageVariables.v$stageVariables.none", "prod 127.0.0.1 1"),
    ("#foreach($e in $context.authorizer.entrySet())$e.key=$e.value#end", "a=b"),
    ("$util.urlEncode('a b&c')|$util.urlDecode('a+b%26c')|$util.base64Decode($util.base64Encode('x'))", "a+b%26c|a b&c|x"),
    ("$util.escapeJavaScript($input.path('$.quoted'))|$util.parseJson('{\"a\": [1]}').a[0]", 'it\\\'s \\"so\\"|1'),
    ("#set($s = 'Abc')$s.length()$s.substring(1)$s.toUpperCase()$s.toLowerCase()#if($s.equals('Abc'))!#end", "3bcABCabc!"),
]


@pytest.mark.parametrize(("template", "text"), SPOKEN)
def test_what_templates_say(template: str, text: str) -> None:
    assert fill(template, VALUES).text == text


@pytest.mark.parametrize(
    "template",
    ["#set($context.responseOverride.header.X-A = $x.f(')'))", "#set( $context.responseOverride.header['X-A'] = \"1\" )",
     '#set($context.responseOverride.header["X-A"]="1")'],
)  # fmt: skip
def test_overrides_with_hyphens_in_their_names(template: str) -> None:
    assert list(fill(f"a{template}b", VALUES).headers) == ["X-A"]
    filled = fill("#set($context.responseOverride.status = 404)#set($context.requestOverride.path.id = 'z')x", VALUES)
    assert (filled.text, filled.status, filled.request["path"]) == ("x", 404, {"id": "z"})
    assert fill("#set($context.responseOverride.status = 999)", VALUES).status is None
