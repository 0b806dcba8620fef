"""Other services behind a method: requests to this cloud, signed with credentials of the integration's role.

``arn:aws:apigateway:REGION:SERVICE:action/NAME`` is an operation, ``…:SERVICE:path/REST`` an address of the service. Source: API
Gateway Developer Guide, "Integration request", and the API reference of PutIntegration (``uri``), 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from lablib.cloud.sources.acting import Acting, Failed
from lablib.cloud.sources.rest.endpoints import fetch
from lablib.cloud.sources.rest.failures import Failure
from lablib.cloud.sources.rest.mapping import Mapped, with_path, with_variables
from lablib.cloud.sources.rest.reply import Reply

if TYPE_CHECKING:
    from lablib.cloud.sources.rest.integrations import Request

_URI = re.compile(r"arn:[\w-]+:apigateway:([\w-]+):(?:([\w-]+)\.)?([\w-]+):(action|path)/(.*)", re.DOTALL)
# Services whose signatures and models have another name than integrations call them by.
_MODELS = {"states": "stepfunctions"}


@dataclass(frozen=True)
class Target:
    """What an integration's address names; `rest` is an operation, or a path without its first slash."""

    region: str
    service: str
    kind: str
    rest: str


class Services:
    """Asks other services.

    Parameters
    ----------
    url
        Where this cloud answers.
    """

    def __init__(self, url: str, acting: Acting) -> None:
        self._url, self._acting = url, acting

    async def ask(self, request: Request, body: bytes, mapped: Mapped) -> Reply:
        """What a service answers. Raises `Failure`."""
        call, integration = request.call, request.integration
        target = _target(with_path(with_variables(integration.uri, call.variables), mapped.path))
        if not integration.credentials:
            raise _refused("No role: an integration with another service than Lambda needs credentials")
        try:
            credentials = await self._acting.credentials(with_variables(integration.credentials, call.variables))
        except Failed as failed:
            raise _refused(
                f"API Gateway does not have permission to assume the provided role {integration.credentials}"
            ) from failed
        address, headers = self._address(target, mapped)
        names = {name.lower() for name in headers}
        headers |= {name: value for name, value in mapped.headers if name.lower() not in names}
        if body and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = call.media_type
        method = integration.http_method or "POST"
        signed = _signed(credentials, target, method, address, headers, body)
        return await fetch(request, address, method, signed, body)

    def _address(self, target: Target, mapped: Mapped) -> tuple[str, dict[str, str]]:
        query = list(mapped.query)
        headers: dict[str, str] = {}
        path = quote(target.rest, safe="/%&=?+~:@!$'()*,;") if target.kind == "path" else ""
        if target.kind == "action":
            name, _, more = target.rest.partition("&")
            metadata = _metadata(target.service)
            if metadata.get("targetPrefix"):
                headers = {
                    "X-Amz-Target": f"{metadata['targetPrefix']}.{name}",
                    "Content-Type": f"application/x-amz-json-{metadata.get('jsonVersion', '1.0')}",
                }  # fmt: skip
            else:
                query = [("Action", name), ("Version", metadata.get("apiVersion", "")), *query]
                path = f"?{more}" if more else ""
        address = f"{self._url}/{path}"
        if query:
            address += ("&" if "?" in address else "?") + urlencode(query)
        return address, headers


def _target(uri: str) -> Target:
    match = _URI.fullmatch(uri)
    if match is None:
        raise _refused("Invalid endpoint address")
    return Target(match[1], match[3], match[4], match[5])


def _signed(
    credentials: Any, target: Target, method: str, address: str, headers: dict[str, str], body: bytes
) -> list[tuple[str, str]]:  # fmt: skip
    """The headers of a request with a signature of version 4 among them."""
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    owner = Credentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    request = AWSRequest(method, address, headers, body)
    (S3SigV4Auth if target.service == "s3" else SigV4Auth)(owner, target.service, target.region).add_auth(request)
    return [(name, str(value)) for name, value in request.headers.items()]


@cache
def _metadata(service: str) -> dict[str, str]:
    """What the service's model says of its protocol; nothing of one that botocore does not know."""
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader

    try:
        return dict(Loader().load_service_model(_MODELS.get(service, service), "service-2")["metadata"])
    except UnknownServiceError:
        return {}


def _refused(said: str) -> Failure:
    return Failure("API_CONFIGURATION_ERROR", log=(f"Execution failed due to configuration error: {said}",))
