"""Contract: what moto's S3 tells of its buckets, and that moto itself delivers nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lablib.cloud.moto_seam import buckets
from lablib.cloud.moto_seam.buckets import Configuration, ObjectEvent, Rule
from lablib.cloud.moto_seam.objects import NoSuchBucket
from tests.cloud.moto_seam.conftest import Moto

HERE = "eu-west-1:123456789012"
WANTED = Configuration(
    (
        Rule("q", "sqs", f"arn:aws:sqs:{HERE}:q", ("s3:ObjectCreated:*",), "a", None),
        Rule("t", "sns", f"arn:aws:sns:{HERE}:t", ("s3:ObjectRetention:Put",), None, ""),
        Rule("f", "lambda", f"arn:aws:lambda:{HERE}:function:f", ("s3:ObjectRemoved:*", "s3:ObjectAcl:Put")),
    ),
    True,
)


@pytest.fixture
def told(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ObjectEvent]]:
    events: list[ObjectEvent] = []
    monkeypatch.setattr(buckets, "on_event", events.append)
    where = {"LocationConstraint": "eu-west-1"}
    moto.client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration=where)
    buckets.configure("bucket", WANTED)
    yield events


def test_a_configuration_is_kept_as_it_is(told: list[ObjectEvent]) -> None:
    kept = buckets.configuration("bucket")
    assert set(kept.rules) == set(WANTED.rules) and kept.event_bridge
    buckets.configure("bucket", Configuration())
    assert buckets.configuration("bucket") == Configuration()
    with pytest.raises(NoSuchBucket):
        buckets.configure("other", WANTED)
    with pytest.raises(NoSuchBucket):
        buckets.bucket("other")


def test_the_facts_of_an_event(moto: Moto, told: list[ObjectEvent]) -> None:
    answer = moto.client("s3").put_object(Bucket="bucket", Key="a key", Body=b"12")
    [event] = told
    assert event.name == "ObjectCreated:Put" and event.bucket == buckets.Bucket("bucket", "eu-west-1", "123456789012")
    assert (event.key, event.size, event.version_id, event.at) == ("a key", 2, None, moto.now)
    assert f'"{event.etag}"' == answer["ETag"] and event.request is not None
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert (event.request_id, event.host_id) == (headers["x-amz-request-id"], headers["x-amz-id-2"])
    assert set(event.configuration.rules) == set(WANTED.rules)


def test_what_a_service_does_came_with_no_request(moto: Moto, told: list[ObjectEvent]) -> None:
    from lablib.cloud.moto_seam import deliveries

    deliveries.put_object("arn:aws:s3:::bucket", "k", b"1", "Root=1-y")
    [event] = told
    assert event.request is None and event.trace == "Root=1-y"


def test_each_thing_that_happens_is_told_once(moto: Moto, told: list[ObjectEvent]) -> None:
    s3 = moto.client("s3")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="bucket", Key="k", Body=b"1", Tagging="a=b", ACL="private")
    s3.put_object_tagging(Bucket="bucket", Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]})
    s3.put_object_acl(Bucket="bucket", Key="k", ACL="private")
    upload = s3.create_multipart_upload(Bucket="bucket", Key="m")["UploadId"]
    part = s3.upload_part(Bucket="bucket", Key="m", UploadId=upload, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    version = s3.complete_multipart_upload(Bucket="bucket", Key="m", UploadId=upload, MultipartUpload=parts)["VersionId"]
    marker = s3.delete_object(Bucket="bucket", Key="m")["VersionId"]
    s3.delete_object(Bucket="bucket", Key="m", VersionId=version)
    s3.delete_object(Bucket="bucket", Key="m", VersionId="none")
    nothing = s3.delete_object(Bucket="bucket", Key="was never there")
    assert nothing["DeleteMarker"] and {one["Key"] for one in s3.list_object_versions(Bucket="bucket")["DeleteMarkers"]} == {
        "m", "was never there"
    }  # fmt: skip
    s3.delete_object(Bucket="bucket", Key="was never there", VersionId=nothing["VersionId"])
    assert [one["Key"] for one in s3.list_object_versions(Bucket="bucket")["DeleteMarkers"]] == ["m"]
    assert [event.name for event in told] == [
        "ObjectCreated:Put", "ObjectTagging:Put", "ObjectAcl:Put", "ObjectCreated:CompleteMultipartUpload",
        "ObjectRemoved:DeleteMarkerCreated", "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated", "ObjectRemoved:Delete",
    ]  # fmt: skip
    assert [event.version_id for event in told[3:]] == [version, marker, version, *[nothing["VersionId"]] * 2]


def test_a_restored_object_is_told_of_with_its_end(moto: Moto, told: list[ObjectEvent]) -> None:
    s3 = moto.client("s3")
    s3.put_object(Bucket="bucket", Key="k", Body=b"1", StorageClass="GLACIER")
    s3.restore_object(Bucket="bucket", Key="k", RestoreRequest={"Days": 2})
    event = told[-1]
    assert (event.name, event.storage_class, event.restored_until) == ("ObjectRestore:Post", "GLACIER", moto.now + 2 * 86400)


def test_a_configuration_that_moto_sets_itself_is_told(
    moto: Moto, told: list[ObjectEvent], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    seen: list[tuple[str, int]] = []
    monkeypatch.setattr(buckets, "on_configured", lambda bucket, wanted: seen.append((bucket.name, len(wanted.rules))))
    queue = {"QueueArn": f"arn:aws:sqs:{HERE}:q", "Events": ["s3:ObjectCreated:*"]}
    moto.client("s3").put_bucket_notification_configuration(
        Bucket="bucket", NotificationConfiguration={"QueueConfigurations": [queue]}
    )  # fmt: skip
    assert seen == [("bucket", 1)]
