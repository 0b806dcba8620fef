"""Buckets of a check's own, gone when it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from lablib.course.bench import Bench


@contextmanager
def buckets(bench: Bench, *contents: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """A bucket for each of `contents` (a key to its text), by name; what an interrupted check left goes first.

    The account's number is in the name, since on AWS a bucket's name is taken by whoever had it first.
    """
    s3 = bench.service("s3")
    account = bench.service("sts").get_caller_identity()["Account"]
    names = tuple(f"check-02-{number}-{account}" for number in range(1, len(contents) + 1))
    try:
        for name, files in zip(names, contents, strict=True):
            _remove(s3, name)
            region = s3.meta.region_name
            where: dict[str, Any] = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=name, **where)
            for key, text in files.items():
                s3.put_object(Bucket=name, Key=key, Body=text.encode())
        yield names
    finally:
        for name in names:
            _remove(s3, name)


def _remove(s3: Any, bucket: str) -> None:
    """Delete the bucket and all that is in it, if it is there."""
    with suppress(s3.exceptions.NoSuchBucket):
        for one in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=one["Key"])
        s3.delete_bucket(Bucket=bucket)
