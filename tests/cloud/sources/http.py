"""Plain HTTP against the cloud under test, and functions that show what they got."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

from tests.support import CloudUnderTest

# Answers its event.
ECHO = "def lambda_handler(event, context): return event"


@dataclass(frozen=True)
class Answered:
    """An HTTP answer."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    url: str, method: str = "GET", body: bytes | None = None, headers: Iterable[tuple[str, str]] = (), host: str | None = None
) -> Answered:  # fmt: skip
    """A request with exactly these headers (and a length, where there is a body), sent to where `url` leads."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.putrequest(method, parts.path + (f"?{parts.query}" if parts.query else ""), skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or parts.netloc)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answered(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def public_url(cloud: CloudUnderTest, code: str, qualifier: str | None = None, **settings: Any) -> str:
    """The URL of a new function that anybody may call."""
    name = cloud.function(code)
    return open_url(cloud, name, qualifier, **settings)


def open_url(cloud: CloudUnderTest, name: str, qualifier: str | None = None, **settings: Any) -> str:
    """A new URL of a function, with the two permissions that the console would give."""
    client = cloud.client("lambda")
    which = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    client.add_permission(**which, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    client.add_permission(**which, StatementId="invoke", Action="lambda:InvokeFunction", Principal="*", InvokedViaFunctionUrl=True)
    return str(client.create_function_url_config(**which, **({"AuthType": "NONE"} | settings))["FunctionUrl"])
