"""Contract: AWS's managed policies, each when it is named."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from lablib.cloud.moto_seam import engine, policies
from lablib.cloud.web import Request
from tests.cloud.moto_seam.conftest import Moto

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def provide(**parameters: str) -> None:
    with engine.lock:
        policies.provide(Request("POST", "/", "", {}, urlencode(parameters).encode()))


def test_a_policy_that_is_named_is_there_and_no_other(moto: Moto) -> None:
    iam = moto.client("iam")
    provide(Action="AttachRolePolicy", RoleName="role", PolicyArn=BASIC)
    assert [policy["Arn"] for policy in iam.list_policies(Scope="AWS")["Policies"]] == [BASIC]
    version = iam.get_policy(PolicyArn=BASIC)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=BASIC, VersionId=version)["PolicyVersion"]["Document"]
    assert "logs:PutLogEvents" in json.dumps(document)


def test_naming_one_twice_changes_nothing(moto: Moto) -> None:
    for _ in range(2):
        provide(Action="GetPolicy", PolicyArn=BASIC)
    assert len(moto.client("iam").list_policies(Scope="AWS")["Policies"]) == 1


@pytest.mark.parametrize("arn", ["arn:aws:iam::aws:policy/NoSuchPolicy", "arn:aws:iam::aws:policy/", "arn:aws:iam::123456789012:policy/mine"])
def test_what_is_none_of_awss(moto: Moto, arn: str) -> None:
    provide(Action="GetPolicy", PolicyArn=arn)
    assert moto.client("iam").list_policies(Scope="AWS")["Policies"] == []


def test_a_listing_has_them_all(moto: Moto) -> None:
    provide(Action="GetPolicy", PolicyArn=BASIC)
    provide(Action="ListPolicies")
    pages = moto.client("iam").get_paginator("list_policies").paginate(Scope="AWS")
    names = [policy["PolicyName"] for page in pages for policy in page["Policies"]]
    assert len(names) == len(set(names)) > 1500
