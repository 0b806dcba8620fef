"""What the service model says of EventBridge's requests, before moto gets them: names, lengths, ranges and enums.

PutEvents is read by `entries`, whose sentence about too many of them is another.
"""

from __future__ import annotations

from lablib.cloud.access import resources
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.api.validation import validate
from lablib.cloud.authentication.refusals import Style, error
from lablib.cloud.web import Answer, Request

_READ_ELSEWHERE = ("PutEvents",)


async def answer(request: Request) -> Answer | None:
    """The answer to a request that breaks a constraint; None for any other."""
    name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    wire = resources.wire_of("events")
    operation = wire.operations.get(name) if wire is not None else None
    if wire is None or operation is None or name in _READ_ELSEWHERE:
        return None
    try:
        validate(operation.input, wire.parse(operation, request, {}))
    except LambdaError as wrong:
        return error(Style.JSON, 400, wrong.code, wrong.message)
    return None
