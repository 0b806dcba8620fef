"""The lists of functions and versions, page by page; and how every list makes its pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from lablib.cloud.api.configuration import describe
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import invalid_parameter
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve_whole
from lablib.cloud.functions import FunctionVersion
from lablib.models import limits

T = TypeVar("T")
Key = tuple[str, int]  # a name and a number: what a list is sorted by


async def list_functions(call: Call) -> Mapping[str, Any]:
    """Every function, or with ``FunctionVersion=ALL`` every version of each."""
    every = call.parameters.get("FunctionVersion") == "ALL"
    home = call.parameters.get("MasterRegion", "ALL") in ("ALL", call.functions.region)
    versions: list[FunctionVersion] = []
    for function in call.functions if home else ():
        versions += list(function) if every else [function.latest]
    page, marker = page_of(call.parameters, versions, _version_key)
    return {"Functions": [describe(version, qualified=every, in_list=True) for version in page], "NextMarker": marker}


async def list_versions_by_function(call: Call) -> Mapping[str, Any]:
    """`$LATEST` and every published version."""
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    page, marker = page_of(call.parameters, list(call.functions.function(name)), _version_key)
    return {"Versions": [describe(version, qualified=True, in_list=True) for version in page], "NextMarker": marker}


def page_of(
    parameters: Mapping[str, Any], items: Sequence[T], key: Callable[[T], Key], most: int = limits.LIST_ITEMS
) -> tuple[list[T], str | None]:
    """One page of at most `most` of `items`, which are sorted by `key`, and the marker of the next.

    A marker says after which key to go on, so that deletions between two pages do no harm.
    """
    after = _read(parameters["Marker"]) if parameters.get("Marker") else None
    rest = [item for item in items if after is None or key(item) > after]
    size = min(parameters.get("MaxItems", most), most)
    page = rest[:size]
    return page, _write(key(page[-1])) if len(rest) > size else None


def _version_key(version: FunctionVersion) -> Key:
    return version.name, int(version.version) if version.version.isdecimal() else 0


def _write(key: Key) -> str:
    name, number = key
    return base64.urlsafe_b64encode(f"{name}:{number}".encode()).decode()


def _read(marker: str) -> Key:
    try:
        name, _, number = base64.urlsafe_b64decode(marker).decode().rpartition(":")
        return name, int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid_parameter("Invalid marker value from user.") from None  # of URLs (captured, third party, 2026)
