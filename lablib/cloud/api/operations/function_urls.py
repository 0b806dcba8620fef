"""The configuration of function URLs. What answers at the URLs is `lablib.cloud.sources.http.urls`.

Codes and words are AWS's, from captured answers (2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, conflict, not_found
from lablib.cloud.api.lookup import settled
from lablib.cloud.api.names import Reference, resolve
from lablib.cloud.api.operations.lists import page_of
from lablib.cloud.functions import Function
from lablib.cloud.functions.urls import FunctionUrl, new_id

_NO_FUNCTION = "Function does not exist"
_NO_URL = "The resource you requested does not exist."


async def create_function_url_config(call: Call) -> Mapping[str, Any]:
    """Give a function, or one of its aliases, a URL."""
    given = call.parameters
    function, reference = await _function(call, _NO_FUNCTION)
    arn, qualifier = call.functions.arn(reference.name, reference.qualifier), reference.qualifier
    if qualifier is not None and qualifier not in function.aliases:
        raise not_found(_NO_FUNCTION)
    if qualifier in function.url_configs:
        raise conflict(
            f"Failed to create function url config for [functionArn = {arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    now = _moment(call)
    url = FunctionUrl(
        new_id(), arn, given["AuthType"], given.get("InvokeMode", "BUFFERED"), given.get("Cors", {}), created=now, modified=now
    )
    function.url_configs[qualifier] = url
    shown = _described(call, url)
    del shown["LastModifiedTime"]
    if "InvokeMode" not in given:  # a default is not shown yet (captured, third party, 2026)
        del shown["InvokeMode"]
    return shown


async def get_function_url_config(call: Call) -> Mapping[str, Any]:
    """The URL of a function or an alias."""
    function, reference = await _function(call, _NO_URL)
    return _described(call, _existing(function, reference.qualifier))


async def update_function_url_config(call: Call) -> Mapping[str, Any]:
    """Change what the request names. ``Cors`` is replaced as a whole."""
    given = call.parameters
    function, reference = await _function(call, _NO_FUNCTION)
    old = _existing(function, reference.qualifier)
    new = replace(
        old, auth_type=given.get("AuthType", old.auth_type), invoke_mode=given.get("InvokeMode", old.invoke_mode),
        cors=given.get("Cors", old.cors), modified=_moment(call),
    )  # fmt: skip
    function.url_configs[reference.qualifier] = new
    return _described(call, new)


async def delete_function_url_config(call: Call) -> Mapping[str, Any]:
    """Take a URL away. A new one will be another."""
    function, reference = await _function(call, _NO_URL)
    _existing(function, reference.qualifier)
    del function.url_configs[reference.qualifier]
    return {}


async def list_function_url_configs(call: Call) -> Mapping[str, Any]:
    """The URLs of a function and its aliases."""
    function, _ = await _function(call, _NO_FUNCTION)
    urls = sorted(function.url_configs.values(), key=lambda url: url.arn)
    page, marker = page_of(call.parameters, urls, lambda url: (url.arn, 0))
    return {"FunctionUrlConfigs": [_described(call, url) for url in page], "NextMarker": marker}


async def _function(call: Call, otherwise: str) -> tuple[Function, Reference]:
    reference = resolve(call.functions, call.parameters["FunctionName"], call.parameters.get("Qualifier"))
    await settled(call, reference.name)
    if reference.name not in call.functions:
        raise LambdaError("ResourceNotFoundException", otherwise)
    return call.functions.function(reference.name), reference


def _existing(function: Function, qualifier: str | None) -> FunctionUrl:
    url = function.url_configs.get(qualifier)
    if url is None:
        raise not_found(_NO_URL)
    return url


def _moment(call: Call) -> str:
    moment = datetime.fromtimestamp(call.functions.now(), timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}000Z"  # nanoseconds, as AWS writes them


def _described(call: Call, url: FunctionUrl) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "FunctionUrl": url.url(call.base_url), "FunctionArn": url.arn, "AuthType": url.auth_type, "CreationTime": url.created,
        "LastModifiedTime": url.modified, "InvokeMode": url.invoke_mode,
    }  # fmt: skip
    return shown | ({"Cors": url.cors} if url.cors else {})
