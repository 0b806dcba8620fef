"""Policy documents: what a statement says about a request, by IAM's documentation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lablib.cloud.access import conditions, documents
from lablib.cloud.access.decision import Asked, Principal, refusal

OBJECT = "arn:aws:s3:::bucket/a/b.txt"
CONTEXT: dict[str, str | tuple[str, ...]] = {
    "aws:username": "ann", "aws:sourceip": "10.1.2.3", "aws:securetransport": "false", "s3:prefix": "home/ann/",
    "aws:currenttime": "2026-11-23T10:00:00Z", "s3:max-keys": "50", "aws:tagkeys": ("team", "stage"),
}  # fmt: skip


def statement(**given: Any) -> documents.Statement:
    (found,) = documents.statements({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", **given}})
    return found


ACTIONS: list[tuple[dict[str, Any], bool]] = [
    ({"Action": "s3:GetObject"}, True),
    ({"Action": "S3:getobject"}, True),
    ({"Action": "s3:Get*"}, True),
    ({"Action": ["sqs:*", "s3:*Object"]}, True),
    ({"Action": "s3:GetObjec?"}, True),
    ({"Action": "s3:GetObject?"}, False),
    ({"Action": "*"}, True),
    ({"NotAction": "s3:*"}, False),
    ({"NotAction": "iam:*"}, True),
    ({"Resource": OBJECT}, True),
    ({"Resource": "arn:aws:s3:::bucket"}, False),
    ({"Resource": "arn:aws:s3:::bucket/*"}, True),
    ({"Resource": "arn:aws:s3:::BUCKET/*"}, False),
    ({"Resource": "arn:aws:s3:::bucket/${aws:username}/*"}, False),
    ({"NotResource": "arn:aws:s3:::bucket/*"}, False),
    ({"NotResource": "arn:aws:s3:::other/*"}, True),
    ({"Resource": "arn:aws:s3:::bucket/a.b.txt"}, False),
]


@pytest.mark.parametrize("given, concerns", ACTIONS)
def test_actions_and_resources(given: dict[str, Any], concerns: bool) -> None:
    if "NotAction" in given or "NotResource" in given:
        plain = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        plain = {key: value for key, value in plain.items() if "Not" + key not in given}
        (found,) = documents.statements({"Statement": plain | given})
    else:
        found = statement(**given)
    assert found.concerns("s3:GetObject", OBJECT, CONTEXT) is concerns


HOLDS: list[tuple[str, str, Any, bool]] = [
    ("StringEquals", "aws:username", "ann", True),
    ("StringEquals", "AWS:UserName", ["bob", "ann"], True),
    ("StringEquals", "aws:username", "Ann", False),
    ("StringEqualsIgnoreCase", "aws:username", "Ann", True),
    ("StringNotEquals", "aws:username", "bob", True),
    ("StringNotEquals", "aws:username", ["bob", "ann"], False),
    ("StringLike", "s3:prefix", "home/${aws:username}/*", True),
    ("StringLike", "s3:prefix", "home/bob/*", False),
    ("StringNotLike", "s3:prefix", "home/bob/*", True),
    ("StringEquals", "aws:nothing", "x", False),
    ("StringNotEquals", "aws:nothing", "x", True),
    ("StringEqualsIfExists", "aws:nothing", "x", True),
    ("StringEqualsIfExists", "aws:username", "x", False),
    ("Null", "aws:nothing", "true", True),
    ("Null", "aws:username", "true", False),
    ("Null", "aws:username", "false", True),
    ("Bool", "aws:SecureTransport", "false", True),
    ("Bool", "aws:SecureTransport", True, False),
    ("IpAddress", "aws:SourceIp", "10.1.0.0/16", True),
    ("NotIpAddress", "aws:SourceIp", ["10.1.0.0/16"], False),
    ("IpAddress", "aws:SourceIp", "nonsense", False),
    ("NumericLessThanEquals", "s3:max-keys", "50", True),
    ("NumericLessThan", "s3:max-keys", 50, False),
    ("NumericGreaterThan", "s3:max-keys", "ten", False),
    ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", True),
    ("DateLessThan", "aws:CurrentTime", "2026-01-01", False),
    ("ForAnyValue:StringEquals", "aws:TagKeys", ["stage", "owner"], True),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["stage", "owner"], False),
    ("ForAllValues:StringEquals", "aws:TagKeys", ["stage", "team"], True),
    ("ForAllValues:StringEquals", "aws:nothing", ["stage"], True),
    ("ForAnyValue:StringEquals", "aws:nothing", ["stage"], False),
    ("StringEquals", "aws:username", "${aws:nothing, 'ann'}", True),
    ("StringLike", "aws:username", "${*}", False),
    ("StringSomehow", "aws:username", "ann", False),
]


@pytest.mark.parametrize("operator, key, values, holds", HOLDS)
def test_conditions(operator: str, key: str, values: Any, holds: bool) -> None:
    found = statement(Condition={operator: {key: values}})
    assert found.concerns("s3:ListBucket", "arn:aws:s3:::bucket", CONTEXT) is holds


ARNS = [
    ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket", True),
    ("arn:aws:sns:*:123456789012:*", "arn:aws:sns:us-east-1:123456789012:topic", True),
    ("arn:aws:sns:*:topic", "arn:aws:sns:us-east-1:123456789012:topic", False),  # a wildcard does not cross a colon
    ("arn:aws:events:us-east-1:123456789012:rule/*", "arn:aws:events:us-east-1:123456789012:rule/bus/r", True),
]


@pytest.mark.parametrize("pattern, arn, holds", ARNS)
def test_arns_are_compared_part_by_part(pattern: str, arn: str, holds: bool) -> None:
    assert conditions.hold("ArnLike", arn, [pattern]) is holds
    assert conditions.hold("ArnNotLike", arn, [pattern]) is not holds


NO_DOCUMENTS = [
    "", "{", "[]", '"x"', "null", '{"Statement": "x"}', '{"Statement": [{"Effect": "Allow"}]}',
    '{"Statement": [{"Effect": "Perhaps", "Action": "*"}]}', '{"Statement": [{"Effect": "Allow", "Action": "*", "Condition": "x"}]}',
]  # fmt: skip


@pytest.mark.parametrize("text", NO_DOCUMENTS)
def test_a_document_that_is_none_says_nothing(text: str) -> None:
    assert documents.read(text) == ()


@given(st.recursive(st.none() | st.booleans() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["Effect", "Action", "Resource", "Principal", "Condition", "Statement", "StringEquals"]), inner, max_size=4)))
def test_any_document_can_be_read(content: Any) -> None:
    for found in documents.read(json.dumps({"Statement": content})):
        found.concerns("s3:GetObject", OBJECT, CONTEXT)


ROLE = "arn:aws:iam::123456789012:role/r"
ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": OBJECT}
NONE = "because no {} policy allows the s3:GetObject action"
DENIED = "with an explicit deny in {} policy"
# The statements of: identity-based policies, a resource-based one, the boundary, the session. What is said then.
DECISIONS: dict[str, tuple[list[Any], list[Any], list[Any] | None, list[Any] | None, str | None]] = {
    "nothing": ([], [], None, None, NONE.format("identity-based")),
    "identity": ([ALLOW], [], None, None, None),
    "identity, denied": ([ALLOW, DENY], [], None, None, DENIED.format("an identity-based")),
    "resource names the role": ([], [ALLOW | {"Principal": {"AWS": ROLE}}], None, None, None),
    "resource names anyone": ([], [ALLOW | {"Principal": "*"}], None, None, None),
    "resource leaves it to the account": (
        [], [ALLOW | {"Principal": {"AWS": "123456789012"}}], None, None, NONE.format("identity-based"),
    ),
    "resource names another": ([], [ALLOW | {"Principal": {"AWS": ROLE + "x"}}], None, None, NONE.format("identity-based")),
    "resource denies": ([ALLOW], [DENY | {"Principal": "*"}], None, None, DENIED.format("a resource-based")),
    "resource denies the account": (
        [ALLOW], [DENY | {"Principal": {"AWS": "123456789012"}}], None, None, DENIED.format("a resource-based"),
    ),
    "resource denies all but another": (
        [ALLOW], [DENY | {"NotPrincipal": {"AWS": ROLE + "x"}}], None, None, DENIED.format("a resource-based"),
    ),
    "boundary": ([ALLOW], [], [ALLOW], None, None),
    "beyond the boundary": ([ALLOW], [], [], None, "because no permissions boundary allows the s3:GetObject action"),
    "denied by the boundary": ([ALLOW], [], [ALLOW, DENY], None, "with an explicit deny in a permissions boundary"),
    "session": ([ALLOW], [], None, [ALLOW], None),
    "beyond the session": ([ALLOW], [], None, [], NONE.format("session")),
}  # fmt: skip


@pytest.mark.parametrize("identity, resource, boundary, session, said", DECISIONS.values(), ids=DECISIONS)
def test_policies_together(
    identity: list[Any], resource: list[Any], boundary: list[Any] | None, session: list[Any] | None, said: str | None
) -> None:
    def read(given: list[Any] | None) -> tuple[documents.Statement, ...] | None:
        return None if given is None else documents.statements({"Statement": given})

    who = Principal(
        "arn:aws:sts::123456789012:assumed-role/r/s", "123456789012", frozenset({("AWS", ROLE)}), read(identity) or (),
        read(boundary), read(session),
    )  # fmt: skip
    assert refusal(who, Asked("s3:GetObject", OBJECT), read(resource) or ()) == said
