"""Requests to other servers of this machine, for which the cloud uses the client that came with its own server, tornado."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fetched:
    """What a server answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def fetch(
    url: str, *, seconds: float, method: str = "GET", headers: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> Fetched:  # fmt: skip
    """Ask a server, without following where it points to.

    Raises
    ------
    OSError
        It cannot be reached, did not answer within so many seconds, or is on another machine.
    """
    from tornado.httpclient import HTTPClientError, HTTPRequest
    from tornado.httputil import HTTPHeaders, HTTPInputError
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

    sent = HTTPHeaders()
    for name, value in headers:
        sent.add(name, value)
    # One for each request: a client makes ten at a time, and has the others wait.
    client = SimpleAsyncHTTPClient(force_instance=True)
    try:
        found = await client.fetch(HTTPRequest(
            url, method, sent, body or None, connect_timeout=seconds, request_timeout=seconds, follow_redirects=False,
            allow_nonstandard_methods=True, decompress_response=False,
        ))  # fmt: skip
    except HTTPClientError as error:
        if error.response is None or error.code == 599:
            raise OSError(f"{url}: {error}") from error
        found = error.response
    except (ValueError, HTTPInputError) as error:  # no URL
        raise OSError(f"{url}: {error}") from error
    finally:
        client.close()
    return Fetched(found.code, tuple(found.headers.get_all()), found.body or b"")
