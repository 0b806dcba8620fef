"""Who answers at a public address.

A service of APIs plugs in with a function that finds an API by its id (`Door.plug`), and whatever it finds answers the requests
to that API. The finder is asked at every request: it has to know, and not to ask moto.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from lablib.cloud.sources.http.addresses import Address, Kind
from lablib.cloud.sources.http.answers import writable
from lablib.cloud.sources.http.incoming import Incoming
from lablib.cloud.web import Answer, Request, StreamedAnswer

log = logging.getLogger("lablib.cloud")

# Of a function URL: LocalStack's snapshot of AWS, 2025-11-24.
URL_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class Api(Protocol):
    """What answers at one API's address."""

    async def answer(self, incoming: Incoming, gone: asyncio.Event) -> Answer | StreamedAnswer:
        """Answer a request; `gone` is set when its client no longer waits. Never raises for what a client or a function sent."""
        ...


# The API of an id, if it is of this service; None otherwise.
Finder = Callable[[str], Awaitable[Api | None]]


class Door:
    """Answers at public addresses.

    Parameters
    ----------
    now
        The cloud's clock.
    region
        For the hosts' names as AWS has them.
    urls
        Finds a function URL by its id.
    """

    def __init__(self, now: Callable[[], float], region: str, urls: Finder) -> None:
        self._now, self._region = now, region
        self._urls = urls
        self._apis: list[Finder] = []

    def plug(self, find: Finder) -> None:
        """Have a service answer for the APIs that it finds."""
        self._apis.append(find)

    async def answer(self, address: Address, request: Request, gone: asyncio.Event) -> Answer | StreamedAnswer:
        """Answer a request to a public address. Never raises."""
        try:
            found = await self._find(address)
            if found is None:
                return nothing_there(address.kind)
            incoming = Incoming(request, address, self._now(), address.domain(self._region))
            answer = await found.answer(incoming, gone)
            return replace(answer, lines=writable(answer.lines))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return message(500, "Internal Server Error")

    async def _find(self, address: Address) -> Api | None:
        if address.kind is Kind.URL:
            return await self._urls(address.id)
        for find in self._apis:
            found = await find(address.id)
            if found is not None:
                return found
        return None


def message(status: int, text: str, **more: str) -> Answer:
    """An error of API Gateway's: ``{"message":"Not Found"}``."""
    content = {"message": text, **more}
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(content, separators=(",", ":")).encode())


def nothing_there(kind: Kind) -> Answer:
    """What AWS's front answers for an id that nothing has. Of an API it is unconfirmed: its name may not even resolve.

    A function URL's has no sentence (LocalStack's tests against AWS, 2025).
    """
    return message(403, "Forbidden") if kind is Kind.API else _denied(None)


def url_forbidden() -> Answer:
    """What a function URL answers to who may not call it."""
    return _denied(URL_FORBIDDEN)


def _denied(sentence: str | None) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": "AccessDeniedException"}
    return Answer(403, headers, json.dumps({"Message": sentence}, separators=(",", ":")).encode())
