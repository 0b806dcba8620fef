"""Lists in pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from lablib.cloud.sources.stepfunctions.errors import StatesError

T = TypeVar("T")


def page(items: Sequence[T], given: dict[str, Any], default: int) -> tuple[list[T], str | None]:
    """The page that a request asks for, and the token of the next one.

    Raises
    ------
    StatesError
        ``InvalidToken``
    """
    begin = _begin(given.get("nextToken"))
    end = begin + (given.get("maxResults") or default)
    token = base64.b64encode(str(end).encode()).decode() if end < len(items) else None
    return list(items[begin:end]), token


def _begin(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError):
        raise StatesError("InvalidToken", "Invalid Token: 'Invalid token'") from None
