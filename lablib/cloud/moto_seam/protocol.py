"""Requests and answers of a service, parsed and written from botocore's own service model.

Touches `moto.core.parse`, `moto.core.serialize`, `moto.core.routing` and `moto.core.utils.get_service_model`. None of them has
state, so the lock is not needed here.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

from moto.core.errors import ErrorLookupFactory
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import MethodNotAllowed, NotFound


@dataclass(frozen=True)
class Call:
    """An operation that somebody asked for, with its parameters under the names of the service model."""

    operation: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, headers, body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class UnknownOperation(Exception):
    """No operation of the service has this method and path."""


class MalformedRequest(Exception):
    """The request's body or a parameter in it cannot be read as the service model says."""


class _ModelledError(Exception):
    """Carries a code, a message and further members to moto's serializer, which reads them as attributes."""

    def __init__(self, code: str, message: str, members: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        for name, value in members.items():
            setattr(self, name, value)


class Protocol:
    """One service's requests and answers, as its service model describes them.

    Parameters
    ----------
    service
        The service's name in botocore, such as ``lambda``.
    """

    def __init__(self, service: str = "lambda") -> None:
        self.model: ServiceModel = get_service_model(service)
        self._router = get_service_router(service)
        self._parser = PROTOCOL_PARSERS[str(self.model.protocol)]
        self._serializer = get_serializer_class(service, str(self.model.protocol))
        self._errors = ErrorLookupFactory().for_service(self.model)

    def operation(self, name: str) -> OperationModel:
        """The model of one operation: its HTTP binding, input, output and errors."""
        return self.model.operation_model(name)

    def parse(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Call:
        """Read an HTTP request. The path is as it arrived, still percent-encoded.

        Parameters that the request does not carry are absent; a value of the wrong JSON type is kept as it is where Python allows
        it, so that the caller's validation can name it.

        Raises
        ------
        UnknownOperation
            Nothing in the service has this method and path.
        MalformedRequest
            The body is no JSON object, or a number, a timestamp or a blob in it cannot be read.
        """
        request = Request(_environ(method, path, query, headers, body))
        try:
            operation, uri = self._router.match(request)
        except (NotFound, MethodNotAllowed):
            raise UnknownOperation(f"{method} {path}") from None
        return Call(str(operation.name), self._parameters(operation, request, uri, body))

    def _parameters(self, operation: OperationModel, request: Request, uri: dict[str, Any], body: bytes) -> dict[str, Any]:
        shape = operation.input_shape
        payload = shape.serialization.get("payload") if shape is not None else None
        if payload is None and body:
            _require_object(body)
        values = {
            "method": request.method, "values": request.args, "headers": request.headers, "body": body,
            "url_path": request.path, "url_params": uri,
        }
        try:
            parsed = self._parser(operation, blob_parser=_blob).parse(values)
        except (ValueError, TypeError, AttributeError, KeyError, RequestParserError) as error:
            raise MalformedRequest(f"a parameter of {operation.name} cannot be read: {error}") from error
        return {name: value for name, value in parsed.items() if value is not None}

    def serialize(self, operation: str, result: Mapping[str, Any]) -> Answer:
        """Write an operation's result; members bound to headers or to the status go there."""
        model = self.operation(operation)
        written = self._serializer(operation_model=model).serialize(result)
        status = int(written["status_code"])
        for name, shape in (model.output_shape.members if model.output_shape else {}).items():
            if shape.serialization.get("location") == "statusCode" and name in result:
                status = int(result[name])
        return _answer(status, written)

    def serialize_error(self, code: str, message: str, members: Mapping[str, Any] | None = None, status: int | None = None) -> Answer:
        """Write an error by its code; the HTTP status is the model's unless `status` says otherwise.

        A code that the model does not know is written all the same (AWS has such codes: ``AccessDeniedException``); its status
        is 400 then.
        """
        model = OperationModel({}, self.model)
        if self._errors.from_code(code) is None:
            content = {"Message": message, "__type": code} | dict(members or {})
            headers = {"Content-Type": "application/json", "X-Amzn-Errortype": code}
            return Answer(status or 400, headers, json.dumps(content).encode())
        written = self._serializer(operation_model=model).serialize(_ModelledError(code, message, members or {}))
        answer = _answer(status or int(written["status_code"]), written)
        return replace(answer, headers=answer.headers | self._error_headers(code, members or {}))

    def _error_headers(self, code: str, members: Mapping[str, Any]) -> dict[str, str]:
        # moto writes an error's members into the body only; Retry-After is a header.
        shape = self._errors.from_code(code)
        bound = {name: member.serialization for name, member in (shape.members if shape else {}).items()}
        return {
            str(place.get("name", name)): str(members[name])
            for name, place in bound.items() if place.get("location") == "header" and name in members
        }


@cache
def lambda_protocol() -> Protocol:
    """Lambda's own, loaded once: the model is half a megabyte of JSON."""
    return Protocol("lambda")


def parse_request(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Call:
    """`Protocol.parse` for Lambda."""
    return lambda_protocol().parse(method, path, query, headers, body)


def serialize(operation: str, result: Mapping[str, Any]) -> Answer:
    """`Protocol.serialize` for Lambda."""
    return lambda_protocol().serialize(operation, result)


def serialize_error(code: str, message: str, members: Mapping[str, Any] | None = None, status: int | None = None) -> Answer:
    """`Protocol.serialize_error` for Lambda."""
    return lambda_protocol().serialize_error(code, message, members, status)


def _require_object(body: bytes) -> None:
    # moto takes what is no JSON for {"message": text}; AWS answers SerializationException.
    try:
        content = json.loads(body)
    except ValueError as error:
        raise MalformedRequest(f"the body is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise MalformedRequest("the body is not a JSON object")


def _blob(value: str) -> bytes:
    return base64.b64decode(value, validate=True)


def _answer(status: int, written: Mapping[str, Any]) -> Answer:
    body = written["body"]
    headers = {str(name): str(value) for name, value in written["headers"].items()}
    return Answer(status, headers, body.encode() if isinstance(body, str) else bytes(body or b""))


def _environ(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """A WSGI environment with what routing and parsing look at, and no more."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "RAW_URI": path,
        "QUERY_STRING": query, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
