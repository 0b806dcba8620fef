"""Users with the policies that a test gives them, and what is said of their requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.support import CloudUnderTest

ACCOUNT = "123456789012"
PLACE = f"us-east-1:{ACCOUNT}"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
Clients = Callable[[str], Any]


def allow(*actions: str, resource: str | list[str] = "*", **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def deny(*actions: str, resource: str = "*", **more: Any) -> str:
    return allow(*actions, resource=resource, Effect="Deny", **more)


def keys_of(key: dict[str, str]) -> dict[str, str]:
    found = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    return found | ({"aws_session_token": key["SessionToken"]} if "SessionToken" in key else {})


def ann(cloud: CloudUnderTest, *policies: str) -> Clients:
    """Clients of the user ann, who has these policies and no other."""
    iam = cloud.client("iam")
    iam.create_user(UserName="ann")
    for number, policy in enumerate(policies):
        iam.put_user_policy(UserName="ann", PolicyName=f"p{number}", PolicyDocument=policy)
    key = keys_of(iam.create_access_key(UserName="ann")["AccessKey"])
    return lambda service: cloud.client(service, **key)


def grant(cloud: CloudUnderTest, policy: str) -> None:
    cloud.client("iam").put_user_policy(UserName="ann", PolicyName="granted", PolicyDocument=policy)


def allowed(call: Callable[[], Any]) -> bool:
    """Whether the gate let a request through: what the service then says of it is another matter."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException", "AuthorizationError", "403")
    return True
