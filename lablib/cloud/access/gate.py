"""The gate between a signature and an answer: whether IAM's policies let the signer do what the request asks.

The cloud's own key passes without a look, since it is the account's root. For any other key the principal and its policies are
remembered until IAM changes (`principals`), and what the request needs is read from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from lablib.cloud.access import principals, resource_policies, resources, s3
from lablib.cloud.access.decision import Asked, Principal, refusal
from lablib.cloud.access.documents import Context, Statement, read
from lablib.cloud.access.functions import LambdaNeeds
from lablib.cloud.api.wire import Wire
from lablib.cloud.functions import Functions, NoSuchFunction
from lablib.cloud.moto_seam import access, engine
from lablib.cloud.web import Request
from lablib.models.timestamps import whole_seconds

# Services whose requests may change what IAM holds.
_CHANGE_IAM = ("iam", "cloudformation")
_ONLY_READS = re.compile(r"(?:^|&)Action=(?:Get|List|Simulate|Generate|Describe)")
# An API of API Gateway says itself whether its callers need a permission.
_NOT_ASKED = ("execute-api",)
_IDENTITY = re.compile(r"arn:aws:iam::\d+:(role|user|group)/([^/]+)")
_RESOURCE = re.compile(r"arn:aws:lambda:[^:]+:\d+:function:(?P<name>[^:]+)(?::(?P<qualifier>.+))?")


class Denied(Exception):
    """A principal may not do what a request asks. Its text is AWS's sentence."""

    def __init__(self, who: str, asked: Asked, service: str, why: str) -> None:
        action, resource = asked.action, asked.resource if asked.resource != "any" else "*"
        if service == "sqs":
            action = action.lower()
        elif service == "sns":
            action = action.replace("sns:", "SNS:")
        if action.startswith("s3:") and resource != "*":
            resource = f'"{resource}"'
        because = "" if asked.action == "sts:AssumeRole" else f" {why.replace(asked.action, action)}"
        sentence = f"User: {who} is not authorized to perform: {action} on resource: {resource}{because}"
        if service == "lambda" and action.startswith("s3:"):
            sentence = (
                "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for "
                f"{asked.resource.removeprefix('arn:aws:s3:::')}. S3 Error Code: AccessDenied. S3 Error Message: {sentence}"
            )
        super().__init__(sentence)
        self.service = service


class UnknownSigner(Exception):
    """The user whose key it is has been deleted since."""


class Gate:
    """Holds requests to IAM's policies.

    Parameters
    ----------
    functions
        For the resource-based policies of Lambda's functions.
    wire
        Reads requests to Lambda.
    now
        The cloud's clock, for ``aws:CurrentTime``.
    """

    def __init__(self, functions: Functions, wire: Wire, now: Callable[[], float]) -> None:
        self._functions, self._now = functions, now
        self._lambda = LambdaNeeds(wire, f"{functions.region}:{functions.account_id}")

    async def check(self, request: Request, access_key_id: str, service: str, region: str) -> None:
        """Make sure that a key's owner may do what its request asks.

        Raises
        ------
        Denied, UnknownSigner
        """
        if service in _NOT_ASKED:
            return
        who = await principals.principal_of(access_key_id)
        if who is None:
            raise UnknownSigner(access_key_id)
        common = circumstances(self._now(), region)
        for asked in await self._needs(request, service, region):
            whole = Asked(asked.action, asked.resource, {**common, **asked.context}, asked.also)
            why = await self._refusal(who, whole)
            if why is not None:
                raise Denied(who.arn, asked, service, why)

    async def check_missing(self, request: Request, access_key_id: str) -> None:
        """An object of S3 is not there: only who may list its bucket learns of that. Raises `Denied`."""
        who, bucket = await principals.principal_of(access_key_id), s3.bucket_of(request)
        if who is not None and bucket:
            asked = Asked("s3:ListBucket", f"arn:aws:s3:::{bucket}")
            why = await self._refusal(who, asked)
            if why is not None:
                raise Denied(who.arn, asked, "s3", why)

    @staticmethod
    def noticed(request: Request, service: str | None) -> None:
        """A request was answered: if it may have changed IAM, look principals up again."""
        if service in _CHANGE_IAM and not (service == "iam" and _ONLY_READS.search(request.body.decode("latin-1"))):
            principals.forget()

    async def _needs(self, request: Request, service: str, region: str) -> list[Asked]:
        if service == "lambda":
            return self._lambda.of(request)
        if service == "s3":
            return s3.needs(request)
        asked = resources.needs(resources.operation_of(request, service, region, engine.place.account))
        if service == "secretsmanager":
            return [await self._secret(one, region) for one in asked]
        if service == "iam":
            return [await self._identity(one) for one in asked]
        return asked

    @staticmethod
    async def _identity(asked: Asked) -> Asked:
        """Requests to IAM name a role or a user without the path that its ARN has."""
        match = _IDENTITY.fullmatch(asked.resource)
        arn = await engine.call(access.arn_named, match[1], match[2]) if match is not None else None
        return asked if arn is None else replace(asked, resource=arn)

    @staticmethod
    async def _secret(asked: Asked, region: str) -> Asked:
        name, found, _ = asked.resource.rpartition(resources.SIX_OF_CHANCE)
        arn = await engine.call(access.secret_arn, region, name.partition(":secret:")[2]) if found else None
        return asked if arn is None else replace(asked, resource=arn)

    async def _refusal(self, who: Principal, asked: Asked) -> str | None:
        if asked.action == "sts:AssumeRole":
            return await self._assuming(who, asked)
        if asked.action.startswith("lambda:"):
            return refusal(who, asked, self._function_policy(asked.resource))
        return refusal(who, asked, await resource_policies.of(asked))

    async def _assuming(self, who: Principal, asked: Asked) -> str | None:
        """A role's trust policy must let somebody in: by its name, or by its account's, and then their own policies must too."""
        role = await principals.role_of(asked.resource)
        trust = read(role.trust or "") if role is not None else ()
        account = Principal(who.arn, who.account, who.names | {("AWS", f"arn:aws:iam::{who.account}:root")})
        anyone = refusal(account, asked, trust)
        return anyone if anyone is not None else refusal(who, asked, trust)

    def _function_policy(self, arn: str) -> tuple[Statement, ...]:
        match = _RESOURCE.fullmatch(arn)
        try:
            policy = self._functions.function(match["name"]).policies.get(match["qualifier"]) if match is not None else None
        except NoSuchFunction:
            return ()
        return policy.statements if policy is not None else ()


def circumstances(now: float, region: str) -> Context:
    """The condition keys that every request has. `now` is the cloud's time."""
    return {
        "aws:currenttime": whole_seconds(now), "aws:epochtime": str(int(now)),
        "aws:requestedregion": region, "aws:sourceip": "127.0.0.1", "aws:viaawsservice": "false",
        # Loopback needs no TLS; a policy that asks for it is met on AWS by the very same client.
        "aws:securetransport": "true",
    }  # fmt: skip
