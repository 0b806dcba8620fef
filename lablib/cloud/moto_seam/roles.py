"""The credentials that a function runs with, or a state machine: a session of its role.

Touches: `moto.iam.models.iam_backends`, `IAMBackend.access_keys`, `moto.sts.models.sts_backends`, `STSBackend.assume_role` and
what it returns (`AssumedRole.access_key_id`, `.secret_access_key`, `.session_token`, `.access_key`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from lablib.cloud.moto_seam import clockwork, engine, keys
from lablib.cloud.moto_seam.access import Session

# An environment lives two hours of the cloud's time at most (models.lifecycle), so its credentials never end before it does.
SESSION_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Credentials:
    """What a function's environment has in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."""

    access_key_id: str
    secret_access_key: str
    session_token: str


def assume(role_arn: str, session_name: str, *, function: bool = True) -> Credentials:
    """Credentials of a role's new session. GetCallerIdentity with them answers ``assumed-role/ROLE/SESSION_NAME``.

    They are good at once, and the lock is not needed: a cold start does not wait for what moto is at. moto hears of the session
    before it gets its next request, which is the first that can be signed with it.
    """
    access_key_id, secret_access_key = keys.new_access_key("ASIA")
    made = Credentials(access_key_id, secret_access_key, secrets.token_urlsafe(200))
    secret = keys.Secret(secret_access_key, made.session_token, clockwork.now() + SESSION_SECONDS)
    keys.issue(access_key_id, secret, keys.Origin(Session(role_arn, session_name, None), function=function))
    engine.before_all_else(lambda: _tell_moto(role_arn, session_name, made))
    return made


def _tell_moto(role_arn: str, session_name: str, made: Credentials) -> None:
    from moto.iam.models import iam_backends
    from moto.sts.models import sts_backends

    session = sts_backends[engine.place.account]["aws"].assume_role(
        region_name=engine.place.region, role_session_name=session_name, role_arn=role_arn, policy="",
        duration=SESSION_SECONDS, external_id="",
    )  # fmt: skip
    # In IAM too, which notes when a role was used last.
    by_id = iam_backends[engine.place.account]["aws"].access_keys
    by_id[made.access_key_id] = by_id.pop(session.access_key_id)
    for key in (session, session.access_key):
        key.access_key_id, key.secret_access_key = made.access_key_id, made.secret_access_key
    session.session_token = made.session_token
