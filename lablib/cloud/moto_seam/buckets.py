"""What happens in S3's buckets, and whom a bucket's notification configuration wants told of it.

moto tells nobody here: its own delivery, which invokes functions under its lock, is replaced by `on_event` and `on_configured`.
A multipart upload counts once, as CompleteMultipartUpload; a delete marker and a version deleted for good are events too; tags
and ACLs that come with an object are none.

Touches: of `moto.s3.notifications`: `send_event`, `send_test_event`; of `moto.s3.models`: `events_send_notification`,
`s3_backends`, `S3Backend.buckets`, `get_bucket`, `complete_multipart_upload`, `delete_object`, `_set_delete_marker`;
`FakeBucket.name`, `region_name`, `account_id`, `is_versioned`, `keys.getlist`, `notification_configuration`; `FakeKey.name`,
`size`, `etag`, `version_id`, `storage_class`, `_expiry`; `FakeDeleteMarker`; `Notification`, `NotificationConfiguration` and
their attributes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from lablib.cloud.moto_seam import clockwork, engine
from lablib.cloud.moto_seam.objects import NoSuchBucket
from lablib.cloud.moto_seam.utc import seconds
from lablib.cloud.web import Request


@dataclass(frozen=True)
class Rule:
    """Whom to tell of what: one queue's, topic's or function's part of a notification configuration.

    Attributes
    ----------
    service
        ``sns``, ``sqs`` or ``lambda``.
    prefix, suffix
        Of the keys that it is about; None where it has no such rule, which an empty one is told apart from.
    """

    id: str
    service: str
    arn: str
    events: tuple[str, ...]
    prefix: str | None = None
    suffix: str | None = None


@dataclass(frozen=True)
class Configuration:
    """A bucket's notification configuration."""

    rules: tuple[Rule, ...] = ()
    event_bridge: bool = False


@dataclass(frozen=True)
class Bucket:
    """A bucket and its owner's account."""

    name: str
    region: str
    account: str

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"


@dataclass(frozen=True)
class ObjectEvent:
    """Something that happened to an object.

    Attributes
    ----------
    name
        Such as ``ObjectCreated:Put``.
    size, etag
        Bytes; without quotes. Nothing is known of an object that is gone.
    version_id
        None in a bucket without versioning.
    restored_until, storage_class
        Of an archived object: when its copy goes, in seconds since 1970, and where it is archived.
    at
        On the cloud's clock.
    request, request_id, host_id
        Which request did it, if one did; the ids are in its answer.
    trace
        The tracing header that came with it.
    """

    name: str
    bucket: Bucket
    key: str
    size: int
    etag: str
    version_id: str | None
    restored_until: float | None
    storage_class: str
    at: float
    request: Request | None
    request_id: str
    host_id: str
    trace: str | None
    configuration: Configuration


# Called under the lock, from whatever thread moto works in.
on_event: Callable[[ObjectEvent], None] = lambda event: None
# moto itself, not `configure`, has set a configuration: CloudFormation, for example.
on_configured: Callable[[Bucket, Configuration], None] = lambda bucket, configuration: None

_SERVICES = {"topic": "sns", "queue": "sqs", "cloud_function": "lambda"}
# Configured anew from outside they are operations; what comes with an object is part of its creation.
_OF_SUBRESOURCE = {"ObjectTagging": "tagging", "ObjectAcl": "acl"}
_EMPTY = "d41d8cd98f00b204e9800998ecf8427e"

_silenced: tuple[str, ...] = ()


def bucket(name: str) -> Bucket:
    """A bucket. Raises `NoSuchBucket`. The caller need not hold the lock."""
    with engine.lock:
        return _bucket(_find(name))


def configuration(name: str) -> Configuration:
    """A bucket's notification configuration. Raises `NoSuchBucket`. The caller need not hold the lock."""
    with engine.lock:
        return _configuration(_find(name).notification_configuration)


def configure(name: str, wanted: Configuration) -> None:
    """Set a bucket's notification configuration. Raises `NoSuchBucket`. The caller need not hold the lock."""
    from moto.s3.models import NotificationConfiguration

    with engine.lock:
        found = _find(name)
        made = NotificationConfiguration(event_bridge={} if wanted.event_bridge else None)
        for attribute, service in _SERVICES.items():
            setattr(made, attribute, [_notification(rule) for rule in wanted.rules if rule.service == service])
        found.notification_configuration = made if wanted != Configuration() else None


def _find(name: str) -> Any:
    from moto.s3.models import s3_backends

    found = s3_backends[engine.place.account]["aws"].buckets.get(name)
    if found is None:
        raise NoSuchBucket(name)
    return found


def _bucket(found: Any) -> Bucket:
    return Bucket(found.name, found.region_name, found.account_id)


def _configuration(found: Any) -> Configuration:
    if found is None:
        return Configuration()
    rules = (_rule(item, service) for attribute, service in _SERVICES.items() for item in getattr(found, attribute))
    return Configuration(tuple(rules), found.event_bridge is not None)


def _rule(found: Any, service: str) -> Rule:
    given = found.filters.get("S3Key", {}).get("FilterRule", []) if found.filters else []
    values = {str(item["Name"]).lower(): item["Value"] or "" for item in given}
    return Rule(found.id, service, found.arn, tuple(found.events), values.get("prefix"), values.get("suffix"))


