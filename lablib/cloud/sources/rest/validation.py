"""Request validators: required parameters are there, and a body is as its model says.

Source: API Gateway Developer Guide, "Request validation for REST APIs in API Gateway" and "Data models for REST APIs", 2026.
Models are JSON schemas of draft 4; `fastjsonschema`, which nbformat brings, is loaded with the first one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from lablib.cloud.moto_seam.rest_apis import Definition, Method
from lablib.cloud.sources.rest.call import Call
from lablib.cloud.sources.rest.failures import Failure


def validate(call: Call, method: Method, path: Mapping[str, str], definition: Definition) -> None:
    """Hold a request to its method's validator, if that has one. Raises `Failure`."""
    body, parameters = definition.validators.get(method.validator_id or "", (False, False))
    if parameters:
        _check_parameters(call, method, path)
    if body:
        _check_body(call, method, definition)


def _check_parameters(call: Call, method: Method, path: Mapping[str, str]) -> None:
    missing = []
    for name, required in method.parameters.items():
        _, _, kind, own = name.split(".", 3)
        if kind == "header":
            found = call.header(own)
        else:
            found = path.get(own) if kind == "path" else dict(call.query).get(own)
        if required and not found:
            missing.append(own)
    if missing:
        raise Failure("BAD_REQUEST_PARAMETERS", f"Missing required request parameters: [{', '.join(missing)}]")


def _check_body(call: Call, method: Method, definition: Definition) -> None:
    name = method.models.get(call.media_type) or method.models.get("$default")
    schema = definition.models.get(name or "")
    if schema is None:
        return
    try:
        wrong = _compiled(schema, tuple(sorted(definition.models.items())))(json.loads(call.text or "null"))
    except ValueError:
        raise Failure("BAD_REQUEST_BODY", validation="[Invalid JSON]") from None
    if wrong is not None:
        raise Failure("BAD_REQUEST_BODY", validation=f"[{wrong}]")


@lru_cache(maxsize=64)
def _compiled(schema: str, models: tuple[tuple[str, str], ...]) -> Callable[[Any], str | None]:
    """What a schema says of a body: why it is wrong, or None. A schema that is none is right with everything."""
    from fastjsonschema import (
        JsonSchemaDefinitionException,
        JsonSchemaValueException,
        compile,
    )

    known = dict(models)

    def referred(address: str) -> Any:
        """Other models are named by their address at API Gateway."""
        return json.loads(known.get(address.rpartition("/")[2], "{}"))

    try:
        content = json.loads(schema)
        check = compile({"$schema": "http://json-schema.org/draft-04/schema#", **content}, handlers={"https": referred})
    except (ValueError, TypeError, JsonSchemaDefinitionException):
        return lambda body: None

    def wrong(body: Any) -> str | None:
        try:
            check(body)
        except JsonSchemaValueException as error:
            return _sentence(error.rule, error.rule_definition, error.value) or str(error.message)
        return None

    return wrong


def _sentence(rule: str, expected: Any, value: Any) -> str | None:
    """AWS's words for the two commonest mistakes; for others they are the validator's own."""
    if rule == "required" and isinstance(value, dict):
        missing = [name for name in expected if name not in value]
        return f"object has missing required properties ({json.dumps(missing, separators=(',', ':'))})"
    if rule == "type":
        allowed = json.dumps(expected if isinstance(expected, list) else [expected], separators=(",", ":"))
        return f"instance type ({_type(value)}) does not match any allowed primitive type (allowed: {allowed})"
    return None


def _type(value: Any) -> str:
    kinds: dict[type, str] = {
        bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null",
    }  # fmt: skip
    return kinds[type(value)]
