"""Which secret belongs to an access key: those of IAM users, of STS, and of the functions' roles.

Touches: `moto.iam.models.iam_backends` (`IAMBackend.users`, `User.access_keys`, `AccessKey.secret_access_key`, `.status`),
`moto.sts.models.sts_backends` (`STSBackend.assumed_roles`), and of `moto.sts.responses.TokenResponse`: `get_access_key`,
`_get_param`, `get_session_token` and `get_federation_token`, which hand out one key that everybody knows (each gets a key of its
own instead), and `get_caller_identity`, which calls a key that moto does not know "user/moto" (the cloud's own credentials are
the account's).
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam import engine, utc
from lablib.cloud.moto_seam.access import Session, user_of


@dataclass(frozen=True)
class Secret:
    """What a request signed with an access key must prove to know.

    `session_token` is None for a long-lived key; `expires` is in seconds since 1970 on the cloud's clock.
    """

    secret_access_key: str
    session_token: str | None = None
    expires: float | None = None


@dataclass(frozen=True)
class Origin:
    """How a key that was given out came about.

    Attributes
    ----------
    session
        The role's session that it is for.
    caller
        Or the key with which GetSessionToken or GetFederationToken was called (`OWNER` for the cloud's own).
    federated_user, policy
        The name and the policy that GetFederationToken was called with.
    function
        Whether the session is that of a function, whose name it bears.
    """

    session: Session | None = None
    caller: str | None = None
    federated_user: str | None = None
    policy: str | None = None
    function: bool = False


# In place of the cloud's own access key, which this room does not know.
OWNER = "owner"

_issued: dict[str, Secret] = {}
_origins: dict[str, Origin] = {}


def new_access_key(prefix: str = "AKIA") -> tuple[str, str]:
    """An access key id and its secret, in AWS's shape, from the system's random numbers."""
    letters = string.ascii_uppercase + "234567"
    return prefix + "".join(secrets.choice(letters) for _ in range(16)), secrets.token_urlsafe(30)


def issue(access_key_id: str, secret: Secret, origin: Origin) -> None:
    """Remember a key that was given out, so that looking it up needs no lock."""
    _issued[access_key_id] = secret
    _origins[access_key_id] = origin


def origin(access_key_id: str) -> Origin | None:
    """How a key came about that `issue` was told of. Needs no lock."""
    return _origins.get(access_key_id)


def known(access_key_id: str) -> Secret | None:
    """The secret of a key that `issue` was told of. Needs no lock."""
    return _issued.get(access_key_id)


def secret_of(access_key_id: str) -> Secret | None:
    """The secret of any key of this cloud's, or None. An IAM user's key must be active."""
    found = _issued.get(access_key_id)
    if found is not None:
        return found
    with engine.lock:
        return _of_user(access_key_id) or _of_session(access_key_id)


def _of_user(access_key_id: str) -> Secret | None:
    from moto.iam.models import iam_backends

    for partitions in list(iam_backends.values()):
        for backend in list(partitions.values()):
            for user in list(backend.users.values()):
                for key in user.access_keys:
                    if key.access_key_id == access_key_id and key.status == "Active":
                        return Secret(key.secret_access_key)
    return None


def _of_session(access_key_id: str) -> Secret | None:
    from moto.sts.models import sts_backends

    for partitions in list(sts_backends.values()):
        for backend in list(partitions.values()):
            for role in backend.assumed_roles:
                if role.access_key_id == access_key_id:
                    return Secret(role.secret_access_key, role.session_token, utc.seconds(role.expiration))
    return None


def forget() -> None:
    """Forget every key that was given out: the cloud is being emptied."""
    _issued.clear()
    _origins.clear()


def correct_sts() -> None:
    """Have STS hand out keys of their own, and name the account's owner rightly. Loads moto's STS; once is enough."""
    from moto.sts.responses import TokenResponse

    TokenResponse.get_session_token = _with_result(TokenResponse.get_session_token, _with_own_key)
    TokenResponse.get_federation_token = _with_result(TokenResponse.get_federation_token, _with_own_key)
    TokenResponse.get_caller_identity = _with_result(TokenResponse.get_caller_identity, _named)


def _with_result(original: Callable[[Any], Any], change: Callable[[Any, dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    from moto.core.responses import ActionResult

    def answer(self: Any) -> Any:
        return ActionResult(change(self, original(self).result))

    return answer


def _with_own_key(request: Any, content: dict[str, Any]) -> dict[str, Any]:
    access_key_id, secret_access_key = new_access_key("ASIA")
    token = secrets.token_urlsafe(200)
    expiration = content["Credentials"]["Expiration"]
    name = request._get_param("Name") if "FederatedUser" in content else None
    origin = Origin(caller=_caller(request), federated_user=name, policy=request._get_param("Policy"))
    issue(access_key_id, Secret(secret_access_key, token, utc.seconds(expiration)), origin)
    credentials = {
        "AccessKeyId": access_key_id, "SecretAccessKey": secret_access_key, "SessionToken": token, "Expiration": expiration,
    }  # fmt: skip
    return content | {"Credentials": credentials}


def _caller(request: Any) -> str:
    """The key that signed a request to STS; `OWNER` if it is none that IAM or STS gave out."""
    key = str(request.get_access_key())
    return key if key in _issued or _of_user(key) or _of_session(key) else OWNER


def _named(request: Any, content: dict[str, Any]) -> dict[str, Any]:
    """Who called, where moto does not know the key: the account's owner, or whoever had STS give it out."""
    if not content["Arn"].endswith(":user/moto"):
        return content
    account = content["Account"]
    origin = _origins.get(str(request.get_access_key()))
    if origin is not None and origin.federated_user is not None:
        name = origin.federated_user
        return {"UserId": f"{account}:{name}", "Account": account, "Arn": f"arn:aws:sts::{account}:federated-user/{name}"}
    user = user_of(origin.caller) if origin is not None and origin.caller is not None else None
    if user is not None:
        return {"UserId": user.id, "Account": account, "Arn": user.arn}
    return {"UserId": account, "Account": account, "Arn": f"arn:aws:iam::{account}:root"}
