"""moto in this process, behind boto3 clients that never touch a socket, on a clock that the test moves."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from lablib.cloud.moto_seam import clockwork, engine, keys
from lablib.cloud.web import Request


class _Body(io.BytesIO):
    def stream(self, size: int = 65536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


class Moto:
    """moto as the engine answers for it. `now` is its time."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.session = boto3.session.Session("AKIAOWNEROWNEROWNERO", "secret", region_name="eu-west-1")

    def client(self, service: str) -> Any:
        client = self.session.client(service, endpoint_url="http://127.0.0.1:1")
        client.meta.events.register("before-send", self._send)
        return client

    @staticmethod
    def _send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        parts = urlsplit(request.url)
        body = request.body or b""
        headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
        content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else body.read()
        asked = Request(request.method, parts.path, parts.query, {**headers, "Host": parts.netloc}, content)
        answer = asyncio.run(engine.answer(asked))
        return AWSResponse(request.url, answer.status, answer.headers, _Body(answer.body))


@pytest.fixture
def moto() -> Iterator[Moto]:
    stand_in = Moto()
    place = engine.place
    engine.configure(region="eu-west-1", port=1)
    clockwork.follow(lambda: stand_in.now)
    engine.reset()
    keys.forget()
    yield stand_in
    engine.place = place
    engine.reset()
    clockwork.follow(__import__("time").time)
