"""Signatures of S3 that are not Version 4 in a header or a query: what boto3 still makes when it presigns for S3.

- A presigned URL in Signature Version 2: ``AWSAccessKeyId``, ``Expires``, ``Signature`` (boto3's default).
- A browser's upload form (`generate_presigned_post`): the policy in it is signed, by Version 2 or 4.

Sources: "Signing and authenticating REST requests" (Version 2) and "Authenticating requests in browser-based uploads using POST",
Amazon S3 User Guide and API Reference.
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from calendar import timegm
from urllib.parse import parse_qsl, unquote

from lablib.cloud.authentication.authority import Authority, signing_key
from lablib.cloud.authentication.refusals import Reason, Refused
from lablib.cloud.authentication.unsigned import bucket_of_host
from lablib.cloud.web import Request

# The parameters that are part of a resource's name under Version 2.
_SUBRESOURCES = frozenset(
    "acl accelerate analytics cors delete inventory lifecycle location logging metrics notification object-lock partNumber policy "
    "replication requestPayment response-cache-control response-content-disposition response-content-encoding "
    "response-content-language response-content-type response-expires restore select select-type storageClass tagging torrent "
    "uploadId uploads versionId versioning versions website".split()
)


def is_version_2(query: str) -> bool:
    """Whether a query carries a presigned URL's Version 2 signature."""
    return "AWSAccessKeyId=" in query and "Signature=" in query and "Expires=" in query


async def verify_version_2(authority: Authority, request: Request) -> str:
    """Make sure that one of this cloud's keys presigned this URL, and say which. Raises `Refused`."""
    values = dict(parse_qsl(request.query, keep_blank_values=True))
    secret = await authority.secret_of(values["AWSAccessKeyId"], values.get("x-amz-security-token"))
    if not values["Expires"].isdigit():
        raise Refused(Reason.DENIED, "Invalid date (should be seconds since epoch): " + values["Expires"])
    if int(values["Expires"]) < time.time():
        raise Refused(Reason.DENIED, "Request has expired")
    expected = _hmac_sha1(secret.secret_access_key, _string_to_sign(request, values))
    if not hmac.compare_digest(expected, values["Signature"].encode()):
        raise Refused(Reason.WRONG_SIGNATURE)
    return values["AWSAccessKeyId"]


def _string_to_sign(request: Request, values: dict[str, str]) -> str:
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers |= {name.lower(): value for name, value in values.items() if name.lower().startswith("x-amz-")}
    lines = [request.method, values.get("content-md5", headers.get("content-md5", ""))]
    lines += [values.get("content-type", headers.get("content-type", "")), values["Expires"]]
    lines += [f"{name}:{headers[name].strip()}" for name in sorted(headers) if name.startswith("x-amz-")]
    return "\n".join([*lines, _resource(request)])


def _resource(request: Request) -> str:
    pairs = [pair.split("=", 1) for pair in request.query.split("&")]
    parts = sorted((pair for pair in pairs if pair[0] in _SUBRESOURCES), key=lambda pair: pair[0])
    named = "&".join("=".join([part[0], *(unquote(value) for value in part[1:])]) for part in parts)
    bucket = bucket_of_host(request)
    return (f"/{bucket}" if bucket else "") + request.path + ("?" + named if named else "")


def is_form(request: Request) -> bool:
    """Whether a request is a browser's upload form."""
    return request.method == "POST" and request.headers.get("Content-Type", "").startswith("multipart/form-data")


async def verify_form(authority: Authority, request: Request) -> str:
    """Make sure that one of this cloud's keys signed the form's policy, which has not expired; say which. Raises `Refused`."""
    given = fields(request)
    policy = given.get("policy")
    if policy is None:
        raise Refused(Reason.UNSIGNED)
    if "x-amz-signature" in given:
        key = given.get("x-amz-credential", "").rsplit("/", 4)[0]
        expected = await _version_4_policy(authority, given, policy)
        signed = given["x-amz-signature"].encode()
    else:
        key = given.get("awsaccesskeyid", "")
        secret = await authority.secret_of(key, given.get("x-amz-security-token"))
        expected, signed = _hmac_sha1(secret.secret_access_key, policy), given.get("signature", "").encode()
    if not hmac.compare_digest(expected, signed):
        raise Refused(Reason.WRONG_SIGNATURE)
    _check_expiration(policy)
    return key


async def _version_4_policy(authority: Authority, form: dict[str, str], policy: str) -> bytes:
    scope = form.get("x-amz-credential", "").rsplit("/", 4)
    if len(scope) != 5:
        raise Refused(Reason.INCOMPLETE)
    secret = await authority.secret_of(scope[0], form.get("x-amz-security-token"))
    key = signing_key(secret.secret_access_key, scope[1], scope[2], scope[3])
    return hmac.digest(key, policy.encode(), "sha256").hex().encode()


def _check_expiration(policy: str) -> None:
    try:
        moment = str(json.loads(base64.b64decode(policy))["expiration"])
        expires = timegm(time.strptime(moment.split(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S"))
    except (ValueError, KeyError, TypeError):
        raise Refused(Reason.DENIED, "Invalid Policy: it is not base64 of JSON with an expiration.") from None
    if expires < time.time():
        raise Refused(Reason.DENIED, "Invalid according to Policy: Policy expired.")


def fields(request: Request) -> dict[str, str]:
    """The fields of a browser's upload form, their names in lower case."""
    from tornado.httputil import HTTPFile, HTTPInputError, parse_body_arguments

    arguments: dict[str, list[bytes]] = {}
    files: dict[str, list[HTTPFile]] = {}
    try:
        parse_body_arguments(request.headers["Content-Type"], request.body, arguments, files)
    except HTTPInputError:
        raise Refused(Reason.INCOMPLETE, "The body of your POST request is not well-formed multipart/form-data.") from None
    return {name.lower(): values[-1].decode("utf-8", "replace") for name, values in arguments.items() if values}


def _hmac_sha1(secret_access_key: str, text: str) -> bytes:
    return base64.b64encode(hmac.digest(secret_access_key.encode(), text.encode(), "sha1"))
