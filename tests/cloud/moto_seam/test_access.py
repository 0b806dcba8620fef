"""Contract: what IAM, STS and the resources' own policies say of a principal."""

from __future__ import annotations

import json

from lablib.cloud.moto_seam import access
from tests.cloud.moto_seam.conftest import Moto

ANY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
OTHER = ANY.replace("s3", "sqs")
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})


def test_a_roles_policies_boundary_trust_and_tags(moto: Moto) -> None:
    iam = moto.client("iam")
    policy = iam.create_policy(PolicyName="managed", PolicyDocument=ANY)["Policy"]["Arn"]
    arn = iam.create_role(
        RoleName="r", Path="/a/", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=policy, Tags=[{"Key": "team", "Value": "x"}]
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=OTHER)
    iam.attach_role_policy(RoleName="r", PolicyArn=policy)
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=OTHER, SetAsDefault=True)
    role = access.role(arn)
    assert role is not None and (role.name, role.tags, role.trust) == ("r", {"team": "x"}, TRUST)
    assert role.documents == (OTHER, OTHER) and role.boundary == OTHER


def test_a_users_policies_and_those_of_its_groups(moto: Moto) -> None:
    iam = moto.client("iam")
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=ANY)
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=OTHER)
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    user = access.user(arn)
    assert user is not None and user == access.user_of(key) and user.documents == (ANY, OTHER)
    assert access.arn_named("user", "ann") == arn and access.arn_named("role", "ann") is None
    assert access.user(arn + "x") is None and access.user_of("AKIANOBODYNOBODYNOBO") is None


def test_a_session_of_sts(moto: Moto) -> None:
    given = {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session"}
    key = moto.client("sts").assume_role(**given, Policy=ANY)["Credentials"]["AccessKeyId"]
    assert access.session_of(key) == access.Session(given["RoleArn"], "session", ANY)
    assert access.session_of("ASIANOBODYNOBODYNOBO") is None


def test_policies_of_resources(moto: Moto) -> None:
    region = "eu-west-1"
    s3, sqs, sns, secrets = (moto.client(service) for service in ("s3", "sqs", "sns", "secretsmanager"))
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": region})
    assert access.resource_policy("s3", "bucket") is None
    s3.put_bucket_policy(Bucket="bucket", Policy=ANY)
    assert access.resource_policy("s3", "bucket") == ANY
    sqs.create_queue(QueueName="q", Attributes={"Policy": OTHER})
    assert json.loads(access.resource_policy("sqs", f"arn:aws:sqs:{region}:123456789012:q") or "") == json.loads(OTHER)
    topic = sns.create_topic(Name="t")["TopicArn"]
    assert "__default_policy_ID" in (access.resource_policy("sns", topic) or "")
    secret = secrets.create_secret(Name="app/db", SecretString="x")["ARN"]
    assert access.secret_arn(region, "app/db") == secret and access.secret_arn(region, "none") is None
    secrets.put_resource_policy(SecretId="app/db", ResourcePolicy=ANY)
    assert access.resource_policy("secretsmanager", secret) == ANY
    assert access.resource_policy("s3", "none") is None
    assert access.resource_policy("sqs", f"arn:aws:sqs:{region}:123456789012:none") is None
