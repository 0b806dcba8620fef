"""Functions behind REST APIs: found in an integration's address, allowed by their policy or by a role, waited for 29 seconds.

What becomes of a call that fails: captured answers and logs of 2025 (throttled and not permitted 500, the function's own error
502, too late 504), and of 2017 to 2024 (more than 6 MB: 413).
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lablib.cloud.access import execution
from lablib.cloud.api.errors import LambdaError
from lablib.cloud.sources.calling import Caller, Source
from lablib.cloud.sources.rest.call import Call
from lablib.cloud.sources.rest.failures import Failure

if TYPE_CHECKING:
    from lablib.cloud.invocation import Result

PRINCIPAL = "apigateway.amazonaws.com"
_FUNCTION = re.compile(r"arn:[\w-]+:apigateway:[\w-]+:lambda:path/\d{4}-\d\d-\d\d/functions/(.+)/invocations")
_INVALID_ADDRESS = "Execution failed due to configuration error: Invalid endpoint address"
_INVALID_PERMISSIONS = "Execution failed due to configuration error: Invalid permissions on Lambda function"

RoleAllows = Callable[[str, str, str], Awaitable[bool]]


@dataclass(frozen=True)
class Behind:
    """What is called.

    Attributes
    ----------
    uri
        ``arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations``, its stage variables filled in.
    credentials
        A role that calls, instead of API Gateway itself.
    source_arn
        As the function's policy sees it.
    request_id
        Of the invocation.
    """

    uri: str
    credentials: str | None
    source_arn: str
    timeout_ms: int
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


def function_of(uri: str) -> str | None:
    """The function's ARN in an integration's address; None if there is none."""
    match = _FUNCTION.fullmatch(uri)
    return match[1] if match is not None else None


class Functions:
    """Calls functions for REST APIs."""

    def __init__(self, caller: Caller, role_allows: RoleAllows, account: str) -> None:
        self._caller, self._role_allows, self._account = caller, role_allows, account
        # Those that nobody waits for any more run on.
        self._tasks: set[asyncio.Task[Any]] = set()

    async def invoke(self, behind: Behind, payload: bytes, call: Call) -> Result:
        """What a function answers, its own errors too. Raises `Failure`."""
        arn, source = await self._target(behind)
        task = asyncio.ensure_future(self._caller.invoke(arn, payload, source, trace=call.trace, request_id=behind.request_id))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        await asyncio.wait({task}, timeout=behind.timeout_ms / 1000)
        if not task.done():
            raise Failure("INTEGRATION_TIMEOUT", log=("Execution failed due to a timeout error",))
        if task.cancelled():
            raise Failure("INTEGRATION_FAILURE", log=("Execution failed: the cloud was emptied",))
        try:
            return task.result()
        except LambdaError as error:
            raise _refused(error, behind) from error

    async def send(self, behind: Behind, payload: bytes, call: Call) -> str:
        """Queue an event, as an integration with ``X-Amz-Invocation-Type: 'Event'`` does; its request id. Raises `Failure`."""
        arn, source = await self._target(behind)
        try:
            return self._caller.send(arn, payload, source, trace=call.trace)
        except LambdaError as error:
            raise _refused(error, behind) from error

    async def reset(self) -> None:
        """End what still runs."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _target(self, behind: Behind) -> tuple[str, Source | None]:
        arn = function_of(behind.uri)
        if arn is None:
            raise Failure("API_CONFIGURATION_ERROR", log=(_INVALID_ADDRESS,))
        if behind.credentials is None:
            return arn, Source(PRINCIPAL, behind.source_arn, self._account)
        assumed = await execution.may_be_assumed(behind.credentials, PRINCIPAL)
        if not assumed or not await self._role_allows(behind.credentials, "lambda:InvokeFunction", arn):
            said = (
                "Execution failed due to configuration error: API Gateway does not have permission to assume the provided role"
            )
            raise Failure("API_CONFIGURATION_ERROR", log=(f"{said} {behind.credentials}",))
        return arn, None

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains of one that came too late


def function_error(payload: bytes) -> str:
    """The ``errorMessage`` of a function's error; nothing where there is none."""
    try:
        content = json.loads(payload)
    except ValueError:
        return ""
    return str(content.get("errorMessage", "")) if isinstance(content, dict) else ""


def _refused(error: LambdaError, behind: Behind) -> Failure:
    """What a refusal of Lambda's becomes. Unconfirmed: a function that is not there counts as one without a permission."""
    if error.code in ("AccessDeniedException", "ResourceNotFoundException"):
        return Failure("API_CONFIGURATION_ERROR", log=(_INVALID_PERMISSIONS,))
    if error.code == "RequestEntityTooLargeException":
        return Failure("REQUEST_TOO_LARGE", log=(f"Execution failed: {error.message}",))
    status = 429 if error.code == "TooManyRequestsException" else 500
    return Failure("INTEGRATION_FAILURE", log=(
        f"Lambda invocation failed with status: {status}. Lambda request id: {behind.request_id}",
        f"Execution failed due to configuration error: {error.message}",
    ))  # fmt: skip
