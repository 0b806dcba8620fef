"""Signatures, made by botocore and verified by ours."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders

from lablib.cloud.authentication.authority import Authority, claim_of
from lablib.cloud.authentication.refusals import Reason, Refused
from lablib.cloud.moto_seam import keys
from lablib.cloud.moto_seam.keys import Secret
from lablib.cloud.web import Request

KEY, SECRET = "AKIAABCDEFGHIJKLMNOP", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLEKEY"
HOST = "127.0.0.1:4566"


def authority(**changes: Any) -> Authority:
    return Authority(KEY, Secret(SECRET, **changes), time.time)


def signed(
    method: str = "POST", path: str = "/", query: str = "", body: bytes = b"", service: str = "dynamodb", *,
    key: str = KEY, secret: str = SECRET, token: str | None = None, presign: int | None = None, **headers: str,
) -> Request:  # fmt: skip
    """A request as botocore signs it, and as it arrives here."""
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers={"Host": HOST, **headers}, data=body)
    request.context["signing"] = {}
    credentials = Credentials(key, secret, token)
    if presign is not None:
        query_signer = S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth
        query_signer(credentials, service, "us-east-1", expires=presign).add_auth(request)
    else:
        (S3SigV4Auth if service == "s3" else SigV4Auth)(credentials, service, "us-east-1").add_auth(request)
    parts = urlsplit(request.url)
    return Request(method, parts.path, parts.query, HTTPHeaders(dict(request.headers.items())), body)


def verify(request: Request, by: Authority | None = None) -> None:
    claim = claim_of(request)
    assert claim is not None
    asyncio.run((by or authority()).verify(request, claim))


def refusal(request: Request, by: Authority | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(request, by)
    return caught.value


@pytest.mark.parametrize("service", ["s3", "dynamodb", "lambda", "iam"])
@pytest.mark.parametrize(
    "path",
    [
        "/", "/bucket/a%20b/%C3%BC%2B%28x%29~.txt", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af/invocations",
        "/a//b/./c/../d", "/123456789012/queue",
    ],
)  # fmt: skip
@pytest.mark.parametrize("query", ["", "list-type=2&prefix=a%2Fb&delimiter=%2F", "Qualifier=%24LATEST", "uploads", "b=2&a=1&a=0&a="])
@pytest.mark.parametrize("presign", [None, 60])
def test_what_botocore_signs_is_good(service: str, path: str, query: str, presign: int | None) -> None:
    verify(signed("GET" if presign else "POST", path, query, b"" if presign else b'{"a": 1}', service, presign=presign))


@settings(deadline=None, max_examples=60)
@given(
    path=st.text(st.characters(blacklist_categories=("Cs",), min_codepoint=32), max_size=12),
    value=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12),
    header=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    body=st.binary(max_size=20),
)
def test_any_key_parameter_header_and_body_of_s3(path: str, value: str, header: str, body: bytes) -> None:
    # A client's HTTP library strips what surrounds a header's value.
    headers = {"x-amz-meta-note": header.strip()}
    verify(signed("PUT", "/bucket/" + quote(path, safe="/~"), f"versionId={quote(value, safe='-_.~')}", body, "s3", **headers))


def test_a_large_body_is_verified_too() -> None:
    body = bytes(3 << 20)
    request = signed(body=body)
    verify(request)
    assert refusal(replace(request, body=body[:-1] + b"x")).reason is Reason.WRONG_SIGNATURE


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"other"}, {"method": "PUT"}, {"path": "/other"}, {"query": "a=2"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("service", ["s3", "dynamodb"])
def test_a_changed_request_is_refused(change: dict[str, Any], service: str) -> None:
    request = signed(query="a=1", body=b"body", service=service)
    assert refusal(replace(request, **change)).reason is Reason.WRONG_SIGNATURE


def test_a_changed_header_is_refused() -> None:
    request = signed("PUT", "/bucket/key", service="s3", **{"x-amz-acl": "private"})
    request.headers["X-Amz-Acl"] = "public-read"  # type: ignore[index]
    assert refusal(request).reason is Reason.WRONG_SIGNATURE


def test_a_wrong_secret_is_refused() -> None:
    assert refusal(signed(secret="another")).reason is Reason.WRONG_SIGNATURE


def test_an_unknown_key_is_refused() -> None:
    assert refusal(signed(key="AKIAIOSFODNN7EXAMPLE")).reason is Reason.UNKNOWN_KEY


def test_a_session_token_must_be_the_keys_own() -> None:
    by = authority(session_token="the token")
    verify(signed(token="the token"), by)
    assert refusal(signed(token="another"), by).reason is Reason.UNKNOWN_KEY
    assert refusal(signed(), by).reason is Reason.UNKNOWN_KEY
    assert refusal(signed(token="of nobody's")).reason is Reason.UNKNOWN_KEY


def test_a_session_ends() -> None:
    now = [1000.0]
    by = Authority(KEY, Secret(SECRET, "token", expires=2000.0), lambda: now[0])
    verify(signed(token="token"), by)
    now[0] = 2000.0
    assert refusal(signed(token="token"), by).reason is Reason.EXPIRED


def test_keys_that_were_issued_are_known_until_they_are_forgotten() -> None:
    keys.issue("ASIAABCDEFGHIJKLMNOP", Secret("secret of a role", "token"), keys.Origin())
    request = signed(key="ASIAABCDEFGHIJKLMNOP", secret="secret of a role", token="token")
    verify(request)
    keys.forget()
    assert refusal(request).reason is Reason.UNKNOWN_KEY


@pytest.mark.parametrize(("service", "minutes"), [("dynamodb", 6), ("s3", 16)])
@pytest.mark.parametrize("direction", [-1, 1])
def test_an_old_or_early_signature_is_refused(
    service: str, minutes: int, direction: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = signed(service=service)
    there = time.time() + direction * minutes * 60
    monkeypatch.setattr("lablib.cloud.authentication.authority.time", _Clock(there))
    assert refusal(request).reason is Reason.SKEWED


def test_a_presigned_url_is_good_for_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    request = signed("GET", "/bucket/key", service="s3", presign=3600)
    monkeypatch.setattr("lablib.cloud.authentication.authority.time", _Clock(time.time() + 3500))
    verify(request)
    monkeypatch.setattr("lablib.cloud.authentication.authority.time", _Clock(time.time() + 3700))
    assert refusal(request).detail == "Request has expired"


class _Clock:
    """The module `time`, at another moment."""

    def __init__(self, now: float) -> None:
        self._now = now

    def time(self) -> float:
        return self._now

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("Basic dXNlcg==", "Please use AWS4-HMAC-SHA256"),
        ("AWS AKIA:signature", "Please use AWS4-HMAC-SHA256"),
        ("AWS4-HMAC-SHA256", "'Credential' and 'SignedHeaders' and 'Signature'"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0", "exactly 5"),
        ("AWS4-HMAC-SHA256 Credential=, SignedHeaders=, Signature=", "requires"),
        ("AWS4-HMAC-SHA256 ,,,=,==", "requires"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(header: str, says: str) -> None:
    headers = {"Host": HOST, "Authorization": header, "X-Amz-Date": "20260101T000000Z"}
    with pytest.raises(Refused, match=says):
        claim_of(Request("GET", "/", "", headers, b""))


@pytest.mark.parametrize("date", ["now", "20260101", "", "20261301T000000Z"])
def test_a_date_that_is_none_is_refused(date: str) -> None:
    request = signed()
    request.headers["X-Amz-Date"] = date  # type: ignore[index]
    assert refusal(request).reason is Reason.INCOMPLETE


@pytest.mark.parametrize("seconds", ["0", "604801", "-1", "soon"])
def test_a_presigned_url_lives_a_week_at_most(seconds: str) -> None:
    request = signed("GET", service="s3", presign=60)
    with pytest.raises(Refused, match="between 1 and 604800"):
        claim_of(replace(request, query=request.query.replace("Expires=60", f"Expires={seconds}")))


def test_the_host_must_be_signed() -> None:
    request = signed()
    request.headers["Authorization"] = request.headers["Authorization"].replace("host;", "")  # type: ignore[index]
    assert refusal(request).reason is Reason.INCOMPLETE


def test_a_request_without_a_signature_claims_nothing() -> None:
    assert claim_of(Request("GET", "/bucket/key", "versionId=1", {"Host": HOST}, b"")) is None
