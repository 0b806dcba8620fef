"""Contract: objects of S3, their bytes and who may read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lablib.cloud.moto_seam import objects
from tests.cloud.moto_seam.conftest import Moto

ALLOWED = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}


@pytest.fixture
def s3(moto: Moto) -> Any:
    client = moto.client("s3")
    client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def test_an_objects_bytes_and_versions(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="bucket", Key="code.zip", Body=b"one")["VersionId"]
    s3.put_object(Bucket="bucket", Key="code.zip", Body=b"two")
    assert objects.read("bucket", "code.zip") == b"two"
    assert objects.read("bucket", "code.zip", first) == b"one"


def test_what_is_not_there(s3: Any) -> None:
    with pytest.raises(objects.NoSuchBucket):
        objects.read("none", "code.zip")
    with pytest.raises(objects.NoSuchKey):
        objects.read("bucket", "code.zip")
    s3.put_object(Bucket="bucket", Key="code.zip", Body=b"one")
    with pytest.raises(objects.NoSuchKey):
        objects.read("bucket", "code.zip", "another version")
    assert not objects.anyone_may_read("none", "code.zip")
    assert not objects.anyone_may_read("bucket", "none")


def test_an_acl_makes_an_object_public(s3: Any) -> None:
    s3.put_object(Bucket="bucket", Key="open", Body=b"", ACL="public-read")
    s3.put_object(Bucket="bucket", Key="closed", Body=b"")
    assert objects.anyone_may_read("bucket", "open")
    assert not objects.anyone_may_read("bucket", "closed")


@pytest.mark.parametrize(
    ("change", "public"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Action": ["s3:Get*"]}, True),
        ({"Action": "s3:PutObject"}, False),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False),
        ({"Resource": "arn:aws:s3:::bucket/other/*"}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
    ],
)
def test_a_policy_makes_objects_public(s3: Any, change: dict[str, Any], public: bool) -> None:
    s3.put_object(Bucket="bucket", Key="key", Body=b"")
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Statement": [ALLOWED | change]}))
    assert objects.anyone_may_read("bucket", "key") is public
