"""HTTP endpoints behind a method, asked with tornado's client, which the cloud has loaded anyway.

Redirects are handed to the client, as API Gateway does; certificates are verified.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from lablib.cloud.sources.rest.failures import Failure
from lablib.cloud.sources.rest.mapping import (
    Mapped,
    request_parameters,
    with_path,
    with_variables,
)
from lablib.cloud.sources.rest.reply import Reply, clean
from lablib.models import rest_apis

if TYPE_CHECKING:
    from lablib.cloud.sources.rest.integrations import Request

# Says whose request an endpoint gets. Of HTTP and of HTTP_PROXY: LocalStack's snapshots of AWS, 2024.
_OF_API = "x-amzn-apigateway-api-id"
# Captured sentences, 2018 to 2024.
_UNREACHABLE = "Network error communicating with endpoint"


async def passed_on(request: Request) -> Reply:
    """HTTP_PROXY: the request as it came, its address the integration's. Raises `Failure`."""
    call, integration = request.call, request.integration
    mapped = request_parameters(integration.parameters, call, request.parameters, request.context)
    replaced = {name.lower() for name, _ in mapped.headers} | {"host"}
    headers = [line for line in call.headers if line[0].lower() not in replaced] + mapped.headers + [(_OF_API, call.api_id)]
    names = {name for name, _ in mapped.query}
    query = [pair for pair in call.query if pair[0] not in names] + mapped.query
    path = {**request.parameters, **mapped.path} if not mapped.path else mapped.path
    reply = await _fetch(request, headers, query, path, call.body)
    return Reply(reply.status, clean(reply.headers), reply.body)


async def asked(request: Request, body: bytes, mapped: Mapped) -> Reply:
    """HTTP: a request of the integration's own making. Raises `Failure`."""
    call, known = request.call, {name.lower() for name, _ in mapped.headers}
    own = [
        ("Accept", "application/json"), ("User-Agent", f"AmazonAPIGateway_{call.api_id}"), (_OF_API, call.api_id),
        ("X-Amzn-Trace-Id", call.trace), *([("Content-Type", call.media_type)] if body else []),
    ]  # fmt: skip
    headers = [*mapped.headers, *(line for line in own if line[0].lower() not in known)]
    return await _fetch(request, headers, mapped.query, mapped.path, body)


async def _fetch(
    request: Request, headers: Iterable[tuple[str, str]], query: list[tuple[str, str]], path: dict[str, str], body: bytes
) -> Reply:  # fmt: skip
    integration, call = request.integration, request.call
    uri = with_path(with_variables(integration.uri, call.variables), path)
    if query:
        uri += ("&" if "?" in uri else "?") + urlencode(query)
    method = call.method if integration.http_method in (None, "ANY") else integration.http_method
    return await fetch(request, uri, method, headers, body)


async def fetch(request: Request, uri: str, method: str, headers: Iterable[tuple[str, str]], body: bytes) -> Reply:
    """What an address answers within the integration's time. Raises `Failure`."""
    from tornado.httpclient import HTTPRequest
    from tornado.httputil import HTTPHeaders
    from tornado.simple_httpclient import HTTPTimeoutError, SimpleAsyncHTTPClient

    sent = HTTPHeaders()
    for name, value in headers:
        sent.add(name, value)
    request.say(f"Sending request to {uri}")
    begun, timeout = time.monotonic(), request.integration.timeout_ms / 1000
    try:
        asking = HTTPRequest(
            uri, method, sent, body if body or method in ("POST", "PUT", "PATCH") else None, connect_timeout=timeout,
            request_timeout=timeout, follow_redirects=False, allow_nonstandard_methods=True, decompress_response=False,
        )  # fmt: skip
        client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=rest_apis.PAYLOAD_BYTES)
        try:
            answer = await client.fetch(asking, raise_error=False)
        finally:
            client.close()
    except HTTPTimeoutError as late:
        raise Failure("INTEGRATION_TIMEOUT", log=("Execution failed due to a timeout error",)) from late
    except (OSError, ValueError) as error:
        raise _unreachable(error) from error
    if answer.code == 599 and answer.error is not None:
        if isinstance(answer.error, HTTPTimeoutError):
            raise Failure("INTEGRATION_TIMEOUT", log=("Execution failed due to a timeout error",))
        raise _unreachable(answer.error)
    request.say(f"Received response. Status: {answer.code}, Integration latency: {round((time.monotonic() - begun) * 1000)} ms")
    return Reply(answer.code, tuple(answer.headers.get_all()), answer.body or b"")


def _unreachable(error: BaseException) -> Failure:
    return Failure(
        "INTEGRATION_FAILURE", _UNREACHABLE, status=504,
        log=(f"Execution failed due to configuration error: {_UNREACHABLE}: {error}",),
    )  # fmt: skip
