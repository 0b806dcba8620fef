"""Resource-based policies of functions: the statements that AWS makes, the errors, and what a policy lets a service do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lablib.cloud.functions import resource_policy
from tests.cloud.api.harness import Api, refused

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
BUCKET, ACCOUNT = "arn:aws:s3:::bucket", "123456789012"
S3 = {"StatementId": "s3", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}


def add(api: Api, **more: Any) -> dict[str, Any]:
    answer = api.client.add_permission(**({"FunctionName": "f"} | S3 | more))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    statement: dict[str, Any] = json.loads(answer["Statement"])
    return statement


def policy(api: Api, **more: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(api.client.get_policy(FunctionName="f", **more)["Policy"])
    return document


PRINCIPALS = {
    "s3.amazonaws.com": {"Service": "s3.amazonaws.com"},
    "logs.us-east-1.amazonaws.com": {"Service": "logs.us-east-1.amazonaws.com"},
    "alexa-appkit.amazon.com": {"Service": "alexa-appkit.amazon.com"},
    "210987654321": {"AWS": "arn:aws:iam::210987654321:root"},
    "arn:aws:iam::210987654321:role/path/some": {"AWS": "arn:aws:iam::210987654321:role/path/some"},
    "arn:aws:iam::123456789012:user/ann": {"AWS": "arn:aws:iam::123456789012:user/ann"},
    "*": "*",
}


@pytest.mark.parametrize("given, written", PRINCIPALS.items(), ids=PRINCIPALS)
def test_principals(api: Api, given: str, written: Any) -> None:
    api.create("f")
    statement = add(api, Principal=given)
    assert statement == {
        "Sid": "s3", "Effect": "Allow", "Principal": written, "Action": "lambda:InvokeFunction", "Resource": ARN,
    }  # fmt: skip
    assert policy(api) == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}


CONDITIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "SourceArn": ({"SourceArn": BUCKET}, {"ArnLike": {"AWS:SourceArn": BUCKET}}),
    "SourceAccount": ({"SourceAccount": ACCOUNT}, {"StringEquals": {"AWS:SourceAccount": ACCOUNT}}),
    "both": (
        {"SourceAccount": ACCOUNT, "SourceArn": BUCKET},
        {"StringEquals": {"AWS:SourceAccount": ACCOUNT}, "ArnLike": {"AWS:SourceArn": BUCKET}},
    ),
    "PrincipalOrgID": (
        {"Principal": "*", "PrincipalOrgID": "o-a1b2c3d4e5f"}, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5f"}},
    ),
    "EventSourceToken": (
        {"Principal": "alexa-connectedhome.amazon.com", "EventSourceToken": "amzn1.ask.skill.x"},
        {"StringEquals": {"lambda:EventSourceToken": "amzn1.ask.skill.x"}},
    ),
    "FunctionUrlAuthType": (
        {"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
    ),
    "InvokedViaFunctionUrl": (
        {"Principal": "*", "InvokedViaFunctionUrl": True}, {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("given, written", CONDITIONS.values(), ids=CONDITIONS)
def test_conditions(api: Api, given: dict[str, Any], written: dict[str, Any]) -> None:
    api.create("f")
    assert add(api, **given)["Condition"] == written


STALE = "The Revision Id provided does not match the latest Revision Id. Call the {} API to retrieve the latest Revision Id"
INVALID_PRINCIPAL = "The provided principal was invalid. Please check the principal and try again."
NO_ALIAS = f"Cannot find alias arn: {ARN}:prod"
ADDING: dict[str, tuple[dict[str, Any], str, int, str]] = {
    "no such function": (
        {"FunctionName": "none"}, "ResourceNotFoundException", 404, f"Function not found: {ARN[:-1]}none",
    ),
    "no such version": ({"Qualifier": "7"}, "ResourceNotFoundException", 404, f"Function not found: {ARN}:7"),
    "no such alias": ({"Qualifier": "prod"}, "ResourceNotFoundException", 404, NO_ALIAS),
    "$LATEST": (
        {"Qualifier": "$LATEST"}, "InvalidParameterValueException", 400,
        "We currently do not support adding policies for $LATEST.",
    ),
    "a statement id twice": (
        {"StatementId": "there"}, "ResourceConflictException", 409,
        "The statement id (there) provided already exists. Please provide a new statement id, or remove the existing statement.",
    ),
    "a stale revision": ({"RevisionId": "0"}, "PreconditionFailedException", 412, STALE.format("GetPolicy")),
    "a principal that is none": ({"Principal": "invalid.nonaws.com"}, "InvalidParameterValueException", 400, INVALID_PRINCIPAL),
    "a service with a region": (
        {"Principal": "events.us-east-1.amazonaws.com"}, "InvalidParameterValueException", 400, INVALID_PRINCIPAL,
    ),
    "a role that does not exist": (
        {"Principal": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "InvalidParameterValueException", 400, INVALID_PRINCIPAL,
    ),
    "FunctionUrlAuthType without its action": (
        {"FunctionUrlAuthType": "NONE"}, "InvalidParameterValueException", 400,
        "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
    ),
    "a statement id with a space": (
        {"StatementId": "a b"}, "ValidationException", 400,
        "1 validation error detected: Value 'a b' at 'statementId' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
    ),
    "an action of another service": (
        {"Action": "s3:GetObject"}, "ValidationException", 400,
        "1 validation error detected: Value 's3:GetObject' at 'action' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])",
    ),
}  # fmt: skip


@pytest.mark.parametrize("given, code, status, message", ADDING.values(), ids=ADDING)
def test_what_add_permission_refuses(api: Api, given: dict[str, Any], code: str, status: int, message: str) -> None:
    api.create("f")
    add(api, StatementId="there")
    answer = refused(api.client.add_permission, **({"FunctionName": "f"} | S3 | given))
    assert (answer.code, answer.status, answer.message) == (code, status, message)


REMOVING: dict[str, tuple[dict[str, Any], str, int, str]] = {
    "no such function": (
        {"FunctionName": "none", "StatementId": "s3"}, "ResourceNotFoundException", 404, f"No policy found for: {ARN[:-1]}none",
    ),
    "no policy": (
        {"FunctionName": "bare", "StatementId": "s3"}, "ResourceNotFoundException", 404,
        "No policy is associated with the given resource.",
    ),
    "no such statement": (
        {"StatementId": "none"}, "ResourceNotFoundException", 404, "Statement none is not found in resource policy.",
    ),
    "a stale revision": (
        {"StatementId": "s3", "RevisionId": "0"}, "PreconditionFailedException", 412, STALE.format("GetPolicy"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("given, code, status, message", REMOVING.values(), ids=REMOVING)
def test_what_remove_permission_refuses(api: Api, given: dict[str, Any], code: str, status: int, message: str) -> None:
    api.create("f")
    api.create("bare")
    add(api)
    answer = refused(api.client.remove_permission, **({"FunctionName": "f"} | given))
    assert (answer.code, answer.status, answer.message) == (code, status, message)


def test_statements_come_and_go(api: Api) -> None:
    api.create("f")
    first, second = add(api), add(api, StatementId="sns", Principal="sns.amazonaws.com")
    assert policy(api)["Statement"] == [first, second]
    assert api.client.remove_permission(FunctionName="f", StatementId="s3")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert policy(api)["Statement"] == [second]
    api.client.remove_permission(FunctionName="f", StatementId="sns")
    answer = refused(api.client.get_policy, FunctionName="f")
    assert (answer.code, answer.message) == ("ResourceNotFoundException", "The resource you requested does not exist.")
    add(api)
    api.client.delete_function(FunctionName="f")
    api.create("f")
    assert refused(api.client.get_policy, FunctionName="f").status == 404


def test_each_qualifier_has_a_policy_of_its_own(api: Api) -> None:
    api.create("f", Publish=True)
    add(api)
    assert add(api, Qualifier="1")["Resource"] == f"{ARN}:1"
    assert policy(api, Qualifier="1")["Statement"][0]["Resource"] == f"{ARN}:1"
    assert json.loads(api.client.get_policy(FunctionName=f"{ARN}:1")["Policy"]) == policy(api, Qualifier="1")
    api.client.remove_permission(FunctionName="f", StatementId="s3")
    assert len(policy(api, Qualifier="1")["Statement"]) == 1
    api.client.delete_function(FunctionName="f", Qualifier="1")
    assert refused(api.client.get_policy, FunctionName="f", Qualifier="1").status == 404


def test_an_alias_has_a_policy_and_a_revision_of_its_own(api: Api) -> None:
    api.create("f", Publish=True)
    api.client.create_alias(FunctionName="f", Name="prod", FunctionVersion="1")
    assert add(api, Qualifier="prod")["Resource"] == f"{ARN}:prod"
    got = api.client.get_policy(FunctionName="f", Qualifier="prod")
    assert got["RevisionId"] != api.client.get_alias(FunctionName="f", Name="prod")["RevisionId"]
    assert resource_policy.allows(api.functions.function("f"), "prod", "s3.amazonaws.com", BUCKET, None)
    assert not resource_policy.allows(api.functions.function("f"), "1", "s3.amazonaws.com", BUCKET, None)
    api.client.delete_alias(FunctionName="f", Name="prod")
    api.client.create_alias(FunctionName="f", Name="prod", FunctionVersion="1")
    assert refused(api.client.get_policy, FunctionName="f", Qualifier="prod").status == 404


def test_a_policy_has_revisions_of_its_own(api: Api) -> None:
    api.create("f")
    assert refused(api.client.get_policy, FunctionName="f").status == 404  # by then the function is Active
    functions = api.functions.get("f").revision_id
    assert refused(api.client.add_permission, FunctionName="f", RevisionId=functions, **S3).status == 412
    add(api)
    first = api.client.get_policy(FunctionName="f")["RevisionId"]
    add(api, StatementId="second", RevisionId=first)
    second = api.client.get_policy(FunctionName="f")["RevisionId"]
    assert len({functions, first, second}) == 3 and api.functions.get("f").revision_id == functions
    again = refused(api.client.add_permission, **{"FunctionName": "f", **S3, "StatementId": "second", "RevisionId": first})
    assert again.status == 409, "that the id is taken is seen first"
    assert refused(api.client.remove_permission, FunctionName="f", StatementId="second", RevisionId=first).status == 412
    api.client.remove_permission(FunctionName="f", StatementId="second", RevisionId=second)


def test_twenty_kilobytes(api: Api) -> None:
    api.create("f")
    for number in range(9):
        add(api, StatementId=f"n{number}", SourceArn=BUCKET + "x" * 2000)
    answer = refused(api.client.add_permission, FunctionName="f", SourceArn=BUCKET + "x" * 2000, **S3)
    assert (answer.code, answer.status) == ("PolicyLengthExceededException", 400)
    assert answer.message.startswith("The final policy size (2") and answer.message.endswith("bigger than the limit (20480).")
    assert len(policy(api)["Statement"]) == 9


DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "all", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "lambda:*", "Resource": ARN},
        {
            "Sid": "but", "Effect": "Deny", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "lambda:InvokeFunction",
            "Resource": ARN, "Condition": {"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:*:good"}},
        },
    ],
}  # fmt: skip


def test_a_whole_policy(api: Api) -> None:
    api.create("f")
    add(api)
    put = api.client.put_resource_policy(ResourceArn=ARN, Policy=json.dumps(DOCUMENT))
    assert json.loads(put["Policy"]) == DOCUMENT == policy(api)
    got = api.client.get_resource_policy(ResourceArn=ARN)
    assert (got["Policy"], got["RevisionId"]) == (put["Policy"], put["RevisionId"])
    assert resource_policy.allows(api.functions.function("f"), None, "sns.amazonaws.com", "arn:aws:sns:us-east-1:1:good", None)
    assert not resource_policy.allows(api.functions.function("f"), None, "sns.amazonaws.com", "arn:aws:sns:us-east-1:1:bad", None)
    deleted = api.client.delete_resource_policy(ResourceArn=ARN, RevisionId=got["RevisionId"])
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(api.client.get_resource_policy, ResourceArn=ARN).code == "ResourceNotFoundException"
    assert refused(api.client.delete_resource_policy, ResourceArn=ARN).code == "ResourceNotFoundException"


PUTTING: dict[str, tuple[dict[str, Any], str]] = {
    "no JSON": ({"Policy": "{"}, "InvalidParameterValueException"),
    "no statement": ({"Policy": '{"Version": "2012-10-17"}'}, "InvalidParameterValueException"),
    "no principal": (
        {"Policy": json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": ARN}})},
        "InvalidParameterValueException",
    ),
    "another resource": (
        {"Policy": json.dumps({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": ARN + "x"}})},
        "InvalidParameterValueException",
    ),
    "no function": ({"ResourceArn": ARN + "x"}, "ResourceNotFoundException"),
    "a runtime": ({"ResourceArn": "arn:aws:lambda:us-east-1:123456789012:runtime/mine"}, "ResourceNotFoundException"),
    "a stale revision": ({"RevisionId": "00000000-0000-0000-0000-000000000000"}, "PreconditionFailedException"),
    "too long": ({"Policy": "x" * 20481}, "ValidationException"),
}  # fmt: skip


@pytest.mark.parametrize("given, code", PUTTING.values(), ids=PUTTING)
def test_what_put_resource_policy_refuses(api: Api, given: dict[str, Any], code: str) -> None:
    api.create("f")
    answer = refused(api.client.put_resource_policy, **({"ResourceArn": ARN, "Policy": json.dumps(DOCUMENT)} | given))
    assert answer.code == code


ROUTE = "arn:aws:execute-api:us-east-1:123456789012:abc/"
# What was permitted; who asks, from where, of whom; whether it may.
ALLOWED: list[tuple[dict[str, Any], tuple[str, str | None, str | None], bool]] = [
    ({}, ("s3.amazonaws.com", BUCKET, ACCOUNT), True),
    ({}, ("sns.amazonaws.com", BUCKET, ACCOUNT), False),
    ({"SourceArn": BUCKET}, ("s3.amazonaws.com", BUCKET, None), True),
    ({"SourceArn": BUCKET}, ("s3.amazonaws.com", BUCKET + "2", None), False),
    ({"SourceArn": BUCKET}, ("s3.amazonaws.com", None, None), False),
    ({"SourceArn": ROUTE + "*/GET/*"}, ("s3.amazonaws.com", ROUTE + "p/GET/x/y", None), True),
    ({"SourceArn": ROUTE + "*/GET/*"}, ("s3.amazonaws.com", ROUTE + "p/POST/x", None), False),
    ({"SourceAccount": ACCOUNT}, ("s3.amazonaws.com", BUCKET, ACCOUNT), True),
    ({"SourceAccount": ACCOUNT}, ("s3.amazonaws.com", BUCKET, "210987654321"), False),
    ({"Action": "lambda:*"}, ("s3.amazonaws.com", BUCKET, ACCOUNT), True),
    ({"Action": "lambda:GetFunction"}, ("s3.amazonaws.com", BUCKET, ACCOUNT), False),
    ({"Principal": "*"}, ("s3.amazonaws.com", BUCKET, ACCOUNT), True),
    ({"Principal": ACCOUNT}, ("s3.amazonaws.com", BUCKET, ACCOUNT), False),
]  # fmt: skip


@pytest.mark.parametrize("permitted, asks, may", ALLOWED)
def test_what_a_service_may(api: Api, permitted: dict[str, Any], asks: tuple[str, str | None, str | None], may: bool) -> None:
    api.create("f", Publish=True)
    function = api.functions.function("f")
    assert not resource_policy.allows(function, None, *asks)
    add(api, **permitted)
    assert resource_policy.allows(function, None, *asks) is may
    assert not resource_policy.allows(function, "1", *asks)  # a version has a policy of its own


def test_what_others_do_while_iam_is_asked_for_the_principal_is_kept(api: Api) -> None:
    api.create("f")
    api.client.publish_version(FunctionName="f")
    api.client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    function = api.functions.function("f")
    other = {"Sid": "other", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": ARN}
    api.meanwhile = lambda: function.policies.update({None: resource_policy.EMPTY.with_statement(other)})
    user = "arn:aws:iam::123456789012:user/ann"
    mine = add(api, Principal=user)
    assert policy(api)["Statement"] == [other, mine]
    api.meanwhile = lambda: function.forget("live")
    answer = refused(api.client.add_permission, FunctionName="f", Qualifier="live", **S3 | {"Principal": user})
    assert (answer.code, answer.message) == ("ResourceNotFoundException", f"Cannot find alias arn: {ARN}:live")
