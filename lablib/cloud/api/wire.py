"""From HTTP to an operation's parameters and back, as botocore's service model of Lambda describes it.

The protocol is REST-JSON: members travel in the path, the query, headers, or a JSON body, or one blob is the body. moto
has a parser and a serializer for this too; they check neither types nor constraints, and an Invoke costs them 0.06 ms, against
0.02 ms here with every constraint checked (2026-11-23, 2 cores).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

import botocore.loaders
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from lablib.cloud.api.errors import LambdaError
from lablib.cloud.web import Answer, Request, StreamedAnswer


class Operation:
    """One operation of the service: its route, and where each member of its input and output travels."""

    def __init__(self, model: OperationModel) -> None:
        self.name: str = model.name
        self.method: str = model.http["method"]
        path, _, literals = model.http["requestUri"].partition("?")
        self.segments: tuple[str, ...] = tuple(path.strip("/").split("/"))
        self.literals: dict[str, str] = dict(parse_qsl(literals, keep_blank_values=True))
        self.status = int(model.http.get("responseCode", 200))
        self.input: StructureShape | None = model.input_shape
        self.output: StructureShape | None = model.output_shape

    @cached_property
    def located(self) -> list[tuple[str, str, str, Shape]]:
        """Input members outside the body: (member, location, name there, shape)."""
        return [] if self.input is None else _located(self.input)

    @cached_property
    def answered(self) -> list[tuple[str, str, str, Shape]]:
        """Output members outside the body."""
        return [] if self.output is None else _located(self.output)

    def labels(self, segments: list[str]) -> dict[str, str] | None:
        """The path's parameters, if these raw segments are this operation's."""
        found = {}
        for template, segment in zip(self.segments, segments, strict=True):
            if template.startswith("{"):
                found[template[1:-1].rstrip("+")] = unquote(segment)
            elif template != segment:
                return None
        return found


def _located(shape: StructureShape) -> list[tuple[str, str, str, Shape]]:
    return [
        (name, member.serialization["location"], member.serialization.get("name", name), member)
        for name, member in shape.members.items()
        if "location" in member.serialization
    ]


class Wire:
    """Finds, parses and answers every operation of a REST-JSON service model."""

    def __init__(self, service: ServiceModel) -> None:
        self.service = service
        self.operations = {name: Operation(service.operation_model(name)) for name in service.operation_names}
        self._routes: dict[tuple[str, int], list[Operation]] = {}
        for operation in self.operations.values():
            self._routes.setdefault((operation.method, len(operation.segments)), []).append(operation)
        for candidates in self._routes.values():
            # Where two share a path, the one with a literal query is the special case.
            candidates.sort(key=lambda candidate: -len(candidate.literals))

    @classmethod
    @cache
    def of_lambda(cls) -> Wire:
        """The wire of botocore's Lambda model, version 2015-03-31; one for all, since it takes 20 ms to read."""
        description = botocore.loaders.Loader().load_service_model("lambda", "service-2", "2015-03-31")
        return cls(ServiceModel(description, "lambda"))

    def route(self, request: Request) -> tuple[Operation, dict[str, str]]:
        """The operation that a request means, and its path's parameters. Raises `LambdaError`."""
        segments = request.path.strip("/").split("/")
        for operation in self._routes.get((request.method, len(segments)), []):
            labels = operation.labels(segments)
            if labels is not None and _has(request.query, operation.literals):
                return operation, labels
        raise LambdaError(
            "UnknownOperationException", f"{request.method} {request.path} is no operation of the Lambda API."
        )

    def parse(self, operation: Operation, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """The operation's parameters, in Python's types. What is absent or null is left out."""
        shape = operation.input
        if shape is None:
            return {}
        parameters: dict[str, Any] = {}
        query = parse_qs(request.query, keep_blank_values=True) if request.query else {}
        for member, location, name, member_shape in operation.located:
            text = _text(location, name, member_shape, labels, query, request)
            if text is not None:
                parameters[member] = _from_text(member_shape, text)
        payload = shape.serialization.get("payload")
        if payload is None:
            if len(operation.located) < len(shape.members):
                parameters |= _body(shape, request.body)
        elif request.body:
            blob = shape.members[payload].type_name == "blob"
            parameters[payload] = request.body if blob else _from_json(shape.members[payload], _load(request.body))
        return parameters

    def answer(self, operation: Operation, result: Mapping[str, Any], request_id: str) -> Answer | StreamedAnswer:
        """Write an operation's result."""
        shape = operation.output
        headers = {"x-amzn-RequestId": request_id}
        status = operation.status
        body: dict[str, Any] = {}
        if shape is None:
            return Answer(status, headers | {"Content-Type": "application/json"}, b"")  # of a 204 too (captured, 2026)
        outside = set()
        for member, location, name, _ in operation.answered:
            outside.add(member)
            value = result.get(member)
            if location == "statusCode" and value is not None:
                status = value
            elif value is not None:
                headers[name] = str(value)
        payload = shape.serialization.get("payload")
        if payload is not None:
            body_given = result.get(payload)
            if body_given is None:  # an event that was accepted, a dry run
                return Answer(status, headers, b"")
            if shape.members[payload].serialization.get("eventstream"):
                return StreamedAnswer(status, headers, body_given)
            headers["Content-Type"] = "application/json"
            return Answer(status, headers, body_given)
        headers["Content-Type"] = "application/json"
        if status == 204:
            return Answer(status, headers, b"")
        for member, value in result.items():
            if member not in outside and value is not None:
                body[member] = _to_json(shape.members[member], value)
        return Answer(status, headers, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def header(request: Request, name: str) -> str | None:
    """One of a request's headers, however its name is spelled."""
    value = request.headers.get(name)
    if value is not None:
        return value
    wanted = name.lower()
    return next((value for key, value in request.headers.items() if key.lower() == wanted), None)


def _has(query: str, literals: Mapping[str, str]) -> bool:
    if not literals:
        return True
    given = dict(parse_qsl(query, keep_blank_values=True))
    return all(given.get(name) == value for name, value in literals.items())


def _text(
    location: str, name: str, shape: Shape, labels: Mapping[str, str], query: Mapping[str, list[str]], request: Request
) -> str | list[str] | None:
    """What the request says for one member outside the body."""
    if location == "uri":
        return labels.get(name)
    if location == "header":
        return header(request, name)
    values = query.get(name)
    if not values:
        return None
    return values if shape.type_name == "list" else values[0]


def _from_text(shape: Shape, text: str | list[str]) -> Any:
    if isinstance(text, list):
        return text
    match shape.type_name:
        case "integer" | "long":
            try:
                return int(text)
            except ValueError:
                raise _unreadable(f"The value '{text}' can not be converted to an Integer") from None
        case "boolean":
            return text.lower() == "true"
        case _:
            return text


def _unreadable(message: str) -> LambdaError:
    return LambdaError("SerializationException", message)


def _load(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LambdaError("InvalidRequestContentException", f"Could not parse request body into json: {error}") from None


def _body(shape: StructureShape, body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    parsed: dict[str, Any] = _from_json(shape, _load(body))
    return parsed


def _from_json(shape: Shape, value: Any) -> Any:
    """One JSON value in the type that the model wants. Raises ``SerializationException``, in AWS's words."""
    reader = _READERS.get(shape.type_name)
    if reader is None:
        return value
    return reader(shape, value)


def _read_structure(shape: StructureShape, value: Any) -> Any:
    if shape.is_document_type:
        return value
    if not isinstance(value, dict):
        raise _unreadable("Start of structure or map expected, but not found.")
    members = shape.members
    parsed = {}
    for name, item in value.items():
        member = members.get(name)
        if member is None:
            name, member = _renamed(shape, name)
        if item is not None and member is not None and "location" not in member.serialization:
            parsed[name] = _from_json(member, item)
    return parsed


def _renamed(shape: StructureShape, name: str) -> tuple[str, Shape | None]:
    """The member that travels by a name that is not its own, as those of API Gateway's HTTP APIs do."""
    for member, its in shape.members.items():
        if its.serialization.get("name") == name:
            return member, its
    return name, None


def _read_list(shape: ListShape, value: Any) -> Any:
    if not isinstance(value, list):
        raise _unreadable("Start of list expected, but not found.")
    return [None if item is None else _from_json(shape.member, item) for item in value]


def _read_map(shape: MapShape, value: Any) -> Any:
    if not isinstance(value, dict):
        raise _unreadable("Start of structure or map expected, but not found.")
    return {
        _read_string(shape.key, key): None if item is None else _from_json(shape.value, item)
        for key, item in value.items()
    }


def _read_string(shape: Shape, value: Any) -> Any:
    if not isinstance(value, str):
        raise _unreadable(f"{_kind(value)} can not be converted to a String")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise _unreadable("A string holds half of a surrogate pair, which is no character.")
    return value


def _read_integer(shape: Shape, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
        raise _unreadable(f"{_kind(value)} can not be converted to an Integer")
    return int(value)


def _read_float(shape: Shape, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unreadable(f"{_kind(value)} can not be converted to a Double")
    return float(value)


def _read_boolean(shape: Shape, value: Any) -> Any:
    if not isinstance(value, bool):
        raise _unreadable(f"{_kind(value)} can not be converted to a Boolean")
    return value


def _read_blob(shape: Shape, value: Any) -> Any:
    try:
        return base64.b64decode(_read_string(shape, value), validate=True)
    except binascii.Error:
        raise _unreadable("A blob has to be base64, and this one is not.") from None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    if isinstance(value, int | float):
        return "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"
    return "START_ARRAY" if isinstance(value, list) else "START_OBJECT"


_READERS: dict[str, Callable[[Any, Any], Any]] = {
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "string": _read_string,
    "integer": _read_integer,
    "long": _read_integer,
    "float": _read_float,
    "double": _read_float,
    "boolean": _read_boolean,
    "blob": _read_blob,
}


def _to_json(shape: Shape, value: Any) -> Any:
    """One value of a result as JSON has it. A member that the model does not know is an error of ours."""
    if isinstance(shape, StructureShape):
        return {name: _to_json(shape.members[name], item) for name, item in value.items() if item is not None}
    if isinstance(shape, ListShape):
        return [_to_json(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _to_json(shape.value, item) for key, item in value.items()}
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return value