def _notification(rule: Rule) -> Any:
    from moto.s3.models import Notification

    parts = (("prefix", rule.prefix), ("suffix", rule.suffix))
    given = [{"Name": name, "Value": value} for name, value in parts if value is not None]
    made = Notification(rule.arn, [], {"S3Key": {"FilterRule": given}} if given else None, rule.id)
    made.events = list(rule.events)  # moto does not know S3's latest ones
    return made


# --- what moto tells ----------------------------------------------------------------


def _correct_notifications(module: Any) -> None:
    module.send_event = _send_event
    module.send_test_event = _send_test_event


def _correct_models(module: Any) -> None:
    # Of a bucket that is made; on AWS, EventBridge hears of those from CloudTrail alone.
    module.events_send_notification = lambda **_: None
    backend = module.S3Backend
    backend.complete_multipart_upload = _only_completed(backend.complete_multipart_upload)
    backend.delete_object = _each_version(backend.delete_object)
    backend._set_delete_marker = _marked(backend._set_delete_marker)


clockwork.when_loaded("moto.s3.notifications", _correct_notifications)
clockwork.when_loaded("moto.s3.models", _correct_models)


def _send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
    _tell(str(event_name.value).removeprefix("s3:"), bucket, key)


def _send_test_event(account_id: str, bucket: Any) -> None:
    on_configured(_bucket(bucket), _configuration(bucket.notification_configuration))


def _tell(name: str, bucket: Any, key: Any) -> None:
    if bucket.notification_configuration is None or name in _silenced or not _is_meant(name):
        return
    size, etag, expiry = 0, _EMPTY, getattr(key, "_expiry", None)
    if not name.startswith("ObjectRemoved:"):
        size, etag = key.size, str(key.etag).replace('"', "")
    request_id, host_id = _ids()
    # That a copy of an archived object is there is S3's doing, whoever looks first.
    serving = engine.serving if name != "ObjectRestore:Completed" else None
    on_event(ObjectEvent(
        name, _bucket(bucket), key.name, size, etag, str(key.version_id) if bucket.is_versioned else None,
        seconds(expiry) if expiry is not None else None, getattr(key, "storage_class", None) or "STANDARD", clockwork.now(),
        serving.request if serving is not None else None, request_id, host_id, engine.trace,
        _configuration(bucket.notification_configuration),
    ))  # fmt: skip


def _is_meant(name: str) -> bool:
    subresource = _OF_SUBRESOURCE.get(name.partition(":")[0])
    if subresource is None:
        return True
    return engine.serving is not None and subresource in dict(parse_qsl(engine.serving.request.query, keep_blank_values=True))


def _ids() -> tuple[str, str]:
    """The ids of the request that moto is answering, one pair for all that it does."""
    headers = engine.serving.headers if engine.serving is not None else {}
    request_id = headers.setdefault("x-amz-request-id", secrets.token_hex(8).upper())
    return request_id, headers.setdefault("x-amz-id-2", secrets.token_urlsafe(57).replace("-", "+").replace("_", "/"))


@contextmanager
def _silence(*names: str) -> Iterator[None]:
    global _silenced
    before, _silenced = _silenced, names
    try:
        yield
    finally:
        _silenced = before


def _only_completed(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto makes the object with PutObject, tags it and gives it an ACL."""

    def complete_multipart_upload(*args: Any, **more: Any) -> Any:
        with _silence("ObjectCreated:Put", "ObjectTagging:Put", "ObjectAcl:Put"):
            return original(*args, **more)

    return complete_multipart_upload


def _each_version(original: Callable[..., Any]) -> Callable[..., Any]:
    """moto tells of a version that is deleted for good only if it was the last, and then of another."""

    def delete_object(
        backend: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> Any:
        bucket = backend.get_bucket(bucket_name)
        if bucket.is_versioned and not version_id and key_name not in bucket.keys:
            return _mark_nothing(backend, bucket, key_name)
        if not (bucket.is_versioned and version_id):
            return original(backend, bucket_name, key_name, version_id=version_id, bypass=bypass)
        versions = bucket.keys.getlist(key_name, [])
        doomed = next((version for version in versions if str(version.version_id) == str(version_id)), None)
        with _silence("ObjectRemoved:Delete"):
            answer = original(backend, bucket_name, key_name, version_id=version_id, bypass=bypass)
        if doomed is not None:
            _tell("ObjectRemoved:Delete", bucket, doomed)
        return answer

    return delete_object


def _mark_nothing(backend: Any, bucket: Any, key_name: str) -> tuple[bool, dict[str, str]]:
    """What is not there gets a delete marker too; moto makes none."""
    from moto.s3.models import FakeDeleteMarker, FakeKey

    marker = FakeDeleteMarker(FakeKey(key_name, b"", backend.account_id, bucket.region_name, bucket_name=bucket.name))
    bucket.keys[key_name] = marker
    _tell("ObjectRemoved:DeleteMarkerCreated", bucket, marker)
    return True, {"version-id": marker.version_id, "delete-marker": "true"}


def _marked(original: Callable[..., Any]) -> Callable[..., Any]:
    def set_delete_marker(backend: Any, bucket_name: str, key_name: str) -> Any:
        marker = original(backend, bucket_name, key_name)
        _tell("ObjectRemoved:DeleteMarkerCreated", backend.get_bucket(bucket_name), marker)
        return marker

    return set_delete_marker
