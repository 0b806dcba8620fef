"""What an operation of the API works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from lablib.cloud.api.wire import Wire
from lablib.cloud.functions import Functions, FunctionVersion
from lablib.cloud.scaling.concurrency import Concurrency
from lablib.cloud.web import Request
from lablib.environments.streams import ResponseStream

if TYPE_CHECKING:
    from lablib.cloud.asynchronous.recursion import Chains
    from lablib.cloud.invocation import Result
    from lablib.cloud.scaling.provisioned import Provisioning
    from lablib.cloud.sources.mappings.registry import Mappings


class Invokes(Protocol):
    """Runs functions: `lablib.cloud.invocation.Invoker`, or a stand-in in tests."""

    async def invoke(
        self, version: FunctionVersion, payload: bytes, *, request_id: str, client_context: str | None = None,
        invoked_arn: str | None = None, trace: str | None = None, stream: ResponseStream | None = None,
        synchronous: bool = True,
    ) -> Result:  # fmt: skip
        """Run a function and wait for what it answers; what it streams goes into `stream` meanwhile.

        An event of the queue's is not `synchronous`.
        """
        ...


class Events(Protocol):
    """Takes asynchronous events: `lablib.cloud.asynchronous.queue.AsyncQueue`, or a stand-in in tests."""

    def put(
        self, name: str, qualifier: str | None, payload: bytes, *, request_id: str, trace: str | None = None
    ) -> str:
        """Accept an event, and let nobody wait. Returns the tracing header that the function gets."""
        ...


class ObjectNotFound(LookupError):
    """S3 does not have the object. `code` and `message` are S3's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Neighbours:
    """What the Lambda service asks other services for.

    Attributes
    ----------
    may_be_assumed : callable
        ``await may_be_assumed(role_arn)``: whether IAM has the role and it lets ``lambda.amazonaws.com`` assume it.
    read_object : callable
        ``await read_object(bucket, key, version_id)``: an object's bytes. Raises `ObjectNotFound`.
    identity_exists : callable
        ``await identity_exists(arn)``: whether IAM has the role or user that an ARN of this account names.
    role_allows : callable
        ``await role_allows(role_arn, action, resource)``: whether a role's policies allow an action, such as
        ``sqs:SendMessage`` on a queue's ARN: what Lambda does in the role's name, it may only do if the role may.
    target_exists : callable
        ``await target_exists(arn)``: whether there is such a queue, topic, event bus or bucket.
    """

    may_be_assumed: Callable[[str], Awaitable[bool]]
    read_object: Callable[[str, str, str | None], Awaitable[bytes]]
    identity_exists: Callable[[str], Awaitable[bool]]
    role_allows: Callable[[str, str, str], Awaitable[bool]]
    target_exists: Callable[[str], Awaitable[bool]]


@dataclass(frozen=True)
class Call:
    """One request to one operation.

    Attributes
    ----------
    parameters : dict
        The operation's input, parsed and within the model's constraints.
    base_url : str
        How the caller reaches this cloud, such as ``http://127.0.0.1:4566``.
    download_url : callable
        ``download_url(sha256)``: the path under which a package can be downloaded for a while.
    headers : dict
        Headers of the answer that the service model does not describe.
    """

    operation: str
    parameters: dict[str, Any]
    request_id: str
    request: Request
    base_url: str
    functions: Functions
    invoker: Invokes
    events: Events
    chains: Chains
    neighbours: Neighbours
    concurrency: Concurrency
    provisioning: Provisioning
    mappings: Mappings
    wire: Wire
    download_url: Callable[[str], str]
    headers: dict[str, str] = field(default_factory=dict)
