"""What no SDK would send, packages that are none, payloads that are no JSON: refused in AWS's words, and the cloud goes on."""

from __future__ import annotations

import io
import os
import re
import socket
import stat
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.faults.conftest import OK, Cloud, invoke, plane_folder
from tests.support import make_zip

HEAD = b"POST /2015-03-31/functions/f/invocations HTTP/1.1\r\nHost: 127.0.0.1\r\n"

RAW = {
    "a TLS greeting": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "no length": (HEAD + b"Content-Length: many\r\n\r\n{}", 400),
    "a negative length": (HEAD + b"Content-Length: -1\r\n\r\n{}", 400),
    "two lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400),
    "length and chunks": (HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    "a length of 99 TB": (HEAD + b"Content-Length: 99999999999999\r\n\r\n{}", 400),
    "chunks that are none": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
    "no signature": (HEAD + b"Content-Length: 2\r\n\r\n{}", 403),
    "no date": (
        HEAD + b"Authorization: AWS4-HMAC-SHA256 Credential=A/2026/x/lambda/aws4_request, SignedHeaders=;, Signature=\xff\r\n"
        b"Content-Length: 2\r\n\r\n{}", 403,
    ),
    "the door, unsigned": (b"POST /_lab/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", 403),
    "another machine through us": (b"GET http://example.com/ HTTP/1.1\r\nHost: example.com\r\n\r\n", 403),
    "a tunnel": (b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", 403),
}  # fmt: skip


def test_what_no_sdk_would_send(cloud: Cloud) -> None:
    """Each is refused at once; then, with two hundred half requests still open, a function answers."""
    name = cloud.function(OK)
    address = ("127.0.0.1", int(cloud.url.rsplit(":", 1)[1]))
    for what, (request, status) in RAW.items():
        with socket.create_connection(address, timeout=5) as caller:
            caller.sendall(request)
            assert caller.recv(12) == b"HTTP/1.1 %d" % status, what
    halves = []
    try:
        for number in range(200):
            halves.append(socket.create_connection(address))
            halves[-1].sendall((HEAD + b"Content-Length: 200\r\n\r\n{")[: 20 + number])
        assert invoke(cloud, name).payload == "ok"
    finally:
        for half in halves:
            half.close()
    assert invoke(cloud, name).payload == "ok"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"{", "InvalidRequestContentException"),
        (b"{'single': 'quotes'}", "InvalidRequestContentException"),
        (b'"caf\xe9"', "InvalidRequestContentException"),
        (b"NaN", "InvalidRequestContentException"),
        (b"[" * 100_000, "InvalidRequestContentException"),
        (b'"' + b"x" * 6_291_455 + b'"', "RequestEntityTooLargeException"),
    ],
    ids=["half", "single quotes", "no UTF-8", "NaN", "deep", "over 6 MB"],
)
def test_a_payload_that_is_no_event(cloud: Cloud, payload: bytes, code: str) -> None:
    """Refused before anything runs: there is not even a log."""
    name = cloud.function(OK)
    with pytest.raises(ClientError) as raised:
        cloud.client("lambda").invoke(FunctionName=name, Payload=payload)
    assert raised.value.response["Error"]["Code"] == code
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    assert invoke(cloud, name).payload == "ok"


def links(name: str, target: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("lambda_function.py", OK)
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, target)
    return out.getvalue()


BAD_PACKAGES: dict[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"def lambda_handler(event, context): pass", "Could not unzip uploaded file"),
    "an empty zip": (lambda: make_zip({}), "Uploaded file must be a non-empty zip"),
    "climbs out": (lambda: make_zip({"../../../tmp/escaped.py": "x"}), "points outside the package"),
    "a link out": (lambda: links("host", "/etc"), "outside the package"),
    "260 MB in 260 KB": (lambda: make_zip({"zeros": bytes(260 << 20)}), "Unzipped size must be smaller than 262144000 bytes"),
    "1,500 folders deep": (lambda: make_zip({"d/" * 1500 + "f.py": ""}), "Could not unzip uploaded file"),
    "a name of 300 letters": (lambda: make_zip({"x" * 300: ""}), "Could not unzip uploaded file"),
}


def test_packages_that_are_none(cloud: Cloud) -> None:
    """At creation, at an update and from S3; the function that is there stays as it was, and nothing is left on the disk."""
    name = cloud.function(OK)
    client, s3 = cloud.client("lambda"), cloud.client("s3")
    before = client.get_function_configuration(FunctionName=name)
    s3.create_bucket(Bucket="packages")
    kept = os.listdir(store(cloud))
    for what, (make, words) in BAD_PACKAGES.items():
        package = make()
        s3.put_object(Bucket="packages", Key="bad.zip", Body=package)
        new = {"FunctionName": "new", "Runtime": "python3.11", "Handler": "f.h", "Role": cloud.role()}
        calls: list[Callable[[], Any]] = [
            partial(client.update_function_code, FunctionName=name, ZipFile=package),
            partial(client.update_function_code, FunctionName=name, S3Bucket="packages", S3Key="bad.zip"),
            partial(client.create_function, **new, Code={"ZipFile": package}),
        ]
        for call in calls:
            with pytest.raises(ClientError) as raised:
                call()
            error = raised.value.response["Error"]
            assert (error["Code"], words in error["Message"]) == ("InvalidParameterValueException", True), (what, error)
    after = client.get_function_configuration(FunctionName=name)
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    assert [function["FunctionName"] for function in client.list_functions()["Functions"]] == [name]
    assert os.listdir(store(cloud)) == kept and not os.path.exists("/tmp/escaped.py")
    assert invoke(cloud, name).payload == "ok"


def store(cloud: Cloud) -> str:
    """The folder of unpacked packages."""
    return str(plane_folder(cloud).parent / "code")


def test_a_package_with_links_inside_works(either: Cloud) -> None:
    package = links("alias.py", "lambda_function.py")
    name = either.function(OK, Handler="alias.lambda_handler")
    either.client("lambda").update_function_code(FunctionName=name, ZipFile=package)
    assert invoke(either, name).payload == "ok"


def test_the_clock_moves_forward_and_by_numbers_alone(cloud: Cloud) -> None:
    for seconds in ("nan", "-1", "inf", "1e400", "soon", "", "1e9"):
        answer = cloud.lab("POST", f"/_lab/clock/advance?seconds={seconds}")
        assert answer.status == 400 and re.match(r"\?seconds= must be ", str(answer.body["message"]))
    assert cloud.lab("GET", "/_lab/clock").body["offset"] == 0
