"""The answers that API Gateway gives itself, as it words them or as an API's gateway responses do.

A gateway response's templates know plain references alone, such as ``$context.error.messageString``, and no other Velocity.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam.rest_apis import Customized
from lablib.models.rest_apis import GATEWAY_RESPONSES, GatewayResponse

_NAME = r"((?:context|stageVariables|method\.request)(?:\.[\w-]+)+)"
_REFERENCE = re.compile(rf"\$!?(?:{_NAME}|\{{{_NAME}\}})")
# What the method's execution says has a space after the colon, what stops a request before has none (captured, 2017 to 2025).
_SPACED = ("DEFAULT_5XX", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "API_CONFIGURATION_ERROR", "BAD_REQUEST_BODY",
           "BAD_REQUEST_PARAMETERS", "UNSUPPORTED_MEDIA_TYPE")  # fmt: skip


class Failure(Exception):
    """A request ends here, with one of the gateway's own answers.

    Parameters
    ----------
    type
        The gateway response's: ``UNAUTHORIZED``.
    message
        Instead of its usual one.
    status, error_type
        The same.
    validation
        Why a body is not as its model says: ``$context.error.validationErrorString``.
    log
        What the execution log says of it.
    """

    def __init__(
        self, type: str, message: str | None = None, *, status: int | None = None, error_type: str | None = None,
        validation: str = "", log: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.response: GatewayResponse = GATEWAY_RESPONSES[type]
        self.status = status or self.response.status
        self.error_type = error_type or self.response.error_type
        self.message = self.response.message if message is None else message
        super().__init__(f"{type}: {self.message}")
        self.validation, self.log = validation, log


@dataclass(frozen=True)
class Rendered:
    """A gateway's own answer. `headers` without those that every answer has."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def render(failure: Failure, customized: Mapping[str, Customized], values: Mapping[str, Any]) -> Rendered:
    """Write a failure.

    Parameters
    ----------
    customized
        The API's gateway responses.
    values
        What references mean, by their first word: ``context``, ``stageVariables``, ``method``.
    """
    usual = failure.response
    default = "DEFAULT_4XX" if failure.status < 500 else "DEFAULT_5XX"
    own = customized.get(usual.type) or customized.get(default)
    error_type = ("x-amzn-ErrorType", failure.error_type)
    if own is None:
        return Rendered(failure.status, (("Content-Type", "application/json"), error_type), _usual_body(failure))
    context = {**values["context"], "error": _error(failure)}
    known = {**values, "context": context}
    headers = [
        (name.removeprefix("gatewayresponse.header."), _parameter(value, known)) for name, value in own.parameters.items()
        if name.startswith("gatewayresponse.header.")
    ]  # fmt: skip
    template_type = next(iter(own.templates), "application/json")
    template = own.templates.get(template_type)
    body = _usual_body(failure) if template is None else _filled(template, known).encode()
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", template_type))
    return Rendered(int(own.status or failure.status), (*headers, error_type), body)


def _usual_body(failure: Failure) -> bytes:
    if not failure.message:
        return b'{"message":null}'
    if failure.response.type == "ACCESS_DENIED":
        return json.dumps({"Message": failure.message}, separators=(",", ":")).encode()
    space = " " if failure.response.type in _SPACED else ""
    return f'{{"message":{space}{json.dumps(failure.message)}}}'.encode()


def _error(failure: Failure) -> dict[str, Any]:
    return {
        "message": failure.message, "messageString": json.dumps(failure.message), "responseType": failure.response.type,
        "validationErrorString": failure.validation,
    }  # fmt: skip


def _parameter(expression: str, values: Mapping[str, Any]) -> str:
    """A parameter's value: ``'text'``, or a reference without its dollar sign."""
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    return look_up(expression, values)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    return _REFERENCE.sub(lambda match: look_up(match[1] or match[2], values), template)


def look_up(reference: str, values: Mapping[str, Any]) -> str:
    """What ``context.identity.sourceIp`` and the like mean; nothing if it is not there. Names of headers have any case."""
    found: Any = values
    for name in reference.split("."):
        if not isinstance(found, Mapping):
            return ""
        lower = {str(key).lower(): value for key, value in found.items()} if name not in found else found
        found = lower.get(name if name in lower else name.lower(), "")
    if isinstance(found, (Mapping, list)):
        return json.dumps(found, separators=(",", ":"))
    return "" if found is None else str(found)
