"""The bytes of an S3 object, for a function whose code is in a bucket.

Touches: `moto.s3.models.s3_backends`, `S3Backend.get_object`, `FakeKey.value`, `moto.s3.exceptions.MissingBucket`.
"""

from __future__ import annotations

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
