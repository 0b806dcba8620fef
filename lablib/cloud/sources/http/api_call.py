"""One request to an HTTP API on its way through authorizer and integration, and the events that are made of it."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lablib.cloud.moto_seam.httpapis import Stage
from lablib.cloud.sources.http.incoming import SOURCE_IP, Incoming, gathered, payload_2
from lablib.cloud.sources.http.routes import DEFAULT, Taken

_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_LETTERS = string.ascii_letters + string.digits + "-_"
# The gateway's own list of who may be calling, all null but for what a machine without an identity has.
_IDENTITY = (
    "accessKey", "accountId", "caller", "cognitoAmr", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
    "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn",
)  # fmt: skip


@dataclass(frozen=True)
class Authorized:
    """What an authorizer has found out: its context as each payload format shows it, and of whom format 1.0 has as identity."""

    in_2: Mapping[str, Any] = field(default_factory=dict)
    in_1: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiCall:
    """A request to an HTTP API.

    Attributes
    ----------
    path
        With the stage, unless that is ``$default``, decoded.
    request_id
        15 characters and an equals sign, as this gateway writes them.
    said
        For the access log: why the `integration` or the `authorizer` failed, and the integration's `latency` in milliseconds.
    """

    incoming: Incoming
    region: str
    account: str
    stage: Stage
    taken: Taken
    request_id: str
    said: dict[str, str | int] = field(default_factory=dict)

    @property
    def api_id(self) -> str:
        return self.incoming.address.id

    @cached_property
    def path(self) -> str:
        return self.incoming.decoded_path

    @cached_property
    def own_path(self) -> str:
        """Without the stage."""
        return self.path if self.stage.name == DEFAULT else self.path.removeprefix(f"/{self.stage.name}") or "/"

    def arn(self, path: str | None = None) -> str:
        """The request as policies know it: ``arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH``."""
        whole = f"{self.incoming.method}{self.own_path if path is None else path}"
        return f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}/{self.stage.name}/{whole}"

    @property
    def route_arn(self) -> str:
        """What asks a function to run: the path is its route's, with the variables' names (seen in policies of the console)."""
        if self.taken.route.key == DEFAULT:
            return f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}/{self.stage.name}/{DEFAULT}"
        return self.arn(self.taken.path)

    def filled(self, text: str) -> str:
        """A text with the stage's variables in it."""
        return _VARIABLE.sub(lambda match: str(self.stage.variables.get(match[1], "")), text)

    def headers(self) -> dict[str, str]:
        """As the gateway hands them on: it says the length of a body that is not there, too."""
        return {"content-length": "0"} | self.incoming.headers

    def event_2(self, authorized: Authorized) -> dict[str, Any]:
        """The event of payload format 2.0."""
        context: dict[str, Any] = {"accountId": self.account, "requestId": self.request_id}
        if authorized.in_2:
            context["authorizer"] = dict(authorized.in_2)
        event = payload_2(
            self.incoming, context, path=self.path, route_key=self.taken.route.key, stage=self.stage.name,
            path_parameters=self.taken.variables, stage_variables=self.stage.variables,
        )  # fmt: skip
        event["headers"] = {name: value for name, value in self.headers().items() if name != "cookie"}
        return event

    def event_1(self, authorized: Authorized) -> dict[str, Any]:
        """The event of payload format 1.0. That its path has the stage in it: third parties' captures, 2020 to 2024."""
        incoming, many = self.incoming, gathered(self._lines())
        queries, (body, is_base64) = gathered(incoming.query), incoming.body()
        return {
            "version": "1.0", "resource": self.taken.path or DEFAULT, "path": self.path, "httpMethod": incoming.method,
            "headers": {name: values[-1] for name, values in many.items()}, "multiValueHeaders": many,
            "queryStringParameters": {name: values[-1] for name, values in queries.items()} or None,
            "multiValueQueryStringParameters": queries or None, "requestContext": self._context_1(authorized),
            "pathParameters": dict(self.taken.variables) or None, "stageVariables": dict(self.stage.variables) or None,
            "body": body, "isBase64Encoded": is_base64,
        }  # fmt: skip

    def _lines(self) -> list[tuple[str, str]]:
        lines = list(self.incoming.request_headers)
        known = {name.lower() for name, _ in lines}
        return lines if "content-length" in known else [("Content-Length", "0"), *lines]

    def _context_1(self, authorized: Authorized) -> dict[str, Any]:
        incoming, key = self.incoming, self.taken.route.key
        identity = {name: None for name in _IDENTITY} | {"sourceIp": SOURCE_IP, "userAgent": incoming.user_agent or ""}
        identity |= authorized.identity
        context: dict[str, Any] = {
            "accountId": self.account, "apiId": self.api_id, "domainName": incoming.domain, "domainPrefix": self.api_id,
            "extendedRequestId": self.request_id, "httpMethod": incoming.method, "identity": dict(sorted(identity.items())),
            "path": self.path, "protocol": "HTTP/1.1", "requestId": self.request_id, "requestTime": incoming.time,
            "requestTimeEpoch": incoming.time_epoch, "resourceId": key, "resourcePath": self.taken.path or key,
            "stage": self.stage.name,
        }  # fmt: skip
        if authorized.in_1:
            context["authorizer"] = dict(authorized.in_1)
        return dict(sorted(context.items()))


def new_request_id() -> str:
    """An id for a request, as this gateway writes them: ``JKJaXmPLvHcESHA=``."""
    return "".join(secrets.choice(_LETTERS) for _ in range(15)) + "="
