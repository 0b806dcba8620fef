"""CORS of function URLs.

A question before the request is answered from the configuration alone; to any other answer the configured headers are added, also
beside those that the function sends itself (DG urls-configuration, 2026): a browser refuses two of a kind, here as there. That
the origin is answered by its name where any may ask is unconfirmed: a post on dev.to has it (rimutaka, 2024-08), no page of AWS.
"""

from __future__ import annotations

from lablib.cloud.sources.http.cors import Cors, Lines
from lablib.cloud.web import Answer, Request


def preflight(cors: Cors, request: Request) -> Answer:
    """200 without a body. An origin that may not ask gets no headers (unconfirmed), which its browser takes for a no."""
    if not cors.lets(request.headers["Origin"]):
        return Answer(200)
    more: Lines = []
    headers = _either(cors.headers, request.headers.get("Access-Control-Request-Headers"))
    if headers:
        more.append(("Access-Control-Allow-Headers", headers))
    methods = _either(cors.methods, request.headers["Access-Control-Request-Method"])
    if methods:
        more.append(("Access-Control-Allow-Methods", methods))
    if cors.max_age is not None:
        more.append(("Access-Control-Max-Age", str(cors.max_age)))
    return Answer(200, lines=(*lines(cors, request), *more))


def lines(cors: Cors, request: Request) -> Lines:
    """The headers of any answer to a page of an origin that is allowed."""
    origin = request.headers.get("Origin")
    if origin is None or not cors.lets(origin):
        return []
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), *cors.same_for_all]


def _either(allowed: tuple[str, ...], asked: str | None) -> str:
    """Where any is allowed, just what was asked for: a request with credentials takes no asterisk (unconfirmed)."""
    return asked or "*" if "*" in allowed else ",".join(allowed)
