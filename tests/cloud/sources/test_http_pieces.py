"""The pieces of HTTP sources by themselves: addresses, routes, answers, against whatever may come."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lablib.cloud.moto_seam.httpapis import Route
from lablib.cloud.sources.http.addresses import Address, Kind, address_of
from lablib.cloud.sources.http.answers import Malformed, reply_1, reply_2
from lablib.cloud.sources.http.cors import Cors
from lablib.cloud.sources.http.incoming import Incoming
from lablib.cloud.sources.http.routes import Table
from lablib.cloud.web import Request


@pytest.mark.parametrize(
    ("path", "host", "found"),
    [
        ("/_aws/lambda-url/abc/x/y", "127.0.0.1:1", Address(Kind.URL, "abc", "/x/y")),
        ("/_aws/lambda-url/abc", "127.0.0.1:1", Address(Kind.URL, "abc", "/")),
        ("/_aws/execute-api/abc/dev/x", "localhost", Address(Kind.API, "abc", "/dev/x")),
        ("/x", "abc.lambda-url.eu-west-1.on.aws", Address(Kind.URL, "abc", "/x")),
        ("/x", "abc.execute-api.us-east-1.amazonaws.com:443", Address(Kind.API, "abc", "/x")),
        ("/X", "ABC.Execute-Api.us-east-1.AmazonAWS.com", Address(Kind.API, "abc", "/X")),
        ("/_aws/code/x", "127.0.0.1", None),
        ("/bucket/_aws/lambda-url/x", "127.0.0.1", None),
        ("/x", "abc.execute-api.us-east-1.amazonaws.com.example", None),
        ("/x", "", None),
    ],
)  # fmt: skip
def test_addresses(path: str, host: str, found: Address | None) -> None:
    assert address_of(path, {"Host": host}) == found


SEGMENT = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1).filter(lambda text: text not in (".", ".."))


@given(first=SEGMENT, rest=st.lists(SEGMENT, min_size=1, max_size=4))
def test_variables_have_what_stood_in_the_path(first: str, rest: list[str]) -> None:
    path = "/a/" + "/".join(quote(segment, safe="") for segment in (first, *rest))
    taken = Table([Route("GET /a/{one}/{more+}"), Route("$default")]).find("GET", path)
    assert taken is not None and taken.variables == {"one": first, "more": "/".join(rest)}


@given(st.permutations(["GET /a/b", "GET /a/{x}", "GET /{x}/b", "GET /a/{x+}", "ANY /a/b", "GET /{x+}", "$default"]))
def test_the_order_in_which_routes_were_made_does_not_matter(keys: list[str]) -> None:
    table = Table(Route(key) for key in keys)
    for method, path, key in (
        ("GET", "/a/b", "GET /a/b"), ("PUT", "/a/b", "ANY /a/b"), ("GET", "/a/c", "GET /a/{x}"), ("GET", "/c/b", "GET /{x}/b"),
        ("GET", "/a/c/d", "GET /a/{x+}"), ("GET", "/c", "GET /{x+}"), ("PUT", "/c", "$default"),
    ):  # fmt: skip
        taken = table.find(method, path)
        assert taken is not None and taken.route.key == key


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ANSWER = st.fixed_dictionaries({}, optional={
    "statusCode": JSON | st.integers(100, 999), "headers": JSON | st.dictionaries(st.text(), st.text()), "body": JSON,
    "cookies": JSON,
    "multiValueHeaders": JSON | st.dictionaries(st.text(), st.lists(JSON)), "isBase64Encoded": JSON,
})  # fmt: skip


@given(JSON | ANSWER)
@example({"statusCode": 200, "headers": {"a\r\nb": "1", "c": "x\r\ny: z"}, "body": "\ud800"})
@example({"statusCode": "²"})
def test_whatever_a_function_answers_can_be_written_or_is_malformed(answer: Any) -> None:
    payload = json.dumps(answer).encode()
    for read in (reply_1, reply_2):
        try:
            found = read(payload).answer(content_type="text/plain")
        except Malformed:
            continue
        assert 200 <= found.status <= 599
        for name, value in found.lines:
            assert re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
            assert not re.search(r"[\r\n\0]", value) and value.encode("latin-1") is not None


TYPES = [None, "text/plain", "application/json; charset=utf-8", "image/png", "nonsense"]


@given(body=st.binary(), content_type=st.sampled_from(TYPES))
def test_a_body_comes_back_as_it_was(body: bytes, content_type: str | None) -> None:
    import base64

    headers = {"Content-Type": content_type} if content_type else {}
    text, is_base64 = Incoming(Request("POST", "/", "", headers, body), Address(Kind.URL, "a", "/"), 0.0, "d").body()
    assert (base64.b64decode(text or "") if is_base64 else (text or "").encode()) == body


def test_origins() -> None:
    cors = Cors.of({"AllowOrigins": ["https://*", "http://localhost:1"]})
    found = [cors.lets(origin) for origin in ("https://a.b", "HTTP://LOCALHOST:1", "http://localhost:2", "null")]
    assert found == [True, True, False, False]
    assert not Cors.of({}) and Cors.of({"MaxAge": 0})
