"""An event of S3's as its destinations get it.

Sources: "Event message structure" and "EventBridge event message structure", S3 User Guide, 2026; which members an object has at
which event: captured records, 2021 to 2026.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote_plus

from lablib.cloud.moto_seam.buckets import Bucket, ObjectEvent
from lablib.models import s3_events
from lablib.models.timestamps import timestamp, whole_seconds


class Sequence:
    """Numbers that only grow, as an object's events are put in order: a second and a part of it, in hexadecimal."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, now: float) -> str:
        """The next one, at a moment in seconds since 1970."""
        self._last = max(self._last + 1, int(now * 2**32))
        return f"{self._last:018X}"


def customer(account: str) -> str:
    """An account as S3 has called its owners since before there were accounts: A and 13 capitals or digits."""
    return "A" + hashlib.sha256(account.encode()).hexdigest()[:13].upper()


def record(event: ObjectEvent, configuration_id: str, principal: str, sequencer: str) -> dict[str, Any]:
    """The record of an event: what is in ``Records``."""
    made: dict[str, Any] = {
        "eventVersion": s3_events.RECORD_VERSION, "eventSource": "aws:s3", "awsRegion": event.bucket.region,
        "eventTime": timestamp(event.at), "eventName": event.name, "userIdentity": {"principalId": principal},
        "requestParameters": {"sourceIPAddress": source_ip(event)},
        "responseElements": {"x-amz-request-id": event.request_id, "x-amz-id-2": event.host_id},
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": configuration_id,
            "bucket": {
                "name": event.bucket.name, "ownerIdentity": {"principalId": customer(event.bucket.account)},
                "arn": event.bucket.arn,
            },
            "object": {"key": url_encoded(event.key), **_facts(event, "eTag", "versionId", "sequencer", sequencer)},
        },
    }  # fmt: skip
    if event.name == "ObjectRestore:Completed" and event.restored_until is not None:
        until = {"lifecycleRestorationExpiryTime": timestamp(event.restored_until), "lifecycleRestoreStorageClass": event.storage_class}
        made["glacierEventData"] = {"restoreEventData": until}
    return made


def detail(event: ObjectEvent, requester: str, sequencer: str) -> dict[str, Any]:
    """The detail of the event on EventBridge; there the key is as it is."""
    made: dict[str, Any] = {
        "version": "0", "event-version": s3_events.DETAIL_VERSION, "bucket": {"name": event.bucket.name},
        "object": {"key": event.key, **_facts(event, "etag", "version-id", "sequencer", sequencer)},
        "request-id": event.request_id, "requester": requester,
    }  # fmt: skip
    if event.name == "ObjectCreated:Copy":
        made["object"]["has-object-annotation"] = False  # there are none in this cloud
    if event.request is not None:
        made["source-ip-address"] = source_ip(event)
    for name, known in (("reason", s3_events.REASONS), ("deletion-type", s3_events.DELETION_TYPES)):
        if event.name in known:
            made[name] = known[event.name]
    if event.name.startswith("ObjectRestore:"):
        made["source-storage-class"] = event.storage_class
        if event.name == "ObjectRestore:Completed" and event.restored_until is not None:
            made["restore-expiry-time"] = whole_seconds(event.restored_until)
    return made


def detail_type(event: ObjectEvent) -> str | None:
    """What EventBridge calls the event; None if it does not hear of it."""
    return s3_events.DETAIL_TYPES.get(event.name.partition(":")[0], s3_events.DETAIL_TYPES.get(event.name))


def test_message(bucket: Bucket, now: float, request_id: str, host_id: str) -> str:
    """What a queue or a topic gets when it is configured."""
    return json.dumps({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": timestamp(now), "Bucket": bucket.name, "RequestId": request_id,
        "HostId": host_id,
    }, separators=(",", ":"))  # fmt: skip


def _facts(event: ObjectEvent, etag: str, version_id: str, sequence: str, sequencer: str) -> dict[str, Any]:
    """Of what is gone there is neither size nor tag; order is told of what is made and what is removed."""
    made, version = event.name.startswith("ObjectCreated:"), {version_id: event.version_id} if event.version_id else {}
    if event.name == "ObjectRemoved:Delete":
        return {**version, sequence: sequencer}
    sized = {"size": event.size} if made or event.name.startswith("ObjectRestore:") else {}
    ordered = {sequence: sequencer} if made or event.name.startswith("ObjectRemoved:") else {}
    return {**sized, etag: event.etag, **version, **ordered}


def source_ip(event: ObjectEvent) -> str:
    """Where a request came from: this machine. What S3 does by itself comes from S3."""
    return "127.0.0.1" if event.request is not None else "s3.amazonaws.com"


def url_encoded(key: str) -> str:
    """A key as it is in a record: percent-encoded, a space as a plus sign, and slashes as they are."""
    return quote_plus(key, safe="/")
