"""Requests without a signature that AWS answers all the same.

- Objects of S3 that are public. Whether an object is public says moto, by its ACL and its bucket's policy; reading is all that
  a stranger may do here.
- Operations that the service model marks ``authtype: none``: Cognito's sign-up and sign-in, STS's AssumeRoleWith….
- Cognito's public keys.
"""

from __future__ import annotations

from functools import cache
from urllib.parse import parse_qs

from lablib.cloud.web import Request

_TARGETS = {"AWSCognitoIdentityProviderService": "cognito-idp", "AWSCognitoIdentityService": "cognito-identity"}
_KEYS = ("/.well-known/jwks.json", "/.well-known/openid-configuration")


def may_be_unsigned(request: Request) -> bool:
    """Whether AWS would look at this request though nobody signed it."""
    target = request.headers.get("X-Amz-Target")
    if target is not None:
        prefix, _, operation = target.partition(".")
        return prefix in _TARGETS and operation in _open_operations(_TARGETS[prefix])
    if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        actions = parse_qs(request.body.decode("latin-1")).get("Action", [])
        return bool(actions) and actions[0] in _open_operations("sts")
    if request.path.endswith(_KEYS):
        return request.method == "GET"
    return request.method in ("GET", "HEAD", "OPTIONS") and _names_an_object(request)


def _names_an_object(request: Request) -> bool:
    """A bucket and a key, and of the object itself: not its ACL, tags or uploads."""
    host = request.headers.get("Host", "").rpartition(":")[0]
    needed = 1 if host.endswith((".localhost", ".amazonaws.com")) and not host.startswith("s3.") else 2
    segments = [segment for segment in request.path.split("/") if segment]
    names = {pair.partition("=")[0] for pair in request.query.split("&") if pair}
    return len(segments) >= needed and names <= {"versionId", "partNumber"}


@cache
def _open_operations(service: str) -> frozenset[str]:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    return frozenset(name for name in model.operation_names if model.operation_model(name).auth_type == "none")
