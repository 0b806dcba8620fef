"""Contract: roles, the credentials of a function, and whose an access key is."""

from __future__ import annotations

import json
import threading

import pytest

from lablib.cloud.access import execution
from lablib.cloud.moto_seam import access, engine, keys, roles
from tests.cloud.moto_seam.conftest import Moto

LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:role/none", "nonsense"])
def test_a_role_that_does_not_exist(moto: Moto, arn: str) -> None:
    assert access.role(arn) is None


def test_a_roles_trust_policy(moto: Moto) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [LAMBDA]})
    made = moto.client("iam").create_role(RoleName="role", Path="/service/", AssumeRolePolicyDocument=document)["Role"]
    role = access.role(made["Arn"])
    assert role is not None and role.arn == made["Arn"] and execution.trusts(role.trust, role.arn)


def test_a_functions_credentials_are_known_and_named(moto: Moto) -> None:
    key = roles.assume("arn:aws:iam::123456789012:role/service/thumbnails", "thumbnail")
    secret = keys.known(key.access_key_id)
    assert secret == keys.Secret(key.secret_access_key, key.session_token, moto.now + roles.SESSION_SECONDS)
    moto.session = type(moto.session)(key.access_key_id, key.secret_access_key, key.session_token, "eu-west-1")
    identity = moto.client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/thumbnails/thumbnail"
    assert identity["Account"] == "123456789012"


def test_iam_notes_when_a_role_was_used_last(moto: Moto) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [LAMBDA]})
    arn = moto.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    key = roles.assume(arn, "f")
    moto.session = type(moto.session)(key.access_key_id, key.secret_access_key, key.session_token, "eu-west-1")
    moto.client("sts").get_caller_identity()
    used = moto.client("iam").get_role(RoleName="role")["Role"]["RoleLastUsed"]
    assert used["LastUsedDate"].timestamp() == moto.now


def test_a_session_needs_no_lock_and_moto_knows_it_by_its_next_request(moto: Moto) -> None:
    holding, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with engine.lock:
            holding.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(10)
    key = roles.assume("arn:aws:iam::123456789012:role/r", "f")
    assert keys.known(key.access_key_id) is not None
    leave.set()
    holder.join()
    moto.session = type(moto.session)(key.access_key_id, key.secret_access_key, key.session_token, "eu-west-1")
    assert moto.client("sts").get_caller_identity()["Arn"].endswith(":assumed-role/r/f")


def test_whose_an_access_key_is(moto: Moto) -> None:
    iam, sts = moto.client("iam"), moto.client("sts")
    iam.create_user(UserName="ann")
    user = iam.create_access_key(UserName="ann")["AccessKey"]
    assert keys.secret_of(user["AccessKeyId"]) == keys.Secret(user["SecretAccessKey"])
    iam.update_access_key(UserName="ann", AccessKeyId=user["AccessKeyId"], Status="Inactive")
    assert keys.secret_of(user["AccessKeyId"]) is None
    role = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/r", RoleSessionName="session", DurationSeconds=900)["Credentials"]
    assert keys.secret_of(role["AccessKeyId"]) == keys.Secret(role["SecretAccessKey"], role["SessionToken"], moto.now + 900)
    for session in (sts.get_session_token(), sts.get_federation_token(Name="ann")):
        key = session["Credentials"]
        found = keys.secret_of(key["AccessKeyId"])
        assert found is not None and found.session_token == key["SessionToken"]
    # The key that moto would give out to everybody.
    assert keys.secret_of("AKIAIOSFODNN7EXAMPLE") is None


def test_the_clouds_own_credentials_are_the_accounts(moto: Moto) -> None:
    assert moto.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:root"
