"""Who signed a request to a public address that asks for a signature (``AWS_IAM``), and whether their policies let them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lablib.cloud.access import principals
from lablib.cloud.access.decision import Asked, Principal, refusal
from lablib.cloud.access.documents import Statement
from lablib.cloud.access.gate import circumstances
from lablib.cloud.authentication.authority import Authority, claim_of
from lablib.cloud.authentication.refusals import Reason, Refused
from lablib.cloud.web import Request

# Whoever does not sign: nobody's identity, whom a policy means by its principal "*" alone.
ANYBODY = Principal("anonymous", "anonymous", frozenset({("AWS", "anonymous")}))


@dataclass(frozen=True)
class Signed:
    """A signature that was verified."""

    access_key_id: str
    who: Principal

    def identity(self) -> dict[str, Any]:
        """``requestContext.authorizer.iam`` of an event of format 2.0."""
        user_id = str(self.who.context.get("aws:userid", self.who.account))
        return {
            "accessKey": self.access_key_id, "accountId": self.who.account, "callerId": user_id, "cognitoIdentity": None,
            "principalOrgId": None, "userArn": self.who.arn, "userId": user_id,
        }  # fmt: skip


class Signers:
    """Verifies signatures.

    Parameters
    ----------
    authority
        None where the cloud takes every key: whoever asks is the account's owner then.
    """

    def __init__(self, authority: Authority | None) -> None:
        self._authority = authority

    async def of(self, request: Request, service: str) -> Signed:
        """Who signed a request for a service (``lambda``, ``execute-api``). Raises `Refused`."""
        claim = claim_of(request)
        if self._authority is None:
            return Signed(claim.access_key_id if claim is not None else "", principals.owner())
        if claim is None:
            raise Refused(Reason.UNSIGNED)
        if claim.service != service:
            raise Refused(Reason.WRONG_SIGNATURE, f"Credential should be scoped to correct service: '{service}'. ")
        await self._authority.verify(request, claim)
        if claim.access_key_id == self._authority.access_key_id:
            return Signed(claim.access_key_id, principals.owner())
        who = await principals.principal_of(claim.access_key_id)
        if who is None:
            raise Refused(Reason.UNKNOWN_KEY)
        return Signed(claim.access_key_id, who)


def may(who: Principal, asked: Asked, policy: tuple[Statement, ...], now: float, region: str) -> bool:
    """Whether policies let somebody do something now (on the cloud's clock)."""
    whole = Asked(asked.action, asked.resource, {**circumstances(now, region), **asked.context}, asked.also)
    return refusal(who, whole, policy) is None
