"""The events that S3 tells of: their names, and what EventBridge calls them.

Sources: BOTO Event (botocore 1.44.5's service model of S3), 2026; "Using EventBridge" and "Supported event types", S3 User Guide,
2026.
"""

from __future__ import annotations

_KINDS: dict[str, tuple[str, ...]] = {
    "ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "ObjectRestore": ("Post", "Completed", "Delete"),
    "Replication": (
        "OperationFailedReplication", "OperationNotTracked", "OperationMissedThreshold", "OperationReplicatedAfterThreshold",
    ),
    "LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "ObjectTagging": ("Put", "Delete"),
    "ObjectAnnotation": ("Put", "Delete"),
}  # fmt: skip
_SINGLE = (
    "s3:ReducedRedundancyLostObject", "s3:LifecycleTransition", "s3:IntelligentTiering", "s3:ObjectAcl:Put",
    "s3:ObjectRetention:Put",
)  # fmt: skip

# What a configuration may name.
NAMES = frozenset(
    {*_SINGLE, *(f"s3:{kind}:{what}" for kind, whats in _KINDS.items() for what in (*whats, "*"))}
)  # fmt: skip

# Of a record, and of the detail of an event on EventBridge. S3 User Guide, "Event message structure" and "EventBridge event
# message structure", 2026; 2.5 and 1.2 in messages captured in August and October 2026. Before 2.4 the version was 2.1 for these
# events.
RECORD_VERSION = "2.6"
DETAIL_VERSION = "1.2"

# Kind, or kind and what: what EventBridge calls it. Of what is not here it hears nothing.
DETAIL_TYPES = {
    "ObjectCreated": "Object Created", "ObjectRemoved": "Object Deleted", "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed", "ObjectAcl:Put": "Object ACL Updated",
    "ObjectTagging:Put": "Object Tags Added", "ObjectTagging:Delete": "Object Tags Deleted",
}  # fmt: skip
REASONS = {
    "ObjectCreated:Put": "PutObject", "ObjectCreated:Post": "POST Object", "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload", "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}  # fmt: skip
DELETION_TYPES = {"ObjectRemoved:Delete": "Permanently Deleted", "ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created"}


def covered(event: str) -> frozenset[str]:
    """The single events that a name of a configuration stands for: ``s3:ObjectCreated:*`` stands for four."""
    if not event.endswith(":*"):
        return frozenset({event})
    kind = event.removeprefix("s3:").removesuffix(":*")
    return frozenset(f"s3:{kind}:{what}" for what in _KINDS[kind])


def meant(events: tuple[str, ...], name: str) -> bool:
    """Whether a configuration's events have one such as ``ObjectCreated:Put`` among them."""
    return f"s3:{name}" in events or f"s3:{name.partition(':')[0]}:*" in events
