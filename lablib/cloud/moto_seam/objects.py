"""Objects of S3: their bytes, for a function whose code is in a bucket, and whether anyone may read them.

Touches: `moto.s3.models.s3_backends`, `S3Backend.get_bucket`, `get_object`, `FakeBucket.policy`, `.acl`, `FakeKey.value`, `.acl`,
`FakeAcl.public_read`, `moto.s3.exceptions.MissingBucket`.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from lablib.cloud.moto_seam import engine


class NoSuchBucket(KeyError):
    """There is no bucket of this name."""


class NoSuchKey(KeyError):
    """The bucket has no object of this name, or not this version of it."""


def read(bucket: str, key: str, version_id: str | None = None) -> bytes:
    """An object's bytes. The caller need not hold the lock.

    Raises
    ------
    NoSuchBucket, NoSuchKey
    """
    from moto.s3.exceptions import MissingBucket
    from moto.s3.models import s3_backends

    with engine.lock:
        backend = s3_backends[engine.place.account]["aws"]
        try:
            found = backend.get_object(bucket, key, version_id=version_id)
        except MissingBucket:
            raise NoSuchBucket(bucket) from None
        if found is None:
            raise NoSuchKey(key)
        return bytes(found.value)


def anyone_may_read(bucket: str, key: str) -> bool:
    """Whether an object is public, by its ACL or its bucket's policy. One that does not exist is not.

    moto itself shows every object that has no ACL to anyone, and takes a policy that allows one role for one that allows all.
    """
    from moto.s3.exceptions import MissingBucket
    from moto.s3.models import s3_backends

    with engine.lock:
        backend = s3_backends[engine.place.account]["aws"]
        try:
            found, holder = backend.get_object(bucket, key), backend.get_bucket(bucket)
        except MissingBucket:
            return False
        if found is None:
            return False
        return bool(found.acl is not None and found.acl.public_read) or _policy_allows(holder.policy, bucket, key)


def _policy_allows(policy: str | bytes | None, bucket: str, key: str) -> bool:
    try:
        statements = json.loads(policy or "{}").get("Statement", [])
    except ValueError:
        return False
    return any(_is_public(statement, bucket, key) for statement in _listed(statements))


def _is_public(statement: dict[str, Any], bucket: str, key: str) -> bool:
    principal = statement.get("Principal")
    everyone = principal == "*" or (isinstance(principal, dict) and "*" in _listed(principal.get("AWS", [])))
    return (
        statement.get("Effect") == "Allow" and everyone and not statement.get("Condition")
        and any(fnmatchcase("s3:getobject", str(action).lower()) for action in _listed(statement.get("Action", [])))
        and any(fnmatchcase(f"arn:aws:s3:::{bucket}/{key}", str(arn)) for arn in _listed(statement.get("Resource", [])))
    )  # fmt: skip


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
