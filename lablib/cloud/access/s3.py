"""What a request to S3 needs: which action, on which bucket or object.

S3's actions are not named after its operations. Source: "Required permissions for Amazon S3 API operations", S3 User Guide, and
"Actions, resources, and condition keys for Amazon S3", Service Authorization Reference, 2026.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import unescape

from lablib.cloud.access.decision import Asked
from lablib.cloud.authentication.presigned import fields, is_form
from lablib.cloud.authentication.unsigned import bucket_of_host
from lablib.cloud.web import Request

# Subresource of a bucket: what its configuration is called in s3:Get…, s3:Put….
_OF_BUCKETS = {
    "accelerate": "AccelerateConfiguration", "acl": "BucketAcl", "analytics": "AnalyticsConfiguration", "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration", "intelligent-tiering": "IntelligentTieringConfiguration",
    "inventory": "InventoryConfiguration", "lifecycle": "LifecycleConfiguration", "location": "BucketLocation",
    "logging": "BucketLogging", "metrics": "MetricsConfiguration", "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration", "ownershipControls": "BucketOwnershipControls", "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus", "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration", "requestPayment": "BucketRequestPayment", "tagging": "BucketTagging",
    "versioning": "BucketVersioning", "website": "BucketWebsite",
}  # fmt: skip
_DELETED_BY_PUT = {"policy": "s3:DeleteBucketPolicy", "website": "s3:DeleteBucketWebsite"}
_OF_OBJECTS = {"acl": "Acl", "tagging": "Tagging", "retention": "Retention", "legal-hold": "LegalHold", "torrent": "Torrent",
               "attributes": "Attributes"}  # fmt: skip
_KEY = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)


def needs(request: Request) -> list[Asked]:
    """The actions that a request needs; all of them must be allowed."""
    bucket, key = _place(request)
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if not bucket:
        return [Asked("s3:ListAllMyBuckets", "*")]
    if key:
        return _object(request, bucket, key, query)
    return _bucket(request, f"arn:aws:s3:::{bucket}", query)


def bucket_of(request: Request) -> str:
    """The bucket that a request is for; nothing if it is for none."""
    return _place(request)[0]


def policy_of(asked: Asked) -> str | None:
    """The bucket whose policy has a say in this."""
    return asked.resource.removeprefix("arn:aws:s3:::").partition("/")[0] if asked.resource != "*" else None


def _place(request: Request) -> tuple[str, str]:
    path = unquote(request.path).removeprefix("/")
    bucket = bucket_of_host(request)
    if bucket is None:
        bucket, _, path = path.partition("/")
    return bucket, path


def _bucket(request: Request, arn: str, query: dict[str, str]) -> list[Asked]:
    method = request.method
    if method == "POST" and "delete" in query:
        keys = [unescape(key.decode("utf-8", "replace")) for key in _KEY.findall(request.body)]
        return [Asked("s3:DeleteObject", f"{arn}/{key}") for key in keys] or [Asked("s3:DeleteObject", f"{arn}/*")]
    if method == "POST":  # a browser's form
        key = fields(request).get("key", "*") if is_form(request) else "*"
        return [Asked("s3:PutObject", f"{arn}/{key}")]
    if method in ("GET", "HEAD") and "versions" in query:
        return [Asked("s3:ListBucketVersions", arn, _listing(query))]
    if method in ("GET", "HEAD") and "uploads" in query:
        return [Asked("s3:ListBucketMultipartUploads", arn, _listing(query))]
    for name, configuration in _OF_BUCKETS.items():
        if name in query:
            if method == "DELETE" and name in _DELETED_BY_PUT:
                return [Asked(_DELETED_BY_PUT[name], arn)]
            return [Asked(f"s3:{'Get' if method in ('GET', 'HEAD') else 'Put'}{configuration}", arn)]
    plain = {"PUT": "s3:CreateBucket", "DELETE": "s3:DeleteBucket"}
    return [Asked(plain.get(method, "s3:ListBucket"), arn, _listing(query))]


def _listing(query: dict[str, str]) -> dict[str, str]:
    return {f"s3:{name}": query[name] for name in ("prefix", "delimiter", "max-keys") if name in query}


def _object(request: Request, bucket: str, key: str, query: dict[str, str]) -> list[Asked]:
    arn, version = f"arn:aws:s3:::{bucket}/{key}", "Version" if query.get("versionId") else ""
    writes = request.method in ("PUT", "POST")
    for name, what in _OF_OBJECTS.items():
        if name in query:
            verb = "Put" if writes else "Delete" if request.method == "DELETE" else "Get"
            return [Asked(f"s3:{verb}Object{version}{what}", arn)]
    if "uploadId" in query and not writes:
        action = "s3:AbortMultipartUpload" if request.method == "DELETE" else "s3:ListMultipartUploadParts"
        return [Asked(action, arn)]
    if request.method == "DELETE":
        return [Asked(f"s3:DeleteObject{version}", arn)]
    if "restore" in query:
        return [Asked("s3:RestoreObject", arn)]
    if not writes or "select" in query:
        return [Asked(f"s3:GetObject{version}", arn)]
    headers = {name.lower(): value for name, value in request.headers.items()}
    context = {f"s3:{name}": value for name, value in headers.items() if name.startswith("x-amz-")}
    return [Asked("s3:PutObject", arn, context), *_source(request)]


def _source(request: Request) -> list[Asked]:
    """What a copy reads."""
    given = request.headers.get("x-amz-copy-source")
    if given is None:
        return []
    path, _, version = given.partition("?versionId=")
    action = "s3:GetObjectVersion" if version else "s3:GetObject"
    return [Asked(action, f"arn:aws:s3:::{unquote(path).removeprefix('/')}")]
