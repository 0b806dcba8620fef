"""Requests without a signature that AWS answers all the same.

- Reading an object of S3 that is public, and a browser's question before it does (OPTIONS).
- Operations that the service model marks ``authtype: none``: Cognito's sign-up and sign-in, STS's AssumeRoleWith….
- Cognito's public keys, and the certificate that SNS signs with.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import parse_qs, unquote

from lablib.cloud.moto_seam import engine, objects
from lablib.cloud.web import Request

_TARGETS = {"AWSCognitoIdentityProviderService": "cognito-idp", "AWSCognitoIdentityService": "cognito-identity"}
_KEYS = ("/.well-known/jwks.json", "/.well-known/openid-configuration")

_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]+\.pem")


async def may_be_unsigned(request: Request) -> bool:
    """Whether AWS would answer this request though nobody signed it."""
    target = request.headers.get("X-Amz-Target")
    if target is not None:
        prefix, _, operation = target.partition(".")
        return prefix in _TARGETS and operation in _open_operations(_TARGETS[prefix])
    if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        actions = parse_qs(request.body.decode("latin-1")).get("Action", [])
        return bool(actions) and actions[0] in _open_operations("sts")
    if request.path.endswith(_KEYS):
        return request.method == "GET"
    if _CERTIFICATE.fullmatch(request.path) and request.headers.get("Host", "").startswith("sns."):
        return request.method == "GET"
    if request.method == "OPTIONS":
        return "Access-Control-Request-Method" in request.headers
    return request.method in ("GET", "HEAD") and await _reads_a_public_object(request)


async def _reads_a_public_object(request: Request) -> bool:
    """The object itself, that is: not its ACL, its tags or its uploads."""
    names = {pair.partition("=")[0] for pair in request.query.split("&") if pair}
    bucket, key = _bucket_and_key(request)
    return bool(key) and names <= {"versionId", "partNumber"} and await engine.call(objects.anyone_may_read, bucket, key)


def _bucket_and_key(request: Request) -> tuple[str, str]:
    path = unquote(request.path).removeprefix("/")
    bucket = bucket_of_host(request)
    if bucket is None:
        bucket, _, path = path.partition("/")
    return bucket, path


def bucket_of_host(request: Request) -> str | None:
    """The bucket, where the host's name begins with it: bucket.s3.amazonaws.com, bucket.s3.localhost, bucket.localhost."""
    host = request.headers.get("Host", "").partition(":")[0]
    for end in (".amazonaws.com", ".localhost"):
        name, found, rest = host.partition(".s3") if ".s3" in host and host.endswith(end) else host.partition(end)
        if found and host.endswith(end) and name not in ("", "s3"):
            return name
    return None


@cache
def _open_operations(service: str) -> frozenset[str]:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return frozenset(name for name in model.operation_names if model.operation_model(name).auth_type == "none")
