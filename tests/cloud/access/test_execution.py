"""Which roles Lambda may assume."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from lablib.cloud.access.execution import trusts

ROLE = "arn:aws:iam::123456789012:role/r"
LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
DENIED = LAMBDA | {"Effect": "Deny"}


@pytest.mark.parametrize(
    ("statement", "may"),
    [
        (LAMBDA, True),
        (LAMBDA | {"Principal": {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}}, True),
        (LAMBDA | {"Action": ["sts:AssumeRole", "sts:TagSession"]}, True),
        (LAMBDA | {"Action": "sts:Assume*"}, True),
        (LAMBDA | {"Action": "sts:assumerole"}, True),
        (LAMBDA | {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}, True),
        (LAMBDA | {"Principal": {"Service": "ec2.amazonaws.com"}}, False),
        (LAMBDA | {"Principal": {"AWS": "*"}}, False),
        (DENIED, False),
        ([LAMBDA, DENIED], False),
        ([LAMBDA, DENIED | {"Condition": {"Bool": {"aws:ViaAWSService": "true"}}}], True),
        (LAMBDA | {"Action": "sts:TagSession"}, False),
        ({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "NotAction": "sts:AssumeRole"}, False),
    ],
)
def test_who_may_be_assumed_by_lambda(statement: Any, may: bool) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    assert trusts(document, ROLE) is may
    assert trusts(quote(document), ROLE) is may


@pytest.mark.parametrize("document", [None, "", "{", "[]", "{}"])
def test_a_document_that_says_nothing(document: str | None) -> None:
    assert not trusts(document, ROLE)
