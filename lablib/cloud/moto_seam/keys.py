"""Which secret belongs to an access key: those of IAM users, of STS, and of the functions' roles.

Touches: `moto.iam.models.iam_backends` (`IAMBackend.users`, `User.access_keys`, `AccessKey.secret_access_key`, `.status`),
`moto.sts.models.sts_backends` (`STSBackend.assumed_roles`), and of `moto.sts.responses.TokenResponse`: `get_session_token` and
`get_federation_token`, which hand out one key that everybody knows (each gets a key of its own instead), and `get_caller_identity`,
which calls a key that moto does not know "user/moto" (the cloud's own credentials are the account's).
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lablib.cloud.moto_seam import engine, utc


@dataclass(frozen=True)
class Secret:
    """What a request signed with an access key must prove to know.

    `session_token` is None for a long-lived key; `expires` is in seconds since 1970 on the cloud's clock.
    """

    secret_access_key: str
    session_token: str | None = None
    expires: float | None = None


_issued: dict[str, Secret] = {}


def new_access_key(prefix: str = "AKIA") -> tuple[str, str]:
    """An access key id and its secret, in AWS's shape, from the system's random numbers."""
    letters = string.ascii_uppercase + "234567"
    return prefix + "".join(secrets.choice(letters) for _ in range(16)), secrets.token_urlsafe(30)


def issue(access_key_id: str, secret: Secret) -> None:
    """Remember a key that was given out, so that looking it up needs no lock."""
    _issued[access_key_id] = secret


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


def correct_sts() -> None:
    """Have STS hand out keys of their own, and name the account's owner rightly. Loads moto's STS; once is enough."""
    from moto.sts.responses import TokenResponse

    TokenResponse.get_session_token = _with_result(TokenResponse.get_session_token, _with_own_key)
    TokenResponse.get_federation_token = _with_result(TokenResponse.get_federation_token, _with_own_key)
    TokenResponse.get_caller_identity = _with_result(TokenResponse.get_caller_identity, _as_owner)


def _with_result(original: Callable[[Any], Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    from moto.core.responses import ActionResult

    def answer(self: Any) -> Any:
        return ActionResult(change(original(self).result))

    return answer


def _with_own_key(content: dict[str, Any]) -> dict[str, Any]:
    access_key_id, secret_access_key = new_access_key("ASIA")
    token = secrets.token_urlsafe(200)
    expiration = content["Credentials"]["Expiration"]
    issue(access_key_id, Secret(secret_access_key, token, utc.seconds(expiration)))
    credentials = {
        "AccessKeyId": access_key_id, "SecretAccessKey": secret_access_key, "SessionToken": token, "Expiration": expiration,
    }  # fmt: skip
    return content | {"Credentials": credentials}


def _as_owner(content: dict[str, Any]) -> dict[str, Any]:
    if not content["Arn"].endswith(":user/moto"):
        return content
    account = content["Account"]
    return {"UserId": account, "Account": account, "Arn": f"arn:aws:iam::{account}:root"}
