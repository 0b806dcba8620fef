"""What IAM and STS know of a principal: whose an access key is, and the policies that apply to it.

Touches: `moto.iam.models.iam_backends`; `IAMBackend.roles`, `.users`, `.groups`, `.managed_policies`; of `Role` and `User`:
`.arn`, `.name`, `.id`, `.tags`, `.policies` (name: document), `.managed_policies` (ARN: policy), `User.access_keys`,
`Role.permissions_boundary_arn`, `.assume_role_policy_document`; `Group.users`; `Policy.versions`, `PolicyVersion.is_default`,
`.document`, `Group.arn`, `.name`; `moto.sts.models.sts_backends`, `STSBackend.assumed_roles`, `AssumedRole.access_key_id`, `.role_arn`,
`.session_name`, `.policy`; and for policies of resources `s3_backends`, `S3Backend.buckets`, `FakeBucket.policy`; `sqs_backends`,
`SQSBackend.queues`, `Queue.policy`; `sns_backends`, `SNSBackend.topics`, `Topic.policy`; `secretsmanager_backends`,
`SecretsManagerBackend.secrets`, `FakeSecret.arn`, `.policy`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lablib.cloud.moto_seam import engine


@dataclass(frozen=True)
class Identity:
    """A role or a user: the documents of its policies (inline, attached, of its groups) and of its permissions boundary."""

    arn: str
    name: str
    id: str
    documents: tuple[str, ...]
    boundary: str | None = None
    trust: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """A role's session that STS gave out; `policy` is the document that came with the request, if one did."""

    role_arn: str
    name: str
    policy: str | None


def role(arn: str) -> Identity | None:
    """The role of this ARN; None if IAM has none."""
    with engine.lock:
        for found in _backend().roles.values():
            if found.arn == arn:
                return _identity(found, [found], found.permissions_boundary_arn, found.assume_role_policy_document)
    return None


def user(arn: str) -> Identity | None:
    """The user of this ARN; None if IAM has none."""
    with engine.lock:
        for found in _backend().users.values():
            if found.arn == arn:
                return _user(found)
    return None


def user_of(access_key_id: str) -> Identity | None:
    """The user whose long-lived key this is."""
    with engine.lock:
        for found in _backend().users.values():
            if any(key.access_key_id == access_key_id for key in found.access_keys):
                return _user(found)
    return None


def arn_named(kind: str, name: str) -> str | None:
    """The ARN, with its path, of a ``role``, ``user`` or ``group`` of this name."""
    with engine.lock:
        for found in {"role": _backend().roles, "user": _backend().users, "group": _backend().groups}[kind].values():
            if found.name == name:
                return str(found.arn)
    return None


def session_of(access_key_id: str) -> Session | None:
    """The session of a role that STS gave this key to."""
    from moto.sts.models import sts_backends

    with engine.lock:
        for session in sts_backends[engine.place.account]["aws"].assumed_roles:
            if session.access_key_id == access_key_id:
                return Session(session.role_arn, session.session_name, session.policy or None)
    return None


def _backend() -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[engine.place.account]["aws"]


def _user(found: Any) -> Identity:
    groups = [group for group in _backend().groups.values() if found in group.users]
    return _identity(found, [found, *groups], getattr(found, "permissions_boundary_arn", None))


def _identity(found: Any, holders: list[Any], boundary_arn: str | None, trust: str | None = None) -> Identity:
    documents = [document for holder in holders for document in holder.policies.values()]
    documents += [_document(policy) for holder in holders for policy in holder.managed_policies.values()]
    boundary = _backend().managed_policies.get(boundary_arn) if boundary_arn else None
    return Identity(
        arn=found.arn, name=found.name, id=found.id, documents=tuple(documents), trust=trust,
        boundary=_document(boundary) if boundary is not None else None, tags=_tags(found),
    )  # fmt: skip


def _document(policy: Any) -> str:
    return next((str(version.document) for version in policy.versions if version.is_default), "")


def _tags(found: Any) -> dict[str, str]:
    tags = getattr(found, "tags", None) or {}
    listed = tags.values() if isinstance(tags, dict) else tags
    return {str(tag["Key"]): str(tag["Value"]) for tag in listed if isinstance(tag, dict)}


# Services whose resources have a policy of their own that `resource_policy` finds.
WITH_POLICIES = ("s3", "sqs", "sns", "secretsmanager")


def resource_policy(service: str, resource: str) -> str | None:
    """The policy document of a bucket (by name), queue, topic or secret (by ARN); None if it has none, or does not exist."""
    region = resource.split(":")[3] if resource.startswith("arn:") else engine.place.region
    with engine.lock:
        found = _OF_SERVICE[service](region, resource)
    if not found:
        return None
    return found.decode() if isinstance(found, bytes) else found if isinstance(found, str) else json.dumps(found)


def _of_bucket(region: str, name: str) -> Any:
    from moto.s3.models import s3_backends

    bucket = s3_backends[engine.place.account]["aws"].buckets.get(name)
    return bucket.policy if bucket is not None else None


def _of_queue(region: str, arn: str) -> Any:
    from moto.sqs.models import sqs_backends

    queue = sqs_backends[engine.place.account][region].queues.get(arn.rpartition(":")[2])
    return queue.policy if queue is not None else None


def _of_topic(region: str, arn: str) -> Any:
    from moto.sns.models import sns_backends

    topic = sns_backends[engine.place.account][region].topics.get(arn)
    return topic.policy if topic is not None else None


def _of_secret(region: str, arn: str) -> Any:
    from moto.secretsmanager.models import secretsmanager_backends

    return getattr(secretsmanager_backends[engine.place.account][region].secrets.get(arn), "policy", None)


def secret_arn(region: str, name: str) -> str | None:
    """The ARN of the secret of this name, with its six characters of chance."""
    from moto.secretsmanager.models import secretsmanager_backends

    with engine.lock:
        secret = secretsmanager_backends[engine.place.account][region].secrets.get(name)
        return str(secret.arn) if secret is not None else None


_OF_SERVICE: dict[str, Callable[[str, str], Any]] = {"s3": _of_bucket, "sqs": _of_queue, "sns": _of_topic, "secretsmanager": _of_secret}
