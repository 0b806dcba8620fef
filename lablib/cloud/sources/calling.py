"""The one way from an event source to a function: found by its ARN, allowed by its policy, held to its limits."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lablib.cloud.api.errors import LambdaError, not_found
from lablib.cloud.api.running import as_api_errors, check_runs
from lablib.cloud.asynchronous.recursion import Chains
from lablib.cloud.functions import Functions, NoSuchFunction, resource_policy
from lablib.environments.streams import ResponseStream
from lablib.models import limits

if TYPE_CHECKING:
    from lablib.cloud.api.context import Events, Invokes
    from lablib.cloud.invocation import Result

# In seconds of real time: how long an event waits for a change of its function to be through.
PATIENCE = 0.2


@dataclass(frozen=True)
class Source:
    """Who calls: whose event it is, as the function's policy sees it.

    Attributes
    ----------
    principal
        The service: ``s3.amazonaws.com``.
    arn, account
        ``aws:SourceArn`` and ``aws:SourceAccount``: the bucket's ARN and its owner, for example.
    """

    principal: str
    arn: str | None = None
    account: str | None = None


@dataclass(frozen=True)
class Target:
    """A function, and the version or alias by which a source calls it."""

    name: str
    qualifier: str | None

    @classmethod
    def of(cls, arn: str) -> Target | None:
        """Read a function's ARN; None for anything else."""
        parts = arn.split(":")
        if len(parts) not in (7, 8) or parts[2] != "lambda" or parts[5] != "function":
            return None
        return cls(parts[6], parts[7] if len(parts) == 8 else None)


class Caller:
    """Calls functions for event sources.

    Errors are those of the Lambda API (`LambdaError`), whatever the source makes of them: ``ResourceNotFoundException``,
    ``AccessDeniedException`` where the function's policy does not let the source in, ``RequestEntityTooLargeException``,
    ``TooManyRequestsException`` and so on.
    """

    def __init__(self, functions: Functions, invoker: Invokes, events: Events, chains: Chains) -> None:
        self._functions, self._invoker, self._events, self._chains = functions, invoker, events, chains

    def check(self, arn: str, source: Source | None) -> Target:
        """The function that an ARN names, once it is known that the source may call it.

        Parameters
        ----------
        source
            None where a role, not the function's policy, is what allows the call: event source mappings, Scheduler, Step
            Functions.
        """
        target = Target.of(arn)
        if target is None:
            raise not_found(f"Function not found: {arn}")
        try:
            function = self._functions.function(target.name)
            self._functions.get(target.name, target.qualifier)
        except NoSuchFunction as missing:
            raise not_found(str(missing)) from missing
        if source is not None and not resource_policy.allows(
            function, target.qualifier, source.principal, source.arn, source.account
        ):
            raise LambdaError("AccessDeniedException", f"The policy of {arn} does not let {source.principal} invoke it")
        return target

    def send(self, arn: str, event: Any, source: Source | None, *, trace: str | None = None) -> str:
        """Queue an event, as Invoke does with ``InvocationType=Event``, and return its request id.

        Parameters
        ----------
        event
            JSON of any kind; bytes are sent as they are.
        trace
            The tracing header that came with what caused it.
        """
        target, payload = self.check(arn, source), payload_of(event)
        if len(payload) > limits.ASYNC_REQUEST_BYTES:
            raise _too_large(payload, limits.ASYNC_REQUEST_BYTES)
        request_id = str(uuid.uuid4())
        self._events.put(target.name, target.qualifier, payload, request_id=request_id, trace=trace)
        return request_id

    async def invoke(
        self, arn: str, event: Any, source: Source | None, *, trace: str | None = None, request_id: str | None = None,
        client_context: str | None = None, stream: ResponseStream | None = None, synchronous: bool = True,
    ) -> Result:  # fmt: skip
        """Run a function and wait for what it answers: its own error is a result too (`Result.outcome.function_error`).

        Parameters
        ----------
        synchronous
            Whether somebody waits for the answer: such calls are held to ten requests a second for each unit of concurrency.
            A poller's are not.
        """
        target, payload = self.check(arn, source), payload_of(event)
        if len(payload) > limits.REQUEST_BYTES:
            raise _too_large(payload, limits.REQUEST_BYTES)
        await self._functions.settle(target.name, PATIENCE)
        try:
            version = self._functions.route(target.name, target.qualifier)
        except NoSuchFunction as missing:
            raise not_found(str(missing)) from missing
        check_runs(version)
        header = self._chains.follow(version, trace)
        with as_api_errors():
            self._chains.check(target.name, target.qualifier, header)
            return await self._invoker.invoke(
                version, payload, request_id=request_id or str(uuid.uuid4()), client_context=client_context,
                invoked_arn=self._functions.arn(target.name, target.qualifier), trace=header, stream=stream,
                synchronous=synchronous,
            )  # fmt: skip


def payload_of(event: Any) -> bytes:
    """An event as it goes to a function: UTF-8 JSON without spaces."""
    return event if isinstance(event, bytes) else json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def _too_large(payload: bytes, most: int) -> LambdaError:
    return LambdaError("RequestEntityTooLargeException", f"{len(payload)} byte payload is too large (limit {most} bytes)")
