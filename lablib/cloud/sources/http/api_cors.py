"""CORS of HTTP APIs.

The gateway answers a browser's question itself, whether or not there is a route for it, and what an integration says of CORS is
replaced by what is configured. Source: API Gateway's http-api-cors, 2026.
"""

from __future__ import annotations

from lablib.cloud.sources.http.cors import Cors, Lines
from lablib.cloud.web import Answer, Request


def preflight(cors: Cors, request: Request) -> Answer:
    """204; an origin that may not ask gets no headers, which its browser takes for a no."""
    if not cors.lets(request.headers["Origin"]):
        return Answer(204)
    more = [
        ("Access-Control-Allow-Methods", ",".join(cors.methods)), ("Access-Control-Allow-Headers", ",".join(cors.headers)),
        ("Access-Control-Max-Age", str(cors.max_age) if cors.max_age is not None else ""),
    ]  # fmt: skip
    return Answer(204, lines=(*lines(cors, request), *(line for line in more if line[1])))


def lines(cors: Cors, request: Request) -> Lines:
    """The headers of any answer to a page of an origin that is allowed."""
    origin = request.headers.get("Origin")
    if origin is None or not cors.lets(origin):
        return []
    if "*" in cors.origins:
        return [("Access-Control-Allow-Origin", "*"), *cors.same_for_all]
    return [("Access-Control-Allow-Origin", origin), ("Vary", "Origin"), *cors.same_for_all]
