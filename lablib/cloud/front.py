"""The cloud's one door: what a request is for, who signed it, and who answers it.

Lambda's requests go to our service, those of function URLs and APIs to `lablib.cloud.sources.http`, those of `/_lab/` to
`lablib.cloud.control`, everything else to moto. `lablib.cloud.listener` carries them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol
from urllib.parse import urlsplit

from lablib.cloud.access.gate import Denied, Gate, UnknownSigner
from lablib.cloud.api.packages import DOWNLOAD_PATH
from lablib.cloud.authentication import presigned
from lablib.cloud.authentication.authority import Authority, Claim, claim_of
from lablib.cloud.authentication.refusals import Reason, Refused, Style, denied, error, refusal, style_of
from lablib.cloud.authentication.unsigned import may_be_unsigned
from lablib.cloud.mistakes import mistake_of
from lablib.cloud.moto_seam import engine, policies
from lablib.cloud.polls import Polls, receive_of
from lablib.cloud.sources.http.addresses import Address, address_of
from lablib.cloud.web import Answer, Request

log = logging.getLogger("lablib.cloud")

LAMBDA_PATH = "/2015-03-31/"


class Answering(Protocol):
    """An answer of any room: what an HTTP answer consists of."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def body(self) -> bytes: ...


class LambdaService(Protocol):
    """The Lambda service as the front sees it (`lablib.cloud.api`)."""

    def handle(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Awaitable[Answering]: ...


class Sources(Protocol):
    """The event sources as the front sees them (`lablib.cloud.sources`)."""

    async def answer(self, request: Request, service: str | None) -> Answer | None:
        """Answer in moto's place, or leave it to moto (None)."""
        ...

    async def serve(self, address: Address, request: Request, gone: asyncio.Event) -> Answering:
        """Answer at a public address: a function URL's, an API's. Never raises."""
        ...

    def noticed(self, request: Request, service: str | None) -> None:
        """moto has answered a request, or failed at it."""
        ...


class Door(Protocol):
    """What answers `/_lab/` (`lablib.cloud.control`)."""

    async def answer(self, request: Request) -> Answer: ...


class Front:
    """Answers requests.

    Parameters
    ----------
    authority
        Who may sign; None accepts every request (`--credentials any`).
    gate
        What those who sign with other keys than the cloud's own may do.
    flush_logs
        Awaited before a request to CloudWatch Logs, so that it sees every line that a function has written by then.
    flush_metrics
        The same before a request to CloudWatch.
    """

    def __init__(
        self,
        *,
        authority: Authority | None,
        gate: Gate,
        functions: LambdaService,
        sources: Sources,
        door: Door,
        polls: Polls,
        flush_logs: Callable[[], Awaitable[None]],
        flush_metrics: Callable[[], Awaitable[None]],
    ) -> None:
        self._authority = authority
        self._gate = gate
        self._functions = functions
        self._sources = sources
        self._door = door
        self._polls = polls
        self._flush_logs = flush_logs
        self._flush_metrics = flush_metrics
        self._open = asyncio.Event()
        self._open.set()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """While the cloud is being emptied, requests wait: each finds it as it was or empty, and nothing between."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    async def answer(self, request: Request, gone: asyncio.Event) -> Answering:
        """Answer one request; `gone` is set when its client no longer waits. Never raises for what a client sent."""
        service: str | None = None
        address = address_of(request.path, request.headers)
        if address is not None:
            # Public: whoever calls from wherever, who is asked for a signature and who is not, is what the service says.
            if not self._open.is_set():
                await self._open.wait()
            return await self._sources.serve(address, request, gone)
        try:
            _refuse_strangers(request)
            claim = claim_of(request)
            service = claim.service if claim is not None else None
            if not (self._open.is_set() or request.path.startswith("/_lab/")):
                await self._open.wait()
            await self._admit(request, claim)
            return await self._route(request, claim, gone)
        except Refused as refused:
            return refusal(refused, _style(request, service))
        except Denied as no:
            return denied(str(no), no.service, style_of(no.service, request.headers, request.query), request.headers)
        except engine.UnknownService:
            return error(_style(request, service), 404, "UnknownService", f"This local cloud has no service {service!r}.")
        except engine.MotoFailed as failed:
            return _moto_failed(failed, request, service)
        except Exception as failed:
            if (mistake := mistake_of(request, service)) is not None:
                return error(_style(request, service), 400, *mistake)
            log.exception("%s %s failed", request.method, request.path)
            sentence = f"The local cloud failed at this request: {type(failed).__name__}: {failed}"
            return error(_style(request, service), 500, "InternalFailure", sentence)

    async def _admit(self, request: Request, claim: Claim | None) -> None:
        if request.path == "/moto-api" or request.path.startswith("/moto-api/"):
            raise Refused(Reason.DENIED, "moto's own API is shut in this cloud.")
        if self._authority is None or request.path.startswith(DOWNLOAD_PATH):
            return
        if request.path.startswith("/_lab/") and (
            claim is None or claim.service != "lab" or claim.access_key_id != self._authority.access_key_id
        ):
            raise Refused(Reason.DENIED, "This needs a signature of the cloud's own credentials, for the service 'lab'.")
        if claim is not None:
            await self._authority.verify(request, claim)
            await self._permit(request, claim.access_key_id, claim.service, claim.region)
        elif presigned.is_version_2(request.query):
            await self._permit(request, await presigned.verify_version_2(self._authority, request), "s3", engine.place.region)
        elif presigned.is_form(request):
            await self._permit(request, await presigned.verify_form(self._authority, request), "s3", engine.place.region)
        elif not await may_be_unsigned(request):
            raise Refused(Reason.UNSIGNED)

    async def _permit(self, request: Request, access_key_id: str, service: str, region: str) -> None:
        assert self._authority is not None
        if access_key_id == self._authority.access_key_id:
            return
        try:
            await self._gate.check(request, access_key_id, service, region)
        except UnknownSigner:
            raise Refused(Reason.UNKNOWN_KEY) from None

    async def _hide(self, request: Request, claim: Claim) -> None:
        if self._authority is not None and claim.access_key_id != self._authority.access_key_id:
            await self._gate.check_missing(request, claim.access_key_id)

    async def _route(self, request: Request, claim: Claim | None, gone: asyncio.Event) -> Answering:
        service = claim.service if claim is not None else None
        path = request.path
        # Nobody's but ours, whatever a signature says that nobody has verified.
        if path.startswith(DOWNLOAD_PATH):
            return await self._functions.handle(request.method, path, request.query, request.headers, request.body)
        # A bucket may have any name, also one that begins like Lambda's paths.
        if service == "lambda" or (service is None and path.startswith(LAMBDA_PATH)):
            return await self._functions.handle(request.method, path, request.query, request.headers, request.body)
        if path.startswith("/_lab/"):
            return await self._door.answer(request)
        if claim is not None and claim.presigned_for is not None and service != "s3":
            request = _as_if_signed_in_header(request, claim)
        if service == "sqs" and claim is not None and (receive := receive_of(request)) is not None:
            return await self._polls.receive(receive, claim.region, engine.answer, gone)
        if service == "logs":
            await self._flush_logs()
        elif service == "monitoring":
            await self._flush_metrics()
        elif service in ("iam", "cloudformation"):
            await engine.call(policies.provide, request)
        own = await self._sources.answer(request, service)
        if own is not None:
            return own
        try:
            answer = await engine.answer(request)
        finally:  # also what failed half-way may have changed something
            self._gate.noticed(request, service)
            self._sources.noticed(request, service)
        if answer.status == 404 and service == "s3" and claim is not None and b"NoSuchBucket" not in answer.body:
            await self._hide(request, claim)
        return answer


def _refuse_strangers(request: Request) -> None:
    """A web page of another site must reach nothing here, neither by its own name for this machine nor by ours."""
    host = urlsplit("//" + request.headers.get("Host", "")).hostname or ""
    if not (_is_loopback(host) or host.endswith((".amazonaws.com", ".aws"))):
        raise Refused(Reason.DENIED, f"This cloud is 127.0.0.1, not {host!r}.")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_loopback(urlsplit(origin).hostname or ""):
        raise Refused(Reason.DENIED, f"A page of {origin} may not use this cloud.")


def _is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1") or host.endswith(".localhost")


def _style(request: Request, service: str | None) -> Style:
    if request.path.startswith("/_lab/") or (service is None and request.path.startswith(LAMBDA_PATH)):
        return Style.JSON
    return style_of(service, request.headers, request.query)


def _as_if_signed_in_header(request: Request, claim: Claim) -> Request:
    """moto finds a service and its caller in the Authorization header, and looks for presigned requests in S3 alone."""
    scope = f"{claim.access_key_id}/{claim.date}/{claim.region}/{claim.service}/aws4_request"
    value = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={claim.signed_headers}, Signature={claim.signature}"
    headers = {**request.headers, "Authorization": value}
    return Request(request.method, request.path, request.query, headers, request.body)


def _moto_failed(failed: engine.MotoFailed, request: Request, service: str | None) -> Answer:
    style = _style(request, service)
    if failed.missing:
        return error(style, 501, "NotImplemented", f"This local cloud cannot do that yet: {failed}")
    if (mistake := mistake_of(request, service)) is not None:
        return error(style, 400, *mistake)
    log.error("moto failed at %s %s (%s): %s", request.method, request.path, service, failed, exc_info=failed.__cause__)
    return error(style, 500, "InternalFailure", f"The local cloud's {service or 's3'} failed at this request: {failed}")
