"""An HTTP request and its answer, as the control plane's rooms hand them on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Request:
    """An HTTP request. The path is as it arrived, percent-encoded and without the query; header names are in any case.

    `gone` is set when its client no longer waits, where somebody looks.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    gone: asyncio.Event | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Attributes
    ----------
    lines
        Further headers, of which one may come several times: ``Set-Cookie``.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    lines: tuple[tuple[str, str], ...] = ()


class Pieces(Protocol):
    """A body that is written while it comes to be."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Nobody asks for more, or ever did."""
        ...


class Broken(Exception):
    """The rest of a streamed body will never come: its client is to see that what it has is not the whole."""


@dataclass(frozen=True)
class StreamedAnswer:
    """An HTTP answer whose body is written while it comes to be.

    Attributes
    ----------
    pieces
        Of the body. The next is asked for when the client has room for it, and none after the client is gone;
        it is closed in any case. Where it raises `Broken`, the connection ends without the end of the body.
    lines
        Further headers, of which one may come several times: ``Set-Cookie``.
    """

    status: int
    headers: dict[str, str]
    pieces: Pieces
    body: bytes = b""
    lines: tuple[tuple[str, str], ...] = ()
