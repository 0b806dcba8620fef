"""The lists of functions and versions, page by page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from lablib.cloud.api.configuration import describe
from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import invalid_parameter
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import resolve_whole
from lablib.cloud.functions import FunctionVersion

# Both lists give at most 50 a page, however many are asked for. API reference of ListFunctions, 2026.
PAGE = 50


async def list_functions(call: Call) -> Mapping[str, Any]:
    """Every function, or with ``FunctionVersion=ALL`` every version of each."""
    every = call.parameters.get("FunctionVersion") == "ALL"
    home = call.parameters.get("MasterRegion", "ALL") in ("ALL", call.functions.region)
    versions: list[FunctionVersion] = []
    for function in call.functions if home else ():
        versions += list(function) if every else [function.latest]
    page, marker = _page(call.parameters, versions)
    return {"Functions": [describe(version, qualified=every, in_list=True) for version in page], "NextMarker": marker}


async def list_versions_by_function(call: Call) -> Mapping[str, Any]:
    """`$LATEST` and every published version."""
    name = resolve_whole(call.functions, call.parameters["FunctionName"])
    await settled(call, name)
    page, marker = _page(call.parameters, list(call.functions.function(name)))
    return {"Versions": [describe(version, qualified=True, in_list=True) for version in page], "NextMarker": marker}


def _page(parameters: Mapping[str, Any], versions: Sequence[FunctionVersion]) -> tuple[list[FunctionVersion], str | None]:
    """One page, and the marker of the next. A marker says after which version to go on, so that deletions do no harm."""
    after = _read(parameters["Marker"]) if parameters.get("Marker") else None
    rest = [version for version in versions if after is None or _key(version) > after]
    size = min(parameters.get("MaxItems", PAGE), PAGE)
    page = rest[:size]
    return page, _write(page[-1]) if len(rest) > size else None


def _key(version: FunctionVersion) -> tuple[str, int]:
    return version.name, int(version.version) if version.version.isdecimal() else 0


def _write(version: FunctionVersion) -> str:
    name, number = _key(version)
    return base64.urlsafe_b64encode(f"{name}:{number}".encode()).decode()


def _read(marker: str) -> tuple[str, int]:
    try:
        name, _, number = base64.urlsafe_b64decode(marker).decode().rpartition(":")
        return name, int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid_parameter(f"'{marker}' is no marker that an earlier page gave.") from None
