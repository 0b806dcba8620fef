"""The Lambda service: one HTTP request in, one HTTP answer out.

Which operation a request means, and how it is read, checked and answered, comes from botocore's service model. The rooms
in `operations/` say only what an operation does.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lablib.cloud.api.context import Call, Events, Invokes, Neighbours
from lablib.cloud.api.errors import LambdaError, conflict, error_response, not_found, not_implemented
from lablib.cloud.api.packages import DOWNLOAD_PATH, Links
from lablib.cloud.api.table import OPERATIONS
from lablib.cloud.api.validation import validate
from lablib.cloud.api.wire import Wire, header
from lablib.cloud.asynchronous.recursion import Chains
from lablib.cloud.functions import Functions, NoSuchFunction
from lablib.cloud.functions.code import Emptied
from lablib.cloud.scaling.concurrency import Concurrency
from lablib.cloud.scaling.provisioned import Provisioning
from lablib.cloud.web import Answer, Request, StreamedAnswer
from lablib.models import limits

if TYPE_CHECKING:
    from lablib.cloud.sources.mappings.registry import Mappings

log = logging.getLogger("lablib.cloud")

# Largest bodies of operations, in bytes, where it is not that of a package.
_BODY_LIMITS = {"UpdateFunctionConfiguration": limits.CONFIGURATION_BODY_BYTES}


class LambdaService:
    """The Lambda API over a store of functions.

    Parameters
    ----------
    functions : Functions
        The functions of this cloud.
    invoker : Invokes
        Runs them.
    events : Events
        Takes events for them.
    chains : Chains
        The requests' tracing headers.
    neighbours : Neighbours
        IAM and S3.
    concurrency : Concurrency
        What may run at a time.
    provisioning : Provisioning
        Makes environments ahead of use.
    mappings : Mappings
        The event source mappings.
    """

    def __init__(
        self, functions: Functions, invoker: Invokes, events: Events, chains: Chains, neighbours: Neighbours,
        concurrency: Concurrency, provisioning: Provisioning, mappings: Mappings,
    ) -> None:  # fmt: skip
        self._functions = functions
        self._concurrency, self._provisioning, self._mappings = concurrency, provisioning, mappings
        self._invoker, self._events, self._chains = invoker, events, chains
        self._neighbours = neighbours
        self._wire = Wire.of_lambda()
        self.wire = self._wire
        self._links = Links(functions.packages)

    async def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer | StreamedAnswer:
        """Answer a request of the Lambda API, or a download under `DOWNLOAD_PATH`.

        Parameters
        ----------
        path : str
            As on the request line: percent-encoded, without the query.
        query : str
            What follows the question mark.
        """
        if path.startswith(DOWNLOAD_PATH):
            return await self._download(path)
        request_id = str(uuid.uuid4())
        try:
            return await self._answer(Request(method, path, query, headers, body), request_id)
        except LambdaError as error:
            return error_response(error, self._wire.service, request_id)
        except NoSuchFunction as error:
            return error_response(not_found(str(error)), self._wire.service, request_id)
        except Emptied as error:
            return error_response(conflict(str(error)), self._wire.service, request_id)
        except Exception as error:
            log.exception("The Lambda API failed at %s %s", method, path)
            failure = LambdaError("InternalFailure", f"Lambda Lab failed at this request: {type(error).__name__}: {error}")
            return error_response(failure, self._wire.service, request_id)

    async def _answer(self, request: Request, request_id: str) -> Answer | StreamedAnswer:
        operation, labels = self._wire.route(request)
        limit = _BODY_LIMITS.get(operation.name, limits.REQUEST_BODY_BYTES)
        if len(request.body) > limit:
            raise LambdaError(
                "RequestEntityTooLargeException",
                f"Request must be smaller than {limit} bytes for the {operation.name} operation",
            )
        perform = OPERATIONS.get(operation.name)
        if perform is None:
            raise not_implemented(f"Lambda Lab does not have the operation {operation.name} yet.")
        parameters = self._wire.parse(operation, request, labels)
        validate(operation.input, parameters)
        call = Call(
            operation=operation.name, parameters=parameters, request_id=request_id, request=request,
            base_url=f"http://{header(request, 'Host') or '127.0.0.1'}", functions=self._functions,
            invoker=self._invoker, events=self._events, chains=self._chains, neighbours=self._neighbours,
            concurrency=self._concurrency, provisioning=self._provisioning, mappings=self._mappings, wire=self._wire,
            download_url=self._links.path,
        )  # fmt: skip
        answer = self._wire.answer(operation, await perform(call), request_id)
        answer.headers.update(call.headers)
        return answer

    async def _download(self, path: str) -> Answer:
        package = self._links.package(path)
        if package is None:
            text = b"This link to a function's package has ended, or its function is gone. GetFunction gives a new one."
            return Answer(403, {"Content-Type": "text/plain"}, text)
        archive = await asyncio.to_thread(package.archive.read_bytes)
        return Answer(200, {"Content-Type": "application/zip"}, archive)
