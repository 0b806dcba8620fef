"""Who may call a method: its API's resource policy, a signature (``AWS_IAM``), an authorizer.

Source: API Gateway Developer Guide, "How API Gateway resource policies affect authorization workflow", 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lablib.cloud.access.decision import Asked, Principal
from lablib.cloud.access.documents import Statement, read
from lablib.cloud.authentication.refusals import Reason, Refused
from lablib.cloud.moto_seam.rest_apis import Definition, Method
from lablib.cloud.sources.http.signers import ANYBODY, Signed, Signers, may
from lablib.cloud.sources.rest.authorizers import Asking, Authorizers, Verdict
from lablib.cloud.sources.rest.call import Call
from lablib.cloud.sources.rest.failures import Failure
from lablib.cloud.web import Request

_INVOKE = "execute-api:Invoke"


@dataclass(frozen=True)
class Admitted:
    """Who was let in: somebody who signed, or whom an authorizer knows, or anybody."""

    signed: Signed | None = None
    verdict: Verdict | None = None

    def complete(self, context: dict[str, Any]) -> None:
        """Say in ``requestContext`` who it is."""
        if self.verdict is not None:
            context["authorizer"] = self.verdict.authorizer
        if self.signed is not None:
            who = self.signed.identity()
            context["identity"] |= {
                "accountId": who["accountId"], "caller": who["callerId"], "accessKey": who["accessKey"],
                "userArn": who["userArn"], "user": who["userId"],
            }  # fmt: skip


class Guards:
    """Lets requests pass, or stops them."""

    def __init__(self, signers: Signers, authorizers: Authorizers, now: Callable[[], float]) -> None:
        self._signers, self.authorizers, self._now = signers, authorizers, now

    async def admit(self, request: Request, method: Method, definition: Definition, asking: Asking) -> Admitted:
        """Who calls, if they may. Raises `Failure`."""
        call = asking.call
        policy = _policy(definition.policy, call)
        if method.authorization == "AWS_IAM":
            return Admitted(signed=await self._signed(request, call, policy))
        if policy:
            self._check(ANYBODY, call, policy)
        if method.authorization not in ("CUSTOM", "COGNITO_USER_POOLS"):
            return Admitted()
        authorizer = definition.authorizers.get(method.authorizer_id or "")
        if authorizer is None:
            raise Failure("AUTHORIZER_CONFIGURATION_ERROR", log=("Execution failed due to configuration error: no authorizer",))
        if authorizer.kind == "COGNITO_USER_POOLS":
            said = "This local cloud has no user pools of Cognito: nobody's token can be held to their keys."
            raise Failure("AUTHORIZER_CONFIGURATION_ERROR", said, log=(said,))
        return Admitted(verdict=await self.authorizers.admit(authorizer, asking))

    async def _signed(self, request: Request, call: Call, policy: tuple[Statement, ...]) -> Signed:
        try:
            signed = await self._signers.of(request, "execute-api")
        except Refused as refused:
            raise _refused(refused) from refused
        self._check(signed.who, call, policy)
        return signed

    def _check(self, who: Principal, call: Call, policy: tuple[Statement, ...]) -> None:
        asked = Asked(_INVOKE, call.arn())
        if not may(who, asked, policy, self._now(), call.region):
            masked = call.arn().replace(call.account, "********" + call.account[-4:], 1)
            sentence = f"User: {who.arn} is not authorized to perform: {_INVOKE} on resource: {masked}"
            raise Failure("ACCESS_DENIED", sentence)


def _policy(text: str | None, call: Call) -> tuple[Statement, ...]:
    """A resource policy. ``execute-api:/stage/GET/path`` is short for this API's ARN."""
    if text is None:
        return ()
    whole = f"arn:aws:execute-api:{call.region}:{call.account}:{call.api_id}/"
    return read(text.replace('"execute-api:/', f'"{whole}'))


def _refused(refused: Refused) -> Failure:
    if refused.reason is Reason.UNSIGNED:
        return Failure("MISSING_AUTHENTICATION_TOKEN")
    if refused.reason is Reason.EXPIRED:
        return Failure("EXPIRED_TOKEN")
    if refused.reason is Reason.UNKNOWN_KEY:
        said = "The security token included in the request is invalid."
        return Failure("INVALID_SIGNATURE", said, error_type="UnrecognizedClientException")
    if refused.reason is Reason.INCOMPLETE:
        return Failure("INVALID_SIGNATURE", refused.detail, error_type="IncompleteSignatureException")
    return Failure("INVALID_SIGNATURE", refused.detail or (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
        "signing method. Consult the service documentation for details."
    ))  # fmt: skip
