"""Who an access key belongs to, and what they may do: looked up once, and again only after IAM has changed.

Everything here is the cloud's own memory of what moto's IAM holds. `forget` is called when a request may have changed IAM; moto's
lock is taken only for what is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lablib.cloud.access import documents, resource_policies
from lablib.cloud.access.decision import Asked, Principal, refusal
from lablib.cloud.access.documents import Statement
from lablib.cloud.moto_seam import access, engine, keys
from lablib.cloud.moto_seam.access import Identity

T = TypeVar("T")

_identities: dict[str, Identity | None] = {}
_principals: dict[str, Principal | None] = {}
_generation = 0


def forget() -> None:
    """IAM may have changed: look everything up again."""
    global _generation
    _generation += 1
    _identities.clear()
    _principals.clear()


async def _known(memory: dict[str, T], name: str, look_up: Callable[[str], T]) -> T:
    if name in memory:
        return memory[name]
    generation = _generation
    found = await engine.call(look_up, name)
    if generation == _generation:  # else IAM has changed since it was read
        memory[name] = found
    return found


async def role_of(arn: str) -> Identity | None:
    """A role; None if IAM has none of this ARN."""
    return await _known(_identities, arn, access.role)


async def role_allows(role_arn: str, action: str, resource: str) -> bool:
    """Whether a role's policies, or the resource's own, allow a role an action; one that does not exist may do nothing."""
    role = await role_of(role_arn)
    if role is None:
        return False
    asked = Asked(action, resource)
    return refusal(_session(role, role_arn, "lambda", None), asked, await resource_policies.of(asked)) is None


async def principal_of(access_key_id: str) -> Principal | None:
    """Whom a key belongs to; None if that user is gone."""
    if access_key_id in _principals:
        return _principals[access_key_id]
    generation = _generation
    found = await _look_up(access_key_id)
    if generation == _generation:
        _principals[access_key_id] = found
    return found


async def _look_up(access_key_id: str) -> Principal | None:
    origin = keys.origin(access_key_id)
    if origin is not None and origin.caller is not None:
        return await _federated(origin)
    session = origin.session if origin is not None else await engine.call(access.session_of, access_key_id)
    if session is not None:
        role = await role_of(session.role_arn)
        found = _session(role, session.role_arn, session.name, session.policy)
        if origin is not None and origin.function:  # whose session is named after it
            source = f"arn:aws:lambda:{engine.place.region}:{engine.place.account}:function:{session.name}"
            found.context["lambda:sourcefunctionarn"] = source
        return found
    user = await engine.call(access.user_of, access_key_id)
    return None if user is None else _user(user)


async def _federated(origin: keys.Origin) -> Principal | None:
    """A key of GetSessionToken is its caller's; one of GetFederationToken may do what its caller may and its policy says."""
    assert origin.caller is not None
    caller = owner() if origin.caller == keys.OWNER else await principal_of(origin.caller)
    if caller is None or origin.federated_user is None:
        return caller
    arn = f"arn:aws:sts::{caller.account}:federated-user/{origin.federated_user}"
    session = _statements([origin.policy]) if origin.policy else ()
    context = {"aws:principalarn": arn, "aws:principaltype": "FederatedUser", "aws:principalaccount": caller.account}
    return Principal(
        arn, caller.account, frozenset({("AWS", arn)}), caller.identity, caller.boundary, session, caller.owner, {**context}
    )  # fmt: skip


def owner() -> Principal:
    """The account's root, whom the cloud's own key belongs to."""
    account = engine.place.account
    arn = f"arn:aws:iam::{account}:root"
    return Principal(arn, account, frozenset({("AWS", arn)}), owner=True)


def _session(role: Identity | None, role_arn: str, name: str, policy: str | None) -> Principal:
    account = engine.place.account
    arn = f"arn:aws:sts::{account}:assumed-role/{role_arn.rpartition('/')[2]}/{name}"
    context: dict[str, str | tuple[str, ...]] = {
        "aws:principalarn": role_arn, "aws:principaltype": "AssumedRole", "aws:principalaccount": account,
        "aws:userid": f"{role.id}:{name}" if role is not None else name,
    }  # fmt: skip
    names = frozenset({("AWS", arn), ("AWS", role_arn)})
    if role is None:  # a session outlives its role, and may do nothing then
        return Principal(arn, account, frozenset({("AWS", arn)}), context=context)
    return Principal(
        arn, account, names, _statements(role.documents), _boundary(role), _statements([policy]) if policy else None,
        context=context | _tags(role),
    )  # fmt: skip


def _user(user: Identity) -> Principal:
    account = engine.place.account
    context: dict[str, str | tuple[str, ...]] = {
        "aws:username": user.name, "aws:userid": user.id, "aws:principalarn": user.arn, "aws:principaltype": "User",
        "aws:principalaccount": account,
    }  # fmt: skip
    names = frozenset({("AWS", user.arn)})
    return Principal(user.arn, account, names, _statements(user.documents), _boundary(user), context=context | _tags(user))


def _tags(identity: Identity) -> dict[str, str | tuple[str, ...]]:
    return {f"aws:principaltag/{key.lower()}": value for key, value in identity.tags.items()}


def _boundary(identity: Identity) -> tuple[Statement, ...] | None:
    return _statements([identity.boundary]) if identity.boundary is not None else None


def _statements(texts: tuple[str, ...] | list[str]) -> tuple[Statement, ...]:
    return tuple(statement for text in texts for statement in documents.read(text))
