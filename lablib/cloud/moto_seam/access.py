"""What IAM and STS know of a principal: whose an access key is, and the policies that apply to it.

Touches: `moto.iam.models.iam_backends`; `IAMBackend.roles`, `.users`, `.groups`, `.managed_policies`; of `Role` and `User`:
`.arn`, `.name`, `.id`, `.tags`, `.policies` (name: document), `.managed_policies` (ARN: policy), `User.access_keys`,
`Role.permissions_boundary_arn`, `.assume_role_policy_document`; `Group.users`; `Policy.versions`, `PolicyVersion.is_default`,
`.document`; `moto.sts.models.sts_backends`, `STSBackend.assumed_roles`, `AssumedRole.access_key_id`, `.role_arn`,
`.session_name`, `.policy`.
"""

from __future__ import annotations

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
