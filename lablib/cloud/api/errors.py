"""An error of the Lambda API, and how it travels.

Most errors are shapes of the service model, which says their HTTP status and how they spell "message". The ones below
are not in the model, because the layers in front of the service answer with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from botocore.model import ServiceModel, Shape

from lablib.cloud.web import Answer

# code: (HTTP status, how "message" is spelled, Type), from captured answers of AWS. The last three are ours or seldom seen.
_OUTSIDE_THE_MODEL: dict[str, tuple[int, str, str | None]] = {
    "ValidationException": (400, "message", None),
    "SerializationException": (400, "Message", None),
    "RequestEntityTooLargeException": (413, "message", "User"),
    "AccessDeniedException": (403, "Message", None),
    "UnknownOperationException": (404, "message", None),
    "NotImplemented": (501, "message", "Service"),
    "InternalFailure": (500, "message", "Service"),
}


class LambdaError(Exception):
    """An error that the caller of the API gets.

    Parameters
    ----------
    code : str
        The error's name, such as ``ResourceNotFoundException``.
    message : str
        For the person who reads it.
    **members : str
        Further members of the error's shape, such as ``Reason``.
    """

    def __init__(self, code: str, message: str, **members: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.members = members


def invalid_parameter(message: str) -> LambdaError:
    """``InvalidParameterValueException``, 400."""
    return LambdaError("InvalidParameterValueException", message)


def conflict(message: str) -> LambdaError:
    """``ResourceConflictException``, 409."""
    return LambdaError("ResourceConflictException", message)


def not_found(message: str) -> LambdaError:
    """``ResourceNotFoundException``, 404."""
    return LambdaError("ResourceNotFoundException", message)


def not_implemented(message: str) -> LambdaError:
    """``NotImplemented``, 501: AWS does it, this cloud does not, and nothing pretends."""
    return LambdaError("NotImplemented", message)


def error_response(error: LambdaError, service: ServiceModel, request_id: str) -> Answer:
    """Write an error as the service model says it is written."""
    shape = service.shape_for_error_code(error.code)
    headers = {
        "Content-Type": "application/json",
        "x-amzn-RequestId": request_id,
        "x-amzn-ErrorType": error.code,
    }
    if shape is None:
        status, spelling, kind = _OUTSIDE_THE_MODEL[error.code]
        body: dict[str, str] = {} if kind is None else {"Type": kind}
        body[spelling] = error.message
    else:
        status = int(shape.metadata["error"]["httpStatusCode"])
        body = _members(error, shape.members, headers)
        body["Type"] = "User" if shape.metadata["error"].get("senderFault") else "Service"
    # AWS sorts the members: {"Reason":...,"Type":"User","message":"Rate Exceeded."} (captured answers, 2026).
    return Answer(status, headers, json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


def _members(error: LambdaError, shapes: Mapping[str, Shape], headers: dict[str, str]) -> dict[str, str]:
    body = {"message" if "message" in shapes else "Message": error.message}
    for name, value in error.members.items():
        if shapes[name].serialization.get("location") == "header":
            headers[shapes[name].serialization["name"]] = value
        else:
            body[name] = value
    return body
